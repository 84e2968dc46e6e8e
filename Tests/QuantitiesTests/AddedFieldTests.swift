import Foundation
import Testing

@testable import Quantities

// Oracle: what the earlier form says, and Foundation's own reader.

@Suite("Fields that came later") struct AddedFieldTests {
  private struct Earlier: SavedState {
    static let kind = "thing"
    static let version = 1
    var count = 7
  }

  private struct Later: SavedState {
    static let kind = "thing"
    static let version = 2
    var count = 7
    @Added var isWarm = true
    @Added var marks: [Int] = [1]
    var name: String?
  }

  @Test("are blank in an earlier payload, and kept in their own") func blank() throws {
    let earlier = try JSONEncoder().encode(StateEnvelope(Earlier(count: 3)))
    let read = try JSONDecoder().decode(StateEnvelope<Later>.self, from: earlier).state
    #expect(read == Later(count: 3, isWarm: false, marks: [], name: nil))
    let later = StateEnvelope(Later(count: 4, isWarm: true, marks: [5], name: "A"))
    let text = try JSONEncoder().encode(later)
    #expect(try JSONDecoder().decode(StateEnvelope<Later>.self, from: text) == later)
  }

  @Test("make a payload that the earlier program refuses by kind and version") func refused() throws
  {
    let text = try JSONEncoder().encode(StateEnvelope(Later()))
    #expect(throws: StateRefusal.laterVersion(kind: "thing", version: 2, newest: 1)) {
      try JSONDecoder().decode(StateEnvelope<Earlier>.self, from: text)
    }
  }

  @Test("bytes are written as pairs of digits and nothing else is read") func bytes() throws {
    let bytes = HexadecimalBytes([0, 0x7F, 0xFF, 0x0A])
    let text = try JSONEncoder().encode(["a": bytes])
    #expect(String(decoding: text, as: UTF8.self) == #"{"a":"007fff0a"}"#)
    #expect(try JSONDecoder().decode([String: HexadecimalBytes].self, from: text)["a"] == bytes)
    for wrong in ["0", "0g", "0x00"] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode([HexadecimalBytes].self, from: Data("[\"\(wrong)\"]".utf8))
      }
    }
  }
}
