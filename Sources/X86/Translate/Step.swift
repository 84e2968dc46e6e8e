/// One guest instruction in the translator's intermediate form: what is to be done, with which
/// operands, and what it means for the flags.
struct Step {
  /// What a guest instruction does, as far as the translator tells them apart.
  enum Action: Equatable {
    /// Nothing: NOP, hints.
    case nothing
    /// The interpreter does it: translated code is left here.
    case leave
    /// ADD OR ADC SBB AND SUB XOR CMP (0 to 7), TEST (8).
    case binary(UInt8)
    case move
    /// MOVZX and MOVSX from so many bytes (log2).
    case extend(signed: Bool, from: Int)
    case loadAddress
    /// INC DEC NEG NOT (0 to 3).
    case unary(UInt8)
    /// ROL ROR RCL RCR SHL SHR SAL SAR (0 to 7), by a number or by CL.
    case shift(UInt8, count: UInt8?)
    /// IMUL of two or three operands.
    case multiply
    /// MUL IMUL (4, 5) of RAX.
    case multiplyWide(UInt8)
    case set(UInt8)
    case conditionalMove(UInt8)
    case push, pop, leaveFrame
    /// CBW CWDE CDQE.
    case widen
    /// CWD CDQ CQO.
    case spreadSign
    case exchange
    case swapBytes
    /// XCHG, XADD, CMPXCHG with storage.
    case exchangeWithMemory, exchangeAdd, compareExchange
    /// DIV, IDIV of 32 and 64 bits.
    case divide(isSigned: Bool)
    /// BT BTS BTR BTC (0 to 3).
    case bit(UInt8)
    /// BSF, BSR.
    case scan(isReverse: Bool)
    /// CMC CLC STC CLD STD.
    case flag(UInt8)
    case pushFlags
    /// CLI, STI.
    case interrupts(isStart: Bool)
    /// MOVS, STOS, LODS without REP: a block of its own.
    case string(StringKind)
    /// An SSE or SSE2 instruction.
    case vector(VectorAction)
    /// To an offset from the start of the page; also the end of a block without a jump.
    case jump(Int)
    case branch(UInt8, Int)
    case call(Int)
    case jumpIndirect, callIndirect
    /// RET and so many bytes more.
    case nearReturn(Int)
  }

  enum StringKind {
    case move, store, load
  }

  /// An operand.
  enum Operand: Equatable {
    case none
    case register(UInt8)
    /// AH, CH, DH, BH as 0 to 3.
    case highByte(UInt8)
    case memory
    case immediate(UInt64)
  }

  var action: Action
  /// log2 of the operands' bytes.
  var width: Int
  var target = Operand.none
  var source = Operand.none
  var instruction: Instruction
  /// Number of the instruction's first operation in the block.
  var operation = 0
  /// Number of the operation at which the interpreter comes back that carries it out.
  var resumption: Int?
  /// Offset in the page of the instruction after it.
  var following = 0
  /// Arithmetic flags that it reads, at their RFLAGS positions.
  var reads: UInt64 = 0
  /// Arithmetic flags that it defines whatever happens.
  var defines: UInt64 = 0
  /// Arithmetic flags that are read after it before they are defined.
  var liveAfter: UInt64 = 0

  /// It reads or writes storage, and so may leave translated code.
  var touchesStorage: Bool {
    switch action {
    case .push, .pop, .leaveFrame, .call, .callIndirect, .nearReturn: true
    case .loadAddress: false
    default: target == .memory || source == .memory
    }
  }

  /// It may leave translated code before it is done.
  var mayLeave: Bool {
    switch action {
    case .leave, .jumpIndirect, .vector, .divide, .bit, .scan, .flag, .pushFlags, .interrupts,
      .string:
      true
    // By nothing it leaves.
    case .shift(_, nil): true
    default: touchesStorage
    }
  }

  /// It ends the block.
  var ends: Bool {
    switch action {
    case .leave: resumption == nil
    case .jump, .branch, .call, .jumpIndirect, .callIndirect, .nearReturn, .string: true
    default: false
    }
  }

  /// The interpreter carries it out.
  var leaves: Bool { action == .leave }
}
