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
  private let disks: [DiskPast]
  /// All writable disks, those of which nothing is kept included.
  private let devices: [UInt16]
  private var messages: [String] = []

  /// Opens what is kept, and finishes what a process that was killed had begun.
  ///
  /// - Throws: `CheckpointError` when a disk is of no instant, and cannot be put back to one.
  package init(
    of definition: SystemDefinition, inStateFolder state: String
  ) throws(CheckpointError) {
    var disks: [DiskPast] = []
    var told: [String] = []
    let files = definition.writableFiles
    for (device, path) in files {
      let limit = device.keptByteCount ?? DeviceDefinition.ordinaryKeptByteCount
      let folder = Self.folder(of: device.number, inStateFolder: state)
      guard limit > 0 else {
        // What is kept would not be true of what is written from now on.
        try? FileManager.default.removeItem(atPath: folder)
        continue
      }
      disks.append(
        try DiskPast(device.number, at: path, keeping: limit, in: folder) {
          told.append(Self.line(device.number, $0))
        })
    }
    self.disks = disks
    devices = files.map(\.device.number)
    messages = told
    for disk in disks {
      disk.onLoss = { [weak self, number = disk.device] in
        self?.messages.append(Self.line(number, $0))
      }
    }
  }

  private static func line(_ device: UInt16, _ text: String) -> String {
    "DISK \(hexDigits(device, 4)): \(text)"
  }

  private static func folder(of device: UInt16, inStateFolder state: String) -> String {
    state + "/disks/" + hexDigits(device, 4)
  }

  /// Has what a machine's guests overwrite kept from now on.
  package func attach(to manager: PartitionManager) {
    for disk in disks { manager.keepOverwrites(of: disk.device, with: disk) }
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

extension SystemDefinition {
  /// The devices that write to files, with these.
  fileprivate var writableFiles: [(device: DeviceDefinition, path: String)] {
    inputOutput.devices.compactMap { device in
      guard case .file(let file, writable: true) = device.media else { return nil }
      return (device, path(of: file))
    }
  }
}
