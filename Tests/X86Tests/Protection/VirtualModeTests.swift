import Testing

@testable import X86

/// Virtual-8086 mode; the oracle is the Intel SDM volume 3, chapter "8086 Emulation".
@Suite("Virtual-8086 mode") struct VirtualModeTests {
  private typealias Machine = SystemTestMachine
  private static let virtual: UInt64 = 1 << 17

  @Test func aReturnOfASupervisorEntersItWithEightThousandEightySixSegments() throws {
    let machine = try Machine()
    machine.enterVirtual8086()
    #expect(machine.processor.flags & Self.virtual != 0)
    #expect(machine.processor.instructionPointer == 0)
    #expect(machine.processor[.rsp] == 0x8000)
    let expected: [(SegmentRegister, UInt16)] = [
      (.cs, 0x1000), (.ss, 0x1800), (.es, 0x5000), (.ds, 0x5000), (.fs, 0x5001), (.gs, 0x5002),
    ]
    for (register, selector) in expected {
      let segment = machine.processor.segment(register)
      #expect(segment.selector == selector)
      #expect(segment.base == UInt64(selector) << 4)
      #expect(segment.limit == 0xFFFF)
      #expect(segment.attributes == 0xF3)
    }
  }

  @Test func anExceptionPushesNineWordsAndZeroesTheSegments() throws {
    let machine = try Machine()
    machine.enterVirtual8086()
    machine.runVirtual([0x90, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor[.rsp] == Machine.supervisorStack - 36)
    #expect(
      machine.stack32(9) == [
        1, 0x1000, 0x3_0002, 0x8000, 0x1800, 0x5000, 0x5000, 0x5001, 0x5002,
      ])
    #expect(machine.processor.flags & Self.virtual == 0)
    for register in [SegmentRegister.es, .ds, .fs, .gs] {
      #expect(machine.processor.segment(register).selector == 0)
      #expect(machine.processor.segment(register).attributes == 0)
    }
    #expect(machine.processor.segment(.ss).selector == Machine.Selector.data)
  }

