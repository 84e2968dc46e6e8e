/// A program as it is loaded: 64-bit code at a fixed address.
///
/// It is entered in long mode with the first 4 GiB mapped one to one, interrupts off, and
/// RDI = bytes of storage, RSI = processors online, RDX = register block of the first virtio block
/// device or 0, RCX = address of the PARM text, which ends with a NUL.
package struct GuestProgramImage: Equatable, Sendable {
  /// Code and data.
  package let bytes: [UInt8]
  /// Guest-physical address of the first byte.
  package let origin: UInt64
  /// Guest-physical address of the first instruction.
  package let entry: UInt64
  /// What in it is no instruction; nil in a right program.
  package let fault: String?
}
