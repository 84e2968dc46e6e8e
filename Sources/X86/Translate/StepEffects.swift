// What a step means for flags and registers.
import Quantities

extension Step {
  /// The flags that a condition reads.
  static func flags(of condition: UInt8) -> UInt64 {
    switch condition >> 1 {
    case 0: Flag.overflow
    case 1: Flag.carry
    case 2: Flag.zero
    case 3: Flag.carry | Flag.zero
    case 4: Flag.sign
    case 5: Flag.parity
    case 6: Flag.sign | Flag.overflow
    default: Flag.zero | Flag.sign | Flag.overflow
    }
  }

  mutating func setFlagEffects() {
    switch action {
    case .binary(let operation):
      defines = Flag.arithmetic
      if operation == 2 || operation == 3 { reads = Flag.carry }
    case .unary(let kind):
      defines = kind == 3 ? 0 : kind == 2 ? Flag.arithmetic : Flag.arithmetic & ~Flag.carry
    case .shift(let kind, let count):
      if kind >= 4 && count != nil { defines = Flag.arithmetic }
    case .multiply, .multiplyWide, .vector(.compare), .exchangeAdd, .compareExchange:
      defines = Flag.arithmetic
    case .bit, .scan, .pushFlags: reads = Flag.arithmetic
    case .flag(let opcode): if opcode < 0xFC { reads = Flag.arithmetic }
    case .set(let condition), .conditionalMove(let condition), .branch(let condition, _):
      reads = Self.flags(of: condition)
    default: break
    }
  }

  /// Fills in which flags are read after each step, from the last to the first.
  static func setLiveness(_ steps: inout [Step]) {
    var live = Flag.arithmetic
    for index in steps.indices.reversed() {
      steps.change(at: index) { step in
        step.liveAfter = live
        live =
          step.mayLeave || step.ends ? Flag.arithmetic : live & ~step.defines | step.reads
      }
    }
  }

  /// The guest registers that it changes.
  var writtenRegisters: [UInt8] {
    var registers: [UInt8] = []
    switch action {
    case .binary(7), .binary(8), .nothing, .leave, .jump, .branch, .jumpIndirect: break
    case .bit(0), .flag, .interrupts: break
    case .multiplyWide, .divide: registers = [0, 2]
    case .exchangeWithMemory, .exchangeAdd: add(source, to: &registers)
    case .compareExchange: registers = [0]
    case .pushFlags: registers = [4]
    case .string(let kind):
      registers = kind == .move ? [6, 7] : kind == .store ? [7] : [0, 6]
    case .widen: registers = [0]
    case .spreadSign: registers = [2]
    case .push, .call, .callIndirect, .nearReturn: registers = [4]
    case .leaveFrame: registers = [4, 5]
    case .pop:
      registers = [4]
      add(target, to: &registers)
    case .exchange:
      add(target, to: &registers)
      add(source, to: &registers)
    default: add(target, to: &registers)
    }
    return registers
  }

  private func add(_ operand: Operand, to registers: inout [UInt8]) {
    switch operand {
    case .register(let number): registers.append(number)
    case .highByte(let number): registers.append(number)
    default: break
    }
  }
}
