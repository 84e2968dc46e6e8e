import Channels

/// Everything that the files of one machine's folder say.
package struct SystemDefinition: Sendable, Equatable {
  /// Absolute path of the folder, without a trailing slash; empty for a definition made in code.
  package var folder: String
  /// What `machine.config` says.
  package var machine: MachineDefinition
  /// The partitions in definition order; a partition's number is its index here.
  package var partitions: [PartitionDefinition]
  /// Groups with absolute caps of their own, in definition order.
  package var groups: [GroupDefinition]
  /// The channel subsystem's configuration: `*.iocp` and `*.media` together.
  package var inputOutput: IOConfiguration

  /// Creates a definition from its parts; nothing is judged here.
  package init(
    folder: String = "", machine: MachineDefinition = MachineDefinition(),
    partitions: [PartitionDefinition] = [], groups: [GroupDefinition] = [],
    inputOutput: IOConfiguration = IOConfiguration()
  ) {
    self.folder = folder
    self.machine = machine
    self.partitions = partitions
    self.groups = groups
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
package struct ProcessorPoolDefinition: Sendable, Equatable {
  /// Which pool.
  package var type: ProcessorType
  /// How many are installed.
  package var count: Int
  /// Simulated rate of each, in MHz: instructions in a microsecond.
  package var megahertz: UInt32

  /// Creates a pool.
  package init(type: ProcessorType, count: Int, megahertz: UInt32) {
    self.type = type
    self.count = count
    self.megahertz = megahertz
  }
}

/// How simulated time follows the wall clock.
package enum Pace: Sendable, Equatable {
  /// Never ahead of the wall clock.
  case real
  /// As fast as the host goes.
  case fast
  /// So many simulated seconds in a second of the wall clock.
  case factor(Int)
}

/// The time of day at the machine's IPL.
package enum TimeOfDay: Sendable, Equatable {
  /// Seconds since 1970-01-01T00:00:00Z.
  case fixed(Int64)
  /// The host's clock, taken once and journaled as an external input.
  case now
}

/// Someone who may log on at the machine.
package struct UserDefinition: Sendable, Equatable {
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
package struct MachineDefinition: Sendable, Equatable {
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

  /// Creates a machine; the defaults are those of a `machine.config` that says nothing.
  package init(
    name: String = "ENDICOTT", processors: [ProcessorPoolDefinition] = [],
    storageByteCount: UInt64 = 4 << 30, incrementByteCount: UInt64 = 64 << 20,
    hostStorageByteCount: UInt64 = 4 << 30, epochNanoseconds: UInt64 = 100_000,
    pace: Pace = .real, timeOfDay: TimeOfDay = .fixed(1_767_225_600), timeZone: String = "UTC",
    seed: UInt64 = 1,
    users: [UserDefinition] = [UserDefinition(name: "OPERATOR", classes: "ABCDEFG")],
    profileScript: String? = nil
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
  }
}

/// An absolute cap that the members of a group share.
package struct GroupDefinition: Sendable, Equatable {
  /// 1-8 characters.
  package var name: String
  /// Hundredths of a processor, by type, in the order of the types.
  package var absoluteCaps: [GroupCap]

  /// Creates a group.
  package init(name: String, absoluteCaps: [GroupCap]) {
    self.name = name
    self.absoluteCaps = absoluteCaps
  }
}

/// A group's cap for one type of processor.
package struct GroupCap: Sendable, Equatable {
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
