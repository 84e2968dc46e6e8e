// POPCNT, LZCNT, TZCNT, the BMI1 instructions and MOVBE (Intel SDM volume 2; AMD APM volume 3).
//
//   register form   a = destination, b = source, imm32 = kind | the VEX register << 8
//   memory form     a = destination, the source's address; first data word = kind | register << 8

private typealias Raw = UnsafeMutableRawPointer
private typealias At = UnsafeRawPointer

/// What an operation of this family does with its source.
enum BitManipulation: UInt8 {
  case countOnes, countLeading, countTrailing
  case andNot, clearLowest, maskLowest, isolateLowest, extract
  case reverseBytes

  /// The kind's number and the register that VEX names.
  func word(_ other: UInt8 = 0) -> UInt32 { UInt32(rawValue) | UInt32(other) << 8 }
}

/// Flags that the manual leaves undefined are cleared.
@inline(__always)
private func manipulate<W: UnsignedWidth>(
  _ state: ProcessorState, _ word: UInt32, _ target: UInt8, _ value: W
) {
  let other = state.operand(UInt8(word >> 8 & 15), as: W.self)
  let result: W
  var carry = false
  var usesSign = false
  switch word & 0xFF {
  case 0: result = W(truncatingIfNeeded: value.nonzeroBitCount)
  case 1:
    result = W(truncatingIfNeeded: value.leadingZeroBitCount)
    carry = value == 0
  case 2:
    result = W(truncatingIfNeeded: value.trailingZeroBitCount)
    carry = value == 0
  case 3:
    result = ~other & value
    usesSign = true
  case 4:
    result = value & (value &- 1)
    carry = value == 0
    usesSign = true
  case 5:
    result = value ^ (value &- 1)
    carry = value == 0
    usesSign = true
  case 6:
    result = value & (0 &- value)
    carry = value != 0
    usesSign = true
  case 7:
    let start = other & 0xFF
    let length = other >> 8 & 0xFF
    let shifted = start < W(W.bitWidth) ? value &>> start : 0
    result = length < W(W.bitWidth) ? shifted & ((1 &<< length) &- 1) : shifted
  default:
    state.setOperand(target, value.byteSwapped)
    return
  }
  state.setOperand(target, result)
  var flags: UInt64 = carry ? Flag.carry : 0
  if result == 0 { flags |= Flag.zero }
  if usesSign && result >> W(W.bitWidth &- 1) != 0 { flags |= Flag.sign }
  state.setExplicitFlags(flags)
}

@inline(__always)
private func manipulateRegister<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  manipulate(
    state, UInt32(bitPattern: fields.immediate), fields.a, state.operand(fields.b, as: W.self))
  next(raw, at)
}

@inline(__always)
private func manipulateMemory<W: UnsignedWidth>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard let pointer = state.readPointer(at, fields.address(state), MemoryLayout<W>.size) else {
    return
  }
  manipulate(
    state, UInt32(truncatingIfNeeded: fields.data), fields.a, pointer.loadUnaligned(as: W.self))
  next(raw, at, 2)
}

/// MOVBE to memory.
@inline(__always)
private func storeReversed<W: UnsignedWidth & BitwiseCopyable>(_ raw: Raw, _ at: At, _: W.Type) {
  let state = ProcessorState(raw)
  let fields = Operation(at)
  guard
    let pointer = state.writePointer(at, fields.address(state), MemoryLayout<W>.size, reads: false)
  else { return }
  pointer.storeBytes(of: state.operand(fields.a, as: W.self).byteSwapped, as: W.self)
  state.finishWrite(pointer)
  next(raw, at)
}

@inline(__always) private func register16(_ r: Raw, _ o: At) {
  manipulateRegister(r, o, UInt16.self)
}
@inline(__always) private func register32(_ r: Raw, _ o: At) {
  manipulateRegister(r, o, UInt32.self)
}
@inline(__always) private func register64(_ r: Raw, _ o: At) {
  manipulateRegister(r, o, UInt64.self)
}
@inline(__always) private func memory16(_ r: Raw, _ o: At) { manipulateMemory(r, o, UInt16.self) }
@inline(__always) private func memory32(_ r: Raw, _ o: At) { manipulateMemory(r, o, UInt32.self) }
@inline(__always) private func memory64(_ r: Raw, _ o: At) { manipulateMemory(r, o, UInt64.self) }
@inline(__always) private func reversed16(_ r: Raw, _ o: At) { storeReversed(r, o, UInt16.self) }
@inline(__always) private func reversed32(_ r: Raw, _ o: At) { storeReversed(r, o, UInt32.self) }
@inline(__always) private func reversed64(_ r: Raw, _ o: At) { storeReversed(r, o, UInt64.self) }

/// Handlers of this family, by log2(bytes).
enum BitManipulationHandlers {
  static let register: [Handler] = [register16, register16, register32, register64]
  static let memory: [Handler] = [memory16, memory16, memory32, memory64]
  static let storeReversed: [Handler] = [reversed16, reversed16, reversed32, reversed64]
}
