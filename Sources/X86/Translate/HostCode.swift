/// Writes instructions of an x86-64 host into code memory, one after another.
///
/// Widths are log2 of an operand's bytes: 0 to 3.
struct HostCode {
  /// A place in the code that is written later.
  struct Site {
    fileprivate let field: UnsafeMutableRawPointer
  }

  /// Where the next byte is written.
  private(set) var cursor: UnsafeMutableRawPointer
  /// What to add to a place where code is written for the place where it runs.
  let shift: Int
  private let end: UnsafeMutableRawPointer

  /// Code from `start` on, of at most so many bytes, that runs `shift` bytes from where it is written.
  init(_ start: UnsafeMutableRawPointer, byteCount: Int, shift: Int) {
    cursor = start
    end = start + byteCount
    self.shift = shift
  }

  /// Bytes that there is still room for.
  var room: Int { end - cursor }

  /// Where the next instruction will run.
  var here: UnsafeMutableRawPointer { cursor + shift }

  mutating func byte(_ value: UInt8) {
    cursor.storeBytes(of: value, as: UInt8.self)
    cursor += 1
  }

  private mutating func word(_ value: Int32) {
    cursor.storeBytes(of: value, as: Int32.self)
    cursor += 4
  }

  private mutating func long(_ value: UInt64) {
    cursor.storeBytes(of: value, as: UInt64.self)
    cursor += 8
  }

  // MARK: Forms

  /// An instruction of two registers, ModRM.reg and ModRM.rm; the second may be of another width.
  mutating func emit(
    _ opcode: UInt32, _ width: Int, _ reg: HostRegister, _ rm: HostRegister,
    from source: Int? = nil, prefix: UInt8 = 0
  ) {
    let needsREX =
      width == 0 && isLowByteOnly(reg) || (source ?? width) == 0 && isLowByteOnly(rm)
    start(opcode, width, prefix, r: reg.number, x: 0, b: rm.number, needsREX: needsREX)
    byte(0xC0 | (reg.number & 7) << 3 | rm.number & 7)
  }

  /// An instruction of an opcode extension and a register.
  mutating func emit(
    _ opcode: UInt32, _ width: Int, group: UInt8, _ rm: HostRegister
  ) {
    start(
      opcode, width, 0, r: 0, x: 0, b: rm.number,
      needsREX: width == 0 && isLowByteOnly(rm))
    byte(0xC0 | group << 3 | rm.number & 7)
  }

  /// An instruction of a register and memory.
  mutating func emit(
    _ opcode: UInt32, _ width: Int, _ reg: HostRegister, _ memory: HostMemory, prefix: UInt8 = 0
  ) {
    memoryForm(opcode, width, reg.number, memory, prefix, width == 0 && isLowByteOnly(reg))
  }

  /// An instruction of an opcode extension and memory.
  mutating func emit(_ opcode: UInt32, _ width: Int, group: UInt8, _ memory: HostMemory) {
    memoryForm(opcode, width, group, memory, 0, false)
  }

  /// SPL, BPL, SIL and DIL need a REX prefix to be told from AH to BH.
  private func isLowByteOnly(_ register: HostRegister) -> Bool {
    !register.isHighByte && (4...7) ~= register.number
  }

  private mutating func start(
    _ opcode: UInt32, _ width: Int, _ prefix: UInt8, r: UInt8, x: UInt8, b: UInt8,
    needsREX: Bool
  ) {
    if width == 1 { byte(0x66) }
    if prefix != 0 { byte(prefix) }
    var rex: UInt8 = (r >> 3 & 1) << 2 | (x >> 3 & 1) << 1 | b >> 3 & 1
    if width == 3 { rex |= 8 }
    if rex != 0 || needsREX { byte(0x40 | rex) }
    if opcode > 0xFFFF { byte(UInt8(truncatingIfNeeded: opcode >> 16)) }
    if opcode > 0xFF { byte(UInt8(truncatingIfNeeded: opcode >> 8)) }
    byte(UInt8(truncatingIfNeeded: opcode))
  }

