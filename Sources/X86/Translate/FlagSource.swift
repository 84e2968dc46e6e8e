/// From what the arithmetic flags of the guest follow at a place in translated code.
enum FlagSource: Equatable {
  /// An operand that stands where it stood when the flags were set.
  enum Value: Equatable {
    case register(UInt8)
    case immediate(UInt64)
  }

  /// The state's own fields, of a kind that is not known.
  case state
  /// The state's own fields, of this kind (`FlagsKind`, width included).
  case known(UInt32)
  /// ADD: the result's register, and what was added to it.
  case sum(Int, UInt8, Value)
  /// SUB: the result's register, and what was subtracted from it.
  case difference(Int, UInt8, Value)
  /// CMP of a register with a value.
  case comparison(Int, UInt8, Value)
  /// AND, OR, XOR: the result's register.
  case logic(Int, UInt8)
  /// TEST of a register with a value.
  case test(Int, UInt8, Value)
  /// Nothing has them any more: nobody reads them.
  case lost

  /// Whether it depends on a guest register.
  func uses(_ register: UInt8) -> Bool {
    switch self {
    case .state, .known, .lost: false
    case .logic(_, let result): result == register
    case .sum(_, let first, let other), .difference(_, let first, let other),
      .comparison(_, let first, let other), .test(_, let first, let other):
      first == register || other == .register(register)
    }
  }
}

/// Where the arithmetic flags are at a place in translated code.
struct FlagPlace {
  var source = FlagSource.state
  /// The state's fields say what they are.
  var isInState = true
  /// Which of the host's own flags are the guest's.
  var inHost: UInt64 = 0
}

// Code that makes flags of what they follow from; uses R13 and R14, and changes the host's flags only
// to what they are.
extension Translator {
  /// Makes the state's fields say what the flags are.
  func saveFlags(_ place: inout FlagPlace) {
    guard !place.isInState else { return }
    switch place.source {
    case .state, .known, .lost: break
    case .sum(let width, let result, let other):
      saveLeft(width, result, other, isSum: true)
      saveResult(width, result)
      setKind(FlagsKind.add, width, &place)
    case .difference(let width, let result, let other):
      saveLeft(width, result, other, isSum: false)
      saveResult(width, result)
      setKind(FlagsKind.sub, width, &place)
    case .comparison(let width, let left, let right):
      extend(width, .first, left)
      code.store(3, .state(StateLayout.flagsOperand), .first)
      binary(5, width, .first, right)
      extend(width, .first)
      code.store(3, .state(StateLayout.flagsResult), .first)
      setKind(FlagsKind.sub, width, &place)
    case .logic(let width, let result):
      saveResult(width, result)
      setKind(FlagsKind.logic, width, &place)
    case .test(let width, let left, let right):
      extend(width, .first, left)
      binary(4, width, .first, right)
      extend(width, .first)
      code.store(3, .state(StateLayout.flagsResult), .first)
      setKind(FlagsKind.logic, width, &place)
    }
  }

  private func setKind(_ kind: UInt32, _ width: Int, _ place: inout FlagPlace) {
    let kind = kind | UInt32(truncatingIfNeeded: width)
    code.store(.state(StateLayout.flagsKind), kind)
    place.source = .known(kind)
    place.isInState = true
  }

  private func saveLeft(
    _ width: Int, _ result: UInt8, _ other: FlagSource.Value, isSum: Bool
  ) {
    let wide = max(2, width)
    let base = resident(result, .second)
    switch other {
    case .immediate(let value):
      let value = Int32(truncatingIfNeeded: value)
      code.address(
        wide, .first, HostMemory(base: base, displacement: isSum ? 0 &- value : value))
    case .register(let number):
      code.load(.first, number)
      if isSum { code.emit(0xF7, 3, group: 2, .first) }
      code.address(
        wide, .first,
        HostMemory(base: .first, index: base, displacement: isSum ? 1 : 0))
    }
    extend(width, .first)
    code.store(3, .state(StateLayout.flagsOperand), .first)
  }

