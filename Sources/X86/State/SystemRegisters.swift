/// System registers that the hot path never reads; data only, part of a saved state.
struct SystemRegisters: Codable, Equatable, Sendable {
  var globalTableBase: UInt64 = 0
  var globalTableLimit: UInt16 = 0xFFFF
  var interruptTableBase: UInt64 = 0
  var interruptTableLimit: UInt16 = 0xFFFF
  var localTable = SegmentState()
  var task = SegmentState()
  var debugAddresses: [UInt64] = [0, 0, 0, 0]
  var debugStatus: UInt64 = 0xFFFF_0FF0
  var debugControl: UInt64 = 0x400
  var star: UInt64 = 0
  var longStar: UInt64 = 0
  var compatibilityStar: UInt64 = 0
  var flagMask: UInt64 = 0
  var kernelGSBase: UInt64 = 0
  var systemEnterSegment: UInt64 = 0
  var systemEnterStack: UInt64 = 0
  var systemEnterPointer: UInt64 = 0
  var pageAttributes: UInt64 = 0x0007_0406_0007_0406
  var memoryTypes = MemoryTypeRegisters()
  var machineCheck = MachineCheckRegisters()
  var timestampAdjust: UInt64 = 0
  /// XCR0: the components that XSAVE handles.
  var extendedControl = StateComponent.x87
  /// An NMI is being handled; the next IRET unblocks.
  var areNonMaskableBlocked = false
  /// A second NMI waits behind the one that is pending.
  var isNonMaskableLatched = false
  /// False when the last instruction raised an exception.
  var wasInstructionCompleted = true
  /// Number of the instruction before which RF stands.
  var resumeInstruction: UInt64 = 0
  /// Bits of DR6 of the debug trap that is to be delivered next.
  var heldDebugStatus: UInt64 = 0
}
