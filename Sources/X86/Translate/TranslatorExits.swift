// Ways out of a block's code, and back into it.
extension Translator {
  /// A way out of a block's code.
  struct Exit {
    enum Kind {
      /// The interpreter goes on at an operation, for a reason.
      case operation(Int, TranslationExit)
      /// The vectors are to be loaded, for the code at a place; where they may not be, the interpreter goes
      /// on at an operation.
      case vectors(Int, back: UnsafeMutableRawPointer)
      /// The run loop is to find the block at an offset of the page, and to enter it at a link.
      case unlinked(site: Int, offset: Int)
      /// The budget does not cover the block.
      case broke
    }
    var site: HostCode.Site
    var kind: Kind
    var flags: FlagPlace
  }

  /// Where the interpreter comes back behind an instruction that it carries out.
  struct Resumption {
    /// Number of the operation there.
    var operation: Int
    /// Where the code goes on.
    var code: UnsafeMutableRawPointer
    /// Flags are read there before they are defined.
    var readsFlags: Bool
  }

  // MARK: To the interpreter

  /// Leaves at an instruction that the interpreter carries out, and goes on where it comes back.
  func leaveAndResume(_ step: Step) {
    leave()
    guard let resumption = step.resumption else { return }
    let readsFlags = readsFlags(behind: current)
    resumptions.append(
      Resumption(operation: resumption, code: code.here, readsFlags: readsFlags))
    flags = FlagPlace(
      source: readsFlags ? .known(FlagsKind.explicit) : .state, isInState: true)
    hasVectors = false
  }

  /// Whether a step behind one needs flags that were defined before it.
  private func readsFlags(behind index: Int) -> Bool {
    for step in steps.dropFirst(max(0, index &+ 1)) {
      if step.reads != 0 { return true }
      if step.defines == Flag.arithmetic || step.ends || step.leaves { return false }
      // What keeps some of them has to know them.
      if step.defines != 0 { return true }
    }
    return false
  }

  func leave(if condition: UInt8, _ kind: Exit.Kind) {
    exits.append(Exit(site: code.branch(condition), kind: kind, flags: flags))
  }

  /// Leaves at the current instruction when a condition of the host holds.
  func leave(if condition: UInt8, with place: FlagPlace, because reason: TranslationExit) {
    guard place.source != .lost || place.isInState else { return refuse() }
    exits.append(
      Exit(site: code.branch(condition), kind: .operation(operation, reason), flags: place))
  }

  /// Loads the vectors when a condition of the host holds; leaves at the current instruction where that
  /// may not be done.
  func loadVectors(if condition: UInt8, with place: FlagPlace) {
    guard place.source != .lost || place.isInState else { return refuse() }
    let site = code.branch(condition)
    exits.append(Exit(site: site, kind: .vectors(operation, back: code.here), flags: place))
  }

  /// Leaves at the current instruction, which the interpreter carries out.
  func leave() {
    leave(because: steps.element(at: current).map { .of($0.instruction) } ?? .other)
  }

  /// Leaves at the current instruction for a reason.
  func leave(because reason: TranslationExit) {
    guard flags.source != .lost || flags.isInState else { return refuse() }
    exits.append(Exit(site: code.jump(), kind: .operation(operation, reason), flags: flags))
  }

  func emitExits() {
    for exit in exits {
      code.land(exit.site)
      if case .vectors(_, let back) = exit.kind {
        code.call(memory.routines.loadVectors)
        code.binary(7, 0, .state(StateLayout.vectorsLoaded), 0)
        code.branch(5, to: back)
      }
      var place = exit.flags
      saveFlags(&place)
      code.load(.second, block.base)
      code.store(3, .state(StateLayout.block), .second)
      switch exit.kind {
      case .operation(let number, let reason): leave(at: number, reason)
      case .vectors(let number, _): leave(at: number, .other)
      case .unlinked(let site, let offset):
        code.count(memory.exits.place(.block))
        code.binary(0, 3, .second, UInt64(truncatingIfNeeded: Block.headerByteCount &+ site))
        code.store(3, .state(StateLayout.linkSite), .second)
        leaveToLoop(at: offset)
      case .broke:
        code.count(memory.exits.place(.budget))
        code.binary(0, 3, .state(StateLayout.budget), UInt64(bitPattern: block.cost))
        code.store(.state(StateLayout.exitReason), ExitReason.budget)
        leaveToLoop(at: Int(block.offset))
      }
    }
  }

  private func leave(at number: Int, _ reason: TranslationExit) {
    code.count(memory.exits.place(reason))
    let offset = Block.headerByteCount &+ number &* Block.operationByteCount
    code.address(
      3, .second,
      HostMemory(base: .second, displacement: Int32(truncatingIfNeeded: offset)))
    code.jump(to: memory.routines.leave)
  }

  private func leaveToLoop(at offset: Int) {
    code.load(.first, PseudoRegister.page)
    code.binary(0, 3, .first, UInt64(truncatingIfNeeded: offset))
    code.store(3, .state(StateLayout.instructionPointer), .first)
    code.jump(to: memory.routines.leaveToLoop)
  }
}
