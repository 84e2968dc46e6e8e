import Channels
import Foundation
import Partitioning
import Quantities

/// What a checkpoint says of itself: it is written last, so that one without it is none.
package struct CheckpointManifest: Codable, Equatable, Sendable {
  private static let kind = "checkpoint"
  private static let version = 1

  private var kind = CheckpointManifest.kind
  private var version = CheckpointManifest.version
  /// Its name.
  package var name: String
  /// The program that wrote it.
  package var level: String
  /// The file from which that was started; nil for one that was written by an older program.
  var program: FileVersion?
  /// The history that it belongs to: another program's machine would go on otherwise.
  package var historyVersion: Int
  /// The machine's name.
  package var machine: String
  /// Simulated time since IPL.
  package var time: SimulatedTime
  /// The machine's digest then.
  package var digest: UInt64
  /// Where that is in the records of the machine; nil for one that was written by an older program.
  package var position: RecordsPosition?
  /// The sum of what the machine was defined as; nil for one that was written by an older program.
  package var definition: UInt64?
  /// Where it finds the disks whose files are written to; nil for one that was written by an older program.
  package var disks: [DiskMark]?
  /// Active partitions.
  package var guestCount: Int
  /// Pages of guests' storage, and how many of them are different.
  package var pageCount: Int
  package var storedPageCount: Int
  /// Its sections, in the order in which they are read.
  var sections: [CheckpointSection] = []

  /// Bytes of its files.
  package var storedByteCount: Int {
    sections.reduce(0) { $0.addingClamped($1.storedByteCount) }
  }

  init(
    name: String, level: String, machine: String, position: RecordsPosition?,
    definition: UInt64?, disks: [DiskMark]?, checkpoint: MachineCheckpoint
  ) {
    self.name = name
    self.level = level
    self.machine = machine
    self.position = position
    self.definition = definition
    self.disks = disks
    program = .ofProgram
    historyVersion = PartitionManager.historyVersion
    time = checkpoint.machine.time
    digest = checkpoint.machine.digest
    guestCount = checkpoint.guests.count
    pageCount = checkpoint.guests.reduce(0) { $0.addingClamped($1.pages.numbers.count) }
    storedPageCount = 0
  }

  /// Whether what it says of a machine is true of one.
  func isOf(_ checkpoint: MachineCheckpoint) -> Bool {
    time == checkpoint.machine.time && digest == checkpoint.machine.digest
      && guestCount == checkpoint.guests.count
      && position.map {
        $0.time == time && $0.input == checkpoint.machine.inputCount && $0.start > 0
      } ?? true
  }

  static let fileName = "manifest.json"

  /// Reads a folder's manifest.
  static func read(in folder: String) throws(CheckpointError) -> CheckpointManifest {
    let text: Data
    do throws(HostFileError) {
      text = try HostFile.read(folder + "/" + fileName, atMost: 1 << 20)
    } catch {
      throw .damaged(folder: folder, section: fileName, reason: error.reason)
    }
    guard let head = try? JSONDecoder().decode(Head.self, from: text), head.kind == kind else {
      throw .damaged(folder: folder, section: fileName, reason: "it is no manifest")
    }
    guard head.version <= version else {
      throw .unfit(
        folder: folder, reason: "a later Endicott wrote it (version \(head.version))")
    }
    guard let manifest = try? JSONDecoder().decode(Self.self, from: text) else {
      throw .damaged(folder: folder, section: fileName, reason: "it is no manifest")
    }
    return manifest
  }

  /// What every version begins with.
  private struct Head: Codable {
    var kind: String
    var version: Int
  }

  /// Writes it into a folder.
  func write(in folder: String) throws(CheckpointError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    let file = try CheckpointFile(writing: folder + "/" + Self.fileName)
    guard let text = try? encoder.encode(self) else { throw .host(file: file.path, number: EIO) }
    try text.visitBytes { bytes throws(CheckpointError) in try file.write(bytes) }
    try file.finish()
  }
}
