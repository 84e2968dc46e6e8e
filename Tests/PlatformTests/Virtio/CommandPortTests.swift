import Channels
import Quantities
import Testing
import X86

@testable import Platform

/// A driver's side of the command port: rings of eight for its four queues, a chain of one buffer at a time.
///
/// Oracle: VIRTIO 1.2, "Console Device" (events, and which queue is which), and the port's own protocol as
/// Docs/Operations.md has it.
private struct PortDriver {
  static let buffers: UInt64 = 0x8_0000

  let bus: SystemBus
  let owner = RecordingOwner()
  let port: CommandPort
  /// Who gives notices.
  var processor = 0
  private var indices: [UInt16] = [0, 0, 0, 0]

  init() throws {
    bus = try RecordingOwner.bus(
      ComputerConfiguration(
        name: "PORT", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20, hasCommandPort: true),
      [CommandPort.self])
    bus.owner = owner
    port = try #require(bus.first(CommandPort.self))
  }

  private func access(_ time: SimulatedTime = 7) -> DeviceAccess {
    DeviceAccess(time: time, size: 4, processor: processor)
  }

  func register(_ offset: UInt64) -> UInt64? {
    bus.readMemory(PCLayout.virtioBase + offset, access())
  }

  func write(_ offset: UInt64, _ value: UInt32) {
    _ = bus.writeMemory(PCLayout.virtioBase + offset, UInt64(value), access())
  }

  private func ring(_ queue: Int, _ part: UInt64) -> UInt64 {
    0x1_0000 + UInt64(queue) * 0x4000 + part * 0x1000
  }

