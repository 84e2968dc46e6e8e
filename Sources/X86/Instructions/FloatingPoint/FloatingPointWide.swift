/// A number with 128 significant bits, to work out the x87's transcendental functions with.
///
/// Value: `significand` * 2^(`exponent` - 127), its top bit set; zero has no bit set. Operations
/// truncate towards zero, so an error is at most one unit in the last of 128 places.
struct WideNumber {
  var isNegative: Bool
  var exponent: Int
  var significand: UInt128

  static let zero = WideNumber(isNegative: false, exponent: 0, significand: 0)
  static let one = WideNumber(1)
  static let pi = WideNumber(
    isNegative: false, exponent: 1, significand: 0xC90F_DAA2_2168_C234_C4C6_628B_80DC_1CD1)
  static let naturalLogarithmOf2 = WideNumber(
    isNegative: false, exponent: -1, significand: 0xB172_17F7_D1CF_79AB_C9E3_B398_03F2_F6AF)
  static let binaryLogarithmOfE = WideNumber(
    isNegative: false, exponent: 0, significand: 0xB8AA_3B29_5C17_F0BB_BE87_FED0_691D_3E88)

  init(isNegative: Bool, exponent: Int, significand: UInt128) {
    self.isNegative = isNegative
    self.exponent = exponent
    self.significand = significand
  }

  init(_ value: Int) {
    let magnitude = UInt128(value.magnitude)
    let shift = magnitude.leadingZeroBitCount
    isNegative = value < 0
    exponent = value == 0 ? 0 : 127 - shift
    significand = value == 0 ? 0 : magnitude << shift
  }

  /// The value of a finite x87 register.
  init(significand fraction: UInt64, signExponent: UInt16) {
    let shift = fraction.leadingZeroBitCount
    isNegative = signExponent >> 15 != 0
    exponent = fraction == 0 ? 0 : max(1, Int(signExponent & 0x7FFF)) - 16383 - shift
    significand = fraction == 0 ? 0 : UInt128(fraction) << (64 + shift)
  }

  var isZero: Bool { significand == 0 }

  var magnitude: WideNumber {
    WideNumber(isNegative: false, exponent: exponent, significand: significand)
  }

  static prefix func - (value: WideNumber) -> WideNumber {
    WideNumber(
      isNegative: !value.isNegative, exponent: value.exponent, significand: value.significand)
  }

  /// Whether the magnitudes are the same.
  func hasMagnitude(of other: WideNumber) -> Bool {
    exponent == other.exponent && significand == other.significand
  }

  /// Whether x and x - x^3 have the same 64 bits, rounded to nearest.
  var isInsignificantCubed: Bool { exponent < -58 }

  /// The number with the next smaller magnitude: what is a little less than this one.
  var nextTowardsZero: WideNumber {
    let less = significand &- 1
    if less >> 127 != 0 {
      return WideNumber(isNegative: isNegative, exponent: exponent, significand: less)
    }
    return WideNumber(isNegative: isNegative, exponent: exponent &- 1, significand: .max)
  }

  /// Multiplied by 2^`power`.
  func scaled(by power: Int) -> WideNumber {
    WideNumber(isNegative: isNegative, exponent: exponent &+ power, significand: significand)
  }

  static func * (left: WideNumber, right: WideNumber) -> WideNumber {
    if left.isZero || right.isZero { return .zero }
    let (high, low) = left.significand.multipliedFullWidth(by: right.significand)
    let carries = high >> 127 != 0
    return WideNumber(
      isNegative: left.isNegative != right.isNegative,
      exponent: left.exponent &+ right.exponent &+ (carries ? 1 : 0),
      significand: carries ? high : high << 1 | low >> 127)
  }

  /// The divisor must not be zero.
  static func / (left: WideNumber, right: WideNumber) -> WideNumber {
    if left.isZero { return .zero }
    let fits = left.significand < right.significand
    let high = fits ? left.significand : left.significand >> 1
    let low: UInt128 = fits ? 0 : left.significand << 127
    return WideNumber(
      isNegative: left.isNegative != right.isNegative,
      exponent: left.exponent &- right.exponent &- (fits ? 1 : 0),
      significand: right.significand.dividingFullWidth((high, low)).quotient)
  }

  static func + (left: WideNumber, right: WideNumber) -> WideNumber {
    if left.isZero { return right }
    if right.isZero { return left }
    let leftIsLarger =
      (left.exponent, left.significand) >= (right.exponent, right.significand)
    let large = leftIsLarger ? left : right
    let small = leftIsLarger ? right : left
    let distance = large.exponent &- small.exponent
    var other = distance > 127 ? 0 : small.significand >> distance
    let lost = distance > 127 || other << distance != small.significand
    if large.isNegative == small.isNegative {
      let (sum, carries) = large.significand.addingReportingOverflow(other)
      return WideNumber(
        isNegative: large.isNegative, exponent: large.exponent &+ (carries ? 1 : 0),
        significand: carries ? sum >> 1 | 1 << 127 : sum)
    }
    if lost { other &+= 1 }
    let difference = large.significand &- other
    if difference == 0 { return .zero }
    let shift = difference.leadingZeroBitCount
    return WideNumber(
      isNegative: large.isNegative, exponent: large.exponent &- shift,
      significand: difference << shift)
  }

  static func - (left: WideNumber, right: WideNumber) -> WideNumber { left + -right }

