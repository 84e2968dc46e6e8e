import Channels
import Quantities

/// Everything that the files of one machine's folder say.
package struct SystemDefinition: Sendable, Equatable, Codable {
  /// Absolute path of the folder, without a trailing slash; empty for a definition made in code.
  package var folder: String
  /// What `machine.config` says.
  package var machine: MachineDefinition
  /// The partitions in definition order; in what the folder says, a partition's number is its index
  /// here.
  package var partitions: [PartitionDefinition]
  /// Groups with caps of their own, in definition order.
  package var groups: [GroupDefinition]
  /// Further image profiles of partitions, in definition order.
  package var imageProfiles: [ImageProfile]
  /// Load profiles, in definition order.
  package var loadProfiles: [LoadProfile]
  /// What partitions can be made like beside other partitions: the directory's PROFILEs.
  package var templates: [PartitionDefinition]
  /// The channel subsystem's configuration: `*.iocp` and `*.media` together.
  package var inputOutput: IOConfiguration

  /// Creates a definition from its parts; nothing is judged here.
  package init(
    folder: String = "", machine: MachineDefinition = MachineDefinition(),
    partitions: [PartitionDefinition] = [], groups: [GroupDefinition] = [],
    imageProfiles: [ImageProfile] = [], loadProfiles: [LoadProfile] = [],
    templates: [PartitionDefinition] = [], inputOutput: IOConfiguration = IOConfiguration()
  ) {
    self.folder = folder
    self.machine = machine
    self.partitions = partitions
    self.groups = groups
    self.imageProfiles = imageProfiles
    self.loadProfiles = loadProfiles
    self.templates = templates
    self.inputOutput = inputOutput
  }

  /// Absolute path of a file that a definition names relative to the folder.
  package func path(of file: String) -> String {
    folder.isEmpty || file.hasPrefix("/") ? file : folder + "/" + file
  }
}

/// A label that separates physical processors into pools.
package enum ProcessorType: String, Sendable, CaseIterable, Codable, Comparable {
  /// General purpose processors.
  case cp = "CP"
  /// Processors for Linux.
  case ifl = "IFL"
  /// Processors for eligible work.
  case ziip = "ZIIP"

  /// Orders types as they are listed: CP, IFL, ZIIP.
  package static func < (one: ProcessorType, other: ProcessorType) -> Bool {
    one.order < other.order
  }

  private var order: Int {
    switch self {
    case .cp: 0
    case .ifl: 1
    case .ziip: 2
    }
  }
}

/// The physical processors of one type.
package struct ProcessorPoolDefinition: Sendable, Equatable, Codable {
  /// Which pool.
  package var type: ProcessorType
  /// How many are installed.
  package var count: Int
  /// Simulated rate of each, in MHz: instructions in a microsecond.
  package var megahertz: UInt32
  /// Capacity of one processor in MSU, by which soft caps reckon; nil when it is not rated.
  package var capacityUnits: Int?

  /// Creates a pool.
  package init(type: ProcessorType, count: Int, megahertz: UInt32, capacityUnits: Int? = nil) {
    self.type = type
    self.count = count
    self.megahertz = megahertz
    self.capacityUnits = capacityUnits
  }
}

/// How simulated time follows the wall clock.
package enum Pace: Sendable, Equatable, Codable {
  /// Never ahead of the wall clock.
  case real
  /// As fast as the host goes.
  case fast
  /// So many simulated seconds in a second of the wall clock.
  case factor(Int)
  /// Not by itself: time passes only where a command lets it pass, as fast as the host goes.
  case stopped
}

/// When whole machines are kept without being asked for.
package struct CheckpointDefinition: Sendable, Equatable, Codable {
  /// Nanoseconds of simulated time between two; nil for none at intervals.
  package var interval: UInt64?
  /// How many of those are kept.
  package var keptCount: Int
  /// Whether one is taken before SHUTDOWN ends the machine.
  package var isTakenAtShutdown: Bool

  /// None, unless something else is said.
  package init(interval: UInt64? = nil, keptCount: Int = 5, isTakenAtShutdown: Bool = false) {
    self.interval = interval
    self.keptCount = keptCount
    self.isTakenAtShutdown = isTakenAtShutdown
  }
}

/// The time of day at the machine's IPL.
package enum TimeOfDay: Sendable, Equatable, Codable {
  /// Seconds since 1970-01-01T00:00:00Z.
  case fixed(Int64)
  /// The host's clock, taken once and journaled as an external input.
  case now

  /// The last second that a machine can begin at: 2261-12-31T23:59:59Z.
  static let latest: Int64 = 9_214_646_399
}

