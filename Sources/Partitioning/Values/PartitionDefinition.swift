import Channels
import Platform
import Quantities

/// Whether a partition's logical processors of a type share physical ones.
package enum ProcessorMode: String, Sendable, Codable {
  /// Dispatched on the pool by weight.
  case shared = "SHARED"
  /// Each logical processor owns a physical one.
  case dedicated = "DEDICATED"
}

/// How a partition's weight is spread over its logical processors of a type.
package enum Polarity: String, Sendable, Codable {
  /// Evenly.
  case horizontal = "HORIZONTAL"
  /// As whole processors first (HiperDispatch).
  case vertical = "VERTICAL"
}

/// A partition's logical processors of one type.
package struct PartitionProcessors: Sendable, Equatable, Codable {
  /// Which pool they run on.
  package var type: ProcessorType
  /// Shared or dedicated; one partition is all shared or all dedicated.
  package var mode: ProcessorMode
  /// On line at activation.
  package var initial: Int
  /// May be brought on line later.
  package var reserved: Int
  /// Least weight that may be set, when limited.
  package var minimumWeight: Int?
  /// Greatest weight that may be set, when limited.
  package var maximumWeight: Int?
  /// Group whose absolute cap counts too.
  package var group: String?
  /// What they ask of their pool; means nothing if dedicated.
  package var share: ShareDefinition

  /// Creates the logical processors of one type.
  package init(
    type: ProcessorType, mode: ProcessorMode = .shared, initial: Int = 1, reserved: Int = 0,
    share: ShareDefinition = ShareDefinition(), minimumWeight: Int? = nil,
    maximumWeight: Int? = nil, group: String? = nil
  ) {
    self.type = type
    self.mode = mode
    self.initial = initial
    self.reserved = reserved
    self.share = share
    self.minimumWeight = minimumWeight
    self.maximumWeight = maximumWeight
    self.group = group
  }
}

/// How much a partition is to get, as SET SHARE says it.
package enum ShareAmount: Sendable, Equatable, Codable {
  /// A weight: 1-999 as WEIGHT says it, to 10000 as SHARE does.
  case relative(Int)
  /// Hundredths of a percent of the pool, 1-10000.
  case absolute(hundredthsOfPercent: Int)
}

/// How far beyond its share a partition may go.
package enum ShareLimit: Sendable, Equatable, Codable {
  /// As far as there is time.
  case none
  /// To the limit, and beyond it only when nobody unlimited wants the time.
  case soft(ShareAmount?)
  /// To the limit and no further; without an amount, its own share is the limit.
  case hard(ShareAmount?)
}

/// What a partition's processors of a type ask of their pool, in whatever words it was said.
package struct ShareDefinition: Sendable, Equatable, Codable {
  /// Weights of an image profile (PR/SM).
  package static let weights = 1...999
  /// Relative shares of SET SHARE (CP).
  package static let relativeShares = 1...10_000
  /// Absolute shares in hundredths of a percent: 0.1 % to 100 %.
  package static let absoluteShares = 10...10_000
  /// Absolute caps in hundredths of a processor.
  package static let absoluteCaps = 1...25_500
  /// The weight of those of which nothing is said.
  package static let usualWeight = 100

  /// How much.
  package var amount: ShareAmount
  /// How far beyond.
  package var limit: ShareLimit
  /// Absolute cap in hundredths of a processor.
  package var absoluteCapHundredths: Int?

  /// Creates a share.
  package init(
    _ amount: ShareAmount = .relative(usualWeight), limit: ShareLimit = .none,
    absoluteCapHundredths: Int? = nil
  ) {
    self.amount = amount
    self.limit = limit
    self.absoluteCapHundredths = absoluteCapHundredths
  }

  /// The weight; nil when a part of the pool is asked for.
  package var weight: Int? { if case .relative(let weight) = amount { weight } else { nil } }

  /// Whether what is asked for is the limit too (CAPPED).
  package var isCapped: Bool {
    get { limit == .hard(nil) }
    set { if newValue != isCapped { limit = newValue ? .hard(nil) : .none } }
  }
}

/// How a guest is given storage while it runs, and asked for it back.
package enum StorageMethod: String, Sendable, Equatable, Codable, CaseIterable {
  /// By the memory device of virtio, in blocks of 2 MiB, as Linux takes it.
  case virtio = "VIRTIO"
  /// By ACPI memory devices, of 128 MiB or more each, as Linux takes those too.
  case acpi = "ACPI"
  /// By notices of the firmware's own (DIAGNOSE X'600'), an increment at a time.
  case call = "CALL"
}

