/// Instructions that the run loop carries out in plain Swift: rare, or with many effects.
///
/// They end their block. Their memory operand's linear address (segment base included, limits
/// checked) stands in `PseudoRegister.address` when `SystemFields.isMemory`.
enum SystemOperation: UInt16 {
  // Waiting, interrupts, flags.
  case halt, pause, stopInterrupts, startInterrupts, popFlags, pushFlags
  case interrupt, interrupt1, interrupt3, interruptOverflow, interruptReturn
  // Ports. `immediate` = port for the immediate forms; `register` 1 = port in DX.
  case portIn, portOut, stringPortIn, stringPortOut
  // Identification, model-specific registers, time, caches.
  case identify, readModelSpecific, writeModelSpecific, readTimestamp, readTimestampAndProcessor
  case readPerformanceCounter, invalidateCaches, invalidatePage, invalidateContext
  case readExtendedControl, writeExtendedControl
  // Control and debug registers: `register` = number, `rm` = general register.
  case readControl, writeControl, readDebug, writeDebug, clearTaskSwitched
  // Descriptor tables and segments. `register` = segment number where one is named.
  case loadGlobalTable, loadInterruptTable, storeGlobalTable, storeInterruptTable
  case loadLocalTable, storeLocalTable, loadTask, storeTask
  case loadMachineStatus, storeMachineStatus, verifyRead, verifyWrite, loadRights, loadLimit
  case moveToSegment, moveFromSegment, pushSegment, popSegment, adjustPrivilege
  case loadFarPointer  // LDS LES LSS LFS LGS: `immediate` = segment number
  case swapGSBase, readBase, writeBase, setAccessOverride
  // Transfers that change CS or privilege, and near ones outside 64-bit mode.
  case farJump, farCall, farReturn, systemCall, systemReturn, systemEnter, systemExit
  case nearJump, nearCall, nearCallIndirect, nearJumpIndirect, nearReturn, conditionalJump
  case loop, jumpIfCountZero
  // Stack instructions outside 64-bit mode, and the rare ones of it.
  case push, pushImmediate, pop, pushAll, popAll, enter, leave
  // Strings: `rm` = segment of the source; `repeatPrefix` 0, 0xF2 or 0xF3.
  case moveString, compareString, storeString, loadString, scanString
  // Rare data instructions.
  case boundRange, translateByte, compareExchange8, compareExchange16
  case decimalAdjustAdd, decimalAdjustSubtract, asciiAdjustAdd, asciiAdjustSubtract
  case asciiAdjustMultiply, asciiAdjustDivide
  // Calls to the firmware, and what does not exist.
  case firmwareCall, undefined, unimplemented
  // FXSAVE family and other state images.
  case saveFloatingPoint, restoreFloatingPoint, saveExtendedState, restoreExtendedState
  // x87 and vector instructions that are carried out here; `immediate` selects.
  case x87, vector
}

/// The fields of a system operation: the 16 bytes after its handler's slot.
struct SystemFields {
  /// `SystemOperation.rawValue`.
  var operation: UInt16
  /// ModRM.reg, REX.R included.
  var register: UInt8
  /// Register of ModRM.rm (REX.B included) when not memory; else a segment number or 0.
  var rm: UInt8
  /// Bit 0: the operand is memory at `PseudoRegister.address`.
  ///
  /// Bit 1: LOCK. Bit 2: REX present.
  var flags: UInt8
  /// Bytes: 1, 2, 4, 8.
  var operandSize: UInt8
  /// Bytes: 2, 4, 8.
  var addressSize: UInt8
  /// 0, 0xF2 (REPNE) or 0xF3 (REP, REPE).
  var repeatPrefix: UInt8
  /// Immediate or displacement, sign-extended where the manual says so.
  var immediate: UInt64

  var isMemory: Bool { flags & 1 != 0 }
}
