import Channels
import Foundation
import Partitioning
import Quantities

/// What is kept of one disk.
package struct KeptDisk: Equatable, Sendable {
  /// The device's number.
  package var device: UInt16
  /// Bytes that are kept, and how many may be.
  package var byteCount: UInt64
  package var byteLimit: UInt64
}

/// What the files of a machine's writable disks had at its checkpoints: kept in the folder `disks` of its state,
/// a folder for each file.
///
/// Owner thread only.
package final class DiskPasts {
  private var disks: [DiskPast] = []
  /// All writable disks, those of which nothing is kept included.
  private var devices: [UInt16] = []
  /// Where the files are that the machine had with another I/O configuration: they may come back, and a
  /// checkpoint that is taken meanwhile knows what they have then.
  private var absent: [AbsentDisk] = []
  /// Where all were before they went to a checkpoint, until the machine goes on there.
  private var before: [DiskMark] = []
  private var messages: [String] = []
  private let folders: DiskFolders
  /// Disks that came and are of no instant: what is written to them would make that worse.
  private var unusable: [UInt16] = []

  /// Nothing is open yet: which disks run is known when the machine is put where it is to begin.
  package init(inStateFolder state: String) { folders = DiskFolders(inStateFolder: state) }

  /// Opens what is kept of a machine's disks, and finishes what a process that was killed had begun.
  ///
  /// - Parameter definition: What runs.
  /// - Throws: `CheckpointError` when a disk is of no instant, and cannot be put back to one.
  package func open(_ definition: SystemDefinition) throws(CheckpointError) {
    for (device, path) in definition.writableFiles { try open(device, at: path) }
    for case (let folder, let tree?) in folders.all
    where !disks.contains(where: { $0.folder == folder }) { takeIn(folder, tree) }
    guard let going = folders.going() else { return }
    _ = try go(to: going)
    stay()
    folders.endGoing()
  }

  /// Opens what is kept of one disk.
  private func open(_ device: DeviceDefinition, at path: String) throws(CheckpointError) {
    devices.append(device.number)
    let folder = folders.folder(of: path, on: device.number)
    guard device.keptLimit > 0 else {
      // What is kept would not be true of what is written from now on.
      absent.removeAll { $0.folder == folder }
      DiskFolders.remove(folder)
      return
    }
    let disk = try DiskPast(device.number, at: path, keeping: device.keptLimit, in: folder) {
      [weak self, number = device.number] in
      self?.messages.append(Self.line(number, $0))
    }
    absent.removeAll { $0.folder == folder }
    disks.append(disk)
  }

  /// Takes in where the file of a disk is that is not there now, if it can be known.
  private func takeIn(_ folder: String, _ tree: DiskTree) {
    let device = UInt16((folder as NSString).lastPathComponent.prefix(4), radix: 16)
    guard let device, let disk = openAbsent(tree, in: folder, as: device) else { return }
    leave(disk)
  }

  /// Opens what is kept of a file that no device has now; nil when the file is not what it was, or the folder is
  /// a copy of another machine's.
  private func openAbsent(_ tree: DiskTree, in folder: String, as device: UInt16) -> DiskPast? {
    guard tree.home != nil, tree.home == folders.identity, let file = DiskFile(tree.file.path)
    else { return nil }
    var former = tree.file
    if tree.target != nil { former.written = nil }
    guard file.isStill(former) else { return nil }
    let number = absent.first { $0.folder == folder }?.mark.device ?? device
    return try? DiskPast(
      number, at: tree.file.path, keeping: DeviceDefinition.ordinaryKeptByteCount, in: folder
    ) { [weak self] in self?.messages.append(Self.line(number, $0)) }
  }

  private static func line(_ device: UInt16, _ text: String) -> String {
    "DISK \(hexDigits(device, 4)): \(text)"
  }

  /// Has what a machine's guests overwrite kept from now on, whatever disks come and go.
  package func attach(to manager: PartitionManager) {
    let keep: () -> Void = { [weak self, weak manager] in
      guard let self, let manager else { return }
      follow(manager.definition)
      for disk in disks { manager.keepOverwrites(of: disk.device, with: disk) }
      let kept = Set(disks.map(\.device))
      for device in unusable where !kept.contains(device) {
        manager.keepOverwrites(of: device, with: ClosedDisk())
      }
    }
    keep()
    manager.onDisksChanged = keep
  }

  /// Goes on with the disks of another I/O configuration: those that stay are kept on, and of those that come
  /// what they have now is the first that is kept.
  package func follow(_ definition: SystemDefinition) {
    let files = definition.writableFiles
    func isKept(_ disk: DiskPast) -> Bool {
      files.contains { disk.isOf($0.device, at: $0.path) }
    }
    for disk in disks where !isKept(disk) { leave(disk) }
    disks.removeAll { !isKept($0) }
    let former = devices
    devices = []
    unusable = []
    for (device, path) in files {
      if disks.contains(where: { $0.isOf(device, at: path) }) {
        devices.append(device.number)
        continue
      }
      let toldCount = messages.count
      do throws(CheckpointError) {
        try open(device, at: path)
      } catch {
        unusable.append(device.number)
        messages.append(Self.line(device.number, "\(error.description): NOTHING IS WRITTEN TO IT"))
      }
      if !former.contains(device.number), messages.count == toldCount,
        disks.last?.isOf(device, at: path) ?? false, disks.last?.tree == nil
      {
        messages.append(Self.line(device.number, "EARLIER CHECKPOINTS ARE WITHOUT IT"))
      }
    }
  }

  /// Remembers where a disk is that goes.
  private func leave(_ disk: DiskPast) {
    absent.removeAll { $0.folder == disk.folder }
    var mark = disk.mark()
    mark.isAbsent = true
    guard fdatasync(disk.descriptor) == 0 else { return }
    disk.end()
    guard let tree = disk.tree, tree.contains(mark), tree.target == nil else { return }
    absent.append(AbsentDisk(mark: mark, folder: disk.folder))
  }

  /// Says that nobody writes to the files any more.
  package func end() { for disk in disks { disk.end() } }

  /// What is to be told since the last time.
  package func takeMessages() -> [String] {
    defer { messages = [] }
    return messages
  }

  /// What is kept of each.
  package var facts: [KeptDisk] {
    disks.map { KeptDisk(device: $0.device, byteCount: $0.byteCount, byteLimit: $0.byteLimit) }
  }

  // MARK: Checkpoints

  /// Where a checkpoint that is taken now finds each disk, and each that is not there.
  package func mark() -> [DiskMark] {
    let marks = Dictionary(
      disks.map { ($0.device, $0.mark()) }, uniquingKeysWith: { first, _ in first })
    for index in absent.indices { absent.change(at: index) { $0.isNew = false } }
    return devices.map { marks[$0] ?? DiskMark(device: $0) } + absent.map(\.mark)
  }

  /// What has the host put on its disk all that was written; for any thread.
  package var sync: @Sendable () throws(CheckpointError) -> Void {
    // A disk may go meanwhile.
    let files = disks.map { HeldFile($0.descriptor, $0.diskPath) }
    return { () throws(CheckpointError) in for file in files { try file.sync() } }
  }

  /// The disks that a checkpoint is without.
  package func missing(in checkpoint: CheckpointManifest) -> [UInt16] {
    missing(in: checkpoint.disks ?? [])
  }

  private func missing(in marks: [DiskMark]) -> [UInt16] {
    let found = disks.filter { marks.contains(where: $0.has) }.map(\.device)
    return devices.filter { !found.contains($0) }
  }

  // MARK: Going

  /// Puts the disks where a checkpoint finds them, those included that were not there then.
  ///
  /// - Returns: Those that it is without: they stay as they are.
  /// - Throws: `CheckpointError` when the host refuses one on the way; all are where they were then.
  package func go(to checkpoint: CheckpointManifest) throws(CheckpointError) -> [UInt16] {
    let marks = checkpoint.disks ?? []
    before = []
    for disk in disks { before.append(try disk.markToComeBack()) }
    try folders.setGoing(marks)
    let missing: [UInt16]
    do throws(CheckpointError) {
      missing = try go(to: marks)
    } catch {
      comeBack()
      throw error
    }
    folders.endGoing()
    return missing
  }

  /// The machine goes on where its disks went.
  package func stay() { before = [] }

  /// Puts the disks back where they were before they went; what the host refuses is told.
  package func comeBack() {
    let marks = before
    guard !marks.isEmpty else { return }
    try? folders.setGoing(marks)
    for mark in marks where mark.point != nil {
      do throws(CheckpointError) {
        _ = try go(to: [mark])
      } catch {
        messages.append(Self.line(mark.device, "NOT PUT BACK: \(error.description)"))
      }
    }
    before = []
    // The machine goes on, and writes: what is still halfway is not written to, and stays so.
    folders.endGoing()
  }

  private func go(to marks: [DiskMark]) throws(CheckpointError) -> [UInt16] {
    var missing = missing(in: marks)
    for disk in disks where !missing.contains(disk.device) {
      guard let mark = marks.first(where: disk.has) else { continue }
      if try !go(disk, to: mark) { missing.append(disk.device) }
    }
    for mark in marks where mark.isAbsent == true && !disks.contains(where: { $0.has(mark) }) {
      try goAbsent(to: mark)
    }
    return missing
  }

  /// Puts a file whose disk is not there where a checkpoint finds it.
  private func goAbsent(to mark: DiskMark) throws(CheckpointError) {
    guard let (folder, tree) = folders.find(mark),
      let disk = openAbsent(tree, in: folder, as: mark.device), disk.has(mark)
    else {
      messages.append(Self.line(mark.device, "IT IS AWAY, AND ITS FILE STAYS AS IT IS"))
      return
    }
    var back = try disk.markToComeBack()
    back.isAbsent = true
    before.append(back)
    _ = try go(disk, to: mark)
    leave(disk)
  }

  /// Puts one disk where a checkpoint finds it; false, with a message, when what is kept of it is damaged.
  private func go(_ disk: DiskPast, to mark: DiskMark) throws(CheckpointError) -> Bool {
    do throws(CheckpointError) {
      try disk.go(to: mark)
      return true
    } catch {
      guard case .damaged = error else { throw error }
      messages.append(Self.line(disk.device, error.description))
      return false
    }
  }

  // MARK: Pruning

  /// Removes what no checkpoint needs any more.
  package func prune(to checkpoints: [CheckpointManifest]) {
    let marks = checkpoints.flatMap { $0.disks ?? [] }
    for disk in disks { disk.prune(to: marks) }
    for case (let folder, let tree?) in folders.all
    where !disks.contains(where: { $0.folder == folder }) && tree.target == nil {
      // Which no checkpoint could know yet.
      if absent.contains(where: { $0.folder == folder && $0.isNew }) { continue }
      guard !marks.contains(where: tree.contains) else {
        tree.prune(to: marks, in: folder)
        continue
      }
      absent.removeAll { $0.folder == folder }
      DiskFolders.remove(folder)
    }
  }

  /// As `missing(in:)`, for who only looks.
  package static func missing(
    in checkpoint: CheckpointManifest, of definition: SystemDefinition,
    inStateFolder state: String
  ) -> [UInt16] {
    let folders = DiskFolders(inStateFolder: state)
    return definition.writableFiles.filter { folders.find($0.path, in: checkpoint) == nil }
      .map(\.device.number)
  }

  /// Shows guests of a machine that is only looked at what its disks had at a checkpoint, those included that
  /// come later.
  ///
  /// - Parameters:
  ///   - checkpoint: The checkpoint.
  ///   - manager: The machine.
  ///   - state: The state folder of the machine that it is of.
  ///   - tell: Takes lines about disks that come later and are shown as they are.
  /// - Returns: The disks that it is without: they are shown as they are.
  package static func show(
    _ checkpoint: CheckpointManifest, on manager: PartitionManager,
    inStateFolder state: String, tell: @escaping (String) -> Void
  ) -> [UInt16] {
    let folders = DiskFolders(inStateFolder: state)
    func showAll(on manager: PartitionManager) -> [UInt16] {
      manager.definition.writableFiles.filter { disk in
        guard let found = folders.find(disk.path, in: checkpoint),
          let former = FormerDisk(found.mark, in: found.folder)
        else { return true }
        manager.show(former, on: disk.device.number)
        return false
      }.map(\.device.number)
    }
    let missing = showAll(on: manager)
    var told = missing
    manager.onDisksChanged = { [weak manager] in
      guard let manager else { return }
      for device in showAll(on: manager) where !told.contains(device) {
        told.append(device)
        tell(line(device, "IT IS SHOWN AS IT IS NOW"))
      }
    }
    return missing
  }
}

