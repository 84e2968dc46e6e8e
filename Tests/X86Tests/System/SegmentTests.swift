import Testing

@testable import X86

/// Loading of segment registers and questions about selectors; oracle: Intel SDM volume 2, "MOV",
/// "LAR", "LSL", "VERR", "ARPL", "LTR", "LLDT".
@Suite struct SegmentTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  struct Load: Sendable {
    var register: UInt8
    var selector: UInt16
    var privilege: UInt16
    /// nil: accepted.
    var vector: Int?
    var error: UInt64

    init(
      _ register: UInt8, _ selector: UInt16, privilege: UInt16 = 0, _ vector: Int? = nil,
      _ error: UInt64 = 0
    ) {
      self.register = register
      self.selector = selector
      self.privilege = privilege
      self.vector = vector
      self.error = error
    }
  }

  private static let stack: UInt8 = 2
  private static let dataSegment: UInt8 = 3

  @Test(arguments: [
    Load(dataSegment, Selector.data),
    Load(dataSegment, 0),
    Load(dataSegment, 3),
    Load(dataSegment, Selector.conforming),
    Load(dataSegment, Selector.executeOnly, 13, UInt64(Selector.executeOnly)),
    Load(dataSegment, Selector.notPresentData, 11, UInt64(Selector.notPresentData)),
    Load(dataSegment, Selector.task, 13, UInt64(Selector.task)),
    Load(dataSegment, 0x200, 13, 0x200),  // Beyond the table's limit.
    Load(dataSegment, 0x1C, 13, 0x1C),  // No local table.
    Load(dataSegment, Selector.data | 3, 13, UInt64(Selector.data)),  // RPL > DPL.
    Load(dataSegment, Selector.data, privilege: 3, 13, UInt64(Selector.data)),
    Load(dataSegment, Selector.userData, privilege: 3),
    Load(stack, Selector.data),
    Load(stack, 0),  // Null is legal in 64-bit mode at privilege 0 with RPL 0.
    Load(stack, 1, 13, 0),
    Load(stack, 3, privilege: 3, 13, 0),
    Load(stack, Selector.readOnlyData, 13, UInt64(Selector.readOnlyData)),
    Load(stack, Selector.code32, 13, UInt64(Selector.code32)),
    Load(stack, Selector.notPresentData, 12, UInt64(Selector.notPresentData)),
    Load(stack, Selector.data | 1, 13, UInt64(Selector.data)),
    Load(stack, Selector.userData, 13, UInt64(Selector.userData & ~3)),
  ])
  func loads(row: Load) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: row.privilege)
    machine.processor[.rax] = UInt64(row.selector)
    // mov sreg, eax; then #UD as a mark
    machine.run([0x8E, 0xC0 | row.register << 3, 0x0F, 0x0B])
    if let vector = row.vector {
      #expect(machine.vector == vector)
      #expect(machine.stack(2) == [row.error, Machine.code])
    } else {
      #expect(machine.vector == 6)
    }
  }

  @Test func loadingCSIsUndefined() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([0x8E, 0xC8])
    #expect(machine.vector == 6)
  }

  @Test func loadingSetsTheAccessedBit() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rax] = UInt64(Selector.untouchedData)
    machine.run([0x8E, 0xD8, 0xF4])
    let descriptor = machine.load64(Machine.globalTable + UInt64(Selector.untouchedData))
    #expect(descriptor == 0x00CF_9300_0000_FFFF)
  }

  @Test func aNullSelectorClearsTheBase() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.setSegment(
      .fs, selector: 0, base: 0x1234, limit: 0, attributes: 0)
    machine.processor[.rax] = 0
    machine.run([0x8E, 0xE0, 0xF4])
    #expect(machine.processor.segment(.fs).base == 0)
  }

  struct Question: Sendable {
    var code: [UInt8]
    var selector: UInt16
    var answer: Bool
    /// ECX afterwards, of LAR and LSL.
    var value: UInt64

    init(_ code: [UInt8], _ selector: UInt16, _ answer: Bool, _ value: UInt64 = 0x7777) {
      self.code = code
      self.selector = selector
      self.answer = answer
      self.value = value
    }
  }

  @Test(arguments: [
    Question([0x0F, 0x00, 0xE0], Selector.data, true),
    Question([0x0F, 0x00, 0xE0], Selector.executeOnly, false),
    Question([0x0F, 0x00, 0xE0], 0, false),
    Question([0x0F, 0x00, 0xE0], 0xFFF8, false),
    Question([0x0F, 0x00, 0xE8], Selector.data, true),
    Question([0x0F, 0x00, 0xE8], Selector.readOnlyData, false),
    Question([0x0F, 0x00, 0xE8], Selector.code32, false),
    Question([0x0F, 0x00, 0xE0], Selector.task, false),
    Question([0x0F, 0x02, 0xC8], Selector.data, true, 0x00CF_9300),
    Question([0x0F, 0x02, 0xC8], Selector.data | 3, false),
    Question([0x0F, 0x02, 0xC8], Selector.conforming | 3, true, 0x00CF_9F00),
    Question([0x0F, 0x03, 0xC8], Selector.data, true, 0xFFFF_FFFF),
    Question([0x0F, 0x03, 0xC8], Selector.smallData, true, 0xFF),
    Question([0x0F, 0x03, 0xC8], Selector.task, true, 0x67),
  ])
  func questionsAnswerInZFAndNeverFault(row: Question) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rax] = UInt64(row.selector)
    machine.processor[.rcx] = 0x7777
    machine.processor.flags = row.answer ? 0x2 : 0x42
    machine.run(row.code + [0xF4])
    #expect(machine.vector == nil)
    #expect((machine.processor.flags & 0x40 != 0) == row.answer)
    #expect(machine.processor[.rcx] == row.value)
  }

  @Test func adjustedPrivilegeIsRaisedOnly() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor[.rax] = 3
    machine.processor[.rbx] = 0x11
    machine.run([0x63, 0xC3, 0xF4])  // arpl bx, ax
    #expect(machine.processor[.rbx] == 0x13)
    #expect(machine.processor.flags & 0x40 != 0)
    machine.run([0x63, 0xC3, 0xF4])
    #expect(machine.processor.flags & 0x40 == 0)
  }

  @Test func loadingTheTaskMarksItBusy() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rax] = UInt64(Selector.task)
    machine.run([0x0F, 0x00, 0xD8, 0x0F, 0x00, 0xC9, 0xF4])  // ltr ax; str ecx
    #expect(machine.load64(Machine.globalTable + 0x38) == 0x0000_8B00_3000_0067)
    #expect(machine.processor[.rcx] == 0x38)
    machine.run([0x0F, 0x00, 0xD8])
    #expect(machine.vector == 13)
    #expect(machine.stack(1) == [0x38])
  }

  @Test func tableRegistersRoundTripAndRefuseNonCanonicalBases() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rdi] = Machine.data
    machine.run([0x0F, 0x01, 0x07, 0xF4])  // sgdt [rdi]
    #expect(machine.load16(Machine.data) == 0x1FF)
    #expect(machine.load64(Machine.data + 2) == Machine.globalTable)
    machine.store64(1 << 50, at: Machine.data + 2)
    machine.run([0x0F, 0x01, 0x17])
    #expect(machine.vector == 13)
    #expect(machine.processor.system.globalTableBase == Machine.globalTable)
  }

  @Test func farPointerLoadsAndLimitFaultsInProtectedMode() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.store64(UInt64(Selector.smallData) << 32 | 0x1_2345, at: Machine.data)
    machine.processor[.rax] = Machine.data
    // les ecx, [eax]; mov byte es:[0xff], 1; mov byte es:[0x100], 1
    machine.run([
      0xC4, 0x08, 0x26, 0xC6, 0x05, 0xFF, 0, 0, 0, 1, 0x26, 0xC6, 0x05, 0, 1, 0, 0, 1,
    ])
    #expect(machine.processor[.rcx] == 0x1_2345)
    #expect(machine.load16(Machine.data + 0xFF) & 0xFF == 1)
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, UInt32(Machine.code) + 10])
  }
}
