import Testing

@testable import Partitioning

/// The report's arithmetic: RMF's formulas and worked example D10, exact.
struct PartitionDataReportTests {
  private static let second: UInt64 = 1_000_000_000

  private func counters(effective: UInt64, dispatched: UInt64, online: UInt64)
    -> ProcessorCounters
  {
    var counters = ProcessorCounters()
    counters.effective = effective
    counters.dispatched = dispatched
    counters.online = online
    return counters
  }

  /// A machine of CPs with these partitions; whatever is left of the time is idle.
  private func sample(
    at time: UInt64, processors: Int, unattributed: UInt64 = 0,
    _ partitions: [(online: Int, activated: UInt64, counters: ProcessorCounters)]
  ) -> MeasurementSample {
    var total = PhysicalCounters()
    total.effective = partitions.reduce(0) { $0 + $1.counters.effective }
    total.management =
      unattributed + partitions.reduce(0) { $0 + $1.counters.dispatched - $1.counters.effective }
    total.idle = time * UInt64(processors) - total.effective - total.management
    return MeasurementSample(
      time: time,
      processors: (0..<processors).map {
        MeasurementSample.Processor(
          number: $0, type: .cp, isOnline: true,
          counters: $0 == 0 ? total : PhysicalCounters())
      },
      partitions: partitions.enumerated().map { number, partition in
        MeasurementSample.PartitionSample(
          name: "LP\(number)", number: number, isActive: true, activated: partition.activated,
          logicals: [
            MeasurementSample.Logicals(
              type: .cp, defined: partition.online, online: partition.online, weight: 100,
              counters: partition.counters)
          ])
      })
  }

  @Test func d10UtilizationOfTwoPartitions() throws {
    let second = Self.second
    let nothing = ProcessorCounters()
    let report = try PartitionDataReport(
      from: sample(at: 0, processors: 6, [(3, 0, nothing), (6, 0, nothing)]),
      to: sample(
        at: 900 * second, processors: 6,
        [
          (
            3, 0,
            counters(effective: 1350 * second, dispatched: 1368 * second, online: 2700 * second)
          ),
          (
            6, 0,
            counters(effective: 2160 * second, dispatched: 2214 * second, online: 5400 * second)
          ),
        ]))
    #expect(report.interval == 900 * second)
    let pool = try #require(report.pools.first)
    let printed = pool.rows.map { row in
      let columns = pool.utilization(of: row)
      return [
        columns.logicalEffective, columns.logicalTotal, columns.management, columns.effective,
        columns.total,
      ].map { $0.printed(100) }
    }
    #expect(printed == [[5000, 5067, 33, 2500, 2533], [4000, 4100, 100, 4000, 4100]])
    #expect(pool.rows.map { $0.averageOnline(interval: report.interval) } == [3, 6])
    #expect(pool.total.total == pool.rows.reduce(0) { $0 + pool.utilization(of: $1).total })
    #expect(pool.unattributed == 0)
  }

  @Test func msuComeFromEffectiveTime() throws {
    let second = Self.second
    let report = try PartitionDataReport(
      from: sample(at: 0, processors: 2, [(2, 0, ProcessorCounters())]),
      to: sample(
        at: 10 * second, processors: 2,
        [(2, 0, counters(effective: 15 * second, dispatched: 16 * second, online: 20 * second))]),
      capacityUnits: [.cp: 200])
    let pool = try #require(report.pools.first)
    #expect(pool.capacityUsed(by: pool.rows[0]) == 300)
    #expect(pool.processors(of: pool.rows[0]) == Fraction(16, 10))
  }

  @Test func activationWithinTheIntervalCountsFromThere() throws {
    let second = Self.second
    let before = sample(
      at: 10 * second, processors: 1,
      [(1, 0, counters(effective: 6 * second, dispatched: 7 * second, online: 10 * second))])
    var after = sample(
      at: 20 * second, processors: 1,
      [
        (
          1, 15 * second,
          counters(effective: 2 * second, dispatched: 3 * second, online: 5 * second)
        )
      ])
    // Three seconds more, and one of management, in the activation that ended at 15 s.
    after.processors[0].counters.effective = 11 * second
    after.processors[0].counters.management = 3 * second
    after.processors[0].counters.idle = 6 * second
    let pool = try #require(try PartitionDataReport(from: before, to: after).pools.first)
    #expect(pool.rows[0].isPartial)
    #expect(pool.rows[0].spent.effective == 2 * second)
    #expect(pool.departed == 3 * second)
    #expect(pool.unattributed == 1 * second)
    #expect(pool.available == 10 * second)
  }

