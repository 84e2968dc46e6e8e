import Testing

@testable import X86

/// Jumps, LOOP and calls outside 64-bit mode; oracle: Intel SDM volume 2, "Jcc", "LOOP", "CALL".
@Suite struct NearTransferTests {
  private typealias Machine = SystemTestMachine

  /// Flags that make each condition of Jcc hold, by its low four opcode bits.
  private static let holding: [UInt64] = [
    0x800, 0, 1, 0, 0x40, 0, 0x40, 0, 0x80, 0, 4, 0, 0x80, 0, 0x40, 0,
  ]
  private static let failing: [UInt64] = [
    0, 0x800, 0, 1, 0, 0x40, 0, 1, 0, 0x80, 0, 4, 0, 0x800, 0, 0x40,
  ]

  enum Mode: CaseIterable, Sendable { case real, protected32, near16 }

  private func machine(_ mode: Mode) throws -> Machine {
    let machine = try Machine()
    switch mode {
    case .real:
      machine.processor.setSegment(
        .cs, selector: 0x1000, base: 0x10000, limit: 0xFFFF, attributes: 0x93)
      machine.processor[.rsp] = 0x8000
    case .protected32, .near16: machine.enterProtectedMode()
    }
    return machine
  }

  /// Offset of the instruction that halted.
  private func halt(_ machine: Machine, _ mode: Mode, _ code: [UInt8]) -> UInt64 {
    machine.store(code, at: Machine.code)
    let base: UInt64 = mode == .real ? 0 : Machine.code
    machine.processor.instructionPointer = base
    machine.run()
    return machine.processor.instructionPointer - 1 - base
  }

  @Test(arguments: Mode.allCases, 0..<16)
  func conditionsAreTakenOrNot(mode: Mode, condition: Int) throws {
    for isTaken in [true, false] {
      let machine = try machine(mode)
      machine.processor.flags = (isTaken ? Self.holding : Self.failing)[condition] | 2
      let code: [UInt8]
      if mode == .near16 {
        // With the operand-size prefix the target 0x10003 + 5 is cut to 16 bits: 8.
        machine.store([0xF4], at: 8)
        code = [0x66, 0x70 | UInt8(condition), 5, 0xF4]
        machine.store(code, at: Machine.code)
        machine.processor.instructionPointer = Machine.code
        machine.run()
        #expect(machine.processor.instructionPointer == (isTaken ? 9 : Machine.code + 4))
      } else {
        code = [0x70 | UInt8(condition), 1, 0xF4, 0xF4]
        #expect(halt(machine, mode, code) == (isTaken ? 3 : 2))
      }
    }
  }

  @Test(arguments: [Mode.real, .protected32], 0..<16)
  func longConditions(mode: Mode, condition: Int) throws {
    for isTaken in [true, false] {
      let machine = try machine(mode)
      machine.processor.flags = (isTaken ? Self.holding : Self.failing)[condition] | 2
      let displacement: [UInt8] = mode == .real ? [1, 0] : [1, 0, 0, 0]
      let code = [0x0F, 0x80 | UInt8(condition)] + displacement + [0xF4, 0xF4]
      #expect(halt(machine, mode, code) == UInt64(code.count - (isTaken ? 1 : 2)))
    }
  }

  @Test(arguments: [Mode.real, .protected32])
  func loops(mode: Mode) throws {
    let machine = try machine(mode)
    machine.processor[.rcx] = 5
    #expect(halt(machine, mode, [0x40, 0xE2, 0xFD, 0xF4]) == 3)  // inc; loop
    #expect(machine.processor[.rax] == 5)
    #expect(machine.processor[.rcx] == 0)
  }

  @Test(arguments: [(UInt8(0xE1), UInt64(0x42), 3), (0xE1, 2, 2), (0xE0, 2, 3), (0xE0, 0x42, 2)])
  func loopsWithZero(opcode: UInt8, flags: UInt64, place: Int) throws {
    let machine = try machine(.real)
    machine.processor[.rcx] = 2
    machine.processor.flags = flags
    #expect(halt(machine, .real, [opcode, 1, 0xF4, 0xF4]) == UInt64(place))
  }

  @Test(arguments: [Mode.real, .protected32])
  func jumpsIfTheCountIsZero(mode: Mode) throws {
    let machine = try machine(mode)
    machine.processor[.rcx] = mode == .real ? 0x10000 : 0
    #expect(halt(machine, mode, [0xE3, 1, 0xF4, 0xF4]) == 3)
  }

  @Test(arguments: [Mode.real, .protected32])
  func callsAndReturns(mode: Mode) throws {
    let machine = try machine(mode)
    let top = machine.processor[.rsp]
    // call +2; hlt; nop; inc; ret
    let displacement: [UInt8] = mode == .real ? [2, 0] : [2, 0, 0, 0]
    let code = [0xE8] + displacement + [0xF4, 0x90, 0x40, 0xC3]
    #expect(halt(machine, mode, code) == UInt64(code.count - 4))
    #expect(machine.processor[.rax] == 1)
    #expect(machine.processor[.rsp] == top)
  }
}
