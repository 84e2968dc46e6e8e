// BT BTS BTR BTC, BSF BSR, BSWAP, XADD, CMPXCHG, sign extensions of the accumulator, flag
// instructions, and CLI STI POPF as far as they stay inside a block.

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

// MARK: BT family; kind 0 BT, 1 BTS, 2 BTR, 3 BTC

@inline(__always)
private func bitOperation<W: UnsignedWidth>(
  _ state: ProcessorState, _ kind: UInt64, _ value: W, _ bit: UInt64
) -> W {
  let mask = W(1) << W(truncatingIfNeeded: bit)
  let kept = state.arithmeticFlags & ~Flag.carry
  state.setExplicitFlags(kept | (value & mask != 0 ? Flag.carry : 0))
  switch kind {
  case 0: return value
  case 1: return value | mask
  case 2: return value & ~mask
  default: return value ^ mask
  }
}

/// a = register; b = register of the index, or 0xFF: data byte 1 is the index; data byte 0 = kind.
@inline(__always)
private func bitRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let data = fields.data
  let bit = fields.b == 0xFF ? data >> 8 : state.register(fields.b)
  let value = state.operand(fields.a, as: W.self)
  let result = bitOperation(state, data & 0xFF, value, bit & UInt64(W.bitWidth &- 1))
  if data & 0xFF != 0 { state.setOperand(fields.a, result) }
  next(raw, at, 2)
}

/// a = register of the index, a signed number of bits from the address on, or 0xFF as above.
@inline(__always)
private func bitMemory<W: UnsignedWidth & BitwiseCopyable>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let data = fields.data
  var address = fields.address(state)
  var bit = data >> 8
  if fields.a != 0xFF {
    let unused = Int64(64 &- W.bitWidth)
    let index = (Int64(bitPattern: state.register(fields.a)) &<< unused) &>> unused
    let shift: Int64 = W.bitWidth == 64 ? 6 : W.bitWidth == 32 ? 5 : 4
    if data & BitHandlers.isAddressed == 0 {
      address = address &+ UInt64(bitPattern: (index &>> shift) &* Int64(MemoryLayout<W>.size))
    }
    bit = UInt64(bitPattern: index)
  }
  bit &= UInt64(W.bitWidth &- 1)
  if data & 3 == 0 {
    guard let pointer = state.readPointer(at, address, MemoryLayout<W>.size) else { return }
    _ = bitOperation(state, 0, pointer.loadUnaligned(as: W.self), bit)
  } else {
    guard let pointer = state.writePointer(at, address, MemoryLayout<W>.size, reads: true) else {
      return
    }
    let result = bitOperation(state, data & 3, pointer.loadUnaligned(as: W.self), bit)
    pointer.storeBytes(of: result, as: W.self)
    state.finishWrite(pointer)
  }
  next(raw, at, 2)
}

@inline(__always) private func bitRegister16(_ r: Raw, _ o: At) { bitRegister(r, o, UInt16.self) }
@inline(__always) private func bitRegister32(_ r: Raw, _ o: At) { bitRegister(r, o, UInt32.self) }
@inline(__always) private func bitRegister64(_ r: Raw, _ o: At) { bitRegister(r, o, UInt64.self) }
@inline(__always) private func bitMemory16(_ r: Raw, _ o: At) { bitMemory(r, o, UInt16.self) }
@inline(__always) private func bitMemory32(_ r: Raw, _ o: At) { bitMemory(r, o, UInt32.self) }
@inline(__always) private func bitMemory64(_ r: Raw, _ o: At) { bitMemory(r, o, UInt64.self) }

// MARK: BSF BSR; data = 0 forward, 1 reverse. A zero source leaves the destination, as AMD says.

@inline(__always)
private func scan<W: UnsignedWidth>(
  _ state: ProcessorState, _ target: UInt8, _ value: W, _ reverse: Bool
) {
  let kept = state.arithmeticFlags & ~Flag.zero
  guard value != 0 else {
    state.setExplicitFlags(kept | Flag.zero)
    return
  }
  let position = reverse ? W.bitWidth - 1 - value.leadingZeroBitCount : value.trailingZeroBitCount
  state.setExplicitFlags(kept)
  state.setOperand(target, W(truncatingIfNeeded: position))
}

@inline(__always)
private func scanRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  scan(state, fields.a, state.operand(fields.b, as: W.self), fields.immediate != 0)
  next(raw, at)
}

@inline(__always)
private func scanMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  scan(state, fields.a, pointer.loadUnaligned(as: W.self), fields.data != 0)
  next(raw, at, 2)
}

@inline(__always) private func scanRegister16(_ r: Raw, _ o: At) { scanRegister(r, o, UInt16.self) }
@inline(__always) private func scanRegister32(_ r: Raw, _ o: At) { scanRegister(r, o, UInt32.self) }
@inline(__always) private func scanRegister64(_ r: Raw, _ o: At) { scanRegister(r, o, UInt64.self) }
@inline(__always) private func scanMemory16(_ r: Raw, _ o: At) { scanMemory(r, o, UInt16.self) }
@inline(__always) private func scanMemory32(_ r: Raw, _ o: At) { scanMemory(r, o, UInt32.self) }
@inline(__always) private func scanMemory64(_ r: Raw, _ o: At) { scanMemory(r, o, UInt64.self) }

