import TestSupport
import Testing
import X86

/// Behaviour of MMX and SSE that is easily got wrong: NaN, flags, alignment, prefixes.
///
/// Oracle: Intel SDM volume 1, chapters 4 and 11, and the exceptions of each instruction in volume 2.
@Suite("Pitfalls of vector instructions")
struct VectorPitfalls {
  /// Loads MXCSR from the data, XMM0 from offset 16 and XMM1 from offset 32, then runs the code.
  private static func run(
    _ code: [UInt8], mxcsr: UInt64 = 0x1F80, _ first: [UInt64], _ second: [UInt64]
  ) throws -> Snippet {
    var snippet = try Snippet()
    snippet[.rsi] = Snippet.data
    snippet.setWord(mxcsr, at: 0)
    for index in 0..<2 {
      snippet.setWord(first[index], at: 16 + 8 * index)
      snippet.setWord(second[index], at: 32 + 8 * index)
    }
    snippet.run(
      bytes: [0x0F, 0xAE, 0x16, 0x0F, 0x28, 0x46, 0x10, 0x0F, 0x28, 0x4E, 0x20] + code)
    return snippet
  }

  // MARK: NaN

  private static let quiet: UInt64 = 0x7FF8_0000_0000_1111
  private static let other: UInt64 = 0xFFF8_0000_0000_2222
  private static let signalling: UInt64 = 0x7FF0_0000_0000_3333
  private static let quieted: UInt64 = 0x7FF8_0000_0000_3333
  private static let one: UInt64 = 0x3FF0_0000_0000_0000

  @Test(
    "SSE: the first operand's NaN, made quiet, goes before the second's",
    arguments: [
      (quiet, other, quiet), (other, quiet, other), (signalling, other, quieted),
      (one, other, other), (one, signalling, quieted), (quiet, signalling, quiet),
    ])
  func firstNaN(first: UInt64, second: UInt64, expected: UInt64) throws {
    // addsd xmm0, xmm1
    let snippet = try Self.run([0xF2, 0x0F, 0x58, 0xC1], [first, 7], [second, 8])
    #expect(snippet.vector(0) == [expected, 7])
    let isSignalling = first == Self.signalling || second == Self.signalling
    #expect(snippet.mxcsr == (isSignalling ? 0x1F81 : 0x1F80))
  }

  @Test(
    "x87: of two NaN the one with the larger significand",
    arguments: [
      (UInt64(0xC000_0000_0000_1111), UInt64(0xC000_0000_0000_2222)),
      (0xC000_0000_0000_2222, 0xC000_0000_0000_1111),
    ])
  func largerNaN(first: UInt64, second: UInt64) throws {
    var snippet = try Snippet()
    snippet[.rsi] = Snippet.data
    snippet.setExtended(Extended(signExponent: 0x7FFF, significand: first), at: 0)
    snippet.setExtended(Extended(signExponent: 0xFFFF, significand: second), at: 16)
    // fninit; fld tbyte [rsi]; fld tbyte [rsi+16]; faddp
    snippet.run(bytes: [0xDB, 0xE3, 0xDB, 0x2E, 0xDB, 0x6E, 0x10, 0xDE, 0xC1])
    #expect(snippet.stackRegister(0).significand == max(first, second))
  }

  @Test(
    "MINSD and MAXSD return the second operand for NaN and for two zeros",
    arguments: [UInt8(0x5D), 0x5F])
  func secondOfMinimum(opcode: UInt8) throws {
    let zero: UInt64 = 0
    let pairs = [
      (Self.quiet, Self.one), (Self.one, Self.quiet), (Self.one, Self.signalling),
      (zero, 1 << 63), (1 << 63, zero),
    ]
    for (first, second) in pairs {
      let snippet = try Self.run([0xF2, 0x0F, opcode, 0xC1], [first, 0], [second, 0])
      #expect(snippet.vector(0)[0] == second)
    }
  }

  @Test("the default NaN has its sign bit set")
  func defaultNaN() throws {
    // divps xmm0, xmm1 of zeros
    let snippet = try Self.run([0x0F, 0x5E, 0xC1], [0, 0], [0, 0])
    #expect(snippet.vector(0) == [0xFFC0_0000_FFC0_0000, 0xFFC0_0000_FFC0_0000])
    #expect(snippet.mxcsr == 0x1F81)
  }

