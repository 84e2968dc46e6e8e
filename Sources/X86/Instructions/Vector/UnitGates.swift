// Operations that ask for an instruction's unit before its storage operand is looked at.

@inline(__always)
func requireVectors(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  guard ProcessorState(raw).mayUseVectors(at) else { return }
  next(raw, at)
}

@inline(__always)
func requireNarrowVectors(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  guard ProcessorState(raw).mayUseNarrowVectors(at) else { return }
  next(raw, at)
}

@inline(__always)
func requireBothVectors(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  guard ProcessorState(raw).mayUseNarrowVectors(at, vectors: true) else { return }
  next(raw, at)
}

/// For x87 instructions that do not look at a pending exception.
@inline(__always)
func requireFloatingPoint(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  guard ProcessorState(raw).mayUseFloatingPoint(at, waits: false) else { return }
  next(raw, at)
}

/// For x87 instructions that wait.
@inline(__always)
func requireReadyFloatingPoint(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  guard ProcessorState(raw).mayUseFloatingPoint(at, waits: true) else { return }
  next(raw, at)
}
