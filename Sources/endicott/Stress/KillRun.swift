import Foundation
import Partitioning
import Quantities
import Records

// `stress --kill`: the program itself, as a process with a state folder, is given changes and killed at
// random instants, again and again on the same state. What it answered must have been kept; what it
// says was lost at the next start must be what ran.

/// A machine that is killed and started again many times.
struct KillRun {
  private static let lossLimit = 20
  /// Commands given to a process; the kill finds it anywhere among them.
  private static let commandCount = 400

  private let folder: URL
  private let guests: Numbered<String>
  private var numbers: SeededNumbers
  private var losses: [String] = []
  private var round = 0
  private var answered = 0
  private var kept = 0
  private var killedAtStart = 0
  private var ended = 0
  private let began = DispatchTime.now().uptimeNanoseconds

  /// The first round is not killed; rounds begin at 1.
  private var kills: Int { round.subtractingClamped(1) }

  private var state: String { folder.path + "/state" }

  /// Makes the folder of a machine.
  ///
  /// - Parameters:
  ///   - guests: How many partitions it has; every tenth starts with it.
  ///   - seed: What changes and instants are drawn from.
  /// - Throws: `HostFailure` when there is no place for it.
  init(guests: Int, seed: UInt64) throws(HostFailure) {
    let machine = StressMachine(guests: guests)
    self.guests = Numbered(machine.guests.map(\.name), absent: "")
    numbers = SeededNumbers(seed: seed)
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-kill-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let config =
        "MACHINE KILLED\nPROCESSOR CP 16 MHZ 5\nSTORAGE 64G INCREMENT 16M\nPACE FAST\n"
      try Data(config.utf8).write(to: folder.appendingPathComponent("machine.config"))
      let directory = self.guests.enumerated().map { number, name in
        "PARTITION \(name)\n  PROCESSOR CP SHARED INITIAL 1 WEIGHT 10\n"
          + "  STORAGE INITIAL 16M\n  IPL PROGRAM TALKER\n"
          + (number % 10 == 0 ? "  START AUTO\n" : "")
      }
      try Data(directory.joined().utf8)
        .write(to: folder.appendingPathComponent("killed.direct"))
    } catch {
      throw HostFailure(subject: folder.path, reason: error.localizedDescription)
    }
  }

  /// Starts and kills the machine so many times, and once more lets it end by itself.
  ///
  /// - Parameters:
  ///   - count: How many times.
  ///   - progress: Takes a line after each.
  /// - Returns: What was lost.
  /// - Throws: `HostFailure` when the program cannot be started or its records not be read.
  mutating func run(_ count: Int, progress: (String) -> Void) throws(HostFailure) -> [String] {
    defer { try? FileManager.default.removeItem(at: folder) }
    let start = DispatchTime.now().uptimeNanoseconds
    try perform(killAfter: nil)
    let length = Int(
      clamping: DispatchTime.now().uptimeNanoseconds.subtractingClamped(start) / 1_000)
    for _ in repeatElement((), count: max(0, count)) where losses.count < KillRun.lossLimit {
      try perform(killAfter: numbers.draw(0...max(1, length)))
      progress("stress: killed \(kills) of \(count) times, \(losses.count) losses")
    }
    try perform(killAfter: nil)
    return losses
  }

  /// The outcome, for the reader.
  var report: [String] {
    let seconds =
      DispatchTime.now().uptimeNanoseconds.subtractingClamped(began) / 1_000_000_000
    return losses + [
      "stress: \(kills.subtractingClamped(1)) kills of a machine with \(guests.count) partitions in \(seconds) s,"
        + " \(killedAtStart) while it started, \(ended) after it had ended",
      "stress: \(answered) commands answered, \(kept) changes kept",
      "stress: \(losses.isEmpty ? "nothing lost" : "\(losses.count) losses")",
    ]
  }

  // MARK: A round

  /// Starts the machine, gives it commands, and kills it after so many microseconds.
  private mutating func perform(killAfter delay: Int?) throws(HostFailure) {
    round &+= 1
    let before = try records()
    let commands = (0..<KillRun.commandCount).map { command(number: $0) }
    let output = try output(of: commands, killAfter: delay)
    let after = try records()
    checkTold(output, before)
    guard let after else {
      killedAtStart &+= 1
      return
    }
    try checkKept(output, commands, before, after)
    if delay == nil, after.starts.last?.ending != .clean { lose("the end was not in good order") }
  }

  /// A command and a word that no command has: the answer to it says that the command was answered.
  private mutating func command(number: Int) -> String {
    let name = guests[numbers.draw(below: guests.count)]
    let tens = number.multipliedClamped(by: 10)
    let command =
      switch numbers.draw(0...11) {
      case 0: "ACTIVATE \(name)"
      case 1: "DEACTIVATE \(name) FORCE"
      case 2: "SLEEP 3 SEC"
      // The number of the command is in the weight, so that each can be found.
      default: "SET SHARE \(name) RELATIVE \(tens.addingClamped(numbers.draw(1...9)))"
      }
    return command + "#ANSWERED\(number)"
  }

  /// Runs the program and gives what it wrote until it ended or was killed.
  private func output(of commands: [String], killAfter delay: Int?) throws(HostFailure) -> String {
    let input = folder.appendingPathComponent("input")
    let output = folder.appendingPathComponent("output")
    do {
      try Data(commands.map { $0 + "\n" }.joined().utf8).write(to: input)
      try Data().write(to: output)
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Host.program)
      process.arguments = [folder.path, "--state", state, "--threads", "1"]
      process.standardInput = try FileHandle(forReadingFrom: input)
      process.standardOutput = try FileHandle(forWritingTo: output)
      process.standardError = process.standardOutput
      try process.run()
      if let delay {
        usleep(UInt32(clamping: delay))
        kill(process.processIdentifier, SIGKILL)
      }
      process.waitUntilExit()
      // A process that was killed may have written a part of a character; all that is looked for is ASCII.
      return String(data: try Data(contentsOf: output), encoding: .isoLatin1) ?? ""
    } catch {
      throw HostFailure(subject: "stress", reason: error.localizedDescription)
    }
  }

  private mutating func lose(_ text: String) { losses.append("kill \(kills): \(text)") }
}

