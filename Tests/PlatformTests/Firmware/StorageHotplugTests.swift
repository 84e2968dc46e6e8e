import Channels
import Quantities
import TestSupport
import Testing

@testable import Platform

/// A guest's side of the registers: what its ACPI interpreter does for it.
///
/// Oracle: the ACPI specification's notifications, `_STA`, `_EJ0` and `_OST`, and what Linux makes of them
/// (drivers/acpi/scan.c, acpi_memhotplug.c).
private struct MemoryDeviceGuest {
  static let unit: UInt64 = 4 << 20
  static let start: UInt64 = 128 << 20

  let computer: Computer
  let device: StorageHotplug

  init(listens: Bool = true) throws {
    computer = try Computer(
      ComputerConfiguration(
        name: "PIECES", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20, pluggableStorage: 4 * Self.unit,
        memoryDeviceByteCount: Self.unit))
    device = try #require(computer.bus.first(StorageHotplug.self))
    if listens { listen() }
  }

  /// Has the I/O APIC deliver the event device's interrupt as vector X'40'.
  func listen() {
    let entry = 0x10 + UInt64(PCLayout.eventPin(hasBoard: false)) * 2
    computer.writeMemory(PCLayout.ioAPICBase, size: 4, entry, 0)
    computer.writeMemory(PCLayout.ioAPICBase + 0x10, size: 4, 0x40, 0)
  }

  func write(_ register: UInt64, _ value: UInt64, size: Int = 4) {
    computer.writePort(PCLayout.storageHotplug + register, size: size, value, 0)
  }

  /// Selects a piece and reads its flags, as `_STA` does.
  func flags(_ piece: Int) -> UInt64? {
    write(0, UInt64(piece))
    return computer.readPort(PCLayout.storageHotplug + 4, size: 1, 0)
  }

  func eject(_ piece: Int) {
    write(0, UInt64(piece))
    write(4, 8, size: 1)
  }

  /// Says what became of a notification (1: Device Check, 3: Eject Request).
  func answer(_ piece: Int, _ event: UInt64, _ status: UInt64) {
    write(0, UInt64(piece))
    write(8, event)
    write(12, status)
  }

  /// What the event device's method does: the notifications that it comes to; nil when storage is not told of.
  func scan() -> [[Int]]? {
    guard let events = computer.readPort(PCLayout.eventRegister, size: 4, 0), events & 8 != 0
    else { return nil }
    var told: [[Int]] = []
    for piece in 0..<4 {
      for (flag, event) in [(UInt64(2), 1), (4, 3)] where (flags(piece) ?? 0) & flag != 0 {
        write(4, flag, size: 1)
        told.append([piece, event])
      }
    }
    return told
  }

  /// What has left the partition since the last time.
  func events() -> [ComputerEvent.Kind] {
    defer { computer.clearOutbox() }
    return computer.outbox.map(\.kind)
  }

  func offer(_ pieces: UInt64, keeping most: UInt64) {
    computer.offerPluggable(pieces * Self.unit, keeping: most * Self.unit)
  }

  func isStorage(_ piece: Int) -> Bool {
    let first = Self.start + UInt64(piece) * Self.unit
    return computer.memory.isStorage(first..<first + Self.unit)
  }

  /// Offers pieces to a guest that takes them.
  func take(_ pieces: Int) {
    offer(UInt64(pieces), keeping: UInt64(pieces))
    for told in scan() ?? [] { answer(told[0], UInt64(told[1]), 0) }
    _ = events()
  }
}

@Suite("Storage that comes by ACPI memory devices") struct StorageHotplugTests {
  private static let unit = MemoryDeviceGuest.unit

