/// A set of partitions by number, in two levels of bits: going through it costs what is in it, and a
/// word for every 4,096 partitions that there are.
///
/// Storage is allocated once; whoever makes it frees it with `deallocate`.
struct PartitionSet {
  private let words: UnsafeMutableBufferPointer<UInt64>
  /// A bit for each word that is not 0.
  private let summary: UnsafeMutableBufferPointer<UInt64>

  /// Creates an empty set for the numbers `0..<capacity`.
  init(capacity: Int) {
    let count = max(0, capacity) / 64 &+ 1
    words = UnsafeMutableBufferPointer(holding: Array(repeating: 0, count: count))
    summary = UnsafeMutableBufferPointer(holding: Array(repeating: 0, count: count / 64 &+ 1))
  }

  func deallocate() {
    words.deallocate()
    summary.deallocate()
  }

  func insert(_ number: Int) {
    words[number >> 6] |= 1 << UInt64(truncatingIfNeeded: number & 63)
    summary[number >> 12] |= 1 << UInt64(truncatingIfNeeded: number >> 6 & 63)
  }

  /// Adds another set of the same capacity.
  func formUnion(_ other: PartitionSet) {
    other.forEachWord { words[$0] |= other.words[$0] }
    for index in summary.indices { summary[index] |= other.summary[index] }
  }

  func removeAll() {
    forEachWord { words[$0] = 0 }
    for index in summary.indices { summary[index] = 0 }
  }

  /// Calls a function with every number, ascending.
  func forEach(_ body: (Int) -> Void) {
    forEachWord { index in
      PartitionSet.forEachBit(words[index]) { body(index << 6 | $0) }
    }
  }

  private func forEachWord(_ body: (Int) -> Void) {
    for index in summary.indices {
      PartitionSet.forEachBit(summary[index]) { body(index << 6 | $0) }
    }
  }

  private static func forEachBit(_ bits: UInt64, _ body: (Int) -> Void) {
    var bits = bits
    while bits != 0 {
      body(bits.trailingZeroBitCount)
      bits &= bits &- 1
    }
  }
}
