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
    // What its first decoding costs is paid.
    machine.runSlice(cycles: 1000)
    for register in [GeneralRegister.rsp, .rbp] { processor[register] = Machine.stackTop }
    processor.instructionPointer = Machine.code
    processor.activity = .running
    var used = 0
    for _ in 0..<1000 where processor.activity == .running {
      machine.runSlice(cycles: slice)
      used += processor.cyclesUsed
    }
    // What the last one owes is paid before the processor goes on.
    processor.activity = .running
    processor.instructionPointer = Machine.code + UInt64(code.count)
    machine.runSlice(cycles: 1000)
    return used + processor.cyclesUsed - 1
  }

  @Test(
    "each costs what it costs the host, whatever the slices", arguments: [1, 2, 7, 1000])
  func costs(slice: Int) throws {
    let rows: [(name: String, code: [UInt8], extra: Int)] = [
      ("NOP", [0x90], 0),
      ("ENTER 0, 31", [0xC8, 0, 0, 31], 31),
      ("ENTER 0, 33, which is level 1", [0xC8, 0, 0, 33], 1),
      ("MOV DR7, RAX", [0x31, 0xC0, 0x0F, 0x23, 0xF8], 16),
      ("MOV CR3", [0x0F, 0x20, 0xD8, 0x0F, 0x22, 0xD8], 10),
      ("RDMSR, WRMSR EFER", [0xB9, 0x80, 0, 0, 0xC0, 0x0F, 0x32, 0x0F, 0x30], 8),
      ("CPUID", [0x0F, 0xA2], 2),
      ("FXSAVE", [0x0F, 0xAE, 0x04, 0x25, 0, 0, 0x10, 0], 2),
      ("IN AL, 80h", [0xE4, 0x80], 8),
      ("FNINIT; FLDPI; FSIN", [0xDB, 0xE3, 0xD9, 0xEB, 0xD9, 0xFE], 16),
      ("INT 40h up to its handler's HLT", [0xCD, 0x40], 6),
      // 12 for the write, 24 for what stands behind it, which is decoded anew.
      ("MOV BYTE [RIP], NOP, onto the NOP behind it", [0xC6, 0x05, 0, 0, 0, 0, 0x90, 0x90], 36),
    ]
    for row in rows {
      let used = try Self.cycles(row.code, slice: slice)
      let plain = try Self.instructions(row.code)
      #expect(used == plain + 1 + row.extra, "\(row.name)")
    }
  }

  /// Instructions up to the HLT.
  private static func instructions(_ code: [UInt8]) throws -> Int {
    let machine = try Self.machine()
    let before = machine.processor.instructionsRetired
    machine.run(code + [0xF4])
    return Int(machine.processor.instructionsRetired - before) - 1
  }

  @Test("code costs when it is decoded for the first time, and again when it was changed")
  func newCode() throws {
    let machine = try Machine()
    machine.enterLongMode()
    // 63 NOPs and a HLT: one piece of 64 bytes.
    let code = [UInt8](repeating: 0x90, count: 63)
    func cycles() -> Int {
      machine.processor.instructionPointer = Machine.code
      machine.processor.activity = .running
      machine.runSlice()
      let used = machine.processor.cyclesUsed
      machine.processor.instructionPointer = Machine.code + 63
      machine.processor.activity = .running
      machine.runSlice()
      return used + machine.processor.cyclesUsed - 1
    }
    machine.store(code + [0xF4], at: Machine.code)
    #expect(cycles() == 64 + 24)
    #expect(cycles() == 64)
    machine.store([0x90], at: Machine.code + 5)
    #expect(cycles() == 64 + 24)
    #expect(cycles() == 64)
  }

  @Test("what is owed is owed after INIT and after a reset")
  func initialization() throws {
    let machine = try Self.machine()
    let processor = machine.processor
    for start in [processor.initialize, processor.reset] {
      processor.owe(5)
      let owed = processor.cyclesOwed &+ processor.state.cyclesOwedLater
      start()
      #expect(processor.cyclesOwed &+ processor.state.cyclesOwedLater == owed && owed >= 5)
    }
  }
}
