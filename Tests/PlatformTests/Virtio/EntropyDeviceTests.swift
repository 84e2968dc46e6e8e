import Channels
import Testing
import X86

@testable import Platform

/// A driver's side of the entropy device: a ring of eight, and buffers given one at a time.
///
/// Oracle: VIRTIO 1.2, "Entropy Device" and "Split Virtqueues"; for the numbers the first of SplitMix64 as
/// their authors' program gives them for the seed 1234567.
private struct EntropyDriver {
  static let descriptors: UInt64 = 0x1_0000
  static let available: UInt64 = 0x1_1000
  static let used: UInt64 = 0x1_2000
  static let data: UInt64 = 0x1_4000

  let bus: SystemBus
  let owner = RecordingOwner()
  private var index: UInt16 = 0

  init(seed: UInt64? = 1_234_567, disks: Int = 0) throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "ENTROPY", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20,
        blockDevices: (0..<disks).map {
          BlockDeviceConfiguration(deviceNumber: UInt16($0), blockCount: 8)
        }, entropySeed: seed),
      [DevicePlace.self, EntropyDevice.self])
    bus.owner = owner
  }

  func register(_ offset: UInt64) -> UInt64? {
    bus.readMemory(
      PCLayout.virtioBase + offset, DeviceAccess(time: 0, size: 4, processor: 0))
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(
      PCLayout.virtioBase + offset, UInt64(value), DeviceAccess(time: 0, size: 4, processor: 0))
  }

  mutating func start(queue: UInt32 = 0) {
    index = 0
    _ = bus.memory.store(UInt32(0), at: Self.available)
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 0xB)
    write(0x30, queue)
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

  /// Makes a buffer available, and tells it; returns what was written there.
  mutating func ask(_ count: UInt32, at address: UInt64 = data) -> [UInt8] {
    let place = Self.descriptors
    _ = bus.memory.store(address, at: place)
    _ = bus.memory.store(count, at: place + 8)
    _ = bus.memory.store(UInt32(2), at: place + 12)
    _ = bus.memory.store(UInt16(0), at: Self.available + 4 + UInt64(index % 8) * 2)
    index += 1
    _ = bus.memory.store(index, at: Self.available + 2)
    write(0x50, 0)
    let entry = Self.used + 4 + UInt64((index - 1) % 8) * 8
    guard bus.memory.load(Self.used + 2, as: UInt16.self) == index,
      let written = bus.memory.load(entry + 4, as: UInt32.self)
    else { return [] }
    return bus.bytes(at: address, count: Int(written)) ?? []
  }
}

@Suite("The entropy device") struct EntropyDeviceTests {
  @Test("gives the numbers of its seed, from one request to the next") func numbers() throws {
    var driver = try EntropyDriver()
    #expect(driver.register(8) == 4)
    driver.start()
    let expected: [UInt64] = [
      6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
    ]
    let bytes = driver.ask(16) + driver.ask(8)
    #expect(bytes == expected.flatMap(MachineLanguage.littleEndian))
    #expect(driver.register(0x60) == 1)
    #expect(driver.bus.network.state.ioAPIC.lines & 1 << 16 != 0)
    // A request, its descriptor, and its bytes.
    #expect(driver.owner.cycles == 2 * (400 + 100) + 24 * 2)
  }

  @Test("fills no more of a buffer than a bound, and nothing outside storage") func bounds() throws
  {
    var driver = try EntropyDriver()
    driver.start()
    #expect(driver.ask(4096).count == 256)
    #expect(driver.ask(0).isEmpty)
    #expect(driver.ask(64, at: 0xFFFF_FFF0).isEmpty)
    #expect((driver.register(0x70) ?? 0) & 0x40 != 0)
  }

  @Test("goes on after a reset, and as a value") func goesOn() throws {
    var one = try EntropyDriver()
    one.start()
    let first = one.ask(32)
    let device = try #require(one.bus.first(EntropyDevice.self))
    device.reset()
    one.start()
    var other = try EntropyDriver(seed: 5)
    try #require(other.bus.first(EntropyDevice.self)).restore(device.state)
    let second = one.ask(32)
    #expect(second.count == 32 && second != first)
    other.start()
    #expect(other.ask(32) == second)
  }

  @Test("is not there unless asked for, and then behind the disks") func place() throws {
    #expect(try EntropyDriver(seed: nil).register(0) == nil)
    let driver = try EntropyDriver(disks: 8)
    #expect(driver.bus.devices.count == 8)
    #expect(driver.bus.first(EntropyDevice.self)?.slot == 7)
    #expect(driver.register(0x200 * 7 + 8) == 4)
  }

  @Test("has one queue: others have no entries, and a notice of them does nothing")
  func queues() throws {
    var driver = try EntropyDriver()
    driver.start(queue: 1)
    #expect(driver.register(0x34) == 0 && driver.register(0x44) == 0)
    #expect(driver.ask(8).isEmpty)
    driver.start()
    driver.write(0x50, 1)
    driver.write(0x50, .max)
    #expect(driver.ask(8).count == 8)
  }
}

@Suite("A virtio transport of several queues") struct VirtioQueuesTests {
  @Test("keeps what the driver says of each") func several() {
    var transport = VirtioTransport(
      deviceType: 1, deviceFeatures: 0, configuration: [], queueLimits: [64, 16, 4])
    func register(_ offset: UInt64) -> UInt64 { transport.read(offset, size: 4) }
    for (queue, limit) in [UInt64(64), 16, 4, 0].enumerated() {
      _ = transport.write(0x30, UInt32(queue))
      #expect(register(0x34) == limit)
      _ = transport.write(0x38, 8)
      _ = transport.write(0x80, UInt32(0x1000 * (queue + 1)))
      _ = transport.write(0x44, 1)
      // A size beyond the limit is none, and without one a queue is never ready.
      #expect(register(0x44) == (limit >= 8 ? 1 : 0))
    }
    #expect(transport.queues.map(\.size) == [8, 8, 0])
    #expect(transport.queues.map(\.descriptors) == [0x1000, 0x2000, 0x3000])
    #expect(transport.write(0x50, 1) == .none)
    for value in [UInt32(1), 3] { _ = transport.write(0x70, value) }
    _ = transport.write(0x24, 1)
    _ = transport.write(0x20, 1)
    for value in [UInt32(11), 15] { _ = transport.write(0x70, value) }
    #expect(transport.write(0x50, 1) == .notify(1))
    #expect(transport.write(0x50, 2) == .none)
    #expect(transport.write(0x70, 0) == .reset)
    #expect(transport.queues.map(\.limit) == [64, 16, 4])
    #expect(transport.queues.map(\.size) == [0, 0, 0])
  }

  @Test("takes up no queue of another size, and none that is missing") func judgement() {
    func transport(_ limits: [UInt32]) -> VirtioTransport {
      VirtioTransport(deviceType: 1, deviceFeatures: 0, configuration: [], queueLimits: limits)
    }
    #expect(transport([64, 16]).fits(transport([64, 16])))
    #expect(!transport([64, 16]).fits(transport([64, 8])))
    #expect(!transport([64, 16]).fits(transport([64])))
  }
}