/// A partition's storage.
package struct PartitionStorage: Sendable, Equatable, Codable {
  /// Granted at activation, in bytes.
  package var initialByteCount: UInt64
  /// May be added later, in bytes.
  package var reservedByteCount: UInt64
  /// Where in the machine's storage it must lie, when that is said.
  package var origin: UInt64?
  /// How what is reserved comes and goes, when that is said.
  package var method: StorageMethod?

  /// Creates a partition's storage.
  package init(
    initialByteCount: UInt64 = 64 << 20, reservedByteCount: UInt64 = 0, origin: UInt64? = nil,
    method: StorageMethod? = nil
  ) {
    self.initialByteCount = initialByteCount
    self.reservedByteCount = reservedByteCount
    self.origin = origin
    self.method = method
  }
}

/// What a partition loads; files are relative to the machine's folder.
package enum IPLDefinition: Sendable, Equatable, Codable {
  /// A Linux kernel by the 64-bit boot protocol.
  case kernel(file: String, initialRamdisk: String?, parameters: String)
  /// A named saved system.
  case savedSystem(name: String, parameters: String)
  /// One of the package's own guest programs.
  case program(name: String, parameters: String)
  /// A multiboot image.
  case multiboot(file: String, modules: [String], parameters: String)
  /// A device's first blocks.
  case device(number: UInt16, parameters: String)
}

/// A real device that a partition has under a number of its own.
package struct DeviceAssignment: Sendable, Equatable, Codable {
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// The device's number in the I/O configuration.
  package var realDevice: UInt16
  /// Whether it may only read.
  @Added package var isReadOnly = false
  /// How it has the device beyond that; nil for nothing to be said.
  package private(set) var options: DeviceOptions?

  /// Creates an assignment.
  package init(
    virtualDevice: UInt16, realDevice: UInt16, isReadOnly: Bool = false,
    options: DeviceOptions = []
  ) {
    self.virtualDevice = virtualDevice
    self.realDevice = realDevice
    self.isReadOnly = isReadOnly
    self.options = options.isEmpty ? nil : options
  }

  /// Whether others may write to it, too, who say so as well.
  package var isShared: Bool { options?.contains(.shared) ?? false }

  /// The number by which a guest that has it as a SCSI disk knows which it is; nil for a block device.
  package var unitNumber: UInt16? { options?.contains(.scsi) ?? false ? realDevice : nil }

  /// Whether two partitions can have the same device so: both read only, or both share it.
  package func goesBeside(_ other: DeviceAssignment) -> Bool {
    isReadOnly && other.isReadOnly || isShared && other.isShared
  }

  /// The real device and how it is had, as DEDICATE says it.
  package var operandText: String {
    DeviceNumbers.text(realDevice) + (isReadOnly ? " R/O" : "") + (options ?? []).text
  }
}

/// How a partition has a device, beyond whether it may write.
package struct DeviceOptions: OptionSet, Sendable, Equatable, Codable {
  package var rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Others may write to it, too.
  package static let shared = DeviceOptions(rawValue: 1)
  /// The guest has it as a SCSI disk, which can be reserved.
  package static let scsi = DeviceOptions(rawValue: 2)

  /// Each with its word, in the order in which they are written.
  package static let words: [(word: String, option: DeviceOptions)] = [
    ("SHARED", .shared), ("SCSI", .scsi),
  ]

  /// Their words, a blank before each.
  package var text: String {
    Self.words.filter { contains($0.option) }.map { " " + $0.word }.joined()
  }
}

/// A virtual device that is read and kept as the CP directory has it: SPECIAL, and MDISK of a temporary disk.
package struct VirtualDeviceDefinition: Sendable, Equatable, Codable {
  /// The statement's verb.
  package var statement: String
  /// The number the partition knows it by.
  package var virtualDevice: UInt16
  /// The other operands, upper case.
  package var operands: [String]

  /// Creates a virtual device.
  package init(statement: String, virtualDevice: UInt16, operands: [String]) {
    self.statement = statement
    self.virtualDevice = virtualDevice
    self.operands = operands
  }
}

/// When a partition starts by itself.
package struct StartDefinition: Sendable, Equatable, Codable {
  /// Partitions that start before it.
  package var after: [String]

  /// Creates an automatic start.
  package init(after: [String] = []) {
    self.after = after
  }
}

