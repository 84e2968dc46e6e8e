// MOV MOVZX MOVSX LEA XCHG PUSH POP CMOVcc SETcc, and the address operations.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer
typealias UnsignedWidth = FixedWidthInteger & UnsignedInteger

// MARK: MOV

@inline(__always)
private func move<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  state.setOperand(fields.a, state.operand(fields.b, as: W.self))
  next(raw, at)
}

@inline(__always)
private func moveImmediate<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let fields = Operation(at)
  ProcessorState(raw).setOperand(fields.a, fields.immediate(as: W.self))
  next(raw, at)
}

@inline(__always)
private func load<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  state.setOperand(fields.a, pointer.loadUnaligned(as: W.self))
  next(raw, at)
}

@inline(__always)
private func store<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(
      at, fields.address(state), MemoryLayout<W>.size, reads: false)
  else { return }
  pointer.storeBytes(of: state.operand(fields.a, as: W.self), as: W.self)
  state.finishWrite(pointer)
  next(raw, at)
}

@inline(__always)
private func storeImmediate<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(
      at, fields.address(state), MemoryLayout<W>.size, reads: false)
  else { return }
  pointer.storeBytes(of: W(truncatingIfNeeded: fields.data), as: W.self)
  state.finishWrite(pointer)
  next(raw, at, 2)
}

@inline(__always) private func move8(_ r: Raw, _ o: At) { move(r, o, UInt8.self) }
@inline(__always) private func move16(_ r: Raw, _ o: At) { move(r, o, UInt16.self) }
@inline(__always) private func move32(_ r: Raw, _ o: At) { move(r, o, UInt32.self) }
@inline(__always) private func move64(_ r: Raw, _ o: At) { move(r, o, UInt64.self) }
@inline(__always) private func moveImmediate8(_ r: Raw, _ o: At) { moveImmediate(r, o, UInt8.self) }
@inline(__always) private func moveImmediate16(_ r: Raw, _ o: At) {
  moveImmediate(r, o, UInt16.self)
}
@inline(__always) private func moveImmediate32(_ r: Raw, _ o: At) {
  moveImmediate(r, o, UInt32.self)
}
@inline(__always) private func moveImmediate64(_ r: Raw, _ o: At) {
  moveImmediate(r, o, UInt64.self)
}
@inline(__always) private func load8(_ r: Raw, _ o: At) { load(r, o, UInt8.self) }
@inline(__always) private func load16(_ r: Raw, _ o: At) { load(r, o, UInt16.self) }
@inline(__always) private func load32(_ r: Raw, _ o: At) { load(r, o, UInt32.self) }
@inline(__always) private func load64(_ r: Raw, _ o: At) { load(r, o, UInt64.self) }
@inline(__always) private func store8(_ r: Raw, _ o: At) { store(r, o, UInt8.self) }
@inline(__always) private func store16(_ r: Raw, _ o: At) { store(r, o, UInt16.self) }
@inline(__always) private func store32(_ r: Raw, _ o: At) { store(r, o, UInt32.self) }
@inline(__always) private func store64(_ r: Raw, _ o: At) { store(r, o, UInt64.self) }
@inline(__always) private func storeImmediate8(_ r: Raw, _ o: At) {
  storeImmediate(r, o, UInt8.self)
}
@inline(__always) private func storeImmediate16(_ r: Raw, _ o: At) {
  storeImmediate(r, o, UInt16.self)
}
@inline(__always) private func storeImmediate32(_ r: Raw, _ o: At) {
  storeImmediate(r, o, UInt32.self)
}
@inline(__always) private func storeImmediate64(_ r: Raw, _ o: At) {
  storeImmediate(r, o, UInt64.self)
}

/// MOV with the full 64-bit immediate of the data slot.
@inline(__always) private func moveWideHandler(_ r: Raw, _ o: At) {
  ProcessorState(r).setRegister(Operation(o).a, Operation(o).data)
  next(r, o, 2)
}

// MARK: MOVZX, MOVSX, MOVSXD

@inline(__always)
private func extendRegister<S: FixedWidthInteger, W: UnsignedWidth>(
  _ raw: Raw, _ at: At, _: S.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let offset = S.bitWidth == 8 ? Int(fields.b) : Int(fields.b) &* 8
  let value = raw.load(fromByteOffset: offset, as: S.self)
  state.setOperand(fields.a, W(truncatingIfNeeded: value))
  next(raw, at)
}

