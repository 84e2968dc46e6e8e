import CHost

// SSE3 to SSE4.2 on XMM, MMX and general registers, where the handlers of SSE2 do not serve: an
// immediate, a mask in XMM0, elements to and from general registers, strings, CRC32.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: Routines of CHost

/// PMOVSX*, PMOVZX*, MOVDDUP from storage: 2, 4 or 8 bytes, of any alignment.
@inline(__always)
func wideIntegerShortMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let slot = at + Block.operationByteCount
  let byteCount = slot.load(fromByteOffset: 8, as: Int.self)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  let value: UInt64 =
    switch byteCount {
    case 2: UInt64(pointer.loadUnaligned(as: UInt16.self))
    case 4: UInt64(pointer.low32)
    default: pointer.low
    }
  state.vectorOperand.halves = Halves(value, 0)
  slot.load(as: VectorRoutine.self)(state.vector(Operation(at).a), state.vectorOperand)
  next(raw, at, 2)
}

// MARK: With an immediate

/// BLENDPS, BLENDPD, PBLENDW, PALIGNR, INSERTPS, MPSADBW.
@inline(__always)
func immediateVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let operation = VectorOperation(register: at)
  endicott_vector_immediate(
    operation.number, state.vector(Operation(at).a), state.vector(Operation(at).b),
    operation.immediate)
  next(raw, at)
}

@inline(__always)
func immediateVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  let operation = VectorOperation(memory: at)
  endicott_vector_immediate(
    operation.number, state.vector(Operation(at).a), pointer, operation.immediate)
  next(raw, at, 2)
}

/// INSERTPS from storage: 4 bytes, whatever element the immediate names.
@inline(__always)
func insertSingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readOperand(at, 4) else { return }
  let operation = VectorOperation(memory: at)
  endicott_vector_immediate(
    operation.number, state.vector(Operation(at).a), pointer, operation.immediate & 0x3F)
  next(raw, at, 2)
}

/// PALIGNR on MMX registers.
@inline(__always)
func alignNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  FloatingPointUnit(state).enterVectorMode()
  let operation = VectorOperation(register: at)
  endicott_vector_immediate(
    operation.number, state.narrowVector(Operation(at).a), state.narrowVector(Operation(at).b),
    operation.immediate)
  state.finishNarrow(Operation(at).a)
  next(raw, at)
}

@inline(__always)
func alignNarrowMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at), let pointer = state.readOperand(at, 8) else { return }
  FloatingPointUnit(state).enterVectorMode()
  let operation = VectorOperation(memory: at)
  endicott_vector_immediate(
    operation.number, state.narrowVector(Operation(at).a), pointer, operation.immediate)
  state.finishNarrow(Operation(at).a)
  next(raw, at, 2)
}

// MARK: Masks and flags

/// PBLENDVB, BLENDVPS, BLENDVPD: the mask is XMM0.
@inline(__always)
func blendByMask(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  endicott_vector_blend(
    VectorOperation(register: at).number, state.vector(Operation(at).a),
    state.vector(Operation(at).b), state.vector(0))
  next(raw, at)
}

@inline(__always)
func blendByMaskMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  endicott_vector_blend(
    VectorOperation(memory: at).number, state.vector(Operation(at).a), pointer, state.vector(0))
  next(raw, at, 2)
}

/// PTEST: ZF when no bit is common, CF when the source has none beyond the destination's.
@inline(__always)
private func test(_ state: ProcessorState, _ destination: Halves, _ source: Halves) {
  let common = destination & source
  let beyond = ~destination & source
  state.setExplicitFlags(
    (common == Halves.zero ? Flag.zero : 0) | (beyond == Halves.zero ? Flag.carry : 0))
}

@inline(__always)
func testVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  test(state, state.vector(Operation(at).a).halves, state.vector(Operation(at).b).halves)
  next(raw, at)
}

@inline(__always)
func testVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  test(state, state.vector(Operation(at).a).halves, pointer.halves)
  next(raw, at, 2)
}

// MARK: Elements

extension VectorOperation {
  /// Bytes of the element that PEXTR* (14, 15, 16), EXTRACTPS (17), PINSR* (20, 22) move.
  @inline(__always) var elementByteCount: Int {
    switch opcode {
    case 0x14, 0x20: 1
    case 0x15: 2
    case 0x17: 4
    default: isWide ? 8 : 4
    }
  }

  /// Where the element of the immediate lies in its register.
  @inline(__always) var elementOffset: Int {
    Int(immediate) &* elementByteCount & 15
  }
}

@inline(__always)
private func load(_ place: UnsafeMutableRawPointer, _ byteCount: Int) -> UInt64 {
  switch byteCount {
  case 1: UInt64(place.load(as: UInt8.self))
  case 2: UInt64(place.loadUnaligned(as: UInt16.self))
  case 4: UInt64(place.low32)
  default: place.low
  }
}