// MARK: What must have been kept

/// What the records hold between two rounds.
private struct Kept {
  var starts: [StartRecord]
  var configuration: RunningConfiguration?
  var changes: [LoggedChange]

  /// Names of what is active by the configuration.
  var active: [String] {
    (configuration?.partitions ?? []).filter { $0.unended != nil }.map(\.name).sorted()
  }
}

extension KillRun {
  /// What the records hold; nil before there are any.
  private func records() throws(HostFailure) -> Kept? {
    do throws(RecordStoreError) {
      let reader = try RecordReader(folder: state)
      try reader.checkIntegrity()
      let starts = try reader.starts()
      guard let last = starts.last else { return nil }
      return Kept(
        starts: starts, configuration: try reader.runningConfiguration(),
        changes: try reader.changes(RowSelection(start: last.id)))
    } catch {
      if case .absent = error { return nil }
      throw HostFailure(error)
    }
  }

  /// Checks what a start said of the machine before it.
  private mutating func checkTold(_ output: String, _ before: Kept?) {
    let lines = output.split(separator: "\n")
    // The last line of what is told; a process that was killed before had not told all.
    guard let before, lines.contains(where: { $0.hasPrefix("KEPT: ") && $0.hasSuffix("SAMPLES") })
    else { return }
    let beginning = "LOST: GUESTS OF "
    let told = lines.filter { $0.hasPrefix(beginning) }
      .flatMap { $0.trimmingPrefix(beginning).split(separator: " ").map(String.init) }
    let active = KeptState.ranges(before.active)
    if before.starts.last?.ending != .clean, told != active {
      lose("told to be lost: \(told); active were \(active)")
    }
  }

  /// Checks that what was answered is kept, in order, and that the configuration is what it led to.
  private mutating func checkKept(
    _ output: String, _ commands: [String], _ before: Kept?, _ after: Kept
  ) throws(HostFailure) {
    let isNew = after.starts.count > (before?.starts.count ?? 0)
    let count = output.split(separator: "\n").count { $0.contains("ANSWERED") }
    guard isNew else {
      killedAtStart &+= 1
      if count > 0 { lose("\(count) commands were answered, and the start is not kept") }
      return
    }
    if after.starts.last?.ending == .clean, count == commands.count { ended &+= 1 }
    answered.addClamped(count)
    kept.addClamped(after.changes.count)
    let weights = after.changes.compactMap { logged -> Int? in
      guard case .set(.share(_, _, .relative(let weight)?, _), _) = logged.change.action else {
        return nil
      }
      return weight
    }
    let given = commands.compactMap { command -> Int? in
      guard command.hasPrefix("SET SHARE") else { return nil }
      return command.prefix { $0 != "#" }.split(separator: " ").last.flatMap { Int($0) }
    }
    // Performed in order: what is kept is what was given, from the first on.
    if weights != Array(given.prefix(weights.count)) {
      lose("the event log is not the beginning of what was given")
    }
    let answeredWeights = given.count { $0 / 10 < count }
    if weights.count < answeredWeights {
      lose("\(answeredWeights) changes of weight were answered, \(weights.count) are kept")
    }
    checkConfiguration(after)
  }

  /// Checks that the configuration is what the event log of the start led to.
  private mutating func checkConfiguration(_ after: Kept) {
    // Before the first rows of a start are written they are those of the start before.
    guard !after.changes.isEmpty, let partitions = after.configuration?.partitions else { return }
    var states: [String: String] = [:]
    var weights: [String: String] = [:]
    for logged in after.changes {
      guard let name = logged.change.partition else { continue }
      for difference in logged.change.differences {
        if difference.name == "STATE" { states[name] = difference.after }
        // A share that WEIGHT cannot say is told as SHARE, and WEIGHT is NONE then.
        let words = difference.after.split(separator: " ")
        if difference.name == "PROCESSOR CP WEIGHT", words != ["NONE"] {
          weights[name] = difference.after
        } else if difference.name == "SHARE", words.first == "RELATIVE" {
          weights[name] = words.element(at: 1).map(String.init)
        }
      }
    }
    for partition in partitions {
      if let state = states[partition.name], state != partition.status.rawValue {
        lose("\(partition.name) is \(partition.status.rawValue), the log says \(state)")
      }
      let weight = "\(partition.definition.processors.first?.share.weight ?? 0)"
      if partition.isActive, let logged = weights[partition.name], logged != weight {
        lose("\(partition.name) has weight \(weight), the log says \(logged)")
      }
    }
  }
}
