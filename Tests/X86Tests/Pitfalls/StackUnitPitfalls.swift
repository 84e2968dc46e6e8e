import TestSupport
import Testing
import X86

/// Behaviour of the x87 unit that is easily got wrong: stack faults, pending exceptions, formats.
///
/// Oracle: Intel SDM volume 1, chapter 8, and the tables of each instruction in volume 2.
@Suite("Pitfalls of the x87 unit")
struct StackUnitPitfalls {
  private static let initialize: [UInt8] = [0xDB, 0xE3]
  private static let one: [UInt8] = [0xD9, 0xE8]
  private static let zero: [UInt8] = [0xD9, 0xEE]
  private static let wait: [UInt8] = [0x9B]
  private static let stackFault: UInt64 = 0x41
  private static let c1: UInt64 = 0x200

  private static func run(_ code: [UInt8], _ prepare: (inout Snippet) -> Void = { _ in }) throws
    -> Snippet
  {
    var snippet = try Snippet()
    snippet[.rsi] = Snippet.data
    prepare(&snippet)
    snippet.run(bytes: initialize + code)
    return snippet
  }

  // MARK: Stack faults

  @Test("an empty operand: IE and SF, C1 clear, and the default NaN")
  func underflow() throws {
    let snippet = try Self.run(Self.one + [0xD8, 0xC1])  // fadd st, st(1)
    #expect(snippet.statusWord == 0x3800 | Self.stackFault)
    #expect(snippet.stackRegister(0) == .indefinite)
  }

  @Test("a ninth push: IE and SF, C1 set, and the default NaN")
  func overflow() throws {
    let snippet = try Self.run((0..<9).flatMap { _ in Self.one })
    #expect(snippet.statusWord == 0x3800 | Self.stackFault | Self.c1)
    #expect(snippet.stackRegister(0) == .indefinite)
    #expect(snippet.validRegisters == 0xFF)
  }

  @Test("FXCH with an empty register exchanges the default NaN")
  func exchangeWithEmpty() throws {
    let snippet = try Self.run(Self.one + [0xD9, 0xC9])
    #expect(snippet.statusWord == 0x3800 | Self.stackFault)
    #expect(snippet.stackRegister(0) == .indefinite && snippet.stackRegister(1) == .one)
    #expect(snippet.validRegisters == 0x81)
  }

  @Test("FINCSTP moves TOP and no tag")
  func incrementTop() throws {
    let snippet = try Self.run(Self.one + [0xD9, 0xF7])
    #expect(snippet.statusWord == 0 && snippet.validRegisters == 0x80)
  }

  @Test("FNSTENV works out two bits a register from what they hold, FXSAVE has one")
  func tags() throws {
    // fldz; fld1; fld tbyte [rsi] (infinity); fnstenv [rsi+16]
    let snippet = try Self.run(Self.zero + Self.one + [0xDB, 0x2E, 0xD9, 0x76, 0x10]) {
      $0.setExtended(Extended(signExponent: 0x7FFF, significand: 1 << 63), at: 0)
    }
    #expect(snippet.word(at: 24) & 0xFFFF == 0x4BFF)
    #expect(snippet.validRegisters == 0xE0)
  }

  @Test("an unmasked stack fault changes no register and waits")
  func unmaskedStackFault() throws {
    // fldcw [rsi]; fadd st, st(1)
    let snippet = try Self.run(Self.one + [0xD9, 0x2E, 0xD8, 0xC1]) {
      $0.setWord(0x37E, at: 0)
    }
    #expect(snippet.ending == .completed)
    #expect(snippet.statusWord == 0xB880 | Self.stackFault)
    #expect(snippet.stackRegister(0) == .one)
  }

  // MARK: Pending exceptions

  /// FLDCW of a word with ZM clear, then 1/0.
  private static let pending = [0xD9, 0x2E] + one + zero + [0xDE, 0xF9]

  private static func runPending(
    _ code: [UInt8], control0: UInt64? = nil
  ) throws -> Snippet {
    try run(pending + code) {
      $0.setWord(0x37B, at: 0)
      if let control0 { $0.simulated.processor.cr0 = control0 }
    }
  }

  @Test("#MF comes with the next waiting instruction, whose address it has")
  func pendingException() throws {
    let snippet = try Self.runPending([0xDF, 0xE0, 0x90] + Self.wait)  // fnstsw ax; nop; fwait
    #expect(snippet.ending == .exception(16))
    let place = UInt64(Self.initialize.count + Self.pending.count + 3)
    #expect(snippet.stackWord(0) == UserLayout.code + place)
    #expect(snippet[.rax] & 0x84 == 0x84)
  }

