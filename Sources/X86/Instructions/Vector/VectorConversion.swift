import CHost

// Comparisons that set RFLAGS, conversions to and from general and MMX registers, square roots.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: UCOMIS*, COMIS*

/// False when a NaN or a denormal operand asks for the general way.
@inline(__always)
private func compareOrdered(_ state: ProcessorState, _ x: UInt64, _ y: UInt64) -> Bool {
  let (left, right) = (Double(bitPattern: x), Double(bitPattern: y))
  guard left == left, right == right, !isDenormalNumber(x), !isDenormalNumber(y) else {
    return false
  }
  state.setExplicitFlags(left == right ? Flag.zero : left < right ? Flag.carry : 0)
  return true
}

@inline(__always)
private func compareOrdered(_ state: ProcessorState, _ x: UInt32, _ y: UInt32) -> Bool {
  let (left, right) = (Float(bitPattern: x), Float(bitPattern: y))
  guard left == left, right == right, !isDenormalNumber(x), !isDenormalNumber(y) else {
    return false
  }
  state.setExplicitFlags(left == right ? Flag.zero : left < right ? Flag.carry : 0)
  return true
}

@inline(__always)
private func compare(
  _ state: ProcessorState, _ at: At, _ operation: VectorOperation, _ second: Raw
) -> Bool {
  let answer = endicott_sse_compare(
    operation.number, state.vector(Operation(at).a), second, state.mxcsr)
  guard state.note(answer & MXCSR.flags, at) else { return false }
  state.setExplicitFlags(UInt64(answer >> 8))
  return true
}

@inline(never)
private func compareSlowly(_ raw: Raw, _ at: At) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    compare(state, at, VectorOperation(register: at), state.vector(Operation(at).b))
  else { return }
  next(raw, at)
}

@inline(never)
private func compareMemorySlowly(_ raw: Raw, _ at: At) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseVectors(at),
    let pointer = state.readOperand(at, operation.arithmeticByteCount),
    compare(state, at, operation, pointer)
  else { return }
  next(raw, at, 2)
}

@inline(__always)
func compareSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let (first, second) = (state.vector(Operation(at).a).low32, state.vector(Operation(at).b).low32)
  guard compareOrdered(state, first, second) else { return compareSlowly(raw, at) }
  next(raw, at)
}

@inline(__always)
func compareSingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 4)
  else { return }
  guard compareOrdered(state, state.vector(Operation(at).a).low32, pointer.low32) else {
    return compareMemorySlowly(raw, at)
  }
  next(raw, at, 2)
}

@inline(__always)
func compareDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let (first, second) = (state.vector(Operation(at).a).low, state.vector(Operation(at).b).low)
  guard compareOrdered(state, first, second) else { return compareSlowly(raw, at) }
  next(raw, at)
}

@inline(__always)
func compareDoubleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 8)
  else { return }
  guard compareOrdered(state, state.vector(Operation(at).a).low, pointer.low) else {
    return compareMemorySlowly(raw, at)
  }
  next(raw, at, 2)
}

// MARK: General registers

/// CVTSI2SS, CVTSI2SD; the source stands in the operand area.
@inline(__always)
private func convertFromGeneral(
  _ state: ProcessorState, _ at: At, _ operation: VectorOperation, _ value: UInt64
) -> Bool {
  let target = state.vector(Operation(at).a)
  let number =
    operation.isWide
    ? Int64(bitPattern: value) : Int64(Int32(truncatingIfNeeded: value))
  // Up to 53 bits nothing is rounded.
  if operation.prefix == 3, number.magnitude <= 1 << 53 {
    target.low = Double(number).bitPattern
    return true
  }
  state.vectorOperand.low = UInt64(bitPattern: number)
  return convert(state, at, operation, target, state.vectorOperand)
}

/// Runs a conversion whose destination is `target`'s first bytes.
@inline(never)
private func convert(
  _ state: ProcessorState, _ at: At, _ operation: VectorOperation, _ target: Raw, _ source: Raw
) -> Bool {
  let result = state.vectorResult
  result.halves = target.halves
  let raised = endicott_sse_arithmetic(
    operation.number, result, source, operation.isWide ? 1 : 0, state.mxcsr)
  guard state.note(raised, at) else { return false }
  target.halves = result.halves
  return true
}

