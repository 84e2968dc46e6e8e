import GuestPrograms
import Testing

@testable import Partitioning

/// Worked examples and rules of dispatching with real guests.
///
/// The oracles are the documents behind W and D and PR/SM's rules; the tolerance is PR/SM's 3.6 % of a
/// partition's own share.
struct DispatchGuestTests {
  /// A guest of a row: PULSE with this PARM, otherwise SPIN.
  struct Guest {
    var logicals: Int
    var weight: Int
    var pulse: String?
    var group: String?
    var limit = ShareLimit.none
    var cap: Int?
  }

  typealias Row = (
    name: String, processors: Int, polarity: Polarity, guests: [Guest], expected: [Double]
  )

  static let rows: [Row] = [
    (
      "W3", 8, .vertical, [Guest(logicals: 8, weight: 600), Guest(logicals: 8, weight: 400)],
      [4.8, 3.2]
    ),
    (
      "W4", 10, .vertical,
      [
        Guest(logicals: 4, weight: 300), Guest(logicals: 4, weight: 270),
        Guest(logicals: 10, weight: 430),
      ],
      [3, 2.7, 4.3]
    ),
    (
      "W6", 4, .horizontal, [Guest(logicals: 4, weight: 500), Guest(logicals: 4, weight: 500)],
      [2, 2]
    ),
    (
      "W6", 4, .vertical, [Guest(logicals: 4, weight: 500), Guest(logicals: 4, weight: 500)],
      [2, 2]
    ),
    (
      "W7", 10, .horizontal, [Guest(logicals: 2, weight: 120), Guest(logicals: 10, weight: 880)],
      [1.2, 8.8]
    ),
    // Three quarters of a processor are left when the third has its quarter.
    (
      "W8", 1, .horizontal,
      [
        Guest(logicals: 1, weight: 200), Guest(logicals: 1, weight: 100),
        Guest(logicals: 1, weight: 999, cap: 25),
      ],
      [0.5, 0.25, 0.25]
    ),
    (
      "D1", 6, .horizontal,
      [
        Guest(logicals: 6, weight: 500, pulse: "0 100"), Guest(logicals: 3, weight: 300),
        Guest(logicals: 3, weight: 200),
      ],
      [0, 3, 3]
    ),
    (
      "D4", 10, .horizontal,
      [
        Guest(logicals: 3, weight: 600), Guest(logicals: 8, weight: 250, limit: .hard(nil)),
        Guest(logicals: 4, weight: 100, pulse: "0 100"), Guest(logicals: 2, weight: 50),
      ],
      [3, 2.5, 0, 2]
    ),
    (
      "D5", 8, .horizontal,
      [
        Guest(logicals: 8, weight: 300, group: "PAIR"),
        Guest(logicals: 8, weight: 100, group: "PAIR"), Guest(logicals: 8, weight: 600),
      ],
      [1.5, 0.5, 6]
    ),
  ]

