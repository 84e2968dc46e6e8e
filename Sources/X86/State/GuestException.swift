/// An architectural exception raised by an instruction.
package struct GuestException: Error, Equatable, Sendable {
  /// Vector, 0 to 31.
  package let vector: UInt8
  /// Pushed on the handler's stack, for the vectors that have one.
  package let errorCode: UInt32?

  init(_ vector: UInt8, _ errorCode: UInt32? = nil) {
    self.vector = vector
    self.errorCode = errorCode
  }

  static let divideError = GuestException(0)
  static let debug = GuestException(1)
  static let breakpoint = GuestException(3)
  static let overflow = GuestException(4)
  static let boundRange = GuestException(5)
  static let invalidOpcode = GuestException(6)
  static let deviceNotAvailable = GuestException(7)
  static func invalidTaskState(_ selector: UInt16) -> Self { .init(10, UInt32(selector & ~3)) }
  static func segmentNotPresent(_ selector: UInt16) -> Self { .init(11, UInt32(selector & ~3)) }
  static func stackFault(_ code: UInt32) -> Self { .init(12, code) }
  static func generalProtection(_ code: UInt32) -> Self { .init(13, code) }
  static func generalProtection(selector: UInt16) -> Self { .init(13, UInt32(selector & ~3)) }
  static func pageFault(_ code: UInt32) -> Self { .init(14, code) }
  static let floatingPoint = GuestException(16)
  static let alignmentCheck = GuestException(17, 0)
  static let simdFloatingPoint = GuestException(19)

  static let doubleFaultVector: UInt8 = 8
  static let pageFaultVector: UInt8 = 14

  /// Whether it is a fault, neither trap nor abort; a debug exception of an instruction is one.
  var isFault: Bool { vector != 3 && vector != 4 && vector != Self.doubleFaultVector }

  /// Whether it combines to a double fault (Intel SDM volume 3, "Interrupt 8").
  var isContributory: Bool { vector == 0 || (10...13).contains(vector) }
}
