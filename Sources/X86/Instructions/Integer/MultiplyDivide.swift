// MUL IMUL DIV IDIV, and the one-operand INC DEC NEG NOT.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: INC DEC NEG NOT; imm32 (register form) or the data slot (memory form): 0 1 2 3

@inline(__always)
private func unary<W: UnsignedWidth>(_ state: ProcessorState, _ kind: UInt64, _ value: W) -> W {
  switch kind {
  case 0: increment(state, value)
  case 1: decrement(state, value)
  case 2: Subtract.apply(state, 0, value)
  default: ~value
  }
}

@inline(__always)
private func increment<W: UnsignedWidth>(_ state: ProcessorState, _ value: W) -> W {
  let carry = state.carry
  let result = value &+ 1
  state.flagsOperand = carry
  state.flagsResult = UInt64(truncatingIfNeeded: result)
  state.flagsKind = FlagsKind.inc | widthCode(W.self)
  return result
}

@inline(__always)
private func decrement<W: UnsignedWidth>(_ state: ProcessorState, _ value: W) -> W {
  let carry = state.carry
  let result = value &- 1
  state.flagsOperand = carry
  state.flagsResult = UInt64(truncatingIfNeeded: result)
  state.flagsKind = FlagsKind.dec | widthCode(W.self)
  return result
}

@inline(__always)
private func unaryRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let kind = UInt64(truncatingIfNeeded: fields.immediate)
  state.setOperand(fields.a, unary(state, kind, state.operand(fields.a, as: W.self)))
  next(raw, at)
}

@inline(__always)
private func unaryMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let result = unary(state, fields.data, pointer.loadUnaligned(as: W.self))
  pointer.storeBytes(of: result, as: W.self)
  state.finishWrite(pointer)
  next(raw, at, 2)
}

@inline(__always) private func unaryRegister8(_ r: Raw, _ o: At) { unaryRegister(r, o, UInt8.self) }
@inline(__always) private func unaryRegister16(_ r: Raw, _ o: At) {
  unaryRegister(r, o, UInt16.self)
}
@inline(__always) private func unaryRegister32(_ r: Raw, _ o: At) {
  unaryRegister(r, o, UInt32.self)
}
@inline(__always) private func unaryRegister64(_ r: Raw, _ o: At) {
  unaryRegister(r, o, UInt64.self)
}
@inline(__always) private func unaryMemory8(_ r: Raw, _ o: At) { unaryMemory(r, o, UInt8.self) }
@inline(__always) private func unaryMemory16(_ r: Raw, _ o: At) { unaryMemory(r, o, UInt16.self) }
@inline(__always) private func unaryMemory32(_ r: Raw, _ o: At) { unaryMemory(r, o, UInt32.self) }
@inline(__always) private func unaryMemory64(_ r: Raw, _ o: At) { unaryMemory(r, o, UInt64.self) }

// MARK: MUL IMUL DIV IDIV of the accumulator; kind = ModRM.reg (4 5 6 7)

/// Carries out the operation on RDX:RAX (AX for bytes); false when it raises #DE.
@inline(__always)
private func accumulate<W: UnsignedWidth>(
  _ state: ProcessorState, _ kind: UInt64, _ operand: W
) -> Bool {
  let low = W(truncatingIfNeeded: state.register(0))
  let high: W =
    W.bitWidth == 8
    ? W(truncatingIfNeeded: state.register(0) >> 8) : W(truncatingIfNeeded: state.register(2))
  switch kind {
  case 4:
    let product = low.multipliedFullWidth(by: operand)
    let top = W(truncatingIfNeeded: product.high)
    setAccumulator(state, W(truncatingIfNeeded: product.low), top)
    setMultiplyFlags(state, top != 0, W(truncatingIfNeeded: product.low))
  case 5:
    let product = signedProduct(low, operand)
    setAccumulator(state, product.low, product.high)
    let extended: W = product.low >> W(W.bitWidth - 1) != 0 ? ~0 : 0
    setMultiplyFlags(state, product.high != extended, product.low)
  case 6:
    guard operand > high else { return false }
    let (quotient, remainder) = operand.dividingFullWidth(
      (high, W.Magnitude(truncatingIfNeeded: low)))
    setAccumulator(state, quotient, remainder)
  default:
    return divideSigned(state, high, low, operand)
  }
  return true
}

