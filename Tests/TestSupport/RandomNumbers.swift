/// A small generator of random numbers whose sequence is the same everywhere (SplitMix64).
package struct RandomNumbers: RandomNumberGenerator {
  private var state: UInt64

  /// Starts the sequence of a seed.
  package init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to, not including, `bound`.
  package mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// True once in `count` times.
  package mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  /// One element of a collection that is not empty.
  package mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[below(elements.count)]
  }

  /// A 64-bit value of the kind that finds faults: near a power of two, small, or random.
  package mutating func value() -> UInt64 {
    switch below(8) {
    case 0: UInt64(below(4)) &- 2
    case 1: (1 << UInt64(below(64))) &+ UInt64(below(3)) &- 1
    case 2: UInt64(below(256))
    case 3: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: next())))
    case 4: next() & 0xFFFF_FFFF
    default: next()
    }
  }
}
