import TestSupport
import Testing
import X86

/// What FXSAVE and FNSTENV say about the last instruction, and which bits they refuse.
///
/// Oracle: Intel SDM volume 1, "x87 State" figures; AMD APM volume 5, FXSAVE, and an AMD EPYC (Zen 5)
/// for pointers that are saved while an exception is pending only.
@Suite("Pitfalls of floating point images")
struct FloatingPointImagePitfalls {
  /// FNINIT, FLDCW of a word that unmasks ZM, FLD1, FDIV dword [RSI+8], then FNCLEX if told so, then
  /// the code.
  private static func run(_ code: [UInt8], clears: Bool = false) throws -> Snippet {
    var snippet = try Snippet()
    snippet.state.data = [UInt8](repeating: 0, count: 1024)
    snippet[.rsi] = Snippet.data
    snippet.setWord(0x37B, at: 0)
    snippet.run(
      bytes: [0xDB, 0xE3, 0xD9, 0x2E, 0xD9, 0xE8, 0xD8, 0x76, 0x08]
        + (clears ? [0xDB, 0xE2] : []) + code)
    return snippet
  }

  private static let divide = UserLayout.code + 6
  /// CS as `Processor.enterLongMode` sets it.
  private static let codeSelector: UInt64 = 0x10
  private static let save: [UInt8] = [0x48, 0x0F, 0xAE, 0x46, 0x40]  // fxsave64 [rsi+64]

  @Test("FXSAVE64 has FOP, FIP and FDP of a pending exception")
  func pendingPointers() throws {
    let snippet = try Self.run(Self.save)
    #expect(snippet.word(at: 64) >> 48 == 0x076)
    #expect(snippet.word(at: 72) == Self.divide)
    #expect(snippet.word(at: 80) == Snippet.data + 8)
  }

  @Test("with nothing pending FXSAVE has zeros, FNSTENV the last instruction that is no control")
  func clearedPointers() throws {
    // fxsave64 [rsi+64]; fnstenv [rsi+576]
    let snippet = try Self.run(Self.save + [0xD9, 0xB6, 0x40, 0x02, 0, 0], clears: true)
    #expect(snippet.word(at: 64) >> 48 == 0)
    #expect(snippet.word(at: 72) == 0 && snippet.word(at: 80) == 0)
    #expect(snippet.word(at: 576 + 12) & 0xFFFF_FFFF == Self.divide)
    #expect(snippet.word(at: 576 + 16) & 0xFFFF_FFFF == 0x076 << 16 | Self.codeSelector)
    #expect(snippet.word(at: 576 + 20) & 0xFFFF_FFFF == Snippet.data + 8)
  }

  @Test("FXSAVE without REX.W has 32 bits of each pointer, and the selectors")
  func narrowPointers() throws {
    let snippet = try Self.run([0x0F, 0xAE, 0x46, 0x40])
    #expect(snippet.word(at: 72) == Self.divide | Self.codeSelector << 32)
    #expect(snippet.word(at: 80) & 0xFFFF_FFFF == Snippet.data + 8)
  }

  @Test("FXSAVE leaves the last 96 bytes as they are")
  func unusedBytes() throws {
    var snippet = try Snippet()
    snippet.state.data = [UInt8](repeating: 0xA5, count: 512)
    snippet[.rsi] = Snippet.data
    snippet.run(bytes: [0x48, 0x0F, 0xAE, 0x06])
    #expect(snippet.state.data[416...].allSatisfy { $0 == 0xA5 })
  }

  @Test("FXRSTOR of an MXCSR with a reserved bit is #GP(0), and nothing is loaded")
  func reservedBits() throws {
    var snippet = try Snippet()
    snippet.state.data = [UInt8](repeating: 0, count: 512)
    snippet[.rsi] = Snippet.data
    snippet.setWord(0x37F, at: 0)
    snippet.setWord(0x1_1F80, at: 24)
    for index in stride(from: 160, to: 416, by: 8) { snippet.setWord(0x55AA, at: index) }
    let before = snippet.image
    snippet.run(bytes: [0x48, 0x0F, 0xAE, 0x0E])
    #expect(snippet.ending == .exception(13) && snippet.stackWord(0) == 0)
    #expect(snippet.image == before)
  }

  @Test("without OSFXSR FXSAVE and FXRSTOR leave the XMM registers alone")
  func withoutVectors() throws {
    var snippet = try Snippet()
    snippet.state.data = [UInt8](repeating: 0xA5, count: 512)
    snippet[.rsi] = Snippet.data
    snippet.simulated.processor.cr4 &= ~0x200
    snippet.run(bytes: [0x48, 0x0F, 0xAE, 0x06])
    #expect(snippet.ending == .completed)
    #expect(snippet.state.data[160...].allSatisfy { $0 == 0xA5 })
    #expect(snippet.word(at: 0) & 0xFFFF == 0x40)
  }
}