// MARK: BSWAP. Of a word the manuals leave it undefined: it becomes 0, as on AMD's processors.

@inline(__always) private func swapBytes16(_ r: Raw, _ o: At) {
  ProcessorState(r).setOperand(Operation(o).a, 0 as UInt16)
  next(r, o)
}

@inline(__always) private func swapBytes32(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let value = state.operand(Operation(o).a, as: UInt32.self)
  state.setOperand(Operation(o).a, value.byteSwapped)
  next(r, o)
}

@inline(__always) private func swapBytes64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  state.setRegister(Operation(o).a, state.register(Operation(o).a).byteSwapped)
  next(r, o)
}

// MARK: SALC, which only AMD's manuals of old name: AL becomes FF or 0 by CF

@inline(__always) private func setByCarryHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  state.setOperand(0, state.carry != 0 ? 0xFF : 0 as UInt8)
  next(r, o)
}

// MARK: XADD, CMPXCHG

@inline(__always)
private func exchangeAddRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let old = state.operand(fields.a, as: W.self)
  let sum = Add.apply(state, old, state.operand(fields.b, as: W.self))
  state.setOperand(fields.b, old)
  state.setOperand(fields.a, sum)
  next(raw, at)
}

@inline(__always)
private func exchangeAddMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let old = pointer.loadUnaligned(as: W.self)
  let sum = Add.apply(state, old, state.operand(fields.a, as: W.self))
  pointer.storeBytes(of: sum, as: W.self)
  state.finishWrite(pointer)
  state.setOperand(fields.a, old)
  next(raw, at)
}

@inline(__always)
private func compareExchangeRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  let current = state.operand(fields.a, as: W.self)
  let accumulator = state.operand(0, as: W.self)
  _ = Subtract.apply(state, accumulator, current)
  if accumulator == current {
    state.setOperand(fields.a, state.operand(fields.b, as: W.self))
  } else {
    state.setOperand(0, current)
  }
  next(raw, at)
}

@inline(__always)
private func compareExchangeMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: true)
  else { return }
  let current = pointer.loadUnaligned(as: W.self)
  let accumulator = state.operand(0, as: W.self)
  _ = Subtract.apply(state, accumulator, current)
  if accumulator == current {
    pointer.storeBytes(of: state.operand(fields.a, as: W.self), as: W.self)
    state.finishWrite(pointer)
  } else {
    state.finishWrite(pointer)
    state.setOperand(0, current)
  }
  next(raw, at)
}

@inline(__always) private func exchangeAdd8(_ r: Raw, _ o: At) {
  exchangeAddRegister(r, o, UInt8.self)
}
@inline(__always) private func exchangeAdd16(_ r: Raw, _ o: At) {
  exchangeAddRegister(r, o, UInt16.self)
}
@inline(__always) private func exchangeAdd32(_ r: Raw, _ o: At) {
  exchangeAddRegister(r, o, UInt32.self)
}
@inline(__always) private func exchangeAdd64(_ r: Raw, _ o: At) {
  exchangeAddRegister(r, o, UInt64.self)
}
@inline(__always) private func exchangeAddM8(_ r: Raw, _ o: At) {
  exchangeAddMemory(r, o, UInt8.self)
}
@inline(__always) private func exchangeAddM16(_ r: Raw, _ o: At) {
  exchangeAddMemory(r, o, UInt16.self)
}
@inline(__always) private func exchangeAddM32(_ r: Raw, _ o: At) {
  exchangeAddMemory(r, o, UInt32.self)
}
@inline(__always) private func exchangeAddM64(_ r: Raw, _ o: At) {
  exchangeAddMemory(r, o, UInt64.self)
}
@inline(__always) private func compareExchange8(_ r: Raw, _ o: At) {
  compareExchangeRegister(r, o, UInt8.self)
}
@inline(__always) private func compareExchange16(_ r: Raw, _ o: At) {
  compareExchangeRegister(r, o, UInt16.self)
}
@inline(__always) private func compareExchange32(_ r: Raw, _ o: At) {
  compareExchangeRegister(r, o, UInt32.self)
}
@inline(__always) private func compareExchange64(_ r: Raw, _ o: At) {
  compareExchangeRegister(r, o, UInt64.self)
}
@inline(__always) private func compareExchangeM8(_ r: Raw, _ o: At) {
  compareExchangeMemory(r, o, UInt8.self)
}
@inline(__always) private func compareExchangeM16(_ r: Raw, _ o: At) {
  compareExchangeMemory(r, o, UInt16.self)
}
@inline(__always) private func compareExchangeM32(_ r: Raw, _ o: At) {
  compareExchangeMemory(r, o, UInt32.self)
}
@inline(__always) private func compareExchangeM64(_ r: Raw, _ o: At) {
  compareExchangeMemory(r, o, UInt64.self)
}

