import Testing

@testable import Partitioning

/// Parking of vertical-low logical processors: the published field texts of SMF 99 and the constants
/// of Linux's hiperdispatch.c.
struct ParkingPolicyTests {
  private let polarity = VerticalPolarity(entitlement: .hundredths(480), logicalCount: 8)

  @Test func targetIsGuaranteeAndPartOfWhatIsUnused() {
    #expect(
      ParkingPolicy.targetCapacity(
        guaranteed: .hundredths(480), unused: 2, weight: 600, competingWeights: 800)
        == .hundredths(630))
    #expect(
      ParkingPolicy.targetCapacity(
        guaranteed: .hundredths(480), unused: 0, weight: 600, competingWeights: 800)
        == .hundredths(480))
  }

  @Test func nothingChangesBeforeTheFourthInterval() {
    var policy = ParkingPolicy()
    let running = (1...5).map { _ in
      policy.decide(polarity, target: 8, steal: 0, isAtCap: false)
    }
    #expect(running == [5, 5, 5, 8, 8])
  }

  @Test func entitledOnesAlwaysRun() {
    var policy = ParkingPolicy()
    for _ in 0..<100 {
      #expect(policy.decide(polarity, target: 0, steal: 100, isAtCap: true) == 5)
    }
    #expect(policy.adjustments == 0)
  }

  @Test(arguments: [(480, 5), (500, 5), (501, 6), (630, 7), (1000, 8)])
  func asManyRunAsTheTargetNeeds(row: (target: Int, running: Int)) {
    var policy = ParkingPolicy()
    var running = 0
    for _ in 0..<4 {
      running = policy.decide(
        polarity, target: .hundredths(row.target), steal: 0, isAtCap: false)
    }
    #expect(running == row.running)
  }

  @Test func capParksAllLowOnes() {
    var policy = ParkingPolicy()
    for _ in 0..<4 { _ = policy.decide(polarity, target: 8, steal: 0, isAtCap: false) }
    for _ in 0..<4 { _ = policy.decide(polarity, target: 8, steal: 0, isAtCap: true) }
    #expect(policy.unparkedLow == 0)
  }

  /// Steal of 100 % moves Linux's integer average 0, 6, 11, 16, 21, 25, 29, 33.
  @Test func averageIsLinuxs() {
    var policy = ParkingPolicy()
    var averages: [UInt64] = []
    for _ in 0..<13 {
      _ = policy.decide(polarity, target: 0, steal: 100, isAtCap: false)
      averages.append(policy.averageSteal)
    }
    #expect(averages == [0, 0, 0, 6, 11, 16, 21, 25, 29, 33, 37, 40, 43])
  }

  @Test func stealAboveTheThresholdParks() {
    var policy = ParkingPolicy()
    for _ in 0..<4 { _ = policy.decide(polarity, target: 8, steal: 0, isAtCap: false) }
    var running: [Int] = []
    for _ in 0..<12 {
      running.append(policy.decide(polarity, target: 8, steal: 100, isAtCap: false))
    }
    // Three intervals of settling, then the average needs seven to pass 30 %.
    #expect(running == [8, 8, 8, 8, 8, 8, 8, 8, 8, 5, 5, 5])
    #expect(policy.adjustments == 2)
  }

  /// Steal that swings around the threshold must not thrash: the average smooths what is fast, and a
  /// change is followed by four intervals of rest.
  @Test(arguments: [(0, 60), (20, 40), (29, 31), (0, 100)] as [(UInt64, UInt64)], [1, 2, 4])
  func swingsDoNotThrash(steals: (UInt64, UInt64), halfPeriod: Int) {
    var policy = ParkingPolicy()
    for interval in 0..<10_000 {
      let isLow = interval / halfPeriod % 2 == 0
      _ = policy.decide(
        polarity, target: 8, steal: isLow ? steals.0 : steals.1, isAtCap: false)
    }
    #expect(policy.adjustments <= 2)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func randomStealAdjustsSeldom(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var policy = ParkingPolicy()
    for _ in 0..<10_000 {
      _ = policy.decide(
        polarity, target: 8, steal: UInt64.random(in: 0...75, using: &generator), isAtCap: false)
    }
    // A bare threshold would change at nearly every second interval, Linux's average at every twelfth.
    #expect(policy.adjustments < 50)
  }
}
