import Channels
import Glibc
import Quantities
import Testing

@testable import Platform
@testable import X86

/// A driver's side of the balloon device.
///
/// Oracle: VIRTIO 1.2, "Traditional Memory Balloon Device"; of what the host has got back, mincore(2).
private struct BalloonDriver {
  static let statistics: UInt64 = 0x5_0000

  let bus: SystemBus
  let owner = RecordingOwner()
  let device: BalloonDevice
  private var indices: [UInt16] = [0, 0, 0, 0]

  init() throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "BALLOON", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 16 << 20, maximumStorage: 16 << 20, hasBalloon: true),
      [BalloonDevice.self])
    bus.owner = owner
    device = try #require(bus.first(BalloonDevice.self))
  }

  private func access(_ time: SimulatedTime) -> DeviceAccess {
    DeviceAccess(time: time, size: 4, processor: 0)
  }

  func register(_ offset: UInt64) -> UInt64? {
    bus.readMemory(PCLayout.virtioBase + offset, access(0))
  }

  func write(_ offset: UInt64, _ value: UInt32, at time: SimulatedTime = 0) {
    _ = bus.writeMemory(PCLayout.virtioBase + offset, UInt64(value), access(time))
  }

  private func ring(_ queue: Int, _ part: UInt64) -> UInt64 {
    0x1_0000 + UInt64(queue) * 0x4000 + part * 0x1000
  }

  mutating func start(
    features: UInt32 = 0x22, size: UInt32 = 8, before: (inout Self) -> Void = { _ in }
  ) {
    indices = [0, 0, 0, 0]
    for value in [UInt32(0), 1, 3] { write(0x70, value) }
    write(0x24, 0)
    write(0x20, features)
    write(0x24, 1)
    write(0x20, 1)
    write(0x70, 0xB)
    for queue in 0..<4 {
      for part in [UInt64(1), 2] { _ = bus.memory.store(UInt32(0), at: ring(queue, part)) }
      write(0x30, UInt32(queue))
      write(0x38, size)
      for (offset, part) in [(UInt64(0x80), UInt64(0)), (0x90, 1), (0xA0, 2)] {
        write(offset, UInt32(ring(queue, part)))
        write(offset + 4, 0)
      }
      write(0x44, 1)
    }
    before(&self)
    write(0x70, 0xF)
  }

  /// Makes a chain of pieces available in a queue, and says so at a time.
  mutating func offer(
    _ queue: Int, _ pieces: [Range<UInt64>], writable: Bool, at time: SimulatedTime = 0
  ) {
    for (number, piece) in pieces.enumerated() {
      let place = ring(queue, 0) + UInt64(number) * 16
      let isLast = number + 1 == pieces.count
      _ = bus.memory.store(piece.lowerBound, at: place)
      _ = bus.memory.store(UInt32(piece.count), at: place + 8)
      _ = bus.memory.store(UInt16(writable ? 2 : 0) | UInt16(isLast ? 0 : 1), at: place + 12)
      _ = bus.memory.store(UInt16(number + 1), at: place + 14)
    }
    _ = bus.memory.store(UInt16(0), at: ring(queue, 1) + 4 + UInt64(indices[queue] % 8) * 2)
    indices[queue] += 1
    _ = bus.memory.store(indices[queue], at: ring(queue, 1) + 2)
    write(0x50, UInt32(queue), at: time)
  }

  /// Makes chains of a piece each available in a queue of 64, with one notice.
  func offerTogether(_ queue: Int, _ pieces: [Range<UInt64>]) {
    for (number, piece) in pieces.enumerated() {
      let place = ring(queue, 0) + UInt64(number) * 16
      _ = bus.memory.store(piece.lowerBound, at: place)
      _ = bus.memory.store(UInt32(piece.count), at: place + 8)
      _ = bus.memory.store(UInt32(2), at: place + 12)
      _ = bus.memory.store(UInt16(number), at: ring(queue, 1) + 4 + UInt64(number) * 2)
    }
    _ = bus.memory.store(UInt16(pieces.count), at: ring(queue, 1) + 2)
    write(0x50, UInt32(queue))
  }

  func used(_ queue: Int) -> UInt16 { bus.memory.load(ring(queue, 2) + 2, as: UInt16.self) ?? 0 }

  /// Gives statistics: kinds and numbers.
  mutating func tell(_ entries: [(UInt16, UInt64)], queue: Int = 2, at time: SimulatedTime) {
    let bytes = entries.flatMap {
      MachineLanguage.littleEndian($0.0) + MachineLanguage.littleEndian($0.1)
    }
    _ = bus.store(bytes, at: Self.statistics)
    offer(
      queue, [Self.statistics..<Self.statistics + UInt64(bytes.count)], writable: false, at: time)
  }

  /// Pages of a range that the host has in memory.
  func residentPages(_ range: Range<UInt64>) -> Int {
    var pages = [UInt8](repeating: 0, count: range.count / 4096)
    let start = bus.memory.window + Int(range.lowerBound)
    #expect(mincore(start, range.count, &pages) == 0)
    return pages.count { $0 & 1 != 0 }
  }
}

