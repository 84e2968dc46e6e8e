import Foundation
import Partitioning
import Platform
import Quantities
import X86

/// The checkpoints of a machine, each a folder of its own under one.
///
/// A checkpoint is whole or not there: it is written under another name, and gets its own when all of it
/// is on the disk.
package struct CheckpointFolder: Sendable {
  /// Path of the folder.
  package let path: String
  /// Whether nothing is changed in it: another process may own it and be writing.
  private let isReadOnly: Bool

  /// The folder of checkpoints in a state folder.
  ///
  /// - Parameters:
  ///   - state: Path of the state folder.
  ///   - isReadOnly: Whether it is somebody else's, and only read.
  package init(inStateFolder state: String, isReadOnly: Bool = false) {
    path = state + "/checkpoints"
    self.isReadOnly = isReadOnly
  }

  /// Whether a name can be a checkpoint's: 1 to 32 letters, digits, - and _.
  package static func isName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: true
        default: false
        }
      }
  }

  private func folder(_ name: String) -> String { path + "/" + name }

  // MARK: Writing

  /// Writes a checkpoint; one of the same name is replaced when the new one is whole.
  ///
  /// - Parameters:
  ///   - checkpoint: The machine.
  ///   - name: Its name.
  ///   - machine: The machine's name.
  ///   - level: The program's.
  ///   - position: Where in the machine's records that is.
  ///   - definition: The sum of what the machine was defined as.
  ///   - disks: Where it finds the disks whose files are written to.
  /// - Returns: What the checkpoint says of itself.
  /// - Throws: `CheckpointError`; nothing is left of it then.
  @discardableResult
  package func save(
    _ checkpoint: MachineCheckpoint, as name: String, machine: String, level: String,
    position: RecordsPosition? = nil, definition: UInt64? = nil, disks: [DiskMark]? = nil
  ) throws(CheckpointError) -> CheckpointManifest {
    guard Self.isName(name) else { throw .wrongName(name) }
    try makeFolder(path)
    try settle()
    let unfinished = folder(name) + ".new"
    try makeFolder(unfinished)
    do throws(CheckpointError) {
      var manifest = CheckpointManifest(
        name: name, level: level, machine: machine, position: position, definition: definition,
        disks: disks, checkpoint: checkpoint)
      try write(checkpoint, in: unfinished, &manifest)
      try CheckpointFile.keepNames(of: unfinished)
      try exchange(unfinished, for: name)
      return manifest
    } catch {
      remove(unfinished)
      throw error
    }
  }

  private func write(
    _ checkpoint: MachineCheckpoint, in folder: String, _ manifest: inout CheckpointManifest
  ) throws(CheckpointError) {
    let pool = PagePool(checkpoint.guests)
    manifest.storedPageCount = pool.count
    let guests = zip(checkpoint.guests, pool.places).map { guest, places in
      SavedGuest(
        partition: guest.partition, computer: StateEnvelope(guest.computer),
        pages: guest.pages.numbers, places: places)
    }
    manifest.sections = [
      try write(StateEnvelope(checkpoint.machine), as: "machine", in: folder),
      try write(guests, as: "guests", in: folder),
    ]
    let pages = try SectionWriter("pages", in: folder)
    try pool.forEach(of: checkpoint.guests) { page throws(CheckpointError) in
      try pages.write(page)
    }
    manifest.sections.append(try pages.finish())
    try manifest.write(in: folder)
  }

  private func write(
    _ value: some Encodable, as name: String, in folder: String
  ) throws(CheckpointError) -> CheckpointSection {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let section = try SectionWriter(name, in: folder)
    guard let text = try? encoder.encode(value) else {
      throw .host(file: folder + "/" + name, number: EIO)
    }
    try text.visitBytes { bytes throws(CheckpointError) in try section.write(bytes) }
    return try section.finish()
  }

  /// Puts a finished folder in the place of a checkpoint; at each instant the old or the new is whole.
  private func exchange(_ finished: String, for name: String) throws(CheckpointError) {
    let old = folder(name) + ".old"
    if HostFile.kind(of: folder(name)) != nil {
      guard rename(folder(name), old) == 0 else { throw .host(file: folder(name), number: errno) }
    }
    guard rename(finished, folder(name)) == 0 else {
      let number = errno
      _ = rename(old, folder(name))
      throw .host(file: folder(name), number: number)
    }
    try CheckpointFile.keepNames(of: path)
    remove(old)
  }

  /// Clears away what a process that was killed left: unfinished checkpoints, and replaced ones; one that
  /// was about to be replaced gets its name back.
  private func settle() throws(CheckpointError) {
    guard !isReadOnly else { return }
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      if entry.hasSuffix(".new") { remove(path + "/" + entry) }
      guard entry.hasSuffix(".old") else { continue }
      let name = String(entry.dropLast(4))
      if HostFile.kind(of: folder(name)) == nil {
        guard rename(path + "/" + entry, folder(name)) == 0 else {
          throw .host(file: path + "/" + entry, number: errno)
        }
      } else {
        remove(path + "/" + entry)
      }
    }
  }

  private func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }

  private func makeFolder(_ folder: String) throws(CheckpointError) {
    if let failure = HostFile.makeFolder(folder) {
      throw .host(file: failure.path, number: failure.number)
    }
  }

  // MARK: Reading

  /// The checkpoints that there are, by the start in which and the simulated time at which they were taken;
  /// damaged ones, first, with what is wrong.
  package func list() throws(CheckpointError) -> [(
    name: String, manifest: Result<CheckpointManifest, CheckpointError>
  )] {
    guard HostFile.kind(of: path) != nil else { return [] }
    try settle()
    guard let found = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      throw .host(file: path, number: errno == 0 ? EIO : errno)
    }
    let names = found.filter(Self.isName).sorted()
    let all = names.map { name in
      (
        name: name,
        manifest: Result { () throws(CheckpointError) in
          try CheckpointManifest.read(in: folder(name))
        }
      )
    }
    func place(_ entry: Result<CheckpointManifest, CheckpointError>) -> (Int64, UInt64) {
      guard let manifest = try? entry.get() else { return (0, 0) }
      return (manifest.position?.start ?? 0, manifest.time)
    }
    return all.sorted {
      let (one, other) = (place($0.manifest), place($1.manifest))
      return (one.0, one.1, $0.name) < (other.0, other.1, $1.name)
    }
  }

  /// Reads a checkpoint and verifies all of it.
  ///
  /// - Throws: `CheckpointError` that names what is damaged or does not fit this program.
  package func load(
    _ name: String
  ) throws(CheckpointError) -> (manifest: CheckpointManifest, checkpoint: MachineCheckpoint) {
    guard Self.isName(name) else { throw .wrongName(name) }
    try settle()
    let folder = folder(name)
    guard HostFile.kind(of: folder) != nil else { throw .absent(name: name, folder: path) }
    let manifest = try CheckpointManifest.read(in: folder)
    guard manifest.historyVersion == PartitionManager.historyVersion else {
      throw .unfit(
        folder: folder,
        reason: "it is of history version \(manifest.historyVersion), this program makes "
          + "\(PartitionManager.historyVersion)")
    }
    let pages = Errand {
      Result { () throws(CheckpointError) in try section("pages", manifest, folder) }
    }
    let others = Errand {
      Result<[SavedGuest], CheckpointError> { () throws(CheckpointError) in
        try value("guests", manifest, folder)
      }
    }
    let machine: StateEnvelope<MachineState> = try value("machine", manifest, folder)
    let saved = try others.wait().get()
    let pool = try pages.wait().get()
    var guests: [GuestCheckpoint] = []
    for guest in saved {
      guard let pages = guest.storage(from: pool) else {
        throw .damaged(folder: folder, section: "guests", reason: "a page is not among the pages")
      }
      guests.append(
        GuestCheckpoint(
          partition: guest.partition, computer: guest.computer.state, pages: pages))
    }
    let checkpoint = MachineCheckpoint(machine: machine.state, guests: guests)
    guard manifest.isOf(checkpoint) else {
      throw .damaged(
        folder: folder, section: CheckpointManifest.fileName,
        reason: "it does not say what is in the sections")
    }
    return (manifest, checkpoint)
  }

  private func section(
    _ name: String, _ manifest: CheckpointManifest, _ folder: String
  ) throws(CheckpointError) -> [UInt8] {
    guard let section = manifest.sections.first(where: { $0.name == name }) else {
      throw .damaged(folder: folder, section: name, reason: "the manifest does not have it")
    }
    return try SectionReader.read(section, in: folder)
  }

  private func value<Value: Codable>(
    _ name: String, _ manifest: CheckpointManifest, _ folder: String
  ) throws(CheckpointError) -> Value {
    let written = Data(try section(name, manifest, folder))
    // What this very program wrote it knows, all of it.
    let isOwn = manifest.program != nil && manifest.program == .ofProgram
    let text = isOwn ? written : FormerJSON.present(written)
    do {
      let value = try JSONDecoder().decode(Value.self, from: text)
      if !isOwn, let unknown = UnreadFields.paths(in: text, readAs: value).first {
        throw CheckpointError.unfit(
          folder: folder, reason: "nobody here knows what \(unknown) of section \(name) is")
      }
      return value
    } catch let error as CheckpointError {
      throw error
    } catch let refusal as StateRefusal {
      throw .unfit(folder: folder, reason: refusal.description)
    } catch {
      throw .damaged(folder: folder, section: name, reason: "it is not what this program writes")
    }
  }

  /// Removes a checkpoint.
  package func delete(_ name: String) throws(CheckpointError) {
    guard Self.isName(name) else { throw .wrongName(name) }
    try settle()
    guard HostFile.kind(of: folder(name)) != nil else { throw .absent(name: name, folder: path) }
    // Renamed first: what is half removed is no checkpoint any more.
    let gone = folder(name) + ".new"
    guard rename(folder(name), gone) == 0 else { throw .host(file: folder(name), number: errno) }
    remove(gone)
  }
}

/// A guest as the section of guests has it.
private struct SavedGuest: Codable, Sendable {
  var partition: Int
  var computer: StateEnvelope<ComputerState>
  /// Its pages, and where each is in the pool.
  var pages: [UInt32]
  var places: [UInt32]

  /// Its pages with their contents; nil when one is not in the pool.
  func storage(from pool: [UInt8]) -> StoragePages? {
    StoragePages(numbers: pages, contents: pool, places: places)
  }
}
