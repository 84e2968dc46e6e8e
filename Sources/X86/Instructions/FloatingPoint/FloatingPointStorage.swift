import CHost

// x87 instructions with a storage operand, by their opcode D8-DF and the reg field of ModRM.

/// What an x87 instruction does with its storage operand.
enum FloatingPointAccess {
  /// Reads `size` bytes into the operand area, then runs `executeLoad`.
  case load(size: Int)
  /// Runs `executeStore`, then writes `size` bytes of the result area.
  case store(size: Int)
  case loadEnvironment, storeEnvironment, restore, save
  /// FNSTCW, FNSTSW and FLDCW.
  case storeControl, storeStatus, loadControl
  case undefined

  /// Bytes of the storage operand.
  func byteCount(wide: Bool) -> Int {
    switch self {
    case .load(let size), .store(let size): size
    case .loadEnvironment, .storeEnvironment:
      FloatingPointUnit.environmentByteCount(wide: wide)
    case .restore, .save: FloatingPointUnit.saveAreaByteCount(wide: wide)
    case .storeControl, .storeStatus, .loadControl: 2
    case .undefined: 1
    }
  }

  private static let extendedReal = [8, 2]
  private static let environment = Array(repeating: 4, count: 7)
  private static let narrowEnvironment = Array(repeating: 2, count: 7)
  private static let registers = Array([[Int]](repeating: extendedReal, count: 8).joined())
  private static let saveArea = environment + registers
  private static let narrowSaveArea = narrowEnvironment + registers

  /// Bytes of the accesses that make up the operand, in turn.
  ///
  /// Source: AMD EPYC silicon, by operands at the end of a segment of 64 KiB and of 4 GiB.
  func parts(wide: Bool) -> [Int] {
    switch self {
    case .load(10), .store(10): Self.extendedReal
    case .loadEnvironment, .storeEnvironment: wide ? Self.environment : Self.narrowEnvironment
    case .restore, .save: wide ? Self.saveArea : Self.narrowSaveArea
    default: []
    }
  }

  /// Whether an exception that is pending comes first.
  var waits: Bool {
    switch self {
    case .storeEnvironment, .save, .storeControl, .storeStatus: false
    default: true
    }
  }

  var writes: Bool {
    switch self {
    case .store, .storeEnvironment, .save, .storeControl, .storeStatus: true
    default: false
    }
  }
}

extension FloatingPointUnit {
  var operand: UnsafeMutableRawPointer { base + FloatingPointLayout.operand }

  static func access(opcode: UInt8, group: UInt8) -> FloatingPointAccess {
    switch (opcode & 7, group) {
    case (0, _), (2, _): .load(size: 4)
    case (4, _): .load(size: 8)
    case (6, _): .load(size: 2)
    case (1, 0), (3, 0): .load(size: 4)
    case (1, 2), (1, 3), (3, 2), (3, 3): .store(size: 4)
    case (1, 4): .loadEnvironment
    case (1, 5): .loadControl
    case (1, 6): .storeEnvironment
    case (1, 7): .storeControl
    case (3, 5), (7, 4): .load(size: 10)
    case (3, 7), (7, 6): .store(size: 10)
    case (5, 0), (7, 5): .load(size: 8)
    case (3, 1): .store(size: 4)
    case (5, 1), (5, 2), (5, 3), (7, 7): .store(size: 8)
    case (5, 4): .restore
    case (5, 6): .save
    case (5, 7): .storeStatus
    case (7, 0): .load(size: 2)
    case (7, 1), (7, 2), (7, 3): .store(size: 2)
    default: .undefined
    }
  }

  /// Runs an instruction whose source stands in the operand area.
  func executeLoad(opcode: UInt8, group: UInt8) {
    switch (opcode & 7, group) {
    case (0, _): arithmetic(UInt32(group), form: endicott_x87_single)
    case (2, _): arithmetic(UInt32(group), form: endicott_x87_doubleword)
    case (4, _): arithmetic(UInt32(group), form: endicott_x87_double)
    case (6, _): arithmetic(UInt32(group), form: endicott_x87_word)
    case (1, _): load(endicott_x87_single)
    case (3, 0): load(endicott_x87_doubleword)
    case (3, _):
      guard prepareToPush() else { return }
      push()
      set(0, from: operand)
      clearC1()
    case (5, _): load(endicott_x87_double)
    case (_, 0): load(endicott_x87_word)
    case (_, 4): load(endicott_x87_decimal)
    default: load(endicott_x87_quadword)
    }
  }

