// The segment registers, and what follows from them: the mode of the processor.

extension Processor {
  /// Sets a segment register and what is behind it, with no checks.
  package func setSegment(
    _ register: SegmentRegister, selector: UInt16, base: UInt64, limit: UInt32, attributes: UInt16
  ) {
    install(
      SegmentState(selector: selector, base: base, limit: limit, attributes: attributes), register)
    if register == .cs { updateMode() }
  }

  /// A segment register and what is behind it.
  package func segment(_ register: SegmentRegister) -> SegmentState {
    switch register {
    case .ldtr: return system.localTable
    case .tr: return system.task
    default:
      let index = register.rawValue
      return SegmentState(
        selector: selector(index), base: state.segmentBase(index),
        limit: state.get(StateLayout.segmentLimits &+ index &* 4, as: UInt32.self),
        attributes: state.get(StateLayout.segmentAttributes &+ index &* 2, as: UInt16.self))
    }
  }

  func selector(_ index: Int) -> UInt16 {
    state.get(StateLayout.segmentSelectors &+ index &* 2, as: UInt16.self)
  }

  /// Puts a segment into its register; `updateMode` follows where it is CS.
  func install(_ segment: SegmentState, _ register: SegmentRegister) {
    switch register {
    case .ldtr: system.localTable = segment
    case .tr: system.task = segment
    default:
      let index = register.rawValue
      if register == .cs { noteCodeSegment(segment) }
      state.set(StateLayout.segmentBases &+ index &* 8, segment.base)
      state.set(StateLayout.segmentLimits &+ index &* 4, segment.limit)
      state.set(StateLayout.segmentAttributes &+ index &* 2, segment.attributes)
      state.set(StateLayout.segmentSelectors &+ index &* 2, segment.selector)
    }
  }

  /// A cached jump names an offset in CS: it is void where another base or limit comes.
  private func noteCodeSegment(_ new: SegmentState) {
    let old = segment(.cs)
    guard old.base != new.base || old.limit != new.limit else { return }
    let areLong = old.attributes & new.attributes & SegmentAttribute.long != 0
    if areLong && isLongModeActive { return }
    forgetJumps()
  }

  func setBase(_ register: SegmentRegister, _ base: UInt64) {
    state.set(StateLayout.segmentBases &+ register.rawValue &* 8, base)
  }

  /// CR0.PE: protected mode, virtual-8086 mode and long mode.
  var isProtectionEnabled: Bool { state.cr0 & ControlRegister0.protection != 0 }
  var isVirtual8086: Bool { state.flagsRest & Flag.virtual8086 != 0 }
  /// Selectors name descriptors: not so in real mode and virtual-8086 mode.
  var isProtected: Bool { isProtectionEnabled && !isVirtual8086 }
  var isLongModeActive: Bool { state.efer & ExtendedFeatures.longModeActive != 0 }

  /// Chooses the code mode and the translations from CR0, EFER, EFLAGS.VM, CS and the privilege.
  ///
  /// Virtual-8086 code is decoded as real-mode code; its blocks ask for the mode where it matters.
  func updateMode() {
    let attributes = state.get(StateLayout.segmentAttributes + 2, as: UInt16.self)
    let mode: UInt32
    if !isProtected {
      mode = CodeMode.real16
    } else if isLongModeActive && attributes & SegmentAttribute.long != 0 {
      mode = CodeMode.long64
    } else {
      mode =
        attributes & SegmentAttribute.big != 0 ? CodeMode.protected32 : CodeMode.protected16
    }
    state.selectTranslations()
    if mode != state.mode {
      state.mode = mode
      forgetJumps()
    } else {
      updateJumpKeys()
    }
  }
}
