import Foundation
import TestSupport
import Testing
import X86

/// Random instructions on the simulated processor and on the host's own: the host is the truth.
///
/// ENDICOTT_SEED=n chooses another sequence of cases, ENDICOTT_CASES=n another number of them.
@Suite("The processor against the host's", .serialized)
struct DifferentialTests {
  static let failureLimit = 20

  static func setting(_ name: String, otherwise: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment[name].flatMap(UInt64.init) ?? otherwise
  }

  @Test(
    "random integer instructions, oracle: the host's processor",
    .enabled(if: HostFeatures.isOurMake, HostFeatures.isOtherMake))
  func integerInstructions() throws {
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 250_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_101)
    var generator = InstructionGenerator(seed: seed)
    try compare("integer", count: count, seed: seed) { generator.next() }
  }

  @Test(
    "random sequences, whole and cut into slices, oracle: the host's processor",
    arguments: [nil, 1, 2, 3] as [Int?])
  func sequences(slice: Int?) throws {
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 40_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_105) &+ UInt64(slice ?? 0)
    var generator = InstructionGenerator(seed: seed)
    try compare("integer (sequences of)", count: count, seed: seed, slice: slice) {
      generator.nextSequence()
    }
  }

  @Test("random instructions of 32-bit code, oracle: the host's compatibility mode")
  func narrowCode() throws {
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 60_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_106)
    var generator = InstructionGenerator(seed: seed, isNarrowCode: true)
    try compare("32-bit", count: count, seed: seed) {
      generator.random.oneIn(4) ? generator.nextSequence() : generator.next()
    }
  }

  @Test("random MMX, SSE and SSE2 instructions, oracle: the host's processor")
  func vectorInstructions() throws {
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 60_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_102)
    var generator = FloatingPointGenerator(seed: seed)
    try compare("SSE", count: count, seed: seed) { generator.nextVector() }
  }

  @Test(
    "random SSE3 to SSE4.2 instructions, oracle: the host's processor",
    .enabled(if: HostFeatures.isOurMake, HostFeatures.isOtherMake))
  func vectorExtensions() throws {
    let features: [ProcessorFeatures] = [.sse3, .ssse3, .sse41, .sse42]
    guard features.allSatisfy(NativeUnits.has) else {
      print("SKIPPED: this host does not have all of SSE3 to SSE4.2")
      return
    }
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 40_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_107)
    var generator = FloatingPointGenerator(
      seed: seed, rows: FloatingPointGenerator.extensionRows)
    try compare("SSE3 to SSE4.2", count: count, seed: seed) { generator.nextVector() }
  }

  @Test("random x87 instructions, oracle: the host's processor")
  func stackInstructions() throws {
    let count = Int(Self.setting("ENDICOTT_CASES", otherwise: 60_000))
    let seed = Self.setting("ENDICOTT_SEED", otherwise: 20_260_103)
    var generator = FloatingPointGenerator(seed: seed)
    try compare("x87", count: count, seed: seed) { generator.nextStack() }
  }

  private func compare(
    _ name: String, count: Int, seed: UInt64, slice: Int? = nil, next: () -> DifferentialCase
  ) throws {
    guard let native = NativeProcessor() else {
      print("SKIPPED: this host runs no x86-64 code natively; only recorded cases are tested")
      return
    }
    print("Differential test of \(name) instructions: seed \(seed), \(count) cases")
    let simulated = try SimulatedProcessor(features: .all)
    var failures = 0
    for _ in 0..<count where failures < Self.failureLimit {
      let test = next()
      var expected = test.state
      native.run(test.code, &expected, isNarrowCode: test.isNarrowCode)
      var actual = test.state
      simulated.isNarrowCode = test.isNarrowCode
      let ending = simulated.run(test.code, &actual, slice: slice)
      if let difference = test.judge(ending, expected: expected, actual: actual) {
        failures += 1
        Issue.record("\(test.description)\n  expected \(difference)")
      }
    }
  }
}

extension DifferentialCase {
  /// What is wrong with a run of the case; nil if nothing is.
  func judge(
    _ ending: SimulatedProcessor.Ending, expected: UserState, actual: UserState
  ) -> String? {
    guard ending == .completed else { return "the end of the code, got \(ending)" }
    return difference(expected: expected, actual: actual)
  }
}
