import CHost

// x87 instructions with a register operand, by their opcode D8-DF and the low six bits of ModRM.

extension FloatingPointUnit {
  var result: UnsafeMutableRawPointer { base + FloatingPointLayout.result }

  var sticky: UInt32 { UInt32(status & X87Status.exceptions) }

  /// Opcodes of the register form that exist; others are #UD.
  static func isDefined(opcode: UInt8, form: UInt8) -> Bool {
    let column = form & 7
    switch (opcode & 7, form >> 3) {
    case (0, _), (1, 0), (1, 1), (1, 3), (2, 0...3), (3, 0...3), (3, 5), (3, 6), (4, _), (5, 0...5),
      (6, 0...2), (6, 4...7), (7, 0...3), (7, 5), (7, 6), (1, 6), (1, 7):
      return true
    case (1, 2): return column == 0
    case (1, 4): return column == 0 || column == 1 || column == 4 || column == 5
    case (1, 5): return column != 7
    case (2, 5), (6, 3): return column == 1
    case (3, 4): return column <= 4
    case (7, 4): return column == 0
    default: return false
    }
  }

  /// FNENI, FNDISI, FNCLEX, FNINIT, FNSETPM, FNSTSW AX.
  @inline(__always) static func isControl(opcode: UInt8, form: UInt8) -> Bool {
    opcode & 3 == 3 && form >> 3 == 4
  }

  /// FNSTSW AX, FNCLEX, FNINIT and their kin neither wait nor fault for a pending exception.
  static func waits(opcode: UInt8, form: UInt8) -> Bool {
    !isControl(opcode: opcode, form: form)
  }

  /// Runs one instruction; pending exceptions and CR0 were looked at before.
  func execute(opcode: UInt8, form: UInt8, _ state: ProcessorState) {
    let index = Int(form & 7)
    let group = UInt32(form >> 3)
    switch opcode & 7 {
    case 0: arithmetic(group, index, destination: 0, pops: 0)
    case 1: executeD9(form, group, index, state)
    case 2: group == 5 ? compare(1, unordered: true, pops: 2) : conditionalMove(group, index, state)
    case 3: executeDB(form, group, index, state)
    case 4: arithmetic(group, index, destination: index, pops: 0)
    case 5: executeDD(group, index)
    case 6:
      switch group {
      case 2: compare(index, unordered: false, pops: 1)
      case 3: compare(index, unordered: false, pops: 2)
      default: arithmetic(group, index, destination: index, pops: 1)
      }
    default: executeDF(group, index, state)
    }
  }

  private func executeD9(_ form: UInt8, _ group: UInt32, _ index: Int, _ state: ProcessorState) {
    switch group {
    case 0: load(register: index)
    case 1: exchange(index)
    case 2: break
    case 3:
      // The old alias of FSTP takes an empty ST(0) as it is.
      if isEmpty(0) {
        pop()
        clearC1()
      } else {
        store(register: index, pops: true)
      }
    case 5: load(constant: index)
    default: executeUnary(form)
    }
  }

  private func executeUnary(_ form: UInt8) {
    switch form {
    case 0x20: changeSign(and: 0x7FFF, flips: true)
    case 0x21: changeSign(and: 0x7FFF, flips: false)
    case 0x24: test()
    case 0x25: examine()
    case 0x34: extract()
    case 0x35: remainder(endicott_x87_remainder1)
    case 0x36: rotate(by: 7)
    case 0x37: rotate(by: 1)
    case 0x38: remainder(endicott_x87_remainder)
    case 0x3A: unary(endicott_x87_square_root)
    case 0x3C: unary(endicott_x87_round)
    case 0x3D: scale()
    default:
      ProcessorState(base).cyclesOwedLater &+= CycleCost.transcendental
      transcendental(form)
    }
  }

  private func executeDB(_ form: UInt8, _ group: UInt32, _ index: Int, _ state: ProcessorState) {
    switch group {
    case 4 where index == 2:
      status &= X87Status.conditions
      ignoresErrors = false
    case 4 where index == 3: initialize()
    case 4: break
    case 5: compareToFlags(index, unordered: true, pops: false, state)
    case 6: compareToFlags(index, unordered: false, pops: false, state)
    default: conditionalMove(group | 4, index, state)
    }
  }

  private func executeDD(_ group: UInt32, _ index: Int) {
    switch group {
    case 0:
      markEmpty(index)
      clearC1()
    case 1: exchange(index)
    case 2, 3: store(register: index, pops: group == 3)
    default: compare(index, unordered: true, pops: group == 5 ? 1 : 0)
    }
  }

