import Testing

@testable import Partitioning

/// Simulated time is never ahead of the wall clock and never sprints after a long lag.
struct PacerTests {
  private final class WallClock {
    var now: UInt64 = 5_000_000_000
  }

  @Test(arguments: [(Pace.real, UInt64(1)), (.factor(10), 10)])
  func neverAhead(row: (pace: Pace, factor: UInt64)) {
    let wall = WallClock()
    let pacer = Pacer(row.pace) { wall.now }
    pacer.restart(at: 1_000)
    #expect(pacer.delay(until: 1_000) == 0)
    #expect(pacer.delay(until: 1_000 + row.factor * 40_000_000) == 40_000_000)
    wall.now += 30_000_000
    #expect(pacer.delay(until: 1_000 + row.factor * 40_000_000) == 10_000_000)
    #expect(pacer.delay(until: 1_000 + row.factor * 10_000_000) == 0)
  }

  @Test func aLongLagIsForgiven() {
    let wall = WallClock()
    let pacer = Pacer(.real) { wall.now }
    pacer.restart(at: 0)
    wall.now += 10_000_000_000
    #expect(pacer.delay(until: 1_000_000) == 0)
    // All but 100 ms of the lag is gone.
    #expect(pacer.delay(until: 101_000_000) == 0)
    #expect(pacer.delay(until: 131_000_000) == 30_000_000)
  }

  @Test func fastNeverWaits() {
    let pacer = Pacer(.fast) { 0 }
    #expect(pacer.delay(until: .max) == 0)
  }

  @Test func fastIsTheWallClocksWhileSomethingOutsideAnswersInItsOwnTime() {
    let wall = WallClock()
    let pacer = Pacer(.fast) { wall.now }
    pacer.hasOutside = true
    #expect(pacer.delay(until: 7_000_000) == 0)
    #expect(pacer.delay(until: 27_000_000) == 20_000_000)
    pacer.hasOutside = false
    #expect(pacer.delay(until: 27_000_000) == 0)
  }
}
