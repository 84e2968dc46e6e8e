import Testing

@testable import X86

/// Alignment checks of users.
///
/// Oracle: AMD EPYC silicon, each row run by a user program with EFLAGS.AC set, and the Intel SDM
/// volume 3, "Interrupt 17".
@Suite("Alignment checks") struct AlignmentTests {
  private typealias Machine = SystemTestMachine

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var code: [UInt8]
    var offset: UInt64
    /// Vector of its fault, or nil.
    var fault: Int?

    init(_ name: String, _ code: [UInt8], _ offset: UInt64, _ fault: Int?) {
      testDescription = "\(name) at \(offset)"
      self.code = code
      self.offset = offset
      self.fault = fault
    }
  }

  static let rows: [Row] = [
    Row("MOV 8", [0x8A, 0x03], 1, nil), Row("MOV 16", [0x66, 0x8B, 0x03], 1, 17),
    Row("MOV 16", [0x66, 0x8B, 0x03], 2, nil), Row("MOV 32", [0x8B, 0x03], 2, 17),
    Row("MOV 32", [0x8B, 0x03], 4, nil), Row("MOV 64", [0x48, 0x8B, 0x03], 4, 17),
    Row("MOV 64", [0x48, 0x8B, 0x03], 8, nil), Row("store", [0x89, 0x03], 2, 17),
    Row("MOVUPS", [0x0F, 0x10, 0x03], 8, 17), Row("MOVDQU", [0xF3, 0x0F, 0x6F, 0x03], 4, 17),
    Row("MOVUPS store", [0x0F, 0x11, 0x03], 8, 17), Row("MOVAPS", [0x0F, 0x28, 0x03], 8, 13),
    Row("MOVSS", [0xF3, 0x0F, 0x10, 0x03], 2, 17), Row("MOVSD", [0xF2, 0x0F, 0x10, 0x03], 4, 17),
    Row("FLD 80", [0xDB, 0x2B], 4, 17), Row("FLD 80", [0xDB, 0x2B], 8, nil),
    Row("FLD 64", [0xDD, 0x03], 4, 17), Row("FNSTENV", [0xD9, 0x33], 2, 17),
    Row("FNSTENV", [0xD9, 0x33], 4, nil), Row("FNSTENV 16", [0x66, 0xD9, 0x33], 2, nil),
    Row("FNSAVE", [0xDD, 0x33], 2, 17), Row("FNSAVE", [0xDD, 0x33], 4, nil),
    Row("FXSAVE", [0x0F, 0xAE, 0x03], 8, 13), Row("BT 32", [0x0F, 0xBA, 0x23, 3], 2, 17),
    Row("CMPXCHG8B", [0x0F, 0xC7, 0x0B], 4, 17), Row("XCHG", [0x87, 0x03], 2, 17),
    Row("MOVSQ", [0x48, 0xA5], 4, 17), Row("MOVSB", [0xA4], 1, nil),
    Row("PUSH", [0x48, 0x89, 0xDC, 0x50], 4, 17), Row("CLFLUSH", [0x0F, 0xAE, 0x3B], 1, nil),
    Row("unmapped", [0x8B, 0x83, 0, 0, 0x10, 0], 2, 17),
    Row("not canonical", [0x8B, 0x01], 0, 13),
  ]

  @Test(arguments: rows) func operandsOfUsersAreChecked(row: Row) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.cr0 |= ControlRegister0.alignmentMask
    machine.processor.cr4 |= ControlRegister4.fxSave
    machine.processor.flags |= Flag.alignment
    machine.setMissing(Machine.data + 0x10_0000)
    for register in [GeneralRegister.rbx, .rsi, .rdi] {
      machine.processor[register] = Machine.data + row.offset
    }
    machine.processor[.rcx] = 0x8000_0000_0001
    machine.run(row.code + [0x0F, 0x0B])
    #expect(machine.vector == row.fault ?? 6)
    if row.fault == 17 {
      let isPush = row.testDescription.hasPrefix("PUSH")
      #expect(machine.stack(2) == [0, Machine.code + (isPush ? 3 : 0)])
    }
  }

  /// CR0.AM, EFLAGS.AC and privilege 3 must come together.
  @Test(arguments: [(false, true, UInt16(3)), (true, false, 3), (true, true, 0)])
  func otherwiseNothingIsChecked(mask: Bool, flag: Bool, privilege: UInt16) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: privilege)
    if mask { machine.processor.cr0 |= ControlRegister0.alignmentMask }
    if flag { machine.processor.flags |= Flag.alignment }
    machine.processor[.rbx] = Machine.data + 1
    machine.run([0x8B, 0x03, 0x0F, 0x0B])
    #expect(machine.vector == 6)
  }

  @Test func POPFTurnsItOnAndOff() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.cr0 |= ControlRegister0.alignmentMask
    machine.processor[.rbx] = Machine.data + 1
    // push 0x40000; popf; push 0; popf; mov eax, [rbx]; push 0x40000; popf; mov eax, [rbx]
    machine.run([
      0x68, 0, 0, 4, 0, 0x9D, 0x6A, 0, 0x9D, 0x8B, 0x03, 0x68, 0, 0, 4, 0, 0x9D, 0x8B, 0x03,
    ])
    #expect(machine.vector == 17)
    #expect(machine.stack(2) == [0, Machine.code + 17])
  }

  @Test func theHandlerIsNotChecked() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.cr0 |= ControlRegister0.alignmentMask
    machine.processor.flags |= Flag.alignment
    machine.processor[.rbx] = Machine.data + 1
    // The handler of #UD reads what is not aligned, then returns past the instruction.
    machine.store(
      [0x8B, 0x13, 0x48, 0x83, 0x04, 0x24, 0x02, 0x48, 0xCF], at: Machine.handlers + 6 * 16)
    machine.run([0x0F, 0x0B, 0x8B, 0x03])
    #expect(machine.vector == 17)
    #expect(machine.stack(2) == [0, Machine.code + 2])
  }
}
