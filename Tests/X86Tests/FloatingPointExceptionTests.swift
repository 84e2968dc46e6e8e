import TestSupport
import Testing
import X86

/// When floating point and vector instructions fault, and what they leave behind.
///
/// Oracle: Intel SDM volume 1, "Handling x87 FPU Exceptions in Software" and "SSE and SSE2 SIMD
/// Floating-Point Exceptions"; volume 2, "Exceptions" of each instruction.
struct FloatingPointExceptionTests {
  /// Some code, how the control registers stand, and how it ends.
  struct Row: CustomTestStringConvertible {
    let testDescription: String
    let code: [UInt8]
    var control0: UInt64 = 0
    var control4: UInt64 = 0x600
    var data: [UInt8] = []
    let ending: SimulatedProcessor.Ending

    init(
      _ name: String, _ code: [UInt8], control0: UInt64 = 0, control4: UInt64 = 0x600,
      data: [UInt8] = [], _ ending: SimulatedProcessor.Ending
    ) {
      testDescription = name
      self.code = code
      self.control0 = control0
      self.control4 = control4
      self.data = data
      self.ending = ending
    }
  }

  private static let emulation: UInt64 = 4
  private static let taskSwitched: UInt64 = 8
  private static let monitor: UInt64 = 2

  // RSI is the data page.
  private static let addPacked: [UInt8] = [0x0F, 0x58, 0xC1]  // addps xmm0, xmm1
  private static let addBytes: [UInt8] = [0x0F, 0xFC, 0xC1]  // paddb mm0, mm1
  private static let loadOne: [UInt8] = [0xD9, 0xE8]  // fld1
  private static let wait: [UInt8] = [0x9B]
  private static let loadControl: [UInt8] = [0xD9, 0x2E]  // fldcw [rsi]
  private static let divideByZero: [UInt8] = [0xD9, 0xE8, 0xD9, 0xEE, 0xDE, 0xF9]
  private static let loadMXCSR: [UInt8] = [0x0F, 0xAE, 0x16]  // ldmxcsr [rsi]

  /// FLDCW with ZM unmasked after FNINIT, then 1/0.
  private static let pending = [0xDB, 0xE3] + loadControl + divideByZero
  private static let unmaskedZero: [UInt8] = [0x7B, 0x03]

  static let rows: [Row] = [
    Row("SSE without OSFXSR", addPacked, control4: 0x400, .exception(6)),
    Row("MMX without OSFXSR", addBytes, control4: 0, .completed),
    Row("SSE with TS", addPacked, control0: taskSwitched, .exception(7)),
    Row("MMX with TS", addBytes, control0: taskSwitched, .exception(7)),
    Row("x87 with TS", loadOne, control0: taskSwitched, .exception(7)),
    Row("FXSAVE with TS", [0x0F, 0xAE, 0x06], control0: taskSwitched, .exception(7)),
    Row("WAIT with TS alone", wait, control0: taskSwitched, .completed),
    Row("WAIT with TS and MP", wait, control0: taskSwitched | monitor, .exception(7)),
    Row("SSE with EM", addPacked, control0: emulation, .exception(6)),
    Row("MMX with EM", addBytes, control0: emulation, .exception(6)),
    Row("x87 with EM", loadOne, control0: emulation, .exception(7)),
    Row("WAIT with EM", wait, control0: emulation, .completed),
    Row("MOVNTI with TS", [0x0F, 0xC3, 0x06], control0: taskSwitched, .completed),
    Row("MOVAPS load, unaligned", [0x0F, 0x28, 0x46, 0x08], .exception(13)),
    Row("MOVAPS store, unaligned", [0x0F, 0x29, 0x46, 0x08], .exception(13)),
    Row("MOVDQA load, unaligned", [0x66, 0x0F, 0x6F, 0x46, 0x01], .exception(13)),
    Row("MOVNTDQ, unaligned", [0x66, 0x0F, 0xE7, 0x46, 0x08], .exception(13)),
    Row("ADDPS, unaligned", [0x0F, 0x58, 0x46, 0x08], .exception(13)),
    Row("PADDB xmm, unaligned", [0x66, 0x0F, 0xFC, 0x46, 0x08], .exception(13)),
    Row("MOVUPS, unaligned", [0x0F, 0x10, 0x46, 0x01], .completed),
    Row("ADDSD, unaligned", [0xF2, 0x0F, 0x58, 0x46, 0x01], .completed),
    Row("CVTDQ2PD m64, unaligned", [0xF3, 0x0F, 0xE6, 0x46, 0x01], .completed),
    Row("PADDB mm, unaligned", [0x0F, 0xFC, 0x46, 0x01], .completed),
    Row("LDMXCSR, reserved bits", loadMXCSR, data: [0x80, 0x1F, 0x01, 0], .exception(13)),
    Row("FXSAVE, unaligned", [0x0F, 0xAE, 0x46, 0x08], .exception(13)),
    Row("FXRSTOR, unaligned", [0x0F, 0xAE, 0x4E, 0x08], .exception(13)),
    Row("LOCK ADDPS", [0xF0, 0x0F, 0x58, 0x06], .exception(6)),
    Row("F3 PADDB", [0xF3, 0x0F, 0xFC, 0xC1], .exception(6)),
    Row("66 MOVHLPS", [0x66, 0x0F, 0x12, 0xC1], .exception(6)),
    Row("SSE3: HADDPS", [0xF2, 0x0F, 0x7C, 0xC1], .exception(6)),
    Row("D9 D1", [0xD9, 0xD1], .exception(6)),
    Row("pending, then WAIT", pending + wait, data: unmaskedZero, .exception(16)),
    Row("pending, then FLD1", pending + loadOne, data: unmaskedZero, .exception(16)),
    Row("pending, then MMX", pending + addBytes, data: unmaskedZero, .exception(16)),
    Row("pending, then FLDCW", pending + loadControl, data: unmaskedZero, .exception(16)),
    Row("pending, then SSE", pending + addPacked, data: unmaskedZero, .completed),
    Row("pending, then FNSTSW", pending + [0xDF, 0xE0], data: unmaskedZero, .completed),
    Row("pending, then FNSTCW", pending + [0xD9, 0x7E, 0x10], data: unmaskedZero, .completed),
    Row(
      "pending, then FNCLEX and WAIT", pending + [0xDB, 0xE2] + wait, data: unmaskedZero,
      .completed),
    Row(
      "pending, then FNSTENV, which masks, and WAIT", pending + [0xD9, 0x76, 0x40] + wait,
      data: unmaskedZero, .completed),
    Row(
      "pending, FXSAVE and FXRSTOR, then WAIT",
      pending + [0x0F, 0xAE, 0x46, 0x40, 0xDB, 0xE3, 0x0F, 0xAE, 0x4E, 0x40] + wait,
      data: unmaskedZero, .exception(16)),
    Row("masked 1/0, then WAIT", [0xDB, 0xE3] + divideByZero + wait, .completed),
  ]