@inline(__always)
private func store(_ value: UInt64, at place: UnsafeMutableRawPointer, _ byteCount: Int) {
  switch byteCount {
  case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
  case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
  case 4: place.low32 = UInt32(truncatingIfNeeded: value)
  default: place.low = value
  }
}

/// PEXTRB, PEXTRW, PEXTRD, PEXTRQ, EXTRACTPS: a = general register, b = XMM register.
@inline(__always)
func extractElement(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let operation = VectorOperation(register: at)
  let place = state.vector(Operation(at).b) + operation.elementOffset
  state.setRegister(Operation(at).a, load(place, operation.elementByteCount))
  next(raw, at)
}

@inline(__always)
func storeElement(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  let byteCount = operation.elementByteCount
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), byteCount, reads: false)
  else { return }
  store(
    load(state.vector(Operation(at).a) + operation.elementOffset, byteCount), at: pointer, byteCount
  )
  state.finishWrite(pointer)
  next(raw, at, 2)
}

/// PINSRB, PINSRD, PINSRQ.
@inline(__always)
func insertElement(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let operation = VectorOperation(register: at)
  store(
    state.register(Operation(at).b),
    at: state.vector(Operation(at).a) + operation.elementOffset, operation.elementByteCount)
  next(raw, at)
}

@inline(__always)
func insertElementMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  let byteCount = operation.elementByteCount
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  store(
    load(pointer, byteCount), at: state.vector(Operation(at).a) + operation.elementOffset,
    byteCount)
  next(raw, at, 2)
}

// MARK: Strings

/// The length that PCMPESTR* find in a register: its magnitude, at most the elements of a string.
@inline(__always)
private func explicitLength(
  _ state: ProcessorState, _ register: UInt8, _ operation: VectorOperation
) -> UInt32 {
  let bits = state.register(register)
  let magnitude =
    operation.isWide
    ? Int64(bitPattern: bits).magnitude
    : UInt64(Int32(truncatingIfNeeded: bits).magnitude)
  return UInt32(min(magnitude, operation.immediate & 1 == 0 ? 16 : 8))
}

/// PCMPESTRM (60), PCMPESTRI (61), PCMPISTRM (62), PCMPISTRI (63).
@inline(__always)
private func compareStrings(
  _ state: ProcessorState, _ operation: VectorOperation, _ first: Raw, _ second: Raw
) {
  let immediate = operation.immediate
  let isExplicit = operation.opcode < 0x62
  let firstLength =
    isExplicit
    ? explicitLength(state, 0, operation) : endicott_string_length(first, immediate)
  let secondLength =
    isExplicit
    ? explicitLength(state, 2, operation) : endicott_string_length(second, immediate)
  let result = endicott_string_compare(first, firstLength, second, secondLength, immediate)
  let limit: UInt32 = immediate & 1 == 0 ? 16 : 8
  if operation.opcode & 1 == 0 {
    endicott_string_mask(state.vector(0), result, immediate)
  } else {
    let index =
      result == 0
      ? limit
      : UInt32(
        immediate & 0x40 == 0 ? result.trailingZeroBitCount : 31 - result.leadingZeroBitCount)
    state.setRegister(1, UInt64(index))
  }
  var flags = result == 0 ? 0 : Flag.carry
  if secondLength < limit { flags |= Flag.zero }
  if firstLength < limit { flags |= Flag.sign }
  if result & 1 != 0 { flags |= Flag.overflow }
  state.setExplicitFlags(flags)
}

@inline(__always)
func compareStrings(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  compareStrings(
    state, VectorOperation(register: at), state.vector(Operation(at).a),
    state.vector(Operation(at).b))
  next(raw, at)
}

/// The storage operand needs no alignment.
@inline(__always)
func compareStringsMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 16)
  else { return }
  compareStrings(state, VectorOperation(memory: at), state.vector(Operation(at).a), pointer)
  next(raw, at, 2)
}

// MARK: CRC32

/// CRC32 with a register: imm32 = bytes of the source, b its number, or the offset of a byte.
///
/// General registers, so no unit is asked.
@inline(__always)
func addToChecksum(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let (a, b) = (Operation(at).a, Operation(at).b)
  let byteCount = UInt32(bitPattern: Operation(at).immediate)
  let value =
    byteCount == 1 ? UInt64(state.operand(b, as: UInt8.self)) : state.register(b)
  let sum = UInt32(truncatingIfNeeded: state.register(a))
  state.setRegister(a, UInt64(endicott_crc32(sum, value, byteCount)))
  next(raw, at)
}

/// CRC32 with storage: the data slot holds the bytes of the operand.
@inline(__always)
func addToChecksumMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let byteCount = Int(truncatingIfNeeded: Operation(at).data)
  guard let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  let a = Operation(at).a
  let sum = UInt32(truncatingIfNeeded: state.register(a))
  state.setRegister(
    a, UInt64(endicott_crc32(sum, load(pointer, byteCount), UInt32(truncatingIfNeeded: byteCount))))
  next(raw, at, 2)
}
