import Channels

/// One physical processor.
package struct PhysicalProcessorView: Sendable, Equatable, Codable {
  /// Its number in the machine.
  package var number: Int
  /// Its type.
  package var type: ProcessorType
  /// Its rate.
  package var megahertz: UInt32
  /// Whether it is on line.
  package var isOnline: Bool
  /// The partition it is dedicated to.
  package var dedicatedTo: String?
  /// Time it ran logical processors since IPL, in nanoseconds.
  package var busyNanoseconds: UInt64
  /// How busy it was over the last measuring interval, 0-1.
  package var recentBusy: Double
}

/// One pool of physical processors.
package struct PoolView: Sendable, Equatable, Codable {
  /// Which.
  package var type: ProcessorType
  /// Rate of its processors.
  package var megahertz: UInt32
  /// Physical processors installed.
  package var installed: Int
  /// Physical processors on line.
  package var online: Int
  /// Physical processors dedicated to active partitions.
  package var dedicated: Int
  /// Physical processors that active partitions share.
  package var shared: Int
  /// Sum of the relative weights of active sharing partitions.
  package var weightSum: Int
  /// How busy its on-line processors were over the last measuring interval, 0-1.
  package var recentBusy: Double
  /// The running time (time slice) by PR/SM's rule, in nanoseconds.
  package var runningTime: UInt64
}

/// A channel path in the whole machine.
package struct PathView: Sendable, Equatable, Codable {
  /// The path's number.
  package var path: UInt8
  /// Its type, such as `FC`.
  package var type: String
  /// Whether it is varied on line.
  package var isOnline: Bool
  /// Partitions that have it on line, by number.
  package var partitions: [String]
}

/// A piece of the machine's storage with one owner, as long as it can be.
package struct StoragePiece: Sendable, Equatable, Codable {
  /// Its machine addresses, in whole increments.
  package var range: Range<UInt64>
  /// The partition that has it, nil when it is free.
  package var owner: String?

  /// Creates a piece.
  package init(range: Range<UInt64>, owner: String?) {
    self.range = range
    self.owner = owner
  }
}

/// Everything about the machine at one instant; a copy.
package struct MachineView: Sendable, Equatable, Codable {
  /// Its name.
  package var name: String
  /// Simulated time since IPL.
  package var now: SimulatedTime
  /// Unix time in seconds at simulated time 0.
  package var timeOfDayAtStart: Int64
  /// The time zone's name.
  package var timeZone: String
  /// Its physical processors by number.
  package var processors: [PhysicalProcessorView]
  /// Its pools in the order of the types.
  package var pools: [PoolView]
  /// Installed storage in bytes.
  package var storageByteCount: UInt64
  /// Storage that no partition has, in bytes.
  package var freeByteCount: UInt64
  /// The unit in which storage is given.
  package var incrementByteCount: UInt64
  /// Changes of its channel paths that wait until requests have ended.
  package var pending: [PendingChange] = []
  /// Its channel paths.
  package var paths: [PathView]
  /// Values of the machine and of its groups that run.
  package var settings: MachineSettings
  /// Those that the reset profile and the group profiles hold.
  package var profileSettings: MachineSettings
  /// Partitions defined.
  package var partitionCount: Int
  /// Partitions active.
  package var activeCount: Int
  /// Partitions with a processor that has work now.
  package var readyCount: Int
  /// The pace asked for.
  package var pace: Pace
  /// Simulated seconds in a second of the wall clock over the last interval; nil before one.
  package var achievedPace: Double?
  /// Length of the epoch.
  package var epochNanoseconds: UInt64
  /// Epochs so far.
  package var epochCount: UInt64
  /// Host threads that run partitions.
  package var threadCount: Int
  /// The machine's rolling digest.
  package var digest: UInt64
  /// Version of what guests can see beside the definitions; part of every digest.
  package var historyVersion: Int
}
