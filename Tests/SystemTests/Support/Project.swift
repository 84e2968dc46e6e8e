import Foundation

/// The project's own files, and the program under test.
enum Project {
  /// The folder of Package.swift.
  static let folder: URL = {
    var folder = URL(fileURLWithPath: #filePath)
    for _ in 0..<4 { folder.deleteLastPathComponent() }
    return folder
  }()

  /// The path of a file of the project.
  static func path(_ relative: String) -> String { folder.appendingPathComponent(relative).path }

  /// The built `endicott`, beside the tests that run.
  static let program: String = {
    let tests = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
    let candidates = [tests.path + "/endicott", path(".build/release/endicott")]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[1]
  }()

  /// Whether the Debian guest is prepared; `Partitions/setup` does it.
  static var hasDebianGuest: Bool {
    ["vmlinuz", "initrd.gz"].allSatisfy {
      FileManager.default.fileExists(atPath: path("Partitions/demo/linux/" + $0))
    }
  }

  /// Whether the root file system of the two Debian systems is prepared; `Partitions/setup` does it.
  static var hasDebianSystem: Bool {
    FileManager.default.fileExists(atPath: path("Partitions/debian/linux/root.img"))
  }

  /// What a test that needs the guest says when it is skipped.
  static let noGuest = "the Debian guest is not prepared: run Partitions/setup"
}
