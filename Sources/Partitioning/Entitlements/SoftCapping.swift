import Channels
import Quantities

// Soft capping: every 300 seconds of simulated time the rolling average of a partition with a defined
// capacity, and of a group with one, is judged by the pure rules (`SoftCap`, `CapacityGroup`), and
// what follows holds the partition until the next sample. A pattern of capped and uncapped phases goes
// in steps of 10 seconds. CP processors only, and only where their pool's MSU are known.

/// How a partition stands to its defined capacity.
package struct SoftCapState: Sendable, Equatable, Codable {
  /// Its rolling average in MSU.
  package var average: Fraction
  /// What holds it now.
  package var cap: SoftCap
  /// What that holds it at now, in processors; nil while it does not.
  package var level: Fraction?
}

/// Rolling averages and the soft caps that follow from them.
struct SoftCapping: Equatable, Sendable, Codable {
  /// Length of a step of a pattern in nanoseconds.
  static let step: SimulatedTime = 10_000_000_000

  private struct Record: Equatable, Sendable, Codable {
    var average = RollingAverage()
    /// Activation to which the counts below belong.
    var entered: SimulatedTime?
    var used: UInt64 = 0
    var ready: UInt64 = 0
    var cap = SoftCap.none
    /// What it used when it was last not capped, in MSU.
    var uncappedUse = Fraction.zero
    /// What capped steps hold it at, in processors.
    var cappedLevel: Fraction?
    /// What holds it now, in processors.
    var level: Fraction?
    /// What its group's capacity holds it at now, in processors.
    var groupLevel: Fraction?
  }

  private struct Group: Equatable, Sendable, Codable {
    var average = RollingAverage()
    var isCapped = false
  }

  /// MSU of a CP processor; nil while nothing is to be averaged.
  var units: Int?
  private var records: [Int: Record] = [:]
  private var groups: [Int: Group] = [:]
  /// When the averages are judged next.
  private var due: SimulatedTime = RollingAverage.interval
  private var stepDue: SimulatedTime?
  private var stepCount = 0

  /// What a partition's defined capacity holds it at now, in processors.
  func partitionLevel(_ number: Int) -> Fraction? { records[number]?.level }

  /// Forgets what was averaged of partitions.
  mutating func forget(_ numbers: Set<Int>) {
    records = records.filter { !numbers.contains($0.key) }
  }

  /// What a partition's group holds it at now, in processors.
  func groupLevel(_ number: Int) -> Fraction? { records[number]?.groupLevel }

  /// How a partition stands; nil while nothing of it is averaged.
  func state(_ number: Int) -> SoftCapState? {
    records[number].map {
      SoftCapState(average: $0.average.value, cap: $0.cap, level: $0.level)
    }
  }

  /// A group's rolling average in MSU; nil while it has none.
  func groupAverage(_ number: Int) -> Fraction? { groups[number]?.average.value }

  /// When something is to be done next, as far as anything is averaged.
  var next: SimulatedTime? { units == nil ? nil : min(due, stepDue ?? .max) }

  /// One partition with a CP share, as it is now.
  struct Member {
    var number: Int
    var weight: Int
    var definedCapacity: Int?
    var group: Int?
    var entered: SimulatedTime?
    var counters: ProcessorCounters
  }

  /// What the averages are judged against.
  struct Pool {
    /// MSU of a processor.
    var units: Int
    var sharedProcessors: Int
    /// MSU of each group, nil for none.
    var groupCapacities: [Int?]
    var members: [Member]

    fileprivate func processors(_ units: Fraction) -> Fraction {
      units / Fraction(Int128(max(self.units, 1)))
    }
  }

  /// Lets intervals pass in which nothing is averaged.
  mutating func skip(to time: SimulatedTime) {
    guard due <= time else { return }
    records = [:]
    groups = [:]
    stepDue = nil
    due = (time / RollingAverage.interval &+ 1).multipliedClamped(by: RollingAverage.interval)
  }

  /// Whether anything is to be done.
  func isDue(at time: SimulatedTime) -> Bool { due <= time || stepDue ?? .max <= time }

  /// Does what is due.
  ///
  /// - Returns: Whether a level has changed.
  mutating func judge(_ pool: Pool, at time: SimulatedTime) -> Bool {
    guard isDue(at: time) else { return false }
    let before = records.mapValues { [$0.level, $0.groupLevel] }
    while due <= time, due < .max {
      sample(pool, at: due)
      due.addClamped(RollingAverage.interval)
      stepCount = 0
      stepDue = records.values.contains { $0.cap.isPattern } ? time : nil
      setLevels()
    }
    while let step = stepDue, step <= time, step < .max {
      setLevels()
      stepCount &+= 1
      stepDue = step.addingClamped(SoftCapping.step)
    }
    return records.mapValues { [$0.level, $0.groupLevel] } != before
  }

  private mutating func setLevels() {
    records = records.mapValues { record in
      var record = record
      record.level = record.cap.isCapped(inStep: stepCount) ? record.cappedLevel : nil
      return record
    }
  }

