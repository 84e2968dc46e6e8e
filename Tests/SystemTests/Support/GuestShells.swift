import Partitioning
import Testing

@testable import ControlProgram

/// A machine of Linux systems that are driven by their shells.
class GuestShells {
  let manager: PartitionManager
  let console: ConsoleSession
  private var position = ReaderPosition()
  private var output: [String: String] = [:]

  /// A machine on which nothing runs yet.
  init(_ definition: SystemDefinition, threads: Int) throws {
    manager = try PartitionManager(
      definition, options: ManagerOptions(threads: threads, pace: .fast))
    console = ControlProgram(manager: manager).logOn("OPERATOR")
  }

  /// Loads a system, and waits for its shell.
  final func boot(_ name: String, prompt: String) throws {
    try manager.perform(.activate(name, load: true))
    #expect(wait(for: prompt, of: name, seconds: 30), "\(output)")
  }

  /// What the operator is answered.
  final func command(_ text: String) -> String {
    console.execute(text).lines.joined(separator: "\n")
  }

  /// Lets time pass until a guest has written something, or the time is over.
  private final func wait(for text: String, of name: String, seconds: UInt64) -> Bool {
    var fresh = ""
    manager.runEpochs(until: manager.now + seconds * 1_000_000_000) {
      for event in self.manager.events(since: &self.position).elements
      where event.partition == name {
        if case .console(let bytes) = event.kind { fresh += String(decoding: bytes, as: UTF8.self) }
      }
      return fresh.contains(text)
    }
    output[name, default: ""] += fresh
    return fresh.contains(text)
  }

  /// What a shell command of a guest writes.
  final func shell(_ name: String, _ text: String, seconds: UInt64 = 60) throws -> String {
    manager.runEpochs(until: manager.now + 1_000_000_000)
    _ = wait(for: "\u{0}", of: name, seconds: 0)
    let before = output[name]?.count ?? 0
    try manager.perform(.sendConsole(name, bytes: Array("\(text); echo end-$((6*7))\n".utf8)))
    #expect(
      wait(for: "end-42", of: name, seconds: seconds),
      "\(text): \(output[name]?.suffix(2000) ?? "")")
    return String((output[name] ?? "").dropFirst(before))
  }
}
