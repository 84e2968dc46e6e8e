import Testing

@testable import Partitioning

// Numbers at the ends of what files and operators can say. The oracle is arithmetic by hand.
@Suite("Shares of the greatest numbers") struct ShareBorderTests {
  @Test("the greatest rate and many processors come to an average, not to an end")
  func greatestCapacity() {
    let units = PartitionDefinition.capacityUnitsRange.upperBound
    var average = RollingAverage()
    for samples in 1...RollingAverage.sampleCount + 2 {
      average.add(processorTime: 256 * RollingAverage.interval, capacityUnits: units)
      #expect(average.last == Fraction(256 * units))
      #expect(
        average.value
          == Fraction(Int128(256 * units * min(samples, RollingAverage.sampleCount)), 48))
    }
  }

  @Test("a fraction of nothing, and what does not fit 128 bits, is a number")
  func fractions() {
    #expect(Fraction(5, 0) == .zero)
    #expect(Fraction(5) / .zero == .zero)
    let most = Fraction(.max)
    let least = Fraction(.min)
    #expect(most + most == most)
    #expect(least + least == least)
    #expect(most * most == most)
    #expect(.zero - least == most)
    #expect(Fraction(.min, -1) == most)
    #expect(least.floor == .min && most.ceiling == .max && most.rounded == .max)
    #expect(Fraction(-7, 2).floor == -4 && Fraction(-7, 2).ceiling == -3)
  }

  @Test("claims of weights and groups that no machine has are granted something")
  func claims() {
    let claim = ShareClaim(ShareDefinition(.relative(.max)), logicalCount: .max, group: 7)
    let grants = ProcessingShare.grants(
      for: [claim, claim], sharedProcessors: .max, groupCaps: [Fraction(1)])
    #expect(grants.count == 2 && grants.allSatisfy { $0.groupEntitlement == nil })
    let parts = ProcessingShare.allocation(
      of: Fraction(1),
      among: [ProcessorDemand(share: Fraction(1), limit: Fraction(9), guaranteed: Fraction(5))])
    #expect(parts == [Fraction(5)])
  }
}
