import GuestPrograms
import Testing

@testable import Partitioning

/// PR/SM's contract with real guests: SPIN on processors of 5 MHz.
///
/// The oracle is the exact arithmetic of `ProcessingShare`; the tolerance 3.6 % of a partition's
/// own share.
struct SpinGuestTests {
  typealias Row = (
    name: String, processors: Int,
    guests: [(logicals: Int, weight: Int, limit: ShareLimit, cap: Int?)],
    expected: [Double]
  )

  static let rows: [Row] = [
    (
      "W1", 6, [(1, 300, .none, nil), (6, 100, .none, nil), (2, 900, .none, nil)], [1, 3, 2]
    ),
    (
      "W2", 6, [(6, 500, .hard(nil), nil), (3, 480, .hard(nil), nil), (3, 20, .hard(nil), nil)],
      [3, 2.88, 0.12]
    ),
    (
      "D2", 10,
      [(6, 600, .none, nil), (8, 250, .none, nil), (4, 100, .none, nil), (2, 50, .none, nil)],
      [6, 2.5, 1, 0.5]
    ),
    (
      "D3", 10,
      [(6, 600, .none, 350), (8, 250, .none, nil), (4, 100, .none, nil), (2, 50, .none, nil)],
      [3.5, 4.0625, 1.625, 0.8125]
    ),
  ]

  @Test(arguments: 0..<4)
  func sharesAfterTenSeconds(row: Int) throws {
    let row = Self.rows[row]
    let machine = try GuestMachine(
      processors: row.processors,
      row.guests.enumerated().map { index, guest in
        GuestMachine.partition(
          "SPIN\(index)", processors: guest.logicals, weight: guest.weight, limit: guest.limit,
          cap: guest.cap)
      })
    try machine.activateAll()
    let used = try machine.used(over: 10)
    for index in used.indices {
      #expect(
        abs(used[index] - row.expected[index]) <= 0.036 * row.expected[index],
        "\(row.name) \(index): \(used[index]) for \(row.expected[index])")
      #expect(machine.counter(.work, of: "SPIN\(index)") > 0)
    }
  }

  @Test func dedicatedProcessorsAreTheirOwners() throws {
    let machine = try GuestMachine(
      processors: 3,
      [
        GuestMachine.partition("OWN", processors: 2, mode: .dedicated),
        GuestMachine.partition("ONE", weight: 30), GuestMachine.partition("TWO", weight: 10),
      ])
    try machine.activateAll()
    let used = try machine.used(over: 5)
    #expect(abs(used[0] - 2) < 0.01)
    #expect(abs(used[1] - 0.75) < 0.0075)
    #expect(abs(used[2] - 0.25) < 0.0025)
    #expect(try machine.view("OWN").shares[0].deniedNanoseconds < 1_000_000)
  }

  @Test func weightsAndCapsChangeLive() throws {
    let machine = try GuestMachine(
      processors: 2,
      [GuestMachine.partition("A", processors: 2), GuestMachine.partition("B", processors: 2)])
    try machine.activateAll()
    machine.run(seconds: 1)
    try machine.manager.perform(.set(.weight("A", type: nil, weight: 300)))
    var used = try machine.used(over: 5)
    #expect(abs(used[0] - 1.5) < 0.03)
    try machine.manager.perform(.set(.cap("A", type: nil, .absolute(hundredths: 40))))
    used = try machine.used(over: 5)
    #expect(abs(used[0] - 0.4) < 0.01)
    #expect(abs(used[1] - 1.6) < 0.03)
    try machine.manager.perform(.set(.initialShare("A", type: nil)))
    used = try machine.used(over: 5)
    #expect(abs(used[0] - 1) < 0.02)
  }

  @Test func processorsComeAndGo() throws {
    let machine = try GuestMachine(
      processors: 4, [GuestMachine.partition("SPIN", reserved: 3)])
    try machine.activateAll()
    machine.run(seconds: 0.5)
    func configure(_ number: Int, online: Bool) throws {
      let result = try machine.manager.perform(
        .configureProcessor(
          "SPIN", processor: number, online: online, insistence: .polite, within: 10))
      #expect(result != .done)
      machine.run(seconds: 10) {
        machine.manager.partitionView("SPIN")?.pending.isEmpty ?? true
      }
      #expect(try machine.view("SPIN").pending.isEmpty)
    }
    let instructions = try machine.view("SPIN").instructionCount
    for _ in 0..<3 {
      for number in 1...3 { try configure(number, online: true) }
      machine.run(seconds: 0.2)
      #expect(abs(try machine.used(over: 1)[0] - 4) < 0.05)
      for number in 1...3 { try configure(number, online: false) }
      machine.run(seconds: 0.2)
      #expect(abs(try machine.used(over: 1)[0] - 1) < 0.02)
    }
    #expect(try machine.view("SPIN").instructionCount > instructions)
    #expect(machine.counter(.errors, of: "SPIN") == 0)
    #expect(machine.counter(.accepted, of: "SPIN") == 18)
  }

  @Test func deadlineAndCancelOfPendingChanges() throws {
    let machine = try GuestMachine(
      processors: 2,
      [GuestMachine.partition("SPIN", reserved: 1, megabytes: 4, reservedMegabytes: 4)])
    try machine.activateAll()
    machine.run(seconds: 0.5)
    try machine.manager.perform(.stop("SPIN", processor: 0))
    try machine.manager.perform(
      .configureStorage("SPIN", byteCount: 2 << 20, online: true, insistence: .polite, within: 1))
    #expect(machine.manager.ledger.freeByteCount == 250 << 20)
    #expect(try machine.view("SPIN").pending.count == 1)
    #expect(try machine.view("SPIN").storageByteCount == 4 << 20)
    machine.run(seconds: 2)
    #expect(try machine.view("SPIN").pending.isEmpty)
    #expect(machine.manager.ledger.freeByteCount == 252 << 20)
    try machine.manager.perform(
      .configureProcessor("SPIN", processor: 1, online: true, insistence: .polite, within: nil))
    try machine.manager.perform(.cancelPending("SPIN", kind: .processor))
    try machine.manager.perform(.start("SPIN", processor: 0))
    machine.run(seconds: 0.5)
    #expect(try machine.view("SPIN").processors[1].state == .reserved)
  }
}