  @Test(arguments: 0..<9)
  func workedExamples(row: Int) throws {
    let row = Self.rows[row]
    let machine = try GuestMachine(
      processors: row.processors, megahertz: 2,
      groups: [
        GroupDefinition(name: "PAIR", absoluteCaps: [GroupCap(type: .cp, hundredths: 200)])
      ],
      row.guests.enumerated().map { index, guest in
        GuestMachine.partition(
          "G\(index)", guest.pulse == nil ? "SPIN" : "PULSE", parameters: guest.pulse ?? "",
          processors: guest.logicals, weight: guest.weight, limit: guest.limit, cap: guest.cap,
          group: guest.group, polarity: row.polarity)
      })
    try machine.activateAll()
    let used = try machine.used(over: 5)
    for index in used.indices {
      #expect(
        abs(used[index] - row.expected[index]) <= max(0.036 * row.expected[index], 0.02),
        "\(row.name) \(index): \(used[index]) for \(row.expected[index])")
    }
  }

  @Test func verticalHighsKeepTheirProcessors() throws {
    let machine = try GuestMachine(
      processors: 4, megahertz: 2,
      [
        GuestMachine.partition("HIGH", processors: 4, weight: 500, polarity: .vertical),
        GuestMachine.partition("FLAT", processors: 4, weight: 500),
      ])
    try machine.activateAll()
    machine.run(seconds: 2)
    let sample = try #require(machine.manager.measurement().partitions.first).logicals[0]
    #expect(sample.polarity == VerticalPolarity(entitlement: Fraction(2), logicalCount: 4))
    for number in 0..<2 {
      let counters = try machine.counters("HIGH", number)
      #expect(Double(counters.dispatched) / 2e9 > 0.99)
      #expect(counters.homeDispatches >= counters.dispatches - 1)
    }
    // The low ones run only while the other has not begun.
    for number in 2..<4 { #expect(try machine.counters("HIGH", number).dispatched < 20_000_000) }
    try machine.manager.perform(.set(.polarity("HIGH", .horizontal)))
    let before = try (0..<4).map { try machine.counters("HIGH", $0).dispatched }
    machine.run(seconds: 3)
    for number in 0..<4 {
      let used = Double(try machine.counters("HIGH", number).dispatched - before[number]) / 3e9
      #expect(abs(used - 0.5) < 0.03)
    }
  }

  @Test(arguments: ["PARK", ""])
  func parkedProcessorsAreLeftAloneWhenAsked(parameters: String) throws {
    let machine = try GuestMachine(
      processors: 4, megahertz: 2,
      [
        GuestMachine.partition(
          "LOW", parameters: parameters, processors: 4, weight: 500, polarity: .vertical),
        GuestMachine.partition("FLAT", processors: 4, weight: 500),
      ])
    try machine.manager.perform(.activate("LOW", load: true))
    machine.run(seconds: 0.3)
    try machine.manager.perform(.activate("FLAT", load: true))
    machine.run(seconds: 1)
    let before = try machine.counters("LOW", 3).ready
    machine.run(seconds: 2)
    let missed = try machine.counters("LOW", 3).ready - before
    // One that waits while it is parked does not ask for a processor; the other asks all the time.
    if parameters == "PARK" {
      #expect(missed < 500_000_000)
      #expect(try machine.view("LOW").processors[3].state != .checkStopped)
    } else {
      #expect(missed > 1_500_000_000)
    }
    // When the other goes, what it leaves is used by both.
    try machine.manager.perform(.deactivate("FLAT", force: true))
    machine.run(seconds: 3)
    let used = try machine.used(over: 1)
    #expect(used[0] > 3.9)
  }

  @Test func directedYieldGivesTheProcessorToASibling() throws {
    func share(_ parameters: String) throws -> Double {
      let machine = try GuestMachine(
        processors: 2,
        [
          GuestMachine.partition("PAIR", parameters: parameters, processors: 2, weight: 100),
          GuestMachine.partition("OTHER", processors: 2, weight: 300),
        ])
      try machine.activateAll()
      machine.run(seconds: 3)
      let first = try machine.counters("PAIR", 0)
      let second = try machine.counters("PAIR", 1)
      #expect(machine.counter(.errors, of: "PAIR") == 0)
      #expect((second.yields > 100) == (parameters == "YIELD"))
      // What it uses in all is its share, whoever of it runs.
      #expect(abs(Double(first.dispatched + second.dispatched) / 3e9 - 0.5) < 0.05)
      return Double(first.dispatched) / Double(first.dispatched + second.dispatched)
    }
    #expect(abs(try share("") - 0.5) < 0.05)
    #expect(try share("YIELD") > 0.7)
  }

  @Test func aWarnedGuestGivesItsProcessorUp() throws {
    let machine = try GuestMachine(
      processors: 1,
      [
        GuestMachine.partition("WARNED", parameters: "WARN"),
        GuestMachine.partition("OTHER"),
      ])
    try machine.activateAll()
    let used = try machine.used(over: 3)
    #expect(abs(used[0] - 0.5) < 0.018)
    let counters = try machine.counters("WARNED")
    #expect(counters.warningYielded > 0)
    // Each time it is told within the grace period before the end, and gives back what is left.
    #expect(counters.warningYielded <= counters.dispatches * UInt64(Dispatcher.grace))
    #expect(try machine.counters("OTHER").warningYielded == 0)
    #expect(machine.counter(.errors, of: "WARNED") == 0)
    #expect(machine.counter(.strayInterrupts, of: "WARNED") == 0)
  }

  @Test func waitCompletionIsSwitchedLive() throws {
    let machine = try GuestMachine(
      processors: 1, [GuestMachine.partition("PULSE", "PULSE", parameters: "20 2")])
    try machine.activateAll()
    machine.run(seconds: 1)
    let driven = try machine.counters("PULSE")
    #expect(driven.waiting == 0)
    #expect(driven.dispatches > 450)
    try machine.manager.perform(.set(.waitCompletion(true)))
    machine.run(seconds: 1)
    let completed = try machine.counters("PULSE") - driven
    #expect(completed.dispatches < 250)
    #expect(completed.waiting > 500_000_000)
    #expect(abs(Double(completed.effective - completed.waiting) / 1e9 - 0.2) < 0.02)
    let sample = machine.manager.measurement()
    let physical = sample.processors[0].counters
    #expect(
      physical.effective + physical.management + physical.idle + physical.offline == sample.time)
  }

  @Test func runningTimeIsSetLive() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 2, [GuestMachine.partition("A"), GuestMachine.partition("B")])
    try machine.activateAll()
    try machine.manager.perform(.set(.runningTime(nanoseconds: 50_000_000)))
    machine.run(seconds: 1)
    let before = try machine.counters("A").dispatches
    machine.run(seconds: 5)
    #expect(abs(Int(try machine.counters("A").dispatches - before) - 50) <= 1)
  }

  @Test func physicalProcessorsGoOffAndComeBackUnderLoad() throws {
    let machine = try GuestMachine(
      processors: 4, megahertz: 2,
      [
        GuestMachine.partition("HIGH", processors: 2, weight: 500, polarity: .vertical),
        GuestMachine.partition("FLAT", processors: 2, weight: 500),
      ])
    try machine.activateAll()
    machine.run(seconds: 0.5)
    for round in 0..<4 {
      let going = [round % 2, 2 + round / 2]
      for number in going { try machine.manager.perform(.varyProcessor(number, online: false)) }
      machine.run(seconds: 0.2)
      // One of the two processors left is its own.
      let used = try machine.used(over: 1)
      #expect(abs(used[0] - 1) < 0.036 && abs(used[1] - 1) < 0.036)
      for number in going { try machine.manager.perform(.varyProcessor(number, online: true)) }
      machine.run(seconds: 0.2)
      let all = try machine.used(over: 1)
      #expect(abs(all[0] - 2) < 0.072 && abs(all[1] - 2) < 0.072)
    }
    let sample = machine.manager.measurement()
    for processor in sample.processors {
      let time = processor.counters
      #expect(time.effective + time.management + time.idle + time.offline == sample.time)
      #expect(time.offline > 0)
    }
  }
}
