// Near JMP Jcc CALL RET in 64-bit mode, jumps inside a page in 32-bit mode, LOOP and JCXZ there too.
//
// imm32 = target as an offset from the page's start. Inside the page the data slot holds links to
// the decoded target (first word) and fall-through (second word), filled in by the run loop.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

@inline(__always)
private func target(_ state: ProcessorState, _ at: At) -> UInt64 {
  state.register(PseudoRegister.page)
    &+ UInt64(truncatingIfNeeded: Operation(at).immediate)
}

/// Goes to a place in this page through its link, or asks the run loop for it.
@inline(__always)
func followLink(
  _ state: ProcessorState, _ at: UnsafeRawPointer, linkOffset: Int, _ offset: UInt64
) {
  let site = UnsafeMutableRawPointer(mutating: at) + linkOffset
  if let block = site.load(as: UnsafeMutableRawPointer?.self) {
    enter(state, block)
    return
  }
  state.linkSite = site
  state.instructionPointer = state.register(PseudoRegister.page) &+ offset
}

/// JMP, or the end of a block without one, to a place in the same page.
@inline(__always) func jumpInPageHandler(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  followLink(
    ProcessorState(raw), at, linkOffset: 16,
    UInt64(truncatingIfNeeded: Operation(at).immediate))
}

/// JMP, or the end of a block without one, to another page.
@inline(__always) func jumpOutOfPageHandler(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer)
{
  let state = ProcessorState(raw)
  jumpTo(state, target(state, at))
}

/// The same where the instruction pointer has 32 bits.
@inline(__always) func jumpOutOfPage32Handler(
  _ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer
) {
  let state = ProcessorState(raw)
  jumpTo(state, target(state, at) & 0xFFFF_FFFF)
}

/// Jcc: both ways; index/scale = fall-through offset; a = bit 0: taken in page, bit 1: not taken
/// in page.
@inline(__always)
private func branch(_ raw: Raw, _ at: At, _ taken: Bool) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  if taken {
    if _fastPath(fields.a & 1 != 0) {
      followLink(state, at, linkOffset: 16, UInt64(truncatingIfNeeded: fields.immediate))
    } else {
      jumpTo(state, target(state, at))
    }
  } else {
    if _fastPath(fields.a & 2 != 0) {
      followLink(state, at, linkOffset: 24, UInt64(fields.half))
    } else {
      jumpTo(state, state.register(PseudoRegister.page) &+ UInt64(fields.half))
    }
  }
}

@inline(__always) private func branchOverflow(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).hasOverflow)
}
@inline(__always) private func branchNoOverflow(_ r: Raw, _ o: At) {
  branch(r, o, !ProcessorState(r).hasOverflow)
}
@inline(__always) private func branchBelow(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).carry != 0)
}
@inline(__always) private func branchAboveEqual(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).carry == 0)
}
@inline(__always) private func branchEqual(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).isZero)
}
@inline(__always) private func branchNotEqual(_ r: Raw, _ o: At) {
  branch(r, o, !ProcessorState(r).isZero)
}
@inline(__always) private func branchBelowEqual(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  branch(r, o, state.isZero || state.carry != 0)
}
@inline(__always) private func branchAbove(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  branch(r, o, !(state.isZero || state.carry != 0))
}
@inline(__always) private func branchSign(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).isNegative)
}
@inline(__always) private func branchNoSign(_ r: Raw, _ o: At) {
  branch(r, o, !ProcessorState(r).isNegative)
}
@inline(__always) private func branchParity(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).hasEvenParity)
}
@inline(__always) private func branchNoParity(_ r: Raw, _ o: At) {
  branch(r, o, !ProcessorState(r).hasEvenParity)
}
@inline(__always) private func branchLess(_ r: Raw, _ o: At) {
  branch(r, o, ProcessorState(r).isLess)
}
@inline(__always) private func branchGreaterEqual(_ r: Raw, _ o: At) {
  branch(r, o, !ProcessorState(r).isLess)
}
@inline(__always) private func branchLessEqual(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  branch(r, o, state.isZero || state.isLess)
}
@inline(__always) private func branchGreater(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  branch(r, o, !(state.isZero || state.isLess))
}

