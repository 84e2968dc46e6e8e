/// Bits of CR0 (Intel SDM volume 3, "Control Registers").
package enum ControlRegister0 {
  package static let protection: UInt64 = 1 << 0
  package static let monitorCoprocessor: UInt64 = 1 << 1
  package static let emulation: UInt64 = 1 << 2
  package static let taskSwitched: UInt64 = 1 << 3
  package static let extensionType: UInt64 = 1 << 4
  package static let numericError: UInt64 = 1 << 5
  package static let writeProtect: UInt64 = 1 << 16
  package static let alignmentMask: UInt64 = 1 << 18
  package static let notWriteThrough: UInt64 = 1 << 29
  package static let cacheDisable: UInt64 = 1 << 30
  package static let paging: UInt64 = 1 << 31
}

/// Bits of CR4.
package enum ControlRegister4 {
  package static let virtual8086Extensions: UInt64 = 1 << 0
  package static let protectedVirtualInterrupts: UInt64 = 1 << 1
  package static let timestampDisable: UInt64 = 1 << 2
  package static let debuggingExtensions: UInt64 = 1 << 3
  package static let pageSizeExtensions: UInt64 = 1 << 4
  package static let physicalAddressExtension: UInt64 = 1 << 5
  package static let machineCheck: UInt64 = 1 << 6
  package static let globalPages: UInt64 = 1 << 7
  package static let performanceCounters: UInt64 = 1 << 8
  package static let fxSave: UInt64 = 1 << 9
  package static let simdExceptions: UInt64 = 1 << 10
  package static let userInstructionPrevention: UInt64 = 1 << 11
  package static let baseInstructions: UInt64 = 1 << 16
  package static let processContexts: UInt64 = 1 << 17
  package static let extendedStates: UInt64 = 1 << 18
  package static let executionPrevention: UInt64 = 1 << 20
  package static let accessPrevention: UInt64 = 1 << 21

  /// The bits that a processor with these features accepts; any other set bit is #GP.
  static func supported(_ features: ProcessorFeatures) -> UInt64 {
    var bits =
      timestampDisable | pageSizeExtensions | physicalAddressExtension | machineCheck
      | globalPages | performanceCounters | fxSave | simdExceptions
    let optional: [(ProcessorFeatures, UInt64)] = [
      (.vme, virtual8086Extensions | protectedVirtualInterrupts),
      (.debuggingExtensions, debuggingExtensions), (.umip, userInstructionPrevention),
      (.fsgsbase, baseInstructions), (.pcid, processContexts), (.xsave, extendedStates),
      (.smep, executionPrevention), (.smap, accessPrevention),
    ]
    for (feature, bit) in optional where features.contains(feature) { bits |= bit }
    return bits
  }
}

/// Bits of the EFER register.
package enum ExtendedFeatures {
  package static let systemCall: UInt64 = 1 << 0
  package static let longModeEnable: UInt64 = 1 << 8
  package static let longModeActive: UInt64 = 1 << 10
  package static let noExecuteEnable: UInt64 = 1 << 11
  /// Kept and without effect: nothing is predicted here.
  package static let automaticIBRS: UInt64 = 1 << 21
  static let supported: UInt64 =
    systemCall | longModeEnable | longModeActive | noExecuteEnable | automaticIBRS
}
