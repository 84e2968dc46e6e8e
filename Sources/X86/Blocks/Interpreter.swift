// How the interpreter works, and how to write a family of instructions.
//
// A block is a row of 16-byte operations in raw memory (see Block). An operation is
//   0  handler (8 bytes)      8  a      9  b or base      10  index      11  scale      12  imm32
// and may be followed by a data slot of 16 bytes (an immediate of 64 bits, links of jumps). A handler is
// a named `@convention(c)`-compatible function over (state, operation) that ends by calling
// `next(state, operation, slots)` or `enter`/`jumpTo` in tail position, so that the optimiser makes
// it a jump; it returns (to the run loop) only to leave the block. Nothing in a handler may retain,
// allocate or touch a class, Array or existential on the way that does not leave the block.
//
//   register operands   a = destination, b = source: register numbers, or for 8-bit operands byte
//                       offsets in the register file (AL 0, AH 1, CL 8, ...)
//   memory operands     address = R[base] + R[index] << scale + imm32, with a = the register operand;
//                       other address forms are worked out by an address operation before, into
//                       PseudoRegister.address
//   faults              readPointer / writePointer return nil after recording the fault: return at
//                       once. All checks come before the first effect
//
// Rare instructions are a `SystemOperation`, carried out by the run loop in plain Swift.

/// What an operation points to.
typealias Handler = @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> Void

/// Goes on with the operation after this one, which has `slots` slots.
@inline(__always)
func next(_ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer, _ slots: Int = 1) {
  let following = operation + slots &* Block.operationByteCount
  following.load(as: Handler.self)(raw, following)
}

/// Enters a block of the same page, unless the budget does not cover it.
@inline(__always)
func enter(_ state: ProcessorState, _ base: UnsafeMutableRawPointer) {
  let block = Block(base)
  let budget = state.budget &- block.cost
  if _slowPath(budget < 0) {
    state.instructionPointer = state.register(PseudoRegister.page) &+ block.offset
    state.exitReason = ExitReason.budget
    return
  }
  state.budget = budget
  state.block = base
  let first = UnsafeRawPointer(block.operations)
  first.load(as: Handler.self)(state.base, first)
}

/// Goes on at an instruction pointer, through the cache of jumps or the run loop.
@inline(__always)
func jumpTo(_ state: ProcessorState, _ pointer: UInt64) {
  let entry = state.jumpEntry(pointer)
  if _fastPath(entry.load(as: UInt64.self) == state.jumpKey(pointer)) {
    let base = entry.load(fromByteOffset: 8, as: UnsafeMutableRawPointer.self)
    let block = Block(base)
    if _fastPath(block.isLive) {
      let budget = state.budget &- block.cost
      if _slowPath(budget < 0) {
        // The page register stays the running block's.
        state.instructionPointer = pointer
        state.exitReason = ExitReason.budget
        return
      }
      state.setRegister(PseudoRegister.page, pointer &- block.offset)
      state.budget = budget
      state.block = base
      let first = UnsafeRawPointer(block.operations)
      first.load(as: Handler.self)(state.base, first)
      return
    }
  }
  state.instructionPointer = pointer
}

/// The fields of an operation.
struct Operation {
  let raw: UnsafeRawPointer

  @inline(__always) init(_ raw: UnsafeRawPointer) { self.raw = raw }

  @inline(__always) var a: UInt8 { raw.load(fromByteOffset: 8, as: UInt8.self) }
  @inline(__always) var b: UInt8 { raw.load(fromByteOffset: 9, as: UInt8.self) }
  @inline(__always) var index: UInt8 { raw.load(fromByteOffset: 10, as: UInt8.self) }
  @inline(__always) var scale: UInt8 { raw.load(fromByteOffset: 11, as: UInt8.self) }
  /// Index and scale taken as one number.
  @inline(__always) var half: UInt16 { raw.load(fromByteOffset: 10, as: UInt16.self) }
  @inline(__always) var immediate: Int32 { raw.load(fromByteOffset: 12, as: Int32.self) }
  /// First word of the data slot.
  @inline(__always) var data: UInt64 { raw.load(fromByteOffset: 16, as: UInt64.self) }

  /// The memory operand's address.
  @inline(__always) func address(_ state: ProcessorState) -> UInt64 {
    state.register(b) &+ state.register(index) &<< UInt64(scale)
      &+ UInt64(truncatingIfNeeded: immediate)
  }

  /// The 32-bit immediate, sign-extended to the operand's width.
  @inline(__always) func immediate<W: FixedWidthInteger>(as type: W.Type) -> W {
    W(truncatingIfNeeded: immediate)
  }
}

extension ProcessorState {
  /// A register operand: a register number, or a byte offset when `W` is 8 bits.
  @inline(__always)
  func operand<W: FixedWidthInteger & UnsignedInteger>(_ field: UInt8, as type: W.Type) -> W {
    let offset = W.bitWidth == 8 ? Int(field) : Int(field) &* 8
    return base.load(fromByteOffset: offset, as: type)
  }

  /// Writes a register operand; 32-bit writes clear the upper half.
  @inline(__always)
  func setOperand<W: FixedWidthInteger & UnsignedInteger>(_ field: UInt8, _ value: W) {
    if W.bitWidth == 32 {
      base.storeBytes(
        of: UInt64(truncatingIfNeeded: value), toByteOffset: Int(field) &* 8, as: UInt64.self)
    } else {
      let offset = W.bitWidth == 8 ? Int(field) : Int(field) &* 8
      base.storeBytes(of: value, toByteOffset: offset, as: W.self)
    }
  }

  /// Leaves the block with an exception at this operation.
  @inline(never)
  func raise(_ exception: GuestException, at operation: UnsafeRawPointer) {
    exitOperation = operation
    owner.recordFault(exception)
  }
}

/// Stands in for the operations of a block whose page has changed.
@inline(__always) func resumeElsewhere(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  let state = ProcessorState(raw)
  state.exitOperation = operation
  state.exitReason = ExitReason.resume
}

/// Hands the instruction to the run loop.
@inline(__always) func leaveForSystem(_ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer)
{
  let state = ProcessorState(raw)
  state.exitOperation = operation
  state.exitReason = ExitReason.system
}

/// Ends a block that was cut: goes on at imm32 past the page's start.
@inline(__always) func leavePrefix(_ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  state.instructionPointer =
    state.register(PseudoRegister.page)
    &+ UInt64(truncatingIfNeeded: Operation(operation).immediate)
}
