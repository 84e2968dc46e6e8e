// Memory accesses of system operations and event delivery: by linear address, throwing.
extension Processor {
  /// Reads an integer at a linear address with the rights of the current privilege, or the
  /// supervisor's for implicit accesses to descriptor tables and the like.
  func readLinear<T: FixedWidthInteger>(
    _ address: UInt64, as type: T.Type, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) -> T {
    var value: T = 0
    let address = linear(address)
    let count = MemoryLayout<T>.size
    let access = AccessKind(
      isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    if !supervisor { try checkAlignment(address, count) }
    if !supervisor || stack { noteAccess(address, count, write: false) }
    let inPage = min(count, Int(4096 - address & 0xFFF))
    if inPage < count {
      try requireCanonical(wrapped(address, UInt64(inPage)), stackFault: stack)
    }
    let first = try locate(address, access, stackFault: stack)
    let second =
      inPage < count
      ? try locate(wrapped(address, UInt64(inPage)), access, stackFault: stack) : nil
    withUnsafeMutableBytes(of: &value) { bytes in
      guard let target = bytes.baseAddress else { return }
      copyFrom(first, inPage, target)
      if let second { copyFrom(second, count &- inPage, target + inPage) }
    }
    return value
  }

  /// Writes an integer at a linear address; nothing is written when any byte of it faults.
  func writeLinear<T: FixedWidthInteger>(
    _ address: UInt64, _ value: T, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) {
    let address = linear(address)
    let count = MemoryLayout<T>.size
    let access = AccessKind(
      isWrite: true, isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    if !supervisor { try checkAlignment(address, count) }
    if !supervisor || stack { noteAccess(address, count, write: true) }
    let inPage = min(count, Int(4096 - address & 0xFFF))
    if inPage < count {
      try requireCanonical(wrapped(address, UInt64(inPage)), stackFault: stack)
    }
    let first = try locate(address, access, stackFault: stack)
    let second =
      inPage < count
      ? try locate(wrapped(address, UInt64(inPage)), access, stackFault: stack) : nil
    withUnsafeBytes(of: value) { bytes in
      guard let source = bytes.baseAddress else { return }
      copyTo(first, inPage, source)
      if let second { copyTo(second, count &- inPage, source + inPage) }
    }
  }

  /// Checks that bytes may be written, without writing.
  func probeWrite(
    _ address: UInt64, _ count: Int, supervisor: Bool = false, stack: Bool = false
  ) throws(GuestException) {
    let access = AccessKind(
      isWrite: true, isUser: !supervisor && state.privilege == 3, isImplicit: supervisor)
    try probe(address, count, access, stack: stack)
  }

  /// Checks that bytes may be read, without reading.
  func probeRead(_ address: UInt64, _ count: Int) throws(GuestException) {
    try probe(address, count, AccessKind(isUser: state.privilege == 3), stack: false)
  }

  private func probe(
    _ address: UInt64, _ count: Int, _ access: AccessKind, stack: Bool
  ) throws(GuestException) {
    let address = linear(address)
    let inPage = 4096 - address & 0xFFF
    let next = wrapped(address, inPage)
    if inPage < UInt64(truncatingIfNeeded: count) { try requireCanonical(next, stackFault: stack) }
    _ = try locate(address, access, stackFault: stack)
    if inPage < UInt64(truncatingIfNeeded: count) {
      _ = try locate(next, access, stackFault: stack)
    }
  }

  /// Outside long mode linear addresses have 32 bits: a table at their end goes on at 0.
  private func linear(_ address: UInt64) -> UInt64 {
    isLongModeActive ? address : address & 0xFFFF_FFFF
  }

  /// That the second page of an access has no address comes before a fault of the first.
  func requireCanonical(_ address: UInt64, stackFault: Bool) throws(GuestException) {
    guard isCanonical(address) else {
      throw stackFault ? .stackFault(0) : .generalProtection(0)
    }
  }

  /// The address that many bytes on; outside 64-bit mode 0 follows 4 GiB - 1.
  func wrapped(_ address: UInt64, _ count: UInt64) -> UInt64 {
    let next = address &+ count
    return state.mode == CodeMode.long64 || address >> 32 != 0 ? next : next & 0xFFFF_FFFF
  }

  func copyFrom(_ location: Location, _ count: Int, _ target: UnsafeMutableRawPointer) {
    switch location {
    // Cannot trap: a part of an operand has at least one byte.
    case .storage(let host): target.copyMemory(from: host, byteCount: count)
    case .device(let physical): readDevice(physical, count, into: target)
    }
  }

  func copyTo(_ location: Location, _ count: Int, _ source: UnsafeRawPointer) {
    switch location {
    case .storage(let host):
      noteWrite(host, count)
      // Cannot trap: a part of an operand has at least one byte.
      host.copyMemory(from: source, byteCount: count)
    case .device(let physical): writeDevice(physical, count, from: source)
    }
  }
}
