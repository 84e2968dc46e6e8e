import CHost
import Testing

/// RCPPS and RSQRTPS by the definition in CHost: correctly rounded to 12 bits.
///
/// Oracle: 1/x and 1/sqrt(x) in double precision, rounded by hand, and the manuals' table of
/// special operands.
struct VectorApproximationTests {
  private static func approximate(_ operation: UInt32, _ value: Float) -> Float {
    var bits = [value, 1, 2, 3]
    bits.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      endicott_vector_approximate(operation, start, start)
    }
    return bits[0]
  }

  /// Rounds a positive number to 12 significant bits.
  private static func rounded(_ value: Double) -> Double {
    let unit = (value.binade * 0x1p-11)
    return (value / unit).rounded(.toNearestOrEven) * unit
  }

  @Test func roundsReciprocalsCorrectly() {
    var source = OperandSource(seed: 0x5EED_0053)
    for _ in 0..<50_000 {
      let value = Float(bitPattern: source.single())
      guard value.isNormal else { continue }
      let exact = 1 / Double(value)
      let expected = Self.rounded(exact.magnitude)
      let actual = Self.approximate(0x253, value)
      if expected < Double(Float.leastNormalMagnitude) {
        #expect(actual == 0 && (actual.sign == value.sign))
      } else {
        #expect(Double(actual.magnitude) == expected && actual.sign == value.sign, "1/\(value)")
      }
    }
  }

  @Test func roundsReciprocalSquareRootsCorrectly() {
    var source = OperandSource(seed: 0x5EED_0052)
    for _ in 0..<50_000 {
      let value = Float(bitPattern: source.single() & 0x7FFF_FFFF)
      guard value.isNormal else { continue }
      let expected = Self.rounded(1 / Double(value).squareRoot())
      #expect(Double(Self.approximate(0x252, value)) == expected, "1/sqrt(\(value))")
    }
  }

  /// Intel SDM volume 2, RCPPS and RSQRTPS: the relative error is at most 1.5 * 2^-12.
  @Test func staysWithinTheManualsError() {
    let limit = 1.5 * 0x1p-12
    var largest = 0.0
    for significand in stride(from: UInt32(0), to: 1 << 24, by: 97) {
      // The lowest bit of the exponent, too: the root depends on it.
      let value = Float(bitPattern: 0x3F00_0000 + significand)
      let reciprocal = Double(Self.approximate(0x253, value)) * Double(value)
      let root = Double(Self.approximate(0x252, value)) * Double(value).squareRoot()
      largest = max(largest, abs(reciprocal - 1), abs(root - 1))
    }
    #expect(largest <= limit, "\(largest / limit) of the limit")
  }

  @Test(arguments: [
    (UInt32(0), UInt32(0x7F80_0000), UInt32(0x7F80_0000)),
    (0x8000_0000, 0xFF80_0000, 0xFF80_0000),
    (0x0000_0001, 0x7F80_0000, 0x7F80_0000),
    (0x807F_FFFF, 0xFF80_0000, 0xFF80_0000),
    (0x7F80_0000, 0, 0),
    (0xFF80_0000, 0x8000_0000, 0xFFC0_0000),
    (0x7F80_0001, 0x7FC0_0001, 0x7FC0_0001),
    (0xFFC1_2345, 0xFFC1_2345, 0xFFC1_2345),
    (0x3F80_0000, 0x3F80_0000, 0x3F80_0000),
    (0xBF80_0000, 0xBF80_0000, 0xFFC0_0000),
    (0x4080_0000, 0x3E80_0000, 0x3F00_0000),
  ])
  func answersSpecialOperands(operand: UInt32, reciprocal: UInt32, root: UInt32) {
    let value = Float(bitPattern: operand)
    #expect(Self.approximate(0x253, value).bitPattern == reciprocal)
    #expect(Self.approximate(0x252, value).bitPattern == root)
  }

  @Test func leavesTheUpperElementsOfAScalar() {
    var bits: [Float] = [4, 9, 16, 25]
    bits.withUnsafeMutableBytes { buffer in
      guard let start = buffer.baseAddress else { return }
      endicott_vector_approximate(0x253, start, start)
    }
    #expect(bits == [0.25, 9, 16, 25])
  }
}
