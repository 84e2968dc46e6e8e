extension [UInt8] {
  /// Puts a value at an offset, lowest byte first; what would pass the end is not there.
  mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    put(bytes: MachineLanguage.littleEndian(value), at: offset)
  }

  /// Puts bytes at an offset; what would pass the end is not there.
  mutating func put(bytes: [UInt8], at offset: Int) {
    for (index, byte) in bytes.enumerated() where indices.contains(offset &+ index) {
      // Cannot trap: judged above.
      self[offset &+ index] = byte
    }
  }

  /// Puts a checksum at an offset that is zero: the first `byteCount` bytes have the sum zero then.
  mutating func putChecksum(at offset: Int, of byteCount: Int = .max) {
    put(0 &- prefix(Swift.max(0, byteCount)).reduce(UInt8(0), &+), at: offset)
  }
}
