import CHost

// F2XM1, FYL2X, FYL2XP1, FPTAN, FPATAN, FSIN, FCOS, FSINCOS: one definition, in integers, whatever
// the host. Each result is the true value (pi taken exactly) rounded once by the rounding control;
// working in 128 bits it differs from that less than once in 2^50 cases. Precision control has no
// effect on them. Special operands follow the tables of the Intel SDM, volume 2.

extension FloatingPointUnit {
  /// What an operand is, as the special cases of the manuals need it.
  private enum Kind { case zero, finite, infinity, other }

  private func kind(_ index: Int) -> Kind {
    let fraction = significand(index)
    switch signExponent(index) & 0x7FFF {
    case 0: return fraction == 0 ? .zero : .finite
    case 0x7FFF: return fraction == 1 << 63 ? .infinity : .other
    default: return fraction >> 63 == 0 ? .other : .finite
    }
  }

  private func isNegative(_ index: Int) -> Bool { signExponent(index) >> 15 != 0 }

  private func isDenormal(_ index: Int) -> Bool {
    signExponent(index) & 0x7FFF == 0 && significand(index) != 0
  }

  private func value(_ index: Int) -> WideNumber {
    WideNumber(significand: significand(index), signExponent: signExponent(index))
  }

  /// Notes an exception found before the operation.
  ///
  /// - Returns: It is masked, so the operation goes on.
  private func raise(_ flag: UInt16) -> Bool {
    status |= flag
    return control & flag != 0
  }

  func transcendental(_ form: UInt8) {
    let operands = form == 0x31 || form == 0x33 || form == 0x39 ? 2 : 1
    let pushes = form == 0x32 || form == 0x3B
    clearC1()
    if form == 0x32 || form >= 0x3B { status &= ~X87Status.c2 }
    if isEmpty(0) || operands == 2 && isEmpty(1) || pushes && !isEmpty(7) {
      let overflow = !isEmpty(0) && operands == 1
      guard stackFault(overflow: overflow) else { return }
      if operands == 2 {
        pop()
      }
      setIndefinite(0)
      if pushes {
        push()
        setIndefinite(0)
      }
      return
    }
    if kind(0) == .other || operands == 2 && kind(1) == .other {
      propagate(operands: operands, pushes: pushes)
      return
    }
    switch form {
    case 0x30: exponential()
    case 0x31: logarithm(ofOnePlus: false)
    case 0x33: arcTangent()
    case 0x39: logarithm(ofOnePlus: true)
    default: circular(form)
    }
  }

  /// NaN and unsupported operands: the answer of an addition.
  private func propagate(operands: Int, pushes: Bool) {
    let answer = endicott_x87_binary(
      UInt32(endicott_x87_add), 0, result, register(0), register(operands &- 1), UInt32(control),
      sticky)
    if note(answer) { return }
    if operands == 2 { pop() }
    set(0, from: result)
    if pushes {
      push()
      set(0, from: result)
    }
  }

  /// The masked response to an invalid operation.
  private func invalidate(pops: Bool, pushes: Bool = false) {
    guard raise(X87Status.invalid) else { return }
    if pops { pop() }
    setIndefinite(0)
    if pushes {
      push()
      setIndefinite(0)
    }
  }

  private func exponential() {
    if kind(0) == .zero { return }
    if kind(0) == .infinity {
      if isNegative(0) { set(0, significand: 1 << 63, signExponent: 0xBFFF) }
      return
    }
    if isDenormal(0), !raise(X87Status.denormal) { return }
    let operand = value(0)
    if operand.exponent == 0 && operand.significand == 1 << 127 {
      deliver(operand.isNegative ? WideNumber(-1).scaled(by: -1) : .one, exact: true)
      return
    }
    // Beyond 1 the manuals leave the result undefined: here the operand stays.
    if operand.exponent >= 0 { return }
    deliver((operand * .naturalLogarithmOf2).exponentialMinus1)
  }

  /// FYL2X and FYL2XP1: ST(1) * log2(ST(0)) or ST(1) * log2(ST(0) + 1).
  private func logarithm(ofOnePlus: Bool) {
    let argument = ofOnePlus ? kind(0) == .finite && value(0).exponent >= -1 : false
    var operand = value(0)
    if argument { operand = operand + .one }
    let direct = !ofOnePlus || argument
    let isOne =
      !ofOnePlus && kind(0) == .finite && operand.exponent == 0
      && operand.significand == 1 << 127 && !operand.isNegative
    let pole =
      !ofOnePlus && kind(0) == .zero
      || argument && operand.isZero
    let vanishes = isOne || ofOnePlus && kind(0) == .zero
    if !pole && direct && kind(0) != .infinity && operand.isNegative
      || kind(0) == .infinity && isNegative(0)
    {
      invalidate(pops: true)
      return
    }
    let factor = kind(1)
    let negative = isNegative(1)
    if pole && factor == .zero || vanishes && factor == .infinity
      || kind(0) == .infinity && factor == .zero
    {
      invalidate(pops: true)
      return
    }
    if isDenormal(0) || isDenormal(1), !raise(X87Status.denormal) { return }
    if pole {
      if factor != .infinity, !raise(X87Status.zeroDivide) { return }
      pop()
      setInfinity(negative: !negative)
      return
    }
    // The logarithm's sign, without working it out.
    let falls: Bool
    if vanishes {
      falls = ofOnePlus && isNegative(0)
    } else if kind(0) == .infinity {
      falls = false
    } else {
      falls = direct ? operand.exponent < 0 : operand.isNegative
    }
    if kind(0) == .infinity || factor == .infinity {
      pop()
      setInfinity(negative: negative != falls)
      return
    }
    if vanishes || factor == .zero {
      pop()
      set(0, significand: 0, signExponent: negative != falls ? 0x8000 : 0)
      return
    }
    let multiplier = value(1)
    let logarithm = direct ? operand.binaryLogarithm : operand.binaryLogarithmOfOnePlus
    let exact = direct && operand.significand == 1 << 127
    deliver(multiplier * logarithm, exact: exact, pops: true)
  }