  private mutating func memoryForm(
    _ opcode: UInt32, _ width: Int, _ reg: UInt8, _ memory: HostMemory, _ prefix: UInt8,
    _ needsREX: Bool
  ) {
    start(
      opcode, width, prefix, r: reg, x: memory.index?.number ?? 0, b: memory.base?.number ?? 0,
      needsREX: needsREX)
    let field = (reg & 7) << 3
    guard let base = memory.base else {
      byte(field | 4)
      byte(memory.scale << 6 | (memory.index.map { $0.number & 7 } ?? 4) << 3 | 5)
      return word(memory.displacement)
    }
    let low = base.number & 7
    let displacement = memory.displacement
    let mode: UInt8 =
      displacement == 0 && low != 5
      ? 0 : Int32(Int8(truncatingIfNeeded: displacement)) == displacement ? 0x40 : 0x80
    if let index = memory.index {
      byte(mode | field | 4)
      byte(memory.scale << 6 | (index.number & 7) << 3 | low)
    } else if low == 4 {
      byte(mode | field | 4)
      byte(0x24)
    } else {
      byte(mode | field | low)
    }
    if mode == 0x40 { byte(UInt8(truncatingIfNeeded: displacement)) }
    if mode == 0x80 { word(displacement) }
  }

  // MARK: Immediates

  /// Ends an instruction with an immediate of an operand's width, 32 bits for one of 64.
  mutating func immediate(_ value: UInt64, _ width: Int) {
    switch width {
    case 0: byte(UInt8(truncatingIfNeeded: value))
    case 1:
      byte(UInt8(truncatingIfNeeded: value))
      byte(UInt8(truncatingIfNeeded: value >> 8))
    default: word(Int32(truncatingIfNeeded: value))
    }
  }

  /// ADD OR ADC SBB AND SUB XOR CMP (0 to 7) of a register and an immediate.
  mutating func binary(_ operation: UInt8, _ width: Int, _ register: HostRegister, _ value: UInt64)
  {
    emit(immediateOpcode(width, value), width, group: operation, register)
    immediate(value, isShort(width, value) ? 0 : width)
  }

  /// The same of memory and an immediate.
  mutating func binary(_ operation: UInt8, _ width: Int, _ memory: HostMemory, _ value: UInt64) {
    emit(immediateOpcode(width, value), width, group: operation, memory)
    immediate(value, isShort(width, value) ? 0 : width)
  }