/// A disk whose file the machine had with another I/O configuration.
private struct AbsentDisk {
  /// Where its file is.
  var mark: DiskMark
  /// What is kept of it.
  var folder: String
  /// Whether no checkpoint was taken since it went.
  var isNew = true
}

/// A file that stays open while somebody needs it.
private final class HeldFile: Sendable {
  private let descriptor: Int32
  private let path: String

  init(_ descriptor: Int32, _ path: String) {
    self.descriptor = dup(descriptor)
    self.path = path
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func sync() throws(CheckpointError) {
    guard fdatasync(descriptor) == 0 else { throw .host(file: path, number: errno) }
  }
}

/// Keeps a disk's file from being written to.
private final class ClosedDisk: OverwriteKeeper {
  func keep(_ offset: UInt64, _ count: Int) -> Bool { false }
}

extension DeviceDefinition {
  /// Most bytes that are kept of what its file had.
  fileprivate var keptLimit: UInt64 { keptByteCount ?? Self.ordinaryKeptByteCount }
}

extension DiskPast {
  /// Whether it is what is kept of a device's file.
  fileprivate func isOf(_ device: DeviceDefinition, at path: String) -> Bool {
    self.device == device.number && diskPath == path && byteLimit == device.keptLimit
  }
}

extension SystemDefinition {
  /// The devices that write to files, with these.
  fileprivate var writableFiles: [(device: DeviceDefinition, path: String)] {
    inputOutput.devices.compactMap { device in
      guard case .file(let file, writable: true) = device.media else { return nil }
      return (device, path(of: file))
    }
  }
}
