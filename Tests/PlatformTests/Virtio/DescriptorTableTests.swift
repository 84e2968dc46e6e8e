import Channels
import Quantities
import Testing
import X86

@testable import Platform

/// Chains whose end is in a table of their own.
///
/// Oracle: VIRTIO 1.2, 2.7.5.3 "Indirect Descriptors".
@Suite("Tables of descriptors") struct DescriptorTableTests {
  private static let table: UInt64 = 0x20_0000

  /// A device that was set up, with a write of 512 bytes in a table of three, and the chain that leads to it.
  private func driver(features: UInt32 = BlockQueueDriver.tables) throws -> BlockQueueDriver {
    var driver = try BlockQueueDriver(processors: 1)
    driver.start(features: features, queues: 1, size: 8)
    driver.build(0, 0, block: 9)
    let header = BlockQueueDriver.header(0, 0)
    driver.store(Self.table, header, 16, flags: 1, next: 2)
    // The order in the table is the driver's.
    driver.store(Self.table + 32, BlockQueueDriver.data, 512, flags: 1, next: 1)
    driver.store(Self.table + 16, header + 16, 1, flags: 2, next: 0)
    driver.descriptor(0, 0, Self.table, 48, flags: 4)
    return driver
  }

  @Test("a request in a table is as one in the queue, at any queue's size") func request() throws {
    var driver = try driver()
    _ = driver.bus.memory.store(UInt64(0x1122_3344_5566_7788), at: BlockQueueDriver.data)
    driver.offer(0, [0])
    let request = try #require(driver.notify(0).first)
    #expect(request.kind == .write && request.firstBlock == 9 && request.byteCount == 512)
    #expect(request.data.prefix(2) == [0x88, 0x77])
    #expect(driver.owner.cycles == 400 + 3 * 100)
    driver.end(1)
    #expect(driver.used(0) == [0])
    #expect(driver.bus.memory.load(BlockQueueDriver.header(0, 0) + 16, as: UInt8.self) == 0)
  }

  @Test("descriptors may stand before it, and who may write the table says nothing")
  func mixed() throws {
    var driver = try driver()
    let header = BlockQueueDriver.header(0, 0)
    driver.descriptor(0, 0, header, 16, flags: 1, next: 5)
    driver.descriptor(0, 5, Self.table + 16, 32, flags: 6)
    driver.store(Self.table + 16, BlockQueueDriver.data, 512, flags: 1, next: 1)
    driver.store(Self.table + 32, header + 16, 1, flags: 2, next: 0)
    driver.offer(0, [0])
    #expect(driver.notify(0).map(\.byteCount) == [512])
  }

  @Test("a chain has up to 128 descriptors, in the queue and in its table") func length() throws {
    for (count, isTaken) in [(128, true), (129, false)] {
      var driver = try driver()
      let header = BlockQueueDriver.header(0, 0)
      driver.store(Self.table, header, 16, flags: 1, next: 1)
      for index in 1..<UInt64(count - 1) {
        driver.store(
          Self.table + index * 16, BlockQueueDriver.data, index == 1 ? 512 : 0, flags: 1,
          next: UInt16(index + 1))
      }
      driver.store(Self.table + UInt64(count - 1) * 16, header + 16, 1, flags: 2, next: 0)
      driver.descriptor(0, 0, Self.table, UInt32(count) * 16, flags: 4)
      driver.offer(0, [0])
      #expect(driver.notify(0).count == (isTaken ? 1 : 0))
      #expect(driver.isBroken != isTaken)
    }
  }

  @Test("a chain in a large queue has no more") func longInTheQueue() throws {
    for (count, isTaken) in [(UInt16(128), true), (129, false)] {
      var driver = try BlockQueueDriver(processors: 1)
      driver.start(features: 0, queues: 1)
      driver.build(0, 0)
      for index in 1..<count - 1 {
        driver.descriptor(
          0, index, BlockQueueDriver.data, index == 1 ? 512 : 0, flags: 1, next: index + 1)
      }
      driver.descriptor(0, count - 1, BlockQueueDriver.header(0, 0) + 16, 1, flags: 2)
      driver.offer(0, [0])
      #expect(driver.notify(0).count == (isTaken ? 1 : 0))
      #expect(driver.isBroken != isTaken)
    }
  }

