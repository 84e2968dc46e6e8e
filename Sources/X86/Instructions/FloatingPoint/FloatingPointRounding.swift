/// A number rounded to an x87 register's 64 bits.
struct RoundedNumber {
  private(set) var significand: UInt64
  private(set) var signExponent: UInt16
  /// Overflow, underflow, precision, and C1 when the magnitude was rounded up.
  private(set) var status: UInt16 = 0

  /// Rounds by the rounding control; without `exact` the magnitude is a little more than `value` says.
  ///
  /// A number is tiny when it is so after rounding to 64 bits (AMD EPYC silicon).
  init(_ value: WideNumber, exact: Bool, control: UInt16) {
    let mode = control >> 10 & 3
    var biased = value.exponent &+ 16383
    var rounding = Rounding(value, droppingBits: 64, exact: exact, mode: mode)
    if biased &+ (rounding.carries ? 1 : 0) <= 0 {
      if control & X87Status.underflow == 0 {
        biased &+= 24576 &+ (rounding.carries ? 1 : 0)
        status |= X87Status.underflow
      } else {
        rounding = Rounding(value, droppingBits: 65 &- biased, exact: exact, mode: mode)
        biased = rounding.significand >> 63 == 0 ? 0 : 1
        if rounding.isInexact { status |= X87Status.underflow }
      }
    } else if rounding.carries {
      biased &+= 1
    }
    significand = rounding.significand
    if rounding.isInexact { status |= X87Status.precision }
    if rounding.isUp { status |= X87Status.c1 }
    if biased >= 0x7FFF {
      status |= X87Status.overflow
      if control & X87Status.overflow == 0 {
        biased &-= 24576
      } else {
        let largest = Self.keepsLargest(value.isNegative, mode)
        status = (status | X87Status.precision) & ~X87Status.c1 | (largest ? 0 : X87Status.c1)
        biased = largest ? 0x7FFE : 0x7FFF
        significand = largest ? .max : 1 << 63
      }
    }
    signExponent = UInt16(truncatingIfNeeded: biased) | (value.isNegative ? 0x8000 : 0)
  }

  private static func keepsLargest(_ negative: Bool, _ mode: UInt16) -> Bool {
    switch mode {
    case 0: false
    case 1: !negative
    case 2: negative
    default: true
    }
  }
}

/// A significand of 128 bits without its lowest ones.
private struct Rounding {
  /// 64 bits at most; with its top bit alone when rounding up carried out of them.
  var significand: UInt64
  /// The exponent grows by one.
  var carries = false
  var isInexact: Bool
  var isUp: Bool

  /// Drops at least 64 bits, of which there may be more than the number has.
  init(_ value: WideNumber, droppingBits count: Int, exact: Bool, mode: UInt16) {
    significand = 0
    // What is dropped, as a fraction of the last place that is kept.
    var rest: UInt128
    if count < 128 {
      significand = UInt64(truncatingIfNeeded: value.significand >> count)
      rest = value.significand << (128 &- count)
    } else {
      rest = value.significand >> (count &- 128)
      if rest << (count &- 128) != value.significand { rest |= 1 }
    }
    isInexact = rest != 0 || !exact
    isUp =
      isInexact && Self.roundsUp(significand, rest, exact, value.isNegative, mode)
    guard isUp else { return }
    significand &+= 1
    guard significand == 0 else { return }
    significand = 1 << 63
    carries = true
  }

  /// Rounding control: 0 to nearest even, 1 down, 2 up, 3 towards zero.
  private static func roundsUp(
    _ kept: UInt64, _ rest: UInt128, _ exact: Bool, _ negative: Bool, _ mode: UInt16
  ) -> Bool {
    switch mode {
    case 0:
      if rest == 1 << 127 { return !exact || kept & 1 != 0 }
      return rest >> 127 != 0
    case 1: return negative
    case 2: return !negative
    default: return false
    }
  }
}
