import Testing

@testable import X86

/// What instructions cost beyond their one cycle: what Docs/Performance.md says, whatever the slices.
@Suite("What instructions cost") struct CycleCostTests {
  private typealias Machine = SystemTestMachine

  private static func machine() throws -> Machine {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rbp] = Machine.stackTop
    return machine
  }

  /// Cycles from the code's begin to its HLT, after the code has been decoded once.
  private static func cycles(_ code: [UInt8], slice: Int) throws -> Int {
    let machine = try Self.machine()
    let processor = machine.processor
    machine.run(code + [0xF4])
    // What its first decoding costs is forgotten.
    machine.run(cycles: 0)
    processor.chargesCycles = true
    for register in [GeneralRegister.rsp, .rbp] { processor[register] = Machine.stackTop }
    processor.instructionPointer = Machine.code
    processor.activity = .running
    var used = 0
    for _ in 0..<1000 where processor.activity == .running {
      machine.run(cycles: slice)
      used += processor.cyclesUsed
    }
    // What the last one owes is paid before the processor goes on.
    processor.activity = .running
    processor.instructionPointer = Machine.code + UInt64(code.count)
    machine.run(cycles: 1000)
    return used + processor.cyclesUsed - 1
  }

  @Test(
    "each costs what it costs the host, whatever the slices", arguments: [1, 2, 7, 1000])
  func costs(slice: Int) throws {
    let rows: [(name: String, code: [UInt8], extra: Int64)] = [
      ("NOP", [0x90], 0),
      ("ENTER 0, 31", [0xC8, 0, 0, 31], 31),
      ("ENTER 0, 33, which is level 1", [0xC8, 0, 0, 33], 1),
      ("MOV DR7, RAX", [0x31, 0xC0, 0x0F, 0x23, 0xF8], CycleCost.of(.writeDebug)),
      ("MOV CR3", [0x0F, 0x20, 0xD8, 0x0F, 0x22, 0xD8], CycleCost.of(.writeControl)),
      ("CPUID", [0x0F, 0xA2], CycleCost.of(.identify)),
      ("IN AL, 80h", [0xE4, 0x80], CycleCost.bus),
      ("FNINIT; FLDPI; FSIN", [0xDB, 0xE3, 0xD9, 0xEB, 0xD9, 0xFE], CycleCost.transcendental),
    ]
    for row in rows {
      let used = try Self.cycles(row.code, slice: slice)
      let plain = try Self.instructions(row.code)
      #expect(used == plain + 1 + Int(row.extra), "\(row.name)")
    }
  }

  /// Instructions up to the HLT.
  private static func instructions(_ code: [UInt8]) throws -> Int {
    let machine = try Self.machine()
    machine.run(code + [0xF4])
    return machine.processor.cyclesUsed - 1
  }

  @Test("code costs when it is decoded for the first time, and again when it was changed")
  func newCode() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.chargesCycles = true
    // 63 NOPs and a HLT: one piece of 64 bytes.
    let code = [UInt8](repeating: 0x90, count: 63)
    func cycles() -> Int {
      machine.processor.instructionPointer = Machine.code
      machine.processor.activity = .running
      machine.run()
      let used = machine.processor.cyclesUsed
      machine.processor.instructionPointer = Machine.code + 63
      machine.processor.activity = .running
      machine.run()
      return used + machine.processor.cyclesUsed - 1
    }
    machine.store(code + [0xF4], at: Machine.code)
    #expect(cycles() == 64 + Int(CycleCost.newCode))
    #expect(cycles() == 64)
  }
}