  private func isShort(_ width: Int, _ value: UInt64) -> Bool {
    UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value))) == value || width == 0
  }

  private func immediateOpcode(_ width: Int, _ value: UInt64) -> UInt32 {
    width == 0 ? 0x80 : isShort(width, value) ? 0x83 : 0x81
  }

  /// ROL ROR RCL RCR SHL SHR SAL SAR (0 to 7) of a register by a number.
  mutating func shift(_ kind: UInt8, _ width: Int, _ register: HostRegister, _ count: UInt8) {
    emit(width == 0 ? 0xC0 : 0xC1, width, group: kind, register)
    byte(count)
  }

  /// Puts a value of 64 bits into a register, by the shortest instruction.
  mutating func load(_ register: HostRegister, _ value: UInt64) {
    if value <= UInt64(UInt32.max) {
      start(
        0xB8 | UInt32(register.number & 7), 2, 0, r: 0, x: 0, b: register.number, needsREX: false)
      word(Int32(truncatingIfNeeded: value))
    } else if UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value))) == value {
      emit(0xC7, 3, group: 0, register)
      word(Int32(truncatingIfNeeded: value))
    } else {
      start(
        0xB8 | UInt32(register.number & 7), 3, 0, r: 0, x: 0, b: register.number, needsREX: false)
      long(value)
    }
  }

  mutating func load(_ register: HostRegister, _ address: UnsafeRawPointer) {
    load(register, UInt64(UInt(bitPattern: address)))
  }

  mutating func move(_ width: Int, _ target: HostRegister, _ source: HostRegister) {
    emit(width == 0 ? 0x8A : 0x8B, width, target, source)
  }

  mutating func load(_ width: Int, _ target: HostRegister, _ memory: HostMemory) {
    emit(width == 0 ? 0x8A : 0x8B, width, target, memory)
  }

  mutating func store(_ width: Int, _ memory: HostMemory, _ source: HostRegister) {
    emit(width == 0 ? 0x88 : 0x89, width, source, memory)
  }

  /// Stores an immediate of 32 bits.
  mutating func store(_ memory: HostMemory, _ value: UInt32) {
    emit(0xC7, 2, group: 0, memory)
    word(Int32(bitPattern: value))
  }

  mutating func address(_ width: Int, _ target: HostRegister, _ memory: HostMemory) {
    emit(0x8D, width, target, memory)
  }

  /// CBW CWDE CDQE, CWD CDQ CQO, PUSHF and others that are one byte.
  mutating func plain(_ opcode: UInt8, _ width: Int) {
    start(UInt32(opcode), width, 0, r: 0, x: 0, b: 0, needsREX: false)
  }

  mutating func swapBytes(_ width: Int, _ register: HostRegister) {
    start(
      0x0FC8 | UInt32(register.number & 7), width, 0, r: 0, x: 0, b: register.number,
      needsREX: false)
  }

  /// Adds one to a counter; by way of R13.
  mutating func count(_ counter: UnsafeMutableRawPointer) {
    load(.first, counter)
    emit(0xFF, 3, group: 0, HostMemory(base: .first))
  }

  /// Works out where the cache of jumps has the instruction pointer in R13 (`ProcessorState.jumpEntry`);
  /// its offset in the state is in R14.
  mutating func jumpEntry() -> HostMemory {
    move(3, .second, .first)
    shift(5, 3, .second, 11)
    emit(0x31, 2, .first, .second)
    binary(4, 2, .second, 2047)
    shift(4, 2, .second, 4)
    var entry = HostMemory.state(StateLayout.jumpCache)
    entry.index = .second
    return entry
  }

  // MARK: Transfers

  /// Jcc (condition 0 to 15) to a place that is not known yet.
  mutating func branch(_ condition: UInt8) -> Site {
    byte(0x0F)
    byte(0x80 | condition)
    return site()
  }

  /// Jcc to a place where code runs, within 2 GiB.
  mutating func branch(_ condition: UInt8, to target: UnsafeRawPointer) {
    byte(0x0F)
    byte(0x80 | condition)
    word(Int32(truncatingIfNeeded: target - UnsafeRawPointer(here + 4)))
  }

  /// CALL of a place where code runs, within 2 GiB.
  mutating func call(_ target: UnsafeRawPointer) {
    byte(0xE8)
    word(Int32(truncatingIfNeeded: target - UnsafeRawPointer(here + 4)))
  }

  /// JMP to a place that is not known yet.
  mutating func jump() -> Site {
    byte(0xE9)
    return site()
  }

  /// Bytes of `jump(to:)`.
  static let jumpByteCount = 5

  /// JMP to a place where code runs, within 2 GiB.
  mutating func jump(to target: UnsafeRawPointer) {
    byte(0xE9)
    word(Int32(truncatingIfNeeded: target - UnsafeRawPointer(here + 4)))
  }

  /// JMP to where memory says.
  mutating func jump(through memory: HostMemory) { emit(0xFF, 2, group: 4, memory) }

  private mutating func site() -> Site {
    let site = Site(field: cursor)
    word(0)
    return site
  }

  /// Leads a jump here.
  func land(_ site: Site) {
    let distance = cursor - (site.field + 4)
    site.field.storeBytes(of: Int32(truncatingIfNeeded: distance), as: Int32.self)
  }
}
