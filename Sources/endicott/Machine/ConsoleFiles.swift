import ControlProgram
import Foundation
import Quantities

/// Files of guests' consoles, in the folder `consoles` of a machine's state folder.
final class ConsoleFiles: ConsoleFilesPort {
  /// Files of one partition: more are refused until somebody removes some.
  private static let most = 100
  private let folder: String

  /// - Parameter state: The state folder.
  init(inStateFolder state: String) { folder = state + "/consoles" }

  func begin(
    of partition: String, named name: String?
  ) throws(ConsoleFileFailure) -> any ConsoleFile {
    if let failure = HostFile.makeFolder(folder) {
      throw ConsoleFileFailure("\(failure.path): \(systemReason(failure.number))")
    }
    let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let own = present.filter { $0.hasPrefix(partition + ".") }
    guard own.count < Self.most else {
      throw ConsoleFileFailure(
        "\(folder) has \(own.count) files of \(partition); remove those that nobody needs")
    }
    if let name { return try KeptConsole(inFolder: folder, named: "\(partition).\(name)") }
    let last =
      own.compactMap { Int($0.dropFirst(max(0, partition.count.addingClamped(1)))) }.max() ?? 0
    let number = String(last.addingClamped(1)).zeroPadded(to: 4)
    return try KeptConsole(inFolder: folder, named: "\(partition).\(number)")
  }
}

/// One such file.
private final class KeptConsole: ConsoleFile {
  let name: String
  private let descriptor: Int32

  init(inFolder folder: String, named name: String) throws(ConsoleFileFailure) {
    self.name = name
    let path = "\(folder)/\(name)"
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw ConsoleFileFailure("\(path): \(systemReason())") }
  }

  deinit { close(descriptor) }

  func append(_ lines: [String]) throws(ConsoleFileFailure) {
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let failure = bytes.withUnsafeBytes { HostFile.write($0, to: descriptor) }
    if let failure { throw ConsoleFileFailure(systemReason(failure)) }
  }
}
