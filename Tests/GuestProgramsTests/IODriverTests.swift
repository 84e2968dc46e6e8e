import GuestPrograms
import Platform
import Testing
import X86

@Suite("IODRIVER")
struct IODriverTests {
  @Test("writes and verifies blocks, pass after pass")
  func passes() throws {
    let guest = try GuestHarness(.ioDriver, parameter: "0", blockCount: 64, megahertz: 100)
    guest.advance(milliseconds: 200)
    #expect(guest.counter(.released) > 16)
    #expect(guest.counter(.taken) > 16)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.counter(.strayInterrupts) == 0)
    #expect(guest.console.isEmpty)
  }

  @Test("waits without cost while the path is off line, then goes on")
  func path() throws {
    let guest = try GuestHarness(.ioDriver, parameter: "1", blockCount: 1024, megahertz: 50)
    guest.advance(milliseconds: 100)
    guest.isPathOnline = false
    guest.advance(milliseconds: 20)
    let (busy, done) = (guest.busy, guest.completedRequests)
    guest.advance(milliseconds: 500)
    #expect(guest.busy == busy)
    #expect(guest.completedRequests == done)
    guest.isPathOnline = true
    guest.advance(milliseconds: 100)
    #expect(guest.completedRequests > done + 10)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.events.isEmpty)
  }

  @Test("tells an I/O error once and repeats the request until it succeeds")
  func errors() throws {
    let guest = try GuestHarness(.ioDriver, parameter: "1", blockCount: 1024, megahertz: 50)
    guest.advance(milliseconds: 50)
    guest.failures = 3
    guest.advance(milliseconds: 600)
    #expect(guest.counter(.retried) == 3)
    #expect(guest.console.split(separator: "\r\n").count == 1)
    #expect(guest.console.contains("I/O error in block"))
    #expect(guest.counter(.errors) == 0)
  }

  @Test("finds a write that was lost, and stops in a disabled wait")
  func lostWrite() throws {
    let guest = try GuestHarness(.ioDriver, parameter: "0", blockCount: 64, megahertz: 100)
    guest.advance(milliseconds: 20)
    guest.lostWrites = 1
    #expect(guest.wait(for: "mismatch in block"))
    guest.advance(milliseconds: 10)
    #expect(guest.counter(.errors) == 1)
    guard case .disabledWait = guest.events.first else {
      Issue.record("no disabled wait but \(guest.events)")
      return
    }
  }

  @Test(
    "says that there is no device, or too small a one",
    arguments: [(0, "no block"), (4, "smaller")]
      as [(UInt64, String)])
  func noDevice(blockCount: UInt64, text: String) throws {
    let guest = try GuestHarness(.ioDriver, blockCount: blockCount)
    #expect(guest.wait(for: text))
  }
}
