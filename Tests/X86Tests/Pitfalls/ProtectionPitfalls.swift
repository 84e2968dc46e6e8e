import Testing

@testable import X86

/// Groups 20 to 22, 27, 29 and 30 of the processor pitfalls.
///
/// The oracle is the Intel SDM, volume 2 for the instructions and volume 3 for protection.
@Suite("Pitfalls of protection") struct ProtectionPitfalls {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  // MARK: 20, questions about selectors

  /// VERR AX, VERW AX, LAR EDX, EAX and LSL EDX, EAX.
  static let questions: [[UInt8]] = [
    [0x0F, 0x00, 0xE0], [0x0F, 0x00, 0xE8], [0x0F, 0x02, 0xD0], [0x0F, 0x03, 0xD0],
  ]

  @Test("20: bad selectors clear ZF alone and change nothing else", arguments: questions)
  func questionsNeverFault(code: [UInt8]) throws {
    for selector: UInt64 in [0, 3, 0xFFF8, 0x1F8, 0x0C] {
      let machine = try Machine()
      machine.enterProtectedMode(privilege: 3)
      machine.processor.flags = 0x8D7
      machine.processor[.rax] = selector
      machine.processor[.rdx] = 0x1234
      machine.run(code + [0x0F, 0x0B])
      #expect(machine.vector == 6)
      #expect(machine.processor.flags & 0x8D5 == 0x895)
      #expect(machine.processor[.rdx] == 0x1234)
    }
  }