  @Test("comes as a Device Check, is storage that reads zero, and is the guest's when it says so")
  func comes() throws {
    let guest = try MemoryDeviceGuest()
    #expect((0..<5).map { guest.flags($0) } == [0, 0, 0, 0, 0])
    #expect(guest.device.isServed && guest.scan() == nil)
    guest.offer(2, keeping: 2)
    #expect((0..<3).map { guest.isStorage($0) } == [true, true, false])
    #expect(guest.computer.pluggedByteCount == 0, "the guest has not looked")
    #expect(guest.computer.memory.load(MemoryDeviceGuest.start, as: UInt64.self) == 0)
    #expect(guest.scan() == [[0, 1], [1, 1]])
    #expect(guest.scan() == nil)
    #expect(guest.computer.pluggedByteCount == 2 * Self.unit)
    guest.answer(1, 1, 0x80)
    #expect(guest.events() == [], "it is about it")
    for _ in 0..<2 { guest.answer(1, 1, 0) }
    #expect(guest.events() == [.storagePlugged(byteCount: Self.unit)])
    guest.answer(0, 1, 0)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    guest.offer(2, keeping: 2)
    #expect(guest.scan() == nil, "there is nothing new")
  }

  @Test("is wanted back by an Eject Request, the highest first, and goes when it is ejected")
  func goes() throws {
    let guest = try MemoryDeviceGuest()
    guest.take(3)
    guest.offer(1, keeping: 3)
    #expect(guest.scan() == [[2, 3]])
    guest.answer(2, 3, 0x84)
    #expect(guest.events() == [] && guest.scan() == nil)
    for _ in 0..<2 { guest.eject(2) }
    #expect(guest.scan() == [[1, 3]])
    #expect(guest.flags(2) == 0 && !guest.isStorage(2))
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    // Any piece will do: the wish for piece 1 is over when piece 0 goes.
    guest.eject(0)
    #expect(guest.events() == [.storagePlugged(byteCount: Self.unit)])
    guest.answer(1, 3, 0x82)
    #expect(guest.events() == [])
    guest.take(2)
    #expect((0..<3).map { guest.isStorage($0) } == [true, true, false])
  }

  @Test("of which none goes is told when the guest has refused all, and asked for again")
  func kept() throws {
    let guest = try MemoryDeviceGuest()
    guest.take(3)
    guest.offer(2, keeping: 3)
    for piece in [2, 1, 0] {
      #expect(guest.scan() == [[piece, 3]], "the next is asked for")
      #expect(guest.events() == [])
      for _ in 0..<2 { guest.answer(piece, 3, 0x82) }
    }
    #expect(guest.scan() == nil)
    #expect(guest.events() == [.storageKept])
    guest.computer.recallPluggable()
    #expect(guest.scan() == [[2, 3]])
    guest.answer(2, 3, 1)
    #expect(guest.scan() == [[1, 3]])
    guest.eject(1)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    guest.computer.recallPluggable()
    #expect(guest.scan() == nil, "nothing is wanted any more")
    // One is refused, and the others go.
    guest.take(3)
    guest.offer(0, keeping: 3)
    #expect(guest.scan() == [[2, 3]])
    guest.answer(2, 3, 0x82)
    #expect(guest.scan() == [[1, 3]])
    guest.eject(1)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    #expect(guest.scan() == [[0, 3]])
    guest.eject(0)
    #expect(guest.events() == [.storagePlugged(byteCount: Self.unit), .storageKept])
    guest.offer(1, keeping: 1)
    guest.take(3)
    guest.offer(2, keeping: 3)
    #expect(guest.scan() == [[2, 3]])
    guest.eject(2)
    _ = guest.events()
    // Refused, withdrawn, and given after all.
    guest.offer(1, keeping: 2)
    #expect(guest.scan() == [[1, 3]])
    guest.offer(2, keeping: 2)
    guest.answer(1, 3, 0x82)
    #expect(guest.events() == [])
    guest.eject(1)
    #expect(guest.events() == [.storageGivenBack(byteCount: Self.unit)])
  }

