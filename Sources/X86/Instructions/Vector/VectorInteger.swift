import CHost

// Integer, logical and shuffling instructions on XMM and MMX registers. The commonest have handlers
// of their own; the others go through the tables of CHost by their opcode.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: XMM, by a handler each

@inline(__always)
private func combine(
  _ raw: Raw, _ at: At, _ body: (Halves, Halves) -> Halves
) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let target = state.vector(Operation(at).a)
  target.halves = body(target.halves, state.vector(Operation(at).b).halves)
  next(raw, at)
}

@inline(__always)
private func combineMemory(
  _ raw: Raw, _ at: At, _ body: (Halves, Halves) -> Halves
) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  let target = state.vector(Operation(at).a)
  target.halves = body(target.halves, pointer.halves)
  next(raw, at, 2)
}

private typealias Bytes = SIMD16<UInt8>

@inline(__always) private func bytes(_ value: Halves) -> Bytes {
  unsafeBitCast(value, to: Bytes.self)
}

@inline(__always) private func halves(_ value: Bytes) -> Halves {
  unsafeBitCast(value, to: Halves.self)
}

@inline(__always) private func equalBytes(_ x: Halves, _ y: Halves) -> Halves {
  halves(Bytes(repeating: 0).replacing(with: 0xFF, where: bytes(x) .== bytes(y)))
}

@inline(__always) private func smallerBytes(_ x: Halves, _ y: Halves) -> Halves {
  halves(bytes(x).replacing(with: bytes(y), where: bytes(y) .< bytes(x)))
}

@inline(__always)
func exclusiveOrVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { $0 ^ $1 }
}
@inline(__always)
func orVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { $0 | $1 }
}
@inline(__always)
func andVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { $0 & $1 }
}
@inline(__always)
func andNotVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { ~$0 & $1 }
}
@inline(__always)
func addQuadwords(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { $0 &+ $1 }
}
@inline(__always)
func unpackLowQuadwords(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { Halves($0.x, $1.x) }
}
@inline(__always)
func compareBytes(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { equalBytes($0, $1) }
}
@inline(__always)
func subtractBytes(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { halves(bytes($0) &- bytes($1)) }
}
@inline(__always)
func addBytes(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { halves(bytes($0) &+ bytes($1)) }
}
@inline(__always)
func minimumBytes(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combine(raw, at) { smallerBytes($0, $1) }
}
@inline(__always)
func exclusiveOrVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combineMemory(raw, at) { $0 ^ $1 }
}
@inline(__always)
func orVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combineMemory(raw, at) { $0 | $1 }
}
@inline(__always)
func andVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combineMemory(raw, at) { $0 & $1 }
}
@inline(__always)
func compareBytesMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combineMemory(raw, at) { equalBytes($0, $1) }
}
@inline(__always)
func minimumBytesMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  combineMemory(raw, at) { smallerBytes($0, $1) }
}

// MARK: XMM, by a routine of CHost that the data slot holds

/// destination = destination OP source.
typealias VectorRoutine = @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?) -> Void

@inline(__always) private func routine(_ at: At) -> VectorRoutine {
  (at + Block.operationByteCount).load(as: VectorRoutine.self)
}

/// The second word of the data slot: the count of a shift, or the bytes of a storage operand.
@inline(__always) private func parameter(_ at: At) -> UInt64 {
  at.load(fromByteOffset: Block.operationByteCount + 8, as: UInt64.self)
}

@inline(__always)
func wideInteger(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  routine(at)(state.vector(Operation(at).a), state.vector(Operation(at).b))
  next(raw, at, 2)
}

@inline(__always)
func wideIntegerMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  routine(at)(state.vector(Operation(at).a), pointer)
  next(raw, at, 2)
}

/// Shifts by an immediate (71, 72, 73): the routine is that of the shift by a register.
@inline(__always)
func wideShift(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  state.vectorOperand.halves = Halves(parameter(at), 0)
  routine(at)(state.vector(Operation(at).a), state.vectorOperand)
  next(raw, at, 2)
}

@inline(__always)
func shuffle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let operation = VectorOperation(register: at)
  endicott_vector_shuffle(
    operation.number, state.vector(Operation(at).a), state.vector(Operation(at).b),
    operation.immediate)
  next(raw, at)
}

@inline(__always)
func shuffleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  let operation = VectorOperation(memory: at)
  endicott_vector_shuffle(
    operation.number, state.vector(Operation(at).a), pointer, operation.immediate)
  next(raw, at, 2)
}

/// RCPPS, RCPSS, RSQRTPS, RSQRTSS.
@inline(__always)
func approximate(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  endicott_vector_approximate(
    VectorOperation(register: at).number, state.vector(Operation(at).a),
    state.vector(Operation(at).b))
  next(raw, at)
}

@inline(__always)
func approximateMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseVectors(at), let pointer = state.readOperand(at, operation.prefix == 0 ? 16 : 4)
  else { return }
  endicott_vector_approximate(operation.number, state.vector(Operation(at).a), pointer)
  next(raw, at, 2)
}

// MARK: MMX

