// Code for the stack and for transfers of control.
extension Translator {
  func emitTransfer(_ step: Step) {
    switch step.action {
    case .push: emitPush(step)
    case .pop: emitPop(step)
    case .leaveFrame: emitLeaveFrame()
    case .jump(let goal): go(to: goal, link: 0)
    case .branch(let condition, let goal): emitBranch(step, condition, goal)
    case .call(let goal):
      saveFlags(&flags)
      pushReturn(step)
      // Behind the fields that the run loop would need.
      go(to: goal, link: isLong ? 0 : 2)
    case .jumpIndirect, .callIndirect: emitIndirect(step)
    case .nearReturn(let bytes): emitReturn(bytes)
    case .string(let kind): emitString(step, kind)
    default: refuse()
    }
  }

  /// Goes on at an offset from the start of the page, by the operation's link if there is one.
  private func go(to goal: Int, link: Int?) {
    if goesRound(to: goal) { return }
    var place = flags
    saveFlags(&place)
    if let link, InstructionForms.isInPage(goal) { return follow(goal, link: link) }
    code.load(.first, PseudoRegister.page)
    code.binary(0, pointerWidth, .first, UInt64(bitPattern: Int64(goal)))
    jump(to: isLong ? goal : nil)
  }

  private func emitBranch(_ step: Step, _ condition: UInt8, _ goal: Int) {
    expectEntryFlags()
    guard restoreFlags(&flags, step.reads) else { return leave(because: .flags) }
    let taken = code.branch(condition)
    // With a way into another page 32-bit code has no links.
    let isLinked = isLong || InstructionForms.isInPage(goal)
    go(to: step.following, link: isLinked ? 1 : nil)
    code.land(taken)
    go(to: goal, link: isLinked ? 0 : nil)
  }

  private func moveStack(by count: Int) {
    guard let stack = RegisterMap.host(4) else { return }
    code.address(
      pointerWidth, stack,
      HostMemory(base: stack, displacement: Int32(truncatingIfNeeded: count)))
  }

  private func emitPush(_ step: Step) {
    if step.source == .memory {
      guard let address = address(of: step) else { return refuse() }
      let source = probe(address, byteCount: pointerByteCount, writes: false)
      code.load(pointerWidth, .first, source)
      code.store(3, .state(StateLayout.translationSpill), .first)
    }
    let isPlaced =
      if case .register(let guest) = step.source { RegisterMap.host(guest) == nil } else { false }
    let place = probe(
      .stack(0 &- Int64(pointerByteCount)), byteCount: pointerByteCount, writes: true,
      needsSecond: step.source == .memory || isPlaced)
    switch step.source {
    case .immediate(let value):
      code.emit(0xC7, pointerWidth, group: 0, place)
      code.immediate(value, pointerWidth)
    case .register(let guest): code.store(pointerWidth, place, resident(guest, .second))
    default:
      code.load(3, .second, .state(StateLayout.translationSpill))
      code.store(pointerWidth, place, .second)
    }
    moveStack(by: 0 &- pointerByteCount)
  }

  private func emitPop(_ step: Step) {
    guard case .register(let guest) = step.target else { return refuse() }
    let place = probe(.stack(0), byteCount: pointerByteCount, writes: false)
    let target = RegisterMap.host(guest) ?? .second
    code.load(pointerWidth, target, place)
    putBack(guest, target)
    if guest != 4 { moveStack(by: pointerByteCount) }
  }

  private func emitLeaveFrame() {
    guard let frame = RegisterMap.host(5), let stack = RegisterMap.host(4) else { return }
    let place = probe(Address(base: frame), byteCount: pointerByteCount, writes: false)
    code.load(pointerWidth, .second, place)
    code.address(
      pointerWidth, stack,
      HostMemory(base: frame, displacement: Int32(truncatingIfNeeded: pointerByteCount)))
    code.move(3, frame, .second)
  }

  private func pushReturn(_ step: Step) {
    let place = probe(
      .stack(0 &- Int64(pointerByteCount)), byteCount: pointerByteCount, writes: true,
      needsSecond: true)
    code.load(.second, PseudoRegister.page)
    code.address(
      3, .second,
      HostMemory(base: .second, displacement: Int32(truncatingIfNeeded: step.following)))
    code.store(pointerWidth, place, .second)
    moveStack(by: 0 &- pointerByteCount)
  }

  /// Leaves where the address in R13 is not canonical; changes R14.
  private func requireCanonical() {
    guard isLong else { return }
    code.move(3, .second, .first)
    code.shift(7, 3, .second, 47)
    code.binary(0, 3, .second, 1)
    code.binary(7, 3, .second, 1)
    leave(if: 7, with: flags, because: .other)
  }

  private func emitIndirect(_ step: Step) {
    saveFlags(&flags)
    if step.source == .memory {
      guard let address = address(of: step) else { return refuse() }
      code.load(
        pointerWidth, .first, probe(address, byteCount: pointerByteCount, writes: false))
    } else if case .register(let guest) = step.source {
      extend(pointerWidth, .first, guest)
    }
    requireCanonical()
    if step.action == .callIndirect {
      code.store(3, .state(StateLayout.translationSpill), .first)
      pushReturn(step)
      code.load(3, .first, .state(StateLayout.translationSpill))
    }
    jump()
  }

  private func emitReturn(_ bytes: Int) {
    saveFlags(&flags)
    code.load(
      pointerWidth, .first, probe(.stack(0), byteCount: pointerByteCount, writes: false))
    requireCanonical()
    moveStack(by: pointerByteCount &+ bytes)
    jump()
  }
}
