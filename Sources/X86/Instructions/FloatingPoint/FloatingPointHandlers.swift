import CHost

// The x87 handlers. Register forms: a = opcode, b = the low six bits of ModRM. Memory forms: a =
// opcode | ModRM.reg << 3 (of the low three opcode bits), and but for control instructions a data
// slot with a `FloatingPointPlace`. Instructions that move more than
// 64 bytes (FNSAVE, FRSTOR, FXSAVE, FXRSTOR) are system operations.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

extension Operation {
  /// The opcode D8-DF of an x87 memory form, and its ModRM.reg.
  fileprivate var floatingPoint: (opcode: UInt8, group: UInt8) { (0xD8 | a & 7, a >> 3) }
}

extension FloatingPointUnit {
  /// Notes the address and the opcode of an instruction that is not a control instruction.
  @inline(__always)
  fileprivate func noteInstruction(
    _ state: ProcessorState, _ at: UnsafeRawPointer, opcode: UInt16
  ) {
    let block = Block(state.block)
    let place = block.place(of: block.index(of: at))
    store(
      state.register(PseudoRegister.page) &+ place.offset, at: StateLayout.x87InstructionPointer)
    store(opcode, at: StateLayout.x87Opcode)
    store(
      state.get(StateLayout.segmentSelectors &+ 2, as: UInt16.self),
      at: StateLayout.x87CodeSelector)
  }

  /// Notes an instruction and its storage operand, by the words of its operation.
  @inline(__always)
  fileprivate func noteOperand(_ state: ProcessorState, _ at: UnsafeRawPointer) {
    let words = FloatingPointPlace(word: UInt32(truncatingIfNeeded: Operation(at).data))
    noteInstruction(state, at, opcode: words.opcode)
    let base = words.isFlat ? 0 : state.segmentBase(words.segment)
    store(Operation(at).address(state) &- base, at: StateLayout.x87DataPointer)
    store(
      state.get(StateLayout.segmentSelectors &+ words.segment &* 2, as: UInt16.self),
      at: StateLayout.x87DataSelector)
  }

  /// Notes a system operation and its storage operand.
  func notePlace(_ place: FloatingPointPlace, _ state: ProcessorState) {
    store(state.instructionPointer, at: StateLayout.x87InstructionPointer)
    store(place.opcode, at: StateLayout.x87Opcode)
    store(
      state.get(StateLayout.segmentSelectors &+ 2, as: UInt16.self),
      at: StateLayout.x87CodeSelector)
    let base = place.isFlat ? 0 : state.segmentBase(place.segment)
    store(state.register(PseudoRegister.address) &- base, at: StateLayout.x87DataPointer)
    store(
      state.get(StateLayout.segmentSelectors &+ place.segment &* 2, as: UInt16.self),
      at: StateLayout.x87DataSelector)
  }

  @inline(__always) private func store<T>(_ value: T, at offset: Int) {
    base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }
}

@inline(__always)
func floatingPointRegister(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let (opcode, form) = (Operation(at).a, Operation(at).b)
  guard
    state.mayUseFloatingPoint(at, waits: FloatingPointUnit.waits(opcode: opcode, form: form))
  else { return }
  let unit = FloatingPointUnit(state)
  unit.execute(opcode: opcode, form: form, state)
  if !FloatingPointUnit.isControl(opcode: opcode, form: form) {
    unit.noteInstruction(state, at, opcode: UInt16(opcode & 7) << 8 | 0xC0 | UInt16(form))
  }
  next(raw, at)
}

@inline(__always)
func floatingPointLoad(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let (opcode, group) = Operation(at).floatingPoint
  guard state.mayUseFloatingPoint(at, waits: true),
    case .load(let byteCount) = FloatingPointUnit.access(opcode: opcode, group: group),
    let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  let unit = FloatingPointUnit(state)
  // Cannot trap: 2 to 10 bytes.
  unit.operand.copyMemory(from: pointer, byteCount: byteCount)
  unit.executeLoad(opcode: opcode, group: group)
  unit.noteOperand(state, at)
  next(raw, at, 2)
}

