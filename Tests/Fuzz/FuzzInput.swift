/// The bytes of one fuzz case, taken from the front; behind the end everything is zero.
struct FuzzInput {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Whether all bytes were taken.
  var isAtEnd: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  mutating func word<T: FixedWidthInteger & UnsignedInteger>(_ type: T.Type = T.self) -> T {
    var value: T = 0
    for index in 0..<MemoryLayout<T>.size {
      value |= T(truncatingIfNeeded: UInt64(byte()) << UInt64(8 * index))
    }
    return value
  }

  /// A number that is often one of those where things change.
  mutating func number() -> UInt64 {
    switch byte() & 15 {
    case 0: 0
    case 1: 1
    case 2: UInt64(byte())
    case 3: UInt64(bitPattern: Int64(Int8(bitPattern: byte())))
    case 4: UInt64(word(UInt16.self))
    case 5: UInt64(word(UInt32.self))
    case 6: 0x7FFF_FFFF_FFFF_FFFF
    case 7: 0x8000_0000_0000_0000
    case 8: 0xFFFF_FFFF
    case 9: 0x8000_0000
    case 10: FuzzGuest.data &+ UInt64(byte())
    case 11: FuzzGuest.stack &- UInt64(byte())
    case 12: 0x0010_0000 &- UInt64(byte() & 31)
    case 13: 0x0000_8000_0000_0000 &- UInt64(byte() & 31)
    default: word(UInt64.self)
    }
  }

  /// The next bytes, at most `count`.
  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(bytes.count, position + max(0, count))
    defer { position = end }
    return Array(bytes[min(position, end)..<end])
  }

  /// What is left.
  mutating func rest() -> [UInt8] { take(bytes.count) }
}
