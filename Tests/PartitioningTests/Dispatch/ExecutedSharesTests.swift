import Testing

@testable import Partitioning

/// The running machine divides processor time as the arithmetic says, by its own accounts of it.
///
/// The sets are those of `LimitedSharesTests` and so is the oracle, `ProcessingShare.distribution`. Here
/// the guests execute: SPIN in partitions that want all their logical processors, PULSE in those that
/// want part of them. What each used is what its accounting record and the Partition Data Report say.
struct ExecutedSharesTests {
  static let seconds: UInt64 = 10
  /// Sets in which one member of a group has what two others, each within its tolerance, have not: more
  /// than its own tolerance, and less than all three together.
  static let handedOn: Set<UInt64> = [197]

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func guestsGetWhatTheArithmeticSays(seed: UInt64) throws {
    let random = LimitedPool(seed: seed)
    let machine = try random.executing()
    // Who has a small share takes a while to start its processors.
    machine.run(seconds: 3)
    let start = machine.manager.measurement()
    _ = try account(machine)
    machine.run(seconds: Double(Self.seconds))
    let report = try PartitionDataReport(from: start, to: machine.manager.measurement())
    let records = try account(machine)
    let expected = ProcessingShare.distribution(
      among: random.claims, demands: random.executedDemands,
      sharedProcessors: random.processors, groupCaps: random.groupCaps
    ).map(\.approximation)
    let missing = random.missing(expected)
    let uses = records.map { Double($0.dispatched) / Double($0.to - $0.from) }
    let lacked = zip(expected, uses).reduce(0) { $0 + max(0, $1.0 - $1.1) }
    for (index, used) in uses.enumerated() {
      let record = records[index]
      #expect(record.to - record.from == Self.seconds * 1_000_000_000)
      #expect(record.dispatched == report.pools[0].rows[index].spent.dispatched)
      #expect(record.effective == report.pools[0].rows[index].spent.effective)
      let isHandedOn = Self.handedOn.contains(seed) && used > expected[index]
      let tolerance =
        random.tolerance(of: expected[index], seconds: Double(Self.seconds)) + missing[index]
        + (isHandedOn ? lacked : 0)
      #expect(
        abs(used - expected[index]) <= tolerance,
        """
        \(seed).\(index): \(used) for \(expected[index]), off \(used - expected[index]) of \
        \(tolerance); \(random.processors) CPs, epoch \(random.epoch), running time \
        \(random.runningTime ?? 0), \(random.claims[index]), wants \(random.percents[index]) %
        """)
    }
  }

  /// Accounting records of all partitions, in the order of their numbers.
  private func account(_ machine: GuestMachine) throws -> [AccountingRecord] {
    for name in machine.manager.partitionNames { try machine.manager.account(name) }
    var position = ReaderPosition()
    let records = Array(
      machine.manager.accounting(since: &position).elements
        .suffix(machine.manager.partitionNames.count))
    #expect(records.map(\.partition) == machine.manager.partitionNames)
    return records
  }
}

extension LimitedPool {
  /// Per cent of each of its logical processors that a partition has work for.
  fileprivate var percents: [Int] {
    claims.indices.map { busy[$0] * 100 / claims[$0].logicalCount }
  }

  /// What the guests want, in processors: one capped at its weight can use no more of each of its
  /// logical processors than its part.
  fileprivate var executedDemands: [Fraction] {
    let grants = ProcessingShare.grants(
      for: claims, sharedProcessors: processors, groupCaps: groupCaps)
    return claims.indices.map {
      Fraction(Int128(claims[$0].logicalCount))
        * min(grants[$0].capPerLogical ?? Fraction(1), Fraction(Int128(percents[$0]), 100))
    }
  }

  /// Processors that each may miss because pulses end within an epoch.
  ///
  /// A processor that is given up stays empty until the epoch's end when all who wait have run that far
  /// (Docs/Dispatching.md, "Epochs"): an epoch at most each time. It is missing to those whose demand is
  /// not met, in proportion to what they get.
  fileprivate func missing(_ expected: [Double]) -> [Double] {
    let demands = executedDemands.map(\.approximation)
    let isMet = claims.indices.map { expected[$0] > demands[$0] - 1e-6 }
    let endsPerSecond = claims.indices.filter { isMet[$0] && percents[$0] % 100 > 0 }
      .reduce(0) { $0 + 10 * claims[$1].logicalCount }
    let lost = Double(endsPerSecond) * Double(epoch) / 1e9
    let wanting = claims.indices.filter { !isMet[$0] }.reduce(0) { $0 + expected[$1] }
    return claims.indices.map { isMet[$0] ? 0 : lost * expected[$0] / wanting }
  }

  /// The pool as a machine whose guests execute.
  fileprivate func executing() throws -> GuestMachine {
    let machine = try GuestMachine(
      processors: processors, megahertz: 2,
      groups: groupCapHundredths.enumerated().map { number, hundredths in
        GroupDefinition(
          name: "GROUP\(number)", absoluteCaps: [GroupCap(type: .cp, hundredths: hundredths)])
      },
      epoch: epoch,
      claims.enumerated().map { index, claim in
        let percent = percents[index]
        // One that wants nothing looks at the clock once in ten seconds.
        let pulse = percent == 0 ? "0 10000 STEADY" : "\(percent) 100 STEADY"
        return GuestMachine.partition(
          "P\(index)", percent == 100 ? "SPIN" : "PULSE",
          parameters: percent == 100 ? "" : pulse, processors: claim.logicalCount,
          weight: claim.share.weight ?? 1, limit: claim.share.limit,
          cap: claim.share.absoluteCapHundredths,
          group: claim.group.map { "GROUP\($0)" }, polarity: claim.polarity)
      })
    if runningTime != nil {
      try machine.manager.perform(.set(.runningTime(nanoseconds: runningTime)))
    }
    try machine.activateAll()
    return machine
  }
}