@inline(__always)
func narrowInteger(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  let (a, b) = (Operation(at).a, Operation(at).b)
  FloatingPointUnit(state).enterVectorMode()
  routine(at)(state.narrowVector(a), state.narrowVector(b))
  state.finishNarrow(a)
  next(raw, at, 2)
}

/// PUNPCKL* read half a register from storage.
@inline(__always)
func narrowIntegerMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at),
    let pointer = state.readOperand(at, parameter(at) == 4 ? 4 : 8)
  else { return }
  FloatingPointUnit(state).enterVectorMode()
  routine(at)(state.narrowVector(Operation(at).a), pointer)
  state.finishNarrow(Operation(at).a)
  next(raw, at, 2)
}

@inline(__always)
func narrowShift(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  FloatingPointUnit(state).enterVectorMode()
  state.vectorOperand.low = parameter(at)
  routine(at)(state.narrowVector(Operation(at).a), state.vectorOperand)
  state.finishNarrow(Operation(at).a)
  next(raw, at, 2)
}

/// PSHUFW.
@inline(__always)
func narrowShuffle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  FloatingPointUnit(state).enterVectorMode()
  endicott_vector_shuffle(
    0x070, state.narrowVector(Operation(at).a), state.narrowVector(Operation(at).b),
    VectorOperation(register: at).immediate)
  state.finishNarrow(Operation(at).a)
  next(raw, at)
}

@inline(__always)
func narrowShuffleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at), let pointer = state.readOperand(at, 8) else { return }
  FloatingPointUnit(state).enterVectorMode()
  endicott_vector_shuffle(
    0x070, state.narrowVector(Operation(at).a), pointer, VectorOperation(memory: at).immediate)
  state.finishNarrow(Operation(at).a)
  next(raw, at, 2)
}

/// MOVQ mm, mm; MOVD/MOVQ mm, r; MOVD/MOVQ r, mm; MOVQ2DQ, MOVDQ2Q; PMOVMSKB, PEXTRW, PINSRW.
@inline(__always)
func moveNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(register: at)
  guard state.mayUseNarrowVectors(at, vectors: operation.prefix > 1) else { return }
  FloatingPointUnit(state).enterVectorMode()
  let (a, b) = (Operation(at).a, Operation(at).b)
  let mask: UInt64 = operation.isWide ? .max : 0xFFFF_FFFF
  let place = Int(operation.immediate & 3) &* 2
  switch operation.number {
  case 0x06F:
    state.narrowVector(a).low = state.narrowVector(b).low
    state.finishNarrow(a)
  case 0x06E:
    state.narrowVector(a).low = state.register(b) & mask
    state.finishNarrow(a)
  case 0x07E: state.setRegister(b, state.narrowVector(a).low & mask)
  case 0x2D6: state.vector(a).halves = Halves(state.narrowVector(b).low, 0)
  case 0x3D6:
    state.narrowVector(a).low = state.vector(b).low
    state.finishNarrow(a)
  case 0x0D7: state.setRegister(a, UInt64(signs(state.narrowVector(b).low)))
  case 0x0C4:
    state.narrowVector(a).storeBytes(
      of: UInt16(truncatingIfNeeded: state.register(b)), toByteOffset: place, as: UInt16.self)
    state.finishNarrow(a)
  default:
    let word = state.narrowVector(b).loadUnaligned(fromByteOffset: place, as: UInt16.self)
    state.setRegister(a, UInt64(word))
  }
  next(raw, at)
}

/// MOVQ mm, m64; MOVD mm, m32; PINSRW mm, m16.
@inline(__always)
func loadNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  let a = Operation(at).a
  let isWide = operation.isWide || operation.opcode == 0x6F
  let byteCount = operation.opcode == 0xC4 ? 2 : isWide ? 8 : 4
  guard state.mayUseNarrowVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  FloatingPointUnit(state).enterVectorMode()
  let target = state.narrowVector(a)
  switch byteCount {
  case 8: target.low = pointer.low
  case 4: target.low = UInt64(pointer.low32)
  default:
    target.storeBytes(
      of: pointer.loadUnaligned(as: UInt16.self),
      toByteOffset: Int(operation.immediate & 3) &* 2, as: UInt16.self)
  }
  state.finishNarrow(a)
  next(raw, at, 2)
}

/// MOVQ m64, mm; MOVD m32, mm; MOVNTQ.
@inline(__always)
func storeNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  let byteCount = operation.isWide || operation.opcode != 0x7E ? 8 : 4
  guard state.mayUseNarrowVectors(at),
    let pointer = state.writePointer(
      at, Operation(at).address(state), byteCount, reads: false)
  else { return }
  FloatingPointUnit(state).enterVectorMode()
  let value = state.narrowVector(Operation(at).a).low
  if byteCount == 8 {
    pointer.low = value
  } else {
    pointer.low32 = UInt32(truncatingIfNeeded: value)
  }
  state.finishWrite(pointer)
  next(raw, at, 2)
}

/// EMMS.
@inline(__always)
func emptyVectorState(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  FloatingPointUnit(state).top = 0
  FloatingPointUnit(state).tag = 0
  next(raw, at)
}
