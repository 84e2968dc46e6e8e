import CHost

/// Bits of the x87 status word (Intel SDM volume 1, "x87 FPU Status Register").
enum X87Status {
  static let invalid: UInt16 = 0x01
  static let denormal: UInt16 = 0x02
  static let zeroDivide: UInt16 = 0x04
  static let overflow: UInt16 = 0x08
  static let underflow: UInt16 = 0x10
  static let precision: UInt16 = 0x20
  static let exceptions: UInt16 = 0x3F
  /// Exceptions found before the operation: unmasked, they keep it from happening.
  static let early: UInt16 = 0x07
  static let stackFault: UInt16 = 0x40
  static let summary: UInt16 = 0x80
  static let c0: UInt16 = 0x0100
  static let c1: UInt16 = 0x0200
  static let c2: UInt16 = 0x0400
  static let c3: UInt16 = 0x4000
  static let conditions: UInt16 = 0x4700
  static let busy: UInt16 = 0x8000
}

/// The x87 unit's part of a processor's state: its registers in physical order, 16 bytes apart.
///
/// The status word is kept without TOP, ES and B, which follow from the rest; the tag word has one
/// bit for each physical register, set when it is not empty.
struct FloatingPointUnit {
  let base: UnsafeMutableRawPointer

  @inline(__always) init(_ state: ProcessorState) { base = state.base }

  @inline(__always) private func word(_ offset: Int) -> UInt16 {
    base.load(fromByteOffset: offset, as: UInt16.self)
  }

  @inline(__always) private func setWord(_ offset: Int, _ value: UInt16) {
    base.storeBytes(of: value, toByteOffset: offset, as: UInt16.self)
  }

  var control: UInt16 {
    @inline(__always) get { word(StateLayout.x87Control) }
    nonmutating set { setWord(StateLayout.x87Control, newValue & 0x1F3F | 0x40) }
  }

  /// Exception flags, stack fault and condition codes.
  var status: UInt16 {
    @inline(__always) get { word(StateLayout.x87Status) }
    @inline(__always) nonmutating set { setWord(StateLayout.x87Status, newValue) }
  }

  var tag: UInt16 {
    @inline(__always) get { word(StateLayout.x87Tag) }
    @inline(__always) nonmutating set { setWord(StateLayout.x87Tag, newValue) }
  }

  var top: UInt16 {
    @inline(__always) get { word(StateLayout.x87Top) }
    @inline(__always) nonmutating set { setWord(StateLayout.x87Top, newValue & 7) }
  }

  /// An unmasked exception waits for the next waiting instruction.
  var isPending: Bool {
    @inline(__always) get { status & ~control & X87Status.exceptions != 0 }
  }

  /// A waiting instruction cannot go on: an exception is pending, and IGNNE# is not asserted.
  var isBlocking: Bool {
    @inline(__always) get { isPending && !ignoresErrors }
  }

  /// IGNNE#: set by the platform's answer to an error, clear again with the exceptions.
  var ignoresErrors: Bool {
    get { word(StateLayout.x87IgnoresErrors) != 0 }
    nonmutating set { setWord(StateLayout.x87IgnoresErrors, newValue ? 1 : 0) }
  }

  /// The status word as the manual lays it out.
  var statusWord: UInt16 {
    get { status | top << 11 | (isPending ? X87Status.summary | X87Status.busy : 0) }
    nonmutating set {
      top = newValue >> 11
      status = newValue & (X87Status.exceptions | X87Status.stackFault | X87Status.conditions)
    }
  }

  @inline(__always) private func physical(_ index: Int) -> Int {
    (Int(top) &+ index) & 7
  }

  /// The bytes of ST(`index`).
  @inline(__always) func register(_ index: Int) -> UnsafeMutableRawPointer {
    base + (StateLayout.x87Registers &+ physical(index) &* 16)
  }

  @inline(__always) func isEmpty(_ index: Int) -> Bool {
    tag >> UInt16(physical(index)) & 1 == 0
  }

  @inline(__always) func markEmpty(_ index: Int) { tag &= ~(1 << UInt16(physical(index))) }

