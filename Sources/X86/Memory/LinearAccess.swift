// Memory accesses of system operations and event delivery: by linear address, throwing.
extension Processor {
  /// Reads an integer at a linear address with the rights of the current privilege, or the
  /// supervisor's for implicit accesses to descriptor tables and the like.
  func readLinear<T: FixedWidthInteger>(
    _ address: UInt64, as type: T.Type, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) -> T {
    var value: T = 0
    let count = MemoryLayout<T>.size
    let access = AccessKind(
      isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    if !supervisor { try checkAlignment(address, count) }
    if !supervisor || stack { noteAccess(address, count, write: false) }
    let inPage = min(count, Int(4096 - address & 0xFFF))
    let first = try locate(address, access, stackFault: stack)
    let second =
      inPage < count
      ? try locate(address &+ UInt64(inPage), access, stackFault: stack) : nil
    withUnsafeMutableBytes(of: &value) { bytes in
      guard let target = bytes.baseAddress else { return }
      copyFrom(first, inPage, target)
      if let second { copyFrom(second, count - inPage, target + inPage) }
    }
    return value
  }

  /// Writes an integer at a linear address; nothing is written when any byte of it faults.
  func writeLinear<T: FixedWidthInteger>(
    _ address: UInt64, _ value: T, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) {
    let count = MemoryLayout<T>.size
    let access = AccessKind(
      isWrite: true, isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    if !supervisor { try checkAlignment(address, count) }
    if !supervisor || stack { noteAccess(address, count, write: true) }
    let inPage = min(count, Int(4096 - address & 0xFFF))
    let first = try locate(address, access, stackFault: stack)
    let second =
      inPage < count
      ? try locate(address &+ UInt64(inPage), access, stackFault: stack) : nil
    withUnsafeBytes(of: value) { bytes in
      guard let source = bytes.baseAddress else { return }
      copyTo(first, inPage, source)
      if let second { copyTo(second, count - inPage, source + inPage) }
    }
  }

  /// Checks that bytes may be written, without writing.
  func probeWrite(
    _ address: UInt64, _ count: Int, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) {
    let access = AccessKind(
      isWrite: true, isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    _ = try locate(address, access, stackFault: stack)
    let last = address &+ UInt64(count - 1)
    if last >> 12 != address >> 12 { _ = try locate(last & ~0xFFF, access, stackFault: stack) }
  }

  func copyFrom(_ location: Location, _ count: Int, _ target: UnsafeMutableRawPointer) {
    switch location {
    case .storage(let host): target.copyMemory(from: host, byteCount: count)
    case .device(let physical): readDevice(physical, count, into: target)
    }
  }

  func copyTo(_ location: Location, _ count: Int, _ source: UnsafeRawPointer) {
    switch location {
    case .storage(let host):
      noteWrite(host, count)
      host.copyMemory(from: source, byteCount: count)
    case .device(let physical): writeDevice(physical, count, from: source)
    }
  }
}
