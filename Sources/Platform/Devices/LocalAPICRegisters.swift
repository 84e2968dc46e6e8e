// The local APIC's registers, in memory (xAPIC) and as model-specific registers (x2APIC; Intel SDM 3A,
// "Extended XAPIC (x2APIC)"). In x2APIC mode what is not a register, and a reserved bit that is set,
// is a general-protection exception; in xAPIC mode it is ignored.
extension LocalAPICChip {
  /// The version of its register set: one inside a processor.
  static let version: UInt8 = 0x15

  /// Reads the register at a byte offset (a multiple of 16); nil when there is none.
  func read(_ offset: UInt32, now: UInt64) -> UInt32? {
    switch offset {
    case 0x020: return isX2APIC ? identifier : identifier << 24
    case 0x030: return 0x0006_0000 | UInt32(LocalAPICChip.version)
    case 0x080: return UInt32(taskPriority)
    case 0x090, 0x0B0, 0x0C0: return isX2APIC ? nil : 0
    case 0x0A0: return UInt32(processorPriority)
    case 0x0D0: return isX2APIC ? extendedLogicalDestination : logicalDestination
    case 0x0E0: return isX2APIC ? nil : destinationFormat
    case 0x0F0: return spurious
    case 0x100...0x170: return inService[Int(offset - 0x100) >> 4]
    case 0x180...0x1F0: return triggerModes[Int(offset - 0x180) >> 4]
    case 0x200...0x270: return requests[Int(offset - 0x200) >> 4]
    case 0x280: return errorStatus
    case 0x2F0: return localVectors[0]
    case 0x300: return commandLow
    case 0x310: return isX2APIC ? nil : commandHigh
    case 0x320...0x370: return localVectors[Int(offset - 0x310) >> 4]
    case 0x380: return initialCount
    case 0x390: return currentCount(at: now)
    case 0x3E0: return divideConfiguration
    default: return nil
    }
  }

  /// Writes the register at a byte offset.
  mutating func write(_ offset: UInt32, _ value: UInt32, now: UInt64) -> Effect {
    switch offset {
    case 0x080: taskPriority = UInt8(truncatingIfNeeded: value)
    case 0x0B0: return endInterrupt()
    case 0x0D0 where !isX2APIC: logicalDestination = value & 0xFF00_0000
    case 0x0E0 where !isX2APIC: destinationFormat = value | 0x0FFF_FFFF
    case 0x0F0:
      spurious = value & 0x1FF
      if !isSoftwareEnabled { localVectors |= SIMD8(repeating: LocalAPICChip.masked) }
    case 0x280: updateErrorStatus()
    case 0x2F0: writeLocalVector(.correctedError, value)
    case 0x300:
      commandLow = value & LocalAPICChip.commandBits
      let target = commandHigh >> 24
      return send(to: target == 0xFF ? LocalAPICChip.broadcast : target)
    case 0x310 where !isX2APIC: commandHigh = value & 0xFF00_0000
    case 0x320...0x370:
      guard let entry = LocalVector(rawValue: Int(offset - 0x310) >> 4) else { return .rejected }
      writeLocalVector(entry, value)
      return entry == .timer ? .timerChanged : .none
    case 0x380:
      startCount(value, at: now)
      return .timerChanged
    case 0x3E0:
      setDivide(value, at: now)
      return .timerChanged
    default: return .rejected
    }
    return .none
  }

  /// The bits of a local vector table entry that software sets (SDM: "Local Vector Table").
  private func writableBits(_ entry: LocalVector) -> UInt32 {
    switch entry {
    case .timer: 0x7_00FF
    case .line0, .line1: 0x1_A7FF
    case .error: 0x1_00FF
    case .correctedError, .thermal, .performance: 0x1_07FF
    }
  }

  private mutating func writeLocalVector(_ entry: LocalVector, _ value: UInt32) {
    let before = timerMode
    localVectors[entry.rawValue & 7] =
      value & writableBits(entry) | (isSoftwareEnabled ? 0 : LocalAPICChip.masked)
    if entry == .timer { changeMode(from: before) }
  }

  // MARK: Interrupt command

