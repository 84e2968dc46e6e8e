import Testing

@testable import Partitioning

@Suite("Sets of partitions")
struct PartitionSetTests {
  /// Oracle: Swift's own Set.
  @Test("hold, join and forget numbers as Swift's sets do", arguments: [1, 64, 65, 4096, 9999])
  func agree(capacity: Int) {
    var numbers = SeededGenerator(seed: UInt64(capacity))
    let (one, other) = (PartitionSet(capacity: capacity), PartitionSet(capacity: capacity))
    defer {
      one.deallocate()
      other.deallocate()
    }
    for _ in 0..<20 {
      var (expected, joined): (Set<Int>, Set<Int>) = ([], [])
      for _ in 0..<Int.random(in: 0...200, using: &numbers) {
        let number = Int.random(in: 0..<capacity, using: &numbers)
        if Bool.random(using: &numbers) {
          one.insert(number)
          expected.insert(number)
        } else {
          other.insert(number)
          joined.insert(number)
        }
      }
      one.formUnion(other)
      var found: [Int] = []
      one.forEach { found.append($0) }
      #expect(found == expected.union(joined).sorted())
      one.removeAll()
      other.removeAll()
      one.forEach { Issue.record("\($0) is left") }
    }
  }
}
