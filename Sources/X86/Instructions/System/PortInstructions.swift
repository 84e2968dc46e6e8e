// IN and OUT (Intel SDM volume 1, "Input/Output"). `register` 1: the port is in DX, else it is
// `immediate`.
extension Processor {
  private func port(_ fields: SystemFields) -> UInt16 {
    UInt16(truncatingIfNeeded: fields.register == 1 ? self[.rdx] : fields.immediate)
  }

  /// At CPL > IOPL, and in virtual-8086 mode whatever IOPL is, the task's I/O permission map must
  /// allow every byte.
  ///
  /// - Throws: #GP(0).
  func checkPort(_ port: UInt16, _ size: UInt8) throws(GuestException) {
    guard isVirtual8086 || !mayChangeInterruptFlag else { return }
    guard let map = try ioMapOffset() else { throw .generalProtection(0) }
    let offset = map &+ UInt64(port >> 3)
    guard offset &+ 1 <= UInt64(system.task.limit) else { throw .generalProtection(0) }
    let bits = try readLinear(system.task.base &+ offset, as: UInt16.self, supervisor: true)
    let wanted = ((UInt16(1) << UInt16(size)) &- 1) << (port & 7)
    guard bits & wanted == 0 else { throw .generalProtection(0) }
  }

  /// Where the task's I/O permission map begins in its segment; nil in a 16-bit task.
  func ioMapOffset() throws(GuestException) -> UInt64? {
    let task = system.task
    guard task.isPresent, task.attributes & 0xD == UInt16(SystemType.task), task.limit >= 0x67
    else { return nil }
    return UInt64(try readLinear(task.base &+ 0x66, as: UInt16.self, supervisor: true))
  }

  func readPort(_ port: UInt16, _ size: UInt8) -> UInt64 {
    notePort(port, size)
    var value: UInt64 = 0
    guard callBus(.portRead, UInt64(port), Int(size), &value) else { return sizeMask(size) }
    return value & sizeMask(size)
  }

  func writePort(_ port: UInt16, _ size: UInt8, _ value: UInt64) {
    notePort(port, size)
    var value = value & sizeMask(size)
    _ = callBus(.portWrite, UInt64(port), Int(size), &value)
  }

  func portIn(_ fields: SystemFields) throws(GuestException) {
    let port = port(fields)
    let size = min(4, fields.operandSize)
    try checkPort(port, size)
    writeGeneral(0, size, readPort(port, size))
  }

  func portOut(_ fields: SystemFields) throws(GuestException) {
    let port = port(fields)
    let size = min(4, fields.operandSize)
    try checkPort(port, size)
    writePort(port, size, self[.rax])
  }
}
