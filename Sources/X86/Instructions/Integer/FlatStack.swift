// PUSH POP LEAVE CALL RET JMP Jcc of 32-bit code with 32-bit operands, as far as the stack or the code segment
// is flat: no limit can bind. Where it is not, and where the stack would wrap, the run loop carries the
// instruction out: the slot behind each of these operations holds its fields for that.
//
// imm32 = target as an offset from the page's start; a call's return address is the page's start +
// index/scale; links to decoded blocks stand in the slot after the fields.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

/// The last offset at which 4 bytes of a segment of 4 GiB begin.
private let lastOffset: UInt64 = 0xFFFF_FFFC

/// Pushes on a flat stack; false after the block was left.
@inline(__always)
private func push(_ state: ProcessorState, _ at: At, _ value: UInt64) -> Bool {
  let top = (state.register(4) &- 4) & 0xFFFF_FFFF
  guard _fastPath(state.isStackFlat && top <= lastOffset) else {
    leaveForSystem(state.base, at)
    return false
  }
  guard let pointer = state.writePointer(at, top, 4, reads: false) else { return false }
  pointer.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
  state.finishWrite(pointer)
  state.setRegister(4, top)
  return true
}

/// What stands at an offset of a flat stack; nil after the block was left.
@inline(__always)
private func peek(_ state: ProcessorState, _ at: At, _ offset: UInt64) -> UInt64? {
  guard _fastPath(state.isStackFlat && offset <= lastOffset) else {
    leaveForSystem(state.base, at)
    return nil
  }
  guard let pointer = state.readPointer(at, offset, 4) else { return nil }
  return UInt64(pointer.loadUnaligned(as: UInt32.self))
}

// MARK: PUSH POP LEAVE

@inline(__always) private func pushRegisterFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard push(state, o, state.register(Operation(o).a)) else { return }
  next(r, o, 2)
}

@inline(__always) private func pushImmediateFlat(_ r: Raw, _ o: At) {
  guard push(ProcessorState(r), o, UInt64(truncatingIfNeeded: Operation(o).immediate))
  else { return }
  next(r, o, 2)
}

/// The operand's address is prepared.
@inline(__always) private func pushMemoryFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard let source = state.readPointer(o, state.register(PseudoRegister.address), 4)
  else { return }
  guard push(state, o, UInt64(source.loadUnaligned(as: UInt32.self))) else { return }
  next(r, o, 2)
}

@inline(__always) private func popRegisterFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let top = state.register(4) & 0xFFFF_FFFF
  guard let value = peek(state, o, top) else { return }
  state.setRegister(4, (top &+ 4) & 0xFFFF_FFFF)
  state.setRegister(Operation(o).a, value)
  next(r, o, 2)
}

@inline(__always) private func leaveFrameFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let frame = state.register(5) & 0xFFFF_FFFF
  guard let value = peek(state, o, frame) else { return }
  state.setRegister(4, (frame &+ 4) & 0xFFFF_FFFF)
  state.setRegister(5, value)
  next(r, o, 2)
}

// MARK: CALL RET JMP Jcc

@inline(__always)
private func pushReturn(_ state: ProcessorState, _ at: At) -> Bool {
  push(state, at, state.register(PseudoRegister.page) &+ UInt64(Operation(at).half))
}

/// Goes on at the operation's target.
@inline(__always)
private func go(_ state: ProcessorState, _ at: At) {
  jumpTo(
    state,
    (state.register(PseudoRegister.page) &+ UInt64(truncatingIfNeeded: Operation(at).immediate))
      & 0xFFFF_FFFF)
}

@inline(__always) private func jumpRelativeFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  go(state, o)
}

/// Jcc with one of its ways in another page; a = condition.
@inline(__always) private func branchRelativeFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  if state.holds(Operation(o).a) { return go(state, o) }
  jumpTo(
    state,
    (state.register(PseudoRegister.page) &+ UInt64(Operation(o).half)) & 0xFFFF_FFFF)
}

@inline(__always) private func callInPageFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard pushReturn(state, o) else { return }
  followLink(state, o, linkOffset: 32, UInt64(truncatingIfNeeded: Operation(o).immediate))
}

@inline(__always) private func callRelativeFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  guard pushReturn(state, o) else { return }
  go(state, o)
}

/// CALL and JMP to where a register (a) says.
@inline(__always) private func callRegisterFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  let pointer = state.register(Operation(o).a) & 0xFFFF_FFFF
  guard pushReturn(state, o) else { return }
  jumpTo(state, pointer)
}

@inline(__always) private func jumpRegisterFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  jumpTo(state, state.register(Operation(o).a) & 0xFFFF_FFFF)
}

/// The same to where storage says; its address is prepared.
@inline(__always) private func callMemoryFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  guard let source = state.readPointer(o, state.register(PseudoRegister.address), 4)
  else { return }
  let pointer = UInt64(source.loadUnaligned(as: UInt32.self))
  guard pushReturn(state, o) else { return }
  jumpTo(state, pointer)
}

@inline(__always) private func jumpMemoryFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  guard let source = state.readPointer(o, state.register(PseudoRegister.address), 4)
  else { return }
  jumpTo(state, UInt64(source.loadUnaligned(as: UInt32.self)))
}

/// RET; imm32 = bytes to drop beyond the return address.
@inline(__always) private func nearReturnFlat(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard _fastPath(state.isCodeFlat) else { return leaveForSystem(r, o) }
  let top = state.register(4) & 0xFFFF_FFFF
  guard let pointer = peek(state, o, top) else { return }
  let dropped = UInt64(truncatingIfNeeded: Operation(o).immediate)
  state.setRegister(4, (top &+ 4 &+ dropped) & 0xFFFF_FFFF)
  jumpTo(state, pointer)
}

/// Handlers of 32-bit code on a flat stack and in a flat code segment.
enum FlatHandlers {
  static let pushRegister: Handler = pushRegisterFlat
  static let pushImmediate: Handler = pushImmediateFlat
  static let pushMemory: Handler = pushMemoryFlat
  static let popRegister: Handler = popRegisterFlat
  static let leaveFrame: Handler = leaveFrameFlat
  static let jumpRelative: Handler = jumpRelativeFlat
  static let branchRelative: Handler = branchRelativeFlat
  static let callInPage: Handler = callInPageFlat
  static let callRelative: Handler = callRelativeFlat
  static let callRegister: Handler = callRegisterFlat
  static let jumpRegister: Handler = jumpRegisterFlat
  static let callMemory: Handler = callMemoryFlat
  static let jumpMemory: Handler = jumpMemoryFlat
  static let nearReturn: Handler = nearReturnFlat
}
