import Foundation
import Quantities
import TestSupport
import Testing

@testable import Partitioning
@testable import Records

// Oracle: the text itself. Whatever word of it a program does not know, it must not read it as something else.

@Suite("Words that this program does not know are refused")
struct RenamedCaseTests {
  /// Words that an operator or a definition chose: any other is as good.
  private static let free: Set<String> = [
    "name", "partition", "nextProfile", "activeProfile", "parameters", "description", "_0",
    "accessList", "candidateList", "timeZone", "classes", "text", "before", "after", "through",
    "like", "loadedParameters", "commands", "deleted",
  ]

  /// A value's text with one word or one member's name changed, and where; each place of an element once.
  private func variants(_ whole: JSONValue) -> [(place: String, value: JSONValue)] {
    var seen: Set<String> = []
    return whole.parts.flatMap { path, value -> [(String, JSONValue)] in
      let place = path.filter { Int($0) == nil }.joined(separator: ".")
      switch value {
      case .string where !Self.free.contains(path.last { Int($0) == nil } ?? ""):
        guard seen.insert(place).inserted else { return [] }
        return [(place, whole.replacing(path, with: .string("no such word")))]
      case .object(let members):
        return members.sorted { $0.key < $1.key }.compactMap { name, value in
          guard seen.insert(place + "." + name).inserted else { return nil }
          var changed = members
          changed[name] = nil
          changed["no such name"] = value
          return (place + "." + name, whole.replacing(path, with: .object(changed)))
        }
      default: return []
      }
    }
  }

  /// Whether a payload is read as a value, all of it.
  private func isRead<Value: Codable>(_ payload: JSONValue, as type: Value.Type) throws -> Bool {
    let text = try payload.text
    guard let value = try? JSONDecoder().decode(type, from: text) else { return false }
    return UnreadFields.paths(in: text, readAs: value).isEmpty
  }

  private func usedMachine() throws -> PartitionManager {
    let manager = try KeptMachine.manager()
    try KeptMachine.use(manager)
    return manager
  }

  @Test("in the machine's section of a checkpoint")
  func machineSection() throws {
    let manager = try KeptMachine.manager()
    _ = manager.restore(try usedMachine().runningConfiguration)
    _ = try manager.perform(.recover("A"))
    let state = StateEnvelope(manager.machineState)
    let whole = try JSONValue(of: state)
    #expect(try isRead(whole, as: StateEnvelope<MachineState>.self))
    let variants = variants(whole)
    #expect(variants.count > 300)
    for (place, payload) in variants {
      #expect(try !isRead(payload, as: StateEnvelope<MachineState>.self), "\(place)")
    }
  }

  @Test("in a file of a checkpoint, with the section's name")
  func files() throws {
    let folder = try StateFolders()
    let checkpoints = CheckpointFolder(inStateFolder: folder.path)
    let changes = [("machine", "\"status\":\"operating\""), ("guests", "\"kind\":\"computer\"")]
    for (section, word) in changes {
      try checkpoints.save(
        usedMachine().checkpoint(), as: "ONE", machine: "KEPT", level: "TEST")
      let path = checkpoints.path + "/ONE"
      var manifest = try CheckpointManifest.read(in: path)
      let index = try #require(manifest.sections.firstIndex { $0.name == section })
      let text = String(
        decoding: try SectionReader.read(manifest.sections[index], in: path), as: UTF8.self)
      #expect(text.contains(word))
      try FileManager.default.removeItem(atPath: path + "/" + section)
      let writer = try SectionWriter(section, in: path)
      let changed = text.replacingOccurrences(of: word, with: word.dropLast() + "X\"")
      try Array(changed.utf8).withUnsafeBytes { try writer.write($0) }
      manifest.sections[index] = try writer.finish()
      try FileManager.default.removeItem(atPath: path + "/" + CheckpointManifest.fileName)
      try manifest.write(in: path)
      do {
        _ = try checkpoints.load("ONE")
        Issue.record("\(section) was taken")
      } catch {
        let said = "\(error)"
        #expect(said.contains(section) || said.contains("computerX"), "\(said)")
      }
    }
  }

  @Test("in rows of the configuration, with the row's name")
  func rows() throws {
    let manager = try usedMachine()
    let record = try #require(manager.record(of: "A"))
    for (place, payload) in variants(try JSONValue(of: record)) {
      #expect(try !isRead(payload, as: PartitionRecord.self), "\(place)")
    }
    for (place, payload) in variants(try JSONValue(of: manager.machineRecord)) {
      #expect(try !isRead(payload, as: MachineRecord.self), "\(place)")
    }
  }

  @Test(
    "rows of the configuration in a file are refused with their names",
    arguments: [
      ("running", "name = 'A'", "operating", "row A of running"),
      ("running", "name = 'X'", "not-operating", "row X of running"),
      ("profile", "partition = 'B'", "SHARED", "profile 0 of B"),
    ])
  func row(table: String, condition: String, word: String, name: String) throws {
    let folder = try StateFolders()
    let store = try RecordStore(folder: folder.path)
    let recorder = try Recorder(store, usedMachine()) { 5 }
    recorder.keepUp()
    let isProfile = table == "profile"
    try store.keep { transaction in
      let manager = try usedMachine()
      for name in manager.partitionNames {
        var record = try #require(manager.record(of: name))
        let profile = try #require(record.profiles.first)
        record.profiles = []
        let json = try RowJSON.text(isProfile ? AnyRow(profile) : AnyRow(record))
        #expect(json.contains("\"\(word)\"") || !condition.contains(name))
        let text = KeptValue.text(
          condition.contains(name) ? json.replacingOccurrences(of: word, with: "no-such") : json)
        try transaction.write(
          isProfile ? .profile : .running,
          isProfile ? [.text(name), .integer(0), .text(name), text] : [.text(name), text])
      }
    }
    do {
      _ = try store.runningConfiguration()
      Issue.record("it was read")
    } catch RecordStoreError.unreadableRow(_, let row, _) {
      #expect(row == name)
    }
  }
}

/// What stands in a row, whatever it is.
private struct AnyRow: Encodable {
  let value: any Encodable

  init(_ value: any Encodable) { self.value = value }

  func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}
