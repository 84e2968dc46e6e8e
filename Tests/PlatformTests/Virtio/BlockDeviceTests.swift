import Channels
import Quantities
import Testing
import X86

@testable import Platform

/// A driver's side of the device: rings at fixed places, requests built by hand.
///
/// Oracle: VIRTIO 1.2, "Split Virtqueues", "Virtio Over MMIO" and "Block Device".
struct BlockDriver {
  static let descriptors: UInt64 = 0x1_0000
  static let available: UInt64 = 0x1_1000
  static let used: UInt64 = 0x1_2000
  static let header: UInt64 = 0x1_3000
  static let data: UInt64 = 0x1_4000
  static let status: UInt64 = 0x1_8000

  let bus: SystemBus
  let owner = RecordingOwner()
  let place: DevicePlace
  let device: BlockDevice
  var memory: GuestMemory { bus.memory }
  var network: InterruptNetwork { bus.network }

  init(blockCount: UInt64 = 64, byteCount: UInt64 = 1 << 20, takesDevices: Bool = false) throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "BLOCK", partitionNumber: 7, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: byteCount, maximumStorage: byteCount,
        blockDevices: [BlockDeviceConfiguration(deviceNumber: 0x190, blockCount: blockCount)],
        takesDevices: takesDevices),
      [DevicePlace.self])
    bus.owner = owner
    place = try #require(bus.first(DevicePlace.self))
    device = try #require(place.device as? BlockDevice)
  }

  private func access(_ size: Int) -> DeviceAccess {
    DeviceAccess(time: 42, size: size, processor: 0)
  }

  func read(_ offset: UInt64, size: Int) -> UInt64 {
    bus.readMemory(PCLayout.virtioBase + offset, access(size)) ?? 0
  }

  @discardableResult mutating func write(_ offset: UInt64, _ value: UInt32) -> [ChannelRequest] {
    owner.cycles = 0
    _ = bus.writeMemory(PCLayout.virtioBase + offset, UInt64(value), access(4))
    return owner.takeRequests()
  }

  mutating func start() {
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 0xB)
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

  func descriptor(_ index: UInt64, _ address: UInt64, _ count: UInt32, flags: UInt16, next: UInt16)
  {
    let place = Self.descriptors + index * 16
    _ = memory.store(address, at: place)
    _ = memory.store(count, at: place + 8)
    _ = memory.store(flags, at: place + 12)
    _ = memory.store(next, at: place + 14)
  }

  /// Queues one request of a type for `count` bytes and notifies.
  mutating func request(
    type: UInt32, block: UInt64, count: UInt32, index: UInt16 = 0
  ) -> [ChannelRequest] {
    _ = memory.store(type, at: Self.header)
    _ = memory.store(block, at: Self.header + 8)
    _ = memory.store(UInt8(0xEE), at: Self.status)
    descriptor(0, Self.header, 16, flags: 1, next: 1)
    descriptor(1, Self.data, count, flags: type == 1 ? 1 : 3, next: 2)
    descriptor(2, Self.status, 1, flags: 2, next: 0)
    _ = memory.store(UInt16(0), at: Self.available + 4 + UInt64(index % 8) * 2)
    _ = memory.store(index + 1, at: Self.available + 2)
    return write(0x50, 0)
  }

  /// Ends a request of the device.
  @discardableResult
  mutating func end(
    tag: UInt64, status: ChannelStatus = .ok, data: [UInt8] = []
  ) -> [ChannelRequest] {
    device.complete(
      ChannelCompletion(
        partition: 7, device: 0x190, tag: tag, status: status, data: data, at: 99))
  }

  var usedIndex: UInt16? { memory.load(Self.used + 2, as: UInt16.self) }
  var statusByte: UInt8? { memory.load(Self.status, as: UInt8.self) }
}

@Suite struct BlockDeviceTests {
  @Test func identifiesItself() throws {
    let driver = try BlockDriver()
    #expect(driver.read(0, size: 4) == 0x7472_6976)
    #expect(driver.read(4, size: 4) == 2)
    #expect(driver.read(8, size: 4) == 2)
    #expect(driver.read(0x100, size: 8) == 64)
    #expect(driver.read(0x104, size: 4) == 0)
  }

  @Test func featuresWithoutVersionOneAreRefused() throws {
    var driver = try BlockDriver()
    driver.write(0x70, 3)
    driver.write(0x70, 0xB)
    #expect(driver.read(0x70, size: 4) == 3)
  }

