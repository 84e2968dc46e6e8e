import Channels
import Foundation
import Quantities
import Testing
import X86

@testable import Platform

/// A block device with several queues.
///
/// Oracle: VIRTIO 1.2, 5.2.2 "Virtqueues", 5.2.4 "Device configuration layout" (num_queues at 34, with
/// VIRTIO_BLK_F_MQ alone) and 2.6 "Split Virtqueues".
@Suite("A block device's queues") struct BlockQueuesTests {
  @Test("one for each processor that there can be, at most four, of 256 entries")
  func offering() throws {
    for (processors, count) in [(1, 1), (2, 2), (4, 4), (9, 4)] {
      let driver = try BlockQueueDriver(processors: processors)
      #expect((driver.offered & BlockQueueDriver.queues != 0) == (count > 1))
      #expect(driver.offered & BlockQueueDriver.tables != 0)
      #expect(driver.read(0x100 + 34, size: 2) == (count > 1 ? UInt64(count) : 0))
      let limits = [UInt64](repeating: 256, count: count) + [UInt64](repeating: 0, count: 6 - count)
      #expect(driver.limits == limits)
    }
  }

  @Test("each gets back what came by it") func answers() throws {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    for queue in [2, 0, 3] {
      #expect(driver.request(queue, blocks: [UInt64(queue)]).map(\.firstBlock) == [UInt64(queue)])
    }
    // What is answered at once, too.
    driver.build(1, 250, count: 20, type: 8)
    driver.offer(1, [250])
    #expect(driver.notify(1) == [] && driver.used(1) == [250])
    #expect(driver.device.pending.map(\.queue) == [2, 0, 3])
    for tag in [UInt64(3), 1, 2] { driver.end(tag) }
    #expect((0..<4).map(driver.used) == [[0], [250], [0], [0]])
    #expect(driver.read(0x60) == 1)
  }