/// LOOP LOOPE LOOPNE JRCXZ with a 64-bit count; b = 0 LOOPNE, 1 LOOPE, 2 LOOP, 3 JRCXZ.
@inline(__always) private func loop64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let kind = Operation(o).b
  if kind == 3 { return branch(r, o, state.register(1) == 0) }
  let count = state.register(1) &- 1
  state.setRegister(1, count)
  switch kind {
  case 0: branch(r, o, count != 0 && !state.isZero)
  case 1: branch(r, o, count != 0 && state.isZero)
  default: branch(r, o, count != 0)
  }
}

// CALL pushes the page's start + index/scale, the offset of the instruction after it.

@inline(__always)
private func pushReturn(_ state: ProcessorState, _ at: At) -> Bool {
  push64(state, at, state.register(PseudoRegister.page) &+ UInt64(Operation(at).half))
}

@inline(__always) private func callInPageHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard pushReturn(state, o) else { return }
  followLink(state, o, linkOffset: 16, UInt64(truncatingIfNeeded: Operation(o).immediate))
}

@inline(__always) private func callOutOfPageHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard pushReturn(state, o) else { return }
  jumpTo(state, target(state, o))
}

/// CALL to an address that is not canonical: a fault of its push comes first.
@inline(never) private func raiseTarget(_ state: ProcessorState, _ at: At) {
  do throws(GuestException) {
    try state.owner.probePush(8)
    state.raise(.generalProtection(0), at: at)
  } catch {
    state.raise(error, at: at)
  }
}

@inline(__always) private func callRegisterHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let pointer = state.register(Operation(o).a)
  guard isCanonicalPointer(pointer) else { return raiseTarget(state, o) }
  guard pushReturn(state, o) else { return }
  jumpTo(state, pointer)
}

/// The pushed offset stands in the data slot.
@inline(__always) private func callMemoryHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  guard let source = state.readPointer(o, fields.address(state), 8) else { return }
  let pointer = source.loadUnaligned(as: UInt64.self)
  guard isCanonicalPointer(pointer) else { return raiseTarget(state, o) }
  guard push64(state, o, state.register(PseudoRegister.page) &+ fields.data) else { return }
  jumpTo(state, pointer)
}

@inline(__always) private func jumpRegisterHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let pointer = state.register(Operation(o).a)
  guard isCanonicalPointer(pointer) else { return state.raise(.generalProtection(0), at: o) }
  jumpTo(state, pointer)
}

@inline(__always) private func jumpMemoryHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard let source = state.readPointer(o, Operation(o).address(state), 8) else { return }
  let pointer = source.loadUnaligned(as: UInt64.self)
  guard isCanonicalPointer(pointer) else { return state.raise(.generalProtection(0), at: o) }
  jumpTo(state, pointer)
}

/// RET; imm32 = bytes to drop beyond the return address.
@inline(__always) private func return64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let top = state.register(4)
  guard let source = state.readPointer(o, top, 8) else { return }
  let pointer = source.loadUnaligned(as: UInt64.self)
  guard isCanonicalPointer(pointer) else { return state.raise(.generalProtection(0), at: o) }
  state.setRegister(4, top &+ 8 &+ UInt64(truncatingIfNeeded: Operation(o).immediate))
  jumpTo(state, pointer)
}

@inline(__always)
private func isCanonicalPointer(_ pointer: UInt64) -> Bool {
  UInt64(bitPattern: Int64(bitPattern: pointer &<< 16) &>> 16) == pointer
}

/// Handlers of near transfers.
enum TransferOfControl {
  /// By condition code.
  static let branch: [Handler] = [
    branchOverflow, branchNoOverflow, branchBelow, branchAboveEqual, branchEqual, branchNotEqual,
    branchBelowEqual, branchAbove, branchSign, branchNoSign, branchParity, branchNoParity,
    branchLess, branchGreaterEqual, branchLessEqual, branchGreater,
  ]
  static let loop: Handler = loop64
  static let jumpInPage: Handler = jumpInPageHandler
  static let jumpOutOfPage: Handler = jumpOutOfPageHandler
  static let jumpOutOfPage32: Handler = jumpOutOfPage32Handler
  static let callInPage: Handler = callInPageHandler
  static let callOutOfPage: Handler = callOutOfPageHandler
  static let callRegister: Handler = callRegisterHandler
  static let callMemory: Handler = callMemoryHandler
  static let jumpRegister: Handler = jumpRegisterHandler
  static let jumpMemory: Handler = jumpMemoryHandler
  static let nearReturn: Handler = return64
}