/// Someone who may log on at the machine.
package struct UserDefinition: Sendable, Equatable, Codable {
  /// 1-8 characters, upper case.
  package var name: String
  /// Privilege classes, ascending, such as `ABCDEFG`.
  package var classes: String

  /// Creates a user.
  package init(name: String, classes: String) {
    self.name = name
    self.classes = classes
  }
}

/// What `machine.config` says.
package struct MachineDefinition: Sendable, Equatable, Codable {
  /// 1-8 characters.
  package var name: String
  /// One entry for each type that is installed, in the order CP, IFL, ZIIP.
  package var processors: [ProcessorPoolDefinition]
  /// Installed storage in bytes.
  package var storageByteCount: UInt64
  /// The unit in which storage is given, in bytes; a power of two.
  package var incrementByteCount: UInt64
  /// Host memory that guests' own pages may take, in bytes.
  package var hostStorageByteCount: UInt64
  /// Length of the dispatching epoch.
  package var epochNanoseconds: UInt64
  /// How simulated time follows the wall clock.
  package var pace: Pace
  /// The time of day at IPL.
  package var timeOfDay: TimeOfDay
  /// Name of the time zone in which times are shown.
  package var timeZone: String
  /// Seed of everything that is varied on purpose.
  package var seed: UInt64
  /// Users without a partition of their own.
  package var users: [UserDefinition]
  /// Script to run when the machine has started, relative to the folder.
  package var profileScript: String?
  /// Running time of a shared logical processor in nanoseconds, 1-100 ms; nil when PR/SM's rule
  /// finds it.
  package var runningTime: UInt64?
  /// Whether a logical processor keeps its physical one through a wait until its slice ends.
  package var waitCompletion: Bool
  /// Whether requests to devices and paths are served by the partitions' priorities.
  @Added package var ioPriorityQueuing = false
  /// After how long the interrupts of disks are missing.
  @Added package var missingInterrupts = MissingInterruptTimes.usual
  /// Partitions in the order in which they are activated, before those that it does not name.
  package var activationOrder: [String]
  /// Switches that there are from the start.
  @Added package var switches: [VirtualSwitch] = []
  /// When checkpoints are taken without being asked for.
  package var checkpoints = CheckpointDefinition()

  /// Creates a machine; the defaults are those of a `machine.config` that says nothing.
  package init(
    name: String = "ENDICOTT", processors: [ProcessorPoolDefinition] = [],
    storageByteCount: UInt64 = 4 << 30, incrementByteCount: UInt64 = 64 << 20,
    hostStorageByteCount: UInt64 = 4 << 30, epochNanoseconds: UInt64 = 100_000,
    pace: Pace = .real, timeOfDay: TimeOfDay = .fixed(1_767_225_600), timeZone: String = "UTC",
    seed: UInt64 = 1,
    users: [UserDefinition] = [UserDefinition(name: "OPERATOR", classes: "ABCDEFG")],
    profileScript: String? = nil, runningTime: UInt64? = nil, waitCompletion: Bool = false,
    activationOrder: [String] = []
  ) {
    self.name = name
    self.processors = processors
    self.storageByteCount = storageByteCount
    self.incrementByteCount = incrementByteCount
    self.hostStorageByteCount = hostStorageByteCount
    self.epochNanoseconds = epochNanoseconds
    self.pace = pace
    self.timeOfDay = timeOfDay
    self.timeZone = timeZone
    self.seed = seed
    self.users = users
    self.profileScript = profileScript
    self.runningTime = runningTime
    self.waitCompletion = waitCompletion
    self.activationOrder = activationOrder
  }
}

/// Caps that the members of a group share: a group profile.
package struct GroupDefinition: Sendable, Equatable, Codable {
  /// 1-8 characters.
  package var name: String
  /// Hundredths of a processor, by type, in the order of the types.
  package var absoluteCaps: [GroupCap]
  /// Limit in MSU of what the members use together on average, CP processors only; a soft cap.
  package var capacityUnits: Int?

  /// Creates a group.
  package init(name: String, absoluteCaps: [GroupCap] = [], capacityUnits: Int? = nil) {
    self.name = name
    self.absoluteCaps = absoluteCaps
    self.capacityUnits = capacityUnits
  }
}

/// A group's cap for one type of processor.
package struct GroupCap: Sendable, Equatable, Codable {
  /// The type it limits.
  package var type: ProcessorType
  /// Hundredths of a processor.
  package var hundredths: Int

  /// Creates a cap.
  package init(type: ProcessorType, hundredths: Int) {
    self.type = type
    self.hundredths = hundredths
  }
}

extension MachineDefinition {
  /// The unit in which the firmware keeps storage, in bytes: never more than 1 GiB, so that it does
  /// not straddle the PC's gap below 4 GiB.
  package var ledgerIncrement: UInt64 { min(incrementByteCount, 1 << 30) }
}
