import Channels
import Partitioning
import Quantities

/// The machine that `stress` runs: processors slow enough for any host, guests of every kind.
struct StressMachine {
  /// Which guest program a guest runs.
  enum Kind: String, CaseIterable {
    case spin = "SPIN"
    case pulse = "PULSE"
    case toucher = "TOUCHER"
    case talker = "TALKER"
    case ioDriver = "IODRIVER"
  }

  /// A guest's name and program.
  struct Guest {
    var name: String
    var kind: Kind
  }

  /// The unit in which the machine's storage is given, in bytes.
  static let increment: UInt64 = 16 << 20
  /// Groups that guests can be members of.
  static let groups = Numbered(["GROUPA", "GROUPB"], absent: "GROUPA")
  /// Name of the other image profile that each tenth guest has.
  static let profile = "OTHER"
  /// The first and the last of a range of partitions that come and go.
  static let copies = (first: "COPY01", last: "COPY20")
  /// Physical processors of both types.
  static let processorCount = 20
  /// Channel paths to the disks.
  static let paths: Numbered<UInt8> = Numbered([0x10, 0x11], absent: 0x10)
  /// Disks that no partition is given by its definition.
  static let spares: Numbered<UInt16> = Numbered([0x300, 0x301, 0x302, 0x303], absent: 0x300)
  /// The machine's network.
  static let network = "VSW1"
  /// Images of one channel subsystem.
  private static let ioLimit = 15

  /// Names and kinds, in definition order.
  let guests: Numbered<Guest>

  init(guests count: Int) {
    let pattern = Numbered<Kind>(
      [.toucher, .ioDriver, .spin, .pulse, .talker, .toucher, .pulse, .spin, .pulse, .pulse],
      absent: .pulse)
    var drivers = 0
    guests = Numbered(count: count) { index in
      var kind = pattern[index % max(1, pattern.count)]
      if kind == .ioDriver {
        drivers &+= 1
        if drivers > StressMachine.ioLimit { kind = .pulse }
      }
      return Guest(name: "G" + String(index.addingClamped(1)).zeroPadded(to: 4), kind: kind)
    }
  }

  /// The machine's definition.
  func definition(seed: UInt64) -> SystemDefinition {
    let drivers = guests.filter { $0.kind == .ioDriver }
    var machine = MachineDefinition(
      name: "STRESS",
      processors: [
        ProcessorPoolDefinition(type: .cp, count: 16, megahertz: 5, capacityUnits: 10),
        ProcessorPoolDefinition(type: .ifl, count: 4, megahertz: 5),
      ],
      storageByteCount: UInt64(clamping: guests.count).addingClamped(16)
        .multipliedClamped(by: 4 * StressMachine.increment),
      incrementByteCount: StressMachine.increment, pace: .fast, seed: seed)
    machine.switches = [VirtualSwitch(name: StressMachine.network)]
    let partitions = guests.enumerated().map { index, guest in
      let driver = drivers.firstIndex { $0.name == guest.name }
      return PartitionDefinition(
        name: guest.name, processors: [StressMachine.processors(of: index)],
        storage: PartitionStorage(
          initialByteCount: StressMachine.increment,
          reservedByteCount: 3 * StressMachine.increment),
        ipl: .program(name: guest.kind.rawValue, parameters: ""),
        devices: driver.map {
          [DeviceAssignment(virtualDevice: 0x100, realDevice: StressMachine.device($0))]
        } ?? [])
    }
    return SystemDefinition(
      machine: machine, partitions: partitions,
      groups: StressMachine.groups.map { GroupDefinition(name: $0, absoluteCaps: []) },
      imageProfiles: partitions.enumerated().filter { $0.offset % 10 == 0 }.map { _, partition in
        var other = partition
        other.processors.changeEach { $0.share.amount = .relative(50) }
        other.storage.initialByteCount = 2 * StressMachine.increment
        return ImageProfile(
          name: StressMachine.profile, partition: other.name, definition: other)
      }, inputOutput: StressMachine.inputOutput(drivers.map(\.name)))
  }

  /// The I/O configuration that the machine begins with, or one with a path before the others and a disk more.
  func deck(isWide: Bool) -> IODeck {
    let drivers = guests.filter { $0.kind == .ioDriver }.map(\.name)
    var configuration = StressMachine.inputOutput(drivers)
    guard isWide else { return IODeck(name: "PLAIN", configuration: configuration) }
    configuration.paths =
      [ChannelPathDefinition(number: 0x01, accessList: drivers)] + configuration.paths
    configuration.controlUnits.changeEach { $0.paths.append(PathReference(number: 0x01)) }
    configuration.devices.append(
      DeviceDefinition(
        number: 0x2FF, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20)))
    return IODeck(name: "WIDE", configuration: configuration)
  }

  /// Every tenth guest runs on an IFL, the first of them on one of its own.
  private static func processors(of index: Int) -> PartitionProcessors {
    switch index {
    case 9: PartitionProcessors(type: .ifl, mode: .dedicated, initial: 1, reserved: 2)
    case _ where index % 10 == 9: PartitionProcessors(type: .ifl, initial: 1, reserved: 2)
    default:
      PartitionProcessors(
        type: .cp, initial: 1, reserved: 2,
        group: index % 7 == 0 ? groups[index % 2] : nil)
    }
  }

  /// Number of the disk of so many'th guest that has one; there are `ioLimit`.
  private static func device(_ index: Int) -> UInt16 { 0x200 | UInt16(clamping: index) }

  private static func disk(_ number: UInt16, of controlUnit: UInt16) -> DeviceDefinition {
    DeviceDefinition(
      number: number, controlUnits: [controlUnit], media: .scratch(byteCount: 1 << 20))
  }

  private static func inputOutput(_ names: [String]) -> IOConfiguration {
    guard !names.isEmpty else { return IOConfiguration() }
    return IOConfiguration(
      images: names.enumerated().map { index, name in
        ImageDefinition(
          partition: name, subsystem: 0, image: UInt8(clamping: index.addingClamped(1)))
      },
      paths: paths.map { ChannelPathDefinition(number: $0, accessList: names) },
      controlUnits: [
        ControlUnitDefinition(
          number: 0x200, paths: paths.map { PathReference(number: $0) },
          unitAddresses: [UnitAddressRange(first: 0, count: names.count)]),
        ControlUnitDefinition(
          number: 0x300, paths: paths.map { PathReference(number: $0) },
          unitAddresses: [UnitAddressRange(first: 0, count: spares.count)]),
      ],
      devices: names.indices.map { disk(device($0), of: 0x200) }
        + spares.map { disk($0, of: 0x300) })
  }
}

/// Numbers drawn from a seed, the same on every host (SplitMix64, Steele, Lea and Flood 2014).
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  /// A number in a range.
  mutating func draw(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound &+ draw(below: (range.upperBound &- range.lowerBound).addingClamped(1))
  }

  /// A number from 0 and below another; 0 where there is none.
  mutating func draw(below count: Int) -> Int {
    Int(clamping: next() % max(1, UInt64(clamping: count)))
  }

  /// A number of things.
  mutating func count(_ range: ClosedRange<Int>) -> UInt64 { UInt64(clamping: draw(range)) }
}
