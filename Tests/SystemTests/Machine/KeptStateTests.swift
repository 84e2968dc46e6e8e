import Definitions
import Foundation
import TestSupport
import Testing

@testable import Partitioning
@testable import Records

// Oracle: the program that wrote the fixture, and what its machine came to.

@Suite("A checkpoint that is kept in the tree is read by every later program")
struct KeptStateTests {
  private static let folder = "Tests/SystemTests/Fixtures/checkpoint"
  /// The machine's digest 50 ms of simulated time after the checkpoint.
  private static let digest: UInt64 = 0xBA0A_6150_8C9D_7992

  /// Puts the checkpoint of the fixture, whose sections are text there, into a state folder; `change` may
  /// change the text of a section by its name.
  private func unpack(
    to state: String, changing change: (String, String) -> String = { $1 }
  ) throws -> CheckpointFolder {
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: Project.path(Self.folder) + "/" + name, encoding: .utf8)
    }
    let checkpoint = state + "/checkpoints/KEPT"
    try FileManager.default.createDirectory(
      atPath: checkpoint, withIntermediateDirectories: true)
    var manifest = try JSONDecoder().decode(
      CheckpointManifest.self, from: Data(text("manifest.json").utf8))
    let sections = try ["machine", "guests"].map { name in
      let writer = try SectionWriter(name, in: checkpoint)
      var section = change(name, try text(name + ".json"))
      try section.withUTF8 { try writer.write(UnsafeRawBufferPointer($0)) }
      return try writer.finish()
    }
    manifest.sections = sections + manifest.sections.filter { $0.name == "pages" }
    manifest.historyVersion = PartitionManager.historyVersion
    let pages = try #require(
      Data(base64Encoded: text("pages.base64"), options: .ignoreUnknownCharacters))
    try pages.write(to: URL(fileURLWithPath: checkpoint + "/pages"))
    try manifest.write(in: checkpoint)
    return CheckpointFolder(inStateFolder: state)
  }

  private func machine() throws -> PartitionManager {
    let definition = try #require(
      SystemDefinition.read(folder: Project.path(Self.folder)).0)
    return try PartitionManager(definition, options: ManagerOptions(pace: .fast))
  }

  @Test("and goes on as it did")
  func goesOn() throws {
    let place = try TemporaryFolder()
    let manager = try machine()
    try manager.restore(unpack(to: place.path).load("KEPT").checkpoint)
    #expect(manager.now == 50_000_000 && manager.inputCount == 3)
    manager.runEpochs(until: 100_000_000)
    // Another history version's machine goes on otherwise; its state is read all the same.
    let written = try String(
      contentsOfFile: Project.path(Self.folder) + "/manifest.json", encoding: .utf8)
    if written.contains("\"historyVersion\" : \(PartitionManager.historyVersion),") {
      #expect(manager.machineView.digest == Self.digest)
    }
  }

  @Test("what is of a later version, of another kind or unknown is refused by its name")
  func refused() throws {
    func refusal(_ old: String, _ new: String) throws -> String {
      let place = try TemporaryFolder()
      let folder = try unpack(to: place.path) { name, text in
        guard name == "machine", let range = text.range(of: old) else { return text }
        return text.replacingCharacters(in: range, with: new)
      }
      do {
        _ = try folder.load("KEPT")
        return "nothing"
      } catch {
        return "\(error)"
      }
    }
    #expect(try refusal("\"kind\":\"machine\"", "\"kind\":\"piano\"").contains("piano"))
    let later = try refusal("\"version\":2", "\"version\":99")
    #expect(later.contains("99"), "\(later)")
    let unknown = try refusal("\"firmware\":{", "\"firmware\":{\"beauty\":1,")
    #expect(unknown.contains("beauty"), "\(unknown)")
    // A field that is taken away is none that may be missing.
    let missing = try refusal("\"seed\":", "\"sead\":")
    #expect(missing != "nothing", "\(missing)")
  }
}
