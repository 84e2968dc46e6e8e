import Channels
import Quantities
import Testing
import X86

@testable import Platform

/// A driver's side of a SCSI adapter: rings at fixed places, commands built by hand.
struct SCSIDriver {
  static let descriptors: UInt64 = 0x1_0000
  static let rings: UInt64 = 0x1_1000
  static let header: UInt64 = 0x2_0000
  static let out: UInt64 = 0x2_1000
  static let response: UInt64 = 0x3_0000
  static let data: UInt64 = 0x3_1000

  /// What a command came to.
  struct Answer: Equatable {
    var status: UInt8
    var code: UInt8
    var sense: [UInt8]
    var residual: UInt32
    var data: [UInt8]

    /// Key, additional code and qualifier.
    var senseCode: UInt32 {
      sense.count < 14 ? 0 : UInt32(sense[2]) << 16 | UInt32(sense[12]) << 8 | UInt32(sense[13])
    }
  }

  let bus: SystemBus
  let owner = RecordingOwner()
  let device: SCSIDevice
  private var available: [UInt16] = [0, 0, 0]
  private var nextIdentifier: UInt64 = 1
  var memory: GuestMemory { bus.memory }

  init(blockCount: UInt64 = 64, isReadOnly: Bool = false, unitNumber: UInt16 = 0x200) throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "SCSI", partitionNumber: 7, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 16 << 20, maximumStorage: 16 << 20,
        blockDevices: [
          BlockDeviceConfiguration(
            deviceNumber: 0x190, blockCount: blockCount, isReadOnly: isReadOnly,
            unitNumber: unitNumber)
        ]), [DevicePlace.self])
    bus.owner = owner
    device = try #require(bus.first(DevicePlace.self)?.device as? SCSIDevice)
  }

  private func access(_ size: Int) -> DeviceAccess {
    DeviceAccess(time: 42, size: size, processor: 0)
  }

  func read(_ offset: UInt64, size: Int = 4) -> UInt64 {
    bus.readMemory(PCLayout.virtioBase + offset, access(size)) ?? 0
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(PCLayout.virtioBase + offset, UInt64(value), access(4))
  }

  func ring(_ queue: Int) -> UInt64 { Self.rings + UInt64(queue) * 0x1000 }

  mutating func start() {
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 0xB)
    for queue in 0..<3 {
      write(0x30, UInt32(queue))
      write(0x38, 64)
      for (offset, address) in [
        (UInt64(0x80), Self.descriptors + UInt64(queue) * 0x400), (0x90, ring(queue)),
        (0xA0, ring(queue) + 0x800),
      ] {
        write(offset, UInt32(address))
        write(offset + 4, 0)
      }
      write(0x44, 1)
    }
    write(0x70, 0xF)
    available = [0, 0, 0]
  }

  func descriptor(
    _ index: UInt64, _ address: UInt64, _ count: Int, flags: UInt16, queue: Int = 2
  ) {
    let place = Self.descriptors + UInt64(queue) * 0x400 + index * 16
    _ = memory.store(address, at: place)
    _ = memory.store(UInt32(count), at: place + 8)
    _ = memory.store(flags, at: place + 12)
    _ = memory.store(UInt16(index + 1), at: place + 14)
  }

  /// Makes a chain available, and notifies.
  mutating func offer(_ head: UInt16, queue: Int) {
    _ = memory.store(head, at: ring(queue) + 4 + UInt64(available[queue] % 64) * 2)
    available[queue] &+= 1
    _ = memory.store(available[queue], at: ring(queue) + 2)
    write(0x50, UInt32(queue))
  }

  func usedIndex(_ queue: Int = 2) -> UInt16 {
    memory.load(ring(queue) + 0x802, as: UInt16.self) ?? 0
  }

  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    _ = bytes.withUnsafeMutableBytes { memory.read(address, into: $0) }
    return bytes
  }

  func store(_ bytes: [UInt8], at address: UInt64) {
    _ = bytes.withUnsafeBytes { memory.write(address, from: $0) }
  }

  /// Queues a command.
  ///
  /// - Returns: What goes to the channel subsystem.
  mutating func begin(
    _ command: [UInt8], out: [UInt8] = [], room: Int = 0,
    address: [UInt8] = [1, 0, 0x40, 0, 0, 0, 0, 0], place: UInt64 = 0
  ) -> [ChannelRequest] {
    let base = place * 0x1_0000
    store(
      address + withUnsafeBytes(of: nextIdentifier.littleEndian) { Array($0) } + [0, 0, 0]
        + command + [UInt8](repeating: 0, count: 32 - command.count), at: Self.header + base)
    nextIdentifier += 1
    store([UInt8](repeating: 0xEE, count: 108), at: Self.response + base)
    let first = place * 4
    descriptor(first, Self.header + base, 51, flags: 1)
    var next = first + 1
    if !out.isEmpty {
      store(out, at: Self.out + base)
      descriptor(next, Self.out + base, out.count, flags: 1)
      next += 1
    }
    descriptor(next, Self.response + base, 108, flags: room > 0 ? 3 : 2)
    if room > 0 { descriptor(next + 1, Self.data + base, room, flags: 2) }
    offer(UInt16(first), queue: 2)
    return owner.takeRequests()
  }

  func answer(room: Int = 0, place: UInt64 = 0) -> Answer {
    let base = place * 0x1_0000
    let head = bytes(Self.response + base, 108)
    let senseCount = Int(head[0])
    let residual = head[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return Answer(
      status: head[10], code: head[11], sense: Array(head[12..<min(108, 12 + senseCount)]),
      residual: residual,
      data: Array(bytes(Self.data + base, room).prefix(max(0, room - Int(residual)))))
  }

  /// Ends a request as the channel subsystem does.
  @discardableResult
  mutating func end(
    _ request: ChannelRequest?, _ status: ChannelStatus = .ok, data: [UInt8] = [],
    sense: DeviceSense? = nil
  ) -> [ChannelRequest] {
    guard let request else { return [] }
    return device.complete(
      ChannelCompletion(
        partition: 7, device: 0x190, tag: request.tag, status: status, data: data, at: 99,
        sense: sense))
  }

  /// What a command comes to that ends well where it goes.
  mutating func run(_ command: [UInt8], out: [UInt8] = [], room: Int = 0) -> Answer {
    let requests = begin(command, out: out, room: room)
    for request in requests { end(request) }
    return answer(room: room)
  }

  /// Takes note that it was switched on.
  mutating func settle() { _ = begin([0x00]) }

  /// Asks for a function of the control queue.
  ///
  /// - Returns: The answer; nil when there is none yet.
  mutating func manage(_ subtype: UInt32, identifier: UInt64 = 0, type: UInt32 = 0) -> UInt8? {
    let used = usedIndex(0)
    var bytes: [UInt8] = []
    for value in [type] + (type == 0 ? [subtype] : []) {
      bytes += withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
    bytes += [1, 0, 0x40, 0, 0, 0, 0, 0]
    bytes += withUnsafeBytes(of: identifier.littleEndian) { Array($0) }
    store(bytes, at: Self.header + 0xF000)
    store([0xEE, 0xEE, 0xEE, 0xEE, 0xEE], at: Self.header + 0xF800)
    descriptor(0, Self.header + 0xF000, bytes.count, flags: 1, queue: 0)
    descriptor(1, Self.header + 0xF800, 5, flags: 2, queue: 0)
    offer(0, queue: 0)
    return usedIndex(0) == used ? nil : self.bytes(Self.header + 0xF800, 5)[type == 0 ? 0 : 4]
  }
}
