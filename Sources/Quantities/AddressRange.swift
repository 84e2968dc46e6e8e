/// Addresses from `start` up to but not including `end`; it never wraps.
package struct AddressRange: Equatable, Sendable, Codable {
  /// The first address.
  package let start: UInt64
  /// The address after the last.
  package let end: UInt64

  /// The bytes from an address on; nil where they would pass the end of 64-bit addresses.
  @inlinable
  package init?(start: UInt64, byteCount: UInt64) {
    guard let end = start.adding(byteCount) else { return nil }
    self.start = start
    self.end = end
  }

  /// How many bytes there are.
  @inlinable package var byteCount: UInt64 { end &- start }

  /// The addresses as a range of Swift's.
  @inlinable package var addresses: Range<UInt64> { Range(uncheckedBounds: (start, end)) }

  /// Whether it holds no byte.
  @inlinable package var isEmpty: Bool { start == end }

  /// Whether all of another range lies in this one.
  @inlinable
  package func contains(_ other: AddressRange) -> Bool { start <= other.start && other.end <= end }

  /// Whether an address lies in it.
  @inlinable
  package func contains(_ address: UInt64) -> Bool { start <= address && address < end }

  /// Whether the two have a byte in common.
  @inlinable
  package func overlaps(_ other: AddressRange) -> Bool { start < other.end && other.start < end }
}