  @Test func readIsStartedAndCompleted() throws {
    var driver = try BlockDriver()
    driver.start()
    #expect(driver.read(0x70, size: 4) == 0xF)
    let requests = driver.request(type: 0, block: 3, count: 1024)
    let expected = ChannelRequest(
      partition: 7, device: 0x190, kind: .read, firstBlock: 3, byteCount: 1024, tag: 1, issued: 42)
    #expect(requests == [expected])
    #expect(driver.usedIndex == 0)
    let data = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7) }
    driver.end(tag: 1, data: data)
    var found = [UInt8](repeating: 0, count: 1024)
    #expect(found.withUnsafeMutableBytes { driver.memory.read(BlockDriver.data, into: $0) })
    #expect(found == data)
    #expect(driver.usedIndex == 1 && driver.statusByte == 0)
    #expect(driver.memory.load(BlockDriver.used + 8, as: UInt32.self) == 1025)
    #expect(driver.read(0x60, size: 4) == 1)
    #expect(driver.network.state.ioAPIC.lines & 1 << 16 != 0)
    driver.write(0x64, 1)
    #expect(driver.network.state.ioAPIC.lines & 1 << 16 == 0)
  }

  @Test func writeCarriesItsData() throws {
    var driver = try BlockDriver()
    driver.start()
    _ = driver.memory.store(UInt64(0x1122_3344_5566_7788), at: BlockDriver.data)
    let requests = driver.request(type: 1, block: 0, count: 512)
    #expect(requests.first?.kind == .write)
    #expect(requests.first?.data.count == 512)
    #expect(requests.first?.data.prefix(2) == [0x88, 0x77])
  }

  @Test(
    arguments: [
      (UInt32(0), UInt64(63), UInt32(1024), UInt8(1)), (0, 0, 100, 1), (0, UInt64.max, 512, 1),
      (77, 0, 512, 2), (8, 0, 20, 0),
    ] as [(UInt32, UInt64, UInt32, UInt8)])
  func answeredAtOnce(type: UInt32, block: UInt64, count: UInt32, status: UInt8) throws {
    var driver = try BlockDriver()
    driver.start()
    #expect(driver.request(type: type, block: block, count: count) == [])
    #expect(driver.statusByte == status)
    #expect(driver.usedIndex == 1)
  }

  @Test func failedRequestReportsAnError() throws {
    var driver = try BlockDriver()
    driver.start()
    _ = driver.request(type: 0, block: 0, count: 512)
    driver.end(tag: 1, status: .ioError)
    #expect(driver.statusByte == 1)
  }

  @Test func resetForgetsWhatIsUnderWay() throws {
    var driver = try BlockDriver()
    driver.start()
    _ = driver.request(type: 0, block: 0, count: 512)
    driver.write(0x70, 0)
    driver.end(tag: 1)
    #expect(driver.statusByte == 0xEE)
  }

  /// Oracle: to clear a subchannel is work of the host that the guest pays for, once for what is under way.
  @Test("resets one after the other have the channel subsystem cleared once, and paid for")
  func resetsInALoop() throws {
    var driver = try BlockDriver()
    for _ in 1...3 {
      driver.start()
      _ = driver.request(type: 0, block: 0, count: 512)
      driver.owner.events = []
      driver.owner.cycles = 0
      for _ in 0..<1_000 {
        _ = driver.bus.writeMemory(
          PCLayout.virtioBase + 0x70, 0, DeviceAccess(time: 42, size: 4, processor: 0))
      }
      #expect(driver.owner.events.count { $0 == .channelCleared(0x190) } == 1)
      #expect((5_000..<10_000).contains(driver.owner.cycles))
    }
  }

  /// Breaks the rings of a driver in one way.
  struct Breakage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (BlockDriver) -> Void
  }

  @Test(
    arguments: [
      Breakage(testDescription: "descriptor outside storage") {
        $0.descriptor(1, 0xFFFF_FFFF_FFFF_FFF0, 512, flags: 3, next: 2)
      },
      Breakage(testDescription: "next beyond the queue") {
        $0.descriptor(1, BlockDriver.data, 512, flags: 3, next: 200)
      },
      Breakage(testDescription: "loop") {
        $0.descriptor(1, BlockDriver.data, 512, flags: 3, next: 1)
      },
      Breakage(testDescription: "readable after writable") {
        $0.descriptor(2, BlockDriver.status, 1, flags: 0, next: 0)
      },
      Breakage(testDescription: "indirect without the feature") {
        $0.descriptor(1, BlockDriver.data, 16, flags: 4, next: 0)
      },
      Breakage(testDescription: "more available than fit") {
        _ = $0.memory.store(UInt16(500), at: BlockDriver.available + 2)
      },
      Breakage(testDescription: "head beyond the queue") {
        _ = $0.memory.store(UInt16(99), at: BlockDriver.available + 4)
      },
      Breakage(testDescription: "no header") {
        $0.descriptor(0, BlockDriver.header, 8, flags: 1, next: 1)
      },
    ])
  func brokenRingNeedsReset(breakage: Breakage) throws {
    var driver = try BlockDriver()
    driver.start()
    _ = driver.memory.store(UInt32(0), at: BlockDriver.header)
    driver.descriptor(0, BlockDriver.header, 16, flags: 1, next: 1)
    driver.descriptor(1, BlockDriver.data, 512, flags: 3, next: 2)
    driver.descriptor(2, BlockDriver.status, 1, flags: 2, next: 0)
    _ = driver.memory.store(UInt16(1), at: BlockDriver.available + 2)
    breakage.apply(driver)
    #expect(driver.write(0x50, 0) == [])
    #expect(driver.read(0x70, size: 4) & 0x40 != 0)
    #expect(driver.read(0x60, size: 4) == 2)
    driver.write(0x70, 0)
    #expect(driver.read(0x70, size: 4) == 0)
  }

  @Test func queueOutsideStorageNeedsReset() throws {
    var driver = try BlockDriver()
    driver.start()
    driver.write(0x44, 0)
    driver.write(0x94, 0x7000)
    driver.write(0x44, 1)
    driver.write(0x50, 0)
    #expect(driver.read(0x70, size: 4) & 0x40 != 0)
  }
}
