// Code for accesses to storage: the way through the translation buffer that `readPointer` and
// `writePointer` take, in line.
extension Translator {
  /// An address in the guest's storage.
  struct Address {
    var base: HostRegister?
    /// A guest register that is not in a host register, or `PseudoRegister.page`.
    var placedBase: UInt8?
    var index: HostRegister?
    var placedIndex: UInt8?
    var scale: UInt8 = 0
    var displacement: Int64 = 0
    /// FS or GS.
    var segment: UInt8?

    /// It is one register and a displacement.
    var isPlain: Bool {
      base != nil && index == nil && placedIndex == nil && placedBase == nil && segment == nil
    }

    /// A host instruction can say it, and what lies a few bytes behind it.
    var isDirect: Bool {
      placedBase == nil && placedIndex == nil && segment == nil
        && Int64(Int32(truncatingIfNeeded: displacement &+ 16)) == displacement &+ 16
    }

    static func stack(_ displacement: Int64) -> Address {
      Address(base: RegisterMap.host(4), displacement: displacement)
    }
  }

  /// The address of an instruction's memory operand; nil where no host instruction can work it out.
  func address(of step: Step) -> Address? {
    let i = step.instruction
    var address = Address(scale: i.scale, displacement: i.displacement)
    if i.isPointerRelative {
      address.placedBase = PseudoRegister.page
      address.displacement &+= Int64(step.following)
    } else if i.base != PseudoRegister.zero {
      address.base = RegisterMap.host(i.base)
      if address.base == nil { address.placedBase = i.base }
    }
    if i.index != PseudoRegister.zero {
      address.index = RegisterMap.host(i.index)
      if address.index == nil { address.placedIndex = i.index }
    }
    if i.segmentPrefix == 4 || i.segmentPrefix == 5 { address.segment = i.segmentPrefix }
    if !isLong {
      // It is added modulo 4 GiB.
      address.displacement = Int64(Int32(truncatingIfNeeded: address.displacement))
    }
    guard Int64(Int32(truncatingIfNeeded: address.displacement)) == address.displacement
    else { return nil }
    return address
  }

  /// Puts an address into a register that is not part of it; changes the host's flags, and R14 where it
  /// is checked.
  ///
  /// - Parameters:
  ///   - address: Where it lies.
  ///   - target: The register.
  ///   - checked: The bytes of the access, and the flags where it is left if a segment's limit may bind.
  func load(
    _ address: Address, into target: HostRegister,
    checked: (byteCount: Int, flags: FlagPlace)? = nil
  ) {
    var memory = HostMemory(
      base: address.base, index: address.index, scale: address.scale,
      displacement: Int32(truncatingIfNeeded: address.displacement))
    if let index = address.placedIndex {
      code.load(3, target, RegisterMap.place(index))
      if let base = address.placedBase {
        if address.scale != 0 { code.shift(4, 3, target, address.scale) }
        code.emit(0x03, 3, target, RegisterMap.place(base))
        memory = HostMemory(base: target, displacement: memory.displacement)
      } else {
        memory.index = target
      }
    } else if let base = address.placedBase {
      code.load(3, target, RegisterMap.place(base))
      memory.base = target
    }
    code.address(pointerWidth, target, memory)
    guard let segment = address.segment else { return }
    if let checked { requireInside(target, segment, checked) }
    code.emit(
      0x03, pointerWidth, target, .state(StateLayout.segmentBases &+ Int(segment) &* 8))
  }

  /// Leaves where the limit of FS or GS may bind in 32-bit code, or its offset in a register wrap.
  private func requireInside(
    _ offset: HostRegister, _ segment: UInt8, _ checked: (byteCount: Int, flags: FlagPlace)
  ) {
    guard !isLong else { return }
    code.binary(7, 2, .state(StateLayout.segmentLimits &+ Int(segment) &* 4), .max)
    leave(if: 5, with: checked.flags, because: .other)
    code.emit(
      0x0FB7, 2, .second, .state(StateLayout.segmentAttributes &+ Int(segment) &* 2))
    code.binary(4, 2, .second, UInt64(ProcessorState.segmentKind))
    code.binary(7, 2, .second, UInt64(ProcessorState.dataSegment))
    leave(if: 5, with: checked.flags, because: .other)
    guard checked.byteCount > 1 else { return }
    code.binary(7, 2, offset, 0 &- UInt64(truncatingIfNeeded: checked.byteCount))
    leave(if: 7, with: checked.flags, because: .other)
  }

  /// Where a source is that is in no host register: in storage, or in the state; depends on R13 alone.
  ///
  /// Nil for one that is, and where the step is refused.
  func sourcePlace(_ step: Step, byteCount: Int) -> HostMemory? {
    switch step.source {
    case .memory:
      guard let address = address(of: step) else {
        refuse()
        return nil
      }
      return probe(address, byteCount: byteCount, writes: false, needsSecond: true)
    case .register(let guest) where RegisterMap.host(guest) == nil:
      return RegisterMap.place(guest)
    default: return nil
    }
  }

  /// The host's memory operand for a guest's; leaves to the interpreter where no fast path leads there.
  ///
  /// - Parameters:
  ///   - address: Where it lies.
  ///   - byteCount: Its bytes, 1 to 8.
  ///   - writes: The write tag counts.
  ///   - needsSecond: R14 must be free afterwards.
  /// - Returns: An operand that depends on R13, and on R14 unless `needsSecond`.
  func probe(
    _ address: Address, byteCount: Int, writes: Bool, needsSecond: Bool = false
  ) -> HostMemory {
    let saved = flags
    let last = Int32(truncatingIfNeeded: byteCount &- 1)
    if address.isDirect {
      var memory = HostMemory(
        base: address.base, index: address.index, scale: address.scale,
        displacement: Int32(truncatingIfNeeded: address.displacement))
      code.address(2, .second, memory)
      memory.displacement &+= last
      code.address(pointerWidth, .first, memory)
    } else {
      load(address, into: .first, checked: (byteCount, saved))
      code.move(2, .second, .first)
      if last != 0 {
        code.address(pointerWidth, .first, HostMemory(base: .first, displacement: last))
      }
    }
    code.shift(5, 2, .second, 7)
    code.binary(
      4, 2, .second, (ProcessorState.translationEntryCount &- 1) << 5)
    code.emit(0x03, 3, .second, .state(StateLayout.currentTranslations))
    code.binary(1, 3, .first, 0xFFF)
    code.emit(0x3B, 3, .first, HostMemory(base: .second, displacement: writes ? 8 : 0))
    leave(if: 5, with: saved, because: .storage)
    flags.inHost = 0
    code.load(3, .first, HostMemory(base: .second, displacement: 24))
    // An address of 32 bits may wrap.
    if isLong && address.isPlain && address.isDirect {
      return HostMemory(
        base: .first, index: address.base,
        displacement: Int32(truncatingIfNeeded: address.displacement))
    }
    load(address, into: .second)
    guard needsSecond else { return HostMemory(base: .first, index: .second) }
    code.emit(0x03, 3, .first, .second)
    return HostMemory(base: .first)
  }
}