@inline(__always)
private func setAccumulator<W: UnsignedWidth>(_ state: ProcessorState, _ low: W, _ high: W) {
  if W.bitWidth == 8 {
    state.setOperand(0, UInt16(truncatingIfNeeded: high) << 8 | UInt16(truncatingIfNeeded: low))
  } else {
    state.setOperand(0, low)
    state.setOperand(2, high)
  }
}

/// CF = OF = the product does not fit; the other flags are undefined.
@inline(__always)
private func setMultiplyFlags<W: UnsignedWidth>(_ state: ProcessorState, _ over: Bool, _ low: W) {
  state.setFlagsPartial(over ? Flag.carry | Flag.overflow : 0, result: low)
}

@inline(__always)
private func signedProduct<W: UnsignedWidth>(_ left: W, _ right: W) -> (high: W, low: W) {
  let product = left.multipliedFullWidth(by: right)
  let top = W(W.bitWidth - 1)
  var high = W(truncatingIfNeeded: product.high)
  if left >> top != 0 { high = high &- right }
  if right >> top != 0 { high = high &- left }
  return (high, W(truncatingIfNeeded: product.low))
}

/// IDIV on magnitudes; false when the divisor is zero or the quotient does not fit.
@inline(__always)
private func divideSigned<W: UnsignedWidth>(
  _ state: ProcessorState, _ high: W, _ low: W, _ divisor: W
) -> Bool {
  let top = W(W.bitWidth - 1)
  let isNegative = high >> top != 0
  let divisorIsNegative = divisor >> top != 0
  var upper = high
  var lower = low
  if isNegative {
    lower = 0 &- low
    upper = ~high &+ (low == 0 ? 1 : 0)
  }
  let magnitude = divisorIsNegative ? 0 &- divisor : divisor
  guard magnitude > upper else { return false }
  let (quotient, remainder) = magnitude.dividingFullWidth(
    (upper, W.Magnitude(truncatingIfNeeded: lower)))
  let negates = isNegative != divisorIsNegative
  let limit = W(1) << top
  guard negates ? quotient <= limit : quotient < limit else { return false }
  setAccumulator(
    state, negates ? 0 &- quotient : quotient, isNegative ? 0 &- remainder : remainder)
  return true
}

@inline(__always)
private func accumulateRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let kind = UInt64(truncatingIfNeeded: fields.immediate)
  guard accumulate(state, kind, state.operand(fields.a, as: W.self)) else {
    return state.raise(.divideError, at: at)
  }
  next(raw, at)
}

@inline(__always)
private func accumulateMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  guard accumulate(state, fields.data, pointer.loadUnaligned(as: W.self)) else {
    return state.raise(.divideError, at: at)
  }
  next(raw, at, 2)
}

@inline(__always) private func accumulateRegister8(_ r: Raw, _ o: At) {
  accumulateRegister(r, o, UInt8.self)
}
@inline(__always) private func accumulateRegister16(_ r: Raw, _ o: At) {
  accumulateRegister(r, o, UInt16.self)
}
@inline(__always) private func accumulateRegister32(_ r: Raw, _ o: At) {
  accumulateRegister(r, o, UInt32.self)
}
@inline(__always) private func accumulateRegister64(_ r: Raw, _ o: At) {
  accumulateRegister(r, o, UInt64.self)
}
@inline(__always) private func accumulateMemory8(_ r: Raw, _ o: At) {
  accumulateMemory(r, o, UInt8.self)
}
@inline(__always) private func accumulateMemory16(_ r: Raw, _ o: At) {
  accumulateMemory(r, o, UInt16.self)
}
@inline(__always) private func accumulateMemory32(_ r: Raw, _ o: At) {
  accumulateMemory(r, o, UInt32.self)
}
@inline(__always) private func accumulateMemory64(_ r: Raw, _ o: At) {
  accumulateMemory(r, o, UInt64.self)
}

// MARK: IMUL with two and three operands

