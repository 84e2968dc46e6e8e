import Testing

@testable import X86

/// Limits and rights of segments, canonical addresses; oracle: Intel SDM volume 3, "Protection",
/// volume 1, "Canonical Addressing".
@Suite struct SegmentLimitTests {
  private typealias Machine = SystemTestMachine
  private typealias Selector = SystemTestMachine.Selector

  struct Access: Sendable {
    var name: String
    /// Attributes of DS, or of SS when `isStack`.
    var attributes: UInt16
    var limit: UInt32
    var offset: UInt32
    var isWrite: Bool
    var isStack: Bool
    /// nil: allowed.
    var vector: Int?

    init(
      _ name: String, _ attributes: UInt16, limit: UInt32, offset: UInt32, write: Bool = false,
      stack: Bool = false, _ vector: Int? = nil
    ) {
      self.name = name
      self.attributes = attributes
      self.limit = limit
      self.offset = offset
      isWrite = write
      isStack = stack
      self.vector = vector
    }
  }

  @Test(arguments: [
    Access("last double word", 0x4093, limit: 0xFFF, offset: 0xFFC),
    Access("its last byte is outside", 0x4093, limit: 0xFFF, offset: 0xFFD, 13),
    Access("all outside", 0x4093, limit: 0xFFF, offset: 0x1000, 13),
    Access("around the end of the offsets", 0xC093, limit: 0xFFFF_FFFF, offset: 0xFFFF_FFFD, 13),
    Access("expand-down, at the limit", 0x4097, limit: 0xFFF, offset: 0xFFF, 13),
    Access("expand-down, above the limit", 0x4097, limit: 0xFFF, offset: 0x1000),
    Access("expand-down, below the limit", 0x4097, limit: 0xFFF, offset: 0x10, 13),
    Access("expand-down of 64 KiB, top", 0x0097, limit: 0xFFF, offset: 0xFFFC),
    Access("expand-down of 64 KiB, beyond", 0x0097, limit: 0xFFF, offset: 0x1_0000, 13),
    Access("read-only, read", 0x4091, limit: 0xFFF, offset: 0),
    Access("read-only, write", 0x4091, limit: 0xFFF, offset: 0, write: true, 13),
    Access("readable code, read", 0x409B, limit: 0xFFF, offset: 0),
    Access("readable code, write", 0x409B, limit: 0xFFF, offset: 0, write: true, 13),
    Access("null", 0, limit: 0, offset: 0, 13),
    Access("stack, last double word", 0x4093, limit: 0xFFF, offset: 0xFFC, stack: true),
    Access("stack, outside", 0x4093, limit: 0xFFF, offset: 0xFFD, stack: true, 12),
  ])
  func accesses(row: Access) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.processor.setSegment(
      row.isStack ? .ss : .ds, selector: row.attributes == 0 ? 0 : Selector.userData,
      base: Machine.data, limit: row.limit,
      attributes: row.attributes | (row.attributes == 0 ? 0 : 0x60))
    let register: GeneralRegister = row.isStack ? .rbp : .rbx
    machine.processor[register] = UInt64(row.offset)
    // mov eax, [ebx] or [ebp + 0]; mov [ebx], eax
    let code: [UInt8] =
      row.isStack ? [0x8B, 0x45, 0] : [row.isWrite ? 0x89 : 0x8B, 0x03]
    machine.run(code + [0x0F, 0x0B])
    #expect(machine.vector == row.vector ?? 6)
    if row.vector != nil { #expect(machine.stack32(2) == [0, UInt32(Machine.code)]) }
  }

  @Test func aWordAtTheEndOfARealModeSegmentFaults() throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
    machine.store([0x00, 0x20, 0x00, 0x00], at: 13 * 4)
    machine.store([0xF4], at: 0x2000)
    machine.processor[.rsp] = 0x8000
    machine.processor[.rbx] = 0xFFFF
    machine.store([0x8B, 0x07], at: 0x10000)  // mov ax, [bx]
    machine.processor.instructionPointer = 0
    machine.run()
    #expect(machine.processor.instructionPointer == 0x2001)
    #expect(machine.load16(0x7FFA) == 0)
  }

  @Test func sixteenBitAddressesWrap() throws {
    let machine = try Machine()
    machine.processor.setSegment(
      .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
    machine.store([0x77], at: 1)
    (machine.processor[.rbx], machine.processor[.rsi]) = (0xFFFF, 2)
    machine.store([0x8A, 0x00, 0xF4], at: 0x10000)  // mov al, [bx + si]
    machine.processor.instructionPointer = 0
    machine.run()
    #expect(machine.processor[.rax] == 0x77)
  }

  struct NotCanonical: Sendable {
    var code: [UInt8]
    var register: GeneralRegister
    var vector: Int
    init(_ code: [UInt8], _ register: GeneralRegister, _ vector: Int) {
      self.code = code
      self.register = register
      self.vector = vector
    }
  }

  @Test(arguments: [
    NotCanonical([0x8B, 0x03], .rbx, 13),
    NotCanonical([0x8B, 0x45, 0], .rbp, 12),
    NotCanonical([0x8B, 0x04, 0x24], .rsp, 12),
    NotCanonical([0x50], .rsp, 12),
    NotCanonical([0xC3], .rsp, 12),
    NotCanonical([0xC9], .rbp, 12),
    NotCanonical([0xAA], .rdi, 13),
    NotCanonical([0x0F, 0x01, 0x07], .rdi, 13),
    NotCanonical([0x48, 0xCF], .rsp, 12),
  ])
  func addressesThatAreNotCanonical(row: NotCanonical) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(12, stack: 1)
    machine.setLongGate(13, stack: 1)
    machine.processor[row.register] = 0x8000_0000_0100
    machine.run(row.code)
    #expect(machine.vector == row.vector)
    #expect(machine.stack(2) == [0, Machine.code])
  }

  @Test func invalidatingAPageThatIsNotCanonicalDoesNothing() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rdi] = 1 << 60
    machine.run([0x0F, 0x01, 0x3F, 0xF4])
    #expect(machine.vector == nil)
    #expect(machine.processor.instructionPointer == Machine.code + 4)
  }

  @Test func codeBeyondTheLimitFaultsAtItsInstruction() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    let limit = UInt32(Machine.handlers) + 0xFFF
    machine.processor.setSegment(.cs, selector: 8, base: 0, limit: limit, attributes: 0x409B)
    let last = UInt64(limit) - 1
    machine.store([0x90, 0x90, 0x90], at: last)
    machine.processor.instructionPointer = last
    machine.run()
    #expect(machine.vector == 13)
    #expect(machine.stack32(2) == [0, limit + 1])
  }

  @Test func sixteenBitProtectedModeUsesItsStackPointer() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    let processor = machine.processor
    processor.setSegment(
      .ss, selector: Selector.data16, base: Machine.data, limit: 0xFFFF, attributes: 0x93)
    processor[.rsp] = 0x1234_0000
    machine.run([0x68, 0x44, 0x33, 0x22, 0x11, 0xF4])  // push 0x11223344
    #expect(processor[.rsp] == 0x1234_FFFC)
    #expect(machine.load32(Machine.data + 0xFFFC) == 0x1122_3344)
  }
}
