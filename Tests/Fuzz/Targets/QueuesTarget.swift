import Channels
import Quantities
import X86

@testable import Platform

/// Whatever a driver can put into the rings of a virtio device, with notifications, resets and what comes from
/// outside (completions, frames, wishes for storage, answers of CP, time) in any order.
enum QueuesTarget: FuzzTarget {
  private static let descriptors: UInt64 = 0x1000
  private static let available: UInt64 = 0x2000
  private static let used: UInt64 = 0x3800
  private static let header: UInt64 = 0x5000
  /// As many as any device has: two pairs of a network adapter, and its control.
  private static let queueCount: UInt64 = 5
  private static let storage: UInt64 = 1 << 20
  private static let pluggable: UInt64 = 16 << 20

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let configuration = ComputerConfiguration(
      name: "FUZZ", partitionNumber: 0, maximumProcessors: 2, initialProcessors: 1,
      initialStorage: storage, maximumStorage: storage,
      blockDevices: [
        BlockDeviceConfiguration(deviceNumber: 0x190, blockCount: 64),
        BlockDeviceConfiguration(deviceNumber: 0x191, blockCount: 64, unitNumber: 0x200),
      ],
      networkDevices: [
        NetworkDeviceConfiguration(
          deviceNumber: 0x600, address: AdapterAddress(0x0200_0000_0001), unitByteCount: 1500)
      ], entropySeed: 1, pluggableStorage: pluggable, hasCommandPort: true, hasBalloon: true)
    let kinds: [any Device.Type] = [
      DevicePlace.self, EntropyDevice.self, MemoryDevice.self, CommandPort.self,
      BalloonDevice.self,
    ]
    guard let bus = try? RecordingOwner.bus(configuration, kinds),
      let block = bus.devices.lazy.compactMap({ ($0 as? DevicePlace)?.device as? BlockDevice })
        .first,
      let unit = bus.devices.lazy.compactMap({ ($0 as? DevicePlace)?.device as? SCSIDevice }).first,
      let network = bus.devices.lazy.compactMap({ ($0 as? DevicePlace)?.device as? NetworkDevice })
        .first,
      let entropy = bus.first(EntropyDevice.self), let memory = bus.first(MemoryDevice.self),
      let port = bus.first(CommandPort.self), let balloon = bus.first(BalloonDevice.self)
    else { fail("no memory") }
    let owner = RecordingOwner()
    bus.owner = owner
    let devices: [VirtioDevice] = [block, network, entropy, memory, port, balloon, unit]
    let driven = devices[Int(input.byte()) % devices.count]
    var driver = Driver(
      bus: bus, owner: owner, block: block, unit: unit, network: network, memoryDevice: memory,
      port: port, base: driven.address)
    driver.start(&input)
    var steps = 0
    while !input.isAtEnd, steps < 256 {
      steps += 1
      driver.step(&input)
      driver.check()
    }
    Tally.add(driver.requests, of: "requests of \(type(of: driven))")
  }

  private struct Driver {
    let bus: SystemBus
    let owner: RecordingOwner
    let block: BlockDevice
    let unit: SCSIDevice
    let network: NetworkDevice
    let memoryDevice: MemoryDevice
    let port: CommandPort
    /// Address of the registers of the device that is driven.
    let base: UInt64
    var memory: GuestMemory { bus.memory }
    var flying: [ChannelRequest] = []
    var leaving: [FrameRequest] = []
    var commands: [UInt64] = []
    var index: UInt16 = 0
    /// Descriptors, ring entries and accesses to registers so far.
    var requests = 0

    mutating func write(_ offset: UInt64, _ value: UInt32) {
      requests += 1
      _ = bus.writeMemory(base + offset, UInt64(value), access(4))
      for event in owner.events {
        switch event {
        case .channelRequest(let request): flying.append(request)
        case .frame(let frame): leaving.append(frame)
        case .portCommand(_, let tag, let text):
          guard text.count <= CommandPort.lineLimit + 1 else { fail("\(text.count) bytes") }
          commands.append(tag)
        default: break
        }
      }
      owner.events = []
    }

    private func access(_ size: Int) -> DeviceAccess {
      DeviceAccess(time: 42, size: size, processor: 0)
    }

    /// What is under way never exceeds what the device may hold, and nothing is plugged that is not wanted.
    func check() {
      let limit = Int(VirtQueue.maximumSize)
      guard block.pending.count <= limit else { fail("\(block.pending.count) chains in flight") }
      guard unit.pending.count <= SCSIDevice.taskLimit else {
        fail("\(unit.pending.count) tasks in flight")
      }
      let waiting = network.receivers.reduce(0) { $0 + $1.backlog.count }
      guard network.pending.count <= 2 * limit, network.receivers.count == 2,
        network.receivers.allSatisfy({ $0.buffers.count <= limit }),
        (1...2).contains(network.pairCount), waiting <= NetworkDevice.Backlog.frameLimit
      else { fail("\(network.pending.count) frames that leave, \(waiting) that came") }
      let talk = port.conversation
      guard talk.input.count <= CommandPort.inputLimit,
        talk.line.count <= CommandPort.lineLimit + 1, port.state.messages.count <= 3
      else { fail("\(talk.input.count) bytes written, \(talk.line.count) of a command") }
      guard memoryDevice.storage.pluggedByteCount <= pluggable else {
        fail("\(memoryDevice.storage.pluggedByteCount) bytes are plugged")
      }
    }

    mutating func start(_ input: inout FuzzInput) {
      for value in [UInt32(0), 1, 3] { write(0x70, value) }
      write(0x24, 1)
      write(0x20, 1)
      // Of the first word any features that the device offers, or any at all; those that a memory device and
      // a port require are among them.
      write(0x14, 0)
      write(0x24, 0)
      let isAny = input.byte() & 3 == 0
      let offered = UInt32(truncatingIfNeeded: bus.readMemory(base + 0x10, access(4)) ?? 0)
      write(0x20, (input.word(UInt32.self) | 0x22) & (isAny ? .max : offered))
      write(0x70, 0xB)
      let sizes = [input.byte(), input.byte()]
      for queue in 0..<queueCount {
        write(0x30, UInt32(queue))
        write(0x38, UInt32(1) << UInt32(sizes[Int(queue & 1)] & 7))
        for (offset, address) in [
          (UInt64(0x80), descriptors), (0x90, available + queue * 0x400),
          (0xA0, used + queue * 0x400),
        ] {
          write(offset, UInt32(address))
          write(offset + 4, 0)
        }
        write(0x44, 1)
      }
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
      switch input.byte() & 15 {
      case 0: 0
      case 1: 1
      case 2: 16
      case 8: 51
      case 9: 108
      case 10: 24
      case 3: 512
      case 4: UInt32(input.byte())
      case 5: 0xFFFF_FFFF &- UInt32(input.byte())
      case 6: UInt32(input.byte()) << 9 | 1
      default: UInt32(truncatingIfNeeded: input.number())
      }
    }

    private mutating func descriptor(_ input: inout FuzzInput) {
      requests += 1
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
        let kind = input.byte()
        _ = memory.store(UInt32(kind & 15), at: header)
        _ = memory.store(UInt32(kind >> 4 & 7) | UInt32(kind >> 7) << 16, at: header + 4)
        _ = memory.store(input.number(), at: header + 8)
        // A count of pairs for a network adapter's control, or anything.
        _ = memory.store(kind & 0x40 != 0 ? UInt64(kind & 3) : input.number(), at: header + 16)
        if base == unit.address { command(&input) }
      case 6, 7:
        let choice = input.byte()
        offer(UInt16(choice & 0x3F), in: UInt64(choice >> 6))
      case 8:
        let choice = input.byte()
        offer(UInt16(choice & 0x7F), in: queueCount &- 2 &+ UInt64(choice >> 7))
      case 9:
        _ = memory.store(input.word(UInt16.self), at: available + 2)
        write(0x50, UInt32(input.byte()))
      case 10: answer(&input)
      case 11: write(UInt64(input.byte()) << 2, UInt32(truncatingIfNeeded: input.number()))
      case 12:
        let address = base + UInt64(input.word(UInt16.self) & 0x1FF)
        _ = bus.readMemory(address, access(1 << Int(input.byte() & 3)))
      case 13: for value in [UInt32(0), 1, 3] { write(0x70, value) }
      case 14: start(&input)
      default:
        _ = memory.store(input.number(), at: address(&input))
        for _ in 0..<Int(input.byte() & 15) { write(0x50, 0) }
      }
    }

    /// A command of the SCSI disk, or any bytes, to the unit that is there or not.
    private func command(_ input: inout FuzzInput) {
      let codes: [UInt8] = [
        0x00, 0x03, 0x08, 0x0A, 0x12, 0x16, 0x17, 0x1A, 0x1B, 0x25, 0x28, 0x2A, 0x35, 0x41, 0x42,
        0x56, 0x57, 0x5A, 0x5E, 0x5F, 0x88, 0x8A, 0x91, 0x93, 0x9E, 0xA0,
      ]
      _ = memory.store(UInt64(0x40_00_01) | UInt64(input.byte() & 1) << 24, at: header)
      let choice = Int(input.byte())
      _ = memory.store(choice < codes.count ? codes[choice] : UInt8(choice), at: header + 19)
      for place in 0..<UInt64(15) { _ = memory.store(input.byte(), at: header + 20 + place) }
    }

    /// Makes a chain available in a queue.
    private mutating func offer(_ head: UInt16, in queue: UInt64) {
      let ring = available + queue * 0x400
      _ = memory.store(head, at: ring + 4 + UInt64(index & 63) * 2)
      index &+= 1
      _ = memory.store(index, at: ring + 2)
      write(0x50, UInt32(queue))
    }

    /// CP answers a command, or time passes.
    private mutating func answerCommand(_ choice: UInt8, _ input: inout FuzzInput) {
      if choice & 1 != 0, let deadline = bus.deadline {
        bus.act(at: deadline)
      } else if !commands.isEmpty {
        port.complete(
          commands.remove(at: Int(choice & 0x7F) % commands.count), returnCode: UInt64(choice),
          [UInt8](repeating: 0x41, count: Int(input.word(UInt16.self))), at: 99)
        write(0x64, 0)
      }
    }

    /// Something comes from outside.
    private mutating func answer(_ input: inout FuzzInput) {
      let choice = input.byte()
      if choice & 0x80 != 0 { return answerCommand(choice, &input) }
      switch choice & 3 {
      case 0, 1:
        guard !flying.isEmpty else { return }
        let request = flying.remove(at: Int(choice >> 2) % flying.count)
        let data = [UInt8](
          repeating: 0x5A, count: request.kind == .read ? min(request.byteCount, 1 << 15) : 0)
        let endings: [ChannelStatus] = [.ioError, .reservationConflict, .aborted, .refused]
        let face: DiskFace = request.device == unit.configuration.deviceNumber ? unit : block
        flying += face.complete(
          ChannelCompletion(
            partition: 0, device: request.device, tag: request.tag,
            status: choice & 3 == 0 ? endings[Int(choice >> 2 & 3)] : .ok, data: data, at: 99,
            sense: .reset))
      case 2:
        if !leaving.isEmpty {
          leaving += network.complete(
            leaving.remove(at: Int(choice >> 2) % leaving.count).tag, now: 99)
        }
        _ = network.setLink(choice & 4 != 0)
        // Its own frames come back to it, and one of any size.
        let size = 14 + Int(input.word(UInt16.self))
        if let frame = EthernetFrame([UInt8](repeating: 0xA5, count: size)) {
          _ = network.receive(frame)
        }
      default:
        let wanted = UInt64(choice >> 2) << 20
        memoryDevice.offer(min(wanted, pluggable), keeping: UInt64(input.byte()) << 17)
      }
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
    let both = read + write
    // A port that is opened (event 6 with value 1, by the third queue), a command, and CP's answer.
    let open: [UInt8] = [3, 5, 0xE0, 0, 0, 0, 0, 0, 4, 8, 0, 0, 6, 0xC0]
    let command: [UInt8] = [
      15, 15, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0x0A, 0, 0, 6, 0x40, 10, 0x80, 5, 0, 0, 1,
      0, 4, 64, 2, 0, 6, 1,
    ]
    let apart: [UInt8] = [13, 14, 1, 0xFF, 0xFF, 0xFF, 0xFF, 3, 3]
    // Two pairs for a network adapter: class 4 with its command, two bytes, and the answer, by the last queue.
    let pairs: [UInt8] =
      [5, 5, 0x44] + [UInt8](repeating: 0, count: 9)
      + [0, 0, 0, 2, 1, 1, 1, 1, 4, 2, 1, 2, 2, 2, 4, 1, 2, 0, 8, 0x80]
    // A SCSI read of one block: header, answer and data by the third queue.
    let unit: [UInt8] =
      [5, 1, 0, 0, 0, 0, 10] + [UInt8](repeating: 0, count: 7) + [1]
      + [UInt8](repeating: 0, count: 7)
      + [0, 0, 0, 8, 1, 1, 0, 1, 2, 0, 48, 9, 3, 2, 0, 2, 2, 0, 64, 3, 2, 0, 6, 0x80, 10, 1]
    let courses: [[UInt8]] = [read, write, both, write + apart + read, open + command, unit, pairs]
    // The device, all features that it offers, and the first queue's size stand in front.
    var seeds: [[UInt8]] = []
    for device in 0...6 as ClosedRange<UInt8> {
      for course in courses { seeds.append([device, 1, 0xFF, 0xFF, 0xFF, 0xFF, 3] + course) }
    }
    return seeds
  }
}
