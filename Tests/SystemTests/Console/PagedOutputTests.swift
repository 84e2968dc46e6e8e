import ControlProgram
import Testing

@testable import endicott

// Oracle: a 3270 console of CP: MORE... goes on by CLEAR, holds by ENTER, goes on by itself after
// the times of TERMINAL MORE; HOLDING goes on by CLEAR only.
@Suite("Answers screen by screen")
struct PagedOutputTests {
  private let size = ScreenSize(rows: 5, columns: 10)
  private static let second: UInt64 = 1_000_000_000

  /// Draws until there is nothing to draw, or the output pauses.
  private func draw(
    _ output: inout PagedOutput, now: UInt64 = 0, isRead: Bool = true, stops: Bool = true,
    size: ScreenSize? = nil
  ) -> [String] {
    var times = MoreTimes()
    if !stops { (times.alarm, times.clear) = (0, 0) }
    var drawn: [String] = []
    while let next = output.next(
      size: size ?? self.size, times: times, now: now, isRead: isRead)
    {
      switch next {
      case .item(.line(let line)): drawn.append(line)
      case .item(.answer): drawn.append("answer")
      case .item: drawn.append("other")
      case .pause: drawn.append("pause")
      }
    }
    return drawn
  }

  private func output(_ count: Int) -> PagedOutput {
    var output = PagedOutput()
    output.add([.answer((1...count).map { "\($0)" }), .line("message")])
    return output
  }

  @Test("one that fits does not stop")
  func fits() {
    var output = output(4)
    let drawn1 = draw(&output)
    #expect(drawn1 == ["answer", "1", "2", "3", "4", "message"])
  }

  @Test("a longer one stops, and messages wait behind it")
  func stops() {
    var output = output(9)
    let drawn2 = draw(&output)
    #expect(drawn2 == ["answer", "1", "2", "3", "4", "pause"])
    let drawn3 = draw(&output)
    #expect(drawn3 == [])
    output.take(.clear, size: size)
    let drawn4 = draw(&output)
    #expect(drawn4 == ["5", "6", "7", "8", "pause"])
    output.take(.clear, size: size)
    let drawn5 = draw(&output)
    #expect(drawn5 == ["9", "message"])
  }

  @Test("goes on by itself, with an alarm before")
  func times() {
    var output = output(5)
    _ = draw(&output, now: 7)
    #expect(output.deadline == 50 * Self.second + 7)
    let drawn6 = output.tick(now: 50 * Self.second + 6, size: size)
    #expect(!drawn6)
    let drawn7 = output.tick(now: 50 * Self.second + 7, size: size)
    #expect(drawn7)
    let drawn8 = output.tick(now: 55 * Self.second, size: size)
    #expect(!drawn8)
    #expect(output.deadline == 60 * Self.second + 7)
    let drawn9 = output.tick(now: 60 * Self.second + 7, size: size)
    #expect(!drawn9)
    let drawn10 = draw(&output)
    #expect(drawn10 == ["5", "message"])
  }

  @Test("is held by Enter, for as long as it takes")
  func holds() {
    var output = output(5)
    _ = draw(&output)
    output.take(.enter, size: size)
    #expect(output.pause == .holding)
    #expect(output.deadline == nil)
    output.take(.enter, size: size)
    let drawn11 = output.tick(now: .max, size: size)
    #expect(!drawn11)
    let drawn12 = draw(&output)
    #expect(drawn12 == [])
    output.take(.clear, size: size)
    let drawn13 = draw(&output)
    #expect(drawn13 == ["5", "message"])
  }

  @Test("the rest is left out, or shown without a stop")
  func skips() {
    var output = output(100)
    _ = draw(&output)
    output.take(.skip, size: size)
    let drawn14 = draw(&output)
    #expect(drawn14 == ["message"])
    output = self.output(100)
    _ = draw(&output)
    output.take(.other, size: size)
    let drawn15 = draw(&output)
    #expect(drawn15.count == 97)
  }

