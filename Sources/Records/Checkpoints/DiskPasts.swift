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
/// a folder for each.
///
/// Owner thread only.
package final class DiskPasts {
  private var disks: [DiskPast] = []
  /// All writable disks, those of which nothing is kept included.
  private var devices: [UInt16] = []
  private var messages: [String] = []
  private let stateFolder: String
  /// Disks that came and are of no instant: what is written to them would make that worse.
  private var unusable: [UInt16] = []

  /// Nothing is open yet: which disks run is known when the machine is put where it is to begin.
  package init(inStateFolder state: String) { stateFolder = state }

  /// Opens what is kept of a machine's disks, and finishes what a process that was killed had begun.
  ///
  /// - Parameter definition: What runs. Of what is configured otherwise, and has another file at a device's number,
  ///   nothing may be opened: what is kept of the file that runs would be taken for that one's, and let go.
  /// - Throws: `CheckpointError` when a disk is of no instant, and cannot be put back to one.
  package func open(_ definition: SystemDefinition) throws(CheckpointError) {
    for (device, path) in definition.writableFiles { try open(device, at: path) }
  }

  /// Opens what is kept of one disk.
  private func open(_ device: DeviceDefinition, at path: String) throws(CheckpointError) {
    devices.append(device.number)
    let folder = Self.folder(of: device.number, inStateFolder: stateFolder)
    guard device.keptLimit > 0 else {
      // What is kept would not be true of what is written from now on.
      try? FileManager.default.removeItem(atPath: folder)
      return
    }
    disks.append(
      try DiskPast(device.number, at: path, keeping: device.keptLimit, in: folder) {
        [weak self, number = device.number] in
        self?.messages.append(Self.line(number, $0))
      })
  }

  private static func line(_ device: UInt16, _ text: String) -> String {
    "DISK \(hexDigits(device, 4)): \(text)"
  }

  private static func folder(of device: UInt16, inStateFolder state: String) -> String {
    state + "/disks/" + hexDigits(device, 4)
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
    for disk in disks where !isKept(disk) { disk.end() }
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

  /// Where a checkpoint that is taken now finds each disk.
  package func mark() -> [DiskMark] {
    let marks = Dictionary(
      disks.map { ($0.device, $0.mark()) }, uniquingKeysWith: { first, _ in first })
    return devices.map { marks[$0] ?? DiskMark(device: $0) }
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
    let found = disks.filter { disk in
      checkpoint.disks?.contains { $0.device == disk.device && disk.has($0) } ?? false
    }.map(\.device)
    return devices.filter { !found.contains($0) }
  }

  /// Puts the disks where a checkpoint finds them.
  ///
  /// - Returns: Those that it is without: they stay as they are.
  /// - Throws: `CheckpointError` when the host refuses one on the way.
  package func go(to checkpoint: CheckpointManifest) throws(CheckpointError) -> [UInt16] {
    var missing = missing(in: checkpoint)
    for disk in disks where !missing.contains(disk.device) {
      guard let mark = checkpoint.disks?.first(where: { $0.device == disk.device }) else {
        continue
      }
      do throws(CheckpointError) {
        try disk.go(to: mark)
      } catch {
        guard case .damaged = error else { throw error }
        messages.append(Self.line(disk.device, error.description))
        missing.append(disk.device)
      }
    }
    return missing
  }

  /// Removes what no checkpoint needs any more.
  package func prune(to checkpoints: [CheckpointManifest]) {
    for disk in disks {
      disk.prune(
        to: checkpoints.compactMap { $0.disks?.first { $0.device == disk.device } })
    }
  }

  /// As `missing(in:)`, for who only looks.
  package static func missing(
    in checkpoint: CheckpointManifest, of definition: SystemDefinition,
    inStateFolder state: String
  ) -> [UInt16] {
    definition.writableFiles.map(\.device.number).filter { device in
      guard let mark = checkpoint.disks?.first(where: { $0.device == device }),
        let tree = try? DiskTree.read(folder(of: device, inStateFolder: state) + "/tree.json")
      else { return true }
      return !tree.contains(mark)
    }
  }

  /// Shows guests of a machine that is only looked at what its disks had at a checkpoint.
  ///
  /// - Returns: The disks that it is without: they are shown as they are.
  package static func show(
    _ checkpoint: CheckpointManifest, on manager: PartitionManager,
    inStateFolder state: String
  ) -> [UInt16] {
    manager.definition.writableFiles.map(\.device.number).filter { device in
      guard let mark = checkpoint.disks?.first(where: { $0.device == device }),
        let former = FormerDisk(mark, in: folder(of: device, inStateFolder: state))
      else { return true }
      manager.show(former, on: device)
      return false
    }
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
