import CHost

// How vector handlers take their operands.
//
//   operation number   mandatory prefix (0 none, 1 = 66, 2 = F3, 3 = F2) << 8 | last opcode byte;
//                      above 2000 after 0F 38, above 3000 after 0F 3A; the immediate in bits
//                      16-23; bit 24 is set by REX.W
//   register forms     a = ModRM.reg, b = ModRM.rm, imm32 = the operation number
//   memory forms       a = ModRM.reg; the operation number is the first word of the data slot
//
// Every handler first asks whether the unit may be used (#UD, #NM, #MF), then reads or checks its
// storage operand, then takes effect.

/// The operation number of a vector instruction, as its handler finds it.
struct VectorOperation {
  let word: UInt32

  @inline(__always) init(word: UInt32) { self.word = word }

  @inline(__always) init(register operation: UnsafeRawPointer) {
    word = UInt32(bitPattern: Operation(operation).immediate)
  }

  @inline(__always) init(memory operation: UnsafeRawPointer) {
    word = UInt32(truncatingIfNeeded: Operation(operation).data)
  }

  init(
    map: UInt8 = 1, prefix: UInt32, opcode: UInt8, immediate: UInt8 = 0, isWide: Bool = false
  ) {
    word =
      (map > 1 ? UInt32(map) << 12 : 0) | prefix << 8 | UInt32(opcode) | UInt32(immediate) << 16
      | (isWide ? 1 << 24 : 0)
  }

  @inline(__always) var number: UInt32 { word & 0xFFFF }
  @inline(__always) var opcode: UInt32 { word & 0xFF }
  @inline(__always) var prefix: UInt32 { word >> 8 & 0xF }
  @inline(__always) var immediate: UInt32 { word >> 16 & 0xFF }
  @inline(__always) var isWide: Bool { word >> 24 != 0 }
}

/// Bits of `ProcessorState.vectorGate`.
enum VectorGate {
  /// SSE instructions raise #UD or #NM.
  static let unusable: UInt32 = 1
  /// Not: rounding to nearest, FTZ and DAZ off, PE set and masked.
  static let notPlain: UInt32 = 2
}

extension ProcessorState {
  /// The bytes of an XMM register.
  @inline(__always) func vector(_ number: UInt8) -> UnsafeMutableRawPointer {
    base + (FloatingPointLayout.vectors &+ Int(number) &* 16)
  }

  /// The eight bytes of an MMX register: the significand of the physical x87 register.
  @inline(__always) func narrowVector(_ number: UInt8) -> UnsafeMutableRawPointer {
    base + (StateLayout.x87Registers &+ Int(number & 7) &* 16)
  }

  /// Notes that an MMX register was written: its exponent becomes all ones.
  @inline(__always) func finishNarrow(_ number: UInt8) {
    narrowVector(number).storeBytes(of: 0xFFFF, toByteOffset: 8, as: UInt64.self)
  }

  @inline(__always) var mxcsr: UInt32 {
    get { get(FloatingPointLayout.mxcsr, as: UInt32.self) }
    nonmutating set {
      set(FloatingPointLayout.mxcsr, newValue)
      updateVectorGate()
    }
  }

  /// What stands in the way of the short ways: 0 when nothing does.
  ///
  /// Follows from CR0, CR4 and MXCSR; every setter of these calls `updateVectorGate`.
  @inline(__always) var vectorGate: UInt32 {
    self.get(FloatingPointLayout.gate, as: UInt32.self)
  }

  /// Works the gate out again, after a change of what it follows from.
  func updateVectorGate() {
    let blocked = cr0 & (ControlRegister0.emulation | ControlRegister0.taskSwitched)
    var gate: UInt32 = 0
    if blocked != 0 || cr4 & ControlRegister4.fxSave == 0 { gate |= VectorGate.unusable }
    if mxcsr & 0xF060 != 0x1020 { gate |= VectorGate.notPlain }
    set(FloatingPointLayout.gate, gate)
  }

  @inline(__always) var vectorResult: UnsafeMutableRawPointer { base + FloatingPointLayout.result }
  @inline(__always) var vectorOperand: UnsafeMutableRawPointer {
    base + FloatingPointLayout.operand
  }

