import Channels
import Testing
import X86

@testable import Platform

/// A driver's side of the network device: rings of eight.
///
/// Oracle: VIRTIO 1.2, "Network Device" and "Split Virtqueues".
struct NetworkDriver {
  static let merged: UInt32 = 1 << 15
  static let checksums: UInt32 = 1 << 1 | 1 << 0
  static let segments: UInt32 = checksums | 1 << 7 | 1 << 8 | 1 << 11 | 1 << 12
  static let data: UInt64 = 0x2_0000

  let bus: SystemBus
  let owner = RecordingOwner()
  let device: NetworkDevice
  private var indices: [UInt16] = []

  init(processors: Int = 1) throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "NETWORK", partitionNumber: 7, maximumProcessors: processors, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20,
        networkDevices: [
          NetworkDeviceConfiguration(
            deviceNumber: 0x600, address: AdapterAddress(0x0200_0000_0800), unitByteCount: 1400)
        ]),
      [DevicePlace.self])
    bus.owner = owner
    device = try #require(bus.first(DevicePlace.self)?.device as? NetworkDevice)
  }

  func read(_ offset: UInt64, size: Int = 4) -> UInt64? {
    bus.readMemory(PCLayout.virtioBase + offset, DeviceAccess(time: 5, size: size, processor: 0))
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(
      PCLayout.virtioBase + offset, UInt64(value), DeviceAccess(time: 5, size: 4, processor: 0))
  }

  private func ring(_ queue: Int, _ part: UInt64) -> UInt64 {
    0x4_0000 + UInt64(queue) * 0x4000 + part * 0x1000
  }

  mutating func start(features: UInt32 = 0, queues: Int = 2) {
    indices = [UInt16](repeating: 0, count: queues)
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    for (selector, value) in [(UInt32(0), features), (1, 1)] {
      write(0x24, selector)
      write(0x20, value)
    }
    write(0x70, 0xB)
    for queue in 0..<queues {
      _ = bus.memory.store(UInt32(0), at: ring(queue, 1))
      _ = bus.memory.store(UInt32(0), at: ring(queue, 2))
      write(0x30, UInt32(queue))
      write(0x38, 8)
      for (offset, part) in [(UInt64(0x80), UInt64(0)), (0x90, 1), (0xA0, 2)] {
        write(offset, UInt32(ring(queue, part)))
        write(offset + 4, 0)
      }
      write(0x44, 1)
    }
    write(0x70, 0xF)
  }

  /// Makes a buffer available in a queue, and tells it.
  mutating func give(_ queue: Int, _ address: UInt64, _ count: UInt32, isWritable: Bool) {
    giveChain(queue, [(address, count, isWritable)])
  }

  /// Makes a chain of buffers available in a queue, and tells it; a queue has only chains of the same length.
  mutating func giveChain(_ queue: Int, _ parts: [(UInt64, UInt32, Bool)]) {
    let number = indices[queue]
    let first = Int(number) * parts.count
    for (index, (address, count, isWritable)) in parts.enumerated() {
      let place = ring(queue, 0) + UInt64((first + index) % 8) * 16
      let isLast = index == parts.count - 1
      _ = bus.memory.store(address, at: place)
      _ = bus.memory.store(count, at: place + 8)
      _ = bus.memory.store(UInt16((isWritable ? 2 : 0) | (isLast ? 0 : 1)), at: place + 12)
      _ = bus.memory.store(UInt16((first + index + 1) % 8), at: place + 14)
    }
    _ = bus.memory.store(UInt16(first % 8), at: ring(queue, 1) + 4 + UInt64(number % 8) * 2)
    indices[queue] += 1
    _ = bus.memory.store(indices[queue], at: ring(queue, 1) + 2)
    write(0x50, UInt32(queue))
  }

  mutating func send(_ bytes: [UInt8], by queue: Int = 1) {
    _ = bus.store(bytes, at: Self.data)
    give(queue, Self.data, UInt32(bytes.count), isWritable: false)
  }

  mutating func giveRoom(_ count: UInt32, in queue: Int = 0) {
    give(
      queue, 0x3_0000 + UInt64(indices[queue] % 8) * 0x1000, count, isWritable: true)
  }

  /// Lengths of what a queue gave back.
  func used(_ queue: Int) -> [UInt32] {
    let count = bus.memory.load(ring(queue, 2) + 2, as: UInt16.self) ?? 0
    return (0..<count).compactMap {
      bus.memory.load(ring(queue, 2) + 8 + UInt64($0 % 8) * 8, as: UInt32.self)
    }
  }

  func received(_ buffer: UInt64, _ count: Int) -> [UInt8] {
    bus.bytes(at: 0x3_0000 + buffer * 0x1000, count: count) ?? []
  }

  var frames: [FrameRequest] {
    owner.events.compactMap { if case .frame(let request) = $0 { request } else { nil } }
  }

  var isBroken: Bool { (read(0x70) ?? 0) & 0x40 != 0 }
}