  private func arithmetic(_ operation: UInt32, form: Int) {
    let compares = operation & 6 == 2
    if isEmpty(0) {
      let masked = stackFault(overflow: false)
      if compares {
        status |= X87Status.c0 | X87Status.c2 | X87Status.c3
      } else if masked {
        setIndefinite(0)
      }
      if masked, operation == 3 { pop() }
      return
    }
    let answer = endicott_x87_binary(
      compares ? UInt32(endicott_x87_compare) : operation, UInt32(truncatingIfNeeded: form), result,
      register(0),
      operand, UInt32(control), sticky)
    if note(answer, conditions: compares ? X87Status.conditions : X87Status.c1) { return }
    if !compares { set(0, from: result) }
    if operation == 3 { pop() }
  }

  private func load(_ form: Int) {
    guard prepareToPush() else { return }
    let answer = endicott_x87_load(
      UInt32(truncatingIfNeeded: form), result, operand, UInt32(control), sticky)
    _ = note(answer)
    // An unmasked denormal operand is loaded, an unmasked signalling NaN is not.
    if UInt16(truncatingIfNeeded: answer) & ~control & X87Status.invalid != 0 { return }
    push()
    set(0, from: result)
  }

  /// Runs FST, FIST, FISTTP, FBSTP and kin up to the write: the value stands in the result area.
  ///
  /// - Returns: The value is to be written; an unmasked exception else.
  func executeStore(opcode: UInt8, group: UInt8) -> Bool {
    let form: Int
    let truncates = group == 1
    switch (opcode & 7, group) {
    case (5, 1): form = endicott_x87_quadword
    case (1, _): form = endicott_x87_single
    case (3, 7): form = endicott_x87_register
    case (3, _): form = endicott_x87_doubleword
    case (5, _): form = endicott_x87_double
    case (_, 6): form = endicott_x87_decimal
    case (_, 7): form = endicott_x87_quadword
    default: form = endicott_x87_word
    }
    let pops = group != 2
    let source: UnsafeMutableRawPointer
    if isEmpty(0) {
      guard stackFault(overflow: false) else { return false }
      source = operand
      source.storeBytes(of: 0xC000_0000_0000_0000, as: UInt64.self)
      source.storeBytes(of: 0xFFFF, toByteOffset: 8, as: UInt16.self)
      // The masked response is the format's indefinite, with no further exception.
      if form == endicott_x87_register {
        result.copyMemory(from: source, byteCount: 10)
      } else {
        _ = endicott_x87_store(
          UInt32(truncatingIfNeeded: form), result, source, UInt32(control), sticky)
      }
    } else if form == endicott_x87_register {
      result.copyMemory(from: register(0), byteCount: 10)
      clearC1()
    } else {
      let answer = endicott_x87_store(
        UInt32(truncatingIfNeeded: form), result, register(0),
        UInt32(control) | (truncates ? 0xC00 : 0), sticky)
      let kept = X87Status.early | X87Status.overflow | X87Status.underflow
      _ = note(answer)
      if UInt16(truncatingIfNeeded: answer) & ~control & kept != 0 { return false }
    }
    if pops { pop() }
    return true
  }
}

/// What an x87 instruction with a storage operand leaves in the unit's pointers, as one word: the
/// opcode in bits 0-10, the operand's segment in bits 16-18, and bit 24 when no base is added.
struct FloatingPointPlace {
  let word: UInt32

  @inline(__always) init(word: UInt32) { self.word = word }

  init(_ instruction: Instruction) {
    let opcode = UInt32(instruction.opcode & 7) << 8 | UInt32(instruction.modRM)
    let isFlat = instruction.isLong && instruction.segment < 4
    word = opcode | UInt32(instruction.segment) << 16 | (isFlat ? 1 << 24 : 0)
  }

  @inline(__always) var opcode: UInt16 { UInt16(truncatingIfNeeded: word & 0x7FF) }
  @inline(__always) var segment: Int { Int(word >> 16 & 7) }
  @inline(__always) var isFlat: Bool { word >> 24 != 0 }
}
