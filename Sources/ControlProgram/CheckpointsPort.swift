import Channels
import Quantities

/// What is known of a checkpoint.
package struct CheckpointFacts: Equatable, Sendable {
  /// Its name.
  package var name: String
  /// Simulated time since IPL at which it was taken; nil when it cannot be read.
  package var time: SimulatedTime?
  /// Active partitions in it.
  package var guestCount: Int
  /// Bytes that guests had written, and bytes of its files.
  package var writtenByteCount: UInt64
  package var storedByteCount: UInt64
  /// Disks that it is without: what their files had then is not kept, or not any more.
  package var missingDisks: [UInt16]
  /// What is wrong with it; nil when nothing is.
  package var finding: String?

  /// Facts of a checkpoint.
  package init(
    name: String, time: SimulatedTime?, guestCount: Int = 0, writtenByteCount: UInt64 = 0,
    storedByteCount: UInt64 = 0, missingDisks: [UInt16] = [], finding: String? = nil
  ) {
    self.name = name
    self.time = time
    self.guestCount = guestCount
    self.writtenByteCount = writtenByteCount
    self.storedByteCount = storedByteCount
    self.missingDisks = missingDisks
    self.finding = finding
  }
}

extension CheckpointFacts {
  /// What is said when it was taken.
  package var takenText: String {
    let written = wholeKilobytes(writtenByteCount)
    let stored = wholeKilobytes(storedByteCount)
    return "CHECKPOINT \(name) TAKEN, \(guestCount) PARTITIONS, \(written) WRITTEN, "
      + "\(stored) STORED" + withoutText(missingDisks)
  }
}

/// What is kept of a disk whose file is written to.
package struct KeptDiskFacts: Equatable, Sendable {
  /// The device's number.
  package var device: UInt16
  /// Bytes that are kept of what its file had at checkpoints, and how many may be.
  package var byteCount: UInt64
  package var byteLimit: UInt64

  /// Facts of a disk.
  package init(device: UInt16, byteCount: UInt64, byteLimit: UInt64) {
    self.device = device
    self.byteCount = byteCount
    self.byteLimit = byteLimit
  }
}

/// Which disks a checkpoint is without, behind what is said of it; nothing when it has all.
package func withoutText(_ disks: [UInt16]) -> String {
  disks.isEmpty
    ? ""
    : ", WITHOUT DISK\(disks.count == 1 ? "" : "S") "
      + disks.map { hexDigits($0, 4) }.joined(separator: " ")
}

/// A size as CP prints it, rounded up to whole K.
func wholeKilobytes(_ bytes: UInt64) -> String {
  sizeText((bytes.addingClamped(1023) / 1024).multipliedClamped(by: 1024))
}

/// When checkpoints are taken without being asked for.
package struct CheckpointSchedule: Equatable, Sendable {
  /// Simulated time between two.
  package var interval: SimulatedTime
  /// How many of them are kept; of more the oldest goes.
  package var keptCount: Int

  /// Most that can be asked to be kept.
  package static let mostKept = 1_000_000

  /// A schedule.
  package init(interval: SimulatedTime, keptCount: Int) {
    self.interval = interval
    self.keptCount = keptCount
  }
}

/// Where a machine's checkpoints are kept, outside its history.
///
/// Owner thread only.
package protocol CheckpointsPort: AnyObject {
  /// Whether any are taken or removed: not when the machine is only looked at.
  var isKept: Bool { get }
  /// When checkpoints are taken without being asked for; nil for never.
  var schedule: CheckpointSchedule? { get set }
  /// Takes the whole machine as it is now and keeps it; one of the same name is replaced when the new one is
  /// whole.
  ///
  /// - Returns: What is known of it; nil when it is still being written: its end is told by a message.
  func save(_ name: String) throws(RecordsFailure) -> CheckpointFacts?
  /// Takes one because the machine ends, if that was asked for; one that cannot be taken is told of.
  func saveAtEnd()
  /// Removes a checkpoint.
  func delete(_ name: String) throws(RecordsFailure)
  /// The checkpoints, by the time at which they were taken.
  func list() throws(RecordsFailure) -> [CheckpointFacts]
  /// What is kept of each disk whose file is written to.
  func keptDisks() -> [KeptDiskFacts]
}

extension CheckpointsPort {
  /// Checkpoints of a machine that runs.
  package var isKept: Bool { true }
}
