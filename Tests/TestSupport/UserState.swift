/// What a user program sees of a processor, and the page that its instructions may touch.
package struct UserState: Equatable, Sendable {
  /// RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to R15.
  package var registers: [UInt64]
  package var flags: UInt64
  /// What lies from `UserLayout.data` on.
  package var data: [UInt8]
  /// The image of FXSAVE; nil when only integers are looked at.
  package var floatingPoint: [UInt8]?

  /// Creates a state.
  package init(
    registers: [UInt64], flags: UInt64, data: [UInt8], floatingPoint: [UInt8]? = nil
  ) {
    self.registers = registers
    self.flags = flags
    self.data = data
    self.floatingPoint = floatingPoint
  }
}

/// Linear addresses that the native and the simulated run have in common.
package enum UserLayout {
  /// Where the instructions under test begin.
  package static let code: UInt64 = 0x2000_2000
  /// Most bytes of code.
  package static let codeLimit = 256
  /// Data; the pages beside it are there too.
  package static let data: UInt64 = 0x2001_0000
  /// Everything above lies in here.
  package static let window: Range<UInt64> = 0x2000_0000..<0x2010_0000
  /// CF, PF, AF, ZF, SF, DF and OF.
  package static let comparedFlags: UInt64 = 0xCD5
}