  /// Whether adding `term` to this sum still changes more than its last place.
  private func isChanged(by term: WideNumber) -> Bool {
    !term.isZero && term.exponent > exponent &- 130
  }

  /// e^self - 1, for magnitudes up to 1.
  var exponentialMinus1: WideNumber {
    var sum = self
    var term = self
    var count = 2
    while true {
      term = term * self / WideNumber(count)
      let isLast = !sum.isChanged(by: term)
      sum = sum + term
      if isLast { return sum }
      count &+= 1
    }
  }

  /// The odd series x -+ x^3/3 + x^5/5 ...: arc tangent (alternating) or its hyperbolic sister.
  private func oddSeries(alternates: Bool) -> WideNumber {
    let square = alternates ? -(self * self) : self * self
    var sum = self
    var power = self
    var count = 3
    while true {
      power = power * square
      let term = power / WideNumber(count)
      let isLast = !sum.isChanged(by: term)
      sum = sum + term
      if isLast { return sum }
      count &+= 2
    }
  }

  /// log2(1 + self), for magnitudes below 0.5.
  var binaryLogarithmOfOnePlus: WideNumber {
    let ratio = self / (self + WideNumber(2))
    return ratio.oddSeries(alternates: false).scaled(by: 1) * .binaryLogarithmOfE
  }

  /// log2 of a positive number.
  var binaryLogarithm: WideNumber {
    // The fraction lies in [0.7, 1.42), so that nothing cancels.
    let isUpper = significand >= 0xB504_F333_F9DE_6484_597D_89B3_754A_BE9F
    let fraction = WideNumber(
      isNegative: false, exponent: isUpper ? -1 : 0, significand: significand)
    let whole = WideNumber(exponent &+ (isUpper ? 1 : 0))
    return whole + (fraction - .one).binaryLogarithmOfOnePlus
  }

  /// The arc tangent of a number in [0, 1].
  var arcTangent: WideNumber {
    if exponent < -1 || isZero { return oddSeries(alternates: true) }
    // Above a half: atan t = pi/4 + atan((t - 1)/(t + 1)).
    let turned = (self - .one) / (self + .one)
    return WideNumber.pi.scaled(by: -2) + turned.oddSeries(alternates: true)
  }

  /// Sine or cosine of a number of magnitude up to pi/4.
  private func circularSeries(from first: WideNumber, count start: Int) -> WideNumber {
    let square = -(self * self)
    var sum = first
    var term = first
    var count = start
    while true {
      term = term * square / WideNumber(count &* (count &+ 1))
      let isLast = !sum.isChanged(by: term)
      sum = sum + term
      if isLast { return sum }
      count &+= 2
    }
  }

  var sine: WideNumber { circularSeries(from: self, count: 2) }
  var cosine: WideNumber { circularSeries(from: .one, count: 1) }

  /// 2/pi as a fraction of 320 bits, least significant word first.
  private static let twoOverPi: [5 of UInt64] = [
    0xB724_6E3A_424D_D2E0, 0xFE51_63AB_DEBB_C561, 0xDB62_9599_3C43_9041, 0xFC27_57D1_F534_DDC0,
    0xA2F9_836E_4E44_1529,
  ]

  /// Reduces an angle below 2^63 to at most pi/4: the remainder and the number of quarter turns.
  var quarterTurns: (remainder: WideNumber, quarter: Int) {
    if exponent < -1 || isZero { return (self, 0) }
    // Fixed point: words 0-5 are the fraction of |self| * 2/pi, word 6 its whole part.
    var words: [7 of UInt64] = [0, 0, 0, 0, 0, 0, 0]
    let factor = UInt64(truncatingIfNeeded: significand >> 64)
    var carry: UInt64 = 0
    for index in 0..<5 {
      let (high, low) = factor.multipliedFullWidth(by: Self.twoOverPi[index])
      let (sum, overflows) = low.addingReportingOverflow(carry)
      words[index] = sum
      carry = high &+ (overflows ? 1 : 0)
    }
    words[5] = carry
    let shift = exponent &+ 1
    if shift > 0 {
      for index in (1..<7).reversed() {
        words[index] = words[index] << shift | words[index - 1] >> (64 - shift)
      }
      words[0] <<= shift
    }
    var quarter = words[6]
    let isAbove = words[5] >> 63 != 0
    if isAbove {
      quarter &+= 1
      var borrow = true
      for index in 0..<6 {
        words[index] = ~words[index]
        if borrow { (words[index], borrow) = words[index].addingReportingOverflow(1) }
      }
    }
    let remainder = Self.fraction(words) * WideNumber.pi.scaled(by: -1)
    let turns = Int(quarter & 3)
    let signed = isAbove != isNegative ? -remainder : remainder
    return (signed, isNegative ? (4 - turns) & 3 : turns)
  }

  /// The fraction in words 0-5 as a number.
  private static func fraction(_ words: [7 of UInt64]) -> WideNumber {
    var first = 5
    while first > 2 && words[first] == 0 { first -= 1 }
    let top = UInt128(words[first]) << 64 | UInt128(words[first - 1])
    if top == 0 { return .zero }
    let shift = top.leadingZeroBitCount
    let rest = UInt128(words[first - 2]) << 64
    let filled = shift == 0 ? top : top << shift | rest >> (128 - shift)
    return WideNumber(
      isNegative: false, exponent: -1 - (5 - first) * 64 - shift, significand: filled)
  }
}
