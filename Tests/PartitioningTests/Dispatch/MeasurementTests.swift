import Foundation
import GuestPrograms
import Testing

@testable import Partitioning

/// What is counted balances to the nanosecond.
///
/// The oracle is conservation: RMF's identity sum(EDT) + LPAR management + idle = interval times
/// processors, for every pool and over every interval.
struct MeasurementTests {
  /// A pool's time over an interval, by the physical processors and by the logical ones.
  private func check(
    _ before: MeasurementSample, _ after: MeasurementSample,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let interval = after.time - before.time
    for type in Set(after.processors.map(\.type)).sorted() {
      var physical = PhysicalCounters()
      var count: UInt64 = 0
      for (old, new) in zip(before.processors, after.processors) where new.type == type {
        physical = physical + (new.counters - old.counters)
        count += 1
      }
      var logical = ProcessorCounters()
      for (old, new) in zip(before.partitions, after.partitions) {
        for (past, present) in zip(old.logicals, new.logicals) where present.type == type {
          logical = logical + (present.counters - past.counters)
        }
      }
      let time = physical.effective + physical.management + physical.idle + physical.offline
      #expect(time == interval * count, sourceLocation: sourceLocation)
      #expect(logical.effective == physical.effective, sourceLocation: sourceLocation)
      let own = logical.dispatched - logical.effective
      #expect(own <= physical.management, sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>)
  func timeIsConserved(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let programs = ["SPIN", "PULSE", "TOUCHER", "TALKER", "IODRIVER"]
    let megahertz = UInt32.random(in: 3...17, using: &generator)
    let machine = try GuestMachine(
      processors: 4, megahertz: megahertz, inputOutput: true,
      (0..<10).map { index in
        let cap = Int.random(in: 0...3, using: &generator)
        var partition = GuestMachine.partition(
          "P\(index)", programs[Int.random(in: 0..<5, using: &generator)],
          processors: Int.random(in: 1...3, using: &generator),
          weight: Int.random(in: 1...999, using: &generator),
          mode: index == 9 ? .dedicated : .shared, limit: cap == 1 ? .hard(nil) : .none,
          cap: cap == 2 ? Int.random(in: 5...150, using: &generator) : nil, megabytes: 3)
        if index == 9 { partition.processors[0].initial = 1 }
        partition.devices = [.init(virtualDevice: 0x100, realDevice: 0x200)]
        return partition
      })
    for name in machine.manager.partitionNames {
      _ = try? machine.manager.perform(.activate(name, load: true))
    }
    var before = machine.manager.measurement()
    for step in 0..<40 {
      machine.run(seconds: Double.random(in: 0.0001...0.03, using: &generator))
      let number = Int.random(in: 0..<4, using: &generator)
      _ = try? machine.manager.perform(.varyProcessor(number, online: step % 2 == 1))
      let after = machine.manager.measurement()
      check(before, after)
      before = after
    }
  }

  @Test func aLonePartitionLosesOnlyItsDispatches() {
    let pool = SyntheticPool(
      processors: 1,
      [
        (
          ShareClaim(ShareDefinition(.relative(100)), logicalCount: 1),
          [SyntheticGuest.Habit.greedy]
        )
      ])
    pool.run(seconds: 1)
    let counters = pool.engine.dispatcher.counters(ofAccount: 0, at: pool.engine.now)
    #expect(counters.dispatched == 1_000_000_000)
    #expect(counters.dispatches == 100)
    #expect(counters.dispatched - counters.effective == 100 * Dispatcher.dispatchCost)
    #expect(counters.ready == 0)
    #expect(counters.online == 1_000_000_000)
  }

  @Test func waitingLeavesTheProcessorIdle() {
    // A millisecond of work, then nine of sleep, each with one dispatch.
    let pool = SyntheticPool(
      processors: 1,
      [
        (
          ShareClaim(ShareDefinition(.relative(100)), logicalCount: 1),
          [.pulse(work: 1_000_000, sleep: 9_000_000)]
        )
      ])
    pool.run(seconds: 1)
    let logical = pool.engine.dispatcher.counters(ofAccount: 0, at: pool.engine.now)
    let physical = pool.engine.dispatcher.counters(ofPhysical: 0, at: pool.engine.now)
    #expect(logical.dispatches == 100)
    #expect(logical.effective == 100_000_000)
    #expect(physical.management == 100 * Dispatcher.dispatchCost)
    #expect(physical.idle == 900_000_000 - 100 * Dispatcher.dispatchCost)
  }

  @Test func cappedTimeIsPartOfReadyTime() {
    let pool = SyntheticPool(
      processors: 1,
      [
        (
          ShareClaim(ShareDefinition(.relative(100), absoluteCapHundredths: 25), logicalCount: 1),
          [SyntheticGuest.Habit.greedy]
        )
      ])
    pool.run(seconds: 10)
    let counters = pool.engine.dispatcher.counters(ofAccount: 0, at: pool.engine.now)
    // Nobody else wants the processor, so it waits for nothing but its cap.
    #expect(counters.capped == counters.ready)
    #expect(counters.ready + counters.dispatched == 10_000_000_000)
    #expect(abs(Double(counters.dispatched) / 10e9 - 0.25) < 0.0025)
  }

  @Test func interruptsOfSleepersBelongToNobody() throws {
    var partition = GuestMachine.partition("IO", "IODRIVER")
    partition.devices = [.init(virtualDevice: 0x100, realDevice: 0x200)]
    let machine = try GuestMachine(processors: 1, inputOutput: true, [partition])
    try machine.activateAll()
    machine.run(seconds: 1)
    let sample = machine.manager.measurement()
    let own = sample.partitions[0].logicals[0].counters
    let unattributed =
      sample.processors[0].counters.management - (own.dispatched - own.effective)
    #expect(unattributed > 0)
    #expect(unattributed % Dispatcher.interruptCost == 0)
    #expect(unattributed <= (try machine.view("IO").requestCount) * Dispatcher.interruptCost)
  }

  @Test func samplesSurviveJSON() throws {
    let machine = try GuestMachine(
      processors: 2, [GuestMachine.partition("A"), GuestMachine.partition("B", weight: 7)])
    try machine.activateAll()
    machine.run(seconds: 0.1)
    let sample = machine.manager.measurement()
    let data = try JSONEncoder().encode(sample)
    #expect(try JSONDecoder().decode(MeasurementSample.self, from: data) == sample)
    #expect(sample.partitions[1].logicals[0].entitlement == Fraction(14, 107))
  }
}