  @Test("a driver that does not want several has the first alone") func notWanted() throws {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: 0, queues: 4)
    #expect(driver.request(3, blocks: [1]) == [])
    #expect(driver.request(0, blocks: [1]).count == 1)
    #expect(!driver.isBroken)
  }

  @Test("heads from 64 on are held and given back, one that the device has is not taken again")
  func manyHeads() throws {
    var driver = try BlockQueueDriver(processors: 2)
    driver.start(features: BlockQueueDriver.queues, queues: 2)
    let heads: [UInt16] = [0, 60, 64, 124, 128, 192, 250]
    for head in heads { driver.build(1, head) }
    driver.offer(1, heads)
    #expect(driver.notify(1).count == heads.count)
    for tag in 1...UInt64(heads.count) { driver.end(tag) }
    #expect(driver.used(1) == heads.map(UInt32.init))
    for head in [UInt16(64), 250] {
      driver.offer(1, [head])
      #expect(driver.notify(1).count == 1 && !driver.isBroken)
    }
    driver.offer(1, [250])
    #expect(driver.notify(1) == [] && driver.isBroken)
  }

  @Test("64 are under way; when there is room, each queue gives one in turn from where it was")
  func turns() throws {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    #expect(driver.request(0, blocks: Array(0..<70)).count == 64)
    for queue in 1..<4 {
      #expect(driver.request(queue, blocks: [UInt64(queue) * 100, UInt64(queue) * 100 + 1]) == [])
    }
    var order: [UInt64] = []
    for tag in 1...UInt64(12) { order += driver.end(tag).map(\.firstBlock) }
    #expect(order == [64, 100, 200, 300, 65, 101, 201, 301, 66, 67, 68, 69])
    #expect(driver.end(13) == [])
    #expect(driver.device.pending.count == 63)
  }

  @Test("what had to wait is paid for by the next notice") func costs() throws {
    var driver = try BlockQueueDriver(processors: 2)
    driver.start(features: BlockQueueDriver.queues, queues: 2)
    #expect(driver.request(0, blocks: Array(0..<64)).count == 64)
    _ = driver.request(1, blocks: [1, 2], count: 1024)
    #expect(driver.owner.cycles == 0)
    #expect(driver.end(1).count == 1 && driver.owner.cycles == 0)
    #expect(driver.notify(1) == [])
    #expect(driver.owner.cycles == 400 + 3 * 100 + 100)
    #expect(driver.notify(0) == [] && driver.owner.cycles == 0)
  }

  @Test("4 MiB are under way, whichever queues they came by") func bytes() throws {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    for queue in 0..<2 {
      #expect(driver.request(queue, blocks: [0], count: 2 << 20).count == 1)
    }
    for queue in 2..<4 { #expect(driver.request(queue, blocks: [0], count: 2 << 20) == []) }
    #expect(driver.end(1).count == 1 && driver.end(2).count == 1)
    #expect(driver.device.pending.map(\.queue) == [2, 3])
  }

  @Test("a reset forgets all of them, and what the subsystem has stays counted") func reset() throws
  {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    #expect(driver.request(3, blocks: Array(0..<64)).count == 64)
    driver.write(0x70, 0)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    #expect(driver.request(2, blocks: [5]) == [])
    #expect(driver.end(1).map(\.firstBlock) == [5])
    #expect(driver.used(3) == [])
    driver.device.reset()
    #expect(driver.device.pending.isEmpty && driver.limits.prefix(4) == [256, 256, 256, 256])
  }

  @Test("whatever is in the rings of the last queue breaks the device, and no more")
  func hostile() throws {
    let breakages: [(BlockQueueDriver) -> Void] = [
      { $0.descriptor(3, 1, .max - 15, 512, flags: 3, next: 2) },
      { $0.descriptor(3, 1, BlockQueueDriver.data, 512, flags: 3, next: 256) },
      { $0.descriptor(3, 1, BlockQueueDriver.data, 512, flags: 3, next: 1) },
      { $0.descriptor(3, 1, BlockQueueDriver.data, 16, flags: 4) },
      { _ = $0.bus.memory.store(UInt16(257), at: BlockQueueDriver.available(3) + 2) },
      { _ = $0.bus.memory.store(UInt16(256), at: BlockQueueDriver.available(3) + 4) },
      {
        $0.build(3, 0, type: 0)
        $0.descriptor(3, 0, BlockQueueDriver.header(3, 0), 8, flags: 1, next: 1)
      },
    ]
    for apply in breakages {
      var driver = try BlockQueueDriver(processors: 4)
      driver.start(features: BlockQueueDriver.queues, queues: 4)
      #expect(driver.request(0, blocks: [7]).count == 1)
      driver.build(3, 0)
      driver.offer(3, [0])
      apply(driver)
      #expect(driver.notify(3) == [] && driver.isBroken)
      #expect(driver.request(0, blocks: [8]) == [])
      // A reset mends it; what was under way ends without a trace.
      driver.start(features: BlockQueueDriver.queues, queues: 4)
      driver.end(1)
      #expect(driver.used(0) == [] && driver.request(3, blocks: [9]).count == 1)
    }
  }

  @Test("a ring that has a whole lap waiting, all answered at once, is emptied") func wholeLap()
    throws
  {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    driver.build(3, 0, count: 20, type: 8)
    for head in UInt16(3)..<256 {
      driver.descriptor(3, head, BlockQueueDriver.header(3, 0), 16, flags: 1, next: 1)
    }
    driver.offer(3, [0] + Array(3..<256))
    #expect(driver.notify(3) == [] && !driver.isBroken)
    #expect(driver.used(3).count == 254)
  }

  // MARK: As a value

  @Test("goes on as a value, and refuses one that no such device has") func value() throws {
    var driver = try BlockQueueDriver(processors: 4)
    driver.start(features: BlockQueueDriver.queues, queues: 4)
    #expect(driver.request(0, blocks: Array(0..<70)).count == 64)
    #expect(driver.request(3, blocks: [300, 301]) == [])
    #expect(driver.end(1).map(\.firstBlock) == [64])
    let saved = try JSONEncoder().encode(driver.device.state)
    let state = try JSONDecoder().decode(BlockDevice.State.self, from: saved)
    #expect(state.turn == 1 && state.owed > 0)
    let device = driver.device
    // Everything but this is as it was saved: the storage is the same.
    device.reset()
    try device.restore(state)
    #expect(device.state == state)
    #expect(driver.end(2).map(\.firstBlock) == [300])
    let smaller = try BlockQueueDriver(processors: 2)
    #expect(throws: StateRefusal.self) { try smaller.device.restore(state) }
    for change in [
      { $0.turn = 4 }, { $0.turn = -1 }, { $0.owed = -1 }, { $0.pending[0].queue = 4 },
      { $0.pending[0].queue = -1 }, { $0.pending += $0.pending },
    ] as [(inout BlockDevice.State) -> Void] {
      var wrong = state
      change(&wrong)
      #expect(throws: StateRefusal.self) { try device.restore(wrong) }
    }
  }

  /// What an earlier program saved: no fields of queues, one queue of 64 entries, nothing offered of them.
  private func former(_ driver: BlockQueueDriver) throws -> BlockDevice.State {
    let saved = try JSONEncoder().encode(driver.device.state)
    var fields = try #require(JSONSerialization.jsonObject(with: saved) as? [String: Any])
    for name in ["turn", "owed"] { fields[name] = nil }
    fields["pending"] = (fields["pending"] as? [[String: Any]])?.map { pending in
      pending.filter { $0.key != "queue" }
    }
    var transport = try #require(fields["transport"] as? [String: Any])
    let features = try #require((transport["deviceFeatures"] as? NSNumber)?.uint64Value)
    transport["deviceFeatures"] = features & ~(1 << 12 | 1 << 28)
    var space = try #require(transport["configuration"] as? [Int])
    space.replaceSubrange(34..<36, with: [0, 0])
    transport["configuration"] = space
    var queues = try #require(transport["queues"] as? [String: Any])
    let elements = try #require(queues["elements"] as? [[String: Any]])
    queues["elements"] = elements.prefix(1).map { queue in
      var queue = queue.filter { $0.key != "furtherHeads" }
      queue["limit"] = 64
      return queue
    }
    transport["queues"] = queues
    fields["transport"] = transport
    return try JSONDecoder().decode(
      BlockDevice.State.self, from: JSONSerialization.data(withJSONObject: fields))
  }

  @Test("a device of an earlier program goes on with the one queue that it had") func earlier()
    throws
  {
    for processors in [1, 4] {
      var driver = try BlockQueueDriver(processors: processors)
      driver.start(features: 0, queues: 1, size: 64)
      #expect(driver.request(0, blocks: [3, 4]).count == 2)
      let state = try former(driver)
      driver.device.reset()
      try driver.device.restore(state)
      #expect(driver.device.state == state)
      #expect(driver.offered & (BlockQueueDriver.queues | BlockQueueDriver.tables) == 0)
      driver.end(1)
      #expect(driver.used(0) == [0])
      // Its driver's next set-up finds the same device.
      driver.start(features: 0, queues: 1, size: 64)
      #expect(driver.limits == [64, 0, 0, 0, 0, 0])
      driver.end(2)
      #expect(driver.request(0, blocks: [5]).count == 1)
    }
  }
}
