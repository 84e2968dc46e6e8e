import Testing

@testable import X86

/// What coverage-guided fuzzing (Tests/Fuzz) has found, as the instructions that it comes down to.
@Suite struct FuzzCaseTests {
  private typealias Machine = SystemTestMachine

  /// Oracle: Intel SDM volume 3, "Real-Address Mode": an instruction's address is CS base + IP.
  @Test func sameOffsetOfAnotherCodeSegmentIsOtherCode() throws {
    let machine = try Machine()
    let processor = machine.processor
    processor.reset()
    machine.store([0x43, 0xEA, 0x00, 0x00, 0x00, 0x20], at: 0x1_0000)  // inc bx; jmp 2000:0000
    machine.store([0x41, 0xF4], at: 0x2_0000)  // inc cx; hlt
    processor.setSegment(
      .cs, selector: 0x1000, base: 0x1_0000, limit: 0xFFFF, attributes: SegmentAttribute.realMode)
    processor.instructionPointer = 0
    machine.run(instructions: 100)
    #expect(processor.activity == .halted)
    #expect(processor[.rbx] == 1)
    #expect(processor[.rcx] == 1)
  }

  /// Oracle: Intel SDM volume 3, "Self-Modifying Code": a processor's own store is seen by its fetches.
  @Test(arguments: [100, 3, 2, 1])
  func storeToTheNextInstructionIsSeen(slice: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    // mov byte [rip], 0F4h, which makes the NOP behind it a HLT; inc ecx; hlt
    machine.store([0xC6, 0x05, 0, 0, 0, 0, 0xF4, 0x90, 0xFF, 0xC1, 0xF4], at: Machine.code)
    processor[.rcx] = 0
    for _ in 0..<(100 / slice) where processor.activity == .running {
      machine.run(instructions: slice)
    }
    #expect(processor.activity == .halted)
    #expect(processor[.rcx] == 0)
    #expect(processor.instructionPointer == Machine.code + 8)
  }

  /// Oracle: Intel SDM volume 1, "Handling x87 FPU Exceptions in Software", MS-DOS compatibility mode:
  /// while IGNNE# is asserted, waiting instructions run although an unmasked exception is pending.
  @Test func ignoredErrorDoesNotReachTheHost() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    machine.store([0x7E, 0x03], at: Machine.data)
    // fninit; fldz; fldz; fdivp; fld1; fldcw [data], which unmasks the invalid operation; hlt
    machine.run([
      0xDB, 0xE3, 0xD9, 0xEE, 0xD9, 0xEE, 0xDE, 0xF9, 0xD9, 0xE8, 0xD9, 0x2C, 0x25, 0x00, 0x00,
      0x10, 0x00, 0xF4,
    ])
    FloatingPointUnit(processor.state).ignoresErrors = true
    // fistp word [data+16]; fnstsw ax; hlt
    machine.run([0xDF, 0x1C, 0x25, 0x10, 0x00, 0x10, 0x00, 0xDF, 0xE0, 0xF4])
    #expect(processor.activity == .halted)
    #expect(machine.load16(Machine.data + 16) == 1)
    #expect(processor[.rax] & 0x81 == 0x81)
  }

  /// Oracle: the same code run one element at a time, which fetches it again after each, as an
  /// interrupt between two elements has it (Intel SDM volume 2, "REP").
  @Test(
    "a REP that writes over itself goes on alike however slices cut it",
    arguments: [0xA4, 0xA5, 0xAA, 0xAB] as [UInt8], [false, true])
  func repeatedWriteOverItself(opcode: UInt8, isDown: Bool) throws {
    for start in stride(from: -12, through: 12, by: 1) {
      for place in [Machine.code, Machine.code + 0xFFF] {
        let outcomes = try [1000, 7, 3, 1].map {
          try self.outcome(opcode, isDown, place, Int(place) + start, slice: $0)
        }
        #expect(Set(outcomes).count == 1, "\(start) \(outcomes)")
      }
    }
  }

  /// REP STOS or MOVS with INC EAX's bytes onto code that is full of HLT.
  private func outcome(
    _ opcode: UInt8, _ isDown: Bool, _ place: UInt64, _ target: Int, slice: Int
  ) throws -> [UInt64] {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    machine.store([UInt8](repeating: 0xF4, count: 256), at: Machine.code + 0xF80)
    machine.store([UInt8](repeating: 0xF4, count: 128), at: Machine.code)
    machine.store([0xF3, opcode], at: place)
    machine.store([UInt8](repeating: 0x90, count: 512), at: Machine.data)
    processor[.rax] = 0x9090_9090
    processor[.rcx] = 20
    processor[.rsi] = Machine.data + 256
    processor[.rdi] = UInt64(isDown ? target + 8 : target)
    processor.flags = isDown ? 0x402 : 2
    processor.instructionPointer = place
    processor.activity = .running
    for _ in 0..<200 where processor.activity == .running { machine.run(instructions: slice) }
    return [
      processor[.rcx], processor[.rdi], processor.instructionPointer,
      UInt64(processor.activity == .halted ? 1 : 0),
    ]
  }
}
