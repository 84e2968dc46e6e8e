import Foundation
import Testing

@testable import Definitions
@testable import Partitioning

/// A folder of definition files that goes away with the test.
final class DefinitionFolder {
  /// Absolute path.
  let path: String

  init(_ files: [String: String]) throws {
    path = NSTemporaryDirectory() + "endicott-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    for (name, text) in files { try add(name, Data(text.utf8)) }
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func add(_ name: String, _ data: Data) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  func read() -> (definition: SystemDefinition?, findings: [Finding]) {
    SystemDefinition.read(folder: path)
  }
}

@Suite struct DefinitionMessagesTests {
  @Test(
    arguments:
      WrongFolder.machines + WrongFolder.partitions + WrongFolder.profiles
      + WrongFolder.configurations)
  func everyFindingIsOneLineWithItsRemedy(row: WrongFolder) throws {
    let folder = try DefinitionFolder(row.files)
    let (definition, findings) = folder.read()
    let messages = findings.map(\.description)
    #expect(messages == row.messages)
    #expect((definition == nil) == findings.contains { $0.severity == .error })
  }
}
