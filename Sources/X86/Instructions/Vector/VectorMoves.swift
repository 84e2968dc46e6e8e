import CHost

// Moves between XMM, MMX and general registers and storage: MOVAPS MOVUPS MOVSS MOVSD MOVLPS MOVHPS
// MOVD MOVQ MOVDQA MOVDQU MOVNT* MOVMSK* PMOVMSKB PINSRW PEXTRW MASKMOV* MOVQ2DQ MOVDQ2Q.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: 16 bytes

@inline(__always)
func moveVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  state.vector(Operation(at).a).halves = state.vector(Operation(at).b).halves
  next(raw, at)
}

@inline(__always)
func loadAligned(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.readAligned(at) else { return }
  state.vector(Operation(at).a).halves = pointer.halves
  next(raw, at)
}

@inline(__always)
func loadUnaligned(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 16)
  else { return }
  state.vector(Operation(at).a).halves = pointer.halves
  next(raw, at)
}

@inline(__always)
func storeAligned(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at), let pointer = state.writeAligned(at) else { return }
  pointer.halves = state.vector(Operation(at).a).halves
  state.finishWrite(pointer)
  next(raw, at)
}

@inline(__always)
func storeUnaligned(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), 16, reads: false)
  else { return }
  pointer.halves = state.vector(Operation(at).a).halves
  state.finishWrite(pointer)
  next(raw, at)
}

// MARK: 8 and 4 bytes

/// MOVQ xmm, m64 and MOVSD xmm, m64: the upper half becomes zero.
@inline(__always)
func loadLow64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 8)
  else { return }
  state.vector(Operation(at).a).halves = Halves(pointer.low, 0)
  next(raw, at)
}

/// MOVD xmm, m32 and MOVSS xmm, m32.
@inline(__always)
func loadLow32(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 4)
  else { return }
  state.vector(Operation(at).a).halves = Halves(UInt64(pointer.low32), 0)
  next(raw, at)
}

/// MOVQ, MOVSD, MOVLPS, MOVLPD to storage.
@inline(__always)
func storeLow64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), 8, reads: false)
  else { return }
  pointer.low = state.vector(Operation(at).a).low
  state.finishWrite(pointer)
  next(raw, at)
}

/// MOVD, MOVSS to storage.
@inline(__always)
func storeLow32(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), 4, reads: false)
  else { return }
  pointer.low32 = state.vector(Operation(at).a).low32
  state.finishWrite(pointer)
  next(raw, at)
}

/// MOVHPS, MOVHPD to storage.
@inline(__always)
func storeHigh64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.writePointer(at, Operation(at).address(state), 8, reads: false)
  else { return }
  pointer.low = state.vector(Operation(at).a).high
  state.finishWrite(pointer)
  next(raw, at)
}

/// MOVLPS, MOVLPD from storage: the upper half stays.
@inline(__always)
func mergeLow64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 8)
  else { return }
  state.vector(Operation(at).a).low = pointer.low
  next(raw, at)
}

/// MOVHPS, MOVHPD from storage: the lower half stays.
@inline(__always)
func mergeHigh64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 8)
  else { return }
  state.vector(Operation(at).a).high = pointer.low
  next(raw, at)
}

/// MOVSD, MOVSS, MOVHLPS, MOVLHPS and MOVQ between XMM registers.
@inline(__always)
func moveBetweenVectors(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let target = state.vector(Operation(at).a)
  let source = state.vector(Operation(at).b)
  switch VectorOperation(register: at).number {
  case 0x210, 0x211: target.low32 = source.low32
  case 0x310, 0x311: target.low = source.low
  case 0x012: target.low = source.high
  case 0x016: target.high = source.low
  default: target.halves = Halves(source.low, 0)
  }
  next(raw, at)
}

// MARK: General registers

/// MOVD xmm, r32 and MOVQ xmm, r64.
@inline(__always)
func moveFromGeneral(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let value = state.register(Operation(at).b)
  let isWide = VectorOperation(register: at).isWide
  state.vector(Operation(at).a).halves = Halves(isWide ? value : value & 0xFFFF_FFFF, 0)
  next(raw, at)
}

/// MOVD r32, xmm and MOVQ r64, xmm: a = XMM register, b = general register.
@inline(__always)
func moveToGeneral(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let value = state.vector(Operation(at).a).low
  let isWide = VectorOperation(register: at).isWide
  state.setRegister(Operation(at).b, isWide ? value : value & 0xFFFF_FFFF)
  next(raw, at)
}

