import Channels
import Quantities
import X86

@testable import Platform

/// Whatever a driver can put into the rings of a block device, with notifications, resets and
/// completions in any order.
enum QueuesTarget: FuzzTarget {
  private static let descriptors: UInt64 = 0x1000
  private static let available: UInt64 = 0x2000
  private static let used: UInt64 = 0x3000
  private static let header: UInt64 = 0x4000
  private static let storage: UInt64 = 1 << 20

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let configuration = ComputerConfiguration(
      name: "FUZZ", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
      initialStorage: storage, maximumStorage: storage,
      blockDevices: [BlockDeviceConfiguration(deviceNumber: 0x190, blockCount: 64)])
    guard let bus = try? RecordingOwner.bus(configuration, [BlockDevice.self]),
      let device = bus.first(BlockDevice.self)
    else { fail("no memory") }
    let owner = RecordingOwner()
    bus.owner = owner
    var driver = Driver(bus: bus, owner: owner, device: device)
    driver.start(&input)
    var steps = 0
    while !input.isAtEnd, steps < 256 {
      steps += 1
      driver.step(&input)
    }
    // What is in flight never exceeds the queue.
    guard device.pending.count <= Int(VirtQueue.maximumSize) else {
      fail("\(device.pending.count) chains in flight")
    }
  }

  private struct Driver {
    let bus: SystemBus
    let owner: RecordingOwner
    let device: BlockDevice
    var memory: GuestMemory { bus.memory }
    var flying: [ChannelRequest] = []
    var index: UInt16 = 0

    mutating func write(_ offset: UInt64, _ value: UInt32) {
      _ = bus.writeMemory(PCLayout.virtioBase + offset, UInt64(value), access(4))
      flying += owner.takeRequests()
    }

    private func access(_ size: Int) -> DeviceAccess {
      DeviceAccess(time: 42, size: size, processor: 0)
    }

    mutating func start(_ input: inout FuzzInput) {
      for value in [UInt32(0), 1, 3] { write(0x70, value) }
      write(0x24, 1)
      write(0x20, 1)
      write(0x70, 0xB)
      write(0x38, UInt32(1) << UInt32(input.byte() & 7))
      for (offset, address) in [(UInt64(0x80), descriptors), (0x90, available), (0xA0, used)] {
        write(offset, UInt32(address))
        write(offset + 4, 0)
      }
      write(0x44, 1)
      write(0x70, 0xF)
    }

    /// An address in storage, at its borders, or anywhere.
    private func address(_ input: inout FuzzInput) -> UInt64 {
      switch input.byte() & 7 {
      case 0: header
      case 1: header + 16
      case 2: UInt64(input.word(UInt16.self)) << 1
      case 3: storage &- UInt64(input.byte())
      case 4: 0
      case 5: UInt64.max &- UInt64(input.byte())
      default: input.number()
      }
    }

    private func length(_ input: inout FuzzInput) -> UInt32 {
      switch input.byte() & 7 {
      case 0: 0
      case 1: 1
      case 2: 16
      case 3: 512
      case 4: UInt32(input.byte())
      case 5: 0xFFFF_FFFF &- UInt32(input.byte())
      case 6: UInt32(input.byte()) << 9 | 1
      default: UInt32(truncatingIfNeeded: input.number())
      }
    }

    private func descriptor(_ input: inout FuzzInput) {
      let place = descriptors + UInt64(input.byte() & 63) * 16
      _ = memory.store(address(&input), at: place)
      _ = memory.store(length(&input), at: place + 8)
      let flags = input.byte()
      _ = memory.store(UInt16(flags & 0x87), at: place + 12)
      _ = memory.store(UInt16(input.byte() & 0x7F), at: place + 14)
    }

    mutating func step(_ input: inout FuzzInput) {
      switch input.byte() & 15 {
      case 0...4: descriptor(&input)
      case 5:
        _ = memory.store(UInt32(input.byte() & 15), at: header)
        _ = memory.store(input.number(), at: header + 8)
      case 6, 7, 8:
        let head = UInt16(input.byte())
        _ = memory.store(head & 0x7F, at: available + 4 + UInt64(index & 63) * 2)
        index &+= 1
        _ = memory.store(index, at: available + 2)
        write(0x50, 0)
      case 9:
        _ = memory.store(input.word(UInt16.self), at: available + 2)
        write(0x50, UInt32(input.byte()))
      case 10: complete(&input)
      case 11: write(UInt64(input.byte()) << 2, UInt32(truncatingIfNeeded: input.number()))
      case 12:
        let address = PCLayout.virtioBase + UInt64(input.word(UInt16.self) & 0x1FF)
        _ = bus.readMemory(address, access(1 << Int(input.byte() & 3)))
      case 13: for value in [UInt32(0), 1, 3] { write(0x70, value) }
      case 14: start(&input)
      default:
        _ = memory.store(input.number(), at: address(&input))
        for _ in 0..<Int(input.byte() & 15) { write(0x50, 0) }
      }
    }

    private mutating func complete(_ input: inout FuzzInput) {
      guard !flying.isEmpty else { return }
      let request = flying.remove(at: Int(input.byte()) % flying.count)
      let data = [UInt8](
        repeating: 0x5A, count: request.kind == .read ? min(request.byteCount, 1 << 15) : 0)
      let status: ChannelStatus = input.byte() & 3 == 0 ? .ioError : .ok
      flying += device.complete(
        ChannelCompletion(
          partition: 0, device: request.device, tag: request.tag, status: status, data: data, at: 99
        ))
    }
  }

  static var seeds: [[UInt8]] {
    // Header, data and status; a read and a write; completed.
    let read: [UInt8] = [
      3, 5, 0, 0, 0, 5, 1, 0, 0, 0, 0, 0, 2, 1, 1, 0, 1, 2, 0, 32, 3, 3, 2, 0, 2, 2, 8, 0, 1, 2, 0,
      6, 0, 10, 0, 1,
    ]
    let write: [UInt8] = [
      3, 5, 1, 0, 0, 0, 0, 0, 2, 1, 1, 0, 1, 2, 0, 32, 3, 1, 2, 0, 2, 2, 8, 0, 1, 2, 0, 6, 0, 7, 0,
      10, 0, 1, 10, 0, 1,
    ]
    return [read, write, read + write, write + [13, 14, 3] + read]
  }
}
