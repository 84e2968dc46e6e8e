import Foundation
import Records

/// A folder that goes with its last reference.
final class StateFolders {
  /// Its path.
  let path: String

  /// Makes an empty folder.
  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString).path
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Path of the records in it.
  var records: String { path + "/records.sqlite" }
}

extension Recorder {
  /// To be called last: the recorder goes as its process would that ends without a word.
  ///
  /// The thread that writes samples has hold of the records, and with them of the lock, while it writes.
  func goWithoutAWord() throws { try store.waitForSamples() }
}

/// SQLite's own shell, which says what a file holds without any of our code.
enum SQLiteShell {
  static let program = "/usr/bin/sqlite3"
  static var isThere: Bool { FileManager.default.isExecutableFile(atPath: program) }

  /// What the shell answers, without the last line end.
  static func answer(_ file: String, _ statements: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-batch", file] + statements
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let answer = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
