// ADD OR ADC SBB AND SUB XOR CMP TEST (Intel SDM volume 1, "Binary Arithmetic" and "Logical").

/// A two-operand operation: sets the flags and returns the result.
protocol BinaryOperation {
  /// False for CMP and TEST, which only set flags.
  static var stores: Bool { get }
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W
}

enum Add: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let result = left &+ right
    state.setFlags(FlagsKind.add, operand: left, result: result)
    return result
  }
}

enum Subtract: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let result = left &- right
    state.setFlags(FlagsKind.sub, operand: left, result: result)
    return result
  }
}

enum Compare: BinaryOperation {
  @inline(__always) static var stores: Bool { false }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W { Subtract.apply(state, left, right) }
}

enum And: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let result = left & right
    state.flagsResult = UInt64(truncatingIfNeeded: result)
    state.flagsKind = FlagsKind.logic | widthCode(W.self)
    return result
  }
}

enum Test: BinaryOperation {
  @inline(__always) static var stores: Bool { false }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W { And.apply(state, left, right) }
}

enum Or: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let result = left | right
    state.flagsResult = UInt64(truncatingIfNeeded: result)
    state.flagsKind = FlagsKind.logic | widthCode(W.self)
    return result
  }
}

enum ExclusiveOr: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let result = left ^ right
    state.flagsResult = UInt64(truncatingIfNeeded: result)
    state.flagsKind = FlagsKind.logic | widthCode(W.self)
    return result
  }
}

enum AddWithCarry: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let carry = W(truncatingIfNeeded: state.carry)
    let result = left &+ right &+ carry
    let carries = (left & right) | ((left | right) & ~result)
    state.setFlagsPartial(carryFlags(carries, left, right, result), result: result)
    return result
  }
}

enum SubtractWithBorrow: BinaryOperation {
  @inline(__always) static var stores: Bool { true }
  @inline(__always)
  static func apply<W: FixedWidthInteger & UnsignedInteger>(
    _ state: ProcessorState, _ left: W, _ right: W
  ) -> W {
    let carry = W(truncatingIfNeeded: state.carry)
    let result = left &- right &- carry
    let borrows = (~left & right) | ((~left | right) & result)
    state.setFlagsPartial(carryFlags(borrows, left, right, result), result: result)
    return result
  }
}

/// CF, AF, OF at their RFLAGS positions from the carry (or borrow) out of every bit.
@inline(__always)
private func carryFlags<W: FixedWidthInteger & UnsignedInteger>(
  _ carries: W, _ left: W, _ right: W, _ result: W
) -> UInt64 {
  let word = UInt64(truncatingIfNeeded: carries)
  let top = UInt64(truncatingIfNeeded: W.bitWidth &- 1)
  let carry = word >> top & 1
  let below = word >> (top &- 1) & 1
  return carry | (word >> 3 & 1) << 4 | (carry ^ below) << 11
}

// The operand forms; every handler of the table is one of these with its operation and width.

@inline(__always)
func binaryRegisterRegister<O: BinaryOperation, W: FixedWidthInteger & UnsignedInteger>(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer, _: O.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let result = O.apply(
    state, state.operand(fields.a, as: W.self), state.operand(fields.b, as: W.self))
  if O.stores { state.setOperand(fields.a, result) }
  next(raw, at)
}

@inline(__always)
func binaryRegisterImmediate<O: BinaryOperation, W: FixedWidthInteger & UnsignedInteger>(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer, _: O.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let result = O.apply(
    state, state.operand(fields.a, as: W.self), fields.immediate(as: W.self))
  if O.stores { state.setOperand(fields.a, result) }
  next(raw, at)
}

@inline(__always)
func binaryRegisterMemory<O: BinaryOperation, W: FixedWidthInteger & UnsignedInteger>(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer, _: O.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  let result = O.apply(
    state, state.operand(fields.a, as: W.self), pointer.loadUnaligned(as: W.self))
  if O.stores { state.setOperand(fields.a, result) }
  next(raw, at)
}

@inline(__always)
func binaryMemoryRegister<O: BinaryOperation, W: FixedWidthInteger & UnsignedInteger>(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer, _: O.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let size = MemoryLayout<W>.size
  let address = fields.address(state)
  if O.stores {
    guard let pointer = state.writePointer(at, address, size, reads: true) else { return }
    let result = O.apply(
      state, pointer.loadUnaligned(as: W.self), state.operand(fields.a, as: W.self))
    pointer.storeBytes(of: result, as: W.self)
    state.finishWrite(pointer)
  } else {
    guard let pointer = state.readPointer(at, address, size) else { return }
    _ = O.apply(state, pointer.loadUnaligned(as: W.self), state.operand(fields.a, as: W.self))
  }
  next(raw, at)
}

@inline(__always)
func binaryMemoryImmediate<O: BinaryOperation, W: FixedWidthInteger & UnsignedInteger>(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer, _: O.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let size = MemoryLayout<W>.size
  let address = fields.address(state)
  let right = W(truncatingIfNeeded: fields.data)
  if O.stores {
    guard let pointer = state.writePointer(at, address, size, reads: true) else { return }
    let result = O.apply(state, pointer.loadUnaligned(as: W.self), right)
    pointer.storeBytes(of: result, as: W.self)
    state.finishWrite(pointer)
  } else {
    guard let pointer = state.readPointer(at, address, size) else { return }
    _ = O.apply(state, pointer.loadUnaligned(as: W.self), right)
  }
  next(raw, at, 2)
}
