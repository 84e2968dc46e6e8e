import Testing
import X86

/// Floating point and vector instructions outside 64-bit mode: formats, limits, order of faults.
///
/// Oracle: Intel SDM volume 1, "x87 State" figures; volume 3, "Priority Among Concurrent Events".
struct FloatingPointModeTests {
  typealias Machine = SystemTestMachine

  /// CS 1000, DS 2345: fninit; fld dword [10]; fnstenv [20]; hlt.
  @Test(arguments: [false, true])
  func realModeStoresLinearAddresses(wide: Bool) throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x1_0000, limit: 0xFFFF, attributes: 0x93)
    machine.processor.setSegment(
      .ds, selector: 0x2345, base: 0x2_3450, limit: 0xFFFF, attributes: 0x93)
    let prefix: [UInt8] = wide ? [0x66] : []
    machine.store(
      [0xDB, 0xE3, 0xD9, 0x06, 0x10, 0x00] + prefix + [0xD9, 0x36, 0x20, 0x00, 0xF4],
      at: 0x1_0000)
    machine.processor.instructionPointer = 0
    machine.run()
    let start: UInt64 = 0x2_3470
    if wide {
      let words = (3..<7).map { machine.load32(start + 4 * $0) }
      #expect(words.map { $0 & 0xFFFF } == [0x0002, 0x1106, 0x3460, 0x2000])
      #expect(words[1] >> 16 == 0 && words[3] >> 16 == 0)
    } else {
      let words = (3..<7).map { machine.load16(start + 2 * $0) }
      #expect(words == [0x0002, 0x1106, 0x3460, 0x2000])
    }
  }

  /// fninit; fld dword [ebx]; fnstenv [edi]; hlt.
  @Test(arguments: [false, true])
  func protectedModeStoresSelectorsAndOffsets(wide: Bool) throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor.setSegment(
      .ds, selector: Machine.Selector.smallData, base: Machine.data, limit: 0xFF,
      attributes: 0x4093)
    machine.processor[.rbx] = 0x44
    machine.processor[.rdi] = 0x80
    let prefix: [UInt8] = wide ? [] : [0x66]
    machine.run([0xDB, 0xE3, 0xD9, 0x03] + prefix + [0xD9, 0x37, 0xF4])
    let start = Machine.data + 0x80
    let code = Machine.code + 2
    let selector = UInt32(machine.processor.segment(.cs).selector)
    if wide {
      #expect(machine.load32(start + 12) == UInt32(code))
      #expect(machine.load32(start + 16) == 0x103 << 16 | selector)
      #expect(machine.load32(start + 20) == 0x44)
      #expect(machine.load16(start + 24) == Machine.Selector.smallData)
    } else {
      let words = (3..<7).map { machine.load16(start + 2 * $0) }
      #expect(
        words
          == [
            UInt16(truncatingIfNeeded: code), UInt16(selector), 0x44, Machine.Selector.smallData,
          ])
    }
  }

  /// An instruction with an operand at [EBX].
  struct Row: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let code: [UInt8]
    let byteCount: UInt64
    init(_ name: String, _ code: [UInt8], _ byteCount: UInt64) {
      testDescription = name
      self.code = code
      self.byteCount = byteCount
    }
  }

  static let rows: [Row] = [
    Row("MOVSS load", [0xF3, 0x0F, 0x10, 0x03], 4),
    Row("MOVSD store", [0xF2, 0x0F, 0x11, 0x03], 8),
    Row("MOVUPS", [0x0F, 0x10, 0x03], 16), Row("MOVD xmm", [0x66, 0x0F, 0x6E, 0x03], 4),
    Row("MOVQ xmm", [0xF3, 0x0F, 0x7E, 0x03], 8), Row("MOVQ mm", [0x0F, 0x6F, 0x03], 8),
    Row("MOVHPS", [0x0F, 0x16, 0x03], 8), Row("PINSRW", [0x66, 0x0F, 0xC4, 0x03, 0x01], 2),
    Row("PUNPCKLBW mm", [0x0F, 0x60, 0x03], 4), Row("PUNPCKHBW mm", [0x0F, 0x68, 0x03], 8),
    Row("CVTSI2SD", [0xF2, 0x0F, 0x2A, 0x03], 4), Row("CVTPS2PD", [0x0F, 0x5A, 0x03], 8),
    Row("CVTDQ2PD", [0xF3, 0x0F, 0xE6, 0x03], 8), Row("COMISS", [0x0F, 0x2F, 0x03], 4),
    Row("COMISD", [0x66, 0x0F, 0x2F, 0x03], 8), Row("SQRTSD", [0xF2, 0x0F, 0x51, 0x03], 8),
    Row("CMPSS", [0xF3, 0x0F, 0xC2, 0x03, 0x00], 4), Row("MOVNTI", [0x0F, 0xC3, 0x03], 4),
    Row("STMXCSR", [0x0F, 0xAE, 0x1B], 4), Row("FLD tbyte", [0xDB, 0x2B], 10),
    Row("FISTP word", [0xDF, 0x1B], 2), Row("FNSTENV", [0xD9, 0x33], 28),
    Row("FNSAVE", [0xDD, 0x33], 108),
  ]

  private static func machine(_ row: Row, offset: UInt64) throws -> Machine {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor.cr4 |= ControlRegister4.fxSave
    machine.processor.setSegment(
      .ds, selector: Machine.Selector.smallData, base: Machine.data, limit: 0xFF,
      attributes: 0x4093)
    machine.processor[.rbx] = offset
    return machine
  }

  @Test("the last byte of the operand must lie within the limit, and no more", arguments: rows)
  func limits(row: Row) throws {
    let inside = try Self.machine(row, offset: 0x100 - row.byteCount)
    inside.run(row.code + [0xF4])
    #expect(inside.vector == nil)
    let outside = try Self.machine(row, offset: 0x101 - row.byteCount)
    outside.run(row.code + [0xF4])
    #expect(outside.vector == 13)
  }

  @Test("#NM goes before the segment's limit", arguments: rows)
  func unitBeforeLimit(row: Row) throws {
    let machine = try Self.machine(row, offset: 0x1000)
    machine.processor.cr0 |= ControlRegister0.taskSwitched
    machine.run(row.code + [0xF4])
    #expect(machine.vector == (row.testDescription == "MOVNTI" ? 13 : 7))
  }
}