// MARK: CBW CWDE CDQE CWD CDQ CQO; imm32 = operand bytes

@inline(__always) private func extendAccumulatorHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  switch Operation(o).immediate {
  case 2:
    state.setOperand(
      0, UInt16(truncatingIfNeeded: Int8(truncatingIfNeeded: state.register(0))))
  case 4:
    state.setOperand(
      0, UInt32(truncatingIfNeeded: Int16(truncatingIfNeeded: state.register(0))))
  default:
    state.setRegister(
      0, UInt64(truncatingIfNeeded: Int32(truncatingIfNeeded: state.register(0))))
  }
  next(r, o)
}

@inline(__always) private func spreadSignHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let value = state.register(0)
  switch Operation(o).immediate {
  case 2: state.setOperand(2, value >> 15 & 1 != 0 ? UInt16.max : 0)
  case 4: state.setOperand(2, value >> 31 & 1 != 0 ? UInt32.max : 0)
  default: state.setRegister(2, value >> 63 != 0 ? UInt64.max : 0)
  }
  next(r, o)
}

// MARK: Flag instructions; imm32 = opcode

@inline(__always) private func flagInstruction(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let flags = state.arithmeticFlags
  switch Operation(o).immediate {
  case 0xF5: state.setExplicitFlags(flags ^ Flag.carry)
  case 0xF8: state.setExplicitFlags(flags & ~Flag.carry)
  case 0xF9: state.setExplicitFlags(flags | Flag.carry)
  case 0xFC: state.flagsRest &= ~Flag.direction
  case 0xFD: state.flagsRest |= Flag.direction
  case 0x9E:
    let loaded = state.register(0) >> 8 & 0xD5
    state.setExplicitFlags(flags & Flag.overflow | loaded)
  default:
    state.setOperand(1, UInt8(truncatingIfNeeded: flags | Flag.fixed))
  }
  next(r, o)
}

/// PUSHFQ.
@inline(__always) private func pushFlags64(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let image = state.flags & ~(Flag.resume | Flag.virtual8086)
  guard push64(state, o, image) else { return }
  next(r, o)
}

/// CLI at CPL <= IOPL; else the run loop decides.
@inline(__always) private func clearInterruptsHandler(_ r: Raw, _ o: At) {
  let state = ProcessorState(r)
  let rest = state.flagsRest
  guard UInt64(state.privilege) <= rest >> 12 & 3 else { return leaveForSystem(r, o) }
  state.flagsRest = rest & ~Flag.interrupt
  next(r, o, 2)
}

/// STI that need not look at interrupts: none is pending, and the protected instruction follows in
/// the block (a = 0), so that no cut can fall between.
@inline(__always) func startInterruptsHandler(_ r: UnsafeMutableRawPointer, _ o: UnsafeRawPointer) {
  let state = ProcessorState(r)
  let rest = state.flagsRest
  guard Operation(o).a == 0, state.attention == 0, UInt64(state.privilege) <= rest >> 12 & 3 else {
    return leaveForSystem(r, o)
  }
  state.flagsRest = rest | Flag.interrupt
  next(r, o, 2)
}

/// Handlers of these families, by log2(bytes) where there are several.
enum BitHandlers {
  /// Of the data of `bitMemory`: the address is that of the bit's part already.
  static let isAddressed: UInt64 = 0x80
  static let setByCarry: Handler = setByCarryHandler
  static let bitRegister: [Handler] = [bitRegister16, bitRegister16, bitRegister32, bitRegister64]
  static let bitMemory: [Handler] = [bitMemory16, bitMemory16, bitMemory32, bitMemory64]
  static let scanRegister: [Handler] = [
    scanRegister16, scanRegister16, scanRegister32, scanRegister64,
  ]
  static let scanMemory: [Handler] = [scanMemory16, scanMemory16, scanMemory32, scanMemory64]
  static let swapBytes: [Handler] = [swapBytes16, swapBytes16, swapBytes32, swapBytes64]
  static let exchangeAdd: [Handler] = [exchangeAdd8, exchangeAdd16, exchangeAdd32, exchangeAdd64]
  static let exchangeAddMemory: [Handler] = [
    exchangeAddM8, exchangeAddM16, exchangeAddM32, exchangeAddM64,
  ]
  static let compareExchange: [Handler] = [
    compareExchange8, compareExchange16, compareExchange32, compareExchange64,
  ]
  static let compareExchangeMemory: [Handler] = [
    compareExchangeM8, compareExchangeM16, compareExchangeM32, compareExchangeM64,
  ]
  static let extendAccumulator: Handler = extendAccumulatorHandler
  static let spreadSign: Handler = spreadSignHandler
  static let flags: Handler = flagInstruction
  static let pushFlags: Handler = pushFlags64
  static let clearInterrupts: Handler = clearInterruptsHandler
  static let startInterrupts: Handler = startInterruptsHandler
}
