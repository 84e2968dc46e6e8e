/// Room in a processor's state that floating point and vector instructions work in.
enum FloatingPointLayout {
  /// `ProcessorState.vectorGate`.
  static let gate = 0x6A0
  /// Results on their way to a register or to storage.
  static let result = 0x700
  /// Operands read from storage.
  static let operand = 0x740
  /// An environment, or an image of FXSAVE or FNSAVE: 512 bytes.
  static let image = 0x780
  static let mxcsr = StateLayout.fxImage + 24
  static let vectors = StateLayout.fxImage + 160
}
