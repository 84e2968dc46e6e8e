// The one switch over the system operations. What each field means for an operation is said at the
// function that carries it out; common: `register` = ModRM.reg, `rm` = ModRM.rm.
extension Processor {
  /// Carries out a system operation; RIP has been set to the next instruction.
  ///
  /// - Throws: With nothing changed but what the manual allows (string operations).
  func execute(_ fields: SystemFields) throws(GuestException) {
    guard let operation = SystemOperation(rawValue: fields.operation) else {
      throw .invalidOpcode
    }
    switch operation {
    case .halt: try halt()
    case .pause: pause()
    case .stopInterrupts: try stopInterrupts()
    case .startInterrupts: try startInterrupts()
    case .popFlags: try popFlags(fields)
    case .pushFlags: try pushFlags(fields)
    case .interrupt: try interruptInstruction(UInt8(truncatingIfNeeded: fields.immediate))
    case .interrupt1: try softwareInterrupt(1, kind: .exception)
    case .interrupt3: try softwareInterrupt(3)
    case .interruptOverflow: try interruptOverflow()
    case .interruptReturn: try interruptReturn(fields)
    case .portIn: try portIn(fields)
    case .portOut: try portOut(fields)
    case .stringPortIn: try stringPortIn(fields)
    case .stringPortOut: try stringPortOut(fields)
    case .identify: identify()
    case .readModelSpecific: try readModelSpecific()
    case .writeModelSpecific: try writeModelSpecific()
    case .readTimestamp: try readTimestampInstruction()
    case .readTimestampAndProcessor: throw .invalidOpcode  // CPUID does not offer RDTSCP.
    case .readPerformanceCounter: throw .generalProtection(0)
    case .invalidateCaches: try requireSupervisor()
    case .invalidatePage: try invalidatePage(fields)
    case .invalidateContext: try invalidateContext(fields)
    case .readExtendedControl: try readExtendedControl()
    case .writeExtendedControl: try writeExtendedControl()
    case .readControl: try readControl(fields)
    case .writeControl: try writeControl(fields)
    case .readDebug: try readDebug(fields)
    case .writeDebug: try writeDebug(fields)
    case .clearTaskSwitched: try clearTaskSwitched()
    default: try executeSegmentOperation(operation, fields)
    }
  }

  private func executeSegmentOperation(
    _ operation: SystemOperation, _ fields: SystemFields
  ) throws(GuestException) {
    switch operation {
    case .loadGlobalTable: try loadGlobalTable(fields)
    case .loadInterruptTable: try loadInterruptTable(fields)
    case .storeGlobalTable:
      try storeTable(fields, system.globalTableBase, system.globalTableLimit)
    case .storeInterruptTable:
      try storeTable(fields, system.interruptTableBase, system.interruptTableLimit)
    case .loadLocalTable: try loadLocalTable(fields)
    case .storeLocalTable: try storeSelector(fields, system.localTable.selector)
    case .loadTask: try loadTask(fields)
    case .storeTask: try storeSelector(fields, system.task.selector)
    case .loadMachineStatus: try loadMachineStatus(fields)
    case .storeMachineStatus: try storeMachineStatus(fields)
    case .verifyRead: try verify(fields, write: false)
    case .verifyWrite: try verify(fields, write: true)
    case .loadRights: try loadRights(fields)
    case .loadLimit: try loadLimit(fields)
    case .moveToSegment: try moveToSegment(fields)
    case .moveFromSegment: try moveFromSegment(fields)
    case .pushSegment: try pushSegment(fields)
    case .popSegment: try popSegment(fields)
    case .adjustPrivilege: try adjustPrivilege(fields)
    case .loadFarPointer: try loadFarPointer(fields)
    case .swapGSBase: try swapGSBase()
    case .readBase: try readBase(fields)
    case .writeBase: try writeBase(fields)
    case .setAccessOverride: try setAccessOverride(fields)
    default: try executeTransfer(operation, fields)
    }
  }

  private func executeTransfer(
    _ operation: SystemOperation, _ fields: SystemFields
  ) throws(GuestException) {
    switch operation {
    case .farJump: try farJump(fields)
    case .farCall: try farCall(fields)
    case .farReturn: try farReturn(fields)
    case .systemCall: try systemCall()
    case .systemReturn: try systemReturn(fields)
    case .systemEnter: try systemEnter()
    case .systemExit: try systemExit()
    case .nearJump: try nearJump(fields)
    case .nearCall: try nearCall(fields)
    case .nearCallIndirect: try nearCallIndirect(fields)
    case .nearJumpIndirect: try nearJumpIndirect(fields)
    case .nearReturn: try nearReturn(fields)
    case .conditionalJump: try conditionalJump(fields)
    case .loop: try loop(fields)
    case .jumpIfCountZero: try jumpIfCountZero(fields)
    case .push: try pushOperand(fields)
    case .pushImmediate: try pushImmediate(fields)
    case .pop: try popOperand(fields)
    case .pushAll: try pushAll(fields)
    case .popAll: try popAll(fields)
    case .enter: try enterFrame(fields)
    case .leave: try leaveFrame(fields)
    default: try executeDataOperation(operation, fields)
    }
  }

  private func executeDataOperation(
    _ operation: SystemOperation, _ fields: SystemFields
  ) throws(GuestException) {
    switch operation {
    case .moveString: try moveString(fields)
    case .compareString: try compareString(fields)
    case .storeString: try storeString(fields)
    case .loadString: try loadString(fields)
    case .scanString: try scanString(fields)
    case .boundRange: try boundRange(fields)
    case .translateByte: try translateByte(fields)
    case .compareExchange8: try compareExchange8(fields)
    case .compareExchange16: try compareExchange16(fields)
    case .decimalAdjustAdd: try decimalAdjust(subtracting: false)
    case .decimalAdjustSubtract: try decimalAdjust(subtracting: true)
    case .asciiAdjustAdd: try asciiAdjust(subtracting: false)
    case .asciiAdjustSubtract: try asciiAdjust(subtracting: true)
    case .asciiAdjustMultiply: try asciiAdjustMultiply(fields)
    case .asciiAdjustDivide: try asciiAdjustDivide(fields)
    case .firmwareCall: try firmwareCall()
    case .unimplemented:
      reportUnimplemented()
      throw .invalidOpcode
    case .saveExtendedState: try saveExtendedState(fields)
    case .restoreExtendedState: try restoreExtendedState(fields)
    case .saveFloatingPoint, .restoreFloatingPoint, .x87, .vector:
      try executeFloatingPoint(fields)
    default: throw .invalidOpcode
    }
  }
}
