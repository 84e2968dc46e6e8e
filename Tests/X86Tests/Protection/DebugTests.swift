import Testing

@testable import X86

/// Breakpoints, single step and debug registers; the oracle is the Intel SDM volume 3, chapter
/// "Debug, Branch Profile, TSC...", sections on debug registers and debug exceptions.
@Suite("Debug exceptions") struct DebugTests {
  private typealias Machine = SystemTestMachine

  private static let resume: UInt64 = 1 << 16
  private static let trap: UInt64 = 1 << 8

  /// A 64-bit machine with breakpoint 0 set as the low bits of DR7 and its control field say.
  private static func machine(
    address: UInt64, control: UInt64, enable: UInt64 = 2
  ) throws -> Machine {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.cr4 |= ControlRegister4.debuggingExtensions
    machine.processor[.rax] = address
    machine.processor[.rcx] = control << 16 | enable
    machine.run([0x0F, 0x23, 0xC0, 0x0F, 0x23, 0xF9], instructions: 2)
    machine.processor[.rbx] = Machine.data
    machine.processor[.rdi] = Machine.data
    machine.processor[.rsi] = Machine.data + 0x100
    return machine
  }

  private static func status(_ machine: Machine) -> UInt64 {
    machine.processor.system.debugStatus & 0xE00F
  }

  // MARK: Instructions