  private func executeDF(_ group: UInt32, _ index: Int, _ state: ProcessorState) {
    switch group {
    case 0:
      markEmpty(index)
      pop()
      clearC1()
    case 1: exchange(index)
    case 2, 3: store(register: index, pops: true)
    case 4: state.setRegister(0, state.register(0) & ~0xFFFF | UInt64(statusWord))
    default: compareToFlags(index, unordered: group == 5, pops: true, state)
    }
  }

  /// FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR (and FCOM, FCOMP) of ST(0) and ST(`index`).
  private func arithmetic(_ operation: UInt32, _ index: Int, destination: Int, pops: Int) {
    if operation & 6 == 2 {
      compare(index, unordered: false, pops: operation == 3 ? 1 : 0)
      return
    }
    if isEmpty(0) || isEmpty(index) {
      guard stackFault(overflow: false) else { return }
      setIndefinite(destination)
    } else {
      let answer = endicott_x87_binary(
        operation, 0, result, register(0), register(index), UInt32(control), sticky)
      if note(answer) { return }
      set(destination, from: result)
    }
    if pops != 0 { pop() }
  }

  /// FCOM, FUCOM and kin: C3 C2 C0 = 000 greater, 001 less, 100 equal, 111 unordered.
  private func compare(_ index: Int, unordered: Bool, pops: Int) {
    if isEmpty(0) || isEmpty(index) {
      let masked = stackFault(overflow: false)
      status |= X87Status.c0 | X87Status.c2 | X87Status.c3
      guard masked else { return }
    } else {
      let operation = unordered ? endicott_x87_unordered_compare : endicott_x87_compare
      let answer = endicott_x87_binary(
        UInt32(truncatingIfNeeded: operation), 0, result, register(0), register(index),
        UInt32(control),
        sticky)
      if note(answer, conditions: X87Status.conditions) { return }
    }
    for _ in 0..<max(0, pops) { pop() }
  }

  /// FCOMI and kin: ZF PF CF as C3 C2 C0 of FCOM, set even when an unmasked exception was found.
  private func compareToFlags(_ index: Int, unordered: Bool, pops: Bool, _ state: ProcessorState) {
    var conditions = X87Status.c0 | X87Status.c2 | X87Status.c3
    var completes = true
    if isEmpty(0) || isEmpty(index) {
      completes = stackFault(overflow: false)
    } else {
      let operation = unordered ? endicott_x87_unordered_compare : endicott_x87_compare
      let answer = endicott_x87_binary(
        UInt32(truncatingIfNeeded: operation), 0, result, register(0), register(index),
        UInt32(control), sticky)
      completes = !note(answer, conditions: 0)
      conditions = UInt16(truncatingIfNeeded: answer)
    }
    var flags: UInt64 = 0
    if conditions & X87Status.c0 != 0 { flags |= Flag.carry }
    if conditions & X87Status.c2 != 0 { flags |= Flag.parity }
    if conditions & X87Status.c3 != 0 { flags |= Flag.zero }
    state.setExplicitFlags(flags)
    if pops && completes { pop() }
  }

  private func load(register index: Int) {
    // ST(7) is the register that the push takes: it must be empty, ST(index) must not.
    if isEmpty(index) {
      guard stackFault(overflow: false) else { return }
      push()
      setIndefinite(0)
      return
    }
    let source = register(index)
    guard prepareToPush() else { return }
    push()
    set(0, from: source)
    clearC1()
  }

  /// Whether ST(7) is free; a masked stack overflow pushes the indefinite instead.
  func prepareToPush() -> Bool {
    if isEmpty(7) { return true }
    if stackFault(overflow: true) {
      push()
      setIndefinite(0)
    }
    return false
  }

  private func load(constant number: Int) {
    guard prepareToPush() else { return }
    endicott_x87_constant(UInt32(truncatingIfNeeded: number), result, UInt32(control))
    push()
    set(0, from: result)
    clearC1()
  }

  private func exchange(_ index: Int) {
    if isEmpty(0) || isEmpty(index) {
      guard stackFault(overflow: false) else { return }
      if isEmpty(0) { setIndefinite(0) }
      if isEmpty(index) { setIndefinite(index) }
    }
    let first = (significand(0), signExponent(0))
    set(0, significand: significand(index), signExponent: signExponent(index))
    set(index, significand: first.0, signExponent: first.1)
    clearC1()
  }