  @Test("with CR0.NE clear the processor asks its platform, and waits before the instruction")
  func olderException() throws {
    let processor = try Snippet().simulated.processor
    var snippet = try Self.runPending(Self.wait, control0: processor.cr0 & ~0x20)
    let place = UserLayout.code + UInt64(Self.initialize.count + Self.pending.count)
    #expect(snippet.ending == .other(.waiting, instructionPointer: place))
    // IGNNE# lets it go on, until the exceptions are cleared: fwait; fnclex; then as before.
    snippet.simulated.processor.ignoreFloatingPointErrors()
    #expect(snippet.run(bytes: Self.wait + Self.wait) == .completed)
    let again = [0xDB, 0xE2] + Self.zero + Self.one + [0xDE, 0xF1] + Self.wait
    let end = UserLayout.code + UInt64(again.count) - 1
    #expect(snippet.run(bytes: again) == .other(.waiting, instructionPointer: end))
  }

  @Test(
    "#NM: x87 by EM or TS, WAIT by MP and TS together",
    arguments: [
      (UInt64(0), UInt8(0), UInt8(0)), (2, 0, 0), (4, 7, 0), (6, 7, 0), (8, 7, 0), (10, 7, 7),
      (12, 7, 0), (14, 7, 7),
    ])
  func notAvailable(bits: UInt64, unit: UInt8, wait: UInt8) throws {
    for (code, vector) in [(Self.one, unit), (Self.wait, wait)] {
      var snippet = try Snippet()
      let processor = snippet.simulated.processor
      processor.cr0 = processor.cr0 & ~14 | bits
      let ending = snippet.run(bytes: code)
      #expect(ending == (vector == 0 ? .completed : .exception(vector)))
    }
  }

