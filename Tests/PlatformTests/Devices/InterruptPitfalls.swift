import Testing
import X86

@testable import Platform

// Pitfall 45, the APICs. Oracle: Intel SDM volume 3A, chapter "Advanced Programmable Interrupt
// Controller (APIC)", and the 82093AA datasheet.

/// Receivers of a destination among 32 processors.
struct DestinationRow: CustomTestStringConvertible {
  enum Mode: String { case flat, cluster, extended }
  let mode: Mode
  let destination: InterruptMessage.Destination
  let receivers: [Int]
  var testDescription: String { "\(mode) \(destination)" }

  static let all: [DestinationRow] = [
    .init(mode: .flat, destination: .logical(0x81), receivers: [0, 7]),
    .init(mode: .flat, destination: .logical(0x00), receivers: []),
    .init(mode: .flat, destination: .physical(9), receivers: [9]),
    .init(mode: .flat, destination: .physical(LocalAPICChip.broadcast), receivers: Array(0..<32)),
    // Cluster n holds processors 4n to 4n + 3.
    .init(mode: .cluster, destination: .logical(0x15), receivers: [4, 6]),
    .init(mode: .cluster, destination: .logical(0x7F), receivers: [28, 29, 30, 31]),
    .init(mode: .cluster, destination: .logical(0xF1), receivers: []),
    .init(mode: .extended, destination: .logical(0x8001), receivers: [0, 15]),
    .init(mode: .extended, destination: .logical(0xFF), receivers: Array(0..<8)),
    .init(mode: .extended, destination: .logical(0x1_0004), receivers: [18]),
    .init(mode: .extended, destination: .logical(0x2_FFFF), receivers: []),
    .init(
      mode: .extended, destination: .logical(LocalAPICChip.broadcast), receivers: Array(0..<32)),
    .init(mode: .extended, destination: .physical(31), receivers: [31]),
    .init(mode: .extended, destination: .physical(0xFF), receivers: []),
    .init(mode: .extended, destination: .sender, receivers: [3]),
    .init(
      mode: .extended, destination: .allButSender, receivers: Array(0..<3) + Array(4..<32)),
    .init(mode: .extended, destination: .all, receivers: Array(0..<32)),
  ]
}

@Suite("Pitfall 45: local and I/O APIC")
struct InterruptPitfalls {
  private static let vector: UInt8 = 0x71

  private func computer(_ count: Int, _ mode: DestinationRow.Mode = .extended) throws -> Computer {
    let computer = try LoadTests.computer(storage: 2 << 20, processors: count)
    computer.values.ending = nil
    for number in 0..<count {
      let network = computer.network
      if mode == .extended {
        #expect(network.writeBase(number, network.state.apics[number].base | 0x400))
        _ = network.writeExtended(number, 0x0F, 0x1FF, now: 0)
      } else {
        _ = network.writeLocal(number, 0xF0, 0x1FF, now: 0)
        let own: UInt32 =
          mode == .flat
          ? (number < 8 ? 1 << UInt32(number) : 0)
          : UInt32(number / 4) << 4 | 1 << UInt32(number % 4)
        _ = network.writeLocal(number, 0xD0, own << 24, now: 0)
        if mode == .cluster { _ = network.writeLocal(number, 0xE0, 0x0FFF_FFFF, now: 0) }
      }
    }
    return computer
  }

  private func requested(_ computer: Computer, _ vector: UInt8) -> [Int] {
    computer.network.state.apics.indices.filter {
      computer.network.state.apics[$0].requests[Int(vector >> 5)] & 1 << UInt32(vector & 31) != 0
    }
  }

  @Test("a message reaches exactly its destination", arguments: DestinationRow.all)
  func destinations(row: DestinationRow) throws {
    let computer = try computer(32, row.mode)
    let message = InterruptMessage(
      delivery: .fixed, vector: Self.vector, isLevel: false, destination: row.destination)
    #expect(computer.network.deliver(message, from: 3) == !row.receivers.isEmpty)
    #expect(requested(computer, Self.vector) == row.receivers)
  }

  @Test("eight destination bits of ones mean all processors", arguments: [0, 0x800] as [UInt32])
  func narrowBroadcast(mode: UInt32) throws {
    let computer = try computer(32, .flat)
    _ = computer.network.writeLocal(0, 0x310, 0xFF00_0000, now: 0)
    _ = computer.network.writeLocal(0, 0x300, mode | UInt32(Self.vector), now: 0)
    #expect(requested(computer, Self.vector) == Array(0..<32))
  }