  static let conversions: [(code: [UInt8], expected: UInt64)] = [
    ([0xF2, 0x0F, 0x2D, 0xC1], 0x8000_0000),
    ([0xF2, 0x0F, 0x2C, 0xC1], 0x8000_0000), ([0xF2, 0x48, 0x0F, 0x2D, 0xC1], 1 << 63),
    ([0xF2, 0x48, 0x0F, 0x2C, 0xC1], 1 << 63), ([0xF3, 0x48, 0x0F, 0x2D, 0xC1], 1 << 63),
  ]

  @Test(
    "a conversion that does not fit gives the integer indefinite",
    arguments: conversions)
  func integerIndefinite(code: [UInt8], expected: UInt64) throws {
    for value in [0x7FEF_FFFF_FFFF_FFFF, 0xFFF0_0000_FF80_0000, 0x7FF8_0000_7FC0_0000] as [UInt64]
    where code[0] == 0xF2 || value & 0x7F80_0000 == 0x7F80_0000 {
      let snippet = try Self.run(code, [0, 0], [value, 0])
      #expect(snippet[.rax] == expected && snippet.mxcsr & 0x3F == 1)
    }
  }

  // MARK: Flags

  /// An instruction with an unmasked overflow or underflow, and what silicon left in MXCSR.
  struct Row: CustomTestStringConvertible, Sendable {
    let operation: UInt64
    let mxcsr: UInt64
    let first: [UInt64]
    let second: [UInt64]
    let expected: UInt64

    init(
      _ operation: UInt64, _ mxcsr: UInt64, _ first: [UInt64], _ second: [UInt64],
      _ expected: UInt64
    ) {
      self.operation = operation
      self.mxcsr = mxcsr
      self.first = first
      self.second = second
      self.expected = expected
    }

    var testDescription: String { hex(operation) + " " + hex(mxcsr) }

    var code: [UInt8] {
      let prefix: [[UInt8]] = [[], [0x66], [0xF3], [0xF2]]
      return prefix[Int(operation >> 8)] + [0x0F, UInt8(operation & 0xFF), 0xC1]
    }
  }