  @Test(
    "an unmasked overflow or underflow divides or multiplies the register by 2^24576",
    arguments: [
      (UInt16(0x377), Extended(signExponent: 0x7FFE, significand: 1 << 63), UInt64(0x8)),
      (0x36F, Extended(signExponent: 0x0001, significand: 1 << 63), 0x10),
    ])
  func scaledResults(control: UInt16, operand: Extended, flag: UInt64) throws {
    // fldcw [rsi]; fld tbyte [rsi+16]; fmul st, st(0)
    let snippet = try Self.run([0xD9, 0x2E, 0xDB, 0x6E, 0x10, 0xD8, 0xC8]) {
      $0.setWord(UInt64(control), at: 0)
      $0.setExtended(operand, at: 16)
    }
    let exponent = 2 * (Int(operand.signExponent) - 0x3FFF) + 0x3FFF
    let scaled = flag == 8 ? exponent - 24576 : exponent + 24576
    #expect(
      snippet.stackRegister(0)
        == Extended(signExponent: UInt16(scaled), significand: 1 << 63))
    #expect(snippet.statusWord & 0x3F == flag)
  }

  // MARK: 80 bits

  @Test("a pseudo-denormal counts as the least normal exponent, and is denormal")
  func pseudoDenormal() throws {
    // fld tbyte [rsi]; fldz; faddp
    let snippet = try Self.run([0xDB, 0x2E] + Self.zero + [0xDE, 0xC1]) {
      $0.setExtended(Extended(signExponent: 0, significand: 0xA000_0000_0000_0000), at: 0)
    }
    #expect(
      snippet.stackRegister(0)
        == Extended(signExponent: 1, significand: 0xA000_0000_0000_0000))
    #expect(snippet.statusWord & 0x3F == 2)
  }

  @Test("an unnormal may be loaded and stored; arithmetic on it is invalid")
  func unnormal() throws {
    let value = Extended(signExponent: 0x4000, significand: 0x4000_0000_0000_0000)
    // fld tbyte [rsi]; fld st(0); fstp tbyte [rsi+16]; fld1; faddp
    let snippet = try Self.run(
      [0xDB, 0x2E, 0xD9, 0xC0, 0xDB, 0x7E, 0x10] + Self.one + [0xDE, 0xC1]
    ) { $0.setExtended(value, at: 0) }
    #expect(snippet.extended(at: 16) == value)
    #expect(snippet.stackRegister(0) == .indefinite)
    #expect(snippet.statusWord & 0x7F == 1)
  }

  @Test("precision control rounds + - * / and roots only")
  func precisionControl() throws {
    // fldcw [rsi] (24 bits); fldpi; fld1; fild word [rsi+8] (3); fdivp
    let snippet = try Self.run(
      [0xD9, 0x2E, 0xD9, 0xEB] + Self.one + [0xDF, 0x46, 0x08, 0xDE, 0xF9]
    ) {
      $0.setWord(0x07F, at: 0)
      $0.setWord(3, at: 8)
    }
    #expect(
      snippet.stackRegister(0)
        == Extended(signExponent: 0x3FFD, significand: 0xAAAA_AB00_0000_0000))
    #expect(
      snippet.stackRegister(1)
        == Extended(signExponent: 0x4000, significand: 0xC90F_DAA2_2168_C235))
  }

  @Test("a sum rounded to 64 bits and stored as a double is rounded twice")
  func doubleRounding() throws {
    // 1 + (2^-53 + 2^-65): fld1; fadd with the second; fstp qword [rsi+16]
    let snippet = try Self.run(Self.one + [0xDB, 0x2E, 0xDE, 0xC1, 0xDD, 0x5E, 0x10]) {
      $0.setExtended(
        Extended(signExponent: 0x3FFF - 53, significand: 1 << 63 | 1 << 51), at: 0)
    }
    #expect(snippet.word(at: 16) == 0x3FF0_0000_0000_0000)
  }

  static let indefinites: [(code: [UInt8], expected: UInt64, mask: UInt64)] = [
    ([0xDF, 0x5E, 0x10], 0x8000, 0xFFFF), ([0xDB, 0x5E, 0x10], 0x8000_0000, 0xFFFF_FFFF),
    ([0xDF, 0x7E, 0x10], 1 << 63, .max),
  ]

  @Test(
    "FISTP of a number too large stores the integer indefinite",
    arguments: indefinites)
  func integerIndefinite(code: [UInt8], expected: UInt64, mask: UInt64) throws {
    let snippet = try Self.run([0xDB, 0x2E] + code) {
      $0.setExtended(Extended(signExponent: 0x3FFF + 63, significand: 1 << 63), at: 0)
    }
    #expect(snippet.word(at: 16) & mask == expected)
    #expect(snippet.statusWord & 0x3F == 1)
  }

  @Test("FBSTP stores eighteen digits, or the decimal indefinite")
  func decimals() throws {
    // fild qword [rsi]; fbstp [rsi+16]; fild qword [rsi+8]; fbstp [rsi+32]
    let snippet = try Self.run(
      [0xDF, 0x2E, 0xDF, 0x76, 0x10, 0xDF, 0x6E, 0x08, 0xDF, 0x76, 0x20]
    ) {
      $0.setWord(UInt64(bitPattern: -123_456_789_012_345_678), at: 0)
      $0.setWord(1_000_000_000_000_000_000, at: 8)
    }
    #expect(snippet.word(at: 16) == 0x3456_7890_1234_5678)
    #expect(snippet.word(at: 24) & 0xFFFF == 0x8012)
    #expect(snippet.word(at: 32) == 0xC000_0000_0000_0000)
    #expect(snippet.word(at: 40) & 0xFFFF == 0xFFFF)
  }

  @Test(
    "FPREM leaves the quotient's low bits in C0, C3 and C1",
    arguments: [(UInt64(7), UInt64(0x4200)), (11, 0x0300), (13, 0x4100), (17, 0)])
  func quotientBits(dividend: UInt64, conditions: UInt64) throws {
    // fild word [rsi] (2); fild word [rsi+8]; fprem
    let snippet = try Self.run([0xDF, 0x06, 0xDF, 0x46, 0x08, 0xD9, 0xF8]) {
      $0.setWord(2, at: 0)
      $0.setWord(dividend, at: 8)
    }
    #expect(snippet.stackRegister(0) == .one)
    #expect(snippet.statusWord & 0x4700 == conditions)
  }

  @Test("FPREM of exponents 64 apart or more is incomplete: C2")
  func incompleteRemainder() throws {
    let snippet = try Self.run(Self.one + [0xDB, 0x2E, 0xD9, 0xF8]) {
      $0.setExtended(Extended(signExponent: 0x3FFF + 100, significand: 3 << 62), at: 0)
    }
    #expect(snippet.statusWord & 0x400 != 0)
  }

  @Test("FXAM of an empty register tells its old sign")
  func examineEmpty() throws {
    // fld1; fchs; ffree st(0); fxam
    let snippet = try Self.run(Self.one + [0xD9, 0xE0, 0xDD, 0xC0, 0xD9, 0xE5])
    #expect(snippet.statusWord & 0x4700 == 0x4300)
  }
}