@inline(__always)
private func extendMemory<S: FixedWidthInteger & BitwiseCopyable, W: UnsignedWidth>(
  _ raw: Raw, _ at: At, _: S.Type, _: W.Type
) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<S>.size) else {
    return
  }
  state.setOperand(fields.a, W(truncatingIfNeeded: pointer.loadUnaligned(as: S.self)))
  next(raw, at)
}

@inline(__always) private func zero8to16(_ r: Raw, _ o: At) {
  extendRegister(r, o, UInt8.self, UInt16.self)
}
@inline(__always) private func zero8to32(_ r: Raw, _ o: At) {
  extendRegister(r, o, UInt8.self, UInt32.self)
}
@inline(__always) private func zero8to64(_ r: Raw, _ o: At) {
  extendRegister(r, o, UInt8.self, UInt64.self)
}
@inline(__always) private func zero16to32(_ r: Raw, _ o: At) {
  extendRegister(r, o, UInt16.self, UInt32.self)
}
@inline(__always) private func zero16to64(_ r: Raw, _ o: At) {
  extendRegister(r, o, UInt16.self, UInt64.self)
}
@inline(__always) private func sign8to16(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int8.self, UInt16.self)
}
@inline(__always) private func sign8to32(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int8.self, UInt32.self)
}
@inline(__always) private func sign8to64(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int8.self, UInt64.self)
}
@inline(__always) private func sign16to32(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int16.self, UInt32.self)
}
@inline(__always) private func sign16to64(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int16.self, UInt64.self)
}
@inline(__always) private func sign32to64(_ r: Raw, _ o: At) {
  extendRegister(r, o, Int32.self, UInt64.self)
}
@inline(__always) private func zero8to16M(_ r: Raw, _ o: At) {
  extendMemory(r, o, UInt8.self, UInt16.self)
}
@inline(__always) private func zero8to32M(_ r: Raw, _ o: At) {
  extendMemory(r, o, UInt8.self, UInt32.self)
}
@inline(__always) private func zero8to64M(_ r: Raw, _ o: At) {
  extendMemory(r, o, UInt8.self, UInt64.self)
}
@inline(__always) private func zero16to32M(_ r: Raw, _ o: At) {
  extendMemory(r, o, UInt16.self, UInt32.self)
}
@inline(__always) private func zero16to64M(_ r: Raw, _ o: At) {
  extendMemory(r, o, UInt16.self, UInt64.self)
}
@inline(__always) private func sign8to16M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int8.self, UInt16.self)
}
@inline(__always) private func sign8to32M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int8.self, UInt32.self)
}
@inline(__always) private func sign8to64M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int8.self, UInt64.self)
}
@inline(__always) private func sign16to32M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int16.self, UInt32.self)
}
@inline(__always) private func sign16to64M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int16.self, UInt64.self)
}
@inline(__always) private func sign32to64M(_ r: Raw, _ o: At) {
  extendMemory(r, o, Int32.self, UInt64.self)
}

// MARK: LEA and addresses

@inline(__always) private func loadAddress64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  state.setRegister(Operation(o).a, Operation(o).address(state))
  next(r, o)
}

@inline(__always) private func loadAddress32(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  state.setRegister(Operation(o).a, Operation(o).address(state) & 0xFFFF_FFFF)
  next(r, o)
}

/// LEA through PseudoRegister.address, for 16-bit operands and short addresses.
@inline(__always) private func loadAddress16(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  state.setOperand(Operation(o).a, UInt16(truncatingIfNeeded: Operation(o).address(state)))
  next(r, o)
}

/// 64-bit mode, FS or GS: a = segment.
///
/// Leaves base + offset in PseudoRegister.address.
@inline(__always) private func addressInSegmentHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  let address = fields.address(state) &+ state.segmentBase(Int(fields.a))
  state.setRegister(PseudoRegister.address, address)
  state.set(StateLayout.addressSegment, UInt32(fields.a))
  next(r, o)
}

/// Any other address form; the data slot says displacement and form (see `AddressForm`).
@inline(__always) private func addressOfAnyFormHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  let form = (o + 24).load(as: AddressForm.self)
  var offset =
    state.register(fields.b) &+ state.register(fields.index) &<< UInt64(fields.scale)
    &+ fields.data
  if form.addressSize == 4 { offset &= 0xFFFF_FFFF }
  if form.addressSize == 2 { offset &= 0xFFFF }
  state.set(StateLayout.addressSegment, UInt32(form.segment))
  if form.isPlain {
    state.setRegister(PseudoRegister.address, offset)
    return next(r, o, 2)
  }
  guard let linear = linearAddress(state, o, form, offset) else { return }
  state.setRegister(PseudoRegister.address, linear)
  next(r, o, 2)
}