  /// Recorded on an AMD EPYC (Zen 5) with a handler of SIGFPE; random operands, seed
  /// 88172645463325252.
  static let recorded: [Row] = [
    .init(
      0x0058, 0x7380, [0x67D1_74AD_1478_E5BF, 0x807E_E6A3_448B_3EBD],
      [0x4848_BCFE_7F80_0000, 0x007F_FFFF_481E_51A2], 0x73B2),
    .init(
      0x0158, 0x2380, [0x8003_06F2_12A9_E546, 0xE49E_A3FC_D825_F441],
      [0x8002_259E_4AD4_AE60, 0x3F0C_27A7_3718_A230], 0x23B2),
    .init(
      0x0258, 0x3080, [0x8243_D545_80FF_FFFF, 0x053F_F092_8088_0000],
      [0x0000_0000_00CC_0000, 0xFE5C_AF67_FD56_B5BC], 0x3090),
    .init(
      0x0358, 0x3780, [0x8000_0003_0501_0D95, 0xB5D8_54E5_F14C_B590],
      [0x8000_0003_80A1_0000, 0x432B_1C4E_8C8B_D07C], 0x3792),
    .init(
      0x0059, 0x3180, [0x678A_381A_7A47_E234, 0x36A0_0000_0000_0000],
      [0x3F20_D051_C965_5DC2, 0xB81A_73A4_A377_1664], 0x31A8),
    .init(
      0x0059, 0x7100, [0xBE97_732A_4081_121C, 0x8AB9_2AA4_B3AF_59B6],
      [0x7105_54CF_FF5B_CE28, 0x78A7_ABC4_9E37_EC55], 0x7128),
    .init(
      0x0159, 0x1380, [0xC718_ED1E_392E_4F5C, 0xBEC3_E16B_84E6_F47F],
      [0x96BE_F44B_73EC_AA4A, 0x000A_C05D_8620_9E21], 0x13B2),
    .init(
      0x0159, 0x3BC0, [0x49CD_AAED_808F_33AA, 0xF2E0_1180_4501_A51E],
      [0x9BA8_11AC_1615_AE44, 0x66C6_CCFD_43B7_AED4], 0x3BE8),
    .init(
      0x0259, 0x5BB2, [0xE76A_1FCA_623F_FA8A, 0x0444_0C30_A0F8_A020],
      [0xE011_3FB7_E29C_93BC, 0x1B54_E1EF_C640_0294], 0x5BBA),
    .init(
      0x0259, 0x2380, [0x0078_335E_0060_0000, 0x7F7F_FFFF_8056_8893],
      [0xAC8E_3016_3CEF_0D27, 0x0039_0000_0093_0000], 0x23B2),
    .init(
      0x0359, 0xF380, [0x8063_39DD_807F_0000, 0x807B_5B0E_006D_0000],
      [0x9AEE_8724_8000_0003, 0x007F_FFFF_6DC4_6430], 0xF3B0),
    .init(
      0x0359, 0x1B80, [0xE78E_A735_1DCB_A9E5, 0xBF13_D17F_0000_0000],
      [0x7204_5976_6460_5415, 0x00FF_FFFF_8006_5387], 0x1BA8),
    .init(
      0x005C, 0x0100, [0x3C23_934C_004D_41F1, 0xB7B9_90CE_006C_0000],
      [0xBF80_0000_7CF5_64E5, 0x80FF_FFFF_0065_5019], 0x0132),
    .init(
      0x015C, 0x7580, [0x4278_8941_804A_0FD8, 0x00FF_FFFF_006C_0000],
      [0xB2BA_6DE2_C790_23F8, 0x00FF_FFFF_0089_0000], 0x75B0),
    .init(
      0x025C, 0x37C0, [0x42CD_160A_0095_B2C8, 0x95E8_460B_8061_6C17],
      [0x006B_0000_00DA_0000, 0x7F7F_FFFF_9879_3B83], 0x37D0),
    .init(
      0x035C, 0xB780, [0x007F_FFFF_F82E_EC17, 0x006F_2E82_7F7F_FFFF],
      [0x007F_FFFF_BE4E_0F39, 0x6F06_144F_0815_3D2E], 0xB790),
    .init(
      0x005E, 0xB780, [0xB7BE_AE6B_8959_BD62, 0xC914_E025_00B3_0000],
      [0x80FB_0000_77D7_1599, 0x80A4_7E2C_9A2D_C511], 0xB7B8),
    .init(
      0x015E, 0x5480, [0x0025_B011_0018_42BE, 0x80CF_A1EF_278E_AB96],
      [0x984B_8F3A_00FD_0000, 0x416D_2FF5_35D3_CC6B], 0x54B0),
    .init(
      0x025E, 0x5840, [0xF6D2_B5F8_679B_B2CE, 0x40D2_C39B_4B69_1256],
      [0xCA74_56DA_8094_5C8C, 0x3F0C_7288_642B_CE09], 0x5868),
    .init(
      0x035E, 0x1380, [0x444F_4D71_6EEE_471A, 0x803A_0000_1CFB_B58B],
      [0x00FF_FFFF_8005_725B, 0x00BD_0000_6962_80D0], 0x13A8),
    .init(
      0x015A, 0xB4C0, [0x809D_233E_8096_0000, 0x8000_0000_380C_C212],
      [0x0014_0000_8032_0000, 0x80E2_D678_00FF_FFFF], 0xB4F0),
    .init(
      0x015A, 0x5080, [0x745F_C74A_D234_8B4E, 0xF642_F0F1_89FE_5F16],
      [0xC132_2533_F2FE_3A51, 0x47EF_FFFF_FFFF_FFFF], 0x50A8),
    .init(
      0x035A, 0x7980, [0x4749_F3A7_CCDD_2B6E, 0x4731_C663_A49A_5705],
      [0x7396_12C6_D2DC_F309, 0x0010_2081_0B8F_65B6], 0x79A8),
    .init(
      0x035A, 0xD380, [0x86F2_B8E5_F9DE_6B07, 0x7562_88E6_725B_30E5],
      [0x3776_E309_4000_0000, 0x42B0_8219_4CCC_CA7D], 0xD390),
  ]

