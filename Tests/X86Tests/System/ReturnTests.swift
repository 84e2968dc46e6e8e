import Testing

@testable import X86

/// IRET, SYSCALL and SYSRET, POPF, and far transfers; oracle: Intel SDM volume 2, AMD APM volume 3
/// for SYSCALL and SYSRET.
@Suite struct ReturnTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  private func frame(_ machine: Machine, _ words: [UInt64]) {
    machine.processor[.rsp] = Machine.stackTop - UInt64(words.count) * 8
    for (index, word) in words.enumerated() {
      machine.store64(word, at: machine.processor[.rsp] + UInt64(index) * 8)
    }
  }

  @Test func returnToAnOuterRingNullsInnerSegments() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setSegment(.fs, selector: 0, base: 0x5555, limit: 0, attributes: 0)
    machine.processor.setSegment(
      .es, selector: Selector.userData, base: 0, limit: ~0, attributes: 0xC0F3)
    machine.store([0x0F, 0x0B], at: 0x11000)
    frame(machine, [0x11000, UInt64(Selector.userCode64), 0x3202, 0x28000, 0x2B])
    machine.run([0x48, 0xCF])
    #expect(machine.vector == 6)
    let stack = machine.stack(5)
    #expect(stack[0] == 0x11000)
    #expect(stack[2] == 0x1_3202)
    #expect(stack[3] == 0x28000)
    #expect(machine.processor.segment(.ds).selector == 0)
    #expect(machine.processor.segment(.ds).attributes == 0)
    #expect(machine.processor.segment(.es).selector == Selector.userData)
    // A base set by a model-specific register under a null selector stays.
    #expect(machine.processor.segment(.fs).base == 0x5555)
  }

  /// Oracle: AMD APM volume 3, "IRET" and "RETF": what may not stay becomes a null selector; the base
  /// behind it is not touched, as with SYSRET.
  @Test(
    "a return that nulls FS and GS keeps their bases",
    arguments: [
      ([0x48, 0xCF], [0x11000, 0x33, 0x3202, 0x28000, 0x2B]),
      ([0x48, 0xCB], [0x11000, 0x33, 0x28000, 0x2B]),
    ] as [([UInt8], [UInt64])])
  func nulledSegmentsKeepTheirBases(code: [UInt8], words: [UInt64]) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setSegment(
      .fs, selector: Selector.data, base: 0x5555, limit: ~0, attributes: 0xC093)
    machine.processor.setSegment(
      .gs, selector: Selector.data, base: 0x8000_7777, limit: ~0, attributes: 0xC093)
    machine.store([0x0F, 0x0B], at: 0x11000)
    frame(machine, words)
    machine.run(code)
    #expect(machine.vector == 6)
    for register in [SegmentRegister.fs, .gs] {
      #expect(machine.processor.segment(register).selector == 0)
      #expect(machine.processor.segment(register).attributes == 0)
    }
    #expect(machine.processor.segment(.fs).base == 0x5555)
    #expect(machine.processor.segment(.gs).base == 0x8000_7777)
  }

  /// Oracle: AMD APM volume 2, "Accessed bit": it says that a descriptor was loaded.
  @Test(
    "a return that faults on SS has not touched CS",
    arguments: [[UInt8(0x48), 0xCF], [0x48, 0xCB]])
  func faultingReturnsTouchNothing(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setDescriptor(Selector.userCode64, 0x00AF_FA00_0000_FFFF)
    let isInterrupt = code[1] == 0xCF
    let flags: [UInt64] = isInterrupt ? [2] : []
    frame(machine, [0x11000, 0x33] + flags + [0x28000, 0x18])
    machine.run(code)
    #expect(machine.vector == 13)
    #expect(machine.load64(Machine.globalTable + 0x30) == 0x00AF_FA00_0000_FFFF)
  }

  @Test func returnInsideARingAlwaysPopsFive() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store([0xF4], at: 0x11000)
    frame(machine, [0x11000, UInt64(Selector.code64), 2, 0x1FF00, UInt64(Selector.data)])
    machine.run([0x48, 0xCF])
    #expect(machine.processor[.rsp] == 0x1FF00)
    #expect(machine.processor.instructionPointer == 0x11001)
  }

  struct BadFrame: Sendable {
    var name: String
    var words: [UInt64]
    var vector: Int
    var error: UInt64
    init(_ name: String, _ words: [UInt64], _ vector: Int, _ error: UInt64) {
      self.name = name
      self.words = words
      self.vector = vector
      self.error = error
    }
  }

  @Test(arguments: [
    BadFrame("null CS", [0x11000, 0, 2, 0, 0x18], 13, 0),
    BadFrame("CS is data", [0x11000, 0x18, 2, 0, 0x18], 13, 0x18),
    BadFrame("not canonical", [1 << 50, 0x10, 2, 0x1FF00, 0x18], 13, 0),
    BadFrame("null SS for a user", [0x11000, 0x33, 2, 0x1FF00, 0], 13, 0),
    BadFrame("SS of another privilege", [0x11000, 0x33, 2, 0x1FF00, 0x18], 13, 0x18),
    BadFrame("SS not present", [0x11000, 0x10, 2, 0x1FF00, 0x48], 12, 0x48),
    BadFrame("CS beyond the table", [0x11000, 0x300, 2, 0x1FF00, 0x18], 13, 0x300),
  ])
  func badFramesFaultWithNothingChanged(row: BadFrame) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.flags = 0x202
    frame(machine, row.words)
    let pointer = machine.processor[.rsp]
    machine.run([0x48, 0xCF])
    #expect(machine.vector == row.vector)
    let stack = machine.stack(5)
    #expect(stack[0] == row.error)
    #expect(stack[1] == Machine.code)
    #expect(stack[3] == 0x1_0202)
    #expect(stack[4] == pointer)
  }

  @Test func nestedTaskIsRefusedInLongMode() throws {
    let machine = try Machine()
    machine.enterLongMode()
    frame(machine, [0x11000, 0x10, 2, 0x1FF00, 0x18])
    machine.processor.flags = 0x4002
    machine.run([0x48, 0xCF])
    #expect(machine.vector == 13)
  }

  @Test func protectedModeReturnsToAUser() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    #expect(machine.processor.segment(.cs).selector == Selector.userCode32)
    #expect(machine.processor.segment(.ss).selector == Selector.userData)
    #expect(machine.processor[.rsp] == Machine.stackTop)
    machine.run([0xF4])
    #expect(machine.vector == 13)
  }

  // MARK: SYSCALL and SYSRET

  @Test func systemCallsMaskFlagsAndComeBack() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    let processor = machine.processor
    // The user's segments are STAR 48-63 + 8 (stack) and + 16 (64-bit code).
    processor.system.star = 0x0023_0010 << 32
    processor.system.longStar = 0x11000
    processor.system.flagMask = 0x4_0700
    processor.flags = 0x4_0203 | 0x400
    machine.store([0x0F, 0x05, 0x0F, 0x0B], at: Machine.code)
    machine.store([0x90, 0x48, 0x0F, 0x07], at: 0x11000)
    processor.instructionPointer = Machine.code
    machine.run(instructions: 2)
    #expect(processor[.rcx] == Machine.code + 2)
    #expect(processor[.r11] == 0x4_0603)
    #expect(processor.flags == 0x3)
    #expect(processor.segment(.cs).selector == 0x10)
    #expect(processor.segment(.ss).selector == 0x18)
    #expect(processor[.rsp] == Machine.stackTop)
    machine.run()
    #expect(machine.vector == 6)
    let stack = machine.stack(5)
    #expect(stack[0] == Machine.code + 2)
    #expect(stack[1] == 0x33)
    #expect(stack[2] == 0x5_0603)
    #expect(stack[4] == 0x2B)
  }

  @Test func systemReturnToCompatibilityMode() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.system.star = 0x0023_0010 << 32
    machine.processor[.rcx] = 0xFFFF_FFFF_0001_1000
    machine.processor[.r11] = 0x3202
    // In compatibility mode 40 is INC EAX.
    machine.store([0x40, 0x0F, 0x0B], at: 0x11000)
    machine.processor[.rax] = 7
    machine.run([0x0F, 0x07])
    #expect(machine.vector == 6)
    #expect(machine.processor[.rax] == 8)
    #expect(machine.stack(2) == [0x11001, 0x23])
  }

  @Test func systemCallNeedsItsEnableBit() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.efer &= ~1
    machine.run([0x0F, 0x05])
    #expect(machine.vector == 6)
  }

  @Test func systemEnterIsUndefinedInLongMode() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([0x0F, 0x34])
    #expect(machine.vector == 6)
  }

  @Test func systemEnterAndExitInProtectedMode() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    let processor = machine.processor
    processor.system.systemEnterSegment = 0x08
    processor.system.systemEnterStack = 0x2F000
    processor.system.systemEnterPointer = 0x11000
    machine.store([0xF4], at: 0x11000)
    machine.run([0x0F, 0x34])
    #expect(processor.instructionPointer == 0x11001)
    #expect(processor[.rsp] == 0x2F000)
    #expect(processor.segment(.cs).selector == 8)
  }

  // MARK: Flags

  struct Popped: Sendable {
    var privilege: UInt16
    var ioPrivilege: UInt64
    var before: UInt64
    var popped: UInt64
    var after: UInt64
    init(
      _ privilege: UInt16, _ ioPrivilege: UInt64, _ before: UInt64, _ popped: UInt64,
      _ after: UInt64
    ) {
      self.privilege = privilege
      self.ioPrivilege = ioPrivilege
      self.before = before
      self.popped = popped
      self.after = after
    }
  }

  @Test(arguments: [
    Popped(0, 0, 0x2, 0x3202, 0x3202),  // Privilege 0 changes IOPL and IF.
    Popped(3, 0, 0x202, 0x3002, 0x202),  // Neither at privilege 3 above IOPL.
    Popped(3, 3, 0x3202, 0x0002, 0x3002),  // IF, but not IOPL.
    Popped(0, 0, 0x2, 0x2F_0002, 0x24_0002),  // AC and ID; RF, VM and VIF are not loaded.
  ])
  func poppedFlagsObeyThePrivilege(row: Popped) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: row.privilege)
    machine.processor.flags = row.before | row.ioPrivilege << 12
    machine.processor[.rsp] = Machine.stackTop - 8
    machine.store64(row.popped, at: Machine.stackTop - 8)
    machine.store([0x9D], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: 1)
    #expect(machine.processor.flags == row.after)
  }

  @Test func singleStepTrapsAfterTheNextInstruction() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rsp] = Machine.stackTop - 8
    machine.store64(0x102, at: Machine.stackTop - 8)
    // popf does not trap itself; nop does.
    machine.run([0x9D, 0x90, 0x90])
    #expect(machine.vector == 1)
    #expect(machine.stack(1) == [Machine.code + 2])
    #expect(machine.processor.system.debugStatus & 0x4000 != 0)
    #expect(machine.processor.flags & 0x100 == 0)
  }

  @Test func softwareInterruptsClearTheTrapFlag() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.flags = 0x102
    machine.run([0xCD, 0x40])
    #expect(machine.vector == 0x40)
    #expect(machine.stack(3)[2] == 0x102)
  }

  // MARK: Far transfers

  @Test func farReturnToCompatibilityCodeAndBack() throws {
    let machine = try Machine()
    machine.enterLongMode()
    frame(machine, [0x11000, UInt64(Selector.code32)])
    // inc eax; ljmp 0x10:0x12000
    machine.store([0x40, 0xEA, 0x00, 0x20, 0x01, 0x00, 0x10, 0x00], at: 0x11000)
    // REX.W add eax
    machine.store([0x48, 0xFF, 0xC0, 0xF4], at: 0x12000)
    machine.run([0x48, 0xCB])
    #expect(machine.processor.instructionPointer == 0x12004)
    #expect(machine.processor[.rax] == 2)
    #expect(machine.processor[.rsp] == Machine.stackTop)
  }

  @Test func callGatesOfLongModeSwitchStacks() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.setDescriptor(0x90, 0x0000_EC00_0010_1000 | 0x0001 << 48)  // To 0x10:0x11000, DPL 3.
    machine.setDescriptor(0x98, 0)
    machine.store([0xF4], at: 0x11000)
    machine.store64(0x93 << 32, at: Machine.data)
    machine.processor[.rdi] = Machine.data
    machine.run([0xFF, 0x1F])  // lcall [rdi]
    #expect(machine.processor.instructionPointer == 0x11001)
    #expect(
      machine.stack(4) == [
        Machine.code + 2, UInt64(Selector.userCode64), Machine.stackTop, UInt64(Selector.userData),
      ])
    #expect(machine.processor[.rsp] == Machine.supervisorStack - 32)
  }

  @Test func farCallsInProtectedModePushTheOperandSize() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.store([0xCB], at: 0x11000)
    machine.run([0x9A, 0x00, 0x10, 0x01, 0x00, 0x08, 0x00, 0xF4])
    #expect(machine.processor.instructionPointer == Machine.code + 8)
    #expect(machine.processor[.rsp] == Machine.stackTop)
    #expect(machine.load32(Machine.stackTop - 8) == UInt32(Machine.code) + 7)
    #expect(machine.load32(Machine.stackTop - 4) == 8)
  }

  @Test func swappingTheBaseOfGS() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setSegment(.gs, selector: 0, base: 0x1111, limit: 0, attributes: 0)
    machine.processor.system.kernelGSBase = 0x2222
    machine.run([0x0F, 0x01, 0xF8, 0xF4])
    #expect(machine.processor.segment(.gs).base == 0x2222)
    #expect(machine.processor.system.kernelGSBase == 0x1111)
  }
}