@Suite("The balloon device") struct BalloonDeviceTests {
  private static let mebibyte: UInt64 = 1 << 20

  @Test("gives reported pages to the host, and they read zero; others keep what they have")
  func reporting() throws {
    var driver = try BalloonDriver()
    let memory = driver.bus.memory
    #expect(driver.register(8) == 5)
    driver.start()
    let reported = [4 * Self.mebibyte..<6 * Self.mebibyte, 8 * Self.mebibyte..<9 * Self.mebibyte]
    let all = 4 * Self.mebibyte..<10 * Self.mebibyte
    for page in stride(from: all.lowerBound, to: all.upperBound, by: 4096) {
      #expect(memory.store(page | 1, at: page + 8))
    }
    func written() -> Int {
      var count = 0
      memory.forEachWrittenPage { page, _ in if all.contains(page) { count += 1 } }
      return count
    }
    #expect(driver.residentPages(all) == 1536 && written() == 1536)
    driver.offer(3, reported, writable: true)
    #expect(driver.used(3) == 1 && driver.register(0x60) == 1)
    #expect(driver.residentPages(all) == 768 && written() == 768)
    for page in stride(from: all.lowerBound, to: all.upperBound, by: 4096) {
      let isGone = reported.contains { $0.contains(page) }
      #expect(memory.load(page + 8, as: UInt64.self) == (isGone ? 0 : page | 1))
    }
    // A walk of the ring, two descriptors, and ten cycles for each page.
    #expect(driver.owner.cycles == 400 + 2 * 100 + 768 * 10)
    // They are storage as before.
    #expect(memory.store(UInt64(5), at: 4 * Self.mebibyte))
    #expect(memory.load(4 * Self.mebibyte, as: UInt64.self) == 5)
  }

  @Test("empties whole pages only, and nothing outside storage") func bounds() throws {
    var driver = try BalloonDriver()
    let memory = driver.bus.memory
    driver.start()
    let page = 4 * Self.mebibyte
    for number in UInt64(0)..<4 { _ = memory.store(UInt64(7), at: page + number * 4096) }
    driver.offer(3, [page + 1..<page + 3 * 4096 - 1], writable: true)
    let found = (UInt64(0)..<4).map { memory.load(page + $0 * 4096, as: UInt64.self) }
    #expect(found == [7, 0, 7, 7])
    // What the driver only lets the device read is not reported.
    driver.offer(3, [page..<page + 4096], writable: false)
    #expect(memory.load(page, as: UInt64.self) == 7 && driver.used(3) == 2)
    driver.offer(3, [15 * Self.mebibyte..<17 * Self.mebibyte], writable: true)
    #expect((driver.register(0x70) ?? 0) & 0x40 != 0)
  }

