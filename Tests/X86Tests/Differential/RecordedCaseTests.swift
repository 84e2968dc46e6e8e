import Foundation
import TestSupport
import Testing
import X86

/// The cases of vectors.tsv, recorded on a real processor; they run on every host.
///
/// ENDICOTT_RECORD=path records a new file on the host's processor.
@Suite("The processor against recorded cases", .serialized)
struct RecordedCaseTests {
  static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("vectors.tsv")

  @Test("every recorded case, oracle: the processor named in the file")
  func recordedCases() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    let simulated = try SimulatedProcessor()
    var count = 0
    var failures = 0
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let recorded = try #require(RecordedCase(line: line), "malformed: \(line)")
      count += 1
      var actual = recorded.test.state
      let ending = simulated.run(recorded.test.code, &actual)
      if let difference = recorded.test.judge(
        ending, expected: recorded.expected, actual: actual)
      {
        failures += 1
        Issue.record("\(recorded.test.description)\n  expected \(difference)")
        if failures >= DifferentialTests.failureLimit { return }
      }
    }
    #expect(count >= 2000)
  }

  @Test("a line that is written is read back as it was")
  func roundTrip() throws {
    var generator = InstructionGenerator(seed: 7, dataByteCount: RecordedCase.dataByteCount)
    for id in 0..<100 {
      let test = generator.next()
      var expected = test.state
      expected.registers[3] = 0x1234
      expected.flags = 0x41
      let line = RecordedCase(test: test, expected: expected).line(id: id)
      let recorded = try #require(RecordedCase(line: Substring(line)))
      #expect(recorded.test.code == test.code)
      #expect(recorded.test.state == test.state)
      #expect(recorded.expected == expected)
      #expect(recorded.line(id: id) == line)
    }
  }

  @Test(
    "records a new file",
    .enabled(if: ProcessInfo.processInfo.environment["ENDICOTT_RECORD"] != nil))
  func record() throws {
    let path = try #require(ProcessInfo.processInfo.environment["ENDICOTT_RECORD"])
    let native = try #require(NativeProcessor())
    let seed = DifferentialTests.setting("ENDICOTT_SEED", otherwise: 20_260_104)
    var generator = InstructionGenerator(seed: seed, dataByteCount: RecordedCase.dataByteCount)
    generator.isFrugal = true
    var lines = [
      "# Recorded by RecordedCaseTests.record; the columns are described in RecordedCase.swift.",
      "# Generator seed \(seed), processor \(Self.hostModel())",
    ]
    for form in InstructionGenerator.Form.allCases {
      for _ in 0..<80 {
        var test = generator.next(form)
        if form != .divide { Self.dropUnusedData(&test, native) }
        var expected = test.state
        native.run(test.code, &expected)
        lines.append(RecordedCase(test: test, expected: expected).line(id: lines.count - 1))
      }
    }
    try (lines.joined(separator: "\n") + "\n").write(
      toFile: path, atomically: true, encoding: .utf8)
  }

  /// Data that change nothing when they change are not worth recording.
  private static func dropUnusedData(_ test: inout DifferentialCase, _ native: NativeProcessor) {
    var plain = test.state
    native.run(test.code, &plain)
    var other = test.state
    other.data = other.data.map { ~$0 }
    let before = other.data
    native.run(test.code, &other)
    guard plain.data == test.state.data, other.data == before, other.flags == plain.flags,
      other.registers == plain.registers
    else { return }
    test.state.data = [UInt8](repeating: 0, count: test.state.data.count)
  }

  static func hostModel() -> String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
      ?? "of unknown model"
  }
}