  struct Question: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: [UInt8]
    var selector: UInt16
    var holds: Bool
    var result: UInt64?
  }

  static let answers: [Question] = [
    Question(
      testDescription: "a user may read conforming code of privilege 0", code: questions[0],
      selector: 0x60, holds: true),
    Question(
      testDescription: "execute-only code is not readable", code: questions[0], selector: 0x58,
      holds: false),
    Question(
      testDescription: "code is not writable", code: questions[1], selector: 0x23, holds: false),
    Question(
      testDescription: "a supervisor's data", code: questions[0], selector: 0x18, holds: false),
    Question(
      testDescription: "RPL counts too", code: questions[2], selector: 0x28, holds: true,
      result: 0x00CF_F300),
    Question(
      testDescription: "LSL in bytes", code: questions[3], selector: 0x2B, holds: true,
      result: 0xFFFF_FFFF),
    Question(
      testDescription: "LSL of an interrupt gate", code: questions[3], selector: 0xAB,
      holds: false),
    Question(
      testDescription: "LAR of a call gate", code: questions[2], selector: 0xB3, holds: true,
      result: 0xEC00),
    Question(
      testDescription: "LSL of a call gate", code: questions[3], selector: 0xB3, holds: false),
  ]

  @Test("20: conforming segments, execute-only code, gates", arguments: answers)
  func questionsAreAnswered(row: Question) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.setDescriptor(0xA8, 0x0000_EE00_0008_0000)
    machine.setDescriptor(0xB0, 0x0000_EC00_0008_0000)
    machine.processor[.rax] = UInt64(row.selector)
    machine.run(row.code + [0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect((machine.processor.flags & 0x40 != 0) == row.holds)
    if let result = row.result { #expect(machine.processor[.rdx] == result) }
  }

  @Test("20: ARPL and its like are #UD in real mode", arguments: [[0x63, 0xC0]] + questions)
  func questionsAreUndefinedInRealMode(code: [UInt8]) throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
    machine.memory.withVector(6, segment: 0x4000, offset: 0x60)
    machine.processor[.rsp] = 0x8000
    machine.store(code, at: Machine.code)
    machine.processor.instructionPointer = 0
    machine.run()
    #expect(machine.processor.segment(.cs).selector == 0x4000)
    #expect(machine.processor.instructionPointer == 0x61)
  }

  // MARK: 21, IRET

  @Test("21: IRET to an outer ring loads SS:RSP and nulls inner data segments")
  func outerReturn() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    for register in [SegmentRegister.ds, .es] {
      machine.processor.setSegment(
        register, selector: Selector.userData, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC0F3)
    }
    let frame: [UInt32] = [
      0x12000, UInt32(Selector.userCode32), 0x202, 0x25000, UInt32(Selector.userData),
    ]
    machine.processor[.rsp] = 0x1F000
    for (index, word) in frame.enumerated() {
      #expect(machine.memory.store(word, at: 0x1F000 + UInt64(index) * 4))
    }
    machine.store([0x0F, 0x0B], at: 0x12000)
    machine.run([0xCF])
    #expect(machine.vector == 6)
    #expect(machine.stack32(5) == [0x12000, 0x23, 0x1_0202, 0x25000, 0x2B])
    #expect(machine.processor.segment(.ds).selector == Selector.userData)
    #expect(machine.processor.segment(.fs).selector == 0)
    #expect(machine.processor.segment(.gs).selector == 0)
  }

  @Test("21: an IRET that faults unblocks NMI all the same")
  func faultingReturnUnblocks() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.system.areNonMaskableBlocked = true
    machine.processor.flags |= Flag.nestedTask
    machine.run([0xCF])
    #expect(machine.vector == 13)
    #expect(!machine.processor.system.areNonMaskableBlocked)
  }

  // MARK: 22, IF by CPL and IOPL

  @Test("22: POPF above IOPL keeps IF and IOPL silently", arguments: [UInt64(0), 2, 3])
  func poppedInterruptFlag(ioPrivilege: UInt64) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.flags = 2 | ioPrivilege << 12
    machine.run([0x68, 0x00, 0x12, 0, 0, 0x9D, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    let expected = (ioPrivilege == 3 ? 0x200 : 0) | ioPrivilege << 12
    #expect(UInt64(machine.stack32(3)[2]) & 0x3200 == expected)
  }

  @Test("22: CLI and STI above IOPL are #GP(0)", arguments: [UInt8(0xFA), 0xFB])
  func refusedInterruptFlag(opcode: UInt8) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.flags = 2 | 2 << 12
    machine.run([opcode])
    #expect(machine.vector == 13)
    #expect(machine.stack(2) == [0, Machine.code])
  }

  // MARK: 27, software interrupts

  static let softwareInterrupts: [(code: [UInt8], vector: Int, error: UInt32)] = [
    ([0xCD, 0x40], 13, 0x202), ([0xCC], 13, 0x1A), ([0xCE], 13, 0x22), ([0xF1], 1, 0),
  ]

  @Test(
    "27: INT n, INT3 and INTO ask the gate's DPL, INT1 does not", arguments: softwareInterrupts)
  func gatePrivilege(code: [UInt8], vector: Int, error: UInt32) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.flags |= 0x800
    machine.run(code)
    #expect(machine.vector == vector)
    if vector == 13 { #expect(machine.stack32(2) == [error, UInt32(Machine.code)]) }
  }

  @Test("27: an external interrupt goes through a gate of DPL 0")
  func externalInterrupt() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.flags |= 0x200
    machine.platform.pointee.pendingVectors = [0x50]
    machine.processor.interruptRequested = true
    machine.run([0x90])
    #expect(machine.vector == 0x50)
  }

  // MARK: 29, fast system calls

  @Test("29: SYSENTER with a null CS selector is #GP(0)", arguments: [UInt64(0), 3])
  func nullSystemEnter(segment: UInt64) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.system.systemEnterSegment = segment
    machine.run([0x0F, 0x34])
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, UInt32(Machine.code)])
  }

  @Test("29: SYSRET and SWAPGS are for privilege 0", arguments: [UInt8(0x07), 0x01])
  func supervisorsOnly(second: UInt8) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.run(second == 0x07 ? [0x48, 0x0F, 0x07] : [0x0F, 0x01, 0xF8])
    #expect(machine.vector == 13)
  }

  @Test("29: SYSCALL leaves RF clear in R11 and masks the flags; SYSRET brings back all but RF, VM")
  func systemCallFlags() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.system.star = UInt64(Selector.code64) << 32 | 0x1B << 48
    machine.processor.system.longStar = Machine.handlers + 0x70
    machine.processor.system.flagMask = 0x4_0601
    machine.processor.flags = 0x1_0000 | 0x4_0000 | 0x603
    machine.run([0x0F, 0x05])
    #expect(machine.processor[.r11] == 0x4_0603)
    #expect(machine.processor.flags == 2)
  }

  // MARK: 30, control registers

  @Test(
    "30: PG without PE, NW without CD, reserved upper bits: #GP(0), CR0 unchanged",
    arguments: [0x8000_0010, 0x2000_0011, 0x1_0000_0011] as [UInt64])
  func wrongControl0(value: UInt64) throws {
    let machine = try Machine()
    machine.enterLongMode()
    let before = machine.processor.cr0
    machine.processor[.rax] = value
    machine.run([0x0F, 0x22, 0xC0])
    #expect(machine.vector == 13)
    #expect(machine.stack(2) == [0, Machine.code])
    #expect(machine.processor.cr0 == before)
  }

  @Test("30: clearing PAE in long mode and reserved bits of CR4: #GP(0), CR4 unchanged")
  func wrongControl4() throws {
    let machine = try Machine()
    machine.enterLongMode()
    for value in [0, ControlRegister4.physicalAddressExtension | 1 << 15] {
      let before = machine.processor.cr4
      machine.processor[.rax] = value
      machine.run([0x0F, 0x22, 0xE0])
      #expect(machine.vector == 13)
      #expect(machine.processor.cr4 == before)
    }
  }

  @Test("30: reserved bits of EFER and LME while paging: #GP(0), EFER unchanged")
  func wrongExtendedFeatures() throws {
    for value: UInt64 in [0x501 | 1 << 2, 0x401] {
      let machine = try Machine()
      machine.enterLongMode()
      let before = machine.processor.efer
      machine.processor[.rax] = value
      machine.processor[.rdx] = 0
      machine.processor[.rcx] = 0xC000_0080
      machine.run([0x0F, 0x30])
      #expect(machine.vector == 13)
      #expect(machine.processor.efer == before)
    }
  }
}

extension GuestMemory {
  /// Sets an entry of the real-mode interrupt table.
  func withVector(_ vector: UInt64, segment: UInt32, offset: UInt32) {
    precondition(store(segment << 16 | offset, at: vector * 4))
  }
}