/// An OPTION of a partition.
package enum PartitionOption: String, Sendable, CaseIterable, Codable, Comparable {
  /// A write to the debug exit port ends the partition.
  case debugExit = "DEBUGEXIT"
  /// Accepted, as CP has it; the dispatcher has one queue.
  case quickDispatch = "QUICKDSP"
  /// It has a device for random numbers, which come from the machine's seed and its name.
  case entropy = "RNG"
  /// It has a port at which its guest gives CP commands.
  case commandPort = "VMCP"
  /// It has a device by which its guest gives free pages back, and says how much storage it can spare.
  case balloon = "BALLOON"

  /// Whether it takes the place of a virtio device.
  var isDevice: Bool {
    switch self {
    case .entropy, .commandPort, .balloon: true
    case .debugExit, .quickDispatch: false
    }
  }

  /// Orders by name.
  package static func < (one: PartitionOption, other: PartitionOption) -> Bool {
    one.rawValue < other.rawValue
  }
}

/// One partition, with its PROFILE's items filled in.
package struct PartitionDefinition: Sendable, Equatable, Codable {
  /// 1-8 characters A-Z 0-9 @ # $.
  package var name: String
  /// Logical processors by type, in the order CP, IFL, ZIIP; never empty after a clean read.
  package var processors: [PartitionProcessors]
  /// Its storage.
  package var storage: PartitionStorage
  /// Device number of its console.
  package var console: UInt16?
  /// Who is shown its console's lines beside those who are connected to it.
  package var consoleWatcher: ConsoleWatcher?
  /// What it loads.
  package var ipl: IPLDefinition?
  /// Real devices dedicated to it, ascending by virtual device.
  package var devices: [DeviceAssignment]
  /// Virtual devices that are read and kept.
  package var virtualDevices: [VirtualDeviceDefinition]
  /// Its minidisks, ascending by number.
  @Added package var minidisks: [MinidiskDefinition] = []
  /// Minidisks that it is linked to, its own and others', ascending by number; in what runs, those that it has.
  @Added package var links: [MinidiskLink] = []
  /// Network adapters, ascending by number.
  @Added package var networkAdapters: [NetworkAdapterDefinition] = []
  /// Privilege classes of its own user, ascending.
  package var classes: String
  /// Password of its own user, when it has one.
  package var password: String?
  /// Starts with the machine when present.
  package var start: StartDefinition?
  /// CP commands given at its logon, in order.
  package var commands: [String]
  /// Files that it may have loaded beside those that its profiles name; nil for none.
  package var loadableFiles: [String]?
  /// Options, ascending by name.
  package var options: [PartitionOption]
  /// How the weight is spread over its logical processors.
  package var polarity: Polarity
  /// Limit in MSU of what it uses of CP processors on average; a soft cap.
  package var definedCapacity: Int?
  /// Its priority in input and output, which counts while the machine serves by priorities.
  @Added package var ioPriority = 0
  /// What it may see of the others and do to them.
  package var security: SecuritySwitches

  /// Creates a partition; the defaults are those of an entry that says nothing.
  package init(
    name: String, processors: [PartitionProcessors] = [PartitionProcessors(type: .cp)],
    storage: PartitionStorage = PartitionStorage(), console: UInt16? = nil,
    ipl: IPLDefinition? = nil, devices: [DeviceAssignment] = [],
    virtualDevices: [VirtualDeviceDefinition] = [], classes: String = "G",
    password: String? = nil, start: StartDefinition? = nil, commands: [String] = [],
    options: [PartitionOption] = [], polarity: Polarity = .horizontal,
    definedCapacity: Int? = nil, security: SecuritySwitches = SecuritySwitches()
  ) {
    self.name = name
    self.processors = processors
    self.storage = storage
    self.console = console
    self.ipl = ipl
    self.devices = devices
    self.virtualDevices = virtualDevices
    self.classes = classes
    self.password = password
    self.start = start
    self.commands = commands
    self.options = options
    self.polarity = polarity
    self.definedCapacity = definedCapacity
    self.security = security
  }

  /// How its reserved storage comes and goes: unless it is said, as what it loads can take it.
  package var storageMethod: StorageMethod {
    if let method = storage.method { return method }
    if case .kernel = ipl { return .virtio }
    return .call
  }

  /// Whether its guest plugs reserved storage, by blocks or memory devices.
  package var hasPluggableStorage: Bool {
    storageMethod != .call && storage.reservedByteCount > 0
  }

  /// The unit in which its guest takes reserved storage on a machine with an increment, in bytes.
  package func reservedUnit(increment: UInt64) -> UInt64 {
    switch storageMethod {
    case .virtio: PCLayout.pluggableBlock
    case .acpi:
      PCLayout.memoryDeviceByteCount(
        initial: storage.initialByteCount, reserved: storage.reservedByteCount,
        increment: increment)
    case .call: increment
    }
  }

  /// Disks and network adapters that there is room for beside its other devices.
  package var deviceRoom: Int {
    PCLayout.virtioLimit.subtractingClamped(options.count(where: \.isDevice))
      .subtractingClamped(hasPluggableStorage && storageMethod == .virtio ? 1 : 0)
  }
}