  @Test("empties at a notice no more than storage has, and charges what ends in an error too")
  func limit() throws {
    let piece = 4 * Self.mebibyte..<9 * Self.mebibyte
    for isWrong in [false, true] {
      var driver = try BalloonDriver()
      driver.start(size: 64)
      let outside = 15 * Self.mebibyte..<17 * Self.mebibyte
      driver.offerTogether(
        3, Array(repeating: piece, count: 63) + (isWrong ? [outside] : []))
      #expect(driver.used(3) == 63)
      #expect(((driver.register(0x70) ?? 0) & 0x40 != 0) == isWrong)
      // Of 16 MiB three times 5 are emptied; every chain is walked.
      #expect(driver.owner.cycles == 63 * (400 + 100) + 3 * 1280 * 10)
    }
  }

  @Test("asks for no pages, and leaves those that a driver gives all the same") func balloon()
    throws
  {
    var driver = try BalloonDriver()
    driver.start(features: 0)
    #expect(driver.register(0x100) == 0)
    _ = driver.bus.memory.store(UInt64(7), at: 4 * Self.mebibyte)
    _ = driver.bus.memory.store(UInt32(0x400), at: 0x6_0000)
    for queue in [0, 1, 2, 3] {
      driver.offer(queue, [0x6_0000..<0x6_0004], writable: queue > 1)
      #expect(driver.used(queue) == 1)
    }
    #expect(driver.bus.memory.load(4 * Self.mebibyte, as: UInt64.self) == 7)
    #expect(driver.device.report == nil)
  }

  @Test("keeps what the guest says of its storage, and asks again after five seconds")
  func statistics() throws {
    var driver = try BalloonDriver()
    driver.start()
    let told = { (driver: BalloonDriver) in
      driver.device.report.map { [$0.totalByteCount, $0.availableByteCount, $0.time] }
    }
    driver.tell([(4, 1), (5, 1000), (6, 600), (0xFFFF, 3)], at: 10)
    #expect(told(driver) == [1000, 600, 10] && driver.used(2) == 0)
    #expect(driver.bus.deadline == 5_000_000_010)
    driver.bus.act(at: 5_000_000_010)
    #expect(driver.used(2) == 1 && driver.bus.deadline == nil)
    // What is available is no more than all; without the kinds that matter the last report stays.
    driver.tell([(6, 5000), (5, 1000)], at: 6_000_000_000)
    #expect(told(driver) == [1000, 1000, 6_000_000_000])
    let state = driver.device.state
    let other = try BalloonDriver()
    try other.device.restore(state)
    #expect(told(other) == told(driver) && other.device.deadline == 11_000_000_000)
    driver.bus.act(at: 11_000_000_000)
    driver.tell([(6, 5)], at: 12_000_000_000)
    #expect(told(driver) == [1000, 1000, 6_000_000_000])
    // Linux' driver gives its first ones before it says that it is ready.
    driver.start { $0.tell([(5, 8), (6, 7)], at: 3) }
    #expect(told(driver) == [8, 7, 0])
    // A buffer more than the device holds waits.
    driver.offer(2, [0x6_0000..<0x6_000A], writable: false, at: 12_000_000_001)
    #expect(driver.used(2) == 0)
    driver.device.reset()
    #expect(driver.device.report == nil && driver.bus.deadline == nil)
  }

  @Test("finds its queues by what the driver accepts: reports alone are in the third")
  func queues() throws {
    var driver = try BalloonDriver()
    driver.start(features: 0x20)
    _ = driver.bus.memory.store(UInt64(7), at: 4 * Self.mebibyte)
    driver.offer(2, [4 * Self.mebibyte..<5 * Self.mebibyte], writable: true)
    #expect(driver.bus.memory.load(4 * Self.mebibyte, as: UInt64.self) == 0)
  }
}
