import CHost

// SSE and SSE2 arithmetic, comparisons and conversions.
//
// The general way runs the host's instruction under the guest's MXCSR and collects the flags. The
// scalar instructions have a short way before it: with round-to-nearest, no FTZ or DAZ, PM masked
// and PE already set, an operation on operands that are not denormal and with a normal result can
// raise no flag that is not set, and its result has no NaN to choose, so plain Swift is exact.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

extension ProcessorState {
  /// Runs an arithmetic operation on an XMM register; false after an unmasked exception.
  @inline(never)
  func arithmetic(
    _ operation: VectorOperation, _ destination: UnsafeMutableRawPointer,
    _ source: UnsafeRawPointer, _ at: UnsafeRawPointer
  ) -> Bool {
    let result = vectorResult
    result.halves = destination.halves
    let raised = endicott_sse_arithmetic(
      operation.number, result, source, operation.immediate, mxcsr)
    guard note(raised, at) else { return false }
    destination.halves = result.halves
    return true
  }

  /// Adds raised flags to MXCSR; false after an unmasked exception was recorded.
  @inline(__always)
  func note(_ raised: UInt32, _ at: UnsafeRawPointer) -> Bool {
    let control = mxcsr
    if raised & ~control != 0 { mxcsr = control | raised }
    if _fastPath(raised & ~(control >> 7) & MXCSR.flags == 0) { return true }
    raise(
      cr4 & ControlRegister4.simdExceptions != 0 ? .simdFloatingPoint : .invalidOpcode, at: at)
    return false
  }
}

extension VectorOperation {
  /// Bytes of the storage operand of arithmetic, comparisons and conversions.
  @inline(__always) var arithmeticByteCount: Int {
    switch (opcode, prefix) {
    case (0x08...0x09, _), (0x40...0x41, _): 16
    case (0x0A, _): 4
    case (0x0B, _): 8
    case (0xD0, _), (0x7C...0x7D, _): 16
    case (0x2A, 0...1), (0x2C, 0), (0x2D, 0), (0x5A, 0), (0xE6, 2): 8
    case (0x2E, 0), (0x2F, 0): 4
    case (0x2E, 1), (0x2F, 1): 8
    case (0x5B, _), (0xE6, _): 16
    case (_, 2): 4
    case (_, 3): 8
    default: 16
    }
  }
}

/// Whether a number is denormal.
@inline(__always) func isDenormalNumber(_ bits: UInt32) -> Bool { bits << 1 &- 1 < 0x00FF_FFFF }

@inline(__always) func isDenormalNumber(_ bits: UInt64) -> Bool {
  bits << 1 &- 1 < 0x001F_FFFF_FFFF_FFFF
}

/// Neither zero, denormal, the least normal number, infinite nor NaN.
@inline(__always) func isOrdinary(_ bits: UInt64) -> Bool {
  (bits >> 52 & 0x7FF) &- 2 < 0x7FD
}

@inline(__always) func isOrdinary(_ bits: UInt32) -> Bool {
  (bits >> 23 & 0xFF) &- 2 < 0xFD
}

// MARK: The general way

@inline(__always)
func arithmeticVector(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at),
    state.arithmetic(
      VectorOperation(register: at), state.vector(Operation(at).a), state.vector(Operation(at).b),
      at)
  else { return }
  next(raw, at)
}

@inline(__always)
func arithmeticVectorMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let operation = VectorOperation(memory: at)
  guard state.mayUseVectors(at), let pointer = state.readOperand(at, operation.arithmeticByteCount),
    state.arithmetic(operation, state.vector(Operation(at).a), pointer, at)
  else { return }
  next(raw, at, 2)
}

@inline(never)
private func arithmeticSlowly(_ raw: Raw, _ at: At) { arithmeticVector(raw, at) }

@inline(never)
private func arithmeticMemorySlowly(_ raw: Raw, _ at: At) { arithmeticVectorMemory(raw, at) }

// MARK: Scalar arithmetic, the short way

private protocol ScalarOperation {
  static func apply(_ x: Double, _ y: Double) -> Double
  static func apply(_ x: Float, _ y: Float) -> Float
  /// A zero result of operands that are not denormal raises nothing.
  static var zeroIsExact: Bool { get }
}

private enum ScalarAdd: ScalarOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x + y }
  @inline(__always) static func apply(_ x: Float, _ y: Float) -> Float { x + y }
  @inline(__always) static var zeroIsExact: Bool { true }
}

private enum ScalarSubtract: ScalarOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x - y }
  @inline(__always) static func apply(_ x: Float, _ y: Float) -> Float { x - y }
  @inline(__always) static var zeroIsExact: Bool { true }
}

private enum ScalarMultiply: ScalarOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x * y }
  @inline(__always) static func apply(_ x: Float, _ y: Float) -> Float { x * y }
  @inline(__always) static var zeroIsExact: Bool { false }
}

private enum ScalarDivide: ScalarOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { x / y }
  @inline(__always) static func apply(_ x: Float, _ y: Float) -> Float { x / y }
  @inline(__always) static var zeroIsExact: Bool { false }
}

private enum ScalarSquareRoot: ScalarOperation {
  @inline(__always) static func apply(_ x: Double, _ y: Double) -> Double { y.squareRoot() }
  @inline(__always) static func apply(_ x: Float, _ y: Float) -> Float { y.squareRoot() }
  @inline(__always) static var zeroIsExact: Bool { true }
}

// Operands are read as floating point first, so that they need not pass through a general register.

