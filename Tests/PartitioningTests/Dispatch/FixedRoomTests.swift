import Testing

@testable import Partitioning

/// What the dispatcher's lists hold, and take over from one another.
@Suite("Lists in fixed room")
struct FixedRoomTests {
  /// Oracle: Swift's own Array.
  @Test("add, take out and keep as Swift's arrays do", arguments: [0, 1, 7, 100])
  func agree(capacity: Int) {
    var numbers = SeededGenerator(seed: UInt64(capacity))
    var list = FixedList(capacity: capacity, blank: -1)
    defer { list.deallocate() }
    var expected: [Int] = []
    for _ in 0..<1000 {
      let number = Int.random(in: 0..<10, using: &numbers)
      switch Int.random(in: 0...9, using: &numbers) {
      case 0:
        list.remove(number)
        expected.removeAll { $0 == number }
      case 1:
        list.keepFirst(number)
        expected = Array(expected.prefix(number))
      default:
        guard expected.count < capacity else { continue }
        list.append(number)
        expected.append(number)
      }
      #expect(Array(list.elements) == expected)
      #expect(list.places.map { list[$0] } == expected)
    }
    list.removeAll()
    #expect(list.count == 0)
  }

  @Test("take over what another holds, as far as there is room")
  func take() {
    var (few, many) = (FixedList(capacity: 2, blank: 0), FixedList(capacity: 3, blank: 0))
    defer {
      few.deallocate()
      many.deallocate()
    }
    for number in 1...3 { many.append(number) }
    few.contents = many.contents
    #expect(few.contents == [1, 2])
    many.contents = few.contents
    #expect(many.contents == [1, 2])
  }
}
