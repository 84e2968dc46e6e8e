/// Random numbers that follow from where they begin.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (SplitMix64).
package struct RandomSequence: Codable, Equatable, Sendable {
  /// Where it is: all that its numbers follow from.
  package private(set) var place: UInt64

  /// The numbers that follow a seed.
  package init(seed: UInt64) { place = seed }

  /// The next number.
  package mutating func next() -> UInt64 {
    place &+= 0x9E37_79B9_7F4A_7C15
    var value = place
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
