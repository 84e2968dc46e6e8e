import TestSupport

@testable import X86

/// A random program of 64-bit code, or of 32-bit code in flat segments, and a processor to run it: a loop of
/// instructions, most of which the translator knows, over storage near the ends of pages.
final class EngineProgram {
  static let start: UInt64 = 0x10_0000
  private static let tables: UInt64 = 0x8_0000
  /// Ends of pages around which the pointers lie.
  private static let places: [UInt64] = [0x20_1000, 0x20_3000, 0x20_5000, 0x20_7000]
  /// A page that is there, and after it one that is not.
  static let edge: UInt64 = 0x30_0000
  /// Registers that hold pointers: RBX RBP RSI RDI R12 R13 R14 R15.
  private static let pointers: [UInt8] = [3, 5, 6, 7, 12, 13, 14, 15]
  /// Registers that hold data: RAX RCX RDX R8 R9.
  private static let data: [UInt8] = [0, 1, 2, 8, 9]

  /// Where 32-bit code counts its rounds.
  private static let counter: UInt64 = 0xE_0000

  /// It is 64-bit code.
  let isLong: Bool
  let memory: GuestMemory
  let processor: Processor
  private var numbers: RandomNumbers
  private var code: [UInt8] = []

  /// A program of a seed, or these bytes at an address.
  init(seed: UInt64, bytes: [UInt8]? = nil, at start: UInt64 = EngineProgram.start) throws {
    isLong = bytes != nil || seed % 4 != 3
    numbers = RandomNumbers(seed: seed)
    memory = try .mappedToItself(tables: Self.tables)
    _ = memory.store(0, at: GuestMemory.pageEntry(tables: Self.tables, Self.edge))
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0))
    if let bytes { code = bytes } else { makeCode() }
    _ = code.withUnsafeBytes { memory.write(start, from: $0) }
    if isLong {
      processor.enterLongMode(instructionPointer: start, pageTable: Self.tables)
    } else {
      processor.enterProtectedFlat32(instructionPointer: start)
      _ = memory.store(UInt32(40), at: Self.counter)
      // Some whose limit binds, downward or read only.
      processor.setSegment(
        .gs, selector: 0x18, base: pick([0, 0x10, 0xFFFF_FFF0]),
        limit: pick([.max, .max, 0x20_2FFF]),
        attributes: pick([0xC093, 0xC093, 0xC091, 0xC097, 0xC09B]))
    }
    // Without these the vectors may not be used.
    if seed % 8 != 0 {
      processor.state.cr4 |= ControlRegister4.fxSave | ControlRegister4.simdExceptions
    }
    setRegisters()
  }

  private func setRegisters() {
    for (index, register) in GeneralRegister.allCases.enumerated() {
      processor[register] =
        Self.pointers.contains(UInt8(index))
        ? pick(Self.places) &+ numbers.next() % 64 &- 32 : numbers.next()
    }
    if numbers.next() % 8 == 0 { processor[.rdi] = Self.edge &- numbers.next() % 300 }
    // Storage beside the program's own code.
    if numbers.next() % 4 == 0 { processor[.rsi] = Self.start &+ 0xE00 }
    // The program changes itself.
    if numbers.next() % 8 == 0 { processor[.rbp] = Self.start &+ numbers.next() % 200 }
    processor[.r10] = numbers.next() % 32
    processor[.rsp] = 0xF_0000 &+ numbers.next() % 64
    processor[.r11] = 40
  }

  private func pick<T>(_ list: [T]) -> T { list[Int(numbers.next() % UInt64(list.count))] }

  // MARK: Code

  private func makeCode() {
    // xor eax, eax: flags are what they are from here on.
    code += [0x31, 0xC0]
    let top = code.count
    let count = 6 + numbers.next() % 40
    var jumps: [(at: Int, after: UInt64)] = []
    for number in 0..<count {
      for jump in jumps where jump.after == number {
        code[jump.at] = UInt8(truncatingIfNeeded: code.count - jump.at - 1)
      }
      jumps.removeAll { $0.after <= number }
      if numbers.next() % 8 == 0 {
        code += [0x70 | UInt8(numbers.next() % 16), 0]
        jumps.append((code.count - 1, number + 1 + numbers.next() % 3))
      } else {
        addInstruction()
      }
    }
    for jump in jumps { code[jump.at] = UInt8(truncatingIfNeeded: code.count - jump.at - 1) }
    // sub r11d, 1, or of the counter in storage; jne top; hlt
    code += isLong ? [0x41, 0x83, 0xEB, 0x01] : [0x83, 0x2D] + little(Self.counter, 4) + [1]
    code += [0x0F, 0x85]
    let distance = UInt32(truncatingIfNeeded: top - (code.count + 4))
    code += (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) } + [0xF4]
  }

  private func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (UInt64($0) * 8)) }
  }

  /// Prefixes, an opcode of a byte form (bit 0 makes it wider) and an operand.
  private func add(
    _ opcode: [UInt8], hasByteForm: Bool = true, reg: UInt8? = nil, immediate: Bool = false,
    memory chosen: Bool? = nil, wide: Bool = false, isVector: Bool = false
  ) {
    let widest: UInt64 = isLong ? 3 : 2
    let chosenWidth =
      wide ? 2 + numbers.next() % 2 : hasByteForm ? numbers.next() % 4 : 1 + numbers.next() % 3
    let width = min(widest, chosenWidth)
    let isMemory = chosen ?? (numbers.next() % 2 == 0)
    let field = reg ?? pick(Self.data + [numbers.next() % 16 == 0 ? 14 : 10])
    let isExtension = reg != nil
    var rm = pick(Self.data + Self.data + [12, 13])
    var index: UInt8?
    if isMemory {
      rm = pick(Self.pointers)
      if numbers.next() % 3 == 0 { index = 10 }
    }
    // Without REX the byte registers 4 to 7 are high bytes.
    let isLegacy = width == 0 && !isMemory && (!isLong || numbers.next() % 4 == 0)
    var rex: UInt8 = 0
    if !isLong {
      // R8 to R15 are RAX to RDI by their lower bits: pointers stay pointers, and the stack is left alone.
      if rm >= 8 { rm = isMemory ? pick([3, 5, 6, 7]) : 0 }
      index = nil
    } else if !isLegacy {
      rex = 0x40 | (width == 3 ? 8 : 0) | (rm >> 3 & 1)
      if !isExtension { rex |= (field >> 3 & 1) << 2 }
      if let index { rex |= (index >> 3 & 1) << 1 }
    }
    if width == 1 { code.append(0x66) }
    if isMemory, numbers.next() % 16 == 0 { code.append(isLong ? 0x65 : pick([0x65, 0x26, 0x3E])) }
    if rex != 0 { code.append(rex) }
    var opcode = opcode
    if hasByteForm && width > 0 { opcode[opcode.count - 1] |= 1 }
    code += opcode
    let low = isLegacy ? UInt8(numbers.next() % 8) : rm & 7
    let middle = isLegacy && !isExtension ? UInt8(numbers.next() % 8) : field & 7
    addOperand(middle, low, isMemory, index)
    if immediate { code += little(numbers.next(), width == 0 ? 1 : width == 1 ? 2 : 4) }
  }

  private func addOperand(_ field: UInt8, _ rm: UInt8, _ isMemory: Bool, _ index: UInt8?) {
    guard isMemory else { return code.append(0xC0 | field << 3 | rm) }
    let isShort = numbers.next() % 2 == 0
    let mode: UInt8 = isShort ? 0x40 : 0x80
    if let index {
      code += [mode | field << 3 | 4, UInt8(numbers.next() % 4) << 6 | (index & 7) << 3 | rm]
    } else if rm == 4 {
      code += [mode | field << 3 | 4, 0x24]
    } else {
      code.append(mode | field << 3 | rm)
    }
    let displacement = Int64(numbers.next() % 128) - 64
    code += little(UInt64(bitPattern: displacement), isShort ? 1 : 4)
  }

  private func addInstruction() {
    let kind = UInt8(numbers.next() % 8)
    let condition = UInt8(numbers.next() % 16)
    switch numbers.next() % 32 {
    case 0...4: add([kind << 3])
    case 5, 6: add([kind << 3 | 2])
    case 7: add([0x80], reg: kind, immediate: true)
    case 8: add([0x84])
    case 9, 10: add([0x88])
    case 11, 12: add([0x8A])
    case 13: add([0xC6], reg: 0, immediate: true)
    case 14: add([0x0F, pick([0xB6, 0xB7, 0xBE, 0xBF])], hasByteForm: false, wide: true)
    case 15: add([0x8D], hasByteForm: false, memory: true)
    case 16: add([0xFE], reg: kind & 1)
    case 17: add([0xF6], reg: pick([2, 3]))
    case 18:
      add([0xC0], reg: pick([0, 1, 4, 5, 7]))
      code.append(UInt8(numbers.next() % 40))
    case 19: add([0xD2], reg: pick([4, 5, 7]))
    case 20: add([0xD0], reg: pick([4, 5, 7]))
    case 21: add([0x0F, 0xAF], hasByteForm: false)
    case 22: add([0x0F, 0x40 | condition], hasByteForm: false)
    case 23: add([0x0F, 0x90 | condition], reg: 0, memory: false)
    case 24: addStack()
    case 25...28: addRare()
    default: addRarer()
    }
  }

  /// What changes some flags, exchanges with storage, divides, or is left to the interpreter.
  private func addRarer() {
    switch numbers.next() % 20 {
    case 0:
      add([0x0F, pick([0xA3, 0xAB, 0xB3, 0xBB])], hasByteForm: false, memory: false)
    case 1:
      add([0x0F, 0xBA], hasByteForm: false, reg: pick([4, 5, 6, 7]))
      code.append(UInt8(numbers.next() % 256))
    case 2: add([0x0F, pick([0xBC, 0xBD])], hasByteForm: false)
    case 3: add([0x0F, 0xB0], memory: numbers.next() % 4 != 0)
    case 4: add([0x0F, 0xC0], memory: numbers.next() % 4 != 0)
    case 5: add([0x86])
    case 6: add([0x0F, 0x90 | UInt8(numbers.next() % 16)], reg: 0, memory: true)
    case 7: add([pick([0x10, 0x18])], memory: true)
    case 8: add([0x80], reg: pick([2, 3]), immediate: true, memory: true)
    case 9: addDivision()
    case 10:
      add([0xC0], reg: pick([0, 1, 2, 3]), memory: false)
      code.append(UInt8(numbers.next() % 40))
    case 11: code.append(pick([0xF5, 0xF8, 0xF9, 0xFC]))
    case 12: code += [0x9C, 0x8F, 0x45, UInt8(numbers.next() % 64)]
    case 13: code.append(pick([0xFA, 0xFB, 0x9E, 0x9F]))
    case 14: code += [0x48 | pick([0, 0, 1, 8]), pick([0xA4, 0xA5, 0xAA, 0xAB, 0xAC, 0xAD])]
    case 15:
      // A run of a few bytes by RCX, and RDI back where it was.
      code += [0x51, 0x57, 0xB9] + little(numbers.next() % 40, 4)
      code += [0xF3, pick([0xA4, 0xAA]), 0x5F, 0x59]
    case 16:
      add([0x0F, pick([0xA4, 0xAC])], hasByteForm: false)
      code.append(UInt8(numbers.next() % 40))
    case 17: code += [0xD9, 0xE8, 0xDD, 0x5D, UInt8(numbers.next() % 64)]
    case 18: addMXCSR()
    default: addFloatingPoint()
    }
  }

  /// A quotient that mostly fits, by a register that is mostly not 0.
  private func addDivision() {
    let isSigned = numbers.next() % 2 == 0
    let wide: UInt8 = numbers.next() % 2 == 0 ? 0x48 : 0x40
    if numbers.next() % 4 != 0 { code += isSigned ? [wide, 0x99] : [0x31, 0xD2] }
    if numbers.next() % 4 != 0 { code += [0x83, 0xC9, UInt8(numbers.next() % 128)] }
    code += [wide, 0xF7, isSigned ? 0xF9 : 0xF1]
  }

  /// LDMXCSR of a value with all exceptions masked, mostly; and STMXCSR.
  private func addMXCSR() {
    let control = numbers.next() & 0xE07F | (numbers.next() % 8 == 0 ? 0x1F00 : 0x1F80)
    code += [0x68] + little(control, 4) + [0x0F, 0xAE, 0x14, 0x24, 0x58]
    code += [0x0F, 0xAE, 0x5D, UInt8(numbers.next() % 64)]
  }

  /// Arithmetic, comparisons and conversions of SSE and SSE2.
  private func addFloatingPoint() {
    let prefix: UInt8 = pick([0, 0x66, 0xF3, 0xF2])
    if numbers.next() % 3 == 0 {
      // From a number that is no NaN: CVTSI2SD into two registers.
      code += [0xF2, 0x48, 0x0F, 0x2A, 0xC0 | pick([0, 1, 2]) << 3 | pick([0, 1, 2])]
    }
    if prefix != 0 { code.append(prefix) }
    switch numbers.next() % 5 {
    case 0: add([0x0F, pick([0x2C, 0x2D, 0x5A, 0x5B, 0xE6])], hasByteForm: false, isVector: true)
    case 1: add([0x0F, pick([0x2E, 0x2F])], hasByteForm: false, isVector: true)
    case 2:
      add([0x0F, pick([0xC2, 0xC6])], hasByteForm: false, isVector: true)
      code.append(UInt8(numbers.next() % 8))
    case 3: add([0x0F, 0x2A], hasByteForm: false, isVector: true)
    default:
      add(
        [0x0F, pick([0x51, 0x58, 0x59, 0x5C, 0x5D, 0x5E, 0x5F, 0x14, 0x54])], hasByteForm: false,
        isVector: true)
    }
  }

  private func addStack() {
    let (pushed, popped) = (pick(Self.data) & 3, pick(Self.data) & 3)
    code += [0x50 | pushed]
    if numbers.next() % 2 == 0 { code += [0x6A, UInt8(numbers.next() % 256), 0x41, 0x58] }
    code += [0x58 | popped]
  }

  private func addRare() {
    switch numbers.next() % 12 {
    case 0: code += [0x48, 0x98]
    case 1: code += [0x99]
    case 2: code += [0x48, 0x0F, 0xC8 | UInt8(numbers.next() % 3)]
    case 3: code += [0x48, 0x87, 0xC1]
    case 4: add([0xF6], reg: pick([4, 5]), memory: false, wide: true)
    case 5: add([0x69], hasByteForm: false, immediate: true)
    case 6: code += [0xF9]
    case 8...11: addVector()
    default: code += [0x4D, 0x63, 0xC1]
    }
  }

  /// An SSE instruction that moves data or works on integers.
  private func addVector() {
    let plain: [UInt8] = [0x10, 0x11, 0x28, 0x29, 0x54, 0x55, 0x56, 0x57, 0x14]
    let wide: [UInt8] = [
      0x6F, 0x7F, 0x60, 0x62, 0x6C, 0x74, 0xD4, 0xD6, 0xEF, 0xF4, 0xFE, 0x6E, 0x7E,
    ]
    switch numbers.next() % 4 {
    case 0: add([0x0F, pick(plain)], hasByteForm: false, isVector: true)
    case 1:
      code.append(pick([0xF3, 0xF2]))
      add([0x0F, pick([0x10, 0x11])], hasByteForm: false, isVector: true)
    case 2:
      code.append(0x66)
      add([0x0F, 0x70], hasByteForm: false, isVector: true)
      code.append(UInt8(numbers.next() % 256))
    default:
      code.append(0x66)
      add([0x0F, pick(wide)], hasByteForm: false, isVector: true)
    }
  }

  // MARK: Running

  /// Runs a slice; what the registers are then.
  func slice(_ cache: CodeCache, slices: UInt64) -> [UInt64] {
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    _ = processor.run(cycles: Int(1 + numbers.next() % slices), cache: cache)
    return GeneralRegister.allCases.map { processor[$0] }
      + [processor.state.instructionPointer, processor.state.flags, UInt64(processor.cyclesUsed)]
  }

  var listing: String { code.map { String($0, radix: 16) }.joined(separator: " ") }

  /// What is left of it after slices of random length.
  func digest(_ cache: CodeCache, slices: UInt64) -> UInt64 {
    var cycles = 0
    while cycles < 4000, processor.activity == .running {
      processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
      _ = processor.run(cycles: Int(1 + numbers.next() % slices), cache: cache)
      guard processor.cyclesUsed > 0 else { break }
      cycles += processor.cyclesUsed
    }
    var mixed = HistoryDigest()
    mixed.mix(UInt64(cycles))
    processor.mixState(into: &mixed)
    memory.forEachWrittenPage { address, contents in
      mixed.mix(address)
      mixed.mix(bytes: UnsafeRawBufferPointer(start: contents, count: 4096))
    }
    return mixed.value
  }
}