@inline(__always)
func convertIntegerToScalar(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(register: at)
  guard state.mayUseVectors(at),
    convertFromGeneral(state, at, operation, state.register(Operation(at).b))
  else { return }
  next(raw, at)
}

@inline(__always)
func convertIntegerToScalarMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(
      at, Operation(at).address(state), operation.isWide ? 8 : 4),
    convertFromGeneral(
      state, at, operation, operation.isWide ? pointer.low : UInt64(pointer.low32))
  else { return }
  next(raw, at, 2)
}

/// CVTSS2SI, CVTSD2SI, CVTTSS2SI, CVTTSD2SI.
@inline(__always)
private func convertToGeneral(
  _ state: ProcessorState, _ at: At, _ operation: VectorOperation, _ source: Raw
) -> Bool {
  if operation.number == 0x32C {
    let value = Double(bitPattern: source.low)
    let limit: Double = operation.isWide ? 0x1p63 : 0x1p31
    if value > -limit && value < limit {
      // Cannot trap: judged above.
      let number = Int64(value)
      if Double(number) == value || state.mxcsr & 0x1020 == 0x1020 {
        let bits = UInt64(bitPattern: number)
        state.setRegister(Operation(at).a, operation.isWide ? bits : bits & 0xFFFF_FFFF)
        return true
      }
    }
  }
  let result = state.vectorResult
  let raised = endicott_sse_arithmetic(
    operation.number, result, source, operation.isWide ? 1 : 0, state.mxcsr)
  guard state.note(raised, at) else { return false }
  state.setRegister(Operation(at).a, operation.isWide ? result.low : UInt64(result.low32))
  return true
}

@inline(__always)
func convertScalarToInteger(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    convertToGeneral(state, at, VectorOperation(register: at), state.vector(Operation(at).b))
  else { return }
  next(raw, at)
}

@inline(__always)
func convertScalarToIntegerMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseVectors(at),
    let pointer = state.readOperand(at, operation.prefix == 3 ? 8 : 4),
    convertToGeneral(state, at, operation, pointer)
  else { return }
  next(raw, at, 2)
}

// MARK: MMX registers

/// CVTPI2PS, CVTPI2PD from an MMX register.
@inline(__always)
func convertNarrowToVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at, vectors: true) else { return }
  let operation = VectorOperation(register: at)
  guard
    convert(
      state, at, operation, state.vector(Operation(at).a), state.narrowVector(Operation(at).b))
  else { return }
  FloatingPointUnit(state).enterVectorMode()
  next(raw, at)
}

/// The same from storage; then the x87 registers stay what they are, as AMD defines it.
@inline(__always)
func convertNarrowToVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readOperand(at, 8),
    convert(state, at, VectorOperation(memory: at), state.vector(Operation(at).a), pointer)
  else { return }
  next(raw, at, 2)
}

/// CVTPS2PI, CVTTPS2PI, CVTPD2PI, CVTTPD2PI.
private func convertToNarrow(
  _ state: ProcessorState, _ at: At, _ operation: VectorOperation, _ source: Raw
) -> Bool {
  let result = state.vectorResult
  let raised = endicott_sse_arithmetic(operation.number, result, source, 0, state.mxcsr)
  guard state.note(raised, at) else { return false }
  FloatingPointUnit(state).enterVectorMode()
  state.narrowVector(Operation(at).a).low = result.low
  state.finishNarrow(Operation(at).a)
  return true
}

@inline(__always)
func convertVectorToNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at, vectors: true),
    convertToNarrow(
      state, at, VectorOperation(register: at), state.vector(Operation(at).b))
  else { return }
  next(raw, at)
}

@inline(__always)
func convertVectorToNarrowMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseNarrowVectors(at, vectors: true),
    let pointer = state.readOperand(at, operation.arithmeticByteCount),
    convertToNarrow(state, at, operation, pointer)
  else { return }
  next(raw, at, 2)
}

// MARK: MXCSR

@inline(__always)
func loadMXCSR(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 4)
  else { return }
  let value = pointer.low32
  guard value & ~MXCSR.supported == 0 else {
    state.raise(.generalProtection(0), at: at)
    return
  }
  state.mxcsr = value
  next(raw, at)
}

@inline(__always)
func storeMXCSR(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), 4, reads: false)
  else { return }
  pointer.low32 = state.mxcsr
  state.finishWrite(pointer)
  next(raw, at)
}
