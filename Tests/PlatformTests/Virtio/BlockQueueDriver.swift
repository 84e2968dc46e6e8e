// A driver of the tests for a block device with several queues: rings at fixed places, each queue with its own.

import Channels
import Quantities
import Testing
import X86

@testable import Platform

/// A driver's side of a block device with several queues.
///
/// The chain with a head has three descriptors from there on: a header, data, of which all share the storage, and a
/// status.
struct BlockQueueDriver {
  static let queues: UInt32 = 1 << 12
  static let tables: UInt32 = 1 << 28
  /// Storage of a queue: descriptors, then its rings, then a place for each request's header and answer.
  static let room: UInt64 = 0x1_0000
  static let data: UInt64 = 0x10_0000

  let bus: SystemBus
  let owner = RecordingOwner()
  let device: BlockDevice
  private(set) var indices = [UInt16](repeating: 0, count: 4)
  private(set) var size: UInt32 = 256

  init(processors: Int, isReadOnly: Bool = false) throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "BLOCK", partitionNumber: 7, maximumProcessors: processors, initialProcessors: 1,
        initialStorage: 8 << 20, maximumStorage: 8 << 20,
        blockDevices: [
          BlockDeviceConfiguration(
            deviceNumber: 0x190, blockCount: 1 << 20, isReadOnly: isReadOnly)
        ]),
      [DevicePlace.self])
    bus.owner = owner
    device = try #require(bus.first(DevicePlace.self)?.device as? BlockDevice)
  }

  static func descriptors(_ queue: Int) -> UInt64 { 0x2_0000 + UInt64(queue) * room }
  static func available(_ queue: Int) -> UInt64 { descriptors(queue) + 0x1000 }
  static func used(_ queue: Int) -> UInt64 { descriptors(queue) + 0x2000 }
  static func header(_ queue: Int, _ head: UInt16) -> UInt64 {
    descriptors(queue) + 0x4000 + UInt64(head) * 32
  }

  func read(_ offset: UInt64, size: Int = 4) -> UInt64? {
    bus.readMemory(
      PCLayout.virtioBase + offset, DeviceAccess(time: 42, size: size, processor: 0))
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(
      PCLayout.virtioBase + offset, UInt64(value), DeviceAccess(time: 42, size: 4, processor: 0))
  }

  /// The features that the device offers, of the lower 32.
  var offered: UInt32 {
    write(0x14, 0)
    return UInt32(truncatingIfNeeded: read(0x10) ?? 0)
  }

  /// Most entries of each queue that there is.
  var limits: [UInt64] {
    (0..<6).map { queue in
      write(0x30, UInt32(queue))
      return read(0x34) ?? 0
    }
  }

  /// Sets the device up with some features and queues of so many entries, all of them empty.
  mutating func start(features: UInt32, queues: Int, size: UInt32 = 256) {
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 1)
    write(0x20, 1)
    write(0x24, 0)
    write(0x20, features)
    write(0x70, 0xB)
    for queue in 0..<queues {
      write(0x30, UInt32(queue))
      write(0x38, size)
      for (offset, address) in [
        (UInt64(0x80), Self.descriptors(queue)), (0x90, Self.available(queue)),
        (0xA0, Self.used(queue)),
      ] {
        write(offset, UInt32(address))
        write(offset + 4, 0)
      }
      write(0x44, 1)
      _ = bus.memory.store(UInt32(0), at: Self.available(queue))
      _ = bus.memory.store(UInt32(0), at: Self.used(queue))
    }
    write(0x70, 0xF)
    indices = [UInt16](repeating: 0, count: 4)
    self.size = size
  }

  func descriptor(
    _ queue: Int, _ index: UInt16, _ address: UInt64, _ count: UInt32, flags: UInt16,
    next: UInt16 = 0
  ) {
    store(Self.descriptors(queue) + UInt64(index) * 16, address, count, flags: flags, next: next)
  }

  /// Stores a descriptor anywhere.
  func store(_ place: UInt64, _ address: UInt64, _ count: UInt32, flags: UInt16, next: UInt16) {
    _ = bus.memory.store(address, at: place)
    _ = bus.memory.store(count, at: place + 8)
    _ = bus.memory.store(flags, at: place + 12)
    _ = bus.memory.store(next, at: place + 14)
  }

  /// Builds a write of `count` bytes in the chain with a head, without making it available.
  func build(_ queue: Int, _ head: UInt16, block: UInt64 = 0, count: UInt32 = 512, type: UInt32 = 1)
  {
    let header = Self.header(queue, head)
    _ = bus.memory.store(type, at: header)
    _ = bus.memory.store(block, at: header + 8)
    _ = bus.memory.store(UInt8(0xEE), at: header + 16)
    descriptor(queue, head, header, 16, flags: 1, next: head + 1)
    descriptor(queue, head + 1, Self.data, count, flags: type == 1 ? 1 : 3, next: head + 2)
    descriptor(queue, head + 2, header + 16, 1, flags: 2)
  }

  /// Makes chains available, without a notice.
  mutating func offer(_ queue: Int, _ heads: [UInt16]) {
    for head in heads {
      let slot = UInt64(UInt32(indices[queue]) % size)
      _ = bus.memory.store(head, at: Self.available(queue) + 4 + slot * 2)
      indices[queue] &+= 1
    }
    _ = bus.memory.store(indices[queue], at: Self.available(queue) + 2)
  }

  /// Gives notice of a queue.
  ///
  /// - Returns: The requests that the device began.
  func notify(_ queue: Int) -> [ChannelRequest] {
    owner.cycles = 0
    write(0x50, UInt32(queue))
    return owner.takeRequests()
  }

  /// Builds writes of the blocks, makes them available and gives notice.
  mutating func request(_ queue: Int, blocks: [UInt64], count: UInt32 = 512) -> [ChannelRequest] {
    let heads = blocks.indices.map { UInt16($0 * 3) }
    for (head, block) in zip(heads, blocks) { build(queue, head, block: block, count: count) }
    offer(queue, heads)
    return notify(queue)
  }

  @discardableResult func end(_ tag: UInt64, _ status: ChannelStatus = .ok) -> [ChannelRequest] {
    device.complete(
      ChannelCompletion(
        partition: 7, device: 0x190, tag: tag, status: status, data: [], at: 99))
  }

  /// The heads that a queue got back.
  func used(_ queue: Int) -> [UInt32] {
    let count = bus.memory.load(Self.used(queue) + 2, as: UInt16.self) ?? 0
    return (0..<UInt64(count)).compactMap {
      bus.memory.load(Self.used(queue) + 4 + $0 % UInt64(size) * 8, as: UInt32.self)
    }
  }

  var isBroken: Bool { (read(0x70) ?? 0) & 0x40 != 0 }
}
