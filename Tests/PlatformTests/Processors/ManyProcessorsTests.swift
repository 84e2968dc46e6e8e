import Testing
import X86

@testable import Platform

// Guests of 4, 8 and 32 processors. What must come out is the manual's promise (Intel SDM volume 3,
// chapters "Multiple-Processor Management" and "Advanced Programmable Interrupt Controller"), not a
// recorded run.

@Suite("Many processors in one partition")
struct ManyProcessorsTests {
  private static let turns: Int64 = 300
  private static let endOfInterrupt: Int64 = 0x80B
  private static let command: Int64 = 0x830
  private static let allButSelf: Int64 = 0xC_0000

  private func value(_ computer: Computer, _ address: Int32) -> UInt64? {
    computer.memory.load(UInt64(address), as: UInt64.self)
  }

  /// Runs `body` a number of times; it keeps R12.
  private func repeatTurns(_ code: inout Assembler, _ body: (inout Assembler) -> Void) {
    code.mov(.r12d, .immediate(Self.turns))
    let next = code.placedLabel()
    body(&code)
    code.dec(.r12d)
    code.jump(.notEqual, next)
  }

  /// One turn of each way to count with a locked instruction.
  private func countInEveryWay(_ code: inout Assembler) {
    code.lock()
    code.inc(.absolute(ProcessorCrew.variable(0), .qword))
    code.mov(.eax, 1)
    code.lock()
    code.xadd(.absolute(ProcessorCrew.variable(1)), .rax)
    // CMPXCHG: read, add, try.
    let again = code.placedLabel()
    code.mov(.rax, .absolute(ProcessorCrew.variable(2)))
    code.lea(.rdx, .at(.rax, 1))
    code.lock()
    code.cmpxchg(.absolute(ProcessorCrew.variable(2)), .rdx)
    code.jump(.notEqual, again)
    countByPair(&code)
    countUnderLock(&code)
  }

  /// CMPXCHG8B of a 64-bit counter; keeps RBX.
  private func countByPair(_ code: inout Assembler) {
    code.push(.rbx)
    let again = code.placedLabel()
    code.mov(.eax, .absolute(ProcessorCrew.variable(3)))
    code.mov(.edx, .absolute(ProcessorCrew.variable(3) + 4))
    code.mov(.ebx, .eax)
    code.mov(.ecx, .edx)
    code.add(.ebx, 1)
    code.adc(.ecx, 0)
    code.lock()
    code.cmpxchg8b(.absolute(ProcessorCrew.variable(3)))
    code.jump(.notEqual, again)
    code.pop(.rbx)
  }

  /// XCHG, which locks by itself, guards a counter that is read and written apart.
  private func countUnderLock(_ code: inout Assembler) {
    let taken = code.label()
    let spin = code.label()
    let attempt = code.placedLabel()
    code.mov(.eax, 1)
    code.xchg(.absolute(ProcessorCrew.variable(4)), .rax)
    code.test(.rax, .rax)
    code.jump(.equal, taken)
    code.place(spin)
    code.pause()
    code.cmp(.absolute(ProcessorCrew.variable(4), .qword), 0)
    code.jump(.notEqual, spin)
    code.jmp(attempt)
    code.place(taken)
    code.mov(.rax, .absolute(ProcessorCrew.variable(5)))
    code.inc(.rax)
    code.mov(.absolute(ProcessorCrew.variable(5)), .rax)
    code.mov(.absolute(ProcessorCrew.variable(4), .qword), 0)
  }

  @Test(
    "pitfall 37: locked instructions count exactly, whoever else counts", arguments: [4, 8, 32])
  func lockedInstructionsAreAtomic(count: Int) throws {
    let computer = try ProcessorCrew.run(count) { code in
      repeatTurns(&code) { countInEveryWay(&$0) }
    }
    for number in [0, 1, 2, 3, 5] as [Int32] {
      let found = value(computer, ProcessorCrew.variable(number))
      #expect(found == UInt64(count) * UInt64(Self.turns), "counter \(number)")
    }
  }

  @Test(
    "pitfall 37: aligned eight bytes are read whole while others write them", arguments: [4, 32])
  func alignedStoresDoNotTear(count: Int) throws {
    let computer = try ProcessorCrew.run(count) { code in
      // R13 = eight bytes of the own number; what is read must be eight equal bytes.
      code.mov(.r13, .bits(0x0101_0101_0101_0101))
      code.imul(.r13, .rbx)
      repeatTurns(&code) { code in
        code.mov(.absolute(ProcessorCrew.variable(0)), .r13)
        code.mov(.rax, .absolute(ProcessorCrew.variable(0)))
        code.mov(.rdx, .rax)
        code.rol(.rdx, 8)
        let whole = code.label()
        code.cmp(.rax, .rdx)
        code.jump(.equal, whole)
        code.lock()
        code.inc(.absolute(ProcessorCrew.variable(1), .qword))
        code.place(whole)
      }
    }
    #expect(value(computer, ProcessorCrew.variable(1)) == 0)
  }

