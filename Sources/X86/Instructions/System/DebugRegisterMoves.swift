// MOV to and from debug registers (Intel SDM volume 2, "MOV - Move to/from Debug Registers").
// `register` = number, `rm` = general register.
extension Processor {
  /// DR4 and DR5 are DR6 and DR7 while CR4.DE is clear.
  private func debugNumber(_ number: UInt8) throws(GuestException) -> Int {
    guard number < 8 else { throw .invalidOpcode }
    if number == 4 || number == 5 {
      guard state.cr4 & ControlRegister4.debuggingExtensions == 0 else { throw .invalidOpcode }
      return Int(number) + 2
    }
    return Int(number)
  }

  /// #GP(0) below privilege 0; #DB, a fault, when DR7.GD guards the registers.
  private func checkDebugAccess() throws(GuestException) {
    try requireSupervisor()
    guard system.debugControl & DebugControl.generalDetect == 0 else {
      system.debugStatus &= ~DebugStatus.breakpoints
      system.debugStatus |= DebugStatus.generalDetect
      throw .debug
    }
  }

  func readDebug(_ fields: SystemFields) throws(GuestException) {
    let number = try debugNumber(fields.register)
    try checkDebugAccess()
    let value =
      switch number {
      case 6: system.debugStatus
      case 7: system.debugControl
      // Cannot trap: numbers from 0 to 3 are left.
      default: system.debugAddresses[number]
      }
    writeGeneral(fields.rm, controlSize, value)
  }

  func writeDebug(_ fields: SystemFields) throws(GuestException) {
    let number = try debugNumber(fields.register)
    try checkDebugAccess()
    let value = readGeneral(fields.rm, controlSize)
    guard number < 6 || value >> 32 == 0 else { throw .generalProtection(0) }
    switch number {
    case 6: system.debugStatus = value & DebugStatus.writable | DebugStatus.fixed
    case 7: system.debugControl = value & DebugControl.writable | DebugControl.fixed
    // Cannot trap: numbers from 0 to 3 are left.
    default: system.debugAddresses[number] = value
    }
    if number != 6 { updateBreakpoints() }
  }
}
