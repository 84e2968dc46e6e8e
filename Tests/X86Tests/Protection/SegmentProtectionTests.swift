import Testing

@testable import X86

/// Segment limits and rights of data, call gates and far returns in protected mode.
///
/// The oracle is the Intel SDM volume 3, chapter "Protection", and volume 2, "CALL" and "RET".
@Suite("Segment protection") struct SegmentProtectionTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  struct Access: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// Descriptor that DS is loaded from; 0 is a null selector.
    var descriptor: UInt64
    var code: [UInt8]
    var offset: UInt64
    var isAllowed: Bool
    /// EAX.
    var value: UInt64 = 0
  }

  /// Base 0x100000, limit 0xFF, data of privilege 0; expand-down; read-only; code.
  private static let small: UInt64 = 0x0040_9310_0000_00FF
  private static let down: UInt64 = 0x0040_9710_0000_00FF
  private static let down16: UInt64 = 0x0000_9710_0000_00FF
  private static let pages: UInt64 = 0x00C0_9310_0000_0000
  private static let readOnly: UInt64 = 0x0040_9110_0000_00FF
  private static let readable: UInt64 = 0x0040_9B10_0000_00FF
  private static let load: [UInt8] = [0x8B, 0x03]
  private static let store: [UInt8] = [0x89, 0x03]

  private static func row(
    _ name: String, _ descriptor: UInt64, _ code: [UInt8], _ offset: UInt64, _ isAllowed: Bool,
    value: UInt64 = 0
  ) -> Access {
    Access(
      testDescription: name, descriptor: descriptor, code: code, offset: offset,
      isAllowed: isAllowed, value: value)
  }

  static let accesses: [Access] = [
    row("last word", small, load, 0xFC, true), row("beyond by a byte", small, load, 0xFD, false),
    row("store beyond", small, store, 0xFD, false),
    row("offset wraps", small, load, 0xFFFF_FFFE, false),
    row("expand-down: at the limit", down, load, 0xFF, false),
    row("expand-down: above", down, load, 0x100, true),
    row("expand-down of 16 bits: top", down16, load, 0xFFFC, true),
    row("expand-down of 16 bits: beyond", down16, load, 0xFFFD, false),
    row("granularity: low bits are ones", pages, load, 0xFFC, true),
    row("granularity: beyond", pages, load, 0xFFD, false),
    row("read-only, read", readOnly, load, 0, true),
    row("read-only, written", readOnly, store, 0, false),
    row("read-only, ADD", readOnly, [0x01, 0x03], 0, false),
    row("read-only, CMP", readOnly, [0x39, 0x03], 0, true),
    row("code, read", readable, load, 0, true), row("code, written", readable, store, 0, false),
    row("null", 0, load, 0, false),
    row("bit string inside", small, [0x0F, 0xA3, 0x03], 0x104, true, value: 0xFFFF_FFC0),
    row("bit string beyond", small, [0x0F, 0xA3, 0x03], 0, false, value: 0x800),
    row("bit string below", small, [0x0F, 0xA3, 0x03], 0, false, value: 0xFFFF_FFFF),
    row("REP MOVSB source beyond", small, [0xF3, 0xA4], 0xFE, false),
  ]

  @Test(arguments: accesses) func dataSegmentsAreChecked(row: Access) throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor.cr4 |= ControlRegister4.fxSave
    machine.setDescriptor(0xA0, row.descriptor)
    machine.processor[.rcx] = row.descriptor == 0 ? 0 : 0xA0
    machine.run([0x8E, 0xD9], instructions: 1)
    machine.processor[.rcx] = 4
    machine.processor[.rbx] = row.offset
    machine.processor[.rsi] = row.offset
    machine.processor[.rdi] = Machine.data + 0x2000
    machine.processor[.rax] = row.value
    machine.run(row.code + [0x0F, 0x0B])
    #expect(machine.vector == (row.isAllowed ? 6 : 13))
    if !row.isAllowed { #expect(machine.stack32(2) == [0, UInt32(Machine.code)]) }
  }

  // MARK: Call gates

  /// A user that calls through a gate with two parameters to code of privilege 0.
  private static func caller(gate: UInt64) throws -> Machine {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.setDescriptor(0xA0, gate)
    machine.processor.setSegment(
      .ss, selector: Selector.userData, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC0F3)
    return machine
  }

  @Test func aGateOf32BitsCopiesDoublewords() throws {
    let machine = try Self.caller(gate: 0x0001_EC02_0008_2000)
    machine.store([0x0F, 0x0B], at: 0x12000)
    // push 0x11; push 0x22; call far 0xA3:0
    machine.run([0x6A, 0x11, 0x6A, 0x22, 0x9A, 0, 0, 0, 0, 0xA3, 0])
    #expect(machine.vector == 6)
    let frame = (0..<UInt64(6)).map { machine.load32(Machine.supervisorStack - 24 + $0 * 4) }
    #expect(
      frame == [
        UInt32(Machine.code) + 11, 0x23, 0x22, 0x11, UInt32(Machine.stackTop) - 8,
        UInt32(Selector.userData),
      ])
    #expect(machine.processor.segment(.cs).selector == Selector.code32)
  }

  @Test func aGateOf16BitsCopiesWordsAndCutsItsOffset() throws {
    let machine = try Self.caller(gate: 0x0001_E402_0008_D000)
    machine.store([0x0F, 0x0B], at: 0xD000)
    machine.run([0x66, 0x6A, 0x11, 0x66, 0x6A, 0x22, 0x9A, 0, 0, 0, 0, 0xA3, 0])
    #expect(machine.vector == 6)
    let frame = (0..<UInt64(6)).map { machine.load16(Machine.supervisorStack - 12 + $0 * 2) }
    #expect(
      frame == [
        UInt16(Machine.code & 0xFFFF) + 13, 0x23, 0x22, 0x11,
        UInt16(truncatingIfNeeded: Machine.stackTop - 4), Selector.userData,
      ])
  }

  @Test func aFarReturnReleasesParametersOfBothStacks() throws {
    let machine = try Self.caller(gate: 0x0001_EC02_0008_2000)
    // ret far 8
    machine.store([0xCA, 8, 0], at: 0x12000)
    machine.run([0x6A, 0x11, 0x6A, 0x22, 0x9A, 0, 0, 0, 0, 0xA3, 0, 0x0F, 0x0B])
    #expect(machine.vector == 6)
    #expect(
      machine.stack32(5) == [
        UInt32(Machine.code) + 11, 0x23, 0x1_0002, UInt32(Machine.stackTop),
        UInt32(Selector.userData),
      ])
  }

  struct Gate: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var gate: UInt64
    var opcode: UInt8 = 0x9A
    var vector: Int
    var error: UInt32
  }

  static let gates: [Gate] = [
    Gate(testDescription: "DPL below CPL", gate: 0x0001_8C00_0008_2000, vector: 13, error: 0xA0),
    Gate(testDescription: "not present", gate: 0x0001_6C00_0008_2000, vector: 11, error: 0xA0),
    Gate(testDescription: "null target", gate: 0x0001_EC00_0000_2000, vector: 13, error: 0),
    Gate(testDescription: "target is data", gate: 0x0001_EC00_0018_2000, vector: 13, error: 0x18),
    Gate(
      testDescription: "JMP to inner code", gate: 0x0001_EC00_0008_2000, opcode: 0xEA, vector: 13,
      error: 8),
    Gate(testDescription: "interrupt gate", gate: 0x0001_EE00_0008_2000, vector: 13, error: 0xA0),
  ]

  @Test(arguments: gates) func gatesAreJudged(row: Gate) throws {
    let machine = try Self.caller(gate: row.gate)
    machine.run([row.opcode, 0, 0, 0, 0, 0xA3, 0])
    #expect(machine.vector == row.vector)
    #expect(machine.stack32(2) == [row.error, UInt32(Machine.code)])
  }

  @Test func aReturnToAnInnerRingIsRefused() throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.run([0x6A, 0x08, 0x6A, 0x00, 0xCB])
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [8, UInt32(Machine.code) + 4])
  }

  // MARK: Fetching

  /// Where CS ends in the middle of `mov eax, 1`, and where a jump leads beyond it.
  @Test(arguments: [UInt64(0), 1, 4])
  func anInstructionMustEndInsideItsSegment(cut: UInt64) throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    let limit = Machine.code + 2 + cut
    machine.processor.setSegment(
      .cs, selector: Selector.code32, base: 0, limit: UInt32(limit), attributes: 0x409B)
    machine.processor[.rax] = 0
    machine.run([0x90, 0x90, 0xB8, 1, 0, 0, 0, 0x90])
    #expect(machine.vector == 13)
    let isWhole = cut == 4
    #expect(machine.processor[.rax] == (isWhole ? 1 : 0))
    #expect(machine.stack32(2) == [0, UInt32(Machine.code) + (isWhole ? 7 : 2)])
  }
}
