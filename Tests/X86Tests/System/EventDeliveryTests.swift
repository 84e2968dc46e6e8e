import Testing

@testable import X86

/// Delivery of exceptions and interrupts; the oracle is the Intel SDM volume 3, chapter "Interrupt
/// and Exception Handling".
@Suite struct EventDeliveryTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  @Test func undefinedInstructionOfAUserPushesFiveWordsOnTheSupervisorStack() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.flags = 0x2 | 0x200 | 0x1
    machine.run([0x90, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor[.rsp] == Machine.supervisorStack - 40)
    // RF is set in the image of a fault.
    #expect(
      machine.stack(5) == [
        Machine.code + 1, UInt64(Selector.userCode64), 0x1_0203, Machine.stackTop,
        UInt64(Selector.userData),
      ])
    #expect(machine.processor.segment(.ss).selector == 0)
    #expect(machine.processor.segment(.cs).selector == Selector.code64)
    #expect(machine.processor.flags & 0x200 == 0)
  }

  @Test(arguments: [UInt64(0), 1, 8, 15])
  func longModeAlignsTheStack(offset: UInt64) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rsp] = Machine.stackTop - offset
    machine.run([0x0F, 0x0B])
    #expect(machine.processor[.rsp] == (Machine.stackTop - offset) & ~15 - 40)
    #expect(machine.load64(machine.processor[.rsp] + 24) == Machine.stackTop - offset)
  }

  @Test func theGateChoosesTheInterruptStack() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(6, stack: 1)
    machine.run([0x0F, 0x0B])
    #expect(machine.processor[.rsp] == Machine.interruptStack - 40)
  }

  @Test func trapGatesKeepInterruptsOn() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(6, type: 15)
    machine.processor.flags = 0x202
    machine.run([0x0F, 0x0B])
    #expect(machine.processor.flags & 0x200 != 0)
  }

  struct SoftwareInterrupt: Sendable {
    var code: [UInt8]
    var gatePrivilege: UInt64
    var vector: Int
    var error: UInt64?
    /// Offset of the pushed RIP.
    var offset: UInt64

    init(
      _ code: [UInt8], _ gatePrivilege: UInt64, _ vector: Int, _ error: UInt64?, _ offset: UInt64
    ) {
      self.code = code
      self.gatePrivilege = gatePrivilege
      self.vector = vector
      self.error = error
      self.offset = offset
    }
  }

  @Test(arguments: [
    SoftwareInterrupt([0xCD, 0x40], 3, 0x40, nil, 2),
    SoftwareInterrupt([0xCD, 0x40], 0, 13, 0x202, 0),
    SoftwareInterrupt([0xCC], 3, 3, nil, 1),
    SoftwareInterrupt([0xCC], 0, 13, 0x1A, 0),
    SoftwareInterrupt([0xF1], 0, 1, nil, 1),
  ])
  func softwareInterruptsAreJudgedByTheGate(row: SoftwareInterrupt) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    for gate in [UInt8(1), 3, 0x40] { machine.setLongGate(gate, privilege: row.gatePrivilege) }
    machine.run(row.code)
    #expect(machine.vector == row.vector)
    let frame = machine.stack(2)
    if let error = row.error { #expect(frame[0] == error) }
    #expect(frame[row.error == nil ? 0 : 1] == Machine.code + row.offset)
  }

  @Test func aMissingGateIsNotPresentWithTheExternalBit() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(6, present: false)
    machine.run([0x0F, 0x0B])
    #expect(machine.vector == 11)
    #expect(machine.stack(1) == [6 * 8 + 3])
  }

  @Test func aBenignExceptionIsFollowedByTheSecondAlone() throws {
    try expectVector(11, of: [0x0F, 0x0B], withoutGate: 6)
  }

  @Test func twoContributoryExceptionsAreADoubleFault() throws {
    // xor ecx, ecx; div ecx
    try expectVector(8, of: [0x31, 0xC9, 0xF7, 0xF1], withoutGate: 0)
  }

  private func expectVector(_ vector: Int, of code: [UInt8], withoutGate gate: UInt8) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(gate, present: false)
    machine.run(code)
    #expect(machine.vector == vector)
  }

  @Test func aPageFaultInAPageFaultIsADoubleFaultWithCodeZero() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.setLongGate(8, stack: 1)
    machine.setPageEntry(Machine.supervisorStack - 8, 0)
    // mov rax, [data] with the page missing
    machine.setPageEntry(Machine.data, 0)
    machine.run([0x48, 0x8B, 0x04, 0x25, 0, 0, 0x10, 0])
    #expect(machine.vector == 8)
    #expect(machine.stack(2) == [0, Machine.code])
  }

  @Test func aTripleFaultShutsDown() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setInterruptDescriptorTable(base: 0, limit: 0)
    #expect(machine.run([0x0F, 0x0B]) == .shutdown)
    #expect(machine.processor.activity == .shutDown)
    #expect(machine.run() == .shutdown)
  }

  @Test func aFaultWhilePushingTheFrameChangesNothing() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(14, stack: 1)
    // The frame straddles a missing page.
    machine.processor[.rsp] = 0x24020
    machine.setPageEntry(0x23000, 0)
    machine.store64(0x1111, at: 0x24018)
    machine.run([0xCD, 0x40])
    #expect(machine.vector == 14)
    #expect(machine.load64(0x24018) == 0x1111)
    #expect(machine.stack(5)[4] == 0x24020)
    #expect(machine.stack(2)[1] == Machine.code)
  }

  @Test(arguments: 1...6)
  func interruptShadowOfSTIHoldsForOneInstruction(slice: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.pendingVectors = [0x50]
    machine.processor.interruptRequested = true
    machine.store([0xFB, 0x90, 0x90, 0x90], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    for _ in 0..<8 { machine.run(instructions: slice) }
    #expect(machine.vector == 0x50)
    #expect(machine.stack(1) == [Machine.code + 2])
  }

  @Test(arguments: 1...4)
  func haltAfterSTIWakes(slice: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.pendingVectors = [0x50]
    machine.processor.interruptRequested = true
    machine.store([0xFB, 0xF4, 0x90], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    for _ in 0..<8 { machine.run(instructions: slice) }
    #expect(machine.vector == 0x50)
    #expect(machine.stack(1) == [Machine.code + 2])
  }

  @Test func aSecondSTIMakesNoShadow() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.pendingVectors = [0x50]
    machine.processor.interruptRequested = true
    machine.run([0xFB, 0xFB, 0x90, 0x90])
    #expect(machine.stack(1) == [Machine.code + 2])
  }

  @Test func movingToTheStackSegmentMakesAShadow() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rax] = UInt64(Selector.data)
    machine.processor.flags = 0x202
    machine.platform.pointee.pendingVectors = [0x50]
    machine.store([0x8E, 0xD0, 0x90, 0x90], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: 1)
    machine.processor.interruptRequested = true
    machine.run()
    #expect(machine.stack(1) == [Machine.code + 3])
  }

  @Test func nonMaskableInterruptsAreBlockedUntilIRETEvenIfItFaults() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store([0x48, 0xCF], at: Machine.handlers + 2 * 16)  // The handler returns.
    machine.processor.requestNonMaskable()
    machine.store([0x90, 0xF4], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: 0)
    machine.run(instructions: 2)
    #expect(machine.processor.instructionPointer == Machine.code + 1)
    machine.processor.requestNonMaskable()
    // A handler whose IRET faults on a null CS.
    machine.store([0x6A, 0, 0x6A, 0, 0x6A, 0, 0x48, 0xCF], at: Machine.handlers + 2 * 16)
    machine.run()
    #expect(machine.vector == 13)
    machine.store([0xF4], at: Machine.handlers + 2 * 16)
    machine.processor.requestNonMaskable()
    machine.run()
    #expect(machine.vector == 2)
  }

  /// Oracle: Intel SDM volume 3, "Handling Multiple NMIs"; Linux, KVM's `process_nmi`.
  @Test("of NMIs that come at once one is served and one latched", arguments: 1...4)
  func twoNonMaskableInterrupts(count: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.r8] = 0
    // inc r8; iretq
    machine.store([0x49, 0xFF, 0xC0, 0x48, 0xCF], at: Machine.handlers + 2 * 16)
    machine.store([0x90, 0xF4], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    for _ in 0..<count { machine.processor.requestNonMaskable() }
    machine.run()
    #expect(machine.processor[.r8] == UInt64(min(2, count)))
    #expect(!machine.processor.nonMaskableRequested)
  }

  @Test("while one NMI is served one more is kept")
  func nonMaskableInterruptsWhileServed() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.r8] = 0
    machine.store([0x49, 0xFF, 0xC0, 0x48, 0xCF], at: Machine.handlers + 2 * 16)
    machine.store([0x90, 0xF4], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.processor.requestNonMaskable()
    machine.run(instructions: 1)
    for _ in 0..<3 { machine.processor.requestNonMaskable() }
    machine.run()
    #expect(machine.processor[.r8] == 2)
  }

  @Test func anInterruptWhoseVectorWasWithdrawnIsNotTaken() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.flags = 0x202
    machine.processor.interruptRequested = true
    machine.run([0x90, 0xF4])
    #expect(machine.processor.instructionPointer == Machine.code + 2)
    #expect(!machine.processor.interruptRequested)
  }

  @Test func protectedModeSwitchesToTheTaskStack() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.run([0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(machine.processor.segment(.ss).selector == Selector.data)
    let frame = machine.stack32(5)
    #expect(frame[0] == UInt32(Machine.code))
    #expect(frame[1] == UInt32(Selector.userCode32))
    #expect(frame[3] == UInt32(Machine.stackTop))
    #expect(frame[4] == UInt32(Selector.userData))
  }

  @Test func realModeUsesTheVectorTable() throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
    machine.processor.setInterruptDescriptorTable(base: 0, limit: 0x3FF)
    machine.store([0x34, 0x00, 0x00, 0x40], at: 0x21 * 4)
    machine.store([0xF4], at: 0x40034)
    machine.processor[.rsp] = 0x8000
    machine.processor.flags = 0x302 & ~0x100
    machine.store([0xCD, 0x21], at: 0x10000)
    machine.processor.instructionPointer = 0
    machine.run()
    #expect(machine.processor.instructionPointer == 0x35)
    #expect(machine.processor.segment(.cs).base == 0x40000)
    #expect(machine.processor[.rsp] == 0x7FFA)
    #expect(machine.load16(0x7FFA) == 2)
    #expect(machine.load16(0x7FFC) == 0x1000)
    #expect(machine.load16(0x7FFE) == 0x202)
  }
}
