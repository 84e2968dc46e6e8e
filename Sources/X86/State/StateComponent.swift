/// The state components that exist, as bits of XCR0 and XSTATE_BV.
enum StateComponent {
  static let x87: UInt64 = 1 << 0
  static let sse: UInt64 = 1 << 1
  static let supported = x87 | sse
  /// Bytes of an area in the standard format, header included.
  static let areaByteCount = 576
  static let headerOffset = 512
}
