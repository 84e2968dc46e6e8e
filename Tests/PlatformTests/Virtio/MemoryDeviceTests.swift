import Channels
import Quantities
import TestSupport
import Testing
import X86

@testable import Platform

/// A driver's side of the memory device: a ring of eight, a request and its answer at a time.
///
/// Oracle: VIRTIO 1.2, "Memory Device", "Split Virtqueues" and "Virtio Over MMIO".
private struct MemoryDriver {
  static let descriptors: UInt64 = 0x1_0000
  static let available: UInt64 = 0x1_1000
  static let used: UInt64 = 0x1_2000
  static let request: UInt64 = 0x1_4000
  static let answer: UInt64 = 0x1_5000
  static let start: UInt64 = 128 << 20

  let bus: SystemBus
  let owner = RecordingOwner()
  let device: MemoryDevice
  private var index: UInt16 = 0

  init() throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "MEMORY", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20, pluggableStorage: 64 << 20),
      [MemoryDevice.self])
    bus.owner = owner
    device = try #require(bus.first(MemoryDevice.self))
  }

  func register(_ offset: UInt64) -> UInt64? {
    bus.readMemory(
      PCLayout.virtioBase + offset, DeviceAccess(time: 0, size: 4, processor: 0))
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(
      PCLayout.virtioBase + offset, UInt64(value), DeviceAccess(time: 0, size: 4, processor: 0))
  }

  /// A field of eight bytes of the configuration space.
  func field(_ offset: UInt64) -> UInt64? {
    guard let low = register(0x100 + offset), let high = register(0x104 + offset) else {
      return nil
    }
    return low | high << 32
  }

  mutating func start(features: UInt32 = 2) {
    index = 0
    _ = bus.memory.store(UInt32(0), at: Self.available)
    _ = bus.memory.store(UInt32(0), at: Self.used)
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 0)
    write(0x20, features)
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 0xB)
    write(0x30, 0)
    write(0x38, 8)
    for (offset, address) in [
      (UInt64(0x80), Self.descriptors), (0x90, Self.available), (0xA0, Self.used),
    ] {
      write(offset, UInt32(address))
      write(offset + 4, 0)
    }
    write(0x44, 1)
    write(0x70, 0xF)
  }

  /// Gives a request; returns what the device answered, nil when nothing.
  mutating func ask(
    _ type: UInt16, _ address: UInt64 = 0, _ count: UInt16 = 0, size: UInt32 = 24,
    room: UInt32 = 10
  ) -> [UInt8]? {
    _ = bus.store(MachineLanguage.littleEndian(UInt64(type)), at: Self.request)
    _ = bus.memory.store(address, at: Self.request + 8)
    _ = bus.memory.store(UInt64(count), at: Self.request + 16)
    for (number, piece) in [
      (Self.request, size, UInt16(1), UInt16(1)), (Self.answer, room, 2, 0),
    ].enumerated() {
      let place = Self.descriptors + UInt64(number) * 16
      _ = bus.memory.store(piece.0, at: place)
      _ = bus.memory.store(piece.1, at: place + 8)
      _ = bus.memory.store(piece.2, at: place + 12)
      _ = bus.memory.store(piece.3, at: place + 14)
    }
    _ = bus.memory.store(UInt16(0), at: Self.available + 4 + UInt64(index % 8) * 2)
    index += 1
    _ = bus.memory.store(index, at: Self.available + 2)
    write(0x50, 0)
    guard bus.memory.load(Self.used + 2, as: UInt16.self) == index else { return nil }
    return bus.bytes(at: Self.answer, count: 10)
  }
}

