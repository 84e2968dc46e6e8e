// Numbers with their highest byte first, as SCSI has them on the wire.

extension FixedWidthInteger {
  /// Its bytes, the highest first.
  package var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }

  /// The number that bytes are, the highest first; of more bytes than it has the last ones.
  package init(bigEndianBytes bytes: some Sequence<UInt8>) {
    self = bytes.reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
  }
}
