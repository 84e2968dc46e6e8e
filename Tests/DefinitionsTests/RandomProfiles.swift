import TestSupport

@testable import Definitions
@testable import Partitioning

/// Profiles such as the reader gives them, at random.
struct RandomProfiles {
  private var generator: RandomNumbers

  init(seed: UInt64) { generator = RandomNumbers(seed: seed) }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  private mutating func maybe<Value>(_ percent: Int, _ value: (inout Self) -> Value) -> Value? {
    chance(percent) ? value(&self) : nil
  }

  private mutating func one<Value>(of values: [Value]) -> Value {
    values[number(0...values.count - 1)]
  }

  private mutating func text(_ alphabet: String, _ length: ClosedRange<Int>) -> String {
    let letters = Array(alphabet)
    return String((0..<number(length)).map { _ in one(of: letters) })
  }

  private mutating func name() -> String { "P" + text("ABCXYZ0189@#$", 0...6) + "Z" }

  /// A network adapter of some number.
  private mutating func adapter(_ device: UInt16) -> NetworkAdapterDefinition {
    if chance(30) {
      let user = maybe(50) { $0.chance(30) ? "*" : $0.name() }
      return NetworkAdapterDefinition(virtualDevice: device, kind: .channel(user: user))
    }
    let vlans = (0...number(0...2)).map { _ in UInt16(number(1...4094)) }
    let native = UInt16(number(0...4094))
    return NetworkAdapterDefinition(
      virtualDevice: device, switchName: maybe(60) { $0.name() },
      vlan: maybe(50) { random in
        random.number(0...1) == 0 ? .access(vlans[0]) : .trunk(vlans, native: native)
      }, addressNumber: maybe(50) { UInt32($0.number(0...0xFF_FFFF)) },
      unitByteCount: UInt16(number(0...1) == 0 ? 1500 : number(1280...65_521)))
  }

  private mutating func device() -> UInt16 { UInt16(number(0...0xFFFF)) }

  private mutating func amount() -> ShareAmount {
    chance(50)
      ? .relative(number(1...10_000)) : .absolute(hundredthsOfPercent: number(10...10_000))
  }

  private mutating func share() -> ShareDefinition {
    if chance(60) { return ShareDefinition(.relative(number(1...999))) }
    let limit: ShareLimit =
      switch number(0...2) {
      case 0: .none
      case 1: .soft(maybe(50) { $0.amount() })
      default: .hard(maybe(50) { $0.amount() })
      }
    return ShareDefinition(
      amount(), limit: limit, absoluteCapHundredths: maybe(30) { $0.number(1...25_500) })
  }

  /// Text with all that has to be quoted; PARM takes what can be shown.
  private mutating func parameters() -> String {
    text("abcXYZ012 '=/*,.-\"\\()<>~", 0...24)
  }

  private mutating func file() -> String { "x" + text("abcXYZ012 '/*-_", 1...12) }

  private mutating func ipl() -> IPLDefinition {
    switch number(0...3) {
    case 0: .kernel(file: file(), initialRamdisk: maybe(50) { $0.file() }, parameters: parameters())
    case 1: .program(name: one(of: GuestProgramNames.all), parameters: parameters())
    case 2: .savedSystem(name: name(), parameters: parameters())
    default:
      .multiboot(
        file: file(), modules: (0..<number(0...3)).map { _ in file() }, parameters: parameters())
    }
  }

  private mutating func processors() -> [PartitionProcessors] {
    let isShared = chance(80)
    var items = ProcessorType.allCases.filter { _ in chance(60) }
      .map { PartitionProcessors(type: $0, mode: isShared ? .shared : .dedicated) }
    if items.isEmpty { items = [PartitionProcessors(type: .cp)] }
    // A partition has at most 64, all types together.
    let most = 32 / items.count
    for index in items.indices {
      items[index].initial = number(index == 0 ? 1...most : 0...most)
      items[index].reserved = number(0...most)
      guard items[index].mode == .shared else { continue }
      items[index].share = share()
      items[index].group = maybe(30) { $0.name() }
    }
    return items
  }

  /// Adds limits of weights, and a defined capacity, where they may be.
  private mutating func limit(_ definition: inout PartitionDefinition) {
    for index in definition.processors.indices where definition.processors[index].mode == .shared {
      if chance(20), let weight = definition.processors[index].share.weight, weight <= 999 {
        definition.processors[index].minimumWeight = number(1...weight)
        definition.processors[index].maximumWeight = number(weight...999)
      }
    }
    let entry = definition.processors.first { $0.type == .cp }
    if let entry, entry.mode == .shared, !entry.share.isCapped, chance(50) {
      definition.definedCapacity = number(1...999_999)
    }
    if chance(30) { definition.ioPriority = number(1...15) }
    definition.consoleWatcher = maybe(30) {
      ConsoleWatcher($0.name(), $0.one(of: ConsoleRole.allCases))
    }
  }

