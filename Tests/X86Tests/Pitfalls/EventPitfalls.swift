import Testing

@testable import X86

/// Groups 23 to 26 and 28 of the processor pitfalls; the oracle is the Intel SDM volume 3, chapters
/// "Interrupt and Exception Handling", "Debug" and "Task Management".
@Suite("Pitfalls of events") struct EventPitfalls {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  /// A 64-bit machine with an interrupt waiting.
  private static func interrupted(flags: UInt64) throws -> Machine {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rax] = UInt64(Selector.data)
    machine.processor.flags = flags
    machine.platform.pointee.pendingVectors = [0x50]
    return machine
  }

  // MARK: 23, shadows

  @Test("23: STI with IF clear protects one instruction, STI with IF set none")
  func shadowOfSTI() throws {
    let off = try Self.interrupted(flags: 2)
    off.processor.interruptRequested = true
    off.run([0xFB, 0x90, 0x90])
    #expect(off.stack(1) == [Machine.code + 2])
    let on = try Self.interrupted(flags: 2)
    on.run([0xFB, 0x90, 0xFB, 0x90], instructions: 2)
    on.processor.interruptRequested = true
    on.run()
    #expect(on.stack(1) == [Machine.code + 2])
  }

  @Test("23: of several MOV SS in a row only the first protects")
  func shadowsDoNotAdd() throws {
    let machine = try Self.interrupted(flags: 0x202)
    // mov ss, ax three times
    machine.run([0x8E, 0xD0, 0x8E, 0xD0, 0x8E, 0xD0, 0x90], instructions: 1)
    machine.processor.interruptRequested = true
    machine.run()
    #expect(machine.vector == 0x50)
    #expect(machine.stack(1) == [Machine.code + 4])
  }

  @Test("23: STI; HLT does not lose the interrupt, wherever the slice is cut", arguments: 1...3)
  func haltAfterSTI(slice: Int) throws {
    let machine = try Self.interrupted(flags: 2)
    machine.processor.interruptRequested = true
    machine.run([0xFB, 0xF4], instructions: slice)
    for _ in 0..<4 { machine.run(instructions: slice) }
    #expect(machine.vector == 0x50)
    #expect(machine.stack(1) == [Machine.code + 2])
  }

  @Test("23: NMI waits for the instruction after MOV SS")
  func shadowOfNMI() throws {
    let machine = try Self.interrupted(flags: 2)
    machine.run([0x8E, 0xD0, 0x90, 0x90], instructions: 1)
    machine.processor.requestNonMaskable()
    machine.run()
    #expect(machine.vector == 2)
    #expect(machine.stack(1) == [Machine.code + 3])
  }

  @Test("23: a #DB pending across MOV SS; SYSCALL is raised in the supervisor")
  func debugAcrossSystemCall() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store([UInt8(Selector.userData), 0], at: Machine.data)
    machine.processor.system.debugAddresses[0] = Machine.data
    machine.processor[.rax] = 0x3_0402
    machine.run([0x0F, 0x23, 0xF8], instructions: 1)
    let user = machine
    user.enterLongMode(privilege: 3)
    user.processor.system.star = UInt64(Selector.code64) << 32
    user.processor.system.longStar = Machine.handlers + 0x70
    user.processor[.rbx] = Machine.data
    user.run([0x8E, 0x13, 0x0F, 0x05])
    #expect(user.vector == 1)
    #expect(user.stack(2) == [Machine.handlers + 0x70, UInt64(Selector.code64)])
  }

  // MARK: 24, single step

  @Test("24: the POPF that sets TF does not trap, the next instruction does; DR6.BS is set")
  func trapAfterPOPF() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([0x68, 0x02, 0x01, 0, 0, 0x9D, 0x90, 0x90])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 7])
    #expect(machine.processor.system.debugStatus & 0xE00F == 0x4000)
    #expect(machine.processor.flags & Flag.trap == 0)
    #expect(machine.stack(3)[2] & Flag.trap != 0)
  }

  @Test("24: the POPF that clears TF still traps")
  func trapOfClearingPOPF() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rsp] = Machine.stackTop - 8
    machine.store64(2, at: Machine.stackTop - 8)
    machine.processor.flags = Flag.trap | 2
    machine.run([0x9D, 0x90])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 1])
  }

  @Test("24: IRET into TF traps after the first instruction of the interrupted code")
  func trapAfterIRET() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let frame: [UInt64] = [
      0x12000, UInt64(Selector.code64), 0x102, 0x25000, UInt64(Selector.data),
    ]
    machine.processor[.rsp] = 0x1F000
    for (index, word) in frame.enumerated() {
      machine.store64(word, at: 0x1F000 + UInt64(index) * 8)
    }
    machine.store([0x90, 0x90], at: 0x12000)
    machine.run([0x48, 0xCF])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [0x12001])
  }

  @Test("24: INT n clears TF: its handler is not stepped")
  func softwareInterruptClearsTrap() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.flags = Flag.trap | 2
    machine.run([0xCD, 0x40])
    #expect(machine.vector == 0x40)
    #expect(machine.stack(3)[2] & Flag.trap != 0)
  }

  @Test("24: a repeated string is stepped by element; the STI shadow does not hold back #DB")
  func trapOfElements() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rdi] = Machine.data
    machine.processor[.rcx] = 3
    machine.processor.flags = Flag.trap | 2
    machine.run([0xF3, 0xAA])
    #expect(machine.vector == 1)
    #expect(machine.processor[.rcx] == 2)
    #expect(machine.stack(1) == [Machine.code])
    let shadow = try Machine()
    shadow.enterLongMode()
    shadow.processor.flags = Flag.trap | 2
    shadow.run([0xFB, 0x90])
    #expect(shadow.vector == 1)
    #expect(shadow.stack(1) == [Machine.code + 1])
  }

  // MARK: 25, breakpoints

  @Test("25: RF suppresses one instruction breakpoint; a data breakpoint is a trap")
  func resumeFlag() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.system.debugAddresses[1] = 0x12000
    machine.processor[.rax] = 0x408
    machine.run([0x0F, 0x23, 0xF8], instructions: 1)
    let frame: [UInt64] = [
      0x12000, UInt64(Selector.code64), 0x1_0002, 0x25000, UInt64(Selector.data),
    ]
    machine.processor[.rsp] = 0x1F000
    for (index, word) in frame.enumerated() {
      machine.store64(word, at: 0x1F000 + UInt64(index) * 8)
    }
    // nop; jmp to itself: met at the second time
    machine.store([0x90, 0xEB, 0xFD], at: 0x12000)
    machine.processor[.rdx] = 0
    machine.run([0x48, 0xCF], instructions: 3)
    #expect(machine.processor.instructionPointer == 0x12000)
    machine.run()
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [0x12000])
    #expect(machine.processor.system.debugStatus & 0xF == 2)
  }

  // MARK: 26, double faults

  /// First exception by code, second by what its handler's gate lacks.
  struct Pair: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: [UInt8]
    var first: UInt8
    var isMissing = false
    var vector: Int
  }

  static let pairs: [Pair] = [
    Pair(
      testDescription: "#UD, #NP: one after the other", code: [0x0F, 0x0B], first: 6, vector: 11),
    Pair(testDescription: "#DE, #NP: #DF", code: [0xF7, 0xF1], first: 0, vector: 8),
    Pair(testDescription: "#GP, #NP: #DF", code: [0x0F, 0x32], first: 13, vector: 8),
    Pair(testDescription: "#PF, #NP: #DF", code: [0x8B, 0x03], first: 14, vector: 8),
    Pair(
      testDescription: "#PF, #PF: #DF", code: [0x8B, 0x03], first: 14, isMissing: true, vector: 8),
    Pair(
      testDescription: "#DE, #PF: one after the other", code: [0xF7, 0xF1], first: 0,
      isMissing: true, vector: 14),
    Pair(testDescription: "INT n, #NP: #NP", code: [0xCD, 0x40], first: 0x40, vector: 11),
  ]

  @Test("26: the table of double faults", arguments: pairs)
  func doubleFaults(row: Pair) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setMissing(Machine.data)
    machine.processor[.rbx] = Machine.data
    machine.processor[.rcx] = row.code == [0x0F, 0x32] ? 0xFFFF : 0
    if row.isMissing {
      // The first gate of a page that is missing, or the last one of it; the others are mapped.
      let isPageFault = row.first == 14
      let base: UInt64 = isPageFault ? 0x120000 - 14 * 16 : 0x11FFF0
      for offset in stride(from: UInt64(0), to: 0x200, by: 8) {
        machine.store64(machine.load64(Machine.interruptTable + offset), at: base + offset)
      }
      machine.processor.setInterruptDescriptorTable(base: base, limit: 0x1FF)
      machine.setMissing(isPageFault ? 0x120000 : 0x11F000)
    } else {
      machine.setLongGate(row.first, present: false)
    }
    machine.run(row.code)
    #expect(machine.vector == row.vector)
  }

  @Test("26: error codes have IDT and EXT; INT n has no EXT")
  func errorCodeBits() throws {
    for (code, first, error) in [
      ([UInt8](arrayLiteral: 0x0F, 0x0B), UInt8(6), UInt64(6 * 8 + 3)),
      ([0xCD, 0x40], 0x40, 0x40 * 8 + 2),
    ] {
      let machine = try Machine()
      machine.enterLongMode()
      machine.setLongGate(first, present: false)
      machine.run(code)
      #expect(machine.vector == 11)
      #expect(machine.stack(1) == [error])
    }
  }

  @Test("26: a selector of the local table has TI in its error code")
  func tableIndicator() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor[.rax] = 0x0F
    machine.run([0x8E, 0xD8])
    #expect(machine.vector == 13)
    #expect(machine.stack32(1) == [0x0C])
  }

  // MARK: 28, tasks

  @Test(
    "28: JMP moves the busy bit, CALL sets NT and the link, CR0.TS is set; faults are the new task's"
  )
  func taskSwitch() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.setDescriptor(Selector.task, 0x0000_8B00_3000_0067)
    machine.setDescriptor(0x88, 0x0000_8900_3800_0067)
    machine.setDescriptor(0xA8, 0x00CF_7300_0000_FFFF)
    let fields: [(UInt64, UInt32)] = [
      (0x20, 0x12000), (0x24, 2), (0x38, 0x22000), (0x4C, 0x23), (0x50, 0x2B), (0x54, 0xAB),
      (4, 0x34000), (8, 0x18),
    ]
    for (offset, value) in fields { #expect(machine.memory.store(value, at: 0x3800 + offset)) }
    machine.run([0x9A, 0, 0, 0, 0, 0x88, 0])
    // DS names data that is not present.
    #expect(machine.vector == 11)
    #expect(machine.stack32(3) == [0xA8, 0x12000, 0x23])
    #expect(machine.stack32(4)[3] & 0x4000 != 0)
    #expect(machine.load16(0x3800) == Selector.task)
    #expect(machine.load64(Machine.globalTable + 0x88) >> 40 & 0xF == 11)
    #expect(machine.load64(Machine.globalTable + UInt64(Selector.task)) >> 40 & 0xF == 11)
    #expect(machine.processor.cr0 & 8 != 0)
  }
}
