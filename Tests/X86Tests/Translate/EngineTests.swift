import Foundation
import Testing

@testable import X86

// Oracle: the interpreter, which is held against the host's processor, recorded silicon and the suites of
// others. Random programs with faults, stores into their own page and into their own code are run by
// both engines in slices that are cut anywhere; registers, flags, storage and cycles must come out equal.

@Suite("Translated code does what the interpreter does")
struct EngineTests {
  /// How many programs; ENDICOTT_CASES asks for more.
  private static let count =
    ProcessInfo.processInfo.environment["ENDICOTT_CASES"].flatMap(UInt64.init) ?? 6000

  @Test("random programs, in slices of random length", arguments: [UInt64(7), 60, 5000])
  func randomPrograms(slices: UInt64) throws {
    let interpreted = CodeCache(byteCount: 8 << 20, engine: .interpret)
    let translated = CodeCache(byteCount: 8 << 20, engine: .translate, runsBefore: 1)
    // Blocks of 32-bit code that were translated.
    var short = 0
    for number in 0..<Self.count {
      let seed = slices << 40 | number
      let expected = try EngineProgram(seed: seed).digest(interpreted, slices: slices)
      let before = translated.translatedBlockCount ?? 0
      let program = try EngineProgram(seed: seed)
      let got = program.digest(translated, slices: slices)
      if !program.isLong { short += (translated.translatedBlockCount ?? 0) - before }
      if got != expected {
        Issue.record(
          "program \(seed) in slices of up to \(slices)\n\(try difference(seed, slices))")
      }
    }
    #expect(translated.translatedBlockCount ?? 0 > 1000)
    #expect(short > 500)
  }

  @Test("no pointer of one half of addresses is found by the other's key, whatever was forgotten")
  func jumpKeys() throws {
    let processor = try EngineProgram(seed: 1, bytes: [0xF4]).processor
    for round in 0..<20_000 {
      if round % 3 == 0 { processor.forgetJumps() } else { processor.forgetLocalJumps() }
      let low = processor.state.get(StateLayout.jumpKeyLow, as: UInt64.self)
      let high = processor.state.get(StateLayout.jumpKeyHigh, as: UInt64.self)
      // Two pointers of one half are equal in bit 63, so that entries of unlike keys never are.
      try #require((low ^ high) >> 63 == 1, "round \(round)")
    }
  }

  @Test("a memory for code that is full again and again loses nothing but time")
  func fullCodeMemory() throws {
    let interpreted = CodeCache(byteCount: 8 << 20, engine: .interpret)
    let translated = CodeCache(byteCount: 8 << 20, engine: .translate, runsBefore: 1)
    // Room for a few dozen blocks beside the one that is being made.
    let memory = try #require(CodeMemory(byteCount: CodeMemory.roomByteCount + 1 << 14))
    translated.setTranslator(Translator(memory))
    var fullest = 0
    for seed in UInt64(1) << 50..<(1 << 50) + 1000 {
      let expected = try EngineProgram(seed: seed).digest(interpreted, slices: 60)
      #expect(try EngineProgram(seed: seed).digest(translated, slices: 60) == expected, "\(seed)")
      fullest = max(fullest, memory.usedByteCount)
    }
    #expect(memory.blockCount > 1000)
    #expect(fullest < CodeMemory.roomByteCount + 1 << 14)
  }

  @Test("what the environment asks for is an engine that there is, and the one that runs")
  func environment() {
    guard let asked = ProcessInfo.processInfo.environment["ENDICOTT_ENGINE"] else { return }
    #expect(ExecutionEngine.standard.rawValue == asked)
  }

  @Test("a block ends where it does by the interpreter, however many operations it has")
  func blockLimit() throws {
    // add dword [eax], 1 has four operations, add dword fs:[rax], 1 three: 207 in all, and then NOP in the
    // next 64 bytes of the page, whose decoding costs cycles. The page at EAX is not there.
    let four = [[UInt8]](repeating: [0x67, 0x83, 0x00, 0x01], count: 51)
    let bytes = four.flatMap(\.self) + [0x64, 0x83, 0x00, 0x01, 0x90, 0xF4]
    var digests: [UInt64] = []
    for engine in ExecutionEngine.allCases {
      let program = try EngineProgram(seed: 1, bytes: bytes, at: EngineProgram.start + 0x30)
      program.processor[.rax] = EngineProgram.edge
      let cache = CodeCache(byteCount: 8 << 20, engine: engine, runsBefore: 1)
      digests.append(program.digest(cache, slices: 5000))
    }
    #expect(digests[0] == digests[1])
  }

  @Test("flags of a saved state that are none never reach the host's")
  func forgedFlags() throws {
    // jnc to the next instruction; jmp back to it.
    let program = try EngineProgram(seed: 1, bytes: [0x73, 0x00, 0xEB, 0xFC])
    // Trap, direction and alignment check beside CF.
    program.processor.state.flagsResult = 0x4_0501
    program.processor.state.flagsKind = FlagsKind.explicit
    let cache = CodeCache(byteCount: 8 << 20, engine: .translate, runsBefore: 1)
    _ = program.digest(cache, slices: 5000)
    #expect(cache.translatedBlockCount ?? 0 > 0)
    #expect(program.processor.state.flags & Flag.carry != 0)
  }

  /// Where the two first differ.
  private func difference(_ seed: UInt64, _ slices: UInt64) throws -> String {
    let left = try EngineProgram(seed: seed)
    let right = try EngineProgram(seed: seed)
    let interpreted = CodeCache(byteCount: 8 << 20, engine: .interpret)
    let translated = CodeCache(byteCount: 8 << 20, engine: .translate, runsBefore: 1)
    for round in 0..<4000 {
      let before = left.processor.state.instructionPointer
      let expected = left.slice(interpreted, slices: slices)
      let got = right.slice(translated, slices: slices)
      if expected != got {
        let different = zip(expected, got).enumerated().filter { $0.element.0 != $0.element.1 }
          .map {
            "\($0.offset): \(String($0.element.0, radix: 16)) \(String($0.element.1, radix: 16))"
          }
        return "slice \(round) from \(String(before, radix: 16)): \(different)\n\(left.listing)"
      }
      if left.processor.activity != .running { break }
    }
    return "only storage differs: \(left.listing)"
  }
}