  @Test("lowest priority goes to the least busy, ties to the lowest number")
  func lowestPriority() throws {
    let computer = try computer(8)
    for number in 0..<8 { computer.network.setTaskPriority(number, number < 4 ? 0x50 : 0x20) }
    // A processor whose local APIC is disabled by software takes no part.
    _ = computer.network.writeExtended(4, 0x0F, 0xFF, now: 0)
    let message = InterruptMessage(
      delivery: .lowestPriority, vector: Self.vector, isLevel: false, destination: .logical(0xFF))
    computer.network.deliver(message, from: 0)
    #expect(requested(computer, Self.vector) == [5])
    _ = computer.network.acknowledge(5)
    computer.network.deliver(message, from: 0)
    #expect(requested(computer, Self.vector) == [6])
  }

  @Test("processor priority is the higher class of task and service, with the task's low bits")
  func processorPriority() throws {
    let computer = try computer(1)
    let network = computer.network
    network.setTaskPriority(0, 0x43)
    #expect(network.readExtended(0, 0x0A, now: 0) == 0x43)
    network.requestVector(0x5A, on: 0)
    #expect(network.acknowledge(0) == 0x5A)
    #expect(network.readExtended(0, 0x0A, now: 0) == 0x50)
    network.setTaskPriority(0, 0x52)
    #expect(network.readExtended(0, 0x0A, now: 0) == 0x52)
  }

  @Test("an interrupt held back by CR8 is requested when CR8 falls")
  func taskPriorityReleases() throws {
    let computer = try computer(1)
    computer.network.setTaskPriority(0, 0x70)
    computer.network.requestVector(Self.vector, on: 0)
    #expect(!computer.processors[0].interruptRequested)
    computer.network.setTaskPriority(0, 0x60)
    #expect(computer.processors[0].interruptRequested)
  }

  @Test("a vector withdrawn by priority before it is taken is the spurious one, out of service")
  func spurious() throws {
    let computer = try computer(1)
    computer.network.requestVector(Self.vector, on: 0)
    computer.network.setTaskPriority(0, 0xF0)
    #expect(computer.network.acknowledge(0) == 0xFF)
    #expect(computer.network.state.apics[0].inService == SIMD8(repeating: 0))
    #expect(requested(computer, Self.vector) == [0])
  }

  @Test("illegal vectors are errors of sender and receiver, shown after a write of the register")
  func errorStatus() throws {
    let computer = try computer(2)
    let network = computer.network
    _ = network.writeExtended(1, 0x37, 0xFE, now: 0)
    _ = network.writeExtended(0, 0x30, 1 << 32 | 0x4005, now: 0)
    #expect(network.readExtended(0, 0x28, now: 0) == 0)
    for number in 0..<2 { _ = network.writeExtended(number, 0x28, 0, now: 0) }
    #expect(network.readExtended(0, 0x28, now: 0) == 0x20)
    #expect(network.readExtended(1, 0x28, now: 0) == 0x40)
    // Its error entry is not masked: the interrupt is requested.
    #expect(requested(computer, 0xFE) == [1])
    _ = network.writeExtended(1, 0x28, 0, now: 0)
    #expect(network.readExtended(1, 0x28, now: 0) == 0)
  }

  @Test("a register that does not exist is an error in memory, an exception as an MSR")
  func illegalRegister() throws {
    let flat = try computer(1, .flat)
    #expect(flat.network.readLocal(0, 0x40, now: 0) == 0)
    _ = flat.network.writeLocal(0, 0x280, 0, now: 0)
    #expect(flat.network.readLocal(0, 0x280, now: 0) == 0x80)
    let computer = try computer(1)
    for index in [0x04, 0x09, 0x0B, 0x0C, 0x0E, 0x31] as [UInt32] {
      #expect(computer.network.readExtended(0, index, now: 0) == nil, "\(index)")
    }
  }