  @Test("a table that cannot be one breaks the device") func hostile() throws {
    let header = BlockQueueDriver.header(0, 0)
    let breakages: [(BlockQueueDriver) -> Void] = [
      // Lengths: none, no whole descriptors, more than any chain has, the most that there can be.
      { $0.descriptor(0, 0, Self.table, 0, flags: 4) },
      { $0.descriptor(0, 0, Self.table, 40, flags: 4) },
      { $0.descriptor(0, 0, Self.table, 129 * 16, flags: 4) },
      { $0.descriptor(0, 0, 0, 0xFFFF_FFF0, flags: 4) },
      // Places: outside storage, across its end, across the end of addresses.
      { $0.descriptor(0, 0, 1 << 40, 48, flags: 4) },
      { $0.descriptor(0, 0, (8 << 20) - 16, 48, flags: 4) },
      { $0.descriptor(0, 0, .max - 15, 48, flags: 4) },
      // One that is not the last of its chain; one in another; one that leads to itself.
      { $0.descriptor(0, 0, Self.table, 48, flags: 5, next: 1) },
      { $0.store(Self.table + 16, Self.table + 64, 16, flags: 4, next: 0) },
      { $0.store(Self.table, Self.table, 48, flags: 4, next: 0) },
      // What is in it: a place outside the table, a loop, what is outside storage, in the wrong order.
      { $0.store(Self.table, header, 16, flags: 1, next: 3) },
      { $0.store(Self.table, header, 16, flags: 1, next: 0) },
      { $0.store(Self.table, .max, 16, flags: 1, next: 1) },
      { $0.store(Self.table, header, 16, flags: 3, next: 2) },
    ]
    for (number, apply) in breakages.enumerated() {
      var driver = try driver()
      apply(driver)
      driver.offer(0, [0])
      #expect(driver.notify(0) == [] && driver.isBroken, "\(number)")
    }
  }

  /// Descriptors, tables, heads and indices by chance, by all queues, with completions and set-ups between.
  @Test(
    "whatever lies in rings and tables, no more than 64 are under way",
    arguments: 1...40 as ClosedRange<UInt64>)
  func anything(seed: UInt64) throws {
    var chance = RandomSequence(seed: seed)
    func one(of values: [UInt64]) -> UInt64 { values[Int(chance.next() % UInt64(values.count))] }
    var driver = try BlockQueueDriver(processors: 4)
    var flying: [UInt64] = []
    for round in 0..<400 {
      if round % 100 == 0 || driver.isBroken {
        driver.start(
          features: BlockQueueDriver.queues | BlockQueueDriver.tables, queues: 4,
          size: UInt32(1 << (chance.next() % 9)))
        for queue in 0..<4 { driver.build(queue, 0, type: UInt32(one(of: [0, 1, 4, 8, 11, 99]))) }
      }
      let queue = Int(chance.next() % 4)
      let places: [UInt64] = [
        BlockQueueDriver.data, BlockQueueDriver.header(queue, 0), Self.table, 0, (8 << 20) - 16,
        .max - 8, BlockQueueDriver.descriptors(queue), BlockQueueDriver.used(queue),
      ]
      for table in [BlockQueueDriver.descriptors(queue), Self.table] where chance.next() % 4 == 0 {
        driver.store(
          table + 16 * (chance.next() % 12), one(of: places),
          UInt32(one(of: [0, 1, 16, 17, 48, 512, 2048, 2064, 0xFFFF_FFF0])),
          flags: UInt16(one(of: [0, 1, 1, 1, 2, 3, 4, 4, 5, 6, 7])),
          next: UInt16(chance.next() % 14))
      }
      driver.offer(queue, [UInt16(one(of: [0, 0, 0, 1, 3, 6, 70, 255]))])
      flying += driver.notify(queue).map(\.tag)
      if chance.next() % 2 == 0, let tag = flying.first {
        flying.removeFirst()
        flying += driver.end(tag, chance.next() % 3 == 0 ? .ioError : .ok).map(\.tag)
      }
      #expect(driver.device.pending.count <= 64 && driver.device.pending.count == flying.count)
    }
  }

  @Test("who did not ask for tables has none, nor has another kind of device") func notAsked()
    throws
  {
    var driver = try driver(features: 0)
    driver.offer(0, [0])
    #expect(driver.notify(0) == [] && driver.isBroken)
    let bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "SCSI", partitionNumber: 7, maximumProcessors: 4, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20,
        blockDevices: [
          BlockDeviceConfiguration(deviceNumber: 0x190, blockCount: 64, unitNumber: 0x200)
        ]),
      [DevicePlace.self])
    let unit = try #require(bus.first(DevicePlace.self)?.device)
    #expect(unit.transport.deviceFeatures & VirtQueue.tables == 0)
    #expect(unit.transport.queues.map(\.limit) == [64, 64, 64])
  }
}
