import CNativeStep
import Foundation
import TestSupport
import Testing

@testable import X86

/// Every opcode, with faults, in 64-, 32- and 16-bit code: the host's processor is the truth.
///
/// ENDICOTT_SEED=n chooses another sequence of cases, ENDICOTT_CASES=n another number of them.
@Suite("User-mode instructions and their faults against the host's processor", .serialized)
struct SteppingTests {
  @Test(
    "random instructions of all opcode maps, oracle: the host's processor by signal stepping",
    .enabled(if: HostFeatures.isOurMake, HostFeatures.isOtherMake))
  func allForms() throws {
    let seed = DifferentialTests.setting("ENDICOTT_SEED", otherwise: 20_261_101)
    let count = Int(DifferentialTests.setting("ENDICOTT_CASES", otherwise: 150_000))
    let run = try SteppingRun(seed: seed)
    guard run.isPossible else {
      print("SKIPPED: no signal stepping on this host: \(String(cString: native_step_reason()))")
      return
    }
    print("Signal stepping: seed \(seed), \(count) cases, host \(RecordedCaseTests.hostModel())")
    run.run(count: count)
    print(run.summary)
    for failure in run.failures { Issue.record("\(failure)") }
    #expect(run.comparedCount > count / 2)
  }

  private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("steps.tsv")

  @Test("every recorded step, oracle: the processor named in the file")
  func recordedSteps() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let lines = text.split(separator: "\n")
    let seed = try #require(Self.setting("seed", in: lines).flatMap { UInt64($0) })
    let names = try #require(Self.setting("features", in: lines)).split(separator: ",")
    let features = ProcessorFeatures(names.compactMap { ProcessorFeatures(name: String($0)) })
    #expect(names.allSatisfy { ProcessorFeatures(name: String($0)) != nil })
    let palettes = StepGenerator.palettes(seed: seed)
    let images = StepGenerator.floatingImages(seed: seed)
    let cases = UnsafeMutablePointer<native_case>.allocate(capacity: 2)
    cases.initialize(repeating: native_case(), count: 2)
    defer { cases.deallocate() }
    let (test, copy) = (StepCase(raw: cases), StepCase(raw: cases + 1))
    var count = 0
    try palettes.withUnsafeBufferPointer { bytes in
      let simulated = try UserProcessor(
        palettes: try #require(bytes.baseAddress), paletteCount: StepGenerator.paletteCount,
        features: features)
      for line in lines where !line.hasPrefix("#") {
        try #require(RecordedStep.read(line, into: test, images: images), "malformed: \(line)")
        copy.raw.pointee = test.raw.pointee
        let instruction = InstructionBytes(test.codeBytes, mode: test.mode)
        simulated.run(copy, byTrapFlag: instruction.stepsByTrapFlag(otherwise: count % 2 == 0))
        count += 1
        let difference = StepComparison(
          test: test, instruction: instruction, simulated: copy
        ).differences()
        if !difference.isEmpty {
          Issue.record("\(test.description)\n  \(difference.parts.joined(separator: "; "))")
        }
      }
    }
    #expect(count >= 3000)
  }

  private static func setting(_ name: String, in lines: [Substring]) -> Substring? {
    let line = lines.first { $0.hasPrefix("# \(name) ") }
    return line?.split(separator: " ").last
  }

  @Test(
    "records a new file of steps",
    .enabled(if: ProcessInfo.processInfo.environment["ENDICOTT_RECORD_STEPS"] != nil))
  func record() throws {
    let path = try #require(ProcessInfo.processInfo.environment["ENDICOTT_RECORD_STEPS"])
    let seed = DifferentialTests.setting("ENDICOTT_SEED", otherwise: 20_261_102)
    let run = try SteppingRun(seed: seed)
    try #require(run.isPossible)
    let features = ProcessorFeatures.names.filter {
      ProcessorFeatures(name: $0).map(HostFeatures.offered.contains) ?? false
    }
    var lines = [
      "# Recorded by SteppingTests.record; the columns are described in RecordedStep.swift.",
      "# host \(RecordedCaseTests.hostModel())", "# seed \(seed)",
      "# features \(features.joined(separator: ","))",
    ]
    var seen: [Int: Int] = [:]
    run.onAgreement = { test, instruction in
      // One of each form that completes, and one that faults.
      let key = instruction.form * 2 + (test.isCompleted ? 0 : 1)
      guard instruction.map < 2, test.raw.pointee.change_count <= 2, seen[key] == nil,
        lines.count < 3504
      else { return }
      seen[key] = 1
      lines.append(RecordedStep.line(id: lines.count - 3, test))
    }
    run.run(count: 120_000)
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }
}
