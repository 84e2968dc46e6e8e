// Descriptors as they are found in their tables, and marked there.

extension Processor {
  /// Linear address of a selector's descriptor, or nil outside its table.
  func descriptorAddress(_ selector: UInt16, byteCount: UInt64 = 8) -> UInt64? {
    let offset = UInt64(selector & ~7)
    if selector & 4 == 0 {
      guard offset &+ byteCount &- 1 <= UInt64(system.globalTableLimit) else { return nil }
      return system.globalTableBase &+ offset
    }
    guard system.localTable.isPresent, offset &+ byteCount &- 1 <= UInt64(system.localTable.limit)
    else { return nil }
    return system.localTable.base &+ offset
  }

  /// Reads a code, data or 8-byte system descriptor.
  ///
  /// - Throws: `vector` (#GP unless told otherwise) with the selector when it is outside its table;
  ///   `external` is the EXT bit.
  func readDescriptor(
    _ selector: UInt16, vector: UInt8 = 13, external: UInt32 = 0
  ) throws(GuestException) -> Descriptor {
    guard let address = descriptorAddress(selector) else {
      throw GuestException(vector, UInt32(selector & ~3) | external)
    }
    return Descriptor(raw: try readLinear(address, as: UInt64.self, supervisor: true))
  }

  /// Reads a system descriptor, 16 bytes in long mode.
  func readSystemDescriptor(_ selector: UInt16) throws(GuestException) -> Descriptor {
    guard isLongModeActive else { return try readDescriptor(selector) }
    guard let address = descriptorAddress(selector, byteCount: 16) else {
      throw .generalProtection(selector: selector)
    }
    let raw = try readLinear(address, as: UInt64.self, supervisor: true)
    let upper = try readLinear(address &+ 8, as: UInt64.self, supervisor: true)
    return Descriptor(raw: raw, upper: upper)
  }

  /// Clears bits of a descriptor's type in its table.
  func clearTypeBits(_ selector: UInt16, _ bits: UInt8) throws(GuestException) {
    guard let address = descriptorAddress(selector) else { return }
    let type = try readLinear(address &+ 5, as: UInt8.self, supervisor: true)
    try writeLinear(address &+ 5, type & ~bits, supervisor: true)
  }

  /// Sets bits of a descriptor's type in its table: accessed, busy.
  func setTypeBits(_ selector: UInt16, _ bits: UInt8) throws(GuestException) {
    guard let address = descriptorAddress(selector) else { return }
    let type = try readLinear(address &+ 5, as: UInt8.self, supervisor: true)
    if type & bits != bits {
      try writeLinear(address &+ 5, type | bits, supervisor: true)
    }
  }
}