  @Test(
    "unmasked overflow and underflow: PE tells what an unbounded exponent would lose",
    arguments: recorded)
  func unmaskedFlags(row: Row) throws {
    let snippet = try Self.run(row.code, mxcsr: row.mxcsr, row.first, row.second)
    #expect(snippet.ending == .exception(19))
    #expect(snippet.mxcsr == row.expected)
    #expect(snippet.vector(0) == row.first)
  }

  @Test("DAZ takes denormal operands as zeros and raises nothing")
  func denormalsAreZeros() throws {
    // addsd xmm0, xmm1 of -denormal and -0
    let snippet = try Self.run(
      [0xF2, 0x0F, 0x58, 0xC1], mxcsr: 0x1FC0, [1 << 63 | 1, 0], [1 << 63, 0])
    #expect(snippet.vector(0)[0] == 1 << 63 && snippet.mxcsr == 0x1FC0)
  }

  @Test("FTZ turns a tiny result into zero with UE and PE; unmasked underflow hides FTZ")
  func flushToZero() throws {
    let code: [UInt8] = [0xF2, 0x0F, 0x59, 0xC1]  // mulsd xmm0, xmm1
    let tiny: [UInt64] = [0x0010_0000_0000_0000, 0]
    let half: [UInt64] = [0x3FE0_0000_0000_0000, 0]
    let flushed = try Self.run(code, mxcsr: 0x9F80, tiny, half)
    #expect(flushed.vector(0)[0] == 0 && flushed.mxcsr == 0x9FB0)
    let unmasked = try Self.run(code, mxcsr: 0x9780, tiny, half)
    #expect(unmasked.ending == .exception(19) && unmasked.mxcsr == 0x9790)
  }

  @Test("underflow is found after rounding: a result rounded to the least normal is not tiny")
  func tininessAfterRounding() throws {
    // mulsd of (2 - 2^-52) 2^-1022 and 0.5 is tiny, though the denormal that it rounds to is not;
    // of (1 + 2^-52) 2^-511 and (1 - 2^-52) 2^-511 it is not, though the product is below 2^-1022.
    let code: [UInt8] = [0xF2, 0x0F, 0x59, 0xC1]
    let tiny = try Self.run(
      code, [0x001F_FFFF_FFFF_FFFF, 0], [0x3FE0_0000_0000_0000, 0])
    #expect(tiny.vector(0)[0] == 0x0010_0000_0000_0000 && tiny.mxcsr == 0x1FB0)
    let normal = try Self.run(
      code, [0x2000_0000_0000_0001, 0], [0x1FFF_FFFF_FFFF_FFFE, 0])
    #expect(normal.vector(0)[0] == 0x0010_0000_0000_0000 && normal.mxcsr == 0x1FA0)
  }

  @Test("LDMXCSR of a reserved bit is #GP(0) and changes nothing")
  func reservedControl() throws {
    let snippet = try Self.run([], mxcsr: 0x1_1F80, [0, 0], [0, 0])
    #expect(snippet.ending == .exception(13))
    #expect(snippet.mxcsr == 0x1F80)
  }

  @Test("an unmasked exception is #XM with OSXMMEXCPT, else #UD", arguments: [UInt8(19), 6])
  func exceptionVector(vector: UInt8) throws {
    var snippet = try Snippet()
    if vector == 6 { snippet.simulated.processor.cr4 &= ~0x400 }
    snippet[.rsi] = Snippet.data
    snippet.setWord(0x1D80, at: 0)
    snippet[.rax] = 1
    // ldmxcsr [rsi]; cvtsi2sd xmm0, eax; xorps xmm1, xmm1; divsd xmm0, xmm1
    snippet.run(
      bytes: [
        0x0F, 0xAE, 0x16, 0xF2, 0x0F, 0x2A, 0xC0, 0x0F, 0x57, 0xC9, 0xF2, 0x0F, 0x5E, 0xC1,
      ])
    #expect(snippet.ending == .exception(vector))
    #expect(snippet.mxcsr == 0x1D84 && snippet.vector(0)[0] == Self.one)
  }

