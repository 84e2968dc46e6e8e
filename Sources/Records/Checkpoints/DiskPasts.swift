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
  /// Where the files are that went with another I/O configuration: they may come back, and a checkpoint that is
  /// taken meanwhile knows what they have then.
  private var absent: [AbsentDisk] = []
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
  }

  /// Opens what is kept of one disk.
  private func open(_ device: DeviceDefinition, at path: String) throws(CheckpointError) {
    devices.append(device.number)
    let folder = folders.folder(of: path, on: device.number)
    guard device.keptLimit > 0 else {
      // What is kept would not be true of what is written from now on.
      absent.removeAll { $0.folder == folder }
      try? FileManager.default.removeItem(atPath: folder)
      return
    }
    let disk = try DiskPast(device.number, at: path, keeping: device.keptLimit, in: folder) {
      [weak self, number = device.number] in
      self?.messages.append(Self.line(number, $0))
    }
    absent.removeAll { $0.folder == folder }
    disks.append(disk)
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
    let mark = disk.mark()
    disk.end()
    guard mark.point != nil, disk.tree?.target == nil else { return }
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

  /// Where a checkpoint that is taken now finds each disk, and each that went.
  package func mark() -> [DiskMark] {
    let marks = Dictionary(
      disks.map { ($0.device, $0.mark()) }, uniquingKeysWith: { first, _ in first })
    return devices.map { marks[$0] ?? DiskMark(device: $0) } + absent.map(\.mark)
  }

  /// What has the host put on its disk all that was written; for any thread.
  package var sync: @Sendable () throws(CheckpointError) -> Void {
    let files = disks.map { (descriptor: $0.descriptor, path: $0.diskPath) }
    return { () throws(CheckpointError) in
      for file in files where fdatasync(file.descriptor) != 0 {
        throw .host(file: file.path, number: errno)
      }
    }
  }

  /// The disks that a checkpoint is without.
  package func missing(in checkpoint: CheckpointManifest) -> [UInt16] {
    missing(in: checkpoint.disks ?? [])
  }

  private func missing(in marks: [DiskMark]) -> [UInt16] {
    let found = disks.filter { marks.contains(where: $0.has) }.map(\.device)
    return devices.filter { !found.contains($0) }
  }

  /// Puts the disks where a checkpoint finds them, those included that its I/O configuration was without.
  ///
  /// - Returns: Those that it is without: they stay as they are.
  /// - Throws: `CheckpointError` when the host refuses one on the way; all are where they were then.
  package func go(to checkpoint: CheckpointManifest) throws(CheckpointError) -> [UInt16] {
    let before = mark()
    do throws(CheckpointError) {
      return try go(to: checkpoint.disks ?? [])
    } catch {
      goBack(to: before)
      throw error
    }
  }

  /// Puts the disks back where they were marked; what the host refuses is told.
  package func goBack(to marks: [DiskMark]) {
    for mark in marks {
      do throws(CheckpointError) {
        _ = try go(to: [mark])
      } catch {
        messages.append(Self.line(mark.device, "NOT PUT BACK: \(error.description)"))
      }
    }
  }

  private func go(to marks: [DiskMark]) throws(CheckpointError) -> [UInt16] {
    var missing = missing(in: marks)
    for disk in disks where !missing.contains(disk.device) {
      guard let mark = marks.first(where: disk.has) else { continue }
      if try !go(disk, to: mark) { missing.append(disk.device) }
    }
    for mark in marks where !disks.contains(where: { $0.has(mark) }) {
      if try !goAbsent(to: mark), mark.tree != nil, !missing.contains(mark.device) {
        missing.append(mark.device)
      }
    }
    return missing
  }

  /// Puts a disk that is not there where a checkpoint finds it; false when nothing is kept of it any more.
  private func goAbsent(to mark: DiskMark) throws(CheckpointError) -> Bool {
    guard let (folder, tree) = folders.find(mark) else { return false }
    let disk = try DiskPast(
      mark.device, at: tree.file.path, keeping: DeviceDefinition.ordinaryKeptByteCount, in: folder
    ) { [weak self] in self?.messages.append(Self.line(mark.device, $0)) }
    absent.removeAll { $0.folder == folder }
    guard disk.has(mark), try go(disk, to: mark) else { return false }
    leave(disk)
    return true
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

  /// Removes what no checkpoint needs any more.
  package func prune(to checkpoints: [CheckpointManifest]) {
    let marks = checkpoints.flatMap { $0.disks ?? [] }
    for disk in disks { disk.prune(to: marks) }
    // Nor what is kept of files that are not there, unless one is halfway.
    for case (let folder, let tree?) in folders.all
    where !disks.contains(where: { $0.folder == folder }) && tree.target == nil {
      if marks.contains(where: tree.contains) { continue }
      absent.removeAll { $0.folder == folder }
      try? FileManager.default.removeItem(atPath: folder)
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
  /// - Returns: The disks that it is without: they are shown as they are.
  package static func show(
    _ checkpoint: CheckpointManifest, on manager: PartitionManager,
    inStateFolder state: String
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
    manager.onDisksChanged = { [weak manager] in
      if let manager { _ = showAll(on: manager) }
    }
    return showAll(on: manager)
  }
}

/// A disk that went with another I/O configuration.
private struct AbsentDisk {
  /// Where its file is.
  var mark: DiskMark
  /// What is kept of it.
  var folder: String
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