@inline(__always)
private func multiply<W: UnsignedWidth>(_ state: ProcessorState, _ left: W, _ right: W) -> W {
  let product = signedProduct(left, right)
  let extended: W = product.low >> W(W.bitWidth - 1) != 0 ? ~0 : 0
  setMultiplyFlags(state, product.high != extended, product.low)
  return product.low
}

@inline(__always)
private func multiplyRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let left = state.operand(fields.a, as: W.self)
  state.setOperand(fields.a, multiply(state, left, state.operand(fields.b, as: W.self)))
  next(raw, at)
}

@inline(__always)
private func multiplyMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  let left = state.operand(fields.a, as: W.self)
  state.setOperand(fields.a, multiply(state, left, pointer.loadUnaligned(as: W.self)))
  next(raw, at)
}

@inline(__always)
private func multiplyRegisterImmediate<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let left = state.operand(fields.b, as: W.self)
  state.setOperand(fields.a, multiply(state, left, fields.immediate(as: W.self)))
  next(raw, at)
}

@inline(__always)
private func multiplyMemoryImmediate<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  let right = W(truncatingIfNeeded: fields.data)
  state.setOperand(fields.a, multiply(state, pointer.loadUnaligned(as: W.self), right))
  next(raw, at, 2)
}

@inline(__always) private func multiply16(_ r: Raw, _ o: At) { multiplyRegister(r, o, UInt16.self) }
@inline(__always) private func multiply32(_ r: Raw, _ o: At) { multiplyRegister(r, o, UInt32.self) }
@inline(__always) private func multiply64(_ r: Raw, _ o: At) { multiplyRegister(r, o, UInt64.self) }
@inline(__always) private func multiplyM16(_ r: Raw, _ o: At) { multiplyMemory(r, o, UInt16.self) }
@inline(__always) private func multiplyM32(_ r: Raw, _ o: At) { multiplyMemory(r, o, UInt32.self) }
@inline(__always) private func multiplyM64(_ r: Raw, _ o: At) { multiplyMemory(r, o, UInt64.self) }
@inline(__always) private func multiplyI16(_ r: Raw, _ o: At) {
  multiplyRegisterImmediate(r, o, UInt16.self)
}
@inline(__always) private func multiplyI32(_ r: Raw, _ o: At) {
  multiplyRegisterImmediate(r, o, UInt32.self)
}
@inline(__always) private func multiplyI64(_ r: Raw, _ o: At) {
  multiplyRegisterImmediate(r, o, UInt64.self)
}
@inline(__always) private func multiplyMI16(_ r: Raw, _ o: At) {
  multiplyMemoryImmediate(r, o, UInt16.self)
}
@inline(__always) private func multiplyMI32(_ r: Raw, _ o: At) {
  multiplyMemoryImmediate(r, o, UInt32.self)
}
@inline(__always) private func multiplyMI64(_ r: Raw, _ o: At) {
  multiplyMemoryImmediate(r, o, UInt64.self)
}

/// Handlers of these families by log2(bytes).
enum MultiplyDivideHandlers {
  static let unaryRegister: [Handler] = [
    unaryRegister8, unaryRegister16, unaryRegister32, unaryRegister64,
  ]
  static let unaryMemory: [Handler] = [unaryMemory8, unaryMemory16, unaryMemory32, unaryMemory64]
  static let accumulateRegister: [Handler] = [
    accumulateRegister8, accumulateRegister16, accumulateRegister32, accumulateRegister64,
  ]
  static let accumulateMemory: [Handler] = [
    accumulateMemory8, accumulateMemory16, accumulateMemory32, accumulateMemory64,
  ]
  static let multiply: [Handler] = [multiply16, multiply16, multiply32, multiply64]
  static let multiplyMemory: [Handler] = [multiplyM16, multiplyM16, multiplyM32, multiplyM64]
  static let multiplyImmediate: [Handler] = [multiplyI16, multiplyI16, multiplyI32, multiplyI64]
  static let multiplyMemoryImmediate: [Handler] = [
    multiplyMI16, multiplyMI16, multiplyMI32, multiplyMI64,
  ]
}