  @Test("does not stop for one who has typed ahead, nor when TERMINAL MORE is 0 0")
  func unread() {
    var output = output(100)
    let drawn16 = draw(&output, isRead: false)
    #expect(drawn16.count == 102)
    output = self.output(100)
    let drawn17 = draw(&output, stops: false)
    #expect(drawn17.count == 102)
  }

  @Test("does not hold the machine up")
  func behind() {
    var output = output(100)
    _ = draw(&output)
    output.take(.enter, size: size)
    for _ in 0...TerminalPort.limit { output.add([.line("message")]) }
    #expect(output.pause == nil)
    let drawn18 = draw(&output)
    #expect(drawn18.count == 97 + TerminalPort.limit + 1)
  }

  @Test("counts the rows that a line takes")
  func rows() {
    #expect(size.rowCount(of: "") == 1)
    #expect(size.rowCount(of: String(repeating: "x", count: 10)) == 1)
    #expect(size.rowCount(of: String(repeating: "x", count: 11)) == 2)
    #expect(size.rowCount(of: String(repeating: "\u{E4}", count: 30)) == 3)
    var output = PagedOutput()
    let long = String(repeating: "x", count: 25)
    output.add([.answer(["1", long, "3"])])
    let drawn19 = draw(&output)
    #expect(drawn19 == ["answer", "1", long, "pause"])
  }

  @Test(
    "a line that is longer than a row is broken at blanks",
    arguments: [
      ("one two three", ["one two", "three"]), ("one two tre", ["one two", "tre"]),
      ("0123456789 next", ["0123456789", "next"]), ("0123456789next", ["0123456789", "next"]),
      ("  in two three", ["  in two", "  three"]), ("a 0123456789AB", ["a", "0123456789", "AB"]),
      ("0123456789", ["0123456789"]), ("", [""]),
      (String(repeating: " ", count: 12), [""]),
    ])
  func broken(line: String, rows: [String]) {
    #expect(size.broken(line) == rows)
    #expect(size.rowCount(of: line) == rows.count)
  }

  @Test("of a line that is longer than the screen something is shown each time")
  func longLine() {
    var output = PagedOutput()
    let long = String(repeating: "x", count: 1000)
    output.add([.answer([long, long])])
    let first = draw(&output)
    #expect(first == ["answer", long, "pause"])
    output.take(.clear, size: size)
    let second = draw(&output)
    #expect(second == [long])
  }

  @Test(
    "at a terminal of any size",
    arguments: [(0, 0), (1, 1), (2, 65535), (65535, 1), (65535, 65535), (-1, -1)])
  func sizes(rows: Int, columns: Int) {
    let size = ScreenSize(rows: rows, columns: columns)
    var output = PagedOutput()
    output.add([.answer((1...100).map { String(repeating: "x", count: $0) })])
    var drawn = 0
    for _ in 0..<300 {
      drawn += draw(&output, size: size).count { $0.hasPrefix("x") }
      output.take(.clear, size: size)
    }
    #expect(drawn == 100)
  }
}

@Suite("Keys at MORE...")
struct PauseKeysTests {
  private func keys(_ text: String) -> [PagedOutput.Key] {
    var keys = PauseKeys()
    return text.utf8.enumerated().compactMap {
      keys.take($0.element, isLast: $0.offset == text.utf8.count - 1)
    }
  }

  @Test(
    arguments: [
      (" ", .clear), ("\u{0C}", .clear), ("\u{1B}2", .clear), ("\u{1B}[6~", .clear),
      ("\r", .enter), ("\n", .enter), ("q", .skip), ("Q", .skip), ("\u{03}", .skip),
      ("x", .other), ("\u{1D}", .other), ("\u{04}", .other), ("\0", .other),
    ] as [(String, PagedOutput.Key)])
  func oneKey(typed: String, key: PagedOutput.Key) {
    #expect(keys(typed) == [key])
  }

  @Test("other function keys do nothing, pasted text is no keys")
  func others() {
    #expect(keys("\u{1B}[A") == [])
    #expect(keys("\u{1B}OP") == [])
    #expect(keys("\u{1B}[1;5C") == [])
    #expect(keys("q names").first == .other)
    #expect(keys(" q").first == .other)
  }
}
