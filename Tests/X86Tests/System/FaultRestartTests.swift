import Testing

@testable import X86

/// Every fault is restartable: an instruction whose second page is missing changes no register and
/// no byte of the first page.
///
/// Oracle: Intel SDM volume 3, "Program or Task Restart".
@Suite struct FaultRestartTests {
  private typealias Machine = SystemTestMachine

  struct Case: Sendable {
    var name: String
    var code: [UInt8]
    /// Bytes by which the operand reaches into the first page, or the stack over it.
    var inFirst: UInt64
    /// The stack grows down into the missing page; else RDI and RSI point up into it.
    var usesStack: Bool
    /// The stack is read upwards into the missing page.
    var pops: Bool

    init(
      _ name: String, _ code: [UInt8], inFirst: UInt64 = 1, stack: Bool = false, pops: Bool = false
    ) {
      self.name = name
      self.code = code
      self.inFirst = inFirst
      usesStack = stack
      self.pops = pops
    }
  }

  private static let both: [Case] = [
    Case("stosd", [0xAB]),
    Case("movsd", [0xA5]),
    Case("add [edi], eax", [0x01, 0x07]),
    Case("xchg [edi], eax", [0x87, 0x07]),
    Case("xadd [edi], eax", [0x0F, 0xC1, 0x07]),
    Case("cmpxchg [edi], ecx", [0x0F, 0xB1, 0x0F]),
    Case("cmpxchg8b [edi]", [0x0F, 0xC7, 0x0F]),
    Case("sgdt [edi]", [0x0F, 0x01, 0x07], inFirst: 2),
    Case("sidt [edi]", [0x0F, 0x01, 0x0F], inFirst: 5),
    Case("mov [edi], ds", [0x8C, 0x1F]),
    Case("fxsave [edi]", [0x0F, 0xAE, 0x07], inFirst: 256),
    Case("fnsave [edi]", [0xDD, 0x37], inFirst: 50),
    Case("fstp tbyte [edi]", [0xDB, 0x3F], inFirst: 4),
    Case("push eax", [0x50], inFirst: 2, stack: true),
    Case("pushf", [0x9C], inFirst: 2, stack: true),
    Case("push fs", [0x0F, 0xA0], inFirst: 2, stack: true),
    Case("call rel", [0xE8, 0, 1, 0, 0], inFirst: 2, stack: true),
    Case("call [esi]", [0xFF, 0x16], inFirst: 2, stack: true),
    Case("enter 64, 2", [0xC8, 64, 0, 2], inFirst: 8, stack: true),
    Case("pop eax", [0x58], inFirst: 2, pops: true),
    Case("popf", [0x9D], inFirst: 2, pops: true),
    Case("pop [esi]", [0x8F, 0x06], inFirst: 2, pops: true),
    Case("ret", [0xC3], inFirst: 2, pops: true),
    Case("ret far", [0xCB], inFirst: 6, pops: true),
    Case("iret", [0xCF], inFirst: 6, pops: true),
  ]

  private static let protectedOnly: [Case] = [
    Case("pusha", [0x60], inFirst: 16, stack: true),
    Case("popa", [0x61], inFirst: 16, pops: true),
    Case("call far", [0x9A, 0, 0, 1, 0, 0x23, 0], inFirst: 4, stack: true),
    Case("push [esi]", [0xFF, 0x36], inFirst: 2, stack: true),
  ]

  private static let page = SystemTestMachine.data
  private static let missing = SystemTestMachine.data + 0x1000

  private func prepare(_ machine: Machine, _ row: Case) {
    let processor = machine.processor
    for (index, register) in GeneralRegister.allCases.enumerated() where register != .rsp {
      processor[register] = 0x11_1111 * UInt64(index + 1)
    }
    processor.flags = 0x0202
    for index in 0..<UInt64(1024) {
      machine.store64(0xABCD_0000 + index, at: Self.page + index * 8)
    }
    processor[.rsi] = 0x110000
    processor[.rdi] = Self.missing - row.inFirst
    if row.usesStack {
      // The missing page lies under the stack.
      machine.setMissing(Self.page - 0x1000)
      processor[.rsp] = Self.page + row.inFirst
      processor[.rbp] = 0x112000
    } else {
      machine.setMissing(Self.missing)
      processor[.rsp] = row.pops ? Self.missing - row.inFirst : Machine.stackTop
      if row.name.hasPrefix("fxsave") { processor[.rdi] = Self.missing - 256 }
    }
  }

  private func snapshot(_ machine: Machine) -> [UInt64] {
    (0..<UInt64(512)).map { machine.load64(Self.page + $0 * 8) }
  }

  private func registers(_ machine: Machine) -> [UInt64] {
    GeneralRegister.allCases.filter { $0 != .rsp }.map { machine.processor[$0] }
  }

  @Test(arguments: both)
  func longModeChangesNothing(row: Case) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    prepare(machine, row)
    let pointer = machine.processor[.rsp]
    let before = (registers(machine), snapshot(machine))
    machine.run(row.code)
    #expect(machine.vector == 14)
    #expect(registers(machine) == before.0)
    #expect(snapshot(machine) == before.1)
    let frame = machine.stack(6)
    #expect(frame[1] == Machine.code)
    #expect(frame[3] == 0x1_0202)
    #expect(frame[4] == pointer)
  }

  @Test(arguments: both + protectedOnly)
  func protectedModeChangesNothing(row: Case) throws {
    let machine = try Machine()
    machine.enterProtectedMode(privilege: 3)
    machine.enablePaging32()
    prepare(machine, row)
    let pointer = machine.processor[.rsp]
    let before = (registers(machine), snapshot(machine))
    machine.run(row.code)
    #expect(machine.vector == 14)
    #expect(registers(machine) == before.0)
    #expect(snapshot(machine) == before.1)
    let frame = machine.stack32(6)
    #expect(frame[1] == UInt32(Machine.code))
    #expect(frame[3] == 0x1_0202)
    #expect(frame[4] == UInt32(pointer))
  }
}