@Suite("The network device") struct NetworkDeviceTests {
  private let header = [UInt8](repeating: 0, count: 12)
  private let frame: [UInt8] = (0..<60).map { UInt8($0) | 2 }

  @Test("shows its address and its unit") func configuration() throws {
    let driver = try NetworkDriver()
    #expect(driver.read(8) == 1)
    #expect((0..<6).map { driver.read(0x100 + $0, size: 1) } == [2, 0, 0, 0, 8, 0])
    #expect(driver.read(0x10A, size: 2) == 1400)
  }

  @Test("a frame leaves, and its buffer comes back when it has left") func sends() throws {
    var driver = try NetworkDriver()
    driver.start()
    driver.send(header + frame)
    let request = try #require(driver.frames.first)
    #expect(request.frame.bytes == frame && request.partition == 7 && request.device == 0x600)
    #expect(driver.used(1).isEmpty)
    driver.device.complete(request.tag)
    #expect(driver.used(1) == [0])
    #expect(driver.read(0x60) == 1)
    driver.device.complete(request.tag)
    #expect(driver.used(1) == [0])
  }

  @Test("what is no frame, or wants what is not offered, comes back at once and leaves nothing")
  func refuses() throws {
    var driver = try NetworkDriver()
    driver.start()
    driver.send(header)
    driver.send([])
    driver.send([0, 1] + header.dropFirst(2) + frame)
    driver.send(header + frame.prefix(13))
    #expect(driver.frames.isEmpty && driver.used(1) == [0, 0, 0, 0] && !driver.isBroken)
  }

  @Test("a frame waits for a buffer, and is in it with its header") func receives() throws {
    var driver = try NetworkDriver()
    driver.start()
    let came = try #require(EthernetFrame(frame))
    #expect(driver.device.receive(came))
    #expect(driver.used(0).isEmpty)
    driver.giveRoom(100)
    #expect(driver.used(0) == [72])
    #expect(driver.received(0, 72) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] + frame)
  }

  @Test("a frame that is longer than a buffer takes several, where the driver takes that")
  func merges() throws {
    var driver = try NetworkDriver()
    driver.start(features: NetworkDriver.merged)
    let came = try #require(EthernetFrame(frame))
    driver.giveRoom(40)
    #expect(driver.device.receive(came))
    #expect(driver.used(0).isEmpty)
    driver.giveRoom(40)
    #expect(driver.used(0) == [40, 32])
    #expect(driver.received(0, 12).last == 0 && driver.received(0, 12)[10] == 2)
    #expect(driver.received(0, 40).dropFirst(12) + driver.received(1, 32) == frame[...])
    var other = try NetworkDriver()
    other.start()
    other.giveRoom(40)
    #expect(other.device.receive(came))
    // Without it the frame is lost and the buffer is there for the next.
    #expect(other.device.receive(try #require(EthernetFrame(Array(frame.prefix(20))))))
    #expect(other.used(0) == [32])
  }

  @Test("a checksum that is open stays so for a driver that takes that, else it is done")
  func checksums() throws {
    let open = EthernetFrame.OpenChecksum(start: 14, offset: 8)
    let came = try #require(EthernetFrame(frame, openChecksum: open))
    var one = try NetworkDriver()
    one.start(features: NetworkDriver.checksums)
    one.giveRoom(100)
    #expect(one.device.receive(came))
    #expect(one.received(0, 72) == [1, 0, 0, 0, 0, 0, 14, 0, 8, 0, 1, 0] + frame)
    var other = try NetworkDriver()
    other.start()
    other.giveRoom(100)
    #expect(other.device.receive(came))
    #expect(other.received(0, 72) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] + came.completed.bytes)
  }