  private func saveResult(_ width: Int, _ register: UInt8) {
    if width == 3, let host = RegisterMap.host(register) {
      return code.store(3, .state(StateLayout.flagsResult), host)
    }
    extend(width, .first, register)
    code.store(3, .state(StateLayout.flagsResult), .first)
  }

  /// Clears what a host register has beyond an operand.
  func extend(_ width: Int, _ register: HostRegister) {
    if width < 2 { code.emit(width == 0 ? 0x0FB6 : 0x0FB7, 2, register, register, from: width) }
  }

  /// Puts the low part of a guest register into a host register.
  func extend(_ width: Int, _ target: HostRegister, _ guest: UInt8) {
    guard let host = RegisterMap.host(guest) else {
      return code.loadExtended(width, target, RegisterMap.place(guest))
    }
    if width < 2 {
      code.emit(width == 0 ? 0x0FB6 : 0x0FB7, 2, target, host, from: width)
    } else {
      code.move(width, target, host)
    }
  }

  /// A host register with a guest register in it: its own, or one that it is loaded into.
  func resident(_ guest: UInt8, _ spare: HostRegister) -> HostRegister {
    if let host = RegisterMap.host(guest) { return host }
    code.load(3, spare, RegisterMap.place(guest))
    return spare
  }

  private func binary(
    _ operation: UInt8, _ width: Int, _ register: HostRegister, _ value: FlagSource.Value
  ) {
    switch value {
    case .immediate(let value): code.binary(operation, width, register, value)
    case .register(let guest):
      let opcode = UInt32(operation) << 3 | (width == 0 ? 2 : 3)
      if let host = RegisterMap.host(guest) {
        code.emit(opcode, width, register, host)
      } else {
        code.emit(opcode, width, register, RegisterMap.place(guest))
      }
    }
  }

  /// Makes those of the host's flags that are needed the guest's; false where that takes more than a few
  /// instructions.
  func restoreFlags(_ place: inout FlagPlace, _ needed: UInt64 = Flag.arithmetic) -> Bool {
    if needed & ~place.inHost == 0 { return true }
    switch place.source {
    case .state, .lost: return false
    case .known(let kind):
      if needed == Flag.carry, restoreCarry(kind, &place) { return true }
      return restoreKnown(kind, needed, &place)
    case .sum(let width, let result, let other):
      loadLeft(width, result, other, isSum: true)
      binary(0, width, .first, other)
    case .difference(let width, let result, let other):
      loadLeft(width, result, other, isSum: false)
      binary(7, width, .first, other)
    case .comparison(let width, let left, let right):
      binary(7, width, resident(left, .first), right)
    case .logic(let width, let result):
      let host = resident(result, .first)
      code.emit(width == 0 ? 0x84 : 0x85, width, host, host)
    case .test(let width, let left, let right):
      code.load(.first, left)
      binary(4, width, .first, right)
    }
    place.inHost = Flag.arithmetic
    return true
  }

  private func loadLeft(
    _ width: Int, _ result: UInt8, _ other: FlagSource.Value, isSum: Bool
  ) {
    code.load(.first, result)
    binary(isSum ? 5 : 0, width, .first, other)
  }

  /// CF alone, where one bit of the state says what it is.
  private func restoreCarry(_ kind: UInt32, _ place: inout FlagPlace) -> Bool {
    let image: HostMemory
    switch kind & ~3 {
    case FlagsKind.explicit: image = .state(StateLayout.flagsResult)
    case FlagsKind.inc, FlagsKind.dec, FlagsKind.partial:
      image = .state(StateLayout.flagsOperand)
    default: return false
    }
    code.emit(0x0FBA, 2, group: 4, image)
    code.byte(0)
    place.inHost = Flag.carry
    return true
  }

