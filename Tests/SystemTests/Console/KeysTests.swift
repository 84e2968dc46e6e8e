import Testing

@testable import endicott

@Suite("Keys at a guest's console")
struct KeysTests {
  private func take(_ text: String) -> GuestKeys.Result {
    var keys = GuestKeys()
    return keys.take(Array(text.utf8))
  }

  @Test("go to the guest as they are")
  func plain() {
    let result = take("ls -l\r\u{03}")
    #expect(result == GuestKeys.Result(keys: Array("ls -l\r\u{03}".utf8)))
  }

  @Test("a line that begins with #CP is for the control program, with its corrections")
  func controlProgram() {
    let result = take("x\r#cp Q NB\u{7F}AMES\ry")
    #expect(result.keys == Array("x\ry".utf8))
    #expect(result.lines == ["#cp Q NAMES"])
    #expect(!result.leaves)
  }

  @Test("a # that does not begin a line, or no #CP, is the guest's")
  func hashes() {
    #expect(take("a#CP\r").keys == Array("a#CP\r".utf8))
    let comment = take("#comment\r")
    #expect(comment.keys == Array("#comment\r".utf8))
    #expect(comment.lines.isEmpty)
  }

  @Test("the terminal's answer to a guest is no part of a line")
  func terminalAnswers() {
    let result = take("\u{1B}[24;17R#CP Q TIME\r")
    #expect(result.keys == Array("\u{1B}[24;17R".utf8))
    #expect(result.lines == ["#CP Q TIME"])
  }

  @Test("Ctrl-] leaves")
  func leaves() {
    let result = take("l\u{1D}q names\r")
    #expect(result.leaves)
    #expect(result.keys == Array("l".utf8))
  }

  @Test("NUL and bytes that are no UTF-8 go to the guest, and no line for CP is longer than typed")
  func anyBytes() {
    var keys = GuestKeys()
    let bytes: [UInt8] = [0x00, 0xFF, 0xC0, 0x80, 0x0D]
    let taken = keys.take(bytes)
    #expect(taken.keys == bytes)
    let line = keys.take(
      Array("#CP ".utf8) + [0xFF, 0x00, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F, 0x0D])
    #expect(line.lines == [])
  }
}

@Suite("Keys at a booted partition")
struct EscapeKeysTests {
  @Test("Ctrl-A X leaves; Ctrl-A Ctrl-A is a Ctrl-A; others are dropped")
  func escapes() {
    var keys = EscapeKeys()
    #expect(keys.take([0x61, 0x01]).forGuest == [0x61])
    #expect(keys.take([0x01, 0x62]).forGuest == [0x01, 0x62])
    #expect(keys.take([0x01, 0x7A]).forGuest == [])
    let (forGuest, request) = keys.take([0x63, 0x01, 0x78, 0x64])
    #expect(forGuest == [0x63])
    #expect(request == .leave)
  }
}

@Suite("Sizes and spans as they are typed")
struct ArgumentTests {
  @Test(
    arguments: [
      ("128M", 128 << 20), ("1g", 1 << 30), ("4096", 4096), ("2K", 2048),
    ] as [(String, UInt64)])
  func sizes(text: String, value: UInt64) {
    #expect(ByteCount(argument: text)?.value == value)
  }

  @Test(arguments: ["", "M", "-1", "0", "1.5G", "99999999999999T", "12X"])
  func wrongSizes(text: String) {
    #expect(ByteCount(argument: text) == nil)
  }

  @Test(arguments: [("30s", 30), ("2m", 120), ("1h", 3600), ("5", 5)] as [(String, UInt64)])
  func spans(text: String, seconds: UInt64) {
    #expect(TimeSpan(argument: text)?.nanoseconds == seconds * 1_000_000_000)
  }
}
