import GuestPrograms
import Platform
import Testing
import X86

@Suite("Guest programs that use processors")
struct ProcessorProgramTests {
  @Test("every program assembles to the same image each time, and is found by its name")
  func images() {
    for program in GuestProgram.allCases {
      #expect(program.image == GuestProgram.named(program.rawValue))
      #expect(program.image.fault == nil)
      #expect(program.image.entry == 0x10_0000)
      #expect(program.image.bytes.count <= 32 << 10)
    }
    #expect(GuestProgram.named("NOSUCH") == nil)
  }

  @Test("SPIN uses all of its time on all processors and publishes its work")
  func spin() throws {
    let guest = try GuestHarness(.spin, processors: 2)
    guest.advance(milliseconds: 500)
    #expect(guest.counter(.processors) == 2)
    #expect(guest.busy > 990_000_000)
    // Three instructions a turn: 5,000,000 cycles a processor are at most 1,666,666 turns.
    #expect((1_500_000...1_666_666).contains(guest.work(of: 0)))
    #expect((1_500_000...1_666_666).contains(guest.work(of: 1)))
    #expect(guest.machine.publishedWork > 2_000_000)
    #expect(guest.counter(.work) == guest.machine.publishedWork)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.counter(.strayInterrupts) == 0)
  }

  @Test("SPIN takes a processor that is offered, gives it back, and goes on", arguments: 1...2)
  func spinProcessors(initial: Int) throws {
    let guest = try GuestHarness(.spin, processors: initial)
    guest.advance(milliseconds: 20)
    for round in 1...10 {
      guest.machine.offerProcessor(initial)
      #expect(guest.advance { guest.counter(.processors) == UInt64(initial + 1) }, "on \(round)")
      let before = guest.work(of: UInt64(initial))
      guest.advance(milliseconds: 10)
      #expect(guest.work(of: UInt64(initial)) > before)
      guest.machine.recallProcessor(initial)
      #expect(guest.advance { guest.accepted.count == 2 * round }, "off \(round)")
      #expect(guest.counter(.processors) == UInt64(initial))
      #expect(!guest.machine.isProcessorPresent(initial))
    }
    #expect(guest.refused.isEmpty)
    #expect(guest.events.isEmpty)
  }

  @Test("SPIN refuses to give processor 0 and the storage of its image, and gives the rest")
  func refusals() throws {
    let guest = try GuestHarness(.spin)
    guest.advance(milliseconds: 20)
    guest.machine.recallProcessor(0)
    guest.machine.recallStorage(0x10_0000..<0x20_0000)
    guest.machine.recallStorage(0x30_0000..<0x40_0000)
    guest.advance(milliseconds: 20)
    #expect(guest.refused == [.processorRecalled(0), .storageRecalled(0x10_0000..<0x20_0000)])
    #expect(guest.accepted == [.storageRecalled(0x30_0000..<0x40_0000)])
    #expect(guest.counter(.storage) == 3 << 20)
  }

  @Test("every program powers off when it is asked to shut down", arguments: GuestProgram.allCases)
  func shutdown(program: GuestProgram) throws {
    let guest = try GuestHarness(program, blockCount: 1024)
    guest.advance(milliseconds: 300)
    #expect(guest.machine.signalShutdown())
    #expect(guest.advance { guest.events == [.powerOff] })
    #expect(guest.console.contains("shutting down"))
  }

  @Test(
    "PULSE uses the share of its processors that PARM says",
    arguments: [
      ("", 1, 5), ("20", 1, 20), ("50 10", 2, 50), ("100", 1, 100), ("0", 1, 0),
      ("30 10 STEADY", 2, 30), ("0 10000 STEADY", 2, 0),
    ] as [(String, Int, UInt64)])
  func pulse(parameter: String, processors: Int, percent: UInt64) throws {
    let guest = try GuestHarness(.pulse, parameter: parameter, processors: processors)
    guest.advance(milliseconds: 1000)
    let wanted = percent * 10_000_000 * UInt64(processors)
    #expect(guest.busy + 15_000_000 >= wanted)
    #expect(guest.busy <= wanted + 30_000_000)
    #expect(guest.counter(.errors) == 0)
    #expect(guest.events.isEmpty)
  }

  @Test("PULSE does later what was stolen when PARM says STEADY", arguments: ["", "STEADY"])
  func steadyPulse(word: String) throws {
    let guest = try GuestHarness(.pulse, parameter: "20 10 \(word)")
    guest.advance(milliseconds: 100)
    let before = guest.busy
    // While it works, and while it waits.
    for milliseconds in [4, 7, 89] {
      guest.machine.addSteal(processor: 0, nanoseconds: 15_000_000)
      guest.advance(milliseconds: UInt64(milliseconds))
    }
    guest.advance(milliseconds: 900)
    // A fifth of a second, and three times what was stolen.
    let wanted: UInt64 = word.isEmpty ? 200_000_000 : 245_000_000
    #expect(guest.busy - before + 1_000_000 >= wanted)
    #expect(guest.busy - before <= wanted + 4_000_000)
  }

  @Test("PULSE gives a waiting processor back")
  func pulseProcessors() throws {
    let guest = try GuestHarness(.pulse)
    guest.advance(milliseconds: 250)
    guest.machine.offerProcessor(1)
    #expect(guest.advance { guest.work(of: 1) > 0 })
    guest.machine.recallProcessor(1)
    #expect(guest.advance { guest.accepted.count == 2 })
    #expect(guest.counter(.processors) == 1)
  }
}