  // MARK: Translation buffers

  /// A page at 512 GiB, whose tables lie at 0x50000; frame n is at 0x60000 + n * 0x1000 and holds n.
  private static let page: UInt64 = 0x80_0000_0000
  private static let entry: Int32 = 0x5_2000

  private func emitTables(_ code: inout Assembler) {
    for (table, next) in [(0x5_0000, 0x5_1000), (0x5_1000, 0x5_2000), (0x5_2000, 0x6_0000)] {
      code.mov(.absolute(Int32(table), .qword), .immediate(Int64(next) | 3))
    }
    for frame in 0..<2 as Range<Int32> {
      code.mov(.absolute(0x6_0000 + frame << 12, .qword), .immediate(Int64(frame)))
    }
    code.mov(.rax, .cr3)
    code.mov(.at(.rax, 8, .qword), 0x5_0003)
  }

  @Test(
    "pitfall 34: after a shootdown by interrupt nobody uses the old frame", arguments: [4, 8, 32])
  func shootdown(count: Int) throws {
    let (acknowledged, round, errors) = (
      ProcessorCrew.variable(0), ProcessorCrew.variable(1), ProcessorCrew.variable(2)
    )
    let rounds: Int64 = 20
    let computer = try ProcessorCrew.run(
      count,
      prepare: { crew in
        crew.handle(0x50) { code in
          for register: Assembler.Operand in [.rax, .rcx, .rdx] { code.push(register) }
          code.mov(.rax, .bits(Self.page))
          code.invlpg(.at(.rax))
          code.lock()
          code.inc(.absolute(acknowledged, .qword))
          ProcessorCrew.write(Self.endOfInterrupt, 0, &code)
          for register: Assembler.Operand in [.rdx, .rcx, .rax] { code.pop(register) }
        }
      },
      first: { code in
        emitTables(&code)
        // Round 1 begins with frame 0; an odd round is stable, an even one changes.
        code.mov(.absolute(round, .qword), 1)
        code.mov(.r12d, .immediate(rounds))
        let next = code.placedLabel()
        code.mov(.ecx, 2000)
        let pass = code.placedLabel()
        code.loop(pass)
        code.inc(.absolute(round, .qword))
        code.mov(.absolute(acknowledged, .qword), 0)
        code.xor(.absolute(Self.entry, .qword), 0x1000)
        code.mov(.rsi, .bits(Self.page))
        code.invlpg(.at(.rsi))
        ProcessorCrew.write(Self.command, Self.allButSelf | 0x50, &code)
        ProcessorCrew.wait(acknowledged, .immediate(Int64(count - 1)), &code)
        code.inc(.absolute(round, .qword))
        code.dec(.r12d)
        code.jump(.notEqual, next)
        code.mov(.absolute(round, .qword), 0x1001)
      },
      body: { code in
        // Expected: frame = (round >> 1) & 1, whenever the same odd round stands before and after.
        code.sti()
        code.mov(.rsi, .bits(Self.page))
        let end = code.label()
        let next = code.placedLabel()
        code.mov(.rax, .absolute(round))
        code.cmp(.rax, 0x1001)
        code.jump(.equal, end)
        code.test(.al, 1)
        code.jump(.equal, next)
        code.mov(.rdx, .at(.rsi))
        code.cmp(.rax, .absolute(round))
        code.jump(.notEqual, next)
        code.inc(.at(nil, index: .rbx, scale: 8, ProcessorCrew.own, .qword))
        code.shr(.rax, 1)
        code.and(.eax, 1)
        code.cmp(.rax, .rdx)
        code.jump(.equal, next)
        code.lock()
        code.inc(.absolute(errors, .qword))
        code.jmp(next)
        code.place(end)
      })
    #expect(value(computer, errors) == 0)
    for number in 1..<Int32(count) {
      let looked = try #require(value(computer, ProcessorCrew.own + 8 * number))
      #expect(looked > UInt64(rounds), "processor \(number)")
    }
  }

  // MARK: Start and stop

