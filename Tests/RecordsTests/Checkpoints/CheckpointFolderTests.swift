import Foundation
import Quantities
import Testing

@testable import Partitioning
@testable import Records

// Oracle: the machine that was saved.

@Suite("Checkpoints in files") struct CheckpointFolderTests {
  private let place: String
  private let folder: CheckpointFolder

  init() {
    place = NSTemporaryDirectory() + "checkpoints-\(UUID().uuidString)"
    folder = CheckpointFolder(inStateFolder: place)
  }

  private func busy() throws -> PartitionManager {
    let manager = try Machines.manager()
    Machines.changes(of: manager)
    manager.runEpochs(until: 30_000_000)
    return manager
  }

  private func save(_ manager: PartitionManager, as name: String = "ONE") throws {
    try folder.save(manager.checkpoint(), as: name, machine: "SMALL", level: "TEST")
  }

  private func path(_ name: String) -> String { folder.path + "/" + name }

  private func cleanUp() { try? FileManager.default.removeItem(atPath: place) }

  @Test("what is read is what was written; equal pages are stored once") func roundTrip() throws {
    defer { cleanUp() }
    let manager = try busy()
    try save(manager)
    let (manifest, checkpoint) = try folder.load("ONE")
    #expect(checkpoint == manager.checkpoint())
    #expect(manifest.guestCount == 2)
    #expect(manifest.pageCount > manifest.storedPageCount)
    #expect(manifest.digest == manager.machineView.digest)
  }

  @Test(
    "a changed byte, a missing byte and a missing file are told with the section's name",
    arguments: ["machine", "guests", "pages"])
  func damage(section: String) throws {
    defer { cleanUp() }
    try save(try busy())
    let file = path("ONE/" + section)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    var changed = whole
    changed[whole.count / 2] ^= 1
    for contents in [changed, whole.dropLast(), Data()] {
      try contents.write(to: URL(fileURLWithPath: file))
      expectDamage(section)
    }
    try FileManager.default.removeItem(atPath: file)
    expectDamage(section)
  }

  private func expectDamage(_ section: String) {
    do {
      _ = try folder.load("ONE")
      Issue.record("\(section) is damaged, and was taken")
    } catch CheckpointError.damaged(_, let named, _) {
      #expect(named == section)
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test("of another kind, of a later version and of another history it is refused, and says so")
  func others() throws {
    defer { cleanUp() }
    try save(try busy())
    let file = path("ONE/manifest.json")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    func change(_ old: String, _ new: String) throws {
      #expect(text.contains(old))
      try text.replacingOccurrences(of: old, with: new)
        .write(toFile: file, atomically: false, encoding: .utf8)
    }
    try change("\"version\" : 1", "\"version\" : 2")
    #expect(throws: CheckpointError.self) { try folder.load("ONE") }
    try change("\"kind\" : \"checkpoint\"", "\"kind\" : \"report\"")
    expectDamage("manifest.json")
    try change("\"historyVersion\" : ", "\"historyVersion\" : 1")
    #expect(throws: CheckpointError.self) { try folder.load("ONE") }
  }

  @Test("a field that nobody knows is told with its path; one that is missing is not made up")
  func fields() throws {
    let state = StateEnvelope(try busy().machineState)
    let text = try JSONEncoder().encode(state)
    #expect(UnreadFields.paths(in: text, readAs: state) == [])
    var payload = try #require(JSONSerialization.jsonObject(with: text) as? [String: Any])
    var machine = try #require(payload["state"] as? [String: Any])
    var firmware = try #require(machine["firmware"] as? [String: Any])
    firmware["weather"] = ["rain": true]
    machine["firmware"] = firmware
    payload["state"] = machine
    let added = try JSONSerialization.data(withJSONObject: payload)
    let read = try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: added)
    #expect(UnreadFields.paths(in: added, readAs: read) == ["state.firmware.weather"])
    firmware["weather"] = nil
    firmware["seed"] = nil
    machine["firmware"] = firmware
    payload["state"] = machine
    let missing = try JSONSerialization.data(withJSONObject: payload)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StateEnvelope<MachineState>.self, from: missing)
    }
  }

  @Test("one that was not finished is cleared away, one that was about to be replaced comes back")
  func leftovers() throws {
    defer { cleanUp() }
    try save(try busy())
    try FileManager.default.copyItem(atPath: path("ONE"), toPath: path("TWO.new"))
    try FileManager.default.moveItem(atPath: path("ONE"), toPath: path("ONE.old"))
    #expect(throws: Never.self) { try folder.load("ONE") }
    try FileManager.default.moveItem(atPath: path("ONE"), toPath: path("ONE.old"))
    #expect(try folder.list().map(\.name) == ["ONE"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["ONE"])
  }

  @Test("is replaced by one of its name, listed in the order of time, and deleted") func list()
    throws
  {
    defer { cleanUp() }
    let manager = try busy()
    try save(manager, as: "LATE")
    try save(try Machines.manager(), as: "EARLY")
    manager.runEpochs(until: 40_000_000)
    try save(manager, as: "LATE")
    let all = try folder.list()
    #expect(all.map(\.name) == ["EARLY", "LATE"])
    #expect(try all.last?.manifest.get().time == 40_000_000)
    try folder.delete("EARLY")
    #expect(try folder.list().map(\.name) == ["LATE"])
    #expect(throws: CheckpointError.absent(name: "EARLY", folder: folder.path)) {
      try folder.delete("EARLY")
    }
    for name in ["", "../x", "A B", "x/y", String(repeating: "A", count: 33)] {
      #expect(throws: CheckpointError.wrongName(name)) { try save(manager, as: name) }
    }
  }

  @Test("a machine that runs, or one of another definition, does not take it up") func unfit()
    throws
  {
    defer { cleanUp() }
    let manager = try busy()
    let checkpoint = manager.checkpoint()
    #expect(throws: StateRefusal.self) { try manager.restore(checkpoint) }
    let other = try Machines.manager(guests: 4)
    #expect(throws: StateRefusal.self) { try other.restore(checkpoint) }
  }
}