  private func setInfinity(negative: Bool) {
    set(0, significand: 1 << 63, signExponent: negative ? 0xFFFF : 0x7FFF)
  }

  /// FPATAN: the angle of the point (ST(0), ST(1)).
  private func arcTangent() {
    let across = kind(0)
    let up = kind(1)
    let left = isNegative(0)
    let down = isNegative(1)
    if isDenormal(0) || isDenormal(1), !raise(X87Status.denormal) { return }
    if up == .zero && !left || up != .infinity && across == .infinity && !left {
      pop()
      set(0, significand: 0, signExponent: down ? 0x8000 : 0)
      return
    }
    var angle: WideNumber
    if up == .zero || across == .infinity && up != .infinity {
      angle = .pi
    } else if across == .zero || up == .infinity && across != .infinity {
      angle = WideNumber.pi.scaled(by: -1)
    } else if up == .infinity {
      angle = WideNumber.pi.scaled(by: -2)
      if left { angle = angle * WideNumber(3) }
    } else {
      angle = angleOfFinitePoint(value(0).magnitude, value(1).magnitude, left: left)
    }
    angle.isNegative = down
    deliver(angle, pops: true)
  }

  private func angleOfFinitePoint(
    _ across: WideNumber, _ up: WideNumber, left: Bool
  ) -> WideNumber {
    let isSteep = (up.exponent, up.significand) > (across.exponent, across.significand)
    let ratio = isSteep ? across / up : up / across
    // Of a ratio that is exact the arc tangent is a little less; else the ratio itself was cut.
    let isExact = !isSteep && !left && (ratio * across).hasMagnitude(of: up)
    let angle =
      isExact && ratio.isInsignificantCubed ? ratio.nextTowardsZero : ratio.arcTangent
    if isSteep {
      let half = WideNumber.pi.scaled(by: -1)
      return left ? half + angle : half - angle
    }
    return left ? .pi - angle : angle
  }

  /// FPTAN, FSINCOS, FSIN and FCOS.
  private func circular(_ form: UInt8) {
    let pushes = form == 0x32 || form == 0x3B
    if kind(0) == .infinity {
      invalidate(pops: false, pushes: pushes)
      return
    }
    if kind(0) == .zero {
      if form == 0x3F { set(0, significand: 1 << 63, signExponent: 0x3FFF) }
      if pushes {
        push()
        set(0, significand: 1 << 63, signExponent: 0x3FFF)
      }
      return
    }
    if isDenormal(0), !raise(X87Status.denormal) { return }
    let operand = value(0)
    if operand.exponent >= 63 {
      status |= X87Status.c2
      return
    }
    let (remainder, quarter) = operand.quarterTurns
    let isOdd = quarter & 1 != 0
    var sine = isOdd ? remainder.cosine : remainder.sine
    var cosine = isOdd ? remainder.sine : remainder.cosine
    if quarter & 2 != 0 { sine.isNegative.toggle() }
    if quarter == 1 || quarter == 2 { cosine.isNegative.toggle() }
    // Of a small angle the sine is a little less, the tangent a little more.
    let isSmall = quarter == 0 && remainder.isInsignificantCubed
    if isSmall { sine = remainder.nextTowardsZero }
    switch form {
    case 0x32:
      if deliver(isSmall ? remainder : sine / cosine) {
        push()
        set(0, significand: 1 << 63, signExponent: 0x3FFF)
      }
    case 0x3B:
      if deliver(sine) {
        push()
        tag |= 1 << top
        deliver(cosine)
      }
    case 0x3E: deliver(sine)
    default: deliver(cosine)
    }
  }

  /// Rounds a result into ST(0), after popping when asked to, with the exceptions that makes.
  ///
  /// - Returns: True; a result is stored whatever exceptions it raises.
  @discardableResult
  private func deliver(_ value: WideNumber, exact: Bool = false, pops: Bool = false) -> Bool {
    let rounded = RoundedNumber(value, exact: exact, control: control)
    status = status & ~X87Status.c1 | rounded.status
    if pops { pop() }
    set(0, significand: rounded.significand, signExponent: rounded.signExponent)
    return true
  }
}
