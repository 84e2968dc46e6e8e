// ROL ROR RCL RCR SHL SHR SAR, SHLD SHRD (Intel SDM volume 2). The operation is ModRM.reg, in the
// data slot's byte 1; byte 0 is the count, or 0xFF for CL.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

@inline(__always)
private func count<W: UnsignedWidth>(_ state: ProcessorState, _ data: UInt64, _: W.Type) -> UInt64 {
  let encoded = data & 0xFF
  let count = encoded == 0xFF ? state.register(1) : encoded
  return count & (W.bitWidth == 64 ? 63 : 31)
}

/// Applies a shift by a count that is not zero after masking; sets flags, returns the result.
@inline(__always)
private func shift<W: UnsignedWidth>(
  _ state: ProcessorState, _ kind: UInt64, _ value: W, _ count: UInt64
) -> W {
  switch kind {
  case 4, 6: shiftLeft(state, value, count)
  case 5: shiftRight(state, value, count)
  case 7: shiftArithmetic(state, value, count)
  default: rotate(state, kind, value, count)
  }
}

extension ProcessorState {
  /// Works out the flags of a shift in translated code, by the same rule.
  @inline(never) func settleFlags() {
    let kind = flagsKind
    let count = UInt64(kind >> 8) & (kind & 3 == 3 ? 63 : 31)
    let group = UInt64(kind >> 16 & 7)
    let value = flagsOperand
    switch kind & 3 {
    case 0: _ = shift(self, group, UInt8(truncatingIfNeeded: value), count)
    case 1: _ = shift(self, group, UInt16(truncatingIfNeeded: value), count)
    case 2: _ = shift(self, group, UInt32(truncatingIfNeeded: value), count)
    default: _ = shift(self, group, value, count)
    }
  }
}

@inline(__always)
private func shiftLeft<W: UnsignedWidth>(_ state: ProcessorState, _ value: W, _ count: UInt64) -> W
{
  let wide = UInt64(truncatingIfNeeded: value)
  let result = count < UInt64(W.bitWidth) ? value &<< W(truncatingIfNeeded: count) : 0
  let width = UInt64(W.bitWidth)
  let carry = count <= width ? wide >> (width &- count) & 1 : 0
  let sign = UInt64(truncatingIfNeeded: result) >> (width &- 1) & 1
  state.setFlagsPartial(carry | (carry ^ sign) << 11, result: result)
  return result
}

@inline(__always)
private func shiftRight<W: UnsignedWidth>(
  _ state: ProcessorState, _ value: W, _ count: UInt64
) -> W {
  let wide = UInt64(truncatingIfNeeded: value)
  let result = W(truncatingIfNeeded: wide >> count)
  let carry = wide >> (count &- 1) & 1
  let sign = wide >> UInt64(W.bitWidth &- 1) & 1
  state.setFlagsPartial(carry | sign << 11, result: result)
  return result
}

@inline(__always)
private func shiftArithmetic<W: UnsignedWidth>(
  _ state: ProcessorState, _ value: W, _ count: UInt64
) -> W {
  let unused = UInt64(64 &- W.bitWidth)
  let wide = Int64(bitPattern: UInt64(truncatingIfNeeded: value) &<< unused) &>> Int64(unused)
  let result = W(truncatingIfNeeded: wide >> Int64(truncatingIfNeeded: count))
  let carry = UInt64(bitPattern: wide >> Int64(truncatingIfNeeded: count &- 1)) & 1
  state.setFlagsPartial(carry, result: result)
  return result
}

