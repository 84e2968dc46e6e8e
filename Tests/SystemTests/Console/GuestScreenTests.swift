import Testing

@testable import endicott

// Oracle: xterm's control sequences (ctlseqs): what sets a thing and what takes it back.
@Suite("What a guest changes at the terminal")
struct GuestScreenTests {
  private func restoration(_ text: String) -> String {
    var whole = GuestScreen()
    whole.note(Array(text.utf8))
    // However the output is cut.
    var pieces = GuestScreen()
    for byte in text.utf8 { pieces.note([byte]) }
    #expect(whole.restoration == pieces.restoration)
    return String(decoding: whole.restoration, as: UTF8.self)
  }

  @Test(
    "is put back",
    arguments: [
      ("\u{1B}[?1049h", "\u{1B}[?1049l"), ("\u{1B}[?47h", "\u{1B}[?47l"),
      ("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?1h\u{1B}=", "\u{1B}[?1049l\u{1B}[?1l\u{1B}[?25h\u{1B}>"),
      ("\u{1B}[?1000;1002;1006h", "\u{1B}[?1000l\u{1B}[?1002l\u{1B}[?1006l"),
      ("\u{1B}[?2004h", "\u{1B}[?2004l"), ("\u{1B}[?7l", "\u{1B}[?7h"),
      ("\u{1B}[31;1m", "\u{1B}[m"), ("\u{1B}[0;7m", "\u{1B}[m"), ("\u{1B}[38;5;0m", "\u{1B}[m"),
      ("\u{1B}[2;10r", "\u{1B}7\u{1B}[r\u{1B}8"), ("\u{1B}[4h", "\u{1B}[4l"),
      ("\u{1B}(0", "\u{1B}(B"), ("\u{0E}", "\u{0F}"), ("\u{1B}[5 q", "\u{1B}[0 q"),
      ("\u{1B}]4;1;rgb:0/0/0\u{7}", "\u{1B}]104\u{1B}\\"),
      ("\u{1B}]11;#000\u{1B}\\", "\u{1B}]111\u{1B}\\"),
      ("\u{1B}]8;;http://x\u{7}", "\u{1B}]8;;\u{1B}\\"),
      ("\u{1B}[>4;2m", "\u{1B}[>4m"), ("\u{1B}[>1u", "\u{1B}[<1u"),
      ("\u{1B}[3g", "\u{1B}[?5W"), ("\u{9B}?1049h", "\u{1B}[?1049l"),
      ("\u{1B}[31", "\u{18}"), ("\u{1B}", "\u{18}"), ("\u{1B}]0;half a title", "\u{1B}\\"),
      ("\u{1B}P+q", "\u{1B}\\"), ("\u{1B}[1;\u{1B}[1m", "\u{1B}[m"),
    ])
  func changes(written: String, restored: String) {
    #expect(restoration(written) == restored)
  }

  @Test(
    "and nothing is sent when the guest did so itself, or changed nothing",
    arguments: [
      "", "plain text\r\n", "\u{1B}[2J\u{1B}[H\u{1B}[10;10H", "\u{1B}[?1049h\u{1B}[?1049l",
      "\u{1B}[31mred\u{1B}[0m", "\u{1B}[1m\u{1B}[m", "\u{1B}[?25l\u{1B}[?25h", "\u{1B}=\u{1B}>",
      "\u{1B}[?1049h\u{1B}[31m\u{1B}(0\u{1B}c", "\u{1B}(0\u{1B}(B", "\u{1B}]0;title\u{7}",
      "\u{1B}[31\u{18}", "\u{1B}[?1049", "\u{1B}[6n\u{1B}[c\u{1B}[?1049$p", "\u{1B}[?12h",
      "\u{1B}]104\u{7}", "Gr\u{FC}n\u{1F600}", "\u{1B}7\u{1B}8\u{1B}[s\u{1B}[u",
    ])
  func nothing(written: String) {
    #expect(restoration(written + "\u{18}") == "")
  }

  @Test("whatever bytes come, the memory is bounded and nothing traps")
  func anything() {
    var state: UInt64 = 1
    var screen = GuestScreen()
    let likely = Array("\u{1B}\u{1B}[]?;0123456789hlmrcquP\\>(<= \u{7}".utf8)
    for _ in 0..<300_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let choice = UInt8(truncatingIfNeeded: state >> 33)
      let byte =
        choice < 200 ? likely[Int(choice) % likely.count] : UInt8(truncatingIfNeeded: state >> 45)
      screen.note([byte])
    }
    #expect(screen.restoration.count < 1000)
    let digits = String(repeating: "9", count: 100_000)
    screen.note(
      Array("\u{1B}[?\(digits)h\u{1B}[>\(digits)u\u{1B}[<\(digits)u\u{1B}]\(digits)\u{7}".utf8))
    #expect(screen.restoration.count < 1000)
  }
}
