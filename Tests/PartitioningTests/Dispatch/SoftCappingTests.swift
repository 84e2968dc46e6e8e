import GuestPrograms
import Testing

@testable import Partitioning

/// Defined capacities on a running machine: averages are taken every five minutes, and what follows
/// from them holds until the next.
///
/// The oracles are the vectors D8 and D9, which follow from the published rules.
struct SoftCappingTests {
  /// One partition that always uses so many MSU, on a machine of 1,000.
  private struct Constant {
    var capping = SoftCapping()
    var used: UInt64 = 0
    let units: Int
    let weight: Int
    let capacity: Int?

    /// Lets five minutes pass, in steps of ten seconds; gives the part of the steps that were capped.
    mutating func pass(_ interval: Int) -> Fraction {
      let end = UInt64(interval + 1) * RollingAverage.interval
      var capped = 0
      let pool = pool
      for step in stride(from: end - RollingAverage.interval, to: end, by: 10_000_000_000) {
        if step > 0 { _ = capping.judge(pool, at: step) }
        if capping.partitionLevel(0) != nil { capped += 1 }
      }
      used += RollingAverage.interval * UInt64(units) / 1000
      return Fraction(Int128(capped), 30)
    }

    var pool: SoftCapping.Pool {
      var counters = ProcessorCounters()
      counters.effective = used
      return SoftCapping.Pool(
        units: 1000, sharedProcessors: 1, groupCapacities: [],
        members: [
          SoftCapping.Member(
            number: 0, weight: weight, definedCapacity: capacity, group: nil, entered: 0,
            counters: counters),
          SoftCapping.Member(
            number: 1, weight: 1000 - weight, definedCapacity: nil, group: nil, entered: 0,
            counters: ProcessorCounters()),
        ])
    }
  }

  @Test func d8AveragesBeginAtNothing() {
    var machine = Constant(units: 1000, weight: 400, capacity: 10)
    var averages: [Fraction] = []
    for interval in 0..<4 {
      _ = machine.pass(interval)
      averages.append(machine.capping.state(0)?.average ?? .zero)
    }
    #expect(averages == [0, 1000, 2000, 3000].map { Fraction($0, 48) })
  }

  @Test func d8CappedAfterTheFirstSample() {
    var machine = Constant(units: 1000, weight: 400, capacity: 10)
    #expect(machine.pass(0) == .zero)
    #expect(machine.pass(1) == Fraction(1))
    // A phantom weight brings the share of 400 MSU down to 10.
    #expect(machine.capping.partitionLevel(0) == Fraction(10, 1000))
  }

  @Test func d8ConstantUseIsCappedAtSample33() {
    var machine = Constant(units: 300, weight: 400, capacity: 200)
    var first: Int?
    for interval in 0..<40 where first == nil {
      if machine.pass(interval) > .zero { first = interval }
    }
    #expect(first == 33)
  }

  @Test func d9Phantom() {
    var machine = Constant(units: 900, weight: 400, capacity: 250)
    for interval in 0..<15 { _ = machine.pass(interval) }
    #expect(machine.capping.state(0)?.cap == .phantomWeight(Fraction(600)))
    #expect(machine.capping.partitionLevel(0) == Fraction(1, 4))
  }

  @Test func d9PatternIsCappedFiveSixthsOfTheTime() {
    var machine = Constant(units: 400, weight: 100, capacity: 150)
    var last = Fraction.zero
    for interval in 0..<40 { last = machine.pass(interval) }
    #expect(machine.capping.state(0)?.cap == .pattern(capped: Fraction(5, 6)))
    #expect(last == Fraction(25, 30))
  }

  @Test func aRunningPartitionIsHeldAtItsDefinedCapacity() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 1, capacityUnits: 100, epoch: 1_000_000,
      [
        GuestMachine.partition("CAPPED", weight: 500), GuestMachine.partition("OTHER", weight: 500),
      ])
    try machine.activateAll()
    try machine.manager.perform(.set(.definedCapacity("CAPPED", units: 1)))
    machine.run(seconds: 299)
    #expect(machine.manager.softCapState(of: "CAPPED")?.level == nil)
    machine.run(seconds: 2)
    // It used half of the machine for the first sample: 50 of 100 MSU, an average of 50/48.
    let state = try #require(machine.manager.softCapState(of: "CAPPED"))
    #expect(abs(state.average.approximation - 50.0 / 48) < 0.01)
    #expect(state.level == Fraction(1, 100))
    let used = try machine.used(over: 20)
    #expect(used[0] <= 0.01 * 1.031)
    #expect(used[1] > 0.98)
    try machine.manager.perform(.set(.definedCapacity("CAPPED", units: nil)))
    let free = try machine.used(over: 5)
    #expect(abs(free[0] - 0.5) < 0.02)
  }

  @Test func aGroupOverItsCapacityIsDividedByWeight() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 1,
      groups: [GroupDefinition(name: "PAIR", capacityUnits: 5)], capacityUnits: 600,
      epoch: 1_000_000,
      [
        GuestMachine.partition("A", weight: 200, group: "PAIR"),
        GuestMachine.partition("B", weight: 100, group: "PAIR"),
        GuestMachine.partition("OTHER", weight: 300),
      ])
    try machine.activateAll()
    machine.run(seconds: 301)
    #expect(machine.manager.groupAverage(of: "PAIR").map { $0 > Fraction(5) } == true)
    let used = try machine.used(over: 30)
    // Five MSU of 600, two parts to one.
    #expect(abs(used[0] - 2.0 / 360) < 0.0005)
    #expect(abs(used[1] - 1.0 / 360) < 0.0005)
  }

  /// What one member wants, and others share, makes levels of long terms; five minutes later others.
  @Test func levelsOfLongTermsFollowEachOther() throws {
    let interval = RollingAverage.interval
    let weights = [9973, 9967, 10_000]
    var capping = SoftCapping()
    let pool = SyntheticPool(
      processors: 2,
      weights.enumerated().map { number, weight in
        (
          ShareClaim(ShareDefinition(.relative(weight)), logicalCount: 1),
          [number < 2 ? .greedy : .pulse(work: 100_000, sleep: 200_000_000)]
        )
      })
    for sample in 1...2 as ClosedRange<UInt64> {
      let members = weights.indices.map { number in
        var counters = ProcessorCounters()
        let used = number < 2 ? interval / 2 : interval / 1000
        counters.effective = sample * (used + UInt64(17 + 12 * number)) + sample * sample
        return SoftCapping.Member(
          number: number, weight: weights[number], definedCapacity: nil, group: 0, entered: 0,
          counters: counters)
      }
      let judged = SoftCapping.Pool(
        units: 999_999, sharedProcessors: 2, groupCapacities: [15_001], members: members)
      let isChanged = capping.judge(judged, at: sample * interval)
      #expect(isChanged)
      let levels = try weights.indices.map { try #require(capping.groupLevel($0)) }
      #expect(levels.prefix(2).allSatisfy { $0.denominator > 1 << 60 })
      // The limit in processors: all of it, as two of them want more.
      let all: Fraction = levels.reduce(.zero, +)
      let limit: Double = 15_001.0 / 999_999
      #expect(abs(all.approximation - limit) < 1e-9)
      for number in levels.indices { pool.claims[number].groupCapacity = levels[number] }
      pool.applyShares()
      pool.run(seconds: 5)
      let before = pool.usedNanoseconds
      pool.run(seconds: 60)
      let used = pool.used(seconds: 60, since: before)
      for number in 0..<2 {
        #expect(abs(used[number] / levels[number].approximation - 1) < 0.031)
      }
    }
  }
}
