// Bytes inside values that are written down as text.

/// Bytes that are written down as hexadecimal digits, two a byte.
package struct HexadecimalBytes: Codable, Equatable, Sendable {
  /// The bytes.
  package var bytes: [UInt8]

  /// Bytes that are to be written.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let bytes = HexadecimalBytes(text: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "not pairs of hexadecimal digits")
    }
    self = bytes
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  private static let digits = Array("0123456789abcdef".utf8)

  private var text: String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count.multipliedClamped(by: 2))
    for byte in bytes {
      result.append(Self.digits.element(at: Int(byte >> 4)) ?? 0x30)
      result.append(Self.digits.element(at: Int(byte & 15)) ?? 0x30)
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Bytes from pairs of digits, upper or lower case; nil for another text.
  package init?(text: String) {
    bytes = []
    var high: UInt8?
    for digit in text.utf8 {
      guard let value = Self.value(of: digit) else { return nil }
      if let first = high {
        bytes.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    if high != nil { return nil }
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit &- 0x30
    case 0x61...0x66: digit &- 0x61 &+ 10
    case 0x41...0x46: digit &- 0x41 &+ 10
    default: nil
    }
  }
}