  @Test(arguments: [UInt64(1), 2, 3]) func anInstructionBreakpointIsAFault(
    enable: UInt64
  ) throws {
    let machine = try Self.machine(address: Machine.code + 1, control: 0, enable: enable)
    machine.run([0x90, 0xFF, 0xC2, 0xF4])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 1])
    // RF is clear in the image: the handler sets it.
    #expect(machine.stack(3)[2] & Self.resume == 0)
    #expect(machine.processor[.rdx] & 0xFF == UInt64(Identification.signature) & 0xFF)
    #expect(Self.status(machine) == 1)
  }

  @Test func aDisabledBreakpointIsNone() throws {
    let machine = try Self.machine(address: Machine.code + 1, control: 0, enable: 0x300)
    machine.run([0x90, 0x90, 0x0F, 0x0B])
    #expect(machine.vector == 6)
  }

  @Test func theHandlersResumeFlagSkipsItOnce() throws {
    let machine = try Self.machine(address: Machine.code + 1, control: 0)
    // The handler counts in R8 and sets RF in its frame: inc r8; or byte [rsp+18], 1; iretq
    machine.store(
      [0x49, 0xFF, 0xC0, 0x80, 0x4C, 0x24, 0x12, 0x01, 0x48, 0xCF], at: Machine.handlers + 16)
    // nop; dec ecx (breakpoint); jnz to it; ud2
    machine.processor[.rcx] = 3
    machine.run([0x90, 0xFF, 0xC9, 0x75, 0xFC, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor[.r8] == 3)
    #expect(machine.processor[.rcx] == 0)
  }

  @Test func aRepeatedStringMeetsItOnce() throws {
    let machine = try Self.machine(address: Machine.code, control: 0)
    machine.store(
      [0x49, 0xFF, 0xC0, 0x80, 0x4C, 0x24, 0x12, 0x01, 0x48, 0xCF], at: Machine.handlers + 16)
    machine.processor[.rcx] = 5
    machine.run([0xF3, 0xAA, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor[.r8] == 1)
    #expect(machine.processor[.rcx] == 0)
  }

  // MARK: Data

  struct DataRow: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: [UInt8]
    /// R/W and LEN of breakpoint 0, at data + 4 or `offset`.
    var control: UInt64
    var offset: UInt64 = 4
    var isMet: Bool
    /// Bytes of the instruction that traps.
    var length: UInt64 = 0
  }

  static let dataRows: [DataRow] = [
    DataRow(testDescription: "write", code: [0x89, 0x43, 4], control: 1, isMet: true, length: 3),
    DataRow(testDescription: "read, writes only", code: [0x8B, 0x43, 4], control: 1, isMet: false),
    DataRow(testDescription: "read", code: [0x8B, 0x43, 4], control: 3, isMet: true, length: 3),
    DataRow(testDescription: "before", code: [0x89, 0x03], control: 3, isMet: false),
    DataRow(
      testDescription: "last byte of the access", code: [0x89, 0x43, 1], control: 1, isMet: true,
      length: 3),
    DataRow(
      testDescription: "inside 4 bytes", code: [0x88, 0x43, 7], control: 0xD, isMet: true,
      length: 3),
    DataRow(testDescription: "after 4 bytes", code: [0x88, 0x43, 8], control: 0xD, isMet: false),
    DataRow(
      testDescription: "4 bytes are aligned", code: [0x88, 0x43, 4], control: 0xD, offset: 6,
      isMet: true, length: 3),
    DataRow(
      testDescription: "8 bytes", code: [0x88, 0x43, 7], control: 9, offset: 0, isMet: true,
      length: 3),
    DataRow(
      testDescription: "read-modify-write", code: [0xFF, 0x43, 4], control: 1, isMet: true,
      length: 3),
    DataRow(
      testDescription: "MOVUPS", code: [0x0F, 0x10, 0x03], control: 3, isMet: true, length: 3),
    DataRow(
      testDescription: "FXSAVE", code: [0x0F, 0xAE, 0x03], control: 1, isMet: true, length: 3),
    DataRow(testDescription: "LEA", code: [0x8D, 0x43, 4], control: 3, isMet: false),
    DataRow(
      testDescription: "PUSH", code: [0x54], control: 1,
      offset: Machine.stackTop &- 8 &- Machine.data, isMet: true, length: 1),
  ]

  @Test(arguments: dataRows) func aDataBreakpointIsATrap(row: DataRow) throws {
    let machine = try Self.machine(address: Machine.data &+ row.offset, control: row.control)
    machine.processor.cr4 |= ControlRegister4.fxSave
    machine.run(row.code + [0x0F, 0x0B])
    #expect(machine.vector == (row.isMet ? 1 : 6))
    guard row.isMet else { return }
    #expect(machine.stack(1) == [Machine.code + row.length])
    #expect(Self.status(machine) == 1)
  }

  @Test func aRepeatedStringTrapsAfterItsElement() throws {
    let machine = try Self.machine(address: Machine.data + 2, control: 1)
    machine.processor[.rcx] = 5
    machine.run([0xF3, 0xAA, 0x0F, 0x0B])
    #expect(machine.vector == 1)
    #expect(machine.processor[.rcx] == 2)
    #expect(machine.stack(1) == [Machine.code])
    // Not the last element: RF is set in the image, so that the string goes on.
    #expect(machine.stack(3)[2] & Self.resume != 0)
  }

  @Test func aFaultingInstructionDoesNotTrap() throws {
    let machine = try Self.machine(address: Machine.data + 0xFFF, control: 1)
    machine.setMissing(Machine.data + 0x1000)
    machine.run([0x89, 0x83, 0xFE, 0x0F, 0, 0])
    #expect(machine.vector == 14)
    #expect(Self.status(machine) == 0)
  }

  // MARK: Ports

  @Test(arguments: [
    ([UInt8](arrayLiteral: 0xE4, 0x61), true), ([0xE5, 0x60], true), ([0xE4, 0x62], false),
  ])
  func aPortBreakpointIsATrap(code: [UInt8], isMet: Bool) throws {
    let machine = try Self.machine(address: 0x61, control: 2)
    machine.run(code + [0x0F, 0x0B])
    #expect(machine.vector == (isMet ? 1 : 6))
    if isMet { #expect(machine.stack(1) == [Machine.code + 2]) }
  }

  @Test func withoutDebuggingExtensionsThereAreNone() throws {
    let machine = try Self.machine(address: 0x61, control: 2)
    machine.processor.cr4 &= ~ControlRegister4.debuggingExtensions
    machine.run([0xE4, 0x61, 0x0F, 0x0B])
    #expect(machine.vector == 6)
  }

  // MARK: Registers

  @Test func generalDetectGuardsTheRegistersOnce() throws {
    let machine = try Self.machine(address: 0, control: 0, enable: 0x2000)
    machine.run([0x90, 0x0F, 0x21, 0xC0])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 1])
    #expect(Self.status(machine) == 0x2000)
    #expect(machine.processor.system.debugControl == 0x400)
  }

  @Test func registers4And5AreAliasesWithoutDebuggingExtensions() throws {
    let machine = try Self.machine(address: 0, control: 0)
    machine.run([0x0F, 0x21, 0xE0])
    #expect(machine.vector == 6)
    machine.processor.cr4 &= ~ControlRegister4.debuggingExtensions
    machine.processor[.rdx] = 0
    machine.run([0x0F, 0x21, 0xE2, 0x0F, 0x21, 0xE9, 0x0F, 0x0B])
    #expect(machine.processor[.rdx] == 0xFFFF_0FF0)
    #expect(machine.processor[.rcx] == 0x402)
  }

  @Test(arguments: [UInt8(0xF0), 0xF8]) func upperHalvesAreReserved(modRM: UInt8) throws {
    let machine = try Self.machine(address: 0, control: 0, enable: 0)
    machine.processor[.rax] = 1 << 32
    machine.run([0x0F, 0x23, modRM])
    #expect(machine.vector == 13)
  }

  // MARK: Single step

  @Test func aTrapOfAnInstructionThatMeetsABreakpointSaysBoth() throws {
    let machine = try Self.machine(address: Machine.data, control: 1)
    machine.processor.flags = Self.trap
    machine.run([0x89, 0x03, 0x0F, 0x0B])
    #expect(machine.vector == 1)
    #expect(Self.status(machine) == 0x4001)
  }

  @Test func haltingUnderSingleStepTraps() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.flags = Self.trap
    machine.run([0xF4, 0x90])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 1])
  }

  @Test func aTrapHasPriorityOverInterruptsAndThoseOverBreakpoints() throws {
    let machine = try Self.machine(address: Machine.code + 1, control: 0)
    machine.processor.flags = Self.trap | 0x200
    machine.platform.pointee.pendingVectors = [0x50]
    machine.store([0x90], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.processor.system.debugStatus = 0xFFFF_0FF0
    machine.run([0x90, 0x90], instructions: 1)
    machine.processor.interruptRequested = true
    machine.run(instructions: 100)
    #expect(machine.vector == 1)
    // The trap of the first instruction, not the fault of the second.
    #expect(Self.status(machine) == 0x4000)
  }

  // MARK: Shadows

  @Test func aBreakpointOfMOVSSIsHeldUntilAfterTheNextInstruction() throws {
    let machine = try Self.machine(address: Machine.data, control: 3)
    machine.store([UInt8(Machine.Selector.data), 0], at: Machine.data)
    // mov ss, [rbx]; inc edx; inc edx
    machine.processor[.rdx] = 0
    machine.run([0x8E, 0x13, 0xFF, 0xC2, 0xFF, 0xC2])
    #expect(machine.vector == 1)
    #expect(machine.processor[.rdx] == 1)
    #expect(machine.stack(1) == [Machine.code + 4])
    #expect(Self.status(machine) == 1)
  }

  /// Oracle: Linux, KVM's `kvm_is_code_breakpoint_inhibited`: Intel's processors hold it off, AMD's
  /// do not; its selftest mov_ss_trap: one #DB comes.
  @Test func anInstructionBreakpointAfterMOVSSIsMet() throws {
    let machine = try Self.machine(address: Machine.code + 2, control: 0)
    machine.processor[.rax] = UInt64(Machine.Selector.data)
    machine.processor.flags = Self.trap
    machine.run([0x8E, 0xD0, 0x90, 0x0F, 0x0B])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 2])
    #expect(Self.status(machine) == 1)
    #expect(machine.processor.eventLog.count == 1)
  }

  struct ShadowRow: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// What follows MOV SS.
    var code: [UInt8]
    /// The vectors of the events, and DR6 after them, where MOV SS met a breakpoint; where it was
    /// stepped.
    var met: ([Int], UInt64)
    var stepped: ([Int], UInt64)
  }

  /// Oracle: Linux, selftest mov_ss_trap, for what a breakpoint raised; that a single step never comes
  /// in the supervisor: Linux' exc_debug_kernel warns of one.
  static let shadowRows: [ShadowRow] = [
    ShadowRow(
      testDescription: "nothing special", code: [0x90], met: ([1], 1), stepped: ([1], 0x4000)),
    ShadowRow(testDescription: "UD2", code: [0x0F, 0x0B], met: ([6], 0), stepped: ([6], 0)),
    ShadowRow(
      testDescription: "page fault", code: [0xA0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0], met: ([14], 0),
      stepped: ([14], 0)),
    ShadowRow(
      testDescription: "DIV by zero", code: [0xF7, 0xF1], met: ([0], 0), stepped: ([0], 0)),
    ShadowRow(testDescription: "ICEBP", code: [0xF1], met: ([1], 0), stepped: ([1], 0)),
    ShadowRow(testDescription: "INT3", code: [0xCC], met: ([3, 1], 1), stepped: ([3], 0)),
    ShadowRow(
      testDescription: "INT 50", code: [0xCD, 0x50], met: ([0x50, 1], 1), stepped: ([0x50], 0)),
    ShadowRow(testDescription: "HLT", code: [0xF4], met: ([1], 1), stepped: ([1], 0x4000)),
  ]

  @Test(arguments: shadowRows) func whatMOVSSHoldsEndsWithAnEvent(row: ShadowRow) throws {
    for isStepped in [false, true] {
      let machine = try Self.machine(
        address: Machine.data, control: 3, enable: isStepped ? 0 : 2)
      machine.store([UInt8(Machine.Selector.data), 0], at: Machine.data)
      machine.processor.flags = isStepped ? Self.trap : 2
      machine.processor[.rcx] = 0
      machine.setMissing(0x3F_F000)
      var vectors: [Int] = []
      machine.store([0x8E, 0x13] + row.code + [0xF4], at: Machine.code)
      machine.processor.instructionPointer = Machine.code
      for _ in 0..<12 {
        let before = machine.processor.eventLog.count
        machine.run(instructions: 1)
        if machine.processor.eventLog.count > before, let event = machine.processor.eventLog.last {
          vectors.append(Int(event.vector))
        }
      }
      let wanted = isStepped ? row.stepped : row.met
      #expect(vectors == wanted.0, "stepped: \(isStepped)")
      #expect(Self.status(machine) == wanted.1, "stepped: \(isStepped)")
    }
  }

  @Test("a fault of DR7.GD ends what MOV SS holds") func generalDetectInTheShadow() throws {
    let machine = try Self.machine(address: Machine.data, control: 3, enable: 0x2002)
    machine.store([UInt8(Machine.Selector.data), 0], at: Machine.data)
    machine.run([0x8E, 0x13, 0x0F, 0x21, 0xC0])
    #expect(machine.processor.eventLog.count == 1)
    #expect(machine.stack(1) == [Machine.code + 2])
    #expect(Self.status(machine) == 0x2000)
  }
}