  @Test func theHandlersReturnComesBackToIt() throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 3)
    machine.setGate32(0x40, privilege: 3)
    machine.store([0xCF], at: Machine.handlers + 0x40 * 16)
    machine.runVirtual([0xCD, 0x40, 0xB8, 0x34, 0x12, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor[.rax] & 0xFFFF == 0x1234)
    #expect(machine.stack32(2) == [5, 0x1000])
  }

  @Test func aHandlerMustHavePrivilegeZero() throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 3)
    // The gate of vector 0x40 names the conforming segment.
    let offset = Machine.handlers + 0x40 * 16
    machine.store64(
      offset & 0xFFFF | UInt64(Machine.Selector.conforming) << 16 | 0xEE << 40 | (offset >> 16)
        << 48,
      at: Machine.interruptTable + 0x40 * 8)
    machine.runVirtual([0xCD, 0x40])
    #expect(machine.vector == 13)
    #expect(machine.stack32(1) == [UInt32(Machine.Selector.conforming)])
  }

  static let sensitive: [[UInt8]] = [
    [0xFA], [0xFB], [0x9C], [0x66, 0x9C], [0x9D], [0x66, 0x9D], [0xCF], [0x66, 0xCF],
    [0xCD, 0x40],
  ]

  @Test(arguments: sensitive) func instructionsThatAskIOPLAreProtected(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 2)
    machine.setGate32(0x40, privilege: 3)
    machine.runVirtual(code)
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, 0])
    #expect(machine.load32(machine.processor[.rsp] + 16) == 0x8000)
  }

  @Test func breakpointsAndOverflowDoNotAskIOPL() throws {
    let machine = try Machine()
    machine.enterVirtual8086()
    machine.setGate32(3, privilege: 3)
    machine.runVirtual([0xCC])
    #expect(machine.vector == 3)
    let second = try Machine()
    second.enterVirtual8086(flags: 0x800)
    second.setGate32(4, privilege: 3)
    second.runVirtual([0xCE])
    #expect(second.vector == 4)
  }

  @Test func withIOPL3FlagsAreTheProgramsOwn() throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 3)
    // sti; pushf; cli; pushf; push 0; popf; ud2
    machine.runVirtual([0xFB, 0x9C, 0xFA, 0x9C, 0x6A, 0x00, 0x9D, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.load16(0x18000 + 0x7FFE) == 0x3202)
    #expect(machine.load16(0x18000 + 0x7FFC) == 0x3002)
    // POPF has not changed IOPL.
    #expect(machine.load32(machine.processor[.rsp] + 8) == 0x3_3002)
  }

  /// Instructions about selectors do not exist there, not even with an operand beyond the segment.
  static let undefined: [[UInt8]] = [
    [0x63, 0x07], [0x0F, 0x00, 0xC0], [0x0F, 0x00, 0xC8], [0x0F, 0x00, 0xD0], [0x0F, 0x00, 0xD8],
    [0x0F, 0x00, 0xE0], [0x0F, 0x00, 0xE8], [0x0F, 0x02, 0xC0], [0x0F, 0x03, 0x07],
    [0x0F, 0x00, 0x06, 0xFF, 0xFF], [0xF0, 0x90],
  ]

  @Test(arguments: undefined) func selectorInstructionsAreUndefined(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 3)
    machine.processor[.rbx] = 0xFFFF
    machine.runVirtual(code)
    #expect(machine.vector == 6)
    #expect(machine.platform.pointee.unimplemented.isEmpty)
  }

  /// HLT, CLTS, LGDT, LMSW, MOV CR0, MOV DR7, RDMSR, INVLPG, WBINVD; a word at FFFF.
  static let refused: [[UInt8]] = [
    [0xF4], [0x0F, 0x06], [0x0F, 0x01, 0x17], [0x0F, 0x01, 0xF0], [0x0F, 0x22, 0xC0],
    [0x0F, 0x23, 0xF8], [0x0F, 0x32], [0x0F, 0x01, 0x3F], [0x0F, 0x09], [0xA1, 0xFF, 0xFF],
  ]

  @Test(arguments: refused) func privilegedInstructionsAreGeneralProtection(
    code: [UInt8]
  ) throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: 3)
    machine.runVirtual(code)
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, 0])
  }

  @Test func segmentRegistersAreLoadedAsInRealMode() throws {
    let machine = try Machine()
    machine.enterVirtual8086()
    machine.store([0xCD, 0xAB], at: 0x62345)
    // mov ax, 0x6234; mov ds, ax; mov bx, [5]; jmp 0x1001:0x0100
    machine.store([0x0F, 0x0B], at: 0x10110)
    machine.runVirtual([
      0xB8, 0x34, 0x62, 0x8E, 0xD8, 0x8B, 0x1E, 0x05, 0x00, 0xEA, 0x00, 0x01, 0x01, 0x10,
    ])
    #expect(machine.vector == 6)
    #expect(machine.processor[.rbx] & 0xFFFF == 0xABCD)
    #expect(machine.stack32(2) == [0x100, 0x1001])
  }

  @Test func SYSENTERLeavesIt() throws {
    let machine = try Machine()
    machine.enterVirtual8086()
    machine.processor.system.systemEnterSegment = UInt64(Machine.Selector.code32)
    machine.processor.system.systemEnterPointer = Machine.handlers
    machine.processor.system.systemEnterStack = Machine.supervisorStack
    machine.runVirtual([0x0F, 0x34])
    #expect(machine.vector == 0)
    #expect(machine.processor.flags & Self.virtual == 0)
    #expect(machine.processor[.rsp] == Machine.supervisorStack)
  }

  // MARK: Ports

  @Test(arguments: [UInt64(0), 3]) func portsAskTheMapWhateverIOPLIs(ioPrivilege: UInt64) throws {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: ioPrivilege)
    machine.setTaskMaps(intercepted: [], refusedPorts: [0x61])
    machine.runVirtual([0xE4, 0x60, 0xE5, 0x60])
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, 2])
    #expect(machine.processor[.rax] & 0xFF == 0x5A)
  }

  // MARK: VME

  private static func extended(
    flags: UInt64 = 0, ioPrivilege: UInt64 = 0, intercepted: Set<UInt8> = []
  ) throws -> Machine {
    let machine = try Machine()
    machine.enterVirtual8086(ioPrivilege: ioPrivilege, flags: flags)
    machine.processor.cr4 |= ControlRegister4.virtual8086Extensions
    machine.setTaskMaps(intercepted: intercepted)
    machine.setGate32(0x40, privilege: 3)
    precondition(machine.memory.store(UInt32(0x1000_0200), at: 0x40 * 4))
    machine.store([0x0F, 0x0B], at: Machine.code + 0x200)
    return machine
  }

  private static let virtualInterrupt: UInt64 = 1 << 19
  private static let pending: UInt64 = 1 << 20

  @Test func VMESendsInterruptsToTheProgram() throws {
    let machine = try Self.extended(flags: Self.virtualInterrupt)
    machine.runVirtual([0xCD, 0x40])
    #expect(machine.vector == 6)
    // At the program's handler VIF is clear; its own frame shows IF set and IOPL 3.
    #expect(machine.stack32(3) == [0x200, 0x1000, 0x3_0002])
    #expect(machine.load16(0x18000 + 0x7FFA) == 2)
    #expect(machine.load16(0x18000 + 0x7FFC) == 0x1000)
    #expect(machine.load16(0x18000 + 0x7FFE) == 0x3202)
  }

  @Test func VMEInterceptsWhatTheMapSays() throws {
    let machine = try Self.extended(intercepted: [0x40])
    machine.runVirtual([0xCD, 0x40])
    #expect(machine.vector == 13)
    let second = try Self.extended(ioPrivilege: 3, intercepted: [0x40])
    second.runVirtual([0xCD, 0x40])
    #expect(second.vector == 0x40)
  }

  @Test func VMEKeepsAVirtualInterruptFlag() throws {
    let machine = try Self.extended()
    // sti; pushf; cli; pushf; ud2
    machine.runVirtual([0xFB, 0x9C, 0xFA, 0x9C, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.load16(0x18000 + 0x7FFE) == 0x3202)
    #expect(machine.load16(0x18000 + 0x7FFC) == 0x3002)
    #expect(machine.load32(machine.processor[.rsp] + 8) == 0x3_0002)
  }

  @Test func VMEReturnsRestoreTheVirtualFlag() throws {
    let machine = try Self.extended()
    // push 0x200; push 0x1000; push 0x200; iret -> 1000:0200 with VIF
    machine.runVirtual([0x68, 0x00, 0x02, 0x68, 0x00, 0x10, 0x68, 0x00, 0x02, 0xCF])
    #expect(machine.vector == 6)
    #expect(machine.stack32(3) == [0x200, 0x1000, 0xB_0002])
  }

  /// STI, POPF with IF and POPF with TF, while a virtual interrupt is pending; 32-bit forms.
  static let faultsWithExtensions: [[UInt8]] = [
    [0xFB], [0x68, 0x00, 0x02, 0x9D], [0x68, 0x00, 0x01, 0x9D], [0x66, 0x9C], [0x66, 0x9D],
    [0x66, 0xCF],
  ]

  @Test(arguments: faultsWithExtensions) func VMEGoesToTheMonitorForTheRest(
    code: [UInt8]
  ) throws {
    let machine = try Self.extended(flags: Self.pending)
    machine.runVirtual(code)
    #expect(machine.vector == 13)
    #expect(machine.load32(machine.processor[.rsp]) == 0)
  }

  // MARK: PVI

  @Test func PVIGivesUsersAVirtualInterruptFlag() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.cr4 |= ControlRegister4.protectedVirtualInterrupts
    machine.run([0xFB, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.stack32(3)[2] & 0x8_0200 == 0x8_0000)
    let second = try Machine()
    second.enterProtectedMode(privilege: 3)
    second.processor.cr4 |= ControlRegister4.protectedVirtualInterrupts
    second.processor.flags |= Self.pending
    second.run([0xFA, 0xFB])
    #expect(second.vector == 13)
    #expect(second.stack32(2)[1] == UInt32(Machine.code) + 1)
  }
}