  @Test(
    "reserved bits and read-only registers are exceptions in x2APIC mode",
    arguments: [
      (0x02, 0), (0x03, 0), (0x08, 0x100), (0x0A, 0), (0x0B, 1), (0x0D, 0), (0x0F, 0x400),
      (0x10, 0), (0x18, 0), (0x20, 0), (0x28, 1), (0x30, 0x10_0000), (0x32, 0x8_0000),
      (0x35, 0x2_0000), (0x37, 0x400), (0x38, 1 << 32), (0x39, 0), (0x3E, 4), (0x3F, 0x100),
    ] as [(UInt32, UInt64)])
  func reservedBits(index: UInt32, value: UInt64) throws {
    let computer = try computer(1)
    #expect(computer.network.writeExtended(0, index, value, now: 0) == .rejected)
  }

  @Test("software disable masks the local vector table, and it cannot be unmasked meanwhile")
  func softwareDisable() throws {
    let computer = try computer(1)
    let network = computer.network
    _ = network.writeExtended(0, 0x35, 0x700, now: 0)
    #expect(network.readExtended(0, 0x35, now: 0) == 0x700)
    _ = network.writeExtended(0, 0x0F, 0xFF, now: 0)
    #expect(network.readExtended(0, 0x35, now: 0) == 0x1_0700)
    _ = network.writeExtended(0, 0x36, 0x400, now: 0)
    #expect(network.readExtended(0, 0x36, now: 0) == 0x1_0400)
    // NMI, INIT and start-up messages still come through.
    let message = InterruptMessage(
      delivery: .nonMaskable, vector: 0, isLevel: false, destination: .physical(0))
    #expect(network.deliver(message, from: nil))
    #expect(computer.processors[0].nonMaskableRequested)
  }

  @Test("delivery status is idle, as messages arrive at once")
  func deliveryStatus() throws {
    let computer = try computer(2, .flat)
    _ = computer.network.writeLocal(0, 0x310, 1 << 24, now: 0)
    _ = computer.network.writeLocal(0, 0x300, 0x1000 | UInt32(Self.vector), now: 0)
    #expect(computer.network.readLocal(0, 0x300, now: 0) & 0x1000 == 0)
    #expect(requested(computer, Self.vector) == [1])
  }

  // MARK: INIT

  @Test("INIT keeps the mode and identity of the local APIC and clears the rest")
  func initialize() throws {
    let computer = try computer(2)
    let network = computer.network
    network.requestVector(Self.vector, on: 1)
    let message = InterruptMessage(
      delivery: .initialize, vector: 0, isLevel: false, destination: .physical(1))
    network.deliver(message, from: 0)
    #expect(network.state.apics[1].isX2APIC)
    #expect(network.readExtended(1, 0x02, now: 0) == 1)
    #expect(network.readExtended(1, 0x0F, now: 0) == 0xFF)
    #expect(requested(computer, Self.vector) == [])
    #expect(computer.processors[1].activity == .waitingForStartup)
  }

  @Test("INIT sends the bootstrap processor to the reset vector; it waits for no start-up message")
  func initializeBootstrap() throws {
    let computer = try computer(2)
    let message = InterruptMessage(
      delivery: .initialize, vector: 0, isLevel: false, destination: .physical(0))
    computer.network.deliver(message, from: 1)
    #expect(computer.processors[0].activity == .running)
    #expect(computer.processors[0].instructionPointer == 0xFFF0)
  }

  // MARK: Timer

  @Test(
    "the timer divides by the configuration's code",
    arguments: zip(
      [0b1011, 0b0000, 0b0001, 0b0010, 0b0011, 0b1000, 0b1001, 0b1010] as [UInt32],
      [1, 2, 4, 8, 16, 32, 64, 128] as [UInt64]))
  func divide(code: UInt32, divisor: UInt64) throws {
    let computer = try computer(1, .flat)
    _ = computer.network.writeLocal(0, 0x320, 0x40, now: 0)
    _ = computer.network.writeLocal(0, 0x3E0, code, now: 0)
    _ = computer.network.writeLocal(0, 0x380, 1000, now: 5)
    #expect(computer.nextDeadline(of: 0) == 5 + 1000 * divisor)
    #expect(computer.network.readLocal(0, 0x390, now: 5 + 250 * divisor) == 750)
  }

  @Test("a count that runs goes on from where it is when the divisor changes")
  func divideChanges() throws {
    let computer = try computer(1, .flat)
    _ = computer.network.writeLocal(0, 0x320, 0x40, now: 0)
    _ = computer.network.writeLocal(0, 0x3E0, 0xB, now: 0)
    _ = computer.network.writeLocal(0, 0x380, 1000, now: 0)
    _ = computer.network.writeLocal(0, 0x3E0, 0x1, now: 400)
    #expect(computer.network.readLocal(0, 0x390, now: 400) == 600)
    #expect(computer.nextDeadline(of: 0) == 400 + 600 * 4)
  }