@inline(__always)
private func double<O: ScalarOperation>(
  _ state: ProcessorState, _ target: Raw, _ source: Raw, _: O.Type
) -> Bool {
  let first = target.loadUnaligned(as: Double.self)
  let second = source.loadUnaligned(as: Double.self)
  let result = O.apply(first, second)
  let bits = result.bitPattern
  guard isOrdinary(bits) || O.zeroIsExact && bits << 1 == 0,
    !isDenormalNumber(first.bitPattern), !isDenormalNumber(second.bitPattern)
  else { return false }
  target.storeBytes(of: result, as: Double.self)
  return true
}

@inline(__always)
private func single<O: ScalarOperation>(
  _ state: ProcessorState, _ target: Raw, _ source: Raw, _: O.Type
) -> Bool {
  let first = target.loadUnaligned(as: Float.self)
  let second = source.loadUnaligned(as: Float.self)
  let result = O.apply(first, second)
  let bits = result.bitPattern
  guard isOrdinary(bits) || O.zeroIsExact && bits << 1 == 0,
    !isDenormalNumber(first.bitPattern), !isDenormalNumber(second.bitPattern)
  else { return false }
  target.storeBytes(of: result, as: Float.self)
  return true
}

@inline(__always)
private func double<O: ScalarOperation>(_ raw: Raw, _ at: At, _: O.Type) {
  let state = ProcessorState(raw)
  let target = state.vector(Operation(at).a)
  let source = state.vector(Operation(at).b)
  guard state.vectorGate == 0, double(state, target, source, O.self) else {
    return arithmeticSlowly(raw, at)
  }
  next(raw, at)
}

@inline(__always)
private func doubleMemory<O: ScalarOperation>(_ raw: Raw, _ at: At, _: O.Type) {
  let state = ProcessorState(raw)
  guard state.vectorGate == 0 else { return arithmeticMemorySlowly(raw, at) }
  guard let pointer = state.readPointer(at, Operation(at).address(state), 8) else { return }
  let target = state.vector(Operation(at).a)
  guard double(state, target, pointer, O.self) else {
    return arithmeticMemorySlowly(raw, at)
  }
  next(raw, at, 2)
}

@inline(__always)
private func single<O: ScalarOperation>(_ raw: Raw, _ at: At, _: O.Type) {
  let state = ProcessorState(raw)
  let target = state.vector(Operation(at).a)
  let source = state.vector(Operation(at).b)
  guard state.vectorGate == 0, single(state, target, source, O.self) else {
    return arithmeticSlowly(raw, at)
  }
  next(raw, at)
}

@inline(__always)
private func singleMemory<O: ScalarOperation>(_ raw: Raw, _ at: At, _: O.Type) {
  let state = ProcessorState(raw)
  guard state.vectorGate == 0 else { return arithmeticMemorySlowly(raw, at) }
  guard let pointer = state.readPointer(at, Operation(at).address(state), 4) else { return }
  let target = state.vector(Operation(at).a)
  guard single(state, target, pointer, O.self) else {
    return arithmeticMemorySlowly(raw, at)
  }
  next(raw, at, 2)
}

@inline(__always)
func addDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  double(raw, at, ScalarAdd.self)
}
@inline(__always)
func subtractDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  double(raw, at, ScalarSubtract.self)
}
@inline(__always)
func multiplyDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  double(raw, at, ScalarMultiply.self)
}
@inline(__always)
func divideDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  double(raw, at, ScalarDivide.self)
}
@inline(__always)
func addDoubleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  doubleMemory(raw, at, ScalarAdd.self)
}
@inline(__always)
func subtractDoubleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  doubleMemory(raw, at, ScalarSubtract.self)
}
@inline(__always)
func multiplyDoubleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  doubleMemory(raw, at, ScalarMultiply.self)
}
@inline(__always)
func divideDoubleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  doubleMemory(raw, at, ScalarDivide.self)
}
@inline(__always)
func addSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  single(raw, at, ScalarAdd.self)
}
@inline(__always)
func subtractSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  single(raw, at, ScalarSubtract.self)
}
@inline(__always)
func multiplySingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  single(raw, at, ScalarMultiply.self)
}
@inline(__always)
func divideSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  single(raw, at, ScalarDivide.self)
}
@inline(__always)
func addSingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  singleMemory(raw, at, ScalarAdd.self)
}
@inline(__always)
func subtractSingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  singleMemory(raw, at, ScalarSubtract.self)
}
@inline(__always)
func multiplySingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  singleMemory(raw, at, ScalarMultiply.self)
}
@inline(__always)
func divideSingleMemory(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  singleMemory(raw, at, ScalarDivide.self)
}

@inline(__always)
func squareRootDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  double(raw, at, ScalarSquareRoot.self)
}
@inline(__always)
func squareRootSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  single(raw, at, ScalarSquareRoot.self)
}

/// CVTSS2SD: exact but for NaN and denormal operands.
@inline(__always)
func widenSingle(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseVectors(at) else { return }
  let source = state.vector(Operation(at).b).low32
  let value = Float(bitPattern: source)
  guard value == value, !isDenormalNumber(source) else { return arithmeticSlowly(raw, at) }
  state.vector(Operation(at).a).low = Double(value).bitPattern
  next(raw, at)
}

/// CVTSD2SS.
@inline(__always)
func narrowDouble(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let result = Float(Double(bitPattern: state.vector(Operation(at).b).low)).bitPattern
  guard state.vectorGate == 0, isOrdinary(result) else { return arithmeticSlowly(raw, at) }
  state.vector(Operation(at).a).low32 = result
  next(raw, at)
}