@inline(__always)
func floatingPointStore(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let (opcode, group) = Operation(at).floatingPoint
  guard state.mayUseFloatingPoint(at, waits: true),
    case .store(let byteCount) = FloatingPointUnit.access(opcode: opcode, group: group),
    // A fault of the store comes even before an unmasked exception that keeps it from happening.
    state.writePointer(at, Operation(at).address(state), byteCount, reads: false) != nil
  else { return }
  let unit = FloatingPointUnit(state)
  let before = (unit.status, unit.tag, unit.top)
  if unit.executeStore(opcode: opcode, group: group) {
    guard
      let pointer = state.writePointer(
        at, Operation(at).address(state), byteCount, reads: false)
    else {
      (unit.status, unit.tag, unit.top) = before
      return
    }
    // Cannot trap: 2 to 10 bytes.
    pointer.copyMemory(from: unit.result, byteCount: byteCount)
    state.finishWrite(pointer)
  }
  unit.noteOperand(state, at)
  next(raw, at, 2)
}

/// FLDCW.
@inline(__always)
func floatingPointLoadControl(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseFloatingPoint(at, waits: true),
    let pointer = state.readPointer(at, Operation(at).address(state), 2)
  else { return }
  FloatingPointUnit(state).control = pointer.loadUnaligned(as: UInt16.self)
  next(raw, at)
}

/// FNSTCW, FNSTSW.
@inline(__always)
func floatingPointStoreControl(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  guard state.mayUseFloatingPoint(at, waits: false),
    let pointer = state.writePointer(at, Operation(at).address(state), 2, reads: false)
  else { return }
  let unit = FloatingPointUnit(state)
  let isStatus = Operation(at).a & 7 == 5
  pointer.storeBytes(of: isStatus ? unit.statusWord : unit.control, as: UInt16.self)
  state.finishWrite(pointer)
  next(raw, at)
}

// FLDENV and FNSTENV come in two sizes: 28 bytes, or 14 with a 16-bit operand size.

@inline(__always)
private func loadEnvironment(_ raw: Raw, _ at: At, wide: Bool) {
  let state = ProcessorState(raw)
  let byteCount = FloatingPointUnit.environmentByteCount(wide: wide)
  guard state.mayUseFloatingPoint(at, waits: true),
    let pointer = state.readPointer(at, Operation(at).address(state), byteCount)
  else { return }
  let unit = FloatingPointUnit(state)
  unit.image.copyMemory(from: pointer, byteCount: byteCount)
  unit.applyEnvironment(wide: wide, isReal: state.mode == CodeMode.real16)
  next(raw, at)
}

@inline(__always)
private func storeEnvironment(_ raw: Raw, _ at: At, wide: Bool) {
  let state = ProcessorState(raw)
  let byteCount = FloatingPointUnit.environmentByteCount(wide: wide)
  guard state.mayUseFloatingPoint(at, waits: false),
    let pointer = state.writePointer(at, Operation(at).address(state), byteCount, reads: false)
  else { return }
  let unit = FloatingPointUnit(state)
  unit.buildEnvironment(wide: wide, isReal: state.mode == CodeMode.real16)
  pointer.copyMemory(from: unit.image, byteCount: byteCount)
  state.finishWrite(pointer)
  unit.control |= X87Status.exceptions
  next(raw, at)
}

@inline(__always)
func floatingPointLoadEnvironment(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  loadEnvironment(raw, at, wide: true)
}
@inline(__always)
func floatingPointLoadEnvironment16(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  loadEnvironment(raw, at, wide: false)
}
@inline(__always)
func floatingPointStoreEnvironment(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  storeEnvironment(raw, at, wide: true)
}
@inline(__always)
func floatingPointStoreEnvironment16(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  storeEnvironment(raw, at, wide: false)
}

/// FWAIT: #NM only when CR0.MP and CR0.TS are both set.
@inline(__always)
func floatingPointWait(_ raw: UnsafeMutableRawPointer, _ at: UnsafeRawPointer) {
  let state = ProcessorState(raw)
  let both = ControlRegister0.monitorCoprocessor | ControlRegister0.taskSwitched
  if _slowPath(state.cr0 & both == both) {
    state.raise(.deviceNotAvailable, at: at)
    return
  }
  if _slowPath(FloatingPointUnit(state).isBlocking) {
    state.raise(.floatingPoint, at: at)
    return
  }
  next(raw, at)
}