  private func restoreShift(
    _ kind: UInt32, _ needed: UInt64, _ place: inout FlagPlace
  ) -> Bool {
    let width = Int(kind & 3)
    let count = UInt8(truncatingIfNeeded: kind >> 8)
    guard needed & ~Self.shiftFlags == 0, count != 0, count < 8 << UInt8(kind & 3)
    else { return false }
    code.load(3, .first, .state(StateLayout.flagsOperand))
    code.shift(UInt8(kind >> 16 & 7), width, .first, count)
    place.inHost = Self.shiftFlags
    return true
  }

  private func restoreKnown(
    _ kind: UInt32, _ needed: UInt64, _ place: inout FlagPlace
  ) -> Bool {
    if kind >= FlagsKind.shift { return restoreShift(kind, needed, &place) }
    let width = Int(kind & 3)
    let operand = HostMemory.state(StateLayout.flagsOperand)
    let result = HostMemory.state(StateLayout.flagsResult)
    let opcode: UInt32 = width == 0 ? 0 : 1
    switch kind & ~3 {
    case FlagsKind.sub:
      code.load(3, .first, operand)
      code.emit(0x2B, 3, .first, result)
      code.emit(0x38 | opcode, width, .first, operand)
    case FlagsKind.add:
      code.load(3, .first, result)
      code.emit(0x2B, 3, .first, operand)
      code.emit(0x02 | opcode, width, .first, operand)
    case FlagsKind.logic:
      code.load(3, .first, result)
      code.emit(0x84 | opcode, width, .first, .first)
    case FlagsKind.explicit:
      code.load(3, .first, result)
      code.binary(4, 2, .first, Flag.arithmetic)
      code.emit(0xFF, 2, group: 6, HostRegister.first)
      code.byte(0x9D)
    case FlagsKind.inc, FlagsKind.dec:
      let isDecrement = kind & ~3 == FlagsKind.dec
      code.load(3, .first, result)
      code.address(
        3, .first, HostMemory(base: .first, displacement: isDecrement ? 1 : -1))
      code.emit(0x0FBA, 2, group: 4, operand)
      code.byte(0)
      code.emit(0xFE | opcode, width, group: isDecrement ? 1 : 0, .first)
    case FlagsKind.partial:
      let given = Flag.carry | Flag.adjust | Flag.overflow
      code.load(3, .first, result)
      code.emit(0x84 | opcode, width, .first, .first)
      code.byte(0x9C)
      code.emit(0x8F, 2, group: 0, HostRegister.first)
      code.binary(4, 2, .first, Flag.zero | Flag.sign | Flag.parity)
      code.emit(0xFF, 2, group: 6, operand)
      let top = HostMemory(base: .stack)
      code.binary(4, 3, top, given)
      code.emit(0x09, 3, .first, top)
      code.byte(0x9D)
    default: return false
    }
    place.inHost = Flag.arithmetic
    return true
  }

  /// Takes the host's flags, all of which the last instruction has defined, into the state.
  func saveHostFlags(_ place: inout FlagPlace) {
    code.byte(0x9C)
    code.emit(0x8F, 2, group: 0, HostMemory.state(StateLayout.flagsResult))
    code.store(.state(StateLayout.flagsKind), FlagsKind.explicit)
    place = FlagPlace(source: .known(FlagsKind.explicit), isInState: true, inHost: Flag.arithmetic)
  }
}

extension HostCode {
  /// Puts a guest register, all 64 bits of it, into a host register.
  mutating func load(_ target: HostRegister, _ guest: UInt8) {
    if let host = RegisterMap.host(guest) {
      move(3, target, host)
    } else {
      load(3, target, RegisterMap.place(guest))
    }
  }

  /// Loads an operand, zero-extended to 64 bits.
  mutating func loadExtended(_ width: Int, _ target: HostRegister, _ memory: HostMemory) {
    if width < 2 {
      emit(width == 0 ? 0x0FB6 : 0x0FB7, 2, target, memory)
    } else {
      load(width, target, memory)
    }
  }
}
