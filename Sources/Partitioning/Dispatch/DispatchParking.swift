import Channels
import Quantities

// Parking of vertical-low logical processors, judged at the first border of an epoch after every 250 ms
// of simulated time. A parked one that has work all the same runs when nobody else wants the time.

/// What the parking of one account's vertical-low logical processors goes by.
struct ParkingAccount: Equatable, Sendable, Codable {
  /// The decisions so far; nil with horizontal polarity.
  var policy: ParkingPolicy?
  /// How its entitlement lies now.
  var polarity: VerticalPolarity?
  /// What was counted at the last decision.
  private var used: UInt64 = 0
  private var capped: UInt64 = 0
  private var missed: UInt64 = 0

  /// Turns vertical: all low ones are parked.
  mutating func begin() { policy = ParkingPolicy() }

  /// Logical processors that are not parked, counted from the first on line.
  var unparkedCount: Int { (polarity?.entitled ?? 0).addingClamped(policy?.unparkedLow ?? 0) }

  /// What came since the last decision, in nanoseconds.
  mutating func take(
    used nowUsed: UInt64, capped nowCapped: UInt64, missed nowMissed: UInt64
  ) -> (used: UInt64, isCapped: Bool, missed: UInt64) {
    defer { (used, capped, missed) = (nowUsed, nowCapped, nowMissed) }
    // Counters start again at an activation, and others are counted after a change of polarity.
    return (
      nowUsed >= used ? nowUsed - used : nowUsed, nowCapped > capped,
      nowMissed >= missed ? nowMissed - missed : 0
    )
  }
}

extension Dispatcher {
  /// Parks and unparks vertical-low logical processors.
  func judgeParking(at time: SimulatedTime) {
    let elapsed = time.subtractingClamped(
      course.parkingDue.subtractingClamped(ParkingPolicy.interval))
    let isAnyVertical = parking.contains { $0.policy != nil }
    for pool in pools.indices {
      let unused = takeUnused(pool: pool, at: time)
      guard isAnyVertical, elapsed > 0 else { continue }
      let members = accounts.indices.filter {
        accounts[$0].pool == pool && accounts[$0].grant != nil
      }
      guard members.contains(where: { parking[$0].policy != nil }) else { continue }
      judgeParking(members, unused: Fraction(Int128(unused), Int128(elapsed)), elapsed, time)
    }
    // At the end of time there is no next decision.
    course.parkingDue = time.addingClamped(ParkingPolicy.interval)
  }

  /// Nanoseconds since the last decision that nobody entitled to a pool's shared processors used: they
  /// were idle, or vertical-low logical processors had them.
  private func takeUnused(pool: Int, at time: SimulatedTime) -> UInt64 {
    var idle: UInt64 = 0
    for index in pools[pool].processors
    where physicals[index].isOnline && physicals[index].dedicatedTo < 0 {
      idle.addClamped(
        counters(ofPhysical: index, at: time).idle.subtractingClamped(physicals[index].idleBefore))
    }
    for index in pools[pool].processors {
      physicals[index].idleBefore = counters(ofPhysical: index, at: time).idle
    }
    let low = pools[pool].lowUsed &- pools[pool].lowUsedBefore
    pools[pool].lowUsedBefore = pools[pool].lowUsed
    return idle.addingClamped(low)
  }

  private func judgeParking(
    _ members: [Int], unused: Fraction, _ elapsed: UInt64, _ time: SimulatedTime
  ) {
    var demands: [(account: Int, wantsMore: Bool, isCapped: Bool, steal: UInt64)] = []
    var competing = 0
    for account in members {
      let (missed, watched) = missedTime(account, until: time)
      let all = counters(ofAccount: account, at: time)
      let new = parking[account].take(
        used: all.dispatched &+ all.ready, capped: all.capped, missed: missed)
      let guaranteed = accounts[account].grant?.entitlement ?? .zero
      // A guest that leaves parked ones alone never shows more than its entitled ones can do.
      let wantsMore =
        Fraction(Int128(new.used)) > guaranteed * Fraction(Int128(elapsed)) * Fraction(95, 100)
      if wantsMore { competing.addClamped(accounts[account].weight) }
      let most = elapsed.multipliedClamped(by: UInt64(clamping: max(watched, 1)))
      let steal = min(100, new.missed.multipliedClamped(by: 100) / max(1, most))
      demands.append((account, wantsMore, new.isCapped, steal))
    }
    for demand in demands {
      guard let polarity = parking[demand.account].polarity,
        let guaranteed = accounts[demand.account].grant?.entitlement
      else { continue }
      let target =
        demand.wantsMore
        ? ParkingPolicy.targetCapacity(
          guaranteed: guaranteed, unused: unused, weight: accounts[demand.account].weight,
          competingWeights: competing) : guaranteed
      guard
        parking[demand.account].policy?.decide(
          polarity, target: target, steal: demand.steal, isAtCap: demand.isCapped) != nil
      else { continue }
      park(demand.account)
    }
  }

  /// Time that an account's medium and unparked low logical processors had work and did not run, and
  /// how many they are.
  private func missedTime(_ account: Int, until time: SimulatedTime) -> (UInt64, Int) {
    var missed: UInt64 = 0
    var count = 0
    for logical in members(of: account)
    where logicals[logical].polarity != .verticalHigh && !logicals[logical].isParked {
      missed.addClamped(counters(ofLogical: logical, at: time).ready)
      count &+= 1
    }
    return (missed, count)
  }

  /// Says of an account's low logical processors which are parked.
  private func park(_ account: Int) {
    let unparked = parking[account].unparkedCount
    var place = 0
    for logical in members(of: account) where logicals[logical].onlineSince != nil {
      let isParked = place >= unparked
      place &+= 1
      guard logicals[logical].isParked != isParked else { continue }
      let isListed = logicals[logical].isListed
      if isListed { unlist(logical) }
      course.hasNewPolarity = true
      logicals[logical].isParked = isParked
      if isListed { list(logical) }
    }
  }
}
