import TestSupport
import X86

/// What a snippet leaves in the floating point and vector units.
extension Snippet {
  /// The image of FXSAVE64.
  var image: [UInt8] { simulated.processor.saveFloatingPoint() }

  private func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  var statusWord: UInt64 { number(image[2..<4]) }
  /// One bit for each physical register that is not empty.
  var validRegisters: UInt64 { number(image[4..<5]) }
  var mxcsr: UInt64 { number(image[24..<28]) }

  /// ST(`index`): sign and exponent, significand.
  func stackRegister(_ index: Int) -> Extended {
    Extended(
      signExponent: UInt16(number(image[40 + 16 * index..<42 + 16 * index])),
      significand: number(image[32 + 16 * index..<40 + 16 * index]))
  }

  /// XMM`index`, its lower half first.
  func vector(_ index: Int) -> [UInt64] {
    let start = 160 + 16 * index
    return [number(image[start..<start + 8]), number(image[start + 8..<start + 16])]
  }

  /// Puts an 80-bit number into the data.
  mutating func setExtended(_ value: Extended, at offset: Int) {
    setWord(value.significand, at: offset)
    setWord(UInt64(value.signExponent), at: offset + 8)
  }

  /// An 80-bit number of the data.
  func extended(at offset: Int) -> Extended {
    Extended(
      signExponent: UInt16(truncatingIfNeeded: word(at: offset + 8)),
      significand: word(at: offset))
  }
}

/// An x87 register's contents.
struct Extended: Equatable {
  var signExponent: UInt16
  var significand: UInt64

  static let one = Extended(signExponent: 0x3FFF, significand: 1 << 63)
  /// The default NaN.
  static let indefinite = Extended(signExponent: 0xFFFF, significand: 0xC000_0000_0000_0000)
}