  /// Adds minidisks, to which it is linked, and links to those of others.
  private mutating func minidisks(_ definition: inout PartitionDefinition) {
    for _ in 0..<number(0...2) {
      let number = device()
      guard !definition.links.contains(where: { $0.virtualDevice == number }) else { continue }
      let place =
        chance(30)
        ? MinidiskPlace(volume: .device(device()))
        : MinidiskPlace(
          volume: .label(text("ABC1@", 1...6)), start: UInt64(self.number(0...1 << 20)),
          count: maybe(70) { UInt64($0.number(1...1 << 20)) })
      let minidisk = MinidiskDefinition(
        virtualDevice: number, type: one(of: MinidiskDefinition.units.keys.sorted()), place: place,
        mode: one(of: LinkMode.allCases),
        passwords: (0..<self.number(0...3)).map { _ in text("ABC1 '*", 1...8) })
      definition.minidisks.append(minidisk)
      definition.links.append(MinidiskLink(to: minidisk))
    }
    for _ in 0..<number(0...2) {
      let number = device()
      guard !definition.links.contains(where: { $0.virtualDevice == number }) else { continue }
      definition.links.append(
        MinidiskLink(
          virtualDevice: number, owner: maybe(80) { $0.name() }, ownerDevice: device(),
          mode: one(of: LinkMode.allCases)))
    }
    definition.minidisks.sort { $0.virtualDevice < $1.virtualDevice }
    definition.links.sort { $0.virtualDevice < $1.virtualDevice }
  }

  /// A partition.
  mutating func partition() -> PartitionDefinition {
    var definition = PartitionDefinition(name: name(), processors: processors())
    if chance(20), let share = definition.processors.first?.share {
      definition.processors.changeEach { if $0.mode == .shared { $0.share = share } }
    }
    limit(&definition)
    definition.storage = PartitionStorage(
      initialByteCount: UInt64(number(1...1 << 20)) << UInt64(number(0...20)),
      reservedByteCount: UInt64(number(0...3)) << 24,
      origin: maybe(30) { UInt64($0.number(0...1 << 20)) << 20 })
    definition.ipl = maybe(80) { $0.ipl() }
    definition.console = maybe(50) { $0.device() }
    for _ in 0..<number(0...3) {
      let number = device()
      guard !definition.devices.contains(where: { $0.virtualDevice == number }) else { continue }
      definition.devices.append(
        DeviceAssignment(
          virtualDevice: number, realDevice: device(), isReadOnly: chance(30),
          options: one(of: [[], .shared, .scsi, [.shared, .scsi]])))
    }
    definition.devices.sort { $0.virtualDevice < $1.virtualDevice }
    for _ in 0..<number(0...2) {
      let (statement, number) = (one(of: ["SPECIAL"]), device())
      guard
        !definition.virtualDevices.contains(where: {
          $0.statement == statement && $0.virtualDevice == number
        })
      else { continue }
      let first = text("ABC1 '/*", 0...5)
      definition.virtualDevices.append(
        VirtualDeviceDefinition(
          statement: statement, virtualDevice: number,
          operands: [first] + (0..<self.number(0...2)).map { _ in text("ABC1 '", 0...5) }))
    }
    minidisks(&definition)
    for _ in 0..<number(0...2) {
      let number = device()
      guard !definition.networkAdapters.contains(where: { $0.virtualDevice == number }) else {
        continue
      }
      definition.networkAdapters.append(adapter(number))
    }
    definition.networkAdapters.sort { $0.virtualDevice < $1.virtualDevice }
    definition.classes = one(of: ["G", "BG", "ABCDEFG"])
    definition.password = maybe(20) { $0.text("abcXYZ1 '*/", 1...8) }
    definition.start = maybe(50) { random in
      StartDefinition(
        after: Array(Set((0..<random.number(0...3)).map { _ in random.name() })).sorted())
    }
    definition.commands = (0..<number(0...2)).map { _ in "C" + text("abcXYZ12 ',=", 0...20) + "." }
    definition.options = PartitionOption.allCases.filter { _ in chance(30) }.sorted()
    definition.polarity = one(of: [.horizontal, .vertical])
    for name in SecuritySwitch.allCases where chance(30) { definition.security[name].toggle() }
    return definition
  }

  /// Another profile of the same partition, with few changes.
  mutating func variant(of definition: PartitionDefinition) -> PartitionDefinition {
    let other = partition()
    var changed = definition
    if chance(50) { changed.storage = other.storage }
    if chance(50) { changed.ipl = other.ipl }
    if chance(30) { changed.polarity = other.polarity }
    if chance(30) { changed.security = other.security }
    if chance(30) { changed.commands = other.commands }
    if chance(20) { changed.password = other.password }
    if chance(20) {
      changed.processors = other.processors
      changed.definedCapacity = other.definedCapacity
    }
    return changed
  }
}
