// Code for SSE and SSE2 instructions that move data or work on integers. The guest's XMM registers stay
// in the state: each instruction takes them from there and puts its result back.
extension Translator {
  /// Host XMM0, which holds nothing between two guest instructions.
  private static let vector = HostRegister(0)

  private func place(_ number: UInt8, upper: Bool = false) -> HostMemory {
    .state(FloatingPointLayout.vectors &+ Int(number) &* 16 &+ (upper ? 8 : 0))
  }

  func emitVector(_ step: Step, _ action: VectorAction) {
    requireVectors()
    let i = step.instruction
    switch action {
    case .operate(let prefix, let opcode, let immediate):
      emitOperation(step, prefix, opcode, immediate)
    case .shift(let opcode, let group, let count):
      loadVector(place(i.rm))
      code.emit(opcode, 1, group: group, Self.vector)
      code.byte(count)
      storeVector(place(i.rm))
    case .move(let bytes, let isStore, let isAligned, let clears):
      if i.isMemory {
        emitMove(step, bytes, isStore: isStore, isAligned: isAligned)
      } else {
        copy(bytes, from: isStore ? i.reg : i.rm, to: isStore ? i.rm : i.reg, clears: clears)
      }
    case .moveHalf(let upper, let isStore):
      guard let address = address(of: step) else { return refuse() }
      let storage = probe(address, byteCount: 8, writes: isStore, needsSecond: true)
      code.load(3, .second, isStore ? place(i.reg, upper: upper) : storage)
      code.store(3, isStore ? storage : place(i.reg, upper: upper), .second)
    case .copyHalf(let fromUpper, let toUpper):
      code.load(3, .first, place(i.rm, upper: fromUpper))
      code.store(3, place(i.reg, upper: toUpper), .first)
    case .general(let toVector): emitGeneral(step, toVector: toVector)
    case .mask(let prefix, let opcode):
      loadVector(place(i.rm))
      let target = RegisterMap.host(i.reg) ?? .first
      code.emit(opcode, 2, target, Self.vector, prefix: prefix)
      putBack(i.reg, target)
    }
  }

  /// Leaves where the guest may not use the unit: once in a block, as nothing in it changes that.
  private func requireVectors() {
    guard !mayUseVectors else { return }
    mayUseVectors = true
    let saved = flags
    code.emit(0xF6, 0, group: 0, .state(FloatingPointLayout.gate))
    code.immediate(UInt64(VectorGate.unusable), 0)
    flags.inHost = 0
    leave(if: 5, with: saved)
  }

  private func loadVector(_ memory: HostMemory) {
    code.emit(0x0F6F, 2, Self.vector, memory, prefix: 0x66)
  }

  private func storeVector(_ memory: HostMemory) {
    code.emit(0x0F7F, 2, Self.vector, memory, prefix: 0x66)
  }

  /// The operand in storage of 16 bytes, at R14; leaves where it is not aligned.
  private func probeAligned(_ step: Step, writes: Bool) -> HostMemory? {
    guard let address = address(of: step) else { return nil }
    let saved = flags
    let storage = probe(address, byteCount: 16, writes: writes, needsSecond: true)
    code.address(3, .second, storage)
    code.emit(0xF6, 0, group: 0, .second)
    code.immediate(15, 0)
    leave(if: 5, with: saved)
    return HostMemory(base: .second)
  }

  private func emitOperation(
    _ step: Step, _ prefix: UInt8, _ opcode: UInt32, _ immediate: UInt8?
  ) {
    let i = step.instruction
    var operand = place(i.rm)
    if i.isMemory {
      guard let storage = probeAligned(step, writes: false) else { return refuse() }
      operand = storage
    }
    loadVector(place(i.reg))
    code.emit(opcode, 2, Self.vector, operand, prefix: prefix)
    if let immediate { code.byte(immediate) }
    storeVector(place(i.reg))
  }

  private func emitMove(_ step: Step, _ bytes: Int, isStore: Bool, isAligned: Bool) {
    let register = place(step.instruction.reg)
    guard bytes == 16 else { return emitNarrowMove(step, bytes, isStore: isStore) }
    var storage: HostMemory?
    if isAligned {
      storage = probeAligned(step, writes: isStore)
    } else if let address = address(of: step) {
      storage = probe(address, byteCount: 16, writes: isStore)
    }
    guard let storage else { return refuse() }
    code.emit(0x0F6F, 2, Self.vector, isStore ? register : storage, prefix: 0xF3)
    code.emit(0x0F7F, 2, Self.vector, isStore ? storage : register, prefix: 0xF3)
  }

  private func emitNarrowMove(_ step: Step, _ bytes: Int, isStore: Bool) {
    let i = step.instruction
    let width = bytes == 8 ? 3 : 2
    guard let address = address(of: step) else { return refuse() }
    let storage = probe(address, byteCount: bytes, writes: isStore, needsSecond: true)
    code.load(width, .second, isStore ? place(i.reg) : storage)
    if isStore { return code.store(width, storage, .second) }
    code.store(3, place(i.reg), .second)
    clearUpper(i.reg)
  }

  private func clearUpper(_ number: UInt8) {
    code.emit(0xC7, 3, group: 0, place(number, upper: true))
    code.immediate(0, 3)
  }

  private func copy(_ bytes: Int, from source: UInt8, to target: UInt8, clears: Bool) {
    if bytes == 16 {
      loadVector(place(source))
      return storeVector(place(target))
    }
    let width = bytes == 8 ? 3 : 2
    code.load(width, .first, place(source))
    code.store(clears ? 3 : width, place(target), .first)
    if clears { clearUpper(target) }
  }

  private func emitGeneral(_ step: Step, toVector: Bool) {
    let i = step.instruction
    let width = i.rex & 8 != 0 ? 3 : 2
    if toVector {
      extend(width, .first, i.rm)
      code.store(3, place(i.reg), .first)
      return clearUpper(i.reg)
    }
    let target = RegisterMap.host(i.rm) ?? .first
    code.load(width, target, place(i.reg))
    putBack(i.rm, target)
  }
}
