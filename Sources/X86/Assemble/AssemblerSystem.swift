/// Ports, control registers, descriptor tables and what else the system needs.
extension Assembler {
  /// Reads a port into the accumulator of a width, from a constant port or from DX.
  package mutating func `in`(_ to: Operand, _ port: Operand) {
    if !to.isAccumulator { refuse("ports are read into the accumulator") }
    portAccess(0xE4, ownWidth(to), port)
  }

  /// Writes the accumulator of a width to a constant port or to DX.
  package mutating func out(_ port: Operand, _ source: Operand) {
    if !source.isAccumulator { refuse("ports are written from the accumulator") }
    portAccess(0xE6, ownWidth(source), port)
  }

  private mutating func portAccess(_ opcode: UInt32, _ width: Width, _ port: Operand) {
    let wide: UInt32 = width == .byte ? 0 : 1
    if width == .qword { refuse("ports have up to 32 bits") }
    switch port {
    case .immediate(let number):
      single(opcode | wide, width)
      emitImmediate(number, .byte)
    case .dx:
      single(opcode | 8 | wide, width)
    default:
      refuse("a port is a constant or DX")
    }
  }

  package mutating func cli() { emit8(0xFA) }
  package mutating func sti() { emit8(0xFB) }
  package mutating func hlt() { emit8(0xF4) }
  package mutating func nop() { emit8(0x90) }
  package mutating func pause() { emitOpcode(0xF390) }
  package mutating func cpuid() { emitOpcode(0x0FA2) }
  package mutating func rdtsc() { emitOpcode(0x0F31) }
  package mutating func rdmsr() { emitOpcode(0x0F32) }
  package mutating func wrmsr() { emitOpcode(0x0F30) }
  package mutating func clts() { emitOpcode(0x0F06) }
  package mutating func wbinvd() { emitOpcode(0x0F09) }
  package mutating func swapgs() { emitOpcode(0x0F01F8) }
  package mutating func vmmcall() { emitOpcode(0x0F01D9) }
  package mutating func vmcall() { emitOpcode(0x0F01C1) }
  package mutating func lfence() { emitOpcode(0x0FAEE8) }
  package mutating func mfence() { emitOpcode(0x0FAEF0) }
  package mutating func sfence() { emitOpcode(0x0FAEF8) }

  package mutating func lgdt(_ memory: Operand) { table(2, memory) }
  package mutating func lidt(_ memory: Operand) { table(3, memory) }
  package mutating func sgdt(_ memory: Operand) { table(0, memory) }
  package mutating func sidt(_ memory: Operand) { table(1, memory) }
  package mutating func invlpg(_ memory: Operand) { table(7, memory) }

  private mutating func table(_ field: UInt8, _ memory: Operand) {
    encode(Form(0x0F01, nil), RegisterField(number: field), memory)
  }

  package mutating func ltr(_ selector: Operand) {
    encode(Form(0x0F00, nil), RegisterField(number: 3), selector)
  }

  package mutating func lldt(_ selector: Operand) {
    encode(Form(0x0F00, nil), RegisterField(number: 2), selector)
  }

  package mutating func mov(_ to: Segment, _ source: Operand) {
    encode(Form(0x8E, nil), RegisterField(number: to.rawValue), source)
  }

  package mutating func mov(_ to: Operand, _ source: Segment) {
    let width: Width? = to.isRegister ? ownWidth(to) : nil
    encode(Form(0x8C, width), RegisterField(number: source.rawValue), to)
  }

  package mutating func mov(_ to: ControlRegister, _ source: Register) {
    encode(Form(0x0F22, nil), RegisterField(number: to.rawValue), .register(source, .dword))
  }

  package mutating func mov(_ to: Register, _ source: ControlRegister) {
    encode(Form(0x0F20, nil), RegisterField(number: source.rawValue), .register(to, .dword))
  }

  package mutating func fxsave(_ memory: Operand, _ width: Width = .qword) {
    encode(Form(0x0FAE, width), RegisterField(number: 0), memory)
  }

  package mutating func fxrstor(_ memory: Operand, _ width: Width = .qword) {
    encode(Form(0x0FAE, width), RegisterField(number: 1), memory)
  }

  package mutating func ldmxcsr(_ memory: Operand) {
    encode(Form(0x0FAE, nil), RegisterField(number: 2), memory)
  }

  package mutating func stmxcsr(_ memory: Operand) {
    encode(Form(0x0FAE, nil), RegisterField(number: 3), memory)
  }

  /// Encodes an instruction that has no method here: opcode bytes (escapes included), the register
  /// field of ModRM, and the register or memory operand.
  ///
  /// - Parameters:
  ///   - opcode: Opcode bytes, most significant first; 0x0F58 is 0F 58.
  ///   - prefix: A mandatory prefix (66, F2 or F3).
  ///   - width: Chooses the 66 prefix and REX.W; nil for neither.
  ///   - field: Register number or opcode extension, 0 to 15.
  ///   - operand: A register (of any width but byte) or memory.
  ///   - immediate: A byte that follows.
  package mutating func instruction(
    opcode: UInt32, prefix: UInt8? = nil, width: Width? = nil, field: UInt8, _ operand: Operand,
    immediate: UInt8? = nil
  ) {
    let form = Form(
      opcode, width, mandatoryPrefix: prefix, immediateByteCount: immediate == nil ? 0 : 1)
    encode(form, RegisterField(number: field), operand)
    if let immediate { emit8(immediate) }
  }
}