@inline(never)
private func linearAddress(
  _ state: ProcessorState, _ at: At, _ form: AddressForm, _ offset: UInt64
) -> UInt64? {
  do throws(GuestException) {
    guard let segment = SegmentRegister(rawValue: Int(form.segment)) else { return offset }
    if form.isParted && form.wraps(offset) {
      if form.leavesBlock {
        state.exitOperation = at
        state.exitReason = ExitReason.isolate
        return nil
      }
      return state.owner.uncheckedAddress(segment, offset)
    }
    return try state.owner.linearAddress(
      segment, offset, Int(form.byteCount), write: form.isWrite)
  } catch {
    state.raise(error, at: at)
    return nil
  }
}

/// The address of the bit string's part that a register numbers (BT and its like), where addresses
/// have 16 or 32 bits: a = the register; the limit is checked where the part lies.
@inline(__always) private func addressOfBitHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  let form = (o + 24).load(as: AddressForm.self)
  let index = state.register(fields.a)
  let part: Int64 =
    switch form.byteCount {
    case 2: (Int64(Int16(truncatingIfNeeded: index)) >> 4) * 2
    case 4: (Int64(Int32(truncatingIfNeeded: index)) >> 5) * 4
    default: (Int64(bitPattern: index) >> 6) * 8
    }
  let sum = fields.address(state) &+ UInt64(bitPattern: part)
  let offset = sum & (form.addressSize == 2 ? 0xFFFF : 0xFFFF_FFFF)
  guard let linear = linearAddress(state, o, form, offset) else { return }
  state.setRegister(PseudoRegister.address, linear)
  next(r, o, 2)
}

/// Raises the fault of a pop of imm32 bytes, before its target's address is judged, and works out
/// ESP after the pop for an address that it is the base of.
@inline(__always) private func probePopHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard canPop(state, o) else { return }
  next(r, o)
}

@inline(never) private func canPop(_ state: ProcessorState, _ at: At) -> Bool {
  do throws(GuestException) {
    let owner = state.owner
    var stack = owner.currentStack
    _ = try owner.pop(UInt8(truncatingIfNeeded: Operation(at).immediate), from: &stack)
    state.setRegister(PseudoRegister.popped, owner.stackPointer(after: stack))
    return true
  } catch {
    state.raise(error, at: at)
    return false
  }
}

/// Raises #GP(0) outside privilege 0, before the operand's address is judged; what virtual-8086
/// mode does not know is #UD, which comes later.
@inline(__always) private func requireSupervisorHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard state.privilege == 0 || state.flagsRest & Flag.virtual8086 != 0 else {
    return state.raise(.generalProtection(0), at: o)
  }
  next(r, o)
}

/// An instruction that does nothing, in a block of its own.
@inline(__always) private func nothingHandler(_ r: Raw, _ o: At) { next(r, o) }

/// Raises #SS(0) where an operand of a system operation based on RSP or RBP is not canonical; the
/// data slot has its bytes less one.
@inline(__always) private func requireStackAddressHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let address = Operation(o).address(state)
  guard areCanonical(state, address, address &+ Operation(o).data) else {
    return state.raise(.stackFault(0), at: o)
  }
  next(r, o, 2)
}

@inline(never)
private func areCanonical(_ state: ProcessorState, _ first: UInt64, _ last: UInt64) -> Bool {
  state.owner.isCanonical(first) && state.owner.isCanonical(last)
}

/// Second word of an address operation's data slot.
struct AddressForm {
  var segment: UInt8
  /// Bytes: 2, 4, 8.
  var addressSize: UInt8
  /// Bytes of the operand, for the limit check.
  var byteCount: UInt16
  /// Bit 0: the operand is written.
  ///
  /// Bit 1: offset alone (LEA). Bit 2: accessed in parts, each of which wraps by itself. Bit 3: such a
  /// one is left to a block of one instruction, which has a system operation for it.
  var flags: UInt8

  /// As the data slot has it.
  var word: UInt64 {
    UInt64(segment) | UInt64(addressSize) << 8 | UInt64(byteCount) << 16 | UInt64(flags) << 32
  }

  var isWrite: Bool { flags & 1 != 0 }
  var isPlain: Bool { flags & 2 != 0 }
  var isParted: Bool { flags & 4 != 0 }
  var leavesBlock: Bool { flags & 8 != 0 }