  /// Sets the device up; then opens the port when that is wanted.
  mutating func start(features: UInt32 = 2, opens: Bool = true) {
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
      write(0x38, 8)
      for (offset, part) in [(UInt64(0x80), UInt64(0)), (0x90, 1), (0xA0, 2)] {
        write(offset, UInt32(ring(queue, part)))
        write(offset + 4, 0)
      }
      write(0x44, 1)
    }
    write(0x70, 0xF)
    if opens {
      for (event, value) in [(UInt16(0), UInt16(1)), (3, 1), (6, 1)] { control(event, value) }
    }
  }

  /// Makes a buffer available in a queue, and says so.
  mutating func offer(
    _ queue: Int, _ bytes: [UInt8], room: UInt32? = nil, notifies: Bool = true
  ) {
    let slot = UInt64(indices[queue] % 8)
    let buffer = Self.buffers + UInt64(queue) * 0x1_0000 + slot * 0x2000
    _ = bus.store(bytes, at: buffer)
    let place = ring(queue, 0) + slot * 16
    _ = bus.memory.store(buffer, at: place)
    _ = bus.memory.store(room ?? UInt32(bytes.count), at: place + 8)
    _ = bus.memory.store(UInt32(room == nil ? 0 : 2), at: place + 12)
    _ = bus.memory.store(UInt16(slot), at: ring(queue, 1) + 4 + slot * 2)
    indices[queue] += 1
    _ = bus.memory.store(indices[queue], at: ring(queue, 1) + 2)
    if notifies { write(0x50, UInt32(queue)) }
  }

  /// Makes a buffer available that is outside storage.
  mutating func offerWrong(_ queue: Int) {
    let slot = UInt64(indices[queue] % 8)
    offer(queue, [0], notifies: false)
    _ = bus.memory.store(UInt64(1) << 40, at: ring(queue, 0) + slot * 16)
    write(0x50, UInt32(queue))
  }

  mutating func control(_ event: UInt16, _ value: UInt16, port: UInt32 = 0) {
    offer(
      3,
      MachineLanguage.littleEndian(port) + MachineLanguage.littleEndian(event)
        + MachineLanguage.littleEndian(value))
  }

  mutating func write(_ text: String) { offer(1, Array(text.utf8)) }

  /// How many buffers of a queue came back.
  func used(_ queue: Int) -> UInt16 { bus.memory.load(ring(queue, 2) + 2, as: UInt16.self) ?? 0 }

  /// What is in the buffer of a queue that came back as the nth.
  func contents(_ queue: Int, _ number: UInt16) -> [UInt8] {
    let entry = ring(queue, 2) + 4 + UInt64(number % 8) * 8
    guard number < used(queue), let head = bus.memory.load(entry, as: UInt32.self),
      let count = bus.memory.load(entry + 4, as: UInt32.self)
    else { return [] }
    return bus.bytes(
      at: Self.buffers + UInt64(queue) * 0x1_0000 + UInt64(head) * 0x2000, count: Int(count)) ?? []
  }

  /// Offers buffers until the device has nothing more to put into them; what it put there together.
  mutating func read(room: UInt32 = 4096, most: Int = 8) -> String {
    var text: [UInt8] = []
    for _ in 0..<most {
      let before = used(0)
      offer(0, [], room: room)
      guard used(0) != before else { break }
      text += contents(0, before)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The commands that were given.
  mutating func commands() -> [(tag: UInt64, text: String)] {
    defer { owner.events = [] }
    return owner.events.compactMap {
      guard case .portCommand(_, let tag, let text) = $0 else { return nil }
      return (tag, String(decoding: text, as: UTF8.self))
    }
  }

  func answer(_ tag: UInt64, _ text: String, returnCode: UInt64 = 0) {
    port.complete(tag, returnCode: returnCode, Array(text.utf8), at: 9)
  }
}

@Suite("The command port") struct CommandPortTests {
  private static func message(_ event: UInt16, _ text: String = "") -> [UInt8] {
    [0, 0, 0, 0, UInt8(event), 0, 1, 0] + Array(text.utf8)
  }

  @Test("is one named port, which only a driver of several ports gets") func set() throws {
    var driver = try PortDriver()
    #expect(driver.register(8) == 3 && driver.register(0x104) == 1)
    driver.start(features: 0, opens: false)
    #expect((driver.register(0x70) ?? 0) & 8 == 0)
    driver.start(opens: false)
    #expect(driver.register(0x70) == 0xF)
    for _ in 0..<4 { driver.offer(2, [], room: 64) }
    driver.control(0, 1)
    #expect(driver.contents(2, 0) == Self.message(1))
    driver.control(3, 1)
    #expect(driver.contents(2, 1) == Self.message(7, "org.endicott.cp"))
    #expect(driver.contents(2, 2) == Self.message(6))
    #expect(driver.used(2) == 3)
  }

  @Test(
    "gives a line as a command, and its answer in buffers of any size", arguments: [1, 7, 4096])
  func command(room: UInt32) throws {
    var driver = try PortDriver()
    driver.start()
    driver.write("QUERY ")
    #expect(driver.commands().isEmpty)
    driver.write("CPUS\n")
    let given = driver.commands()
    #expect(given.map(\.text) == ["QUERY CPUS"])
    #expect(driver.read(room: room).isEmpty)
    driver.answer(given[0].tag, "CPU 00\nCPU 01\n", returnCode: 4)
    // One buffer was there already.
    let rest = driver.read(room: room, most: 40)
    let first = String(decoding: driver.contents(0, 0), as: UTF8.self)
    #expect(first.utf8.count <= Int(room))
    #expect(
      (room == 1 ? "4" : first) + (room == 1 ? String(rest) : rest) == "4 14\nCPU 00\nCPU 01\n")
    // Nothing is left, and the next command has its own answer.
    driver.write("Q T\n")
    #expect(driver.commands().map(\.text) == ["Q T"])
  }

  @Test("performs one command at a time; what is written meanwhile waits in the ring") func order()
    throws
  {
    var driver = try PortDriver()
    driver.start()
    driver.write("ONE\nTWO\nTHR")
    driver.write("EE\n")
    let one = driver.commands()
    #expect(one.map(\.text) == ["ONE"] && driver.used(1) == 1)
    driver.answer(one[0].tag, "a\n")
    #expect(driver.commands().isEmpty)
    #expect(driver.read() == "0 2\na\n")
    let two = driver.commands()
    #expect(two.map(\.text) == ["TWO"] && driver.used(1) == 1)
    // An answer to another command is none of this one.
    driver.answer(one[0].tag, "again\n")
    driver.answer(two[0].tag, "")
    // The buffer that found nothing to read before was there for it.
    #expect(driver.commands().map(\.text) == ["THREE"] && driver.used(1) == 2)
  }

  @Test("keeps of a command a byte more than one may have, of whatever length it is") func length()
    throws
  {
    var driver = try PortDriver()
    driver.start()
    for _ in 0..<20 { driver.write(String(repeating: "A", count: 4000)) }
    #expect(driver.port.conversation.line.count == 241 && driver.port.conversation.input.isEmpty)
    driver.write("\nB\n")
    #expect(driver.commands().map(\.text) == [String(repeating: "A", count: 241)])
  }

  @Test("drops the answer of a command whose port was closed") func closed() throws {
    var driver = try PortDriver()
    driver.start()
    driver.write("ONE\nLEFT\n")
    let one = driver.commands()
    driver.write("NEVER LOOKED AT\n")
    driver.control(6, 0)
    driver.write("CLOSED\n")
    driver.answer(one[0].tag, "old\n")
    driver.control(6, 1)
    #expect(driver.read() == "" && driver.commands().isEmpty)
    driver.write("TWO\n")
    let two = driver.commands()
    #expect(two.map(\.text) == ["TWO"])
    driver.answer(one[0].tag, "old\n")
    driver.answer(two[0].tag, "new\n", returnCode: 1)
    #expect(String(decoding: driver.contents(0, 0), as: UTF8.self) == "1 4\nnew\n")
    // Half an answer goes with its reader as well.
    driver.write("THREE\n")
    let three = driver.commands()
    driver.answer(three[0].tag, String(repeating: "x", count: 9000))
    #expect(driver.read(most: 1).hasPrefix("0 9000\n"))
    driver.control(6, 0)
    driver.control(6, 1)
    #expect(driver.read() == "")
  }

  @Test("takes no notice of control messages that mean nothing, however many") func garbage() throws
  {
    var driver = try PortDriver()
    driver.start(opens: false)
    for event in UInt16(0)..<40 {
      driver.control(event, event % 3, port: UInt32(event % 5))
      driver.offer(3, [UInt8](repeating: 0xFF, count: Int(event)))
    }
    for _ in 0..<50 { driver.control(0, 1) }
    #expect(driver.port.state.messages.count <= 3)
    driver.write("NOT OPEN\n")
    #expect(driver.commands().isEmpty && driver.register(0x70) == 0xF)
    driver.control(6, 1)
    driver.write("OPEN\n")
    #expect(driver.commands().map(\.text) == ["OPEN"])
  }

  @Test("goes on as a value in the middle of a command and of an answer, and forgets by a reset")
  func goesOn() throws {
    var one = try PortDriver()
    one.start()
    one.write("QUERY ")
    var other = try PortDriver()
    other.start()
    try other.port.restore(one.port.state)
    _ = other.bus.memory.store(UInt16(1), at: 0x1_0000 + 0x4000 + 0x1000 + 2)
    #expect(other.port.state == one.port.state)
    for value in [0, 1] {
      var bad = one.port.state
      if value == 0 { bad.conversation.line = Array(repeating: 0, count: 300) }
      if value == 1 { bad.conversation.answer = Array(repeating: 0, count: 2 << 20) }
      #expect(throws: StateRefusal.self) { try other.port.restore(bad) }
    }
    one.write("CPUS\n")
    let given = one.commands()
    one.answer(given[0].tag, String(repeating: "x", count: 5000))
    _ = one.read(most: 1)
    #expect(one.port.conversation.isBusy)
    one.port.reset()
    #expect(one.port.conversation == CommandPort.Conversation())
  }

  @Test("has whoever gives a notice pay, also for what ends in an error") func payment() throws {
    var driver = try PortDriver()
    driver.start()
    driver.write("ONE\nTWO\n")
    let one = driver.commands()
    driver.answer(one[0].tag, "a\n")
    driver.processor = 1
    driver.offer(0, [], room: 4096)
    let payers = driver.owner.events.compactMap {
      if case .portCommand(let processor, _, _) = $0 { processor } else { nil }
    }
    #expect(payers == [1])
    driver.owner.cycles = 0
    driver.offer(3, [UInt8](repeating: 0, count: 8), notifies: false)
    driver.offerWrong(3)
    #expect((driver.register(0x70) ?? 0) & 0x40 != 0)
    #expect(driver.owner.cycles == 400 + 100 + 8)
  }
}
