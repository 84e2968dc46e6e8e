/// The guest-physical addresses of a PC.
package enum PhysicalAddress {
  /// Their width in bits, as CPUID 0x80000008 says it.
  static let bits: UInt64 = 40
  /// First address of the hole that devices use, in bytes.
  package static let holeStart: UInt64 = 3 << 30
  /// First address past the hole, in bytes.
  package static let holeEnd: UInt64 = 4 << 30
}
