/// Numbers of model-specific registers that the processor itself keeps.
enum ModelSpecific {
  static let timestamp: UInt32 = 0x10
  static let interruptControllerBase: UInt32 = 0x1B
  static let timestampAdjust: UInt32 = 0x3B
  static let patchLevel: UInt32 = 0x8B
  static let systemEnterSegment: UInt32 = 0x174
  static let systemEnterStack: UInt32 = 0x175
  static let systemEnterPointer: UInt32 = 0x176
  static let debugControl: UInt32 = 0x1D9
  static let pageAttributes: UInt32 = 0x277
  /// Past the registers of memory types and machine checks; those of the x2APIC are above.
  static let endOfPlainRegisters: UInt32 = 0x418
  static let extendedFeatures: UInt32 = 0xC000_0080
  static let star: UInt32 = 0xC000_0081
  static let longStar: UInt32 = 0xC000_0082
  static let compatibilityStar: UInt32 = 0xC000_0083
  static let flagMask: UInt32 = 0xC000_0084
  static let fsBase: UInt32 = 0xC000_0100
  static let gsBase: UInt32 = 0xC000_0101
  static let kernelGSBase: UInt32 = 0xC000_0102
  /// PerfEvtSel0 to PerfEvtSel3, then PerfCtr0 to PerfCtr3.
  static let performanceCounters: ClosedRange<UInt32> = 0xC001_0000...0xC001_0007
  static let systemConfiguration: UInt32 = 0xC001_0010
  static let hardwareConfiguration: UInt32 = 0xC001_0015
  static let interruptPending: UInt32 = 0xC001_0055
  /// AMD's "decode configuration": bit 1 says that LFENCE serialises.
  static let decodeConfiguration: UInt32 = 0xC001_1029
}

// RDMSR and WRMSR. What is not kept here belongs to the platform (APIC, timers, KVM's registers);
// what nobody keeps is #GP, which Linux expects of registers that it only probes.
extension Processor {
  func readModelSpecific(_ number: UInt32) throws(GuestException) -> UInt64 {
    switch number {
    case ModelSpecific.timestamp: return readTimestamp()
    case ModelSpecific.timestampAdjust: return system.timestampAdjust
    case ModelSpecific.systemEnterSegment: return system.systemEnterSegment
    case ModelSpecific.systemEnterStack: return system.systemEnterStack
    case ModelSpecific.systemEnterPointer: return system.systemEnterPointer
    case ModelSpecific.pageAttributes: return system.pageAttributes
    case ModelSpecific.extendedFeatures: return state.efer
    case ModelSpecific.star: return system.star
    case ModelSpecific.longStar: return system.longStar
    case ModelSpecific.compatibilityStar: return system.compatibilityStar
    case ModelSpecific.flagMask: return system.flagMask
    case ModelSpecific.fsBase: return state.segmentBase(SegmentRegister.fs.rawValue)
    case ModelSpecific.gsBase: return state.segmentBase(SegmentRegister.gs.rawValue)
    case ModelSpecific.kernelGSBase: return system.kernelGSBase
    case ModelSpecific.patchLevel, ModelSpecific.debugControl,
      ModelSpecific.systemConfiguration, ModelSpecific.interruptPending:
      return 0
    // Bit 24: the time-stamp counter runs at the rate of P0, as Linux wants it confirmed.
    case ModelSpecific.hardwareConfiguration: return 1 << 24
    case ModelSpecific.decodeConfiguration: return 1 << 1
    // As KVM without counters: nothing is ever counted.
    case ModelSpecific.performanceCounters: return 0
    default:
      if number < ModelSpecific.endOfPlainRegisters,
        let value = system.memoryTypes.read(number) ?? system.machineCheck.read(number)
      {
        return value
      }
      var value: UInt64 = 0
      guard callBus(.msrRead, UInt64(number), 8, &value) else { throw .generalProtection(0) }
      return value
    }
  }

  func writeModelSpecific(_ number: UInt32, _ value: UInt64) throws(GuestException) {
    switch number {
    case ModelSpecific.timestamp: moveTimestamp(by: value &- readTimestamp())
    case ModelSpecific.timestampAdjust: moveTimestamp(by: value &- system.timestampAdjust)
    case ModelSpecific.systemEnterSegment: system.systemEnterSegment = value & 0xFFFF
    case ModelSpecific.systemEnterStack: system.systemEnterStack = try canonical(value)
    case ModelSpecific.systemEnterPointer: system.systemEnterPointer = try canonical(value)
    case ModelSpecific.pageAttributes: system.pageAttributes = try pageAttributes(value)
    case ModelSpecific.extendedFeatures: try writeExtendedFeatures(value)
    case ModelSpecific.star: system.star = value
    case ModelSpecific.longStar: system.longStar = try canonical(value)
    case ModelSpecific.compatibilityStar: system.compatibilityStar = try canonical(value)
    case ModelSpecific.flagMask: system.flagMask = value & 0xFFFF_FFFF
    case ModelSpecific.fsBase: setBase(.fs, try canonical(value))
    case ModelSpecific.gsBase: setBase(.gs, try canonical(value))
    case ModelSpecific.kernelGSBase: system.kernelGSBase = try canonical(value)
    // Registers of the chip around the processor: there is nothing that they could change.
    case ModelSpecific.patchLevel, ModelSpecific.debugControl,
      ModelSpecific.systemConfiguration, ModelSpecific.interruptPending,
      ModelSpecific.hardwareConfiguration, ModelSpecific.decodeConfiguration,
      ModelSpecific.performanceCounters:
      break
    default:
      if number < ModelSpecific.endOfPlainRegisters,
        let isDone = system.memoryTypes.write(number, value)
          ?? system.machineCheck.write(number, value)
      {
        guard isDone else { throw .generalProtection(0) }
        return
      }
      var value = value
      guard callBus(.msrWrite, UInt64(number), 8, &value) else { throw .generalProtection(0) }
    }
  }

  /// Moves the counter and TSC_ADJUST, whichever of them was written, by the same amount.
  ///
  /// The counter may go back: the partition's last value is forgotten. Source: Intel SDM volume 3,
  /// "IA32_TSC_ADJUST Register Support".
  private func moveTimestamp(by difference: UInt64) {
    timestampOffset &+= difference
    system.timestampAdjust &+= difference
    if difference != 0 { lastTimestamp?.pointee = 0 }
  }

  /// Canonical whatever the mode is: these registers are 64 bits wide.
  private func canonical(_ value: UInt64) throws(GuestException) -> UInt64 {
    guard UInt64(bitPattern: Int64(bitPattern: value << 16) >> 16) == value else {
      throw .generalProtection(0)
    }
    return value
  }

  /// Eight memory types: 0, 1, 4, 5, 6 or 7 each.
  private func pageAttributes(_ value: UInt64) throws(GuestException) -> UInt64 {
    for index in 0..<8 {
      let type = value >> UInt64(index * 8) & 0xFF
      guard type < 8, type != 2, type != 3 else { throw .generalProtection(0) }
    }
    return value
  }
}