/// ROL ROR RCL RCR: they change CF and OF alone.
@inline(never)
private func rotate<W: UnsignedWidth>(
  _ state: ProcessorState, _ kind: UInt64, _ value: W, _ count: UInt64
) -> W {
  let width = UInt64(W.bitWidth)
  let top = W(1) << (W.bitWidth - 1)
  var result = value
  var carry = state.carry
  switch kind {
  case 0:
    let turn = W(truncatingIfNeeded: count % width)
    result = turn == 0 ? value : value << turn | value >> (W(truncatingIfNeeded: width) - turn)
    carry = UInt64(truncatingIfNeeded: result & 1)
  case 1:
    let turn = W(truncatingIfNeeded: count % width)
    result = turn == 0 ? value : value >> turn | value << (W(truncatingIfNeeded: width) - turn)
    carry = result & top != 0 ? 1 : 0
  case 2:
    for _ in 0..<count % (width + 1) {
      let out: UInt64 = result & top != 0 ? 1 : 0
      result = result << 1 | W(truncatingIfNeeded: carry)
      carry = out
    }
  default:
    for _ in 0..<count % (width + 1) {
      let out = UInt64(truncatingIfNeeded: result & 1)
      result = result >> 1 | (carry != 0 ? top : 0)
      carry = out
    }
  }
  let sign: UInt64 = result & top != 0 ? 1 : 0
  let below: UInt64 = result & (top >> 1) != 0 ? 1 : 0
  let overflow = kind & 1 == 0 ? sign ^ carry : sign ^ below
  let kept = state.arithmeticFlags & ~(Flag.carry | Flag.overflow)
  state.setExplicitFlags(kept | carry | overflow << 11)
  return result
}

@inline(__always)
private func shiftRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let data = fields.data
  let amount = count(state, data, W.self)
  if amount != 0 {
    state.setOperand(
      fields.a, shift(state, data >> 8, state.operand(fields.a, as: W.self), amount))
  } else if W.bitWidth == 32 {
    state.setOperand(fields.a, state.operand(fields.a, as: W.self))
  }
  next(raw, at, 2)
}

@inline(__always)
private func shiftMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let data = fields.data
  let amount = count(state, data, W.self)
  if amount != 0 {
    let result = shift(state, data >> 8, pointer.loadUnaligned(as: W.self), amount)
    pointer.storeBytes(of: result, as: W.self)
  }
  state.finishWrite(pointer)
  next(raw, at, 2)
}

@inline(__always) private func shiftRegister8(_ r: Raw, _ o: At) { shiftRegister(r, o, UInt8.self) }
@inline(__always) private func shiftRegister16(_ r: Raw, _ o: At) {
  shiftRegister(r, o, UInt16.self)
}
@inline(__always) private func shiftRegister32(_ r: Raw, _ o: At) {
  shiftRegister(r, o, UInt32.self)
}
@inline(__always) private func shiftRegister64(_ r: Raw, _ o: At) {
  shiftRegister(r, o, UInt64.self)
}
@inline(__always) private func shiftMemory8(_ r: Raw, _ o: At) { shiftMemory(r, o, UInt8.self) }
@inline(__always) private func shiftMemory16(_ r: Raw, _ o: At) { shiftMemory(r, o, UInt16.self) }
@inline(__always) private func shiftMemory32(_ r: Raw, _ o: At) { shiftMemory(r, o, UInt32.self) }
@inline(__always) private func shiftMemory64(_ r: Raw, _ o: At) { shiftMemory(r, o, UInt64.self) }

// The common shifts by an immediate (imm32, not zero after masking) of a register.

@inline(__always)
private func fixedShift<W: UnsignedWidth>(
  _ raw: Raw, _ at: At, _: W.Type, _ body: (ProcessorState, W, UInt64) -> W
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let amount = UInt64(truncatingIfNeeded: fields.immediate)
  state.setOperand(fields.a, body(state, state.operand(fields.a, as: W.self), amount))
  next(raw, at)
}

@inline(__always) private func shiftLeft32(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt32.self) { shiftLeft($0, $1, $2) }
}
@inline(__always) private func shiftLeft64(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt64.self) { shiftLeft($0, $1, $2) }
}
@inline(__always) private func shiftRight32(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt32.self) { shiftRight($0, $1, $2) }
}
@inline(__always) private func shiftRight64(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt64.self) { shiftRight($0, $1, $2) }
}
@inline(__always) private func shiftArithmetic32(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt32.self) { shiftArithmetic($0, $1, $2) }
}
@inline(__always) private func shiftArithmetic64(_ r: Raw, _ o: At) {
  fixedShift(r, o, UInt64.self) { shiftArithmetic($0, $1, $2) }
}

