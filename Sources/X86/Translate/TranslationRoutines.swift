/// Code that all translations of a memory share: the way in, the way out, and jumps between pages.
struct TranslationRoutines {
  /// The way in: a function of the state and a place in translated code, that returns the operation at
  /// which the interpreter goes on, or nil where the run loop does.
  let enter: UnsafeMutableRawPointer
  /// The way out: R14 is what `enter` returns.
  let leave: UnsafeMutableRawPointer
  /// The way out to the run loop.
  let leaveToLoop: UnsafeMutableRawPointer
  /// Goes on at the instruction pointer in R13, as `jumpTo` does; the state names the running block.
  let jump: UnsafeMutableRawPointer
  /// The same behind an instruction after which the run loop asks where the code is.
  let jumpAsking: UnsafeMutableRawPointer
  /// A subroutine that has the guest's vectors in the host's registers, and `vectorsLoaded` say so, unless
  /// they may not be used or an exception of theirs is not masked; changes R13 and the flags.
  let loadVectors: UnsafeMutableRawPointer
  /// What a block is entered by that is not translated: R14 is the block, which is paid for.
  let interpretEntered: UnsafeMutableRawPointer
  /// The same by a link: R13 is the block, which is not paid for.
  let interpretLinked: UnsafeMutableRawPointer

  init(_ code: inout HostCode, _ exits: TranslationExits) {
    loadVectors = code.here
    Self.emitLoadVectors(&code)
    let storeVectors = code.here
    Self.emitStoreVectors(&code)
    leave = code.here
    Self.emitLeave(&code, storeVectors)
    leaveToLoop = code.here
    code.emit(0x31, 2, .second, .second)
    code.jump(to: leave)
    enter = code.here
    Self.emitEnter(&code)
    jump = code.here
    Self.emitJump(&code, leaveToLoop, exits, missing: ExitReason.lookup)
    jumpAsking = code.here
    Self.emitJump(&code, leaveToLoop, exits, missing: ExitReason.asking)
    interpretEntered = code.here
    code.count(exits.place(.untranslated))
    code.store(3, .state(StateLayout.block), .second)
    code.binary(0, 3, .second, UInt64(Block.headerByteCount))
    code.jump(to: leave)
    interpretLinked = code.here
    Self.emitInterpretLinked(&code, leave, leaveToLoop, exits)
  }

  /// Host registers that belong to the caller of `enter`: RBP RBX R12 R13 R14 R15.
  private static let saved: [UInt8] = [5, 3, 12, 13, 14, 15]

  private static func emitEnter(_ code: inout HostCode) {
    for number in saved {
      if number >= 8 { code.byte(0x41) }
      code.byte(0x50 | number & 7)
    }
    code.binary(5, 3, .stack, 8)
    code.move(3, .state, .firstArgument)
    code.move(3, .first, .secondArgument)
    for guest in RegisterMap.resident {
      guard let host = RegisterMap.host(guest) else { continue }
      code.load(3, host, RegisterMap.place(guest))
    }
    code.emit(0xFF, 2, group: 4, .first)
  }

  private static func vector(_ number: UInt8) -> HostMemory {
    .state(FloatingPointLayout.vectors &+ Int(number) &* 16)
  }

  private static func emitLoadVectors(_ code: inout HostCode) {
    code.binary(
      7, 0, .state(StateLayout.vectorsLoaded), 0)
    let loaded = code.branch(5)
    code.emit(0xF6, 0, group: 0, .state(FloatingPointLayout.gate))
    code.immediate(UInt64(VectorGate.unusable), 0)
    let unusable = code.branch(5)
    // All exceptions masked; no bit that the host would refuse.
    code.load(2, .first, .state(FloatingPointLayout.mxcsr))
    code.binary(4, 2, .first, 0xFFFF_FFFF_FFFF_1F80)
    code.binary(7, 2, .first, 0x1F80)
    let unmasked = code.branch(5)
    code.emit(0x0FAE, 2, group: 2, .state(FloatingPointLayout.mxcsr))
    for number in UInt8(0)..<16 {
      code.emit(0x0F10, 2, HostRegister(number), vector(number))
    }
    code.store(.state(StateLayout.vectorsLoaded), 1)
    for site in [loaded, unusable, unmasked] { code.land(site) }
    code.byte(0xC3)
  }

