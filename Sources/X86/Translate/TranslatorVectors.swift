// Code for SSE and SSE2 instructions. The guest's XMM registers and MXCSR are in the host's from the first
// such instruction on until translated code is left, so that most instructions are what they are.
extension Translator {
  func emitVector(_ step: Step, _ action: VectorAction) {
    requireVectors()
    let i = step.instruction
    switch action {
    case .operate(let form): emitOperation(step, form)
    case .shift(let opcode, let group, let count):
      code.emit(opcode, 1, group: group, HostRegister(i.rm))
      code.byte(count)
    case .move(let bytes, let isStore, let isAligned):
      emitMove(step, bytes, isStore: isStore, isAligned: isAligned)
    case .moveHalf(let opcode, let isStore):
      guard let address = address(of: step) else { return refuse() }
      let storage = probe(address, byteCount: 8, writes: isStore)
      code.emit(opcode, 2, HostRegister(i.reg), storage)
    case .fromGeneral(let form): emitFromGeneral(step, form)
    case .toGeneral(let form): emitToGeneral(step, form)
    case .compare(let form):
      emitOperation(step, form)
      setFlags(.lost)
      if step.liveAfter != 0 { saveHostFlags(&flags) }
    }
  }

  /// Has the vectors in the host's registers; leaves where the guest may not use them, or wants to hear of
  /// an exception of theirs.
  private func requireVectors() {
    guard !hasVectors else { return }
    hasVectors = true
    let saved = flags
    code.emit(0x80, 0, group: 7, .state(StateLayout.vectorsLoaded))
    code.immediate(0, 0)
    flags.inHost = 0
    loadVectors(if: 4, with: saved)
  }

  /// Where an operand in storage is; aligned to 16 bytes, or left, where the instruction asks for that.
  private func vectorStorage(
    _ step: Step, byteCount: Int, isAligned: Bool, writes: Bool = false
  ) -> HostMemory? {
    guard let address = address(of: step) else {
      refuse()
      return nil
    }
    guard isAligned else { return probe(address, byteCount: byteCount, writes: writes) }
    let saved = flags
    let storage = probe(address, byteCount: byteCount, writes: writes, needsSecond: true)
    code.address(3, .second, storage)
    code.emit(0xF6, 0, group: 0, .second)
    code.immediate(15, 0)
    leave(if: 5, with: saved, because: .other)
    return HostMemory(base: .second)
  }

  private func emitOperation(_ step: Step, _ form: HostVectorForm) {
    let i = step.instruction
    if i.isMemory {
      guard
        let storage = vectorStorage(
          step, byteCount: form.byteCount, isAligned: form.byteCount == 16)
      else { return }
      code.emit(form.opcode, 2, HostRegister(i.reg), storage, prefix: form.prefix)
    } else {
      code.emit(form.opcode, 2, HostRegister(i.reg), HostRegister(i.rm), prefix: form.prefix)
    }
    if let immediate = form.immediate { code.byte(immediate) }
  }

  private func emitMove(_ step: Step, _ bytes: Int, isStore: Bool, isAligned: Bool) {
    let register = HostRegister(step.instruction.reg)
    guard
      let storage = vectorStorage(
        step, byteCount: bytes, isAligned: isAligned, writes: isStore)
    else { return }
    switch (bytes, isStore) {
    case (16, _): code.emit(isStore ? 0x0F11 : 0x0F10, 2, register, storage)
    case (8, true): code.emit(0x0FD6, 2, register, storage, prefix: 0x66)
    case (8, false): code.emit(0x0F7E, 2, register, storage, prefix: 0xF3)
    default: code.emit(isStore ? 0x0F11 : 0x0F10, 2, register, storage, prefix: 0xF3)
    }
  }

  private func emitFromGeneral(_ step: Step, _ form: HostVectorForm) {
    let i = step.instruction
    let width = i.rex & 8 != 0 ? 3 : 2
    let register = HostRegister(i.reg)
    if i.isMemory {
      guard let storage = vectorStorage(step, byteCount: 1 << width, isAligned: false)
      else { return }
      code.emit(form.opcode, width, register, storage, prefix: form.prefix)
    } else if let host = RegisterMap.host(i.rm) {
      code.emit(form.opcode, width, register, host, prefix: form.prefix)
    } else {
      code.emit(form.opcode, width, register, RegisterMap.place(i.rm), prefix: form.prefix)
    }
  }

  private func emitToGeneral(_ step: Step, _ form: HostVectorForm) {
    guard case .register(let guest) = step.target else { return refuse() }
    let i = step.instruction
    let width = step.width
    let target = RegisterMap.host(guest) ?? .second
    if step.source == .memory {
      guard let storage = vectorStorage(step, byteCount: form.byteCount, isAligned: false)
      else { return }
      code.emit(form.opcode, width, target, storage, prefix: form.prefix)
    } else if form.isReversed {
      code.emit(form.opcode, width, HostRegister(i.reg), target, prefix: form.prefix)
    } else {
      code.emit(form.opcode, width, target, HostRegister(i.rm), prefix: form.prefix)
    }
    putBack(guest, target)
  }
}