  @Test("INIT stops a running processor and a start-up message starts it, again and again")
  func startAndStop() throws {
    let (starts, turns, errors) = (
      ProcessorCrew.variable(0), ProcessorCrew.variable(1), ProcessorCrew.variable(2)
    )
    let computer = try ProcessorCrew.run(
      4,
      first: { code in
        code.mov(.r12d, 20)
        let next = code.placedLabel()
        ProcessorCrew.wait(starts, .r12, &code)
        ProcessorCrew.write(Self.command, 0x4500, high: 3, &code)
        code.mov(.r13, .absolute(turns))
        code.mov(.ecx, 5000)
        let pass = code.placedLabel()
        code.loop(pass)
        let still = code.label()
        code.cmp(.r13, .absolute(turns))
        code.jump(.equal, still)
        code.inc(.absolute(errors, .qword))
        code.place(still)
        code.dec(.r12d)
        // Two messages start it once.
        for _ in 0..<2 {
          ProcessorCrew.write(
            Self.command, 0x4600 | Int64(ProcessorCrew.trampoline >> 12), high: 3, &code)
        }
        code.test(.r12d, .r12d)
        code.jump(.notEqual, next)
        ProcessorCrew.wait(starts, 0, &code)
      },
      body: { code in
        let others = code.label()
        let last = code.label()
        code.cmp(.ebx, 3)
        code.jump(.notEqual, others)
        // Processor 3: each start counts down from 20; the last one ends.
        let counted = code.label()
        code.cmp(.absolute(ProcessorCrew.variable(3), .qword), 0)
        code.jump(.notEqual, counted)
        code.mov(.absolute(starts, .qword), 21)
        code.mov(.absolute(ProcessorCrew.variable(3), .qword), 1)
        code.place(counted)
        code.dec(.absolute(starts, .qword))
        code.jump(.equal, last)
        let spin = code.placedLabel()
        code.inc(.absolute(turns, .qword))
        code.jmp(spin)
        code.place(last)
        code.place(others)
      })
    #expect(value(computer, errors) == 0)
    #expect(value(computer, starts) == 0)
  }

  @Test("a broadcast NMI wakes processors that halted with interrupts off", arguments: [4, 32])
  func nonMaskableBroadcast(count: Int) throws {
    let (served, ready) = (ProcessorCrew.variable(0), ProcessorCrew.variable(1))
    let computer = try ProcessorCrew.run(
      count,
      prepare: { crew in
        crew.handle(2) { code in
          code.lock()
          code.inc(.absolute(served, .qword))
        }
      },
      first: { code in
        ProcessorCrew.wait(ready, .immediate(Int64(count - 1)), &code)
        code.mov(.ecx, 2000)
        let pass = code.placedLabel()
        code.loop(pass)
        ProcessorCrew.write(Self.command, Self.allButSelf | 0x4400, &code)
        ProcessorCrew.wait(served, .immediate(Int64(count - 1)), &code)
      },
      body: { code in
        code.cli()
        code.lock()
        code.inc(.absolute(ready, .qword))
        code.hlt()
      })
    #expect(value(computer, served) == UInt64(count - 1))
  }

  @Test("one NMI is kept while another is served, and HLT in its handler is not ended by it")
  func nonMaskableIsBlocked() throws {
    // SDM volume 3, "Handling Multiple NMIs": blocked until IRET; one is held pending.
    let (served, go) = (ProcessorCrew.variable(0), ProcessorCrew.variable(1))
    let computer = try ProcessorCrew.run(
      2,
      prepare: { crew in
        crew.handle(2) { code in
          code.inc(.absolute(served, .qword))
          ProcessorCrew.wait(go, 1, &code)
        }
      },
      first: { code in
        for sent in 1...3 as ClosedRange<Int64> {
          ProcessorCrew.write(Self.command, 0x4400, high: 1, &code)
          if sent == 1 { ProcessorCrew.wait(served, 1, &code) }
          code.mov(.ecx, 2000)
          let pass = code.placedLabel()
          code.loop(pass)
        }
        code.mov(.rax, .absolute(served))
        code.mov(.absolute(ProcessorCrew.variable(2)), .rax)
        code.mov(.absolute(go, .qword), 1)
      },
      body: { code in
        ProcessorCrew.wait(served, 2, &code)
        code.mov(.ecx, 5000)
        let pass = code.placedLabel()
        code.loop(pass)
      })
    #expect(value(computer, ProcessorCrew.variable(2)) == 1)
    #expect(value(computer, served) == 2)
  }

  // MARK: Spinning

  @Test("a lock that all but one spin for costs each a few instructions a slice")
  func spinnersCostLittle() throws {
    let computer = try ProcessorCrew.run(
      32,
      first: { code in
        // A millisecond of work while 31 others wait.
        code.mov(.ecx, 500_000)
        let pass = code.placedLabel()
        code.dec(.ecx)
        code.jump(.notEqual, pass)
        code.mov(.absolute(ProcessorCrew.variable(0), .qword), 1)
      },
      body: { code in ProcessorCrew.wait(ProcessorCrew.variable(0), 1, &code) })
    // Without pauses each spins for about a million instructions.
    for processor in computer.processors.dropFirst() {
      #expect(processor.instructionsRetired < 20_000, "processor \(processor.number)")
    }
  }

  @Test("the same guest has the same history", arguments: [4, 32])
  func sameHistory(count: Int) throws {
    let digests = try (0..<2).map { _ in
      let computer = try ProcessorCrew.run(count) { code in
        repeatTurns(&code) { countUnderLock(&$0) }
      }
      var digest = HistoryDigest()
      computer.mix(into: &digest)
      return digest
    }
    #expect(digests[0] == digests[1])
  }
}