  /// Whether SSE instructions may run; false after the exception was recorded.
  @inline(__always) func mayUseVectors(_ operation: UnsafeRawPointer) -> Bool {
    if _fastPath(vectorGate & VectorGate.unusable == 0) { return true }
    raise(
      cr0 & ControlRegister0.emulation != 0 || cr4 & ControlRegister4.fxSave == 0
        ? .invalidOpcode : .deviceNotAvailable, at: operation)
    return false
  }

  /// Whether MMX instructions may run; makes the x87 registers MMX registers.
  ///
  /// `vectors` says that the instruction has an XMM operand, too.
  @inline(__always)
  func mayUseNarrowVectors(_ operation: UnsafeRawPointer, vectors: Bool = false) -> Bool {
    if vectors, !mayUseVectors(operation) { return false }
    let unit = FloatingPointUnit(self)
    let blocked = cr0 & (ControlRegister0.emulation | ControlRegister0.taskSwitched)
    if _fastPath(blocked == 0 && !unit.isBlocking) { return true }
    raise(
      blocked & ControlRegister0.emulation != 0
        ? .invalidOpcode : blocked != 0 ? .deviceNotAvailable : .floatingPoint, at: operation)
    return false
  }

  /// Whether x87 instructions may run.
  ///
  /// `waits` is false for those that ignore a pending exception.
  @inline(__always)
  func mayUseFloatingPoint(_ operation: UnsafeRawPointer, waits: Bool) -> Bool {
    let blocked = cr0 & (ControlRegister0.emulation | ControlRegister0.taskSwitched)
    if _fastPath(blocked == 0 && !(waits && FloatingPointUnit(self).isBlocking)) { return true }
    raise(blocked != 0 ? .deviceNotAvailable : .floatingPoint, at: operation)
    return false
  }

  /// Host address of a 16-byte operand that must be aligned, or nil after #GP(0) or a page fault.
  @inline(__always)
  func readAligned(_ operation: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
    let address = Operation(operation).address(self)
    if _slowPath(address & 15 != 0) {
      raise(.generalProtection(0), at: operation)
      return nil
    }
    return readPointer(operation, address, 16)
  }

  /// Host address of 16 aligned bytes to write, or nil after #GP(0) or a page fault.
  @inline(__always)
  func writeAligned(_ operation: UnsafeRawPointer) -> UnsafeMutableRawPointer? {
    let address = Operation(operation).address(self)
    if _slowPath(address & 15 != 0) {
      raise(.generalProtection(0), at: operation)
      return nil
    }
    return writePointer(operation, address, 16, reads: false)
  }

  /// The storage operand of 4, 8 or 16 bytes, zero-extended to 16; nil after a fault.
  @inline(__always)
  func readOperand(_ operation: UnsafeRawPointer, _ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount == 16 { return readAligned(operation) }
    guard let pointer = readPointer(operation, Operation(operation).address(self), byteCount)
    else { return nil }
    let value =
      byteCount == 8
      ? pointer.loadUnaligned(as: UInt64.self) : UInt64(pointer.loadUnaligned(as: UInt32.self))
    vectorOperand.storeBytes(of: value, as: UInt64.self)
    vectorOperand.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
    return vectorOperand
  }
}

/// The two halves of an XMM register.
typealias Halves = SIMD2<UInt64>

extension UnsafeMutableRawPointer {
  @inline(__always) var halves: Halves {
    get { loadUnaligned(as: Halves.self) }
    nonmutating set { storeBytes(of: newValue, as: Halves.self) }
  }

  @inline(__always) var low: UInt64 {
    get { loadUnaligned(as: UInt64.self) }
    nonmutating set { storeBytes(of: newValue, as: UInt64.self) }
  }

  @inline(__always) var high: UInt64 {
    get { loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
    nonmutating set { storeBytes(of: newValue, toByteOffset: 8, as: UInt64.self) }
  }

  @inline(__always) var low32: UInt32 {
    get { loadUnaligned(as: UInt32.self) }
    nonmutating set { storeBytes(of: newValue, as: UInt32.self) }
  }
}