  @Test("that the guest cannot take goes, and is told when all are answered") func refused() throws
  {
    let guest = try MemoryDeviceGuest()
    guest.offer(3, keeping: 3)
    _ = guest.scan()
    guest.answer(0, 1, 1)
    guest.answer(1, 1, 0)
    #expect(guest.events() == [.storagePlugged(byteCount: Self.unit)])
    guest.answer(2, 1, 0x82)
    #expect(guest.events() == [.storageRefused(byteCount: 2 * Self.unit)])
    #expect((0..<3).map { guest.isStorage($0) } == [false, true, false])
    guest.answer(0, 1, 1)
    #expect(guest.events() == [])
    #expect(guest.computer.pluggedByteCount == Self.unit)
  }

  @Test(
    "that the guest cannot take is what goes while some is wanted back", arguments: [true, false])
  func refusedWhileWanted(isAnswered: Bool) throws {
    let guest = try MemoryDeviceGuest()
    guest.offer(3, keeping: 3)
    #expect(guest.scan()?.count == 3)
    if isAnswered { for piece in 0..<2 { guest.answer(piece, 1, 0) } }
    _ = guest.events()
    guest.offer(1, keeping: 3)
    #expect(guest.scan() == [[2, 3]])
    guest.answer(2, 1, 1)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    #expect(guest.scan() == [[1, 3]], "the next is asked for")
    guest.answer(0, 1, 0)
    #expect(
      guest.events() == (isAnswered ? [] : [.storagePlugged(byteCount: 2 * Self.unit)]),
      "what is not answered is not given back")
    guest.answer(1, 3, 1)
    #expect(guest.scan() == [[0, 3]])
    guest.eject(0)
    #expect(guest.events() == [.storagePlugged(byteCount: Self.unit)])
    #expect(guest.scan() == nil && guest.isStorage(1), "no more is wanted")
    guest.answer(1, 1, 1)
    #expect(guest.events() == (isAnswered ? [] : [.storageRefused(byteCount: Self.unit)]))
  }

  @Test("that the guest cannot take is the last to go when it has refused to give the others")
  func refusedAndKept() throws {
    let guest = try MemoryDeviceGuest()
    guest.offer(3, keeping: 3)
    _ = guest.scan()
    guest.offer(1, keeping: 3)
    for piece in [2, 1] {
      #expect(guest.scan() == [[piece, 3]])
      guest.answer(piece, 3, 1)
    }
    #expect(guest.scan() == [[0, 3]])
    guest.answer(0, 1, 1)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit), .storageKept])
  }

  @Test("that the guest could not take is not told when the firmware has taken it itself")
  func refusedAndTakenAway() throws {
    let guest = try MemoryDeviceGuest()
    guest.offer(3, keeping: 3)
    _ = guest.scan()
    guest.answer(0, 1, 1)
    guest.offer(2, keeping: 2)
    for piece in [1, 2] { guest.answer(piece, 1, 0) }
    #expect(guest.events() == [1, 2].map { .storagePlugged(byteCount: $0 * Self.unit) })
    #expect((0..<3).map { guest.isStorage($0) } == [false, true, true])
  }

  @Test("that the guest has seen stays with it when the offer ends; what it has not, goes first")
  func withdrawn() throws {
    let guest = try MemoryDeviceGuest()
    guest.take(1)
    guest.eject(0)
    guest.take(2)
    guest.eject(0)
    _ = guest.events()
    // Piece 1 is the guest's; 0 and 2 are offered, and it looks at 2 alone.
    guest.offer(3, keeping: 3)
    #expect(guest.flags(2) == 3)
    #expect(guest.computer.pluggedByteCount == 2 * Self.unit)
    guest.offer(2, keeping: 2)
    #expect((0..<3).map { guest.isStorage($0) } == [false, true, true])
    #expect(guest.flags(0) == 0)
    guest.answer(2, 1, 0)
    #expect(guest.events() == [.storagePlugged(byteCount: 2 * Self.unit)])
    guest.offer(1, keeping: 1)
    #expect((0..<3).map { guest.isStorage($0) } == [false, true, false], "the firmware takes it")
  }

  @Test("is there after a reset with what is in it, and found by looking; a guest that is deaf too")
  func resets() throws {
    let guest = try MemoryDeviceGuest()
    guest.take(2)
    guest.offer(1, keeping: 2)
    #expect(guest.computer.memory.store(UInt64(7), at: MemoryDeviceGuest.start + Self.unit))
    guest.computer.reset(clear: false)
    #expect(!guest.device.isServed && guest.computer.pluggedByteCount == 0)
    #expect(guest.flags(1) == 1 && guest.computer.pluggedByteCount == Self.unit)
    #expect(guest.computer.memory.load(MemoryDeviceGuest.start + Self.unit, as: UInt64.self) == 7)
    guest.computer.reset(clear: true)
    #expect(guest.computer.memory.load(MemoryDeviceGuest.start + Self.unit, as: UInt64.self) == 0)
    guest.offer(3, keeping: 3)
    #expect(guest.scan() == nil && guest.flags(2) == 1)
    guest.listen()
    guest.offer(4, keeping: 4)
    // What nobody has looked at yet is told of with the rest.
    #expect(guest.scan() == [[0, 1], [1, 1], [3, 1]])
  }

  @Test("goes on as a value, and takes none that is not its storage's") func goesOn() throws {
    let one = try MemoryDeviceGuest()
    one.take(2)
    one.offer(1, keeping: 2)
    let other = try MemoryDeviceGuest()
    #expect(throws: StateRefusal.self) { try other.device.restore(one.device.state) }
    other.take(2)
    try other.device.restore(one.device.state)
    #expect(other.device.state == one.device.state)
    other.eject(1)
    #expect(other.events() == [.storagePlugged(byteCount: Self.unit)])
    #expect(throws: StateRefusal.self) { try one.device.restore(StoragePieces(count: 5)) }
  }

  @Test("no guest, whatever it writes, gets storage that was not offered", arguments: 0..<6)
  func anyGuest(seed: Int) throws {
    var random = RandomNumbers(seed: UInt64(seed))
    let guest = try MemoryDeviceGuest()
    var most = 0
    for _ in 0..<4_000 {
      switch random.below(8) {
      case 0:
        most = random.below(6)
        guest.offer(UInt64(random.below(most + 1)), keeping: UInt64(most))
      case 1: guest.computer.recallPluggable()
      case 2: _ = guest.scan()
      case 3 where random.below(20) == 0:
        guest.computer.reset(clear: random.below(2) == 0)
        guest.listen()
      case 4:
        guest.answer(random.below(5), UInt64(random.below(4)), UInt64(random.below(2)))
      default:
        let sizes = [1, 2, 4]
        let values = [UInt64(random.below(16)), .max, 0x8000_0000]
        guest.write(
          UInt64(random.below(16)), values[random.below(3)], size: sizes[random.below(3)])
      }
      #expect(guest.events().count <= 2, "a write says two things at most")
      let present = guest.device.state.presentCount
      #expect(guest.computer.memory.attachedByteCount == 1 << 20 + UInt64(present) * Self.unit)
      let state = guest.device.state
      #expect((0..<4).allSatisfy { guest.isStorage($0) == state.isPresent($0) })
      #expect(present <= most && guest.computer.pluggedByteCount <= UInt64(present) * Self.unit)
    }
  }

  @Test(
    "a device is a memory block of Linux' at least, a whole increment, and one of 256",
    arguments: [
      (256 << 20, 512 << 20, 16 << 20, 128 << 20), (256 << 20, 1 << 30, 512 << 20, 512 << 20),
      (256 << 20, 32 << 30, 1 << 20, 128 << 20), (256 << 20, 33 << 30, 1 << 20, 256 << 20),
      (64 << 30, 8 << 30, 1 << 20, 2 << 30), (1 << 20, .max, 1 << 20, 1 << 56),
    ] as [(UInt64, UInt64, UInt64, UInt64)])
  func sizes(row: (initial: UInt64, reserved: UInt64, increment: UInt64, expected: UInt64)) {
    #expect(
      PCLayout.memoryDeviceByteCount(
        initial: row.initial, reserved: row.reserved, increment: row.increment) == row.expected)
  }
}