  @Test("an expiry while the timer's entry is masked is lost, in every mode")
  func maskedExpiry() throws {
    let computer = try computer(1, .flat)
    let network = computer.network
    _ = network.writeLocal(0, 0x3E0, 0xB, now: 0)
    _ = network.writeLocal(0, 0x320, 0x1_0040, now: 0)
    _ = network.writeLocal(0, 0x380, 1000, now: 0)
    #expect(computer.nextDeadline(of: 0) == nil)
    _ = network.writeLocal(0, 0x320, 0x0_0040, now: 2000)
    #expect(computer.nextDeadline(of: 0) == nil)
    // A periodic count goes on meanwhile.
    _ = network.writeLocal(0, 0x320, 0x3_0040, now: 2000)
    _ = network.writeLocal(0, 0x380, 20_000, now: 2000)
    #expect(network.readLocal(0, 0x390, now: 27_000) == 15_000)
    _ = network.writeLocal(0, 0x320, 0x2_0040, now: 27_000)
    #expect(computer.nextDeadline(of: 0) == 42_000)
    // The deadline register is 0 afterwards.
    _ = network.writeLocal(0, 0x320, 0x5_0040, now: 30_000)
    network.setTimestampDeadline(0, 40_000)
    #expect(network.timestampDeadline(0, now: 39_999) == 40_000)
    #expect(network.timestampDeadline(0, now: 40_000) == 0)
  }

  @Test("the initial count is ignored in deadline mode")
  func countInDeadlineMode() throws {
    let computer = try computer(1, .flat)
    _ = computer.network.writeLocal(0, 0x320, 0x4_0040, now: 0)
    _ = computer.network.writeLocal(0, 0x380, 1000, now: 0)
    #expect(computer.network.readLocal(0, 0x380, now: 0) == 0)
    #expect(computer.network.readLocal(0, 0x390, now: 1) == 0)
  }

  // MARK: I/O APIC

  private func route(_ computer: Computer, pin: UInt32, _ low: UInt32, destination: UInt32 = 0) {
    computer.network.writeIOAPIC(0, 0x11 + 2 * pin)
    computer.network.writeIOAPIC(0x10, destination << 24)
    computer.network.writeIOAPIC(0, 0x10 + 2 * pin)
    computer.network.writeIOAPIC(0x10, low)
  }

  private func remoteRequest(_ computer: Computer) -> Bool {
    computer.network.readIOAPIC(0x10) & 0x4000 != 0
  }

  @Test("a level is in service from acceptance to its end, and comes again while the line is high")
  func levelInService() throws {
    let computer = try computer(4)
    let network = computer.network
    route(computer, pin: 5, 0x8000 | UInt32(Self.vector), destination: 2)
    network.setLine(5, high: true)
    #expect(requested(computer, Self.vector) == [2])
    #expect(remoteRequest(computer))
    #expect(network.acknowledge(2) == Self.vector)
    network.setLine(5, high: false)
    network.setLine(5, high: true)
    #expect(requested(computer, Self.vector) == [])
    _ = network.writeExtended(2, 0x0B, 0, now: 0)
    #expect(requested(computer, Self.vector) == [2])
    _ = network.acknowledge(2)
    network.setLine(5, high: false)
    _ = network.writeExtended(2, 0x0B, 0, now: 0)
    #expect(!remoteRequest(computer))
    #expect(requested(computer, Self.vector) == [])
  }

  @Test("a level that nobody accepts is not in service")
  func levelUnaccepted() throws {
    let computer = try computer(2)
    route(computer, pin: 5, 0x8000 | UInt32(Self.vector), destination: 7)
    computer.network.setLine(5, high: true)
    #expect(!remoteRequest(computer))
    route(computer, pin: 5, 0x8000 | UInt32(Self.vector), destination: 1)
    #expect(requested(computer, Self.vector) == [1])
    #expect(remoteRequest(computer))
  }

  @Test("an NMI of the I/O APIC has no end and is never in service")
  func levelNonMaskable() throws {
    let computer = try computer(2)
    route(computer, pin: 5, 0x8400, destination: 1)
    computer.network.setLine(5, high: true)
    #expect(computer.processors[1].nonMaskableRequested)
    #expect(!remoteRequest(computer))
  }
}
