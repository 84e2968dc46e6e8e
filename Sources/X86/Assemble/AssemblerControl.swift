/// Jumps, calls, returns and software interrupts.
extension Assembler {
  /// Jumps if the condition holds: two bytes where the label is known to be near, else six.
  package mutating func jump(_ condition: Condition, _ label: Label, short: Bool = false) {
    if short || isNear(label, instructionByteCount: 2) {
      emit8(0x70 | condition.rawValue)
      addFixUp(.relative8, to: label)
    } else {
      emitOpcode(0x0F80 | UInt32(condition.rawValue))
      addFixUp(mode == .real16 ? .relative16 : .relative32, to: label)
    }
  }

  /// Jumps to a label: two bytes where it is known to be near, else five.
  package mutating func jmp(_ label: Label, short: Bool = false) {
    if short || isNear(label, instructionByteCount: 2) {
      emit8(0xEB)
      addFixUp(.relative8, to: label)
    } else {
      emit8(0xE9)
      addFixUp(mode == .real16 ? .relative16 : .relative32, to: label)
    }
  }

  /// Jumps to the address in a register or in memory.
  package mutating func jmp(_ target: Operand) {
    encode(Form(0xFF, nil), RegisterField(number: 4), target)
  }

  package mutating func call(_ label: Label) {
    emit8(0xE8)
    addFixUp(mode == .real16 ? .relative16 : .relative32, to: label)
  }

  /// Calls the address in a register or in memory.
  package mutating func call(_ target: Operand) {
    encode(Form(0xFF, nil), RegisterField(number: 2), target)
  }

  package mutating func ret() { emit8(0xC3) }

  /// Returns and drops bytes of arguments.
  package mutating func ret(_ byteCount: UInt16) {
    emit8(0xC2)
    emit16(byteCount)
  }

  /// Returns to the code segment and address on the stack, at a width.
  package mutating func lret(_ width: Width) { single(0xCB, width) }

  /// Jumps to a constant segment and a label, with a 32-bit offset; not in 64-bit code.
  package mutating func farJump(selector: UInt16, _ label: Label) {
    if mode == .long64 { refuse("64-bit code has no direct far jump") }
    if mode == .real16 { emit8(0x66) }
    emit8(0xEA)
    addFixUp(.absolute32, to: label)
    emit16(selector)
  }

  /// Jumps while the counter, decremented, is not zero.
  package mutating func loop(_ label: Label) {
    emit8(0xE2)
    addFixUp(.relative8, to: label)
  }

  /// Jumps if RCX (in 64-bit code; ECX or CX elsewhere) is zero.
  package mutating func jrcxz(_ label: Label) {
    emit8(0xE3)
    addFixUp(.relative8, to: label)
  }

  package mutating func int(_ vector: UInt8) {
    emit8(0xCD)
    emit8(vector)
  }

  package mutating func int3() { emit8(0xCC) }
  package mutating func ud2() { emitOpcode(0x0F0B) }
  package mutating func iret(_ width: Width) { single(0xCF, width) }
  package mutating func syscall() { emitOpcode(0x0F05) }
  package mutating func sysret(_ width: Width) { single(0x0F07, width) }

  private func isNear(_ label: Label, instructionByteCount: Int) -> Bool {
    guard let offset = placedOffset(of: label) else { return false }
    return offset &- (bytes.count &+ instructionByteCount) >= -128
  }
}
