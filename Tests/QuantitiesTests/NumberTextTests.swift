import Quantities
import Testing

/// Oracle: the rules as `Docs/Definitions.md` and HELP have them, and reading what was written.
@Suite("Numbers as text") struct NumberTextTests {
  @Test(
    arguments: [
      ("64M", 64 << 20), ("1G", 1 << 30), ("512K", 512 << 10), ("0", 0), ("2T", 2 << 40),
      ("1023", 1023), ("3P", 3 << 50), ("15E", 15 << 60),
    ] as [(String, UInt64)])
  func sizes(text: String, bytes: UInt64) {
    #expect(byteCount(text) == bytes)
    #expect(sizeText(bytes) == text)
  }

  @Test(arguments: [
    "", "M", "-1M", "+1M", "1.5G", "64 M", "0x10", "64MB", "99999999999999999999M", "16E", "64m",
  ])
  func noSizes(text: String) { #expect(byteCount(text) == nil) }

  @Test(
    arguments: [
      ("1.5", 150), ("2", 200), ("0.01", 1), ("255.00", 25_500), (".5", nil), ("1.234", nil),
      ("1.", nil), ("-1", nil), ("1e3", nil), ("", nil), ("1.2.3", nil),
      ("92233720368547758.07", .max),
      ("92233720368547758.08", nil), ("1.٣", nil),
    ] as [(String, Int?)])
  func hundredths(text: String, value: Int?) { #expect(fixedPoint(text, places: 2) == value) }

  @Test(
    arguments: [
      ("12.5%", 1250), ("30", 3000), ("0.25%", 25), ("%", nil), ("1.255%", nil), ("1%%", nil),
    ] as [(String, Int?)])
  func percentages(text: String, value: Int?) { #expect(percentage(text, places: 2) == value) }

  @Test(arguments: [
    (150, "1.5", "1.50"), (-5, "-0.05", "-0.05"), (0, "0", "0.00"), (200, "2", "2.00"),
    (Int.min, "-92233720368547758.08", "-92233720368547758.08"),
  ])
  func hundredthsAreWritten(value: Int, short: String, long: String) {
    #expect(fixedPointText(value, places: 2) == short)
    #expect(hundredthsText(value) == long)
    #expect(fixedPointText(value, places: 0) == "\(value)")
  }

  @Test(
    arguments: [
      ("100US", 100_000), ("1S", 1_000_000_000), ("1500MS", 1_500_000_000), ("7NS", 7),
    ] as [(String, UInt64)])
  func durations(text: String, value: UInt64) {
    #expect(nanoseconds(text) == value)
    #expect(nanoseconds(durationText(value)) == value)
  }

  @Test(arguments: ["", "S", "10", "-1S", "1.5S", "99999999999999999999S", "99999999999999S"])
  func noDurations(text: String) { #expect(nanoseconds(text) == nil) }

  @Test func hexadecimalNumbers() {
    #expect(hexadecimal("1a", digits: 2) == 0x1A as UInt64?)
    #expect(hexadecimal("FFFF", digits: 4, as: UInt16.self) == 0xFFFF)
    #expect(hexadecimal("100", digits: 3, as: UInt8.self) == nil)
    for text in ["", "100", "-1", "+1", "G", "0x"] {
      #expect(hexadecimal(text, digits: 2, as: Int.self) == nil)
    }
    #expect(hexDigits(0x1A, 4) == "001A" && hexDigits(0x12345, 2) == "12345" && hexDigits(0) == "0")
    #expect(digits(7, 3) == "007" && digits(1234, 3) == "1234")
  }
}
