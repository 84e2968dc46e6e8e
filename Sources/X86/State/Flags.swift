// Arithmetic flags are kept as the last operation's kind, first operand and result, and worked out
// when something reads them. `flagsRest` holds the other bits of RFLAGS (IF, DF, IOPL, ...).
//
// kind = operation << 2 | log2(operand bytes). Operand and result are zero-extended.
//   explicit  the six flags stand in `result`, at their RFLAGS positions
//   partial   CF, AF, OF stand in `operand`; SF, ZF, PF follow from `result`
//   add, sub  all from operand and result (the other operand is their difference)
//   logic     CF = OF = AF = 0; the rest from `result`
//   shift     `operand` is what was shifted; bits 8-15 of the kind are the count, 16-18 ModRM.reg.
//             Translated code's own: `settleFlags` makes it partial where the interpreter goes on
//   inc, dec  CF stands in bit 0 of `operand`; the rest from `result`

enum FlagsKind {
  static let explicit: UInt32 = 0 << 2
  static let partial: UInt32 = 1 << 2
  static let add: UInt32 = 2 << 2
  static let sub: UInt32 = 3 << 2
  static let logic: UInt32 = 4 << 2
  static let inc: UInt32 = 5 << 2
  static let dec: UInt32 = 6 << 2
  /// In translated code alone: a shift that is still to be judged.
  static let shift: UInt32 = 8 << 2
}

/// Bits of RFLAGS (Intel SDM volume 1, "EFLAGS Register").
enum Flag {
  static let carry: UInt64 = 1 << 0
  static let parity: UInt64 = 1 << 2
  static let adjust: UInt64 = 1 << 4
  static let zero: UInt64 = 1 << 6
  static let sign: UInt64 = 1 << 7
  static let trap: UInt64 = 1 << 8
  static let interrupt: UInt64 = 1 << 9
  static let direction: UInt64 = 1 << 10
  static let overflow: UInt64 = 1 << 11
  static let ioPrivilege: UInt64 = 3 << 12
  static let nestedTask: UInt64 = 1 << 14
  static let resume: UInt64 = 1 << 16
  static let virtual8086: UInt64 = 1 << 17
  static let alignment: UInt64 = 1 << 18
  static let virtualInterrupt: UInt64 = 1 << 19
  static let virtualInterruptPending: UInt64 = 1 << 20
  static let identification: UInt64 = 1 << 21
  static let arithmetic: UInt64 = carry | parity | adjust | zero | sign | overflow
  static let fixed: UInt64 = 1 << 1
}

extension ProcessorState {
  @inline(__always) var flagsKind: UInt32 {
    get { get(StateLayout.flagsKind, as: UInt32.self) }
    nonmutating set { set(StateLayout.flagsKind, newValue) }
  }

  @inline(__always) var flagsOperand: UInt64 {
    get { get(StateLayout.flagsOperand, as: UInt64.self) }
    nonmutating set { set(StateLayout.flagsOperand, newValue) }
  }

  @inline(__always) var flagsResult: UInt64 {
    get { get(StateLayout.flagsResult, as: UInt64.self) }
    nonmutating set { set(StateLayout.flagsResult, newValue) }
  }

  @inline(__always) var flagsRest: UInt64 {
    get { get(StateLayout.flagsRest, as: UInt64.self) }
    nonmutating set { set(StateLayout.flagsRest, newValue) }
  }

  @inline(__always) func setFlags<W: FixedWidthInteger & UnsignedInteger>(
    _ kind: UInt32, operand: W, result: W
  ) {
    flagsOperand = UInt64(truncatingIfNeeded: operand)
    flagsResult = UInt64(truncatingIfNeeded: result)
    flagsKind = kind | widthCode(W.self)
  }

  /// Sets CF, AF and OF to the given RFLAGS bits, and SF, ZF, PF from the result.
  @inline(__always) func setFlagsPartial<W: FixedWidthInteger & UnsignedInteger>(
    _ bits: UInt64, result: W
  ) {
    flagsOperand = bits
    flagsResult = UInt64(truncatingIfNeeded: result)
    flagsKind = FlagsKind.partial | widthCode(W.self)
  }

  /// CF as 0 or 1.
  @inline(__always) var carry: UInt64 {
    let kind = flagsKind & ~3
    let result = flagsResult
    let operand = flagsOperand
    if kind == FlagsKind.sub { return result > operand ? 1 : 0 }
    if kind == FlagsKind.add { return result < operand ? 1 : 0 }
    if kind == FlagsKind.logic { return 0 }
    if kind == FlagsKind.explicit { return result & 1 }
    return operand & 1
  }

