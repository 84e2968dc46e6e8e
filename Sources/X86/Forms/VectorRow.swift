/// What becomes of one floating point or vector instruction.
enum VectorForm {
  /// One slot: the fields a and b, and imm32.
  case register(Handler, a: UInt8, b: UInt8, word: UInt32)
  /// Two slots: the fields a and b, and a routine of CHost with its parameter.
  case routine(Handler, a: UInt8, b: UInt8, VectorRoutine, parameter: UInt64)
  /// A memory operand, the field a, and such a routine.
  case memoryRoutine(Handler, a: UInt8, VectorRoutine, parameter: UInt64)
  /// A memory operand, with the field a; with a data slot that begins with `word` when it is there.
  case memory(Handler, a: UInt8, word: UInt32?)
  /// MASKMOVQ, MASKMOVDQU: a memory operand at DS:rDI, with a data slot.
  case maskedStore(Handler, a: UInt8, word: UInt32)
  /// FXSAVE, FNSAVE or what takes them back; the immediate is 1 for FNSAVE and FRSTOR.
  case system(SystemOperation, immediate: UInt64)
  /// #UD.
  case undefined
}

/// The handlers of one opcode under one prefix.
struct VectorRow {
  var register: Handler?
  var memory: Handler?
  /// The memory form has its operation number in a data slot.
  var hasDataSlot = true
  /// ModRM.rm is the destination of the register form.
  var isReversed = false
  /// The routine of CHost that both forms, or the memory form alone, call.
  var routine: Routine = .none
  /// The register form has a handler that needs no routine.
  var hasOwnRegisterForm = false

  enum Routine { case none, wide, narrow }

  init(_ register: Handler?, _ memory: Handler?) {
    self.register = register
    self.memory = memory
  }

  /// A move: the memory form needs no operation number.
  static func move(
    _ register: Handler?, _ memory: Handler?, reversed: Bool = false
  ) -> VectorRow {
    var row = VectorRow(register, memory)
    row.hasDataSlot = false
    row.isReversed = reversed
    return row
  }

  static let arithmetic = VectorRow(arithmeticVector, arithmeticVectorMemory)
  static let wide = VectorRow(wideInteger, wideIntegerMemory).calling(.wide)
  static let narrow = VectorRow(narrowInteger, narrowIntegerMemory).calling(.narrow)

  /// A register form of its own, a memory form by a routine.
  static func mixed(_ register: Handler) -> VectorRow {
    var row = VectorRow(register, wideIntegerMemory).calling(.wide)
    row.hasOwnRegisterForm = true
    return row
  }

  private func calling(_ routine: Routine) -> VectorRow {
    var row = self
    row.routine = routine
    return row
  }
  static let shuffled = VectorRow(shuffle, shuffleMemory)
}
