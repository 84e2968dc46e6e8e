// Code for what moves data and leaves the flags alone.
extension Translator {
  func emitMove(_ step: Step) {
    switch (step.target, step.source) {
    case (.memory, _): emitStore(step)
    case (_, .memory): emitLoad(step)
    case (_, .immediate(let value)): moveImmediate(step, value)
    default: moveRegister(step)
    }
  }

  private func moveRegister(_ step: Step) {
    let width = step.width
    guard case .register(let target) = step.target, case .register(let source) = step.source
    else {
      guard let target = register(step.target, .second), let source = register(step.source, .first)
      else { return refuse() }
      return code.move(width, target, source)
    }
    guard let host = RegisterMap.host(target) else {
      var value = resident(source, .first)
      if width == 2 {
        code.move(2, .first, value)
        value = .first
      }
      return code.store(width == 2 ? 3 : width, RegisterMap.place(target), value)
    }
    if let value = RegisterMap.host(source) {
      code.move(width, host, value)
    } else {
      code.load(width, host, RegisterMap.place(source))
    }
  }

  private func moveImmediate(_ step: Step, _ value: UInt64) {
    let width = step.width
    let wide = width == 3 ? value : value & 0xFFFF_FFFF
    if case .register(let guest) = step.target {
      guard let host = RegisterMap.host(guest) else {
        if width >= 2 {
          code.load(.first, wide)
          return code.store(3, RegisterMap.place(guest), .first)
        }
        code.emit(width == 0 ? 0xC6 : 0xC7, width, group: 0, RegisterMap.place(guest))
        return code.immediate(value, width)
      }
      if width >= 2 { return code.load(host, wide) }
      code.emit(width == 0 ? 0xC6 : 0xC7, width, group: 0, host)
      return code.immediate(value, width)
    }
    guard let host = register(step.target, .first) else { return refuse() }
    code.emit(0xC6, 0, group: 0, host)
    code.immediate(value, 0)
  }

  private func emitLoad(_ step: Step) {
    let width = step.width
    guard case .register(let guest) = step.target, let address = address(of: step)
    else { return refuse() }
    let place = probe(address, byteCount: 1 << width, writes: false)
    if let host = RegisterMap.host(guest) { return code.load(width, host, place) }
    code.load(width, .first, place)
    code.store(width == 2 ? 3 : width, RegisterMap.place(guest), .first)
  }

  private func emitStore(_ step: Step) {
    let width = step.width
    guard let address = address(of: step) else { return refuse() }
    if case .immediate(let value) = step.source {
      let place = probe(address, byteCount: 1 << width, writes: true)
      code.emit(width == 0 ? 0xC6 : 0xC7, width, group: 0, place)
      return code.immediate(value, width)
    }
    guard case .register(let guest) = step.source else { return refuse() }
    let place = probe(
      address, byteCount: 1 << width, writes: true, needsSecond: RegisterMap.host(guest) == nil)
    code.store(width, place, resident(guest, .second))
  }

  func emitExtend(_ step: Step, _ signed: Bool, _ from: Int) {
    let width = step.width
    let opcode: UInt32 = from == 2 ? 0x63 : (signed ? 0x0FBE : 0x0FB6) | (from == 0 ? 0 : 1)
    guard case .register(let guest) = step.target else { return refuse() }
    let place = sourcePlace(step, byteCount: 1 << from)
    let target = resident(guest, .second)
    if let place {
      code.emit(opcode, width, target, place)
    } else {
      guard let source = register(step.source, .first) else { return refuse() }
      // No instruction names a high byte beside R8 to R15.
      if source.isHighByte && target.number >= 8 { return refuse() }
      code.emit(opcode, width, target, source, from: from)
    }
    putBack(guest, target)
  }

  func emitLoadAddress(_ step: Step) {
    let width = step.width
    guard case .register(let guest) = step.target, var address = address(of: step)
    else { return refuse() }
    address.segment = nil
    if address.placedBase != nil && address.placedIndex != nil { flags.inHost = 0 }
    if let host = RegisterMap.host(guest), address.isDirect {
      return code.address(
        width, host,
        HostMemory(
          base: address.base, index: address.index, scale: address.scale,
          displacement: Int32(truncatingIfNeeded: address.displacement)))
    }
    load(address, into: .first)
    guard let host = RegisterMap.host(guest) else {
      if width == 2 { code.move(2, .first, .first) }
      return code.store(width == 1 ? 1 : 3, RegisterMap.place(guest), .first)
    }
    code.move(width, host, .first)
  }

  func emitExchange(_ step: Step) {
    let width = step.width
    guard case .register(let left) = step.target, case .register(let right) = step.source else {
      guard let first = register(step.target, .first), let second = register(step.source, .second)
      else { return refuse() }
      return code.emit(0x86, 0, first, second)
    }
    let first = resident(left, .first)
    let second = resident(right, .second)
    code.emit(width == 0 ? 0x86 : 0x87, width, first, second)
    putBack(left, first)
    putBack(right, second)
  }

  func emitSet(_ step: Step, _ condition: UInt8) {
    expectEntryFlags()
    if step.target == .memory { return emitSetInMemory(step, condition) }
    guard restoreFlags(&flags, step.reads) else { return leave(because: .flags) }
    if case .register(let guest) = step.target, RegisterMap.host(guest) == nil {
      return code.emit(0x0F90 | UInt32(condition), 0, group: 0, RegisterMap.place(guest))
    }
    guard let host = register(step.target, .first) else { return refuse() }
    code.emit(0x0F90 | UInt32(condition), 0, group: 0, host)
  }

  func emitConditionalMove(_ step: Step, _ condition: UInt8) {
    let width = step.width
    let opcode = 0x0F40 | UInt32(condition)
    guard case .register(let guest) = step.target else { return refuse() }
    expectEntryFlags()
    var source = HostRegister.second
    if step.source == .memory {
      guard let address = address(of: step) else { return refuse() }
      let place = probe(address, byteCount: 1 << width, writes: false)
      code.loadExtended(width, .second, place)
    } else if case .register(let number) = step.source {
      source = resident(number, .second)
    }
    guard restoreFlags(&flags, step.reads) else { return leave(because: .flags) }
    let target = resident(guest, .first)
    code.emit(opcode, width, target, source)
    putBack(guest, target)
  }
}
