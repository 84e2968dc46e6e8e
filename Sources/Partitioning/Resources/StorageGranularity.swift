/// The unit in which a real machine gives a partition storage, by the larger of initial and reserved.
///
/// Ours gives increments of the machine definition's INCREMENT whatever the size; the table says what
/// to expect of a profile that is to be carried over.
///
/// Source: PR/SM Planning Guide, "Characteristics: central storage".
package enum StorageGranularity {
  private static let gibibyte: UInt64 = 1 << 30
  /// Storage up to which the least unit, 1 GiB, holds; unit and limit double together.
  package static let leastLimit = 512 * gibibyte
  /// The most storage the table has, in bytes.
  package static let limit = 65_536 * gibibyte
  /// Boundary on which origin and limit lie, in bytes; independent of the table.
  package static let originBoundary = 2 * gibibyte

  /// The unit for a partition, in bytes; nil beyond the table.
  ///
  /// - Parameters:
  ///   - initial: Initial storage in bytes.
  ///   - reserved: Reserved storage in bytes.
  /// - Returns: 1 GiB to 128 GiB, a power of two.
  package static func unit(initial: UInt64, reserved: UInt64) -> UInt64? {
    let larger = max(initial, reserved)
    guard larger <= limit else { return nil }
    var unit = gibibyte
    while leastLimit * (unit / gibibyte) < larger { unit *= 2 }
    return unit
  }

  /// Whether initial and reserved storage, in bytes, are multiples of their unit.
  package static func fits(initial: UInt64, reserved: UInt64) -> Bool {
    guard let unit = unit(initial: initial, reserved: reserved) else { return false }
    return initial % unit == 0 && reserved % unit == 0
  }
}
