import Channels
import Testing

@testable import Partitioning

/// The last seconds of simulated time: 64 bits hold 584 years, which a script of SLEEPs of a year comes to.
///
/// Time stands still at the last border of an epoch, and nothing is lost before. The oracle is the sum:
/// a physical processor's times come to the time itself.
struct EndOfTimeTests {
  private static let epoch: UInt64 = 100_000
  private static let last: SimulatedTime = .max / epoch * epoch

  @Test(arguments: [Polarity.horizontal, .vertical])
  func partitionsGetTheirSharesUpToTheLastEpoch(polarity: Polarity) {
    let pool = SyntheticPool(
      processors: 2,
      [
        (
          ShareClaim(ShareDefinition(.relative(300)), logicalCount: 2, polarity: polarity),
          [.idle, .idle]
        ),
        (
          ShareClaim(
            ShareDefinition(.relative(100), limit: .hard(nil)), logicalCount: 2, polarity: polarity),
          [.idle, .idle]
        ),
      ])
    // Parking is judged every 250 ms: for the last time 100 ms before.
    pool.engine.jump(to: Self.last - 2_100_000_000)
    for guest in pool.guests { guest.habits = [.greedy, .greedy] }
    for index in pool.guests.indices { pool.engine.findWork(of: index, at: pool.engine.now) }
    while pool.engine.now < Self.last { pool.engine.runEpoch() }
    #expect(pool.engine.now == Self.last)
    let used = pool.used(seconds: 2.1)
    #expect(abs(used[0] - 1.5) < 0.03 && abs(used[1] - 0.5) < 0.02)
    for index in 0..<2 {
      let counters = pool.engine.dispatcher.counters(ofPhysical: index, at: pool.engine.now)
      let sum = counters.effective &+ counters.management &+ counters.idle &+ counters.offline
      #expect(sum == pool.engine.now)
    }
    #expect(pool.engine.dispatcher.course.parkingDue == .max)
  }

  @Test func whatIsAskedForBeyondItEndsNothing() {
    let pool = SyntheticPool(
      processors: 1, [(ShareClaim(ShareDefinition(.relative(1)), logicalCount: 1), [.idle])])
    pool.engine.jump(to: .max)
    pool.guests[0].habits = [.yields(after: 10_000)]
    pool.engine.findWork(of: 0, at: pool.engine.now)
    for _ in 0..<3 { pool.engine.runEpoch() }
    #expect(pool.engine.now == .max)
    pool.engine.jump(to: 0)
    #expect(pool.engine.now == .max)
  }

  @Test func averagesAreNotTakenBeyondIt() {
    var capping = SoftCapping()
    capping.units = 999_999
    capping.skip(to: .max - 1)
    #expect(capping.next == .max)
    let pool = SoftCapping.Pool(
      units: 999_999, sharedProcessors: 62, groupCapacities: [1], members: [])
    let isChanged = capping.judge(pool, at: .max)
    #expect(!isChanged)
    #expect(capping.next == .max)
  }

  @Test func aMachineStandsStillAtItsLastBorder() throws {
    let machine = try GuestMachine(
      processors: 1, megahertz: 1, capacityUnits: 999_999,
      [GuestMachine.partition("A"), GuestMachine.partition("B", "PULSE")])
    machine.manager.runEpochs(until: .max - 20_000_000)
    try machine.activateAll()
    try machine.manager.perform(.set(.definedCapacity("A", units: 999_999)))
    machine.manager.runEpochs(until: .max)
    #expect(machine.manager.now == Self.last)
    let used = try machine.view("A").usedNanoseconds
    #expect(used > 5_000_000 && used < 20_100_000)
    machine.manager.runEpochs(until: .max)
    #expect(machine.manager.now == Self.last)
    #expect(try machine.view("A").usedNanoseconds == used)
  }
}
