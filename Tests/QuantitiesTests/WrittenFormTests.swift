import Foundation
import Quantities
import Testing

// Oracle: RFC 8259, and Foundation's encoder with sorted keys.

@Suite("The written form of a value")
struct WrittenFormTests {
  private enum Kind: Codable {
    case empty
    case one(Int?)
    case named(text: String, flags: [Bool])
    indirect case nested([Kind])
  }

  private struct Values: Codable {
    var b = 1.5
    var a: UInt64 = .max
    var c: [String: Int] = ["z": 1, "y": -2]
    var d: [UInt8] = [0, 255]
    var e: [Int] = []
    var f: Int?
    var g: Kind = .nested([
      .empty, .one(nil), .one(3), .named(text: "é/\"\\", flags: [true, false]),
    ])
  }

  @Test("is JSON with its keys in order and no blanks")
  func text() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    #expect(
      WrittenForm.text(Values()) == String(decoding: try encoder.encode(Values()), as: UTF8.self))
    #expect(
      WrittenForm.text(Kind.named(text: "a\n\u{1}", flags: []))
        == #"{"named":{"flags":[],"text":"a\u000A\u0001"}}"#)
    #expect(WrittenForm.text(Double.infinity) == "null")
    #expect(WrittenForm.text("x") == "\"x\"")
    #expect(WrittenForm.text([Int?.none, 4]) == "[null,4]")
  }

  @Test("of long values takes time by their length")
  func length() {
    let text = WrittenForm.text([UInt8](repeating: 7, count: 100_000))
    #expect(text.utf8.count == 200_001)
  }
}