  /// Whether an operand at an offset runs past the end of the addresses of 16 or 32 bits.
  func wraps(_ offset: UInt64) -> Bool {
    guard addressSize != 8 else { return false }
    let last: UInt64 = addressSize == 2 ? 0xFFFF : 0xFFFF_FFFF
    return offset &+ UInt64(byteCount) &- 1 > last
  }
}

// MARK: XCHG

@inline(__always)
private func exchange<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let left = state.operand(fields.a, as: W.self)
  state.setOperand(fields.a, state.operand(fields.b, as: W.self))
  state.setOperand(fields.b, left)
  next(raw, at)
}

@inline(__always)
private func exchangeMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let value = pointer.loadUnaligned(as: W.self)
  pointer.storeBytes(of: state.operand(fields.a, as: W.self), as: W.self)
  state.finishWrite(pointer)
  state.setOperand(fields.a, value)
  next(raw, at)
}

@inline(__always) private func exchange8(_ r: Raw, _ o: At) { exchange(r, o, UInt8.self) }
@inline(__always) private func exchange16(_ r: Raw, _ o: At) { exchange(r, o, UInt16.self) }
@inline(__always) private func exchange32(_ r: Raw, _ o: At) { exchange(r, o, UInt32.self) }
@inline(__always) private func exchange64(_ r: Raw, _ o: At) { exchange(r, o, UInt64.self) }
@inline(__always) private func exchangeMemory8(_ r: Raw, _ o: At) {
  exchangeMemory(r, o, UInt8.self)
}
@inline(__always) private func exchangeMemory16(_ r: Raw, _ o: At) {
  exchangeMemory(r, o, UInt16.self)
}
@inline(__always) private func exchangeMemory32(_ r: Raw, _ o: At) {
  exchangeMemory(r, o, UInt32.self)
}
@inline(__always) private func exchangeMemory64(_ r: Raw, _ o: At) {
  exchangeMemory(r, o, UInt64.self)
}

// MARK: PUSH and POP in 64-bit mode (b = RSP, so that their faults are the stack's)

/// A push to an address that is not canonical is the stack's fault, whatever the operation's base is.
@inline(never)
private func correctPushFault(_ state: ProcessorState, _ at: UnsafeRawPointer, _ top: UInt64) {
  if !areCanonical(state, top, top &+ 7) { state.raise(.stackFault(0), at: at) }
}

@inline(__always)
func push64(_ state: ProcessorState, _ at: UnsafeRawPointer, _ value: UInt64) -> Bool {
  let top = state.register(4) &- 8
  guard let pointer = state.writePointer(at, top, 8, reads: false) else {
    correctPushFault(state, at, top)
    return false
  }
  pointer.storeBytes(of: value, as: UInt64.self)
  state.finishWrite(pointer)
  state.setRegister(4, top)
  return true
}

@inline(__always) private func pushRegisterHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard push64(state, o, state.register(Operation(o).a)) else { return }
  next(r, o)
}

@inline(__always) private func pushImmediateHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard push64(state, o, UInt64(truncatingIfNeeded: Operation(o).immediate)) else { return }
  next(r, o)
}

@inline(__always) private func pushMemoryHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  guard let pointer = state.readPointer(o, Operation(o).address(state), 8) else { return }
  guard push64(state, o, pointer.loadUnaligned(as: UInt64.self)) else { return }
  next(r, o)
}

@inline(__always) private func popRegisterHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let top = state.register(4)
  guard let pointer = state.readPointer(o, top, 8) else { return }
  let value = pointer.loadUnaligned(as: UInt64.self)
  state.setRegister(4, top &+ 8)
  state.setRegister(Operation(o).a, value)
  next(r, o)
}

@inline(__always) private func leave64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let frame = state.register(5)
  guard let pointer = state.readPointer(o, frame, 8) else { return }
  let value = pointer.loadUnaligned(as: UInt64.self)
  state.setRegister(4, frame &+ 8)
  state.setRegister(5, value)
  next(r, o)
}

// MARK: CMOVcc and SETcc; the condition stands in the data slot's first byte

@inline(__always)
private func conditionalMove<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let holds = state.holds(UInt8(truncatingIfNeeded: fields.immediate))
  let value = holds ? state.operand(fields.b, as: W.self) : state.operand(fields.a, as: W.self)
  state.setOperand(fields.a, value)
  next(raw, at)
}

@inline(__always)
private func conditionalLoad<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  let loaded = pointer.loadUnaligned(as: W.self)
  let holds = state.holds(UInt8(truncatingIfNeeded: fields.data))
  state.setOperand(fields.a, holds ? loaded : state.operand(fields.a, as: W.self))
  next(raw, at, 2)
}