// MARK: SHLD, SHRD. Data slot: byte 0 count or 0xFF, byte 1 = 0 left, 1 right, byte 2 register.

@inline(__always)
private func doubleShift<W: UnsignedWidth>(
  _ state: ProcessorState, _ value: W, _ filler: W, _ right: Bool, _ amount: UInt64
) -> W {
  let width = UInt64(W.bitWidth)
  // Counts beyond 16 of words are undefined; they are taken modulo the width. 16 is defined.
  let turn = amount > width ? amount % width : amount
  guard turn != 0 else { return value }
  let left = W(truncatingIfNeeded: turn)
  let rest = W(truncatingIfNeeded: width &- turn)
  let result = right ? value >> left | filler << rest : value << left | filler >> rest
  let wide = UInt64(truncatingIfNeeded: value)
  let carry = right ? wide >> (turn &- 1) & 1 : wide >> (width &- turn) & 1
  let changed = UInt64(truncatingIfNeeded: value ^ result) >> (width &- 1) & 1
  state.setFlagsPartial(carry | changed << 11, result: result)
  return result
}

@inline(__always)
private func doubleShiftRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let data = fields.data
  let amount = count(state, data, W.self)
  let value = state.operand(fields.a, as: W.self)
  let filler = state.operand(fields.b, as: W.self)
  state.setOperand(
    fields.a,
    amount == 0 ? value : doubleShift(state, value, filler, data >> 8 & 1 != 0, amount))
  next(raw, at, 2)
}

@inline(__always)
private func doubleShiftMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let data = fields.data
  let amount = count(state, data, W.self)
  if amount != 0 {
    let value = pointer.loadUnaligned(as: W.self)
    let filler = state.operand(fields.a, as: W.self)
    pointer.storeBytes(
      of: doubleShift(state, value, filler, data >> 8 & 1 != 0, amount), as: W.self)
  }
  state.finishWrite(pointer)
  next(raw, at, 2)
}

@inline(__always) private func doubleShiftRegister16(_ r: Raw, _ o: At) {
  doubleShiftRegister(r, o, UInt16.self)
}
@inline(__always) private func doubleShiftRegister32(_ r: Raw, _ o: At) {
  doubleShiftRegister(r, o, UInt32.self)
}
@inline(__always) private func doubleShiftRegister64(_ r: Raw, _ o: At) {
  doubleShiftRegister(r, o, UInt64.self)
}
@inline(__always) private func doubleShiftMemory16(_ r: Raw, _ o: At) {
  doubleShiftMemory(r, o, UInt16.self)
}
@inline(__always) private func doubleShiftMemory32(_ r: Raw, _ o: At) {
  doubleShiftMemory(r, o, UInt32.self)
}
@inline(__always) private func doubleShiftMemory64(_ r: Raw, _ o: At) {
  doubleShiftMemory(r, o, UInt64.self)
}

/// Handlers of shifts by log2(bytes).
enum ShiftHandlers {
  static let register: [Handler] = [
    shiftRegister8, shiftRegister16, shiftRegister32, shiftRegister64,
  ]
  static let memory: [Handler] = [shiftMemory8, shiftMemory16, shiftMemory32, shiftMemory64]
  /// SHL, SHR, SAR by an immediate: 32 bits, then 64 bits.
  static let left: [Handler] = [shiftLeft32, shiftLeft64]
  static let right: [Handler] = [shiftRight32, shiftRight64]
  static let arithmetic: [Handler] = [shiftArithmetic32, shiftArithmetic64]
  static let doubleRegister: [Handler] = [
    doubleShiftRegister16, doubleShiftRegister16, doubleShiftRegister32, doubleShiftRegister64,
  ]
  static let doubleMemory: [Handler] = [
    doubleShiftMemory16, doubleShiftMemory16, doubleShiftMemory32, doubleShiftMemory64,
  ]
}