  /// Runs code with RSI on the data page, XMM0 = 1.0 and the stack at the page's end.
  private static func run(
    _ row: Row, image: [UInt8]? = nil
  ) throws -> (SimulatedProcessor.Ending, UserState) {
    let simulated = try SimulatedProcessor()
    simulated.processor.cr0 = simulated.processor.cr0 & ~monitor | row.control0
    simulated.processor.cr4 = simulated.processor.cr4 & ~0x600 | row.control4
    if let image { simulated.processor.loadFloatingPoint(image) }
    var registers = [UInt64](repeating: 0, count: 16)
    registers[4] = UserLayout.data + 4096
    registers[6] = UserLayout.data
    registers[7] = UserLayout.data + 64
    let filler = [UInt8](repeating: 0, count: 4096 - row.data.count)
    var state = UserState(registers: registers, flags: 2, data: row.data + filler)
    let ending = simulated.run(row.code, &state)
    state.floatingPoint = simulated.processor.saveFloatingPoint()
    return (ending, state)
  }

  @Test(arguments: rows)
  func ends(_ row: Row) throws {
    #expect(try Self.run(row).0 == row.ending)
  }

  private static func singles(_ values: Float...) -> [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(value.bitPattern >> ($0 * 8) & 0xFF) } }
  }

  private static func words(_ values: UInt64...) -> [UInt8] {
    values.flatMap { value in (0..<8).map { UInt8(value >> ($0 * 8) & 0xFF) } }
  }

  private static func mxcsr(_ state: UserState) -> UInt16 {
    let image = state.floatingPoint ?? []
    return UInt16(image[24]) | UInt16(image[25]) << 8
  }

  private static func statusWord(_ state: UserState) -> UInt16 {
    let image = state.floatingPoint ?? []
    return UInt16(image[2]) | UInt16(image[3]) << 8
  }

  /// DIVPS of 1, 1, 1, 1 by 3, 0, 1, 1 with ZM unmasked.
  private static func divideWithUnmaskedZero(control4: UInt64) -> Row {
    Row(
      "DIVPS",
      loadMXCSR + [0x0F, 0x28, 0x46, 0x10, 0x0F, 0x5E, 0x46, 0x20], control4: control4,
      data: [0x80, 0x1D, 0, 0] + [UInt8](repeating: 0, count: 12) + singles(1, 1, 1, 1)
        + singles(3, 0, 1, 1),
      control4 & 0x400 != 0 ? .exception(19) : .exception(6))
  }

  @Test func anUnmaskedDivisionByZeroKeepsTheDestination() throws {
    let (ending, state) = try Self.run(Self.divideWithUnmaskedZero(control4: 0x600))
    #expect(ending == .exception(19))
    #expect(Array((state.floatingPoint ?? [])[160..<176]) == Self.singles(1, 1, 1, 1))
    // The inexact 1/3 is found after the operation, which does not happen.
    #expect(Self.mxcsr(state) == 0x1D84)
  }

  @Test func withoutOSXMMEXCPTItIsInvalidOpcode() throws {
    let (ending, _) = try Self.run(Self.divideWithUnmaskedZero(control4: 0x200))
    #expect(ending == .exception(6))
  }

  @Test func unmaskedUnderflowCountsExactDenormals() throws {
    let code = Self.loadMXCSR + [0xF2, 0x0F, 0x10, 0x46, 0x10, 0xF2, 0x0F, 0x59, 0x46, 0x18]
    let data = [UInt8]([0x80, 0x17, 0, 0]) + [UInt8](repeating: 0, count: 12)
    let operands = Self.words(0x0010_0000_0000_0000, 0x3FE0_0000_0000_0000)
    let (ending, state) = try Self.run(
      Row("MULSD", code, data: data + operands, .exception(19)))
    #expect(ending == .exception(19))
    #expect(Self.mxcsr(state) == 0x1790)
  }

  @Test func aStoreThatFaultsPopsNothing() throws {
    // fld1; fistp dword [0x80000000], which is not mapped
    let code: [UInt8] = [0xDB, 0xE3, 0xD9, 0xE8, 0xB8, 0, 0, 0, 0x80, 0xDB, 0x18]
    let (ending, state) = try Self.run(Row("FISTP", code, .exception(14)))
    #expect(ending == .exception(14))
    #expect(Self.statusWord(state) >> 11 & 7 == 7)
    #expect(state.floatingPoint?[4] == 0x80)
  }

  @Test func maskedMovesWriteTheChosenBytesOnly() throws {
    // maskmovdqu xmm0, xmm1 at RDI
    let code: [UInt8] = [
      0x0F, 0x28, 0x06, 0x0F, 0x28, 0x4E, 0x10, 0x66, 0x0F, 0xF7, 0xC1,
    ]
    let mask: [UInt8] = (0..<16).map { $0 % 3 == 0 ? 0x80 : 0x7F }
    let data = Array(1...16 as ClosedRange<UInt8>) + mask + [UInt8](repeating: 0xEE, count: 64)
    let (ending, state) = try Self.run(Row("MASKMOVDQU", code, data: data, .completed))
    #expect(ending == .completed)
    let expected = (0..<16).map { UInt8($0 % 3 == 0 ? $0 + 1 : 0xEE) }
    #expect(Array(state.data[64..<80]) == expected)
  }

  @Test(arguments: [false, true])
  func savesAndRestoresTheStack(short: Bool) throws {
    // fninit; fld1; fldpi; fnsave [rsi+64]; fld1 ; frstor [rsi+64]; with a 16-bit form, too
    let prefix: [UInt8] = short ? [0x66] : []
    let code: [UInt8] =
      [0xDB, 0xE3, 0xD9, 0xE8, 0xD9, 0xEB] + prefix + [0xDD, 0x76, 0x40, 0xD9, 0xE8] + prefix
      + [0xDD, 0x66, 0x40]
    let (ending, state) = try Self.run(Row("FNSAVE", code, .completed))
    #expect(ending == .completed)
    let image = state.floatingPoint ?? []
    #expect(image[4] == 0xC0 && Self.statusWord(state) >> 11 == 6)
    #expect(
      image[32..<42].elementsEqual([0x35, 0xC2, 0x68, 0x21, 0xA2, 0xDA, 0x0F, 0xC9, 0, 0x40]))
    let start = 64
    let step = short ? 2 : 4
    #expect(state.data[start] == 0x7F && state.data[start + 1] == 3)
    // TOP 6, physical registers 6 and 7 valid.
    #expect(state.data[start + step + 1] == 0x30)
    #expect(state.data[start + 2 * step] == 0xFF && state.data[start + 2 * step + 1] == 0x0F)
    #expect(state.data[start + 7 * step + 80] == 0)
  }

  @Test func savesTheWholeStateInLongMode() throws {
    var image = [UInt8](repeating: 0, count: 512)
    for index in 32..<416 { image[index] = UInt8(truncatingIfNeeded: index &* 37) }
    for index in 0..<8 { for pad in 10..<16 { image[32 + index * 16 + pad] = 0 } }
    (image[0], image[1], image[3], image[4]) = (0x7F, 0x03, 0x28, 0x5A)
    (image[24], image[25], image[28], image[29]) = (0xBF, 0x7F, 0xFF, 0xFF)
    // fxsave64 [rsi]; fninit; xorps xmm9, xmm9; fxrstor64 [rsi]
    let code: [UInt8] = [
      0x48, 0x0F, 0xAE, 0x06, 0xDB, 0xE3, 0x45, 0x0F, 0x57, 0xC9, 0x48, 0x0F, 0xAE, 0x0E,
    ]
    let data = [UInt8](repeating: 0xEE, count: 512)
    let (ending, state) = try Self.run(Row("FXSAVE", code, data: data, .completed), image: image)
    #expect(ending == .completed)
    #expect(state.floatingPoint == image)
    #expect(Array(state.data[0..<416]) == Array(image[0..<416]))
    #expect(state.data[416..<512].allSatisfy { $0 == 0xEE })
  }
}