@inline(__always) private func conditionalMove16(_ r: Raw, _ o: At) {
  conditionalMove(r, o, UInt16.self)
}
@inline(__always) private func conditionalMove32(_ r: Raw, _ o: At) {
  conditionalMove(r, o, UInt32.self)
}
@inline(__always) private func conditionalMove64(_ r: Raw, _ o: At) {
  conditionalMove(r, o, UInt64.self)
}
@inline(__always) private func conditionalLoad16(_ r: Raw, _ o: At) {
  conditionalLoad(r, o, UInt16.self)
}
@inline(__always) private func conditionalLoad32(_ r: Raw, _ o: At) {
  conditionalLoad(r, o, UInt32.self)
}
@inline(__always) private func conditionalLoad64(_ r: Raw, _ o: At) {
  conditionalLoad(r, o, UInt64.self)
}

@inline(__always) private func setRegisterHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  let value: UInt8 = state.holds(UInt8(truncatingIfNeeded: fields.immediate)) ? 1 : 0
  state.setOperand(fields.a, value)
  next(r, o)
}

@inline(__always) private func setMemoryHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let fields = Operation(o)
  guard let pointer = state.writePointer(o, fields.address(state), 1, reads: false) else { return }
  let value: UInt8 = state.holds(UInt8(truncatingIfNeeded: fields.data)) ? 1 : 0
  pointer.storeBytes(of: value, as: UInt8.self)
  state.finishWrite(pointer)
  next(r, o, 2)
}

/// Handlers of data transfers, by log2(bytes) where there are four.
enum TransferHandlers {
  static let move: [Handler] = [move8, move16, move32, move64]
  static let moveImmediate: [Handler] = [
    moveImmediate8, moveImmediate16, moveImmediate32, moveImmediate64,
  ]
  static let moveWide: Handler = moveWideHandler
  static let load: [Handler] = [load8, load16, load32, load64]
  static let store: [Handler] = [store8, store16, store32, store64]
  static let storeImmediate: [Handler] = [
    storeImmediate8, storeImmediate16, storeImmediate32, storeImmediate64,
  ]
  /// By (source width 0-2) * 4 + destination width; unused places repeat MOV.
  static let zeroExtend: [Handler] = [
    move8, zero8to16, zero8to32, zero8to64, move8, move16, zero16to32, zero16to64,
  ]
  static let signExtend: [Handler] = [
    move8, sign8to16, sign8to32, sign8to64, move8, move16, sign16to32, sign16to64,
    move8, move16, move32, sign32to64,
  ]
  static let zeroExtendMemory: [Handler] = [
    load8, zero8to16M, zero8to32M, zero8to64M, load8, load16, zero16to32M, zero16to64M,
  ]
  static let signExtendMemory: [Handler] = [
    load8, sign8to16M, sign8to32M, sign8to64M, load8, load16, sign16to32M, sign16to64M,
    load8, load16, load32, sign32to64M,
  ]
  static let loadAddress: [Handler] = [loadAddress16, loadAddress16, loadAddress32, loadAddress64]
  static let addressInSegment: Handler = addressInSegmentHandler
  static let addressOfAnyForm: Handler = addressOfAnyFormHandler
  static let probePop: Handler = probePopHandler
  static let requireSupervisor: Handler = requireSupervisorHandler
  static let nothing: Handler = nothingHandler
  static let addressOfBit: Handler = addressOfBitHandler
  static let requireStackAddress: Handler = requireStackAddressHandler
  static let exchange: [Handler] = [exchange8, exchange16, exchange32, exchange64]
  static let exchangeMemory: [Handler] = [
    exchangeMemory8, exchangeMemory16, exchangeMemory32, exchangeMemory64,
  ]
  static let pushRegister: Handler = pushRegisterHandler
  static let pushImmediate: Handler = pushImmediateHandler
  static let pushMemory: Handler = pushMemoryHandler
  static let popRegister: Handler = popRegisterHandler
  static let leave: Handler = leave64
  static let conditionalMove: [Handler] = [
    conditionalMove16, conditionalMove16, conditionalMove32, conditionalMove64,
  ]
  static let conditionalLoad: [Handler] = [
    conditionalLoad16, conditionalLoad16, conditionalLoad32, conditionalLoad64,
  ]
  static let setRegister: Handler = setRegisterHandler
  static let setMemory: Handler = setMemoryHandler
}
