import Foundation

/// One run of a program: what it wrote and how it ended.
struct ProgramRun {
  let output: String
  let errors: String
  let status: Int32

  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - program: Its path.
  ///   - arguments: Its arguments.
  ///   - input: What stands on its standard input, which then ends.
  ///   - environment: Variables beside the test's own.
  /// - Throws: The system's error when it cannot be run.
  init(
    program: String = Project.program, _ arguments: [String], input: String = "",
    environment: [String: String] = [:]
  ) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["input", "output", "errors"].map { folder.appendingPathComponent($0) }
    try Data(input.utf8).write(to: files[0])
    for file in files[1...] { try Data().write(to: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = Project.folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    output = String(decoding: try Data(contentsOf: files[1]), as: UTF8.self)
    errors = String(decoding: try Data(contentsOf: files[2]), as: UTF8.self)
    status = process.terminationStatus
  }

  /// What a shell command writes on the host.
  static func host(_ command: String) throws -> String {
    try ProgramRun(program: "/bin/sh", ["-c", command]).output
  }
}

/// A folder of a test's own, gone when the test is over.
final class TemporaryFolder {
  /// Its path.
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/endicott-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file; gives its path.
  func write(_ name: String, _ contents: Data) throws -> String {
    let file = path + "/" + name
    try contents.write(to: URL(fileURLWithPath: file))
    return file
  }

  /// Writes a text file; gives its path.
  func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }
}
