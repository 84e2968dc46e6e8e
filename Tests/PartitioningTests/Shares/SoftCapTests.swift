import Testing

@testable import Partitioning

/// Rolling average, soft caps and capacity groups beyond the numbered examples; oracle: the rules by
/// hand.
struct SoftCapTests {
  private func average(_ units: [Int]) -> RollingAverage {
    var average = RollingAverage()
    for unit in units {
      average.add(processorTime: RollingAverage.interval, capacityUnits: unit)
    }
    return average
  }

  @Test func averageForgetsAfterFortyEightSamples() {
    #expect(average([4800]).value == 100)
    let filled = average([4800] + [Int](repeating: 0, count: 47))
    #expect(filled.value == 100)
    var after = filled
    after.add(processorTime: RollingAverage.interval, capacityUnits: 48)
    #expect(after.value == 1)
    #expect(after.last == 48)
  }

  @Test(arguments: [1, 47, 48, 49, 96, 97, 131])
  func averageIsTheMeanOfTheLast(count: Int) {
    let average = average((1...count).map { $0 })
    let last = (1...count).suffix(48).reduce(0, +)
    #expect(average.value == Fraction(Int128(last), 48))
    #expect(average.last == Fraction(count))
  }

  @Test func partOfAProcessorIsExact() {
    var average = RollingAverage()
    average.add(processorTime: 1, capacityUnits: 7)
    #expect(average.value == Fraction(7, 48 * 300_000_000_000))
  }

  private func claim(_ weight: Int, of sum: Int, capacity: Int, use: Int) -> SoftCapClaim {
    SoftCapClaim(
      weight: weight, weightSum: sum, poolCapacity: 1000, definedCapacity: capacity,
      uncappedUse: Fraction(use))
  }

  @Test func capsAtTheWeightWhenItsShareIsTheCapacity() {
    let claim = claim(250, of: 1000, capacity: 250, use: 900)
    let cap = SoftCap(claim, average: 251, isCapped: false)
    #expect(cap == .weight)
    #expect(cap.level(claim) == 250)
    #expect((0..<10).allSatisfy(cap.isCapped(inStep:)))
  }

  @Test func beginsAboveAndEndsBelowTheCapacity() {
    let claim = claim(250, of: 1000, capacity: 250, use: 900)
    #expect(SoftCap(claim, average: 250, isCapped: false) == .none)
    #expect(SoftCap(claim, average: 250, isCapped: true) == .weight)
    #expect(SoftCap(claim, average: .thousandths(249_999), isCapped: true) == .none)
  }

  @Test func whoUsesLessThanItsCapacityNeedsNoPattern() {
    #expect(
      SoftCap(claim(100, of: 1000, capacity: 150, use: 150), average: 200, isCapped: true) == .none)
  }

  /// Of any number of steps, the part of the pattern is capped, to one step.
  @Test(arguments: [(100, 150, 400), (1, 2, 999), (333, 334, 335), (10, 500, 501)])
  func patternIsSpreadEvenly(row: (weight: Int, capacity: Int, use: Int)) throws {
    let claim = claim(row.weight, of: 1000, capacity: row.capacity, use: row.use)
    let cap = SoftCap(claim, average: 1000, isCapped: false)
    guard case .pattern(let part) = cap else {
      Issue.record("\(cap) is no pattern")
      return
    }
    var capped = 0
    for step in 0..<2000 {
      if cap.isCapped(inStep: step) { capped += 1 }
      #expect(Fraction(capped) == Fraction(Int((part * Fraction(step + 1)).floor)))
    }
  }

  /// With a phantom weight, the share of the weight is the defined capacity, whatever the weights.
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func phantomWeightMakesTheShareTheCapacity(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let weight = Int.random(in: 1...999, using: &generator)
    let claim = claim(
      weight, of: weight + Int.random(in: 0...5000, using: &generator),
      capacity: Int.random(in: 1...999, using: &generator), use: 1000)
    guard claim.shareCapacity > Fraction(claim.definedCapacity) else { return }
    let cap = SoftCap(claim, average: 1000, isCapped: false)
    #expect(cap.level(claim) == Fraction(claim.definedCapacity))
  }

  @Test func unusedPartOfAGroupIsDonatedByWeight() {
    let group = CapacityGroup(
      limit: 300, members: [.init(weight: 100), .init(weight: 100), .init(weight: 200)])
    #expect(group.parts(demands: [15, 300, 300]) == [15, 95, 190])
    // 60 of the first one's 75 go to the others, by their weights 100 and 200.
    #expect((0..<3).map(group.minimum(of:)) == [75, 75, 150])
    // What nobody wants is not used.
    #expect(group.parts(demands: [0, 85, 150]) == [0, 85, 150])
  }

  @Test func memberStaysBelowItsOwnDefinedCapacity() {
    let group = CapacityGroup(
      limit: 300, members: [.init(weight: 100, definedCapacity: 40), .init(weight: 200)])
    #expect(group.maximum(of: 0) == 40)
    #expect(group.parts(demands: [300, 300]) == [40, 260])
  }
}
