import GuestPrograms
import Platform
import Testing
import X86

@Suite("TOUCHER")
struct ToucherTests {
  private static let unit: UInt64 = 1 << 20

  @Test(
    "verifies all of its storage again and again, with one processor and with two",
    arguments: 1...2)
  func verifies(processors: Int) throws {
    let guest = try GuestHarness(.toucher, processors: processors, megahertz: 200)
    guest.advance(milliseconds: 200)
    // Three MiB (the image's is not whole) are 393,216 words.
    #expect(guest.work(of: 0) + guest.work(of: 1) > 2 * 393_216)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.events.isEmpty)
  }

  @Test("takes storage, gives it back, and finds it zero when it takes it again")
  func storage() throws {
    let guest = try GuestHarness(.toucher, megahertz: 500)
    guest.advance(milliseconds: 50)
    let more = 4 * Self.unit..<6 * Self.unit
    for round in 1...5 {
      guest.machine.offerStorage(more)
      #expect(guest.advance { guest.counter(.taken) == UInt64(round) * 2 * Self.unit })
      guest.advance(milliseconds: 20)
      guest.machine.recallStorage(more)
      #expect(guest.advance { guest.counter(.released) == UInt64(round) * 2 * Self.unit })
    }
    #expect(guest.counter(.errors) == 0)
    #expect(guest.counter(.storage) == 4 * Self.unit)
    #expect(guest.refused.isEmpty)
    #expect(guest.events.isEmpty)
  }

  @Test("keeps verifying while an increment comes and goes 1,000 times")
  func thousandTimes() throws {
    let guest = try GuestHarness(.toucher, megabytes: 3, megahertz: 1000)
    guest.advance(milliseconds: 20)
    let increment = 3 * Self.unit..<4 * Self.unit
    for round in 1...100 as ClosedRange<UInt64> {
      for _ in 0..<10 {
        guest.machine.offerStorage(increment)
        guest.machine.recallStorage(increment)
      }
      #expect(guest.advance { guest.counter(.released) == 10 * round * Self.unit })
    }
    #expect(guest.counter(.taken) == 1000 * Self.unit)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.events.isEmpty)
    let before = guest.work(of: 0)
    guest.advance(milliseconds: 10)
    #expect(guest.work(of: 0) > before)
  }

  @Test("gives storage back while another processor works on it")
  func storageOfTwo() throws {
    let guest = try GuestHarness(.toucher, processors: 2, megahertz: 500)
    guest.advance(milliseconds: 50)
    for unit in [3, 2] as [UInt64] {
      guest.machine.recallStorage(unit * Self.unit..<(unit + 1) * Self.unit)
      guest.advance(milliseconds: 30)
    }
    #expect(guest.accepted.count == 2)
    guest.machine.offerStorage(2 * Self.unit..<4 * Self.unit)
    guest.machine.offerProcessor(2)
    #expect(guest.advance { guest.counter(.processors) == 3 })
    guest.advance(milliseconds: 50)
    guest.machine.recallProcessor(1)
    #expect(guest.advance { guest.counter(.processors) == 2 })
    #expect(guest.counter(.errors) == 0)
    #expect(guest.events.isEmpty)
  }

  @Test("refuses storage that it does not have")
  func refuses() throws {
    let guest = try GuestHarness(.toucher, megahertz: 200)
    guest.advance(milliseconds: 50)
    guest.machine.recallStorage(6 * Self.unit..<7 * Self.unit)
    guest.machine.recallStorage(3 * Self.unit..<5 * Self.unit)
    guest.advance(milliseconds: 50)
    #expect(guest.refused.count == 2)
  }

  @Test("tells a word that changed behind its back, and stops in a disabled wait")
  func mismatch() throws {
    let guest = try GuestHarness(.toucher, processors: 2, megahertz: 200)
    guest.advance(milliseconds: 50)
    #expect(guest.machine.memory.store(UInt64(0xBAD), at: 0x2F_0008))
    #expect(guest.wait(for: "mismatch at 2F0008 expected "))
    guest.advance(milliseconds: 20)
    #expect(guest.console.contains(" found BAD\r\n"))
    #expect(guest.counter(.errors) == 1)
    #expect(guest.counter(.mismatchAddress) == 0x2F_0008)
    #expect(guest.counter(.mismatchFound) == 0xBAD)
    guard case .disabledWait = guest.events.first else {
      Issue.record("no disabled wait but \(guest.events)")
      return
    }
  }

  @Test("tells storage that is not zero when it comes")
  func dirtyStorage() throws {
    let guest = try GuestHarness(.toucher, megahertz: 200)
    guest.advance(milliseconds: 50)
    guest.machine.attachStorage(4 * Self.unit..<5 * Self.unit)
    #expect(guest.machine.memory.store(UInt64(1), at: 0x48_0000))
    guest.machine.offerStorage(4 * Self.unit..<5 * Self.unit)
    #expect(guest.wait(for: "mismatch at 480000 expected 0 found 1"))
  }
}