  /// Vector, delivery mode, destination mode, level, trigger mode and shorthand.
  ///
  /// Delivery status is always idle: a message arrives at once.
  private static let commandBits: UInt32 = 0xC_CFFF

  private mutating func send(to target: UInt32) -> Effect {
    guard let delivery = InterruptMessage.Delivery(rawValue: UInt8(commandLow >> 8 & 7)),
      delivery != .external
    else { return .none }
    // INIT with level 0 is the de-assert of old bus APICs: nothing happens.
    if delivery == .initialize, commandLow & 0x4000 == 0 { return .none }
    let vector = UInt8(truncatingIfNeeded: commandLow)
    if vector < 16, delivery == .fixed || delivery == .lowestPriority { note(.sentIllegalVector) }
    let destination: InterruptMessage.Destination =
      switch commandLow >> 18 & 3 {
      case 1: .sender
      case 2: .all
      case 3: .allButSender
      default: commandLow & 0x800 != 0 ? .logical(target) : .physical(target)
      }
    return .send(
      InterruptMessage(
        delivery: delivery, vector: vector, isLevel: false, destination: destination))
  }

  private mutating func sendToItself(_ vector: UInt8) -> Effect {
    if vector < 16 { note(.sentIllegalVector) }
    return .send(
      InterruptMessage(delivery: .fixed, vector: vector, isLevel: false, destination: .sender))
  }

  // MARK: Model-specific registers

  /// Reads x2APIC register `index` (MSR 0x800 + index); nil is a general-protection exception.
  func readExtended(_ index: UInt32, now: UInt64) -> UInt64? {
    guard isX2APIC else { return nil }
    switch index {
    case 0x30: return UInt64(commandHigh) << 32 | UInt64(commandLow)
    default: return read(index << 4, now: now).map(UInt64.init)
    }
  }

  /// Writes x2APIC register `index`; `.rejected` is a general-protection exception.
  mutating func writeExtended(_ index: UInt32, _ value: UInt64, now: UInt64) -> Effect {
    guard isX2APIC, value & ~definedBits(index) == 0 else { return .rejected }
    switch index {
    case 0x30:
      commandLow = UInt32(truncatingIfNeeded: value) & LocalAPICChip.commandBits
      commandHigh = UInt32(truncatingIfNeeded: value >> 32)
      return send(to: commandHigh)
    case 0x3F: return sendToItself(UInt8(truncatingIfNeeded: value))
    default: return write(index << 4, UInt32(truncatingIfNeeded: value), now: now)
    }
  }

  /// The bits of an x2APIC register that are not reserved; read-only ones may be written.
  private func definedBits(_ index: UInt32) -> UInt64 {
    switch index {
    case 0x08, 0x3F: return 0xFF
    case 0x0B, 0x28: return 0
    case 0x0F: return 0x1FF
    case 0x2F: return UInt64(writableBits(.correctedError)) | 0x1000
    case 0x30: return 0xFFFF_FFFF_0000_1000 | UInt64(LocalAPICChip.commandBits)
    case 0x32...0x37:
      guard let entry = LocalVector(rawValue: Int(index - 0x31)) else { return 0 }
      return UInt64(writableBits(entry)) | (entry == .line0 || entry == .line1 ? 0x5000 : 0x1000)
    case 0x3E: return 0xB
    default: return 0xFFFF_FFFF
    }
  }

  /// Writes IA32_APIC_BASE; false is a general-protection exception (a transition not allowed).
  mutating func writeBase(_ value: UInt64) -> Bool {
    let mode = value & 0xC00
    // The bootstrap flag and the reserved bits may not change; the page may not move.
    guard value & 0x3FF == base & 0x100, value >> 12 == PCLayout.localAPICBase >> 12 else {
      return false
    }
    switch (base & 0xC00, mode) {
    case (_, 0x400), (0xC00, 0x800), (0, 0xC00): return false
    default: break
    }
    if mode == 0 {
      let bootstrap = base & 0x100
      self = LocalAPICChip(identifier: identifier)
      base = PCLayout.localAPICBase | bootstrap
    } else {
      base = value
    }
    return true
  }

  /// Sets the task priority from CR8, whose four bits are the register's bits 7-4.
  mutating func setTaskPriority(_ value: UInt8) { taskPriority = value }
}