  @Test func samplesMustBeTheEndsOfAnInterval() {
    let one = sample(at: 5, processors: 1, [])
    #expect(throws: ReportError.emptyInterval(from: 5, to: 5)) {
      try PartitionDataReport(from: one, to: one)
    }
    let other = sample(at: 9, processors: 2, [])
    #expect(throws: ReportError.differentMachines) {
      try PartitionDataReport(from: one, to: other)
    }
    #expect(throws: ReportError.differentMachines) { try ProcessorReport(from: one, to: other) }
  }

  @Test func damagedSamplesAreRefused() {
    let spent = counters(effective: 9, dispatched: 9, online: 9)
    let first = sample(at: 1, processors: 1, [(1, 0, ProcessorCounters())])
    let last = sample(at: 10, processors: 1, [(1, 0, spent)])
    var damaged = last
    damaged.partitions[0].logicals[0].counters.effective = 10
    #expect(throws: ReportError.inconsistent(.cp)) {
      try PartitionDataReport(from: first, to: damaged)
    }
    damaged = last
    damaged.processors[0].counters.idle += 1
    #expect(throws: ReportError.inconsistent(.cp)) {
      try PartitionDataReport(from: first, to: damaged)
    }
    #expect(throws: ReportError.inconsistent(.cp)) {
      try ProcessorReport(from: first, to: damaged)
    }
    damaged = last
    damaged.processors[0].counters.effective -= 1
    damaged.processors[0].counters.idle += 1
    #expect(throws: ReportError.inconsistent(.cp)) {
      try PartitionDataReport(from: first, to: damaged)
    }
    #expect(throws: Never.self) { try PartitionDataReport(from: first, to: last) }
  }

  @Test func processorsAreReportedOneByOne() throws {
    let second = Self.second
    var first = sample(at: 0, processors: 2, [])
    first.time = 10 * second
    var last = first
    last.time = 14 * second
    last.processors[0].counters.effective += 3 * second
    last.processors[0].counters.management += second
    last.processors[1].counters.idle += second
    last.processors[1].counters.offline += 3 * second
    let rows = try ProcessorReport(from: first, to: last).rows
    #expect(rows.map(\.effective) == [75, 0])
    #expect(rows.map(\.management) == [25, 0])
    #expect(rows.map(\.busy) == [100, 0])
    #expect(rows.map(\.online) == [4 * second, second])
  }

  /// The identity of the published formulas, to the nanosecond, over 100,000 random machines.
  @Test(arguments: 0..<20)
  func everyNanosecondIsSomebodys(part: Int) throws {
    var broken: [UInt64] = []
    for seed in UInt64(part * 5000)..<UInt64((part + 1) * 5000) {
      var generator = SeededGenerator(seed: seed)
      let machine = RandomMachine(&generator)
      let report = try PartitionDataReport(
        from: sample(at: machine.length, of: machine, machine.first),
        to: sample(at: 2 * machine.length, of: machine, machine.last))
      guard let pool = report.pools.first else { continue }
      let effective = pool.rows.reduce(0) { $0 + $1.spent.effective }
      let management = pool.rows.reduce(0) { $0 + $1.management }
      let holds =
        effective + management + pool.unattributed + pool.physical.idle
        == machine.length * UInt64(machine.processors)
        && pool.departed == 0 && pool.unattributed == machine.unattributed
        && pool.total.total + pool.percent(pool.physical.idle) == 100
      if !holds { broken.append(seed) }
    }
    #expect(broken == [])
  }

  private func sample(
    at time: UInt64, of machine: RandomMachine, _ counters: [ProcessorCounters]
  ) -> MeasurementSample {
    sample(
      at: time, processors: machine.processors,
      unattributed: machine.unattributed * (time / machine.length), counters.map { (1, 0, $0) })
  }
}

/// What partitions spent by the ends of two intervals of the same length, at random; never more than
/// there was.
private struct RandomMachine {
  let processors: Int
  let length: UInt64
  let unattributed: UInt64
  private(set) var first: [ProcessorCounters]
  private(set) var last: [ProcessorCounters]

  init(_ generator: inout SeededGenerator) {
    processors = Int.random(in: 1...16, using: &generator)
    length = UInt64.random(in: 1000...900_000_000_007, using: &generator)
    unattributed = UInt64.random(in: 0...length / 16, using: &generator)
    let count = Int.random(in: 1...9, using: &generator)
    let most = length * UInt64(processors) / UInt64(4 * count)
    first = (0..<count).map { _ in ProcessorCounters() }
    last = first
    for index in first.indices {
      first[index] = Self.added(to: first[index], most, length, &generator)
      last[index] = Self.added(to: first[index], most, length, &generator)
    }
  }

  private static func added(
    to before: ProcessorCounters, _ most: UInt64, _ length: UInt64,
    _ generator: inout SeededGenerator
  ) -> ProcessorCounters {
    var counters = before
    let effective = UInt64.random(in: 0...2 * most, using: &generator)
    counters.effective += effective
    counters.dispatched += effective + UInt64.random(in: 0...most, using: &generator)
    counters.online += length
    return counters
  }
}
