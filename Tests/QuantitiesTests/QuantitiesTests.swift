import Testing

@testable import Quantities

// The oracle is Swift's own arithmetic on wider integers.
@Suite("Numbers from outside")
struct QuantitiesTests {
  @Test("every sum, difference, product and quotient of bytes is right or refused")
  func bytes() {
    for first in Int8.min...Int8.max {
      for second in Int8.min...Int8.max {
        let (a, b) = (Int(first), Int(second))
        #expect(first.adding(second) == Int8(exactly: a + b))
        #expect(first.subtracting(second) == Int8(exactly: a - b))
        #expect(first.multiplied(by: second) == Int8(exactly: a * b))
        #expect(first.divided(by: second) == (b == 0 ? nil : Int8(exactly: a / b)))
        #expect(first.addingClamped(second) == Int8(clamping: a + b))
        #expect(first.subtractingClamped(second) == Int8(clamping: a - b))
        #expect(first.multipliedClamped(by: second) == Int8(clamping: a * b))
      }
    }
  }

  @Test("an element is there or nil")
  func elements() {
    let numbers = [5, 6, 7]
    #expect([-1, 0, 2, 3, Int.max].map { numbers.element(at: $0) } == [nil, 5, 7, nil, nil])
    #expect(numbers.dropFirst().element(at: 0) == nil)
  }

  @Test("a range ends where 64-bit addresses end")
  func ranges() throws {
    #expect(AddressRange(start: .max, byteCount: 1) == nil)
    let all = try #require(AddressRange(start: 0, byteCount: .max))
    let last = try #require(AddressRange(start: .max - 1, byteCount: 1))
    #expect(all.contains(last) && all.overlaps(last) && !last.contains(all))
    let none = try #require(AddressRange(start: 7, byteCount: 0))
    #expect(none.isEmpty && all.contains(none) && !none.overlaps(none))
    #expect(!last.contains(.max) && last.contains(.max - 1) && last.byteCount == 1)
  }
}