  /// Puts the vectors back into the state, and what follows from MXCSR; changes R13 and the flags.
  private static func emitStoreVectors(_ code: inout HostCode) {
    for number in UInt8(0)..<16 {
      code.emit(0x0F11, 2, HostRegister(number), vector(number))
    }
    code.emit(0x0FAE, 2, group: 3, .state(FloatingPointLayout.mxcsr))
    // As programs of the host expect it.
    code.store(.state(StateLayout.translationSpill), 0x1F80)
    code.emit(0x0FAE, 2, group: 2, .state(StateLayout.translationSpill))
    code.store(.state(StateLayout.vectorsLoaded), 0)
    // See `updateVectorGate`; the vectors were usable.
    code.load(2, .first, .state(FloatingPointLayout.mxcsr))
    code.binary(4, 2, .first, 0xF060)
    code.binary(6, 2, .first, 0x1020)
    code.emit(0xF7, 2, group: 3, .first)
    code.emit(0x1B, 2, .first, .first)
    code.binary(4, 2, .first, UInt64(VectorGate.notPlain))
    code.store(2, .state(FloatingPointLayout.gate), .first)
    code.byte(0xC3)
  }

  private static func emitLeave(_ code: inout HostCode, _ storeVectors: UnsafeMutableRawPointer) {
    code.binary(7, 0, .state(StateLayout.vectorsLoaded), 0)
    let unloaded = code.branch(4)
    code.call(storeVectors)
    code.land(unloaded)
    for guest in RegisterMap.resident {
      guard let host = RegisterMap.host(guest) else { continue }
      code.store(3, RegisterMap.place(guest), host)
    }
    code.move(3, .result, .second)
    code.binary(0, 3, .stack, 8)
    for number in saved.reversed() {
      if number >= 8 { code.byte(0x41) }
      code.byte(0x58 | number & 7)
    }
    code.byte(0xC3)
  }

  private static func emitJump(
    _ code: inout HostCode, _ leaveToLoop: UnsafeMutableRawPointer, _ exits: TranslationExits,
    missing reason: UInt32
  ) {
    code.store(3, .state(StateLayout.instructionPointer), .first)
    var entry = code.jumpEntry()
    code.emit(0x85, 3, .first, .first)
    let high = code.branch(8)
    code.emit(0x33, 3, .first, .state(StateLayout.jumpKeyLow))
    let compare = code.jump()
    code.land(high)
    code.emit(0x33, 3, .first, .state(StateLayout.jumpKeyHigh))
    code.land(compare)
    code.emit(0x3B, 3, .first, entry)
    let miss = code.branch(5)
    entry.displacement &+= 8
    code.load(3, .second, entry)
    code.binary(7, 2, HostMemory(base: .second, displacement: Block.isLiveOffset), 0)
    let dead = code.branch(4)
    code.load(2, .first, HostMemory(base: .second, displacement: Block.costOffset))
    code.emit(0x29, 3, .first, .state(StateLayout.budget))
    let broke = code.branch(8)
    code.load(2, .first, HostMemory(base: .second, displacement: Block.offsetOffset))
    code.emit(0xF7, 3, group: 3, .first)
    code.emit(0x03, 3, .first, .state(StateLayout.instructionPointer))
    code.store(3, RegisterMap.place(PseudoRegister.page), .first)
    code.jump(through: HostMemory(base: .second, displacement: Block.enteredCodeOffset))
    code.land(broke)
    code.emit(0x01, 3, .first, .state(StateLayout.budget))
    code.store(.state(StateLayout.exitReason), ExitReason.budget)
    code.count(exits.place(.budget))
    code.jump(to: leaveToLoop)
    code.land(miss)
    code.land(dead)
    code.store(.state(StateLayout.exitReason), reason)
    code.count(exits.place(.block))
    code.jump(to: leaveToLoop)
  }

  private static func emitInterpretLinked(
    _ code: inout HostCode, _ leave: UnsafeMutableRawPointer,
    _ leaveToLoop: UnsafeMutableRawPointer, _ exits: TranslationExits
  ) {
    code.store(3, .state(StateLayout.block), .first)
    code.move(3, .second, .first)
    code.count(exits.place(.untranslated))
    code.move(3, .first, .second)
    code.load(2, .second, HostMemory(base: .first, displacement: Block.costOffset))
    code.emit(0x29, 3, .second, .state(StateLayout.budget))
    let broke = code.branch(8)
    code.address(
      3, .second,
      HostMemory(base: .first, displacement: Int32(truncatingIfNeeded: Block.headerByteCount)))
    code.jump(to: leave)
    code.land(broke)
    code.emit(0x01, 3, .second, .state(StateLayout.budget))
    code.load(2, .second, HostMemory(base: .first, displacement: Block.offsetOffset))
    code.emit(0x03, 3, .second, RegisterMap.place(PseudoRegister.page))
    code.store(3, .state(StateLayout.instructionPointer), .second)
    code.store(.state(StateLayout.exitReason), ExitReason.budget)
    code.jump(to: leaveToLoop)
  }
}
