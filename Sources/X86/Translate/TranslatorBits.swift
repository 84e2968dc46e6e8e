// Code for what changes some arithmetic flags and keeps the others: bit tests and scans, rotations, and
// the instructions that work on flags themselves.
extension Translator {
  /// The state's fields as RFLAGS has the flags.
  private static let image = HostMemory.state(StateLayout.flagsResult)

  /// Puts the flags into the state as RFLAGS has them; leaves where that takes more than a few instructions.
  func makeFlagsExplicit() -> Bool {
    expectEntryFlags()
    if flags.isInState, flags.source == .known(FlagsKind.explicit) { return true }
    guard restoreFlags(&flags) else {
      leave(because: .flags)
      return false
    }
    saveHostFlags(&flags)
    return true
  }

  /// Replaces flags in the state by those in R13.
  private func replaceFlags(_ replaced: UInt64) {
    code.binary(4, 2, Self.image, ~replaced)
    code.emit(0x09, 2, .first, Self.image)
    flags = FlagPlace(source: .known(FlagsKind.explicit), isInState: true)
  }

  // MARK: BT BTS BTR BTC (0 to 3)

  func emitBit(_ step: Step, _ kind: UInt8) {
    guard makeFlagsExplicit() else { return }
    let width = step.width
    if step.target == .memory {
      guard case .immediate(let bit) = step.source, let address = address(of: step)
      else { return refuse() }
      let place = probe(address, byteCount: 1 << width, writes: kind != 0)
      code.emit(0x0FBA, width, group: kind | 4, place)
      code.immediate(bit & 63, 0)
    } else {
      guard case .register(let guest) = step.target else { return refuse() }
      let target = resident(guest, .second)
      if case .immediate(let bit) = step.source {
        code.emit(0x0FBA, width, group: kind | 4, target)
        code.immediate(bit & 63, 0)
      } else {
        guard let index = register(step.source, .first) else { return refuse() }
        code.emit(0x0FA3 | UInt32(kind) << 3, width, index, target)
      }
      if kind != 0 { putBack(guest, target) }
    }
    code.emit(0x1B, 2, .first, .first)
    code.emit(0xF7, 2, group: 3, .first)
    replaceFlags(Flag.carry)
  }

  // MARK: BSF BSR

  /// Of nothing the target stays what it is.
  func emitScan(_ step: Step, isReverse: Bool) {
    guard case .register(let guest) = step.target, makeFlagsExplicit() else { return refuse() }
    let width = step.width
    if let place = sourcePlace(step, byteCount: 1 << width) {
      code.loadExtended(width, .second, place)
    } else {
      guard case .register(let source) = step.source else { return refuse() }
      extend(width, .second, source)
    }
    code.emit(0x85, 3, .second, .second)
    let isNothing = code.branch(4)
    let target = resident(guest, .first)
    code.emit(isReverse ? 0x0FBD : 0x0FBC, width, target, .second)
    putBack(guest, target)
    code.emit(0x31, 2, .first, .first)
    let done = code.jump()
    code.land(isNothing)
    code.load(.first, Flag.zero)
    code.land(done)
    replaceFlags(Flag.zero)
  }

  // MARK: ROL ROR whose flags are read

  func emitRotation(_ step: Step, _ kind: UInt8, _ count: UInt8) {
    guard case .register(let guest) = step.target, makeFlagsExplicit() else { return refuse() }
    let width = step.width
    let bits = UInt8(8) << UInt8(truncatingIfNeeded: width)
    let target = resident(guest, .second)
    code.shift(kind, width, target, count)
    putBack(guest, target)
    extend(width, .first, guest)
    code.move(3, .second, .first)
    // CF is the bit that came round; OF is it against the one beside.
    if kind == 0 {
      code.shift(5, 3, .second, bits &- 1)
      code.emit(0x31, 2, .first, .second)
      code.binary(4, 2, .first, 1)
    } else {
      code.shift(5, 3, .first, bits &- 1)
      code.shift(5, 3, .second, bits &- 2)
      code.emit(0x31, 2, .first, .second)
    }
    code.binary(4, 2, .second, 1)
    code.shift(4, 2, .second, 11)
    code.emit(0x09, 2, .second, .first)
    replaceFlags(Flag.carry | Flag.overflow)
  }

  // MARK: CMC CLC STC CLD STD

  func emitFlag(_ opcode: UInt8) {
    let direction = Flag.direction
    switch opcode {
    case 0xFC, 0xFD:
      let rest = HostMemory.state(StateLayout.flagsRest)
      flags.inHost = 0
      code.binary(opcode == 0xFC ? 4 : 1, 2, rest, opcode == 0xFC ? ~direction : direction)
    default:
      guard makeFlagsExplicit() else { return }
      let operation: UInt8 = opcode == 0xF5 ? 6 : opcode == 0xF8 ? 4 : 1
      code.binary(operation, 2, Self.image, opcode == 0xF8 ? ~Flag.carry : Flag.carry)
      flags.inHost = 0
    }
  }

  /// PUSHFQ.
  func emitPushFlags() {
    guard makeFlagsExplicit() else { return }
    let place = probe(.stack(-8), byteCount: 8, writes: true, needsSecond: true)
    code.load(2, .second, .state(StateLayout.flagsRest))
    code.binary(4, 2, .second, ~(Flag.resume | Flag.virtual8086 | Flag.arithmetic))
    code.store(3, place, .second)
    code.load(2, .second, Self.image)
    code.binary(4, 2, .second, Flag.arithmetic)
    code.binary(1, 2, .second, Flag.fixed)
    code.emit(0x09, 3, .second, place)
    if let stack = RegisterMap.host(4) {
      code.address(3, stack, HostMemory(base: stack, displacement: -8))
    }
  }

  /// CLI, and STI while nothing has to be looked at; leaves where the guest may not.
  func emitInterrupts(isStart: Bool) {
    let saved = flags
    let rest = HostMemory.state(StateLayout.flagsRest)
    flags.inHost = 0
    if isStart {
      code.binary(7, 2, .state(StateLayout.attention), 0)
      leave(if: 5, with: saved, because: .other)
    }
    code.load(2, .first, rest)
    code.shift(5, 2, .first, 12)
    code.binary(4, 2, .first, 3)
    code.emit(0x3B, 2, .first, .state(StateLayout.privilege))
    leave(if: 2, with: saved, because: .other)
    code.binary(
      isStart ? 1 : 4, 2, rest, isStart ? Flag.interrupt : ~Flag.interrupt)
  }
}