@Suite("The memory device") struct MemoryDeviceTests {
  private static let start = MemoryDriver.start
  private static let block = PCLayout.pluggableBlock
  private static let done: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  private static let denied: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
  private static let wrong: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]

  @Test("is one that a driver takes only when it keeps away from what is not plugged") func set()
    throws
  {
    var driver = try MemoryDriver()
    #expect(driver.register(8) == 24)
    #expect(driver.field(0) == 2 << 20 && driver.field(16) == Self.start)
    #expect(driver.field(24) == 128 << 20)
    driver.start(features: 0)
    #expect((driver.register(0x70) ?? 0) & 8 == 0)
    driver.start()
    #expect(driver.register(0x70) == 0xF && driver.device.isServed)
  }

  @Test("plugs what was offered, as storage that reads zero, and takes it away again") func plugs()
    throws
  {
    var driver = try MemoryDriver()
    driver.start()
    #expect(driver.ask(0, Self.start, 1) == Self.denied)
    driver.device.offer(8 << 20, keeping: 8 << 20)
    // The driver is told by an interrupt, and that it must read again by another generation.
    #expect(driver.register(0x60).map { $0 & 2 } == 2)
    #expect(driver.field(48) == 8 << 20 && driver.register(0xFC) != 0)
    driver.write(0x64, 3)
    #expect(driver.ask(0, Self.start, 4) == Self.done)
    #expect(driver.register(0x60) == 1, "what is plugged is no news to the driver")
    #expect(driver.field(40) == 8 << 20)
    #expect(driver.bus.memory.isStorage(Self.start..<Self.start + 4 * Self.block))
    #expect(!driver.bus.memory.isStorage(Self.start..<Self.start + 5 * Self.block))
    #expect(driver.bus.memory.store(UInt64(7), at: Self.start + 3 * Self.block))
    driver.device.offer(4 << 20, keeping: 8 << 20)
    #expect(driver.ask(1, Self.start + 2 * Self.block, 2) == Self.done)
    #expect(driver.bus.memory.load(Self.start + 3 * Self.block, as: UInt64.self) == nil)
    driver.device.offer(8 << 20, keeping: 8 << 20)
    #expect(driver.ask(0, Self.start + 2 * Self.block, 2) == Self.done)
    #expect(driver.bus.memory.load(Self.start + 3 * Self.block, as: UInt64.self) == 0)
    #expect(driver.ask(2) == Self.done)
    #expect(driver.bus.memory.attachedByteCount == 1 << 20)
  }

  @Test("says each change of what is plugged, and nothing else") func tells() throws {
    var driver = try MemoryDriver()
    driver.start()
    driver.device.offer(8 << 20, keeping: 8 << 20)
    _ = driver.ask(0, Self.start, 4)
    _ = driver.ask(3, Self.start, 4)
    _ = driver.ask(1, Self.start + 1, 4)
    _ = driver.ask(1, Self.start, 1)
    let told = driver.owner.events.compactMap { event -> UInt64? in
      if case .storagePlugged(let byteCount) = event { byteCount } else { nil }
    }
    #expect(told == [8 << 20, 6 << 20])
  }

  @Test("answers hostile requests, and breaks at those that it cannot answer") func hostile() throws
  {
    var driver = try MemoryDriver()
    driver.start()
    driver.device.offer(.max, keeping: .max)
    for (address, count) in [
      (UInt64(0), UInt16(1)), (Self.start + 1, 1), (Self.start, 0), (Self.start, .max),
      (.max, .max), (0 &- Self.block, .max), (Self.start + 64 * Self.block, 1),
    ] {
      for type in [UInt16(0), 1, 3] { #expect(driver.ask(type, address, count) == Self.wrong) }
    }
    #expect(driver.ask(4, Self.start, 1) == Self.wrong)
    #expect(driver.ask(.max, Self.start, 1) == Self.wrong)
    #expect(driver.bus.memory.attachedByteCount == 1 << 20)
    for (size, room) in [(UInt32(23), UInt32(10)), (24, 9), (0, 10)] {
      #expect(driver.ask(0, Self.start, 1, size: size, room: room) == nil)
      #expect((driver.register(0x70) ?? 0) & 0x40 != 0)
      #expect(!driver.device.isServed)
      driver.start()
    }
    #expect(driver.bus.memory.attachedByteCount == 1 << 20)
  }

  @Test("its ring may lie in what it takes away") func ringInStorage() throws {
    var driver = try MemoryDriver()
    driver.start()
    driver.device.offer(8 << 20, keeping: 8 << 20)
    #expect(driver.ask(0, Self.start, 4) == Self.done)
    // The ring of used buffers moves into a block that the next request unplugs.
    driver.write(0x70, 0)
    driver.start()
    driver.write(0x44, 0)
    driver.write(0xA0, UInt32(Self.start))
    driver.write(0x44, 1)
    #expect(driver.ask(1, Self.start, 4) == nil)
    #expect((driver.register(0x70) ?? 0) & 0x40 != 0)
    #expect(driver.bus.memory.attachedByteCount == 1 << 20)
  }

  @Test("has nothing plugged after a reset of the computer; a driver's own reset changes no block")
  func resets() throws {
    var driver = try MemoryDriver()
    driver.start()
    driver.device.offer(8 << 20, keeping: 8 << 20)
    _ = driver.ask(0, Self.start, 4)
    driver.write(0x70, 0)
    #expect(driver.field(40) == 8 << 20)
    driver.device.reset()
    #expect(driver.field(40) == 0 && driver.field(48) == 8 << 20)
    #expect(driver.bus.memory.attachedByteCount == 1 << 20)
  }

  @Test("goes on as a value, and takes none that is not its storage's") func goesOn() throws {
    var one = try MemoryDriver()
    one.start()
    one.device.offer(8 << 20, keeping: 8 << 20)
    _ = one.ask(0, Self.start, 2)
    let other = try MemoryDriver()
    #expect(throws: StateRefusal.self) { try other.device.restore(one.device.state) }
    other.bus.memory.attach(Self.start..<Self.start + 2 * Self.block)
    try other.device.restore(one.device.state)
    #expect(other.device.state == one.device.state)
    #expect(other.field(40) == 4 << 20)
    var wrong = one.device.state
    wrong.storage.request(2 << 20)
    #expect(throws: StateRefusal.self) { try other.device.restore(wrong) }
  }

  @Test("no driver, whatever it writes, gets storage that was not offered", arguments: 0..<6)
  func anyDriver(seed: Int) throws {
    var random = RandomNumbers(seed: UInt64(seed))
    var driver = try MemoryDriver()
    var most: UInt64 = 0
    func number() -> UInt64 {
      let near = Self.start &+ UInt64(random.below(70)) &* Self.block
      let places = [near, near &+ 1, near &- Self.block, 0, .max, UInt64(random.below(1 << 20))]
      return places[random.below(places.count)]
    }
    for _ in 0..<4_000 {
      switch random.below(8) {
      case 0: driver.start()
      case 1:
        most = UInt64(random.below(40)) * Self.block
        driver.device.offer(number(), keeping: most)
        driver.device.offer(UInt64(random.below(40)) * Self.block, keeping: most)
        most = max(most, driver.device.storage.requestedByteCount)
      case 2: driver.write(UInt64(random.below(64)) * 4, UInt32(truncatingIfNeeded: number()))
      case 3: _ = driver.bus.memory.store(number(), at: UInt64(0x1_0000 + random.below(0x5800)))
      default:
        _ = driver.ask(
          UInt16(random.below(5)), number(), UInt16(truncatingIfNeeded: number() >> 21),
          size: UInt32(20 + random.below(8)), room: UInt32(8 + random.below(6)))
      }
      let plugged = driver.device.storage.pluggedByteCount
      #expect(driver.bus.memory.attachedByteCount == 1 << 20 + plugged)
      #expect(plugged <= max(most, driver.device.storage.requestedByteCount))
    }
  }
}