  /// A frame of TCP over IPv4 with 70 bytes of payload, to be cut up into segments of 50.
  private func large() -> (header: [UInt8], frame: [UInt8]) {
    let internet: [UInt8] =
      [0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2]
    let tcp: [UInt8] = [0, 80, 0, 90, 0, 0, 0, 1, 0, 0, 0, 2, 0x50, 0x10, 1, 0, 0, 0, 0, 0]
    let frame =
      [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1] + [8, 0] + internet + tcp
      + [UInt8](repeating: 9, count: 70)
    return ([1, 1, 54, 0, 50, 0, 34, 0, 16, 0, 0, 0], frame)
  }

  @Test("a frame that is to be cut up leaves as one, and comes so to a driver that takes that")
  func segments() throws {
    var sender = try NetworkDriver()
    sender.start(features: NetworkDriver.segments)
    let (header, bytes) = large()
    sender.send(header + bytes)
    let came = try #require(sender.frames.first).frame
    #expect(came.bytes == bytes && came.segmentation?.byteCount == 50)
    var one = try NetworkDriver()
    one.start(features: NetworkDriver.segments)
    one.giveRoom(200)
    #expect(one.device.receive(came))
    // The same but for the length of the headers, of which nothing is said, and the buffers.
    #expect(one.received(0, 12) == [1, 1, 0, 0, 50, 0, 34, 0, 16, 0, 1, 0])
    #expect(one.received(0, 12 + bytes.count).dropFirst(12) == bytes[...])
    var other = try NetworkDriver()
    other.start(features: NetworkDriver.checksums)
    for _ in 0..<2 { other.giveRoom(200) }
    #expect(other.device.receive(came))
    #expect(other.used(0) == [UInt32(12 + 54 + 50), 12 + 54 + 20])
    for (place, segment) in came.segments.enumerated() {
      let received = other.received(UInt64(place), 12 + segment.bytes.count)
      #expect(received == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0] + segment.bytes)
    }
  }

  @Test(
    "a frame that is cut up in a way that is not offered comes back at once",
    arguments: [
      [0, 1, 54, 0, 50, 0, 34, 0, 16, 0, 0, 0], [1, 3, 54, 0, 50, 0, 34, 0, 16, 0, 0, 0],
      [1, 1, 54, 0, 0, 0, 34, 0, 16, 0, 0, 0], [1, 4, 54, 0, 50, 0, 34, 0, 16, 0, 0, 0],
      [1, 1, 54, 0, 50, 0, 200, 0, 16, 0, 0, 0], [1, 0x81, 54, 0, 50, 0, 34, 0, 16, 0, 0, 0],
      [1, 5, 0, 0, 50, 0, 34, 0, 16, 0, 0, 0],
    ] as [[UInt8]])
  func otherSegments(header: [UInt8]) throws {
    var driver = try NetworkDriver()
    driver.start(features: NetworkDriver.segments)
    driver.send(header + large().frame)
    #expect(driver.frames.isEmpty && driver.used(1) == [0] && !driver.isBroken)
  }

  @Test("what waits for buffers is bounded") func bounds() throws {
    var driver = try NetworkDriver()
    let came = try #require(EthernetFrame(frame))
    #expect(!driver.device.receive(came))
    driver.start()
    let taken = (0..<300).count { _ in driver.device.receive(came) }
    #expect(taken == NetworkDevice.Backlog.frameLimit)
    driver.start()
    let large = try #require(EthernetFrame([UInt8](repeating: 2, count: 60_000)))
    #expect((0..<300).count { _ in driver.device.receive(large) } == 17)
  }

  @Test("a driver that points outside storage breaks its own device alone") func hostile() throws {
    var driver = try NetworkDriver()
    driver.start()
    driver.give(0, 0xFFFF_FFFF_FFFF_F000, 4096, isWritable: true)
    #expect(driver.isBroken)
    #expect(!driver.device.receive(try #require(EthernetFrame(frame))))
    driver.start()
    driver.give(1, 0xFFF0, .max, isWritable: false)
    #expect(driver.isBroken && driver.frames.isEmpty)
  }

  @Test("goes on as a value") func value() throws {
    var driver = try NetworkDriver()
    driver.start(features: NetworkDriver.merged)
    driver.giveRoom(20)
    driver.send(header + frame)
    let came = try #require(EthernetFrame(frame))
    #expect(driver.device.receive(came))
    let other = try NetworkDriver()
    try other.device.restore(driver.device.state)
    #expect(other.device.state == driver.device.state)
    driver.device.reset()
    #expect(driver.device.state.backlog.isEmpty && driver.device.state.pending.isEmpty)
  }
}
