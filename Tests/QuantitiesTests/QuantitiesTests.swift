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

  @Test("sums and differences stop in place, and powers of ten at the greatest number")
  func inPlace() {
    for first in Int8.min...Int8.max {
      for second in Int8.min...Int8.max {
        var (sum, difference) = (first, first)
        sum.addClamped(second)
        difference.subtractClamped(second)
        #expect(sum == Int8(clamping: Int(first) + Int(second)))
        #expect(difference == Int8(clamping: Int(first) - Int(second)))
      }
    }
    #expect((-2...4).map { powerOfTen($0) as Int8 } == [1, 1, 1, 10, 100, .max, .max])
  }

  @Test("a part of a number is that of wider numbers, or the greatest number")
  func parts() {
    let numbers: [UInt64] = [0, 1, 2, 999, 1 << 32, .max / 3, .max - 1, .max]
    for number in numbers {
      for numerator in numbers {
        for denominator in numbers {
          let part = number.scaledClamped(by: numerator, over: denominator)
          guard denominator > 0 else {
            #expect(part == .max)
            continue
          }
          let exact = UInt128(number) * UInt128(numerator) / UInt128(denominator)
          #expect(part == UInt64(clamping: exact))
        }
      }
    }
  }

  @Test("an element is changed where it is")
  func changes() {
    var numbers = [5, 6, 7]
    for index in [-1, 0, 3, Int.min, Int.max] { numbers.change(at: index) { $0 = 9 } }
    #expect(numbers == [9, 6, 7])
    numbers.changeEach { $0 += 1 }
    #expect(numbers == [10, 7, 8])
  }

  @Test("a number that names nothing reads what is absent, and writes to no other")
  func numbered() {
    var things = Numbered(["a", "b"], absent: "none")
    for number in [-1, 2, Int.min, Int.max] {
      #expect(things[number] == "none")
      things[number] = "none"
    }
    things[9] += "!"
    things[1] += "!"
    things.append("c")
    #expect(things.elements == ["a", "b!", "c"] && Array(things) == things.elements)
    #expect(things[2] == "c" && things[3] == "none!" && things.indices == 0..<3)
    things.elements = []
    #expect(things.isEmpty && things[0] == "none!")
  }

  @Test("so many things are numbered, one at least", arguments: [Int.min, -1, 0, 1, 3])
  func counted(_ count: Int) {
    var things = Numbered(count: count) { 10 * $0 }
    let last = max(1, count) - 1
    #expect(Array(things) == (0...last).map { 10 * $0 })
    for number in [Int.min, -1, last + 1, Int.max] { #expect(things[number] == 10 * last) }
    things[last + 1] = 7
    #expect(things[last] == 10 * last)
    #expect(Array(Numbered(repeating: 5, count: count)) == Array(repeating: 5, count: last + 1))
  }

  @Test("numbers of fixed width have zeros before them, and never lose a digit")
  func widths() {
    #expect((-1...4).map { "12".zeroPadded(to: $0) } == ["12", "12", "12", "12", "012", "0012"])
  }
}