  // MARK: Alignment and prefixes

  static let alignedForms: [(opcode: [UInt8], faults: Bool)] = [
    ([0x0F, 0x28], true), ([0x66, 0x0F, 0x6F], true), ([0x0F, 0x58], true),
    ([0x66, 0x0F, 0xFE], true), ([0x66, 0x0F, 0xE7], true), ([0x0F, 0x2B], true),
    ([0x66, 0x0F, 0x5B], true), ([0x0F, 0x10], false), ([0x0F, 0x11], false),
    ([0xF3, 0x0F, 0x6F], false), ([0xF3, 0x0F, 0x7E], false), ([0x66, 0x0F, 0xD6], false),
    ([0xF2, 0x0F, 0x10], false), ([0xF2, 0x0F, 0x58], false), ([0x0F, 0x5A], false),
    ([0x66, 0x0F, 0x12], false), ([0x0F, 0x6F], false), ([0xF3, 0x0F, 0xE6], false),
  ]

  @Test(
    "16 bytes of storage must be aligned, but for moves that say otherwise and short operands",
    arguments: alignedForms)
  func alignment(opcode: [UInt8], faults: Bool) throws {
    var snippet = try Snippet()
    snippet[.rsi] = Snippet.data
    snippet.run(bytes: opcode + [0x46, 0x01])
    #expect(snippet.ending == (faults ? .exception(13) : .completed))
    if faults { #expect(snippet.stackWord(0) == 0) }
  }

  static let prefixOrders: [(code: [UInt8], kind: UInt8)] = [
    ([0x66, 0xF2, 0x0F, 0x58, 0xC1], 3),
    ([0xF2, 0x66, 0x0F, 0x58, 0xC1], 3), ([0xF3, 0xF2, 0x0F, 0x58, 0xC1], 3),
    ([0xF2, 0xF3, 0x0F, 0x58, 0xC1], 2), ([0x66, 0x0F, 0x58, 0xC1], 1),
    ([0xF2, 0x66, 0x48, 0x0F, 0x58, 0xC1], 3), ([0x48, 0x66, 0x0F, 0x58, 0xC1], 1),
  ]

  @Test(
    "66 gives way to F2 and F3, of which the last counts; then REX; oracle: the host's processor",
    arguments: prefixOrders)
  func mandatoryPrefixes(code: [UInt8], kind: UInt8) throws {
    // 1.0 in every double is (1.875, 0) in singles: the sums tell the instruction.
    let sums: [[UInt64]] = [
      [], [0x4000_0000_0000_0000, 0x4000_0000_0000_0000], [Self.one, Self.one],
      [0x4000_0000_0000_0000, Self.one],
    ]
    let snippet = try Self.run(code, [Self.one, Self.one], [Self.one, Self.one])
    #expect(snippet.ending == .completed)
    #expect(snippet.vector(0) == sums[Int(kind)])
  }

  @Test("MOVSD between registers keeps the upper half, from storage it clears it")
  func upperHalf() throws {
    let between = try Self.run([0xF2, 0x0F, 0x10, 0xC1], [1, 2], [3, 4])
    #expect(between.vector(0) == [3, 2])
    let loaded = try Self.run([0xF2, 0x0F, 0x10, 0x46, 0x20], [1, 2], [3, 4])
    #expect(loaded.vector(0) == [3, 0])
  }

  @Test("an MMX instruction sets TOP to 0, all registers valid, and exponents to ones")
  func mediaState() throws {
    // fninit; fld1; fld1; paddb mm2, mm3
    var snippet = try Snippet()
    snippet.run(bytes: [0xDB, 0xE3, 0xD9, 0xE8, 0xD9, 0xE8, 0x0F, 0xFC, 0xD3])
    #expect(snippet.statusWord & 0x3800 == 0 && snippet.validRegisters == 0xFF)
    #expect(snippet.stackRegister(2).signExponent == 0xFFFF)
    #expect(snippet.stackRegister(7) == .one)
    // emms
    snippet.run(bytes: [0x0F, 0x77])
    #expect(snippet.validRegisters == 0)
  }
}
