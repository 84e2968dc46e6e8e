import Quantities

/// Doubly linked lists of small numbers in raw memory that begins zeroed: each number is in one list
/// at most, and every operation takes the same short time.
struct IndexLists {
  private static let isFirst: UInt16 = 0x8000
  /// First number of each list, plus 1; 0 is none.
  private let heads: UnsafeMutablePointer<UInt16>
  /// Of each number: the next of its list plus 1, then the one before plus 1 or the list's number
  /// with `isFirst`; 0 and 0 is in no list.
  private let links: UnsafeMutablePointer<UInt16>

  /// Lists in `byteCount(lists:numbers:)` bytes of memory; they and the numbers are fewer than 32,767.
  init(_ start: UnsafeMutableRawPointer, lists: Int) {
    heads = start.assumingMemoryBound(to: UInt16.self)
    links = heads + lists
  }

  static func byteCount(lists: Int, numbers: Int) -> Int { lists &* 2 &+ numbers &* 4 }

  @inline(__always) func isEmpty(_ list: Int) -> Bool { heads[list] == 0 }

  /// Puts a number first in a list, out of the one where it was.
  func add(_ number: Int, to list: Int) {
    remove(number)
    let first = heads[list]
    links[number &* 2] = first
    links[number &* 2 &+ 1] = UInt16(truncatingIfNeeded: list) | Self.isFirst
    let mark = UInt16(truncatingIfNeeded: number &+ 1)
    if first != 0 { links[Int(first) &* 2 &- 1] = mark }
    heads[list] = mark
  }

  /// Takes a number out of its list, if it is in one.
  @inline(__always) func remove(_ number: Int) {
    let previous = links[number &* 2 &+ 1]
    if previous != 0 { unlink(number, behind: previous) }
  }

  private func unlink(_ number: Int, behind previous: UInt16) {
    let next = links[number &* 2]
    if previous & Self.isFirst != 0 {
      heads[Int(previous & ~Self.isFirst)] = next
    } else {
      links[Int(previous) &* 2 &- 2] = next
    }
    if next != 0 { links[Int(next) &* 2 &- 1] = previous }
    links[number &* 2] = 0
    links[number &* 2 &+ 1] = 0
  }

  /// Takes the first number out of a list; nil when the list is empty.
  func takeFirst(_ list: Int) -> Int? {
    let first = Int(heads[list])
    guard first != 0 else { return nil }
    remove(first &- 1)
    return first &- 1
  }

  /// The list of each number, plus 1; 0 for those that are in none.
  func memberships(numbers: Int, lists: Int) -> [UInt16] {
    var memberships = [UInt16](repeating: 0, count: max(0, numbers))
    for list in Range(uncheckedBounds: (0, max(0, lists))) {
      var mark = heads[list]
      while mark != 0 {
        memberships.change(at: Int(mark) &- 1) { $0 = UInt16(truncatingIfNeeded: list &+ 1) }
        mark = links[Int(mark) &* 2 &- 2]
      }
    }
    return memberships
  }
}