/// MOVMSKPS, MOVMSKPD, PMOVMSKB, PEXTRW: from an XMM register to a general one.
@inline(__always)
func extractToGeneral(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let source = state.vector(Operation(at).b)
  let operation = VectorOperation(register: at)
  let value: UInt64
  switch operation.number {
  case 0x050:
    let (low, high) = (source.low, source.high)
    value = low >> 31 & 1 | low >> 62 & 2 | high >> 29 & 4 | high >> 60 & 8
  case 0x150: value = source.low >> 63 | source.high >> 62 & 2
  case 0x1D7: value = UInt64(signs(source.low) | signs(source.high) << 8)
  default:
    value = UInt64(
      source.loadUnaligned(
        fromByteOffset: Int(operation.immediate & 7) &* 2, as: UInt16.self))
  }
  state.setRegister(Operation(at).a, value)
  next(raw, at)
}

/// The sign bits of eight bytes.
@inline(__always) func signs(_ bytes: UInt64) -> UInt32 {
  UInt32(
    truncatingIfNeeded: ((bytes & 0x8080_8080_8080_8080) &* 0x0002_0408_1020_4081) >> 56)
}

/// PINSRW xmm, r32.
@inline(__always)
func insertWord(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let place = Int(VectorOperation(register: at).immediate & 7) &* 2
  state.vector(Operation(at).a).storeBytes(
    of: UInt16(truncatingIfNeeded: state.register(Operation(at).b)), toByteOffset: place,
    as: UInt16.self)
  next(raw, at)
}

/// PINSRW xmm, m16.
@inline(__always)
func insertWordFromMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    let pointer = state.readPointer(at, Operation(at).address(state), 2)
  else { return }
  let place = Int(VectorOperation(memory: at).immediate & 7) &* 2
  state.vector(Operation(at).a).storeBytes(
    of: pointer.loadUnaligned(as: UInt16.self), toByteOffset: place, as: UInt16.self)
  next(raw, at, 2)
}

/// MOVNTI; a general register, so no unit is asked.
@inline(__always)
func storeGeneral32(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard let pointer = state.writePointer(at, Operation(at).address(state), 4, reads: false)
  else { return }
  pointer.low32 = UInt32(truncatingIfNeeded: state.register(Operation(at).a))
  state.finishWrite(pointer)
  next(raw, at)
}

@inline(__always)
func storeGeneral64(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard let pointer = state.writePointer(at, Operation(at).address(state), 8, reads: false)
  else { return }
  pointer.low = state.register(Operation(at).a)
  state.finishWrite(pointer)
  next(raw, at)
}

/// CLFLUSH: as far as faults go a load of one byte; there are no caches to write back.
@inline(__always)
func flushLine(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.readPointer(at, Operation(at).address(state), 1) != nil else { return }
  next(raw, at)
}

// MARK: Masked stores

/// MASKMOVDQU: the address is DS:rDI; a = data, the data slot's immediate = the mask's register.
@inline(__always)
func storeMasked(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let mask = state.vector(UInt8(truncatingIfNeeded: VectorOperation(memory: at).immediate))
  guard
    storeBytes(state, at, state.vector(Operation(at).a), mask: mask, byteCount: 16)
  else { return }
  next(raw, at, 2)
}

/// MASKMOVQ.
@inline(__always)
func storeMaskedNarrow(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseNarrowVectors(at) else { return }
  let mask = state.narrowVector(UInt8(truncatingIfNeeded: VectorOperation(memory: at).immediate))
  guard
    storeBytes(state, at, state.narrowVector(Operation(at).a), mask: mask, byteCount: 8)
  else { return }
  FloatingPointUnit(state).enterVectorMode()
  next(raw, at, 2)
}

@inline(never)
private func storeBytes(
  _ state: ProcessorState, _ at: At, _ source: Raw, mask: Raw, byteCount: Int
) -> Bool {
  guard
    let pointer = state.writePointer(at, Operation(at).address(state), byteCount, reads: true)
  else { return false }
  for index in 0..<max(0, byteCount)
  where mask.load(fromByteOffset: index, as: UInt8.self) >> 7 != 0 {
    let byte = source.load(fromByteOffset: index, as: UInt8.self)
    pointer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
  }
  state.finishWrite(pointer)
  return true
}