  private mutating func sample(_ pool: Pool, at time: SimulatedTime) {
    records = records.filter { record in pool.members.contains { $0.number == record.key } }
    let weightSum = pool.members.reduce(0) { $0.addingClamped($1.weight) }
    var recent: [Int: (used: UInt64, wanted: UInt64)] = [:]
    for member in pool.members {
      var record = records[member.number] ?? Record()
      if record.entered != member.entered {
        record = Record()
        if let entered = member.entered, entered.addingClamped(RollingAverage.interval) < time {
          // It was active before anything was averaged: what it used until now is not in the sample.
          record.used = member.counters.effective
          record.ready = member.counters.ready
        }
      }
      let used = member.counters.effective.subtractingClamped(record.used)
      let ready = member.counters.ready.subtractingClamped(record.ready)
      recent[member.number] = (used, used.addingClamped(ready))
      record.entered = member.entered
      record.used = member.counters.effective
      record.ready = member.counters.ready
      record.average.add(processorTime: used, capacityUnits: pool.units)
      if record.cap == .none { record.uncappedUse = record.average.last }
      if let capacity = member.definedCapacity {
        let claim = SoftCapClaim(
          weight: member.weight, weightSum: weightSum,
          poolCapacity: Fraction(pool.units.multipliedClamped(by: pool.sharedProcessors)),
          definedCapacity: capacity, uncappedUse: record.uncappedUse)
        record.cap = SoftCap(
          claim, average: record.average.value, isCapped: record.cap != .none)
        record.cappedLevel = record.cap.level(claim).map(pool.processors)
      } else {
        record.cap = .none
        record.cappedLevel = nil
      }
      record.groupLevel = nil
      records[member.number] = record
    }
    for (number, capacity) in pool.groupCapacities.enumerated() {
      sample(group: number, capacity, pool, recent)
    }
  }

  private mutating func sample(
    group number: Int, _ capacity: Int?, _ pool: Pool,
    _ recent: [Int: (used: UInt64, wanted: UInt64)]
  ) {
    let members = pool.members.filter { $0.group == number }
    guard let capacity, !members.isEmpty else {
      groups[number] = nil
      return
    }
    var group = groups[number] ?? Group()
    let used = members.reduce(UInt64(0)) { $0.addingClamped(recent[$1.number]?.used ?? 0) }
    group.average.add(processorTime: used, capacityUnits: pool.units)
    let average = group.average.value
    let limit = Fraction(Int128(capacity))
    group.isCapped = average > limit || group.isCapped && average == limit
    groups[number] = group
    guard group.isCapped else { return }
    let parts = CapacityGroup(
      limit: capacity,
      members: members.map {
        CapacityGroup.Member(weight: $0.weight, definedCapacity: $0.definedCapacity)
      }
    ).parts(
      demands: members.map {
        Fraction(
          Int128(recent[$0.number]?.wanted ?? 0) * Int128(pool.units),
          Int128(RollingAverage.interval))
      })
    for (member, part) in zip(members, parts) {
      // Who wanted nothing may begin to: a thousandth of a processor is left to everybody.
      records[member.number]?.groupLevel = max(pool.processors(part), Fraction(1, 1000))
    }
  }
}

extension SoftCap {
  /// Whether capped and uncapped phases alternate.
  fileprivate var isPattern: Bool { if case .pattern = self { true } else { false } }
}

extension Entitlements {
  /// When rolling averages are judged next; nil for never.
  var nextJudgement: SimulatedTime? { state.softCapping.next }

  /// MSU of a CP processor, when anything is to be averaged.
  var averagedUnits: Int? {
    guard
      partitions.contains(where: { $0.isActive && $0.definition.definedCapacity != nil })
        || settings.running.groups.contains(where: { $0.capacityUnits != nil })
    else { return nil }
    return definition.machine.processors.first { $0.type == .cp }?.capacityUnits
  }

  /// Judges rolling averages that are due, and applies what follows.
  func judgeSoftCapping() {
    guard let units = state.softCapping.units else { return state.softCapping.skip(to: now) }
    guard state.softCapping.isDue(at: now) else { return }
    let pool = capacityPool(units: units)
    if state.softCapping.judge(pool, at: now) { applyShares(of: .cp) }
  }

  private func capacityPool(units: Int) -> SoftCapping.Pool {
    var members: [SoftCapping.Member] = []
    hardware.forEachSharer(of: .cp) { partition, entry in
      let account = partition.account(of: entry)
      let processors = partition.processors(of: entry)
      guard let weight = processors.share.weight else { return }
      members.append(
        SoftCapping.Member(
          number: partition.number, weight: weight,
          definedCapacity: partition.definition.definedCapacity,
          group: processors.group.flatMap { name in
            settings.running.groups.firstIndex { $0.name == name }
          },
          entered: engine.dispatcher.accounts[account].entered,
          counters: engine.dispatcher.counters(ofAccount: account, at: now)))
    }
    let pool = pools.firstIndex(of: .cp) ?? 0
    return SoftCapping.Pool(
      units: units, sharedProcessors: engine.dispatcher.pools[pool].shared,
      groupCapacities: settings.running.groups.map(\.capacityUnits), members: members)
  }
}