  /// ZF.
  @inline(__always) var isZero: Bool {
    let kind = flagsKind
    let result = flagsResult
    if kind < FlagsKind.partial { return result & Flag.zero != 0 }
    return result == 0
  }

  /// SF.
  @inline(__always) var isNegative: Bool {
    let kind = flagsKind
    let result = flagsResult
    if kind < FlagsKind.partial { return result & Flag.sign != 0 }
    return result >> signShift(kind) & 1 != 0
  }

  /// PF.
  @inline(__always) var hasEvenParity: Bool {
    let result = flagsResult
    if flagsKind < FlagsKind.partial { return result & Flag.parity != 0 }
    return UInt8(truncatingIfNeeded: result).nonzeroBitCount & 1 == 0
  }

  /// OF.
  @inline(__always) var hasOverflow: Bool {
    let kind = flagsKind
    let result = flagsResult
    let operand = flagsOperand
    let sign = signShift(kind)
    switch kind & ~3 {
    case FlagsKind.sub:
      let other = operand &- result
      return ((operand ^ other) & (operand ^ result)) >> sign & 1 != 0
    case FlagsKind.add:
      let other = result &- operand
      return (~(operand ^ other) & (operand ^ result)) >> sign & 1 != 0
    case FlagsKind.logic: return false
    case FlagsKind.inc: return result == 1 << sign
    case FlagsKind.dec: return result == (1 << sign) &- 1
    case FlagsKind.partial: return operand & Flag.overflow != 0
    default: return result & Flag.overflow != 0
    }
  }

  /// SF != OF.
  @inline(__always) var isLess: Bool {
    let kind = flagsKind
    if kind & ~3 == FlagsKind.sub {
      let shift = 63 &- signShift(kind)
      let left = flagsOperand &<< shift
      let right = left &- (flagsResult &<< shift)
      return Int64(bitPattern: left) < Int64(bitPattern: right)
    }
    return isNegative != hasOverflow
  }

  /// AF.
  var hasAdjust: Bool {
    let result = flagsResult
    let operand = flagsOperand
    switch flagsKind & ~3 {
    case FlagsKind.sub: return (operand ^ result ^ (operand &- result)) & 0x10 != 0
    case FlagsKind.add: return (operand ^ result ^ (result &- operand)) & 0x10 != 0
    case FlagsKind.logic: return false
    case FlagsKind.inc: return result & 0xF == 0
    case FlagsKind.dec: return result & 0xF == 0xF
    case FlagsKind.partial: return operand & Flag.adjust != 0
    default: return result & Flag.adjust != 0
    }
  }

  /// The six arithmetic flags at their RFLAGS positions.
  var arithmeticFlags: UInt64 {
    if flagsKind < FlagsKind.partial { return flagsResult & Flag.arithmetic }
    var flags = carry
    if hasEvenParity { flags |= Flag.parity }
    if hasAdjust { flags |= Flag.adjust }
    if isZero { flags |= Flag.zero }
    if isNegative { flags |= Flag.sign }
    if hasOverflow { flags |= Flag.overflow }
    return flags
  }

  /// RFLAGS as the manual lays it out.
  var flags: UInt64 {
    get { arithmeticFlags | flagsRest | Flag.fixed }
    nonmutating set {
      flagsRest = newValue & ~(Flag.arithmetic | Flag.fixed)
      setExplicitFlags(newValue)
      selectTranslations()
    }
  }

  /// Sets the six arithmetic flags from RFLAGS bits.
  @inline(__always) func setExplicitFlags(_ bits: UInt64) {
    flagsResult = bits & Flag.arithmetic
    flagsOperand = 0
    flagsKind = FlagsKind.explicit
  }

  /// The condition of Jcc, SETcc and CMOVcc with the low four opcode bits `code`.
  @inline(__always) func holds(_ code: UInt8) -> Bool {
    let positive: Bool
    switch code >> 1 {
    case 0: positive = hasOverflow
    case 1: positive = carry != 0
    case 2: positive = isZero
    case 3: positive = carry != 0 || isZero
    case 4: positive = isNegative
    case 5: positive = hasEvenParity
    case 6: positive = isLess
    default: positive = isZero || isLess
    }
    return positive != (code & 1 != 0)
  }

  @inline(__always) private func signShift(_ kind: UInt32) -> UInt64 {
    UInt64((8 &<< (kind & 3)) &- 1)
  }
}

/// log2 of the width in bytes.
@inline(__always) func widthCode<W: FixedWidthInteger>(_: W.Type) -> UInt32 {
  switch W.bitWidth {
  case 8: 0
  case 16: 1
  case 32: 2
  default: 3
  }
}