  /// Copies 80 bits into ST(`index`) and marks it valid.
  @inline(__always) func set(_ index: Int, from source: UnsafeRawPointer) {
    let target = register(index)
    target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
    target.storeBytes(
      of: UInt64(source.loadUnaligned(fromByteOffset: 8, as: UInt16.self)), toByteOffset: 8,
      as: UInt64.self)
    tag |= 1 << UInt16(physical(index))
  }

  func set(_ index: Int, significand: UInt64, signExponent: UInt16) {
    let target = register(index)
    target.storeBytes(of: significand, as: UInt64.self)
    target.storeBytes(of: UInt64(signExponent), toByteOffset: 8, as: UInt64.self)
    tag |= 1 << UInt16(physical(index))
  }

  /// Writes the real indefinite, the default NaN.
  func setIndefinite(_ index: Int) {
    set(index, significand: 0xC000_0000_0000_0000, signExponent: 0xFFFF)
  }

  func significand(_ index: Int) -> UInt64 { register(index).load(as: UInt64.self) }

  func signExponent(_ index: Int) -> UInt16 {
    register(index).load(fromByteOffset: 8, as: UInt16.self)
  }

  @inline(__always) func pop() {
    markEmpty(0)
    top &+= 1
  }

  @inline(__always) func push() { top &-= 1 }

  @inline(__always) func clearC1() { status &= ~X87Status.c1 }

  /// Notes flags and the condition codes in `conditions` of a finished operation.
  ///
  /// - Returns: An unmasked exception that keeps the operation from happening.
  @inline(__always) func note(_ answer: UInt32, conditions: UInt16 = X87Status.c1) -> Bool {
    let answer = UInt16(truncatingIfNeeded: answer)
    status = status & ~conditions | answer & (conditions | X87Status.exceptions)
    return answer & ~control & X87Status.early != 0
  }

  /// Notes a stack fault.
  ///
  /// - Returns: It is masked.
  func stackFault(overflow: Bool) -> Bool {
    status |= X87Status.invalid | X87Status.stackFault
    status = status & ~X87Status.c1 | (overflow ? X87Status.c1 : 0)
    return control & X87Status.invalid != 0
  }

  /// FNINIT; the data registers keep their contents.
  func initialize() {
    control = 0x037F
    status = 0
    ignoresErrors = false
    top = 0
    tag = 0
    base.storeBytes(of: 0, toByteOffset: StateLayout.x87Opcode, as: UInt16.self)
    base.storeBytes(of: 0, toByteOffset: StateLayout.x87InstructionPointer, as: UInt64.self)
    base.storeBytes(of: 0, toByteOffset: StateLayout.x87DataPointer, as: UInt64.self)
    base.storeBytes(of: 0, toByteOffset: StateLayout.x87CodeSelector, as: UInt16.self)
    base.storeBytes(of: 0, toByteOffset: StateLayout.x87DataSelector, as: UInt16.self)
  }

  /// An MMX instruction begins: TOP is 0 and every register counts as valid.
  @inline(__always) func enterVectorMode() {
    top = 0
    tag = 0xFF
  }

  /// The two-bit tags of FNSTENV: 0 valid, 1 zero, 2 special, 3 empty.
  var fullTag: UInt16 {
    var word: UInt16 = 0
    for number in 0..<8 {
      let place = base + (StateLayout.x87Registers + number * 16)
      let significand = place.load(as: UInt64.self)
      let exponent = place.load(fromByteOffset: 8, as: UInt16.self) & 0x7FFF
      let kind: UInt16
      if tag >> UInt16(number) & 1 == 0 {
        kind = 3
      } else if exponent == 0 && significand == 0 {
        kind = 1
      } else if exponent == 0 || exponent == 0x7FFF || significand >> 63 == 0 {
        kind = 2
      } else {
        kind = 0
      }
      word |= kind << UInt16(number * 2)
    }
    return word
  }

  func setFullTag(_ word: UInt16) {
    var bits: UInt16 = 0
    for number in UInt16(0)..<8 where word >> (number * 2) & 3 != 3 { bits |= 1 << number }
    tag = bits
  }
}
