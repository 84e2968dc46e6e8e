/// A set of a partition's processors, by number.
struct ProcessorSet {
  /// Most processors of a partition.
  static let limit = UInt64.bitWidth

  private var bits: UInt64 = 0

  var isEmpty: Bool { bits == 0 }

  /// Numbers from `limit` on are nobody's, and wrap.
  private static func bit(_ number: Int) -> UInt64 { 1 &<< UInt64(truncatingIfNeeded: number) }

  /// Whether a processor is in it.
  func contains(_ number: Int) -> Bool { bits & Self.bit(number) != 0 }

  /// Whether another processor than this one is in it.
  func hasOther(than number: Int) -> Bool { bits & ~Self.bit(number) != 0 }

  /// Puts a processor in.
  mutating func insert(_ number: Int) { bits |= Self.bit(number) }

  /// Takes a processor out.
  mutating func remove(_ number: Int) { bits &= ~Self.bit(number) }

  /// Takes the processor of the least number out; nil when there is none.
  mutating func popFirst() -> Int? {
    guard bits != 0 else { return nil }
    defer { bits &= bits &- 1 }
    return bits.trailingZeroBitCount
  }

  /// Takes all out, as another set.
  mutating func takeAll() -> ProcessorSet {
    defer { bits = 0 }
    return self
  }
}
