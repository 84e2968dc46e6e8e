import GuestPrograms
import Platform
import Testing
import X86

@Suite("Guest programs on a console")
struct ConsoleProgramTests {
  private func answer(_ guest: GuestHarness, to line: String) -> String {
    let before = guest.console.count
    guest.type(line + "\r")
    guest.advance { guest.console.dropFirst(before).hasSuffix("TALKER> ") }
    return String(guest.console.dropFirst(before))
  }

  @Test("TALKER echoes what is typed and answers its commands")
  func commands() throws {
    let guest = try GuestHarness(.talker, processors: 2)
    #expect(guest.wait(for: "TALKER> "))
    #expect(
      answer(guest, to: "echo Hello  there") == "echo Hello  there\r\nHello  there\r\nTALKER> ")
    #expect(answer(guest, to: "  STORAGE").contains("STORAGE = 4M\r\n"))
    #expect(answer(guest, to: "cpus").contains("CPUS = 2\r\n"))
    #expect(answer(guest, to: "help").contains("ECHO text"))
    #expect(answer(guest, to: "what").contains("Unknown command"))
    #expect(answer(guest, to: "HELPME").contains("Unknown command"))
    #expect(answer(guest, to: "") == "\r\nTALKER> ")
    // 1,767,225,600 s after 1970 is the first of January 2026.
    #expect(answer(guest, to: "time").contains("TIME IS 2026-01-01 00:00:00, UP 0 SECONDS"))
    guest.advance(milliseconds: 3_661_000)
    #expect(answer(guest, to: "time").contains("TIME IS 2026-01-01 01:01:01, UP 3661 SECONDS"))
    #expect(guest.counter(.work) == 9)
    #expect(guest.counter(.errors) == 0)
  }

  @Test("TALKER edits the line: backspace erases a character, ^U all")
  func editing() throws {
    let guest = try GuestHarness(.talker)
    #expect(guest.wait(for: "TALKER> "))
    let text = answer(guest, to: "\u{8}nonsense\u{15}ecHo abd\u{7F}cX\u{8}")
    #expect(text.hasSuffix("\r\nabc\r\nTALKER> "))
    #expect(text.hasPrefix("nonsense\u{8} \u{8}"))
    let long = String(repeating: "x", count: 300)
    #expect(
      answer(guest, to: "echo " + long.prefix(200)).contains("\r\n" + long.prefix(200) + "\r"))
  }

  @Test("a line that ends with CR and LF is one line")
  func lineEnds() throws {
    let guest = try GuestHarness(.talker)
    #expect(guest.wait(for: "TALKER> "))
    guest.type("echo a\r\necho b\n")
    guest.advance(milliseconds: 100)
    #expect(guest.console.hasSuffix("> echo a\r\na\r\nTALKER> echo b\r\nb\r\nTALKER> "))
  }

  @Test("TALKER passes commands to CP and shows answer and return code")
  func controlProgram() throws {
    let guest = try GuestHarness(.talker)
    #expect(guest.wait(for: "TALKER> "))
    #expect(
      answer(guest, to: "cp query time").contains("\r\nFIRST LINE\r\nSECOND LINE\r\nRC = 3\r\n"))
    #expect(guest.commands == ["query time"])
  }

  @Test("TALKER costs nothing while it waits")
  func waiting() throws {
    let guest = try GuestHarness(.talker)
    #expect(guest.wait(for: "TALKER> "))
    let before = guest.busy
    guest.advance(milliseconds: 60_000)
    #expect(guest.busy == before)
    #expect(guest.machine.nextDeadline(of: 0) == nil)
  }

  @Test("QUIT powers off; a command may come as PARM")
  func quit() throws {
    let guest = try GuestHarness(.talker, parameter: "QUIT")
    #expect(guest.advance { guest.events == [.powerOff] })
    #expect(guest.console.hasSuffix("Goodbye\r\n"))
  }

  @Test("FAULTY's WILD jump ends in a disabled wait with a message")
  func wild() throws {
    let guest = try GuestHarness(.faulty, parameter: "wild")
    #expect(guest.wait(for: "FAULTY: exception E error "))
    #expect(guest.wait(for: " at 5A5A00000000 CR2 5A5A00000000\r\n"))
    guest.advance(milliseconds: 10)
    guard case .disabledWait = guest.events.first else {
      Issue.record("no disabled wait but \(guest.events)")
      return
    }
  }

  @Test("FAULTY's TRIPLE fault shuts its computer down")
  func triple() throws {
    let guest = try GuestHarness(.faulty, parameter: "TRIPLE")
    guest.advance(milliseconds: 50)
    guard case .shutdown = guest.events.first else {
      Issue.record("no shutdown but \(guest.events)")
      return
    }
  }

  @Test("FAULTY's LOOP uses its processor and answers nothing")
  func loop() throws {
    let guest = try GuestHarness(.faulty)
    #expect(guest.wait(for: "FAULTY> "))
    guest.type("loop\r")
    guest.advance(milliseconds: 50)
    let before = guest.busy
    guest.type("loop\r")
    #expect(guest.machine.signalShutdown())
    guest.advance(milliseconds: 100)
    #expect(guest.busy >= before + 99_000_000)
    #expect(guest.events.isEmpty)
  }

  @Test("FAULTY reads ones OUTSIDE of its storage, and that is told once")
  func outside() throws {
    let guest = try GuestHarness(.faulty, parameter: "OUTSIDE")
    #expect(guest.wait(for: "4096 of 4096 words read as ones\r\nFAULTY> "))
    #expect(guest.events.count == 1)
    guard case .outsideStorage = guest.events.first else {
      Issue.record("not told but \(guest.events)")
      return
    }
  }

  @Test("FAULTY's HANG is a disabled wait")
  func hang() throws {
    let guest = try GuestHarness(.faulty, parameter: "HANG")
    guest.advance(milliseconds: 50)
    guard case .disabledWait = guest.events.first else {
      Issue.record("no disabled wait but \(guest.events)")
      return
    }
  }

  @Test("FAULTY's writes to PORTS harm nobody else: they end, or end its own computer")
  func ports() throws {
    let guest = try GuestHarness(.faulty, parameter: "PORTS", megahertz: 100)
    #expect(
      guest.advance {
        guest.console.contains("bytes written to ports") || guest.machine.ending != nil
      })
  }
}
