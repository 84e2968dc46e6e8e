import Testing

@testable import Partitioning

/// Group caps, polarity, preemption, wait completion and running time on the dispatcher itself.
///
/// The oracles are PR/SM's published rules and the worked examples (W) and vectors (D) that follow
/// from them; the tolerance is PR/SM's.
struct DispatchRulesTests {
  private func claim(
    _ weight: Int, _ logicals: Int, polarity: Polarity = .horizontal, group: Int? = nil,
    limit: ShareLimit = .none
  ) -> ShareClaim {
    ShareClaim(
      ShareDefinition(.relative(weight), limit: limit), logicalCount: logicals, polarity: polarity,
      group: group)
  }

  private func greedy(_ claim: ShareClaim) -> (ShareClaim, [SyntheticGuest.Habit]) {
    (claim, Array(repeating: .greedy, count: claim.logicalCount))
  }

  private func idle(_ claim: ShareClaim) -> (ShareClaim, [SyntheticGuest.Habit]) {
    (claim, Array(repeating: .idle, count: claim.logicalCount))
  }

  private func expect(
    _ found: Double, _ expected: Double, within tolerance: Double = 0.01,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      abs(found - expected) <= tolerance * max(expected, 0.1), "\(found), not \(expected)",
      sourceLocation: sourceLocation)
  }

  /// Processors that a logical processor used over so many seconds from the start.
  private func used(_ pool: SyntheticPool, _ partition: Int, _ number: Int, _ seconds: Double)
    -> Double
  {
    Double(pool.counters(partition, number).dispatched) / (seconds * 1e9)
  }

  // MARK: Group absolute caps

  @Test func d5WeightsDecideInsideAGroup() {
    let pool = SyntheticPool(
      processors: 8,
      [greedy(claim(300, 8, group: 0)), greedy(claim(100, 8, group: 0)), greedy(claim(600, 8))],
      groupCaps: [Fraction(2)])
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10)
    for (found, expected) in zip(used, [1.5, 0.5, 6] as [Double]) { expect(found, expected) }
  }

  @Test func oneMemberMayHaveTheWholeGroupCap() {
    let pool = SyntheticPool(
      processors: 8,
      [idle(claim(100, 8, group: 0)), greedy(claim(300, 8, group: 0)), greedy(claim(600, 8))],
      groupCaps: [Fraction(2)])
    pool.run(seconds: 5)
    let used = pool.used(seconds: 5)
    for (found, expected) in zip(used, [0, 2, 6] as [Double]) { expect(found, expected) }
  }

  @Test func groupCapsHoldInEverySecond() {
    let pool = SyntheticPool(
      processors: 4,
      [greedy(claim(100, 4, group: 0)), greedy(claim(300, 4, group: 0)), idle(claim(100, 4))],
      groupCaps: [Fraction(3, 2)])
    pool.run(seconds: 1)
    for _ in 0..<10 {
      let before = pool.usedNanoseconds
      pool.run(seconds: 1)
      let used = pool.used(seconds: 1, since: before)
      #expect(used[0] + used[1] <= 1.5 * 1.031)
    }
  }

  @Test func aLiftedGroupCapLeavesNoDebtAndNoClaim() {
    let pool = SyntheticPool(
      processors: 4,
      [greedy(claim(100, 4, group: 0)), greedy(claim(100, 4, group: 0)), greedy(claim(200, 4))],
      groupCaps: [Fraction(1, 2)])
    pool.run(seconds: 3)
    for index in 0..<2 { pool.claims[index].group = nil }
    pool.applyShares()
    let before = pool.usedNanoseconds
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10, since: before)
    for (found, expected) in zip(used, [1, 1, 2] as [Double]) {
      expect(found, expected, within: 0.02)
    }
  }

  // MARK: Vertical polarity

  @Test func w3VerticalHighsHaveAWholeProcessor() {
    let pool = SyntheticPool(
      processors: 8,
      [greedy(claim(600, 8, polarity: .vertical)), greedy(claim(400, 8, polarity: .vertical))])
    pool.run(seconds: 10)
    // 4.8 = 4 high, 1 medium of 0.8, 3 low; 3.2 = 2 high, 2 medium of 0.6, 4 low.
    let first: [Double] = [1, 1, 1, 1, 0.8, 0, 0, 0]
    let second: [Double] = [1, 1, 0.6, 0.6, 0, 0, 0, 0]
    for number in 0..<8 {
      expect(used(pool, 0, number, 10), first[number], within: 0.036)
      expect(used(pool, 1, number, 10), second[number], within: 0.036)
    }
  }

  @Test func w4VerticalBesideHorizontal() {
    let pool = SyntheticPool(
      processors: 10,
      [
        greedy(claim(300, 4, polarity: .vertical)), greedy(claim(270, 4, polarity: .vertical)),
        greedy(claim(430, 10)),
      ])
    pool.run(seconds: 10)
    for number in 0..<4 {
      expect(used(pool, 0, number, 10), [1, 1, 1, 0][number], within: 0.036)
      expect(used(pool, 1, number, 10), [1, 1, 0.7, 0][number], within: 0.036)
    }
    expect(pool.used(seconds: 10)[2], 4.3, within: 0.036)
  }

  @Test func w6TwoOfFourCarryAShareOfTwo() {
    let vertical = SyntheticPool(
      processors: 4,
      [greedy(claim(500, 4, polarity: .vertical)), greedy(claim(500, 4, polarity: .vertical))])
    vertical.run(seconds: 5)
    let horizontal = SyntheticPool(
      processors: 4, [greedy(claim(500, 4)), greedy(claim(500, 4))])
    horizontal.run(seconds: 5)
    for number in 0..<4 {
      expect(used(vertical, 0, number, 5), number < 2 ? 1 : 0)
      expect(used(horizontal, 0, number, 5), 0.5, within: 0.036)
    }
  }

  @Test func lowsRunOnWhatOthersLeave() {
    let pool = SyntheticPool(
      processors: 8,
      [greedy(claim(600, 8, polarity: .vertical)), idle(claim(400, 8, polarity: .vertical))])
    pool.run(seconds: 3)
    expect(pool.used(seconds: 3)[0], 8)
    #expect(pool.engine.dispatcher.parking[0].policy?.unparkedLow == 3)
    #expect(pool.engine.dispatcher.parking[0].policy?.adjustments == 1)
    // Now the other wants all of its share: the low ones run no more, and are parked.
    for number in 0..<8 { pool.guests[1].habits[number] = .greedy }
    pool.engine.findWork(of: 1, at: pool.engine.now)
    pool.run(seconds: 10)
    let before = pool.usedNanoseconds
    pool.run(seconds: 5)
    let used = pool.used(seconds: 5, since: before)
    expect(used[0], 4.8, within: 0.036)
    expect(used[1], 3.2, within: 0.036)
    #expect(pool.engine.dispatcher.parking[0].policy?.unparkedLow == 0)
    #expect(pool.engine.dispatcher.parking[0].policy?.adjustments == 2)
  }

  @Test func highsComeBackToTheirProcessor() {
    let sleepy = SyntheticGuest.Habit.pulse(work: 3_000_000, sleep: 7_000_000)
    let pool = SyntheticPool(
      processors: 4,
      [
        (claim(500, 2, polarity: .vertical), [sleepy, sleepy]), greedy(claim(500, 4)),
      ])
    pool.run(seconds: 5)
    for number in 0..<2 {
      let counters = pool.counters(0, number)
      #expect(counters.dispatches >= 400)
      #expect(counters.homeDispatches == counters.dispatches)
    }
    // It takes its processor back at the next border of an epoch.
    #expect(pool.guests[0].longestWait <= 100_000 + Dispatcher.dispatchCost)
    // While the high ones wait, others have theirs.
    #expect(pool.used(seconds: 5)[1] > 3.3)
  }

  @Test func highsMoveWhenTheirProcessorGoesOffLine() {
    let pool = SyntheticPool(
      processors: 4,
      [greedy(claim(500, 2, polarity: .vertical)), greedy(claim(500, 4))])
    pool.run(seconds: 1)
    let dispatcher = pool.engine.dispatcher
    for physical in 0..<2 {
      dispatcher.vary(physical, online: false, at: pool.engine.now)
      let grants = ProcessingShare.grants(for: pool.claims, sharedProcessors: 3 - physical)
      dispatcher.setGrants(
        pool: 0,
        grants.enumerated().map {
          AccountGrant(
            account: $0.offset, grant: $0.element, polarity: pool.claims[$0.offset].polarity)
        }, epoch: pool.engine.epoch, at: pool.engine.now)
      pool.run(seconds: 0.5)
    }
    // Two processors are left: one high and the rest for the other.
    let before = pool.usedNanoseconds
    pool.run(seconds: 5)
    let used = pool.used(seconds: 5, since: before)
    expect(used[0], 1, within: 0.036)
    expect(used[1], 1, within: 0.036)
    #expect(dispatcher.physicals[0].home < 0 && dispatcher.physicals[1].home < 0)
    #expect(dispatcher.logicals[0].home >= 2)
    let time = pool.engine.now
    let counters = dispatcher.counters(ofPhysical: 0, at: time)
    #expect(counters.offline == 6_000_000_000)
    #expect(counters.effective + counters.management + counters.idle == time - counters.offline)
  }

  // MARK: Preemption

  @Test func interruptsPreemptLowerPriority() {
    // 5 % of the processor is far below its ten elevenths: it is behind its share whenever it wakes.
    let pulse = SyntheticGuest.Habit.pulse(work: 1_000_000, sleep: 19_000_000)
    let pool = SyntheticPool(
      processors: 1, [(claim(1000, 1), [pulse]), greedy(claim(100, 1))])
    pool.run(seconds: 2)
    #expect(pool.guests[0].longestWait <= 100_000 + Dispatcher.dispatchCost)
    #expect(pool.counters(1, 0).preemptions >= 90)
    #expect(pool.counters(0, 0).preemptions == 0)
  }

  @Test func interruptsDoNotPreemptHigherPriority() {
    let pulse = SyntheticGuest.Habit.pulse(work: 100_000, sleep: 19_900_000)
    let pool = SyntheticPool(
      processors: 1, [(claim(100, 1), [pulse]), greedy(claim(1000, 1))])
    pool.run(seconds: 2)
    #expect(pool.counters(1, 0).preemptions == 0)
    #expect(pool.guests[0].longestWait > 1_000_000)
  }

  @Test func oneFurtherAheadOfItsShareDoesNotPreempt() {
    // It wants all of its two thirds and more, so it is not behind when it wakes.
    let pulse = SyntheticGuest.Habit.pulse(work: 40_000_000, sleep: 500_000)
    let pool = SyntheticPool(
      processors: 1, [(claim(200, 1), [pulse]), greedy(claim(100, 1))])
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10)
    expect(used[0], 2.0 / 3, within: 0.036)
    expect(used[1], 1.0 / 3, within: 0.036)
  }

  // MARK: Wait completion

  @Test func waitsAreCompletedOnTheProcessor() {
    let pulse = SyntheticGuest.Habit.pulse(work: 1_000_000, sleep: 1_000_000)
    let holding = SyntheticPool(
      processors: 1, [(claim(100, 1), [pulse])], completesWaits: [0])
    holding.run(seconds: 1)
    let kept = holding.counters(0, 0)
    // A dispatch a time slice of 10 ms, which it holds through its waits.
    #expect((80...100).contains(kept.dispatches))
    expect(Double(kept.effective - kept.waiting) / 1e9, 0.5)
    expect(Double(kept.waiting) / 1e9, 0.5, within: 0.12)
    let driven = SyntheticPool(processors: 1, [(claim(100, 1), [pulse])])
    driven.run(seconds: 1)
    #expect(driven.counters(0, 0).dispatches >= 495)
    #expect(driven.counters(0, 0).waiting == 0)
    for pool in [holding, driven] {
      let time = pool.engine.dispatcher.counters(ofPhysical: 0, at: pool.engine.now)
      #expect(time.effective + time.management + time.idle == 1_000_000_000)
      #expect(time.effective == pool.counters(0, 0).effective)
    }
  }

  @Test func completedWaitsCostTheirShare() {
    let pulse = SyntheticGuest.Habit.pulse(work: 1_000_000, sleep: 1_000_000)
    let pool = SyntheticPool(
      processors: 1, [(claim(100, 1), [pulse]), greedy(claim(100, 1))], completesWaits: [0])
    pool.run(seconds: 10)
    let used = pool.used(seconds: 10)
    expect(used[1], 0.5, within: 0.036)
    #expect(pool.counters(0, 0).waiting > 1_000_000_000)
  }

  // MARK: Running time

  @Test(arguments: [1, 5, 50, 100])
  func runningTimeIsAsItIsSet(milliseconds: Int) {
    let pool = SyntheticPool(processors: 1, [greedy(claim(100, 1)), greedy(claim(300, 1))])
    pool.engine.dispatcher.setRunningTime(UInt64(milliseconds) * 1_000_000)
    pool.run(seconds: 10)
    let dispatches = pool.counters(0, 0).dispatches + pool.counters(1, 0).dispatches
    #expect(abs(Int(dispatches) - 10_000 / milliseconds) <= 1)
    let used = pool.used(seconds: 10)
    expect(used[0], 0.25, within: 0.036)
    expect(used[1], 0.75, within: 0.036)
  }

  @Test func runningTimeFollowsTheLogicalProcessorsThatMayRun() {
    let pool = SyntheticPool(processors: 6, [greedy(claim(100, 4)), greedy(claim(100, 4))])
    let dispatcher = pool.engine.dispatcher
    // D7: 25 ms times 6/8, and 25 ms when no more than the processors may run.
    #expect(dispatcher.pools[0].runningTime == 18_750_000)
    for logical in 0..<2 { dispatcher.turnOff(logical, at: 0) }
    #expect(dispatcher.pools[0].runningTime == 25_000_000)
    for logical in 0..<2 { dispatcher.turnOn(logical) }
    #expect(dispatcher.pools[0].runningTime == 18_750_000)
  }
}
