import Channels
import Quantities

/// What a logical processor is doing.
package enum LogicalProcessorState: String, Sendable, Equatable, Codable {
  /// Not on line; may be configured on line.
  case reserved
  /// On line and stopped by the operator.
  case stopped
  /// On line, not started by the guest, or waiting for an interrupt.
  case waiting
  /// Has work and runs on a physical processor.
  case running
  /// Has work and waits for a physical processor.
  case ready
  /// Has work and a cap forbids it to run.
  case capped
  /// On line and shut down: triple fault.
  case checkStopped
}

/// One logical processor of a partition.
package struct LogicalProcessorView: Sendable, Equatable, Codable {
  /// Its number in the partition.
  package var number: Int
  /// Which pool it runs on.
  package var type: ProcessorType
  /// Whether it owns a physical processor.
  package var isDedicated: Bool
  /// What it is doing.
  package var state: LogicalProcessorState
  /// Whether the guest has started it.
  package var isStarted: Bool
  /// Its physical processor while it has one.
  package var physicalProcessor: Int?
  /// How much of a physical processor it is for; horizontal when not on line.
  package var polarity: LogicalPolarity
  /// Its part of its partition's entitlement, in processors; 0 when not on line.
  package var share: Double
  /// Vertical-low and parked: the guest is asked to leave it alone.
  package var isParked = false
  /// The physical processor that a vertical-high one comes back to.
  package var home: Int?
  /// Time on physical processors since activation, in nanoseconds.
  package var usedNanoseconds: UInt64
  /// Time it was ready and not running since activation, in nanoseconds.
  package var stealNanoseconds: UInt64
}

/// A partition's standing in one pool.
package struct ShareView: Sendable, Equatable, Codable {
  /// Which pool.
  package var type: ProcessorType
  /// Whether its processors are dedicated; then the shares below mean nothing.
  package var isDedicated: Bool
  /// Logical processors on line.
  package var online: Int
  /// Logical processors that may be brought on line.
  package var reserved: Int
  /// What it asks of the pool, as it is set now.
  package var setting: ShareDefinition
  /// Its part of the pool's shared processors, in processors; 0 when not active.
  package var entitlement: Double
  /// Each logical processor's part of the entitlement, in processors, when it is divided evenly.
  package var entitlementPerLogical: Double
  /// Everything that limits its use; nil when dedicated or not active.
  package var limits: ProcessingLimits?
  /// What it passes only when nobody unlimited wants the time, in processors; nil without LIMITSOFT.
  package var softLimit: Fraction?
  /// Time used since activation, in nanoseconds.
  package var usedNanoseconds: UInt64
  /// Time its processors had work and no physical processor since activation, in nanoseconds.
  package var deniedNanoseconds: UInt64
  /// Processors used over the last measuring interval (INDICATE's smoothing).
  package var recentUsed: Double
  /// Processors denied over the last measuring interval.
  package var recentDenied: Double
}

/// A channel path as a partition sees it.
package struct PartitionPathView: Sendable, Equatable, Codable {
  /// The path's number.
  package var path: UInt8
  /// Installed and on line for the partition.
  package var isOnline: Bool
  /// Operational in the whole machine.
  package var isOperational: Bool
}

/// A device of a partition.
package struct PartitionDeviceView: Sendable, Equatable, Codable {
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// The device's number in the I/O configuration.
  package var realDevice: UInt16
  /// Size in 512-byte blocks.
  package var blockCount: UInt64
  /// Whether the partition may only read.
  package var isReadOnly: Bool
}

/// What a guest's operating system says of its storage.
package struct StorageReportView: Sendable, Equatable, Codable {
  /// What it counts as its storage, in bytes.
  package var totalByteCount: UInt64
  /// What its programs could still get, in bytes.
  package var availableByteCount: UInt64
}

/// Everything about one partition at one instant; a copy.
package struct PartitionView: Sendable, Equatable, Codable {
  /// Its name.
  package var name: String
  /// Its number: the index in definition order.
  package var number: Int
  /// Its values in force: those of a profile, as changed since.
  package var definition: PartitionDefinition
  /// Its image profiles, the one of its own name first.
  package var profiles: [ImageProfile]
  /// Name of the image profile that it is active with.
  package var profileName: String
  /// Name of the image profile of its next activation.
  package var nextProfileName: String
  /// Whether an earlier end of the machine took it, so that it can be recovered.
  package var isRecoverable: Bool
  /// What it is doing.
  package var state: PartitionStatus
  /// Whether an operator stopped it.
  package var isStopped: Bool
  /// When it was activated.
  package var activated: SimulatedTime?
  /// Its logical processors, reserved ones included, by number.
  package var processors: [LogicalProcessorView]
  /// Its standing in each pool it has processors in, in the order of the types.
  package var shares: [ShareView]
  /// Storage it has now, in bytes.
  package var storageByteCount: UInt64
  /// Storage it may still get, in bytes.
  package var reservedByteCount: UInt64
  /// Guest addresses of its storage, ascending, in whole increments.
  package var storageRanges: [Range<UInt64>]
  /// Pages of 4 KiB it has written.
  package var writtenPageCount: Int
  /// What its guest said last of its storage; nil when it says nothing.
  package var storageReport: StorageReportView?
  /// Its channel paths.
  package var paths: [PartitionPathView]
  /// Its devices.
  package var devices: [PartitionDeviceView]
  /// Changes that wait for the guest.
  package var pending: [PendingChange]
  /// Instructions executed since activation.
  package var instructionCount: UInt64
  /// Dispatches since activation.
  package var dispatchCount: UInt64
  /// Input and output requests since activation.
  package var requestCount: UInt64
  /// The counter of work that the guest published by DIAGNOSE X'610'; nil when it never did.
  package var workCounter: UInt64?
  /// Whether the guest takes reconfiguration notices (DIAGNOSE X'600').
  package var listensToNotices: Bool
  /// The partition's rolling digest.
  package var digest: UInt64

  /// Time used by all its processors since activation, in nanoseconds.
  package var usedNanoseconds: UInt64 {
    processors.reduce(0) { $0.addingClamped($1.usedNanoseconds) }
  }
  /// Physical processors that it used over the last measuring interval.
  package var processorsInUse: Double { shares.reduce(0) { $0 + $1.recentUsed } }
  /// The image profile that it is active with.
  package var profile: PartitionDefinition {
    profiles.first { $0.name == profileName }?.definition ?? definition
  }
  /// The state in the firmware's words.
  package var stateText: String { state.text(isStopped: isStopped) }
  /// Whether it owns resources.
  package var isActive: Bool { state != .notActivated }
}