  private func store(register index: Int, pops: Bool) {
    if isEmpty(0) {
      guard stackFault(overflow: false) else { return }
      setIndefinite(index)
    } else {
      set(index, significand: significand(0), signExponent: signExponent(0))
      clearC1()
    }
    if pops { pop() }
  }

  private func conditionalMove(_ group: UInt32, _ index: Int, _ state: ProcessorState) {
    if isEmpty(0) || isEmpty(index) {
      if stackFault(overflow: false) { setIndefinite(0) }
      return
    }
    let condition: Bool
    switch group & 3 {
    case 0: condition = state.carry != 0
    case 1: condition = state.isZero
    case 2: condition = state.carry != 0 || state.isZero
    default: condition = state.hasEvenParity
    }
    if condition != (group & 4 != 0) {
      set(0, significand: significand(index), signExponent: signExponent(index))
    }
  }

  private func changeSign(and mask: UInt16, flips: Bool) {
    if isEmpty(0) {
      if stackFault(overflow: false) { setIndefinite(0) }
      return
    }
    clearC1()
    let old = signExponent(0)
    set(0, significand: significand(0), signExponent: flips ? old ^ 0x8000 : old & mask)
  }

  private func test() {
    if isEmpty(0) {
      _ = stackFault(overflow: false)
      status |= X87Status.c0 | X87Status.c2 | X87Status.c3
      return
    }
    let answer = endicott_x87_unary(
      UInt32(endicott_x87_test), result, register(0), UInt32(control), sticky)
    _ = note(answer, conditions: X87Status.conditions)
  }

  private func examine() {
    let exponent = signExponent(0)
    let fraction = significand(0)
    var codes = exponent >> 15 != 0 ? X87Status.c1 : 0
    if isEmpty(0) {
      codes |= X87Status.c3 | X87Status.c0
    } else {
      switch (exponent & 0x7FFF, fraction) {
      case (0, 0): codes |= X87Status.c3
      case (0, _): codes |= X87Status.c3 | X87Status.c2
      case (_, let fraction) where fraction >> 63 == 0: break
      case (0x7FFF, 1 << 63): codes |= X87Status.c2 | X87Status.c0
      case (0x7FFF, _): codes |= X87Status.c0
      default: codes |= X87Status.c2
      }
    }
    status = status & ~X87Status.conditions | codes
  }

  private func unary(_ operation: Int) {
    if isEmpty(0) {
      if stackFault(overflow: false) { setIndefinite(0) }
      return
    }
    let answer = endicott_x87_unary(
      UInt32(truncatingIfNeeded: operation), result, register(0), UInt32(control), sticky)
    if note(answer) { return }
    set(0, from: result)
  }

  private func extract() {
    if isEmpty(0) {
      guard stackFault(overflow: false) else { return }
      setIndefinite(0)
      push()
      setIndefinite(0)
      return
    }
    guard isEmpty(7) else {
      guard stackFault(overflow: true) else { return }
      setIndefinite(0)
      push()
      setIndefinite(0)
      return
    }
    let answer = endicott_x87_unary(
      UInt32(endicott_x87_extract), result, register(0), UInt32(control), sticky)
    if note(answer) { return }
    set(0, from: result + 16)
    push()
    set(0, from: result)
  }

  private func remainder(_ operation: Int) {
    let before = status
    binaryInPlace(operation, conditions: X87Status.conditions)
    // Without a quotient C0 and C3 stay, and C2 says complete.
    if isEmpty(0) || signExponent(0) & 0x7FFF == 0x7FFF
      || status & X87Status.early & ~control != 0
    {
      let kept = X87Status.c0 | X87Status.c3
      status = status & ~(kept | X87Status.c2) | before & kept
    }
  }

  private func scale() { binaryInPlace(endicott_x87_scale, conditions: X87Status.c1) }

  private func binaryInPlace(_ operation: Int, conditions: UInt16) {
    if isEmpty(0) || isEmpty(1) {
      if stackFault(overflow: false) { setIndefinite(0) }
      return
    }
    let answer = endicott_x87_binary(
      UInt32(truncatingIfNeeded: operation), 0, result, register(0), register(1), UInt32(control),
      sticky)
    if note(answer, conditions: conditions) { return }
    set(0, from: result)
  }

  private func rotate(by count: UInt16) {
    top &+= count
    clearC1()
  }
}
