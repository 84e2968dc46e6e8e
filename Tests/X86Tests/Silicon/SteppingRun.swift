import CNativeStep
import TestSupport

@testable import X86

/// Runs generated cases on the host and on the simulated processor at once, and judges them.
final class SteppingRun {
  private static let batchCount = Int(native_batch_limit)

  private let palettes: UnsafeMutablePointer<UInt8>
  private let stepper: OpaquePointer?
  private let features: ProcessorFeatures
  private let simulated: UserProcessor
  private let copies: UnsafeMutablePointer<native_case>
  private var generator: StepGenerator

  private(set) var comparedCount = 0
  private(set) var failures: [String] = []
  private var counts: [String: Int] = [:]
  private var skipped: [String: Int] = [:]
  private var faults: [UInt32: Int] = [:]
  private var forms = [UInt32](repeating: 0, count: InstructionBytes.formCount)

  init(seed: UInt64) throws {
    let bytes = StepGenerator.palettes(seed: seed)
    palettes = .allocate(capacity: bytes.count)
    palettes.initialize(from: bytes, count: bytes.count)
    stepper = native_step_open(palettes, UInt32(StepGenerator.paletteCount))
    features = HostFeatures.offered
    simulated = try UserProcessor(
      palettes: palettes, paletteCount: StepGenerator.paletteCount, features: features)
    copies = .allocate(capacity: Self.batchCount)
    copies.initialize(repeating: native_case(), count: Self.batchCount)
    generator = StepGenerator(seed: seed)
  }

  deinit {
    if let stepper { native_step_close(stepper) }
    copies.deallocate()
    palettes.deallocate()
  }

  /// The host can step.
  var isPossible: Bool { stepper != nil }

  /// Runs so many cases, in batches: while the child runs one, it is simulated, and the next made.
  func run(count: Int) {
    guard let stepper else { return }
    var batch: UInt32 = 0
    var left = count
    var size = make(native_step_batch(stepper, batch), min(left, Self.batchCount))
    while size > 0 {
      guard let cases = native_step_batch(stepper, batch) else { return }
      left -= size
      // The child writes its copy's end: the simulation has another.
      (UnsafeMutableRawPointer(copies)).copyMemory(
        from: cases, byteCount: size * MemoryLayout<native_case>.stride)
      native_step_start(stepper, batch, UInt32(size))
      var areUnimplemented: [Bool] = []
      for index in 0..<size {
        let copy = StepCase(raw: copies + index)
        let instruction = InstructionBytes(copy.codeBytes, mode: copy.mode)
        simulated.run(copy, byTrapFlag: instruction.stepsByTrapFlag(otherwise: index % 2 == 0))
        areUnimplemented.append(simulated.wasUnimplemented)
      }
      let following = make(native_step_batch(stepper, 1 - batch), min(left, Self.batchCount))
      let deaths = native_step_finish(stepper)
      if deaths > 0 { skipped["the child died", default: 0] += Int(deaths) }
      for index in 0..<size {
        judge(
          StepCase(raw: cases + index), StepCase(raw: copies + index), areUnimplemented[index])
      }
      batch = 1 - batch
      size = following
    }
  }

  /// Makes cases that may be run; returns how many.
  private func make(_ cases: UnsafeMutablePointer<native_case>?, _ count: Int) -> Int {
    guard let cases else { return 0 }
    var made = 0
    while made < count {
      let test = StepCase(raw: cases + made)
      generator.next(test)
      let instruction = InstructionBytes(test.codeBytes, mode: test.mode)
      if let reason = StepRules.reasonNotToRun(instruction) {
        skipped[reason, default: 0] += 1
      } else {
        made += 1
      }
    }
    return made
  }

  /// Called with every case that was compared and agrees.
  var onAgreement: ((StepCase, InstructionBytes) -> Void)?

  private func judge(_ test: StepCase, _ copy: StepCase, _ wasUnimplemented: Bool) {
    guard test.raw.pointee.status == native_status_done else { return }
    let instruction = InstructionBytes(test.codeBytes, mode: test.mode)
    if let reason = StepRules.foreignFeature(instruction, offered: features) {
      skipped[reason, default: 0] += 1
      return
    }
    if StepRules.isHostsOwnMemory(copy) {
      skipped["addresses where the host's own program may lie", default: 0] += 1
      return
    }
    comparedCount += 1
    forms[instruction.form] += 1
    if !test.isCompleted { faults[test.raw.pointee.vector, default: 0] += 1 }
    let difference = StepComparison(test: test, instruction: instruction, simulated: copy)
      .differences()
    guard !difference.isEmpty else {
      onAgreement?(test, instruction)
      return
    }
    let map = ["", "0f ", "0f38 ", "0f3a "][instruction.map]
    let group = instruction.isGroup ? " /\(instruction.group)" : ""
    let prefix = instruction.mandatoryPrefix
    let key =
      "\(map)\(hexadecimal([instruction.opcode]))\(group)"
      + (prefix == 0 ? "" : " prefix \(hexadecimal([prefix]))")
      + "\(instruction.hasLock ? " lock" : "")"
      + " \(difference.kinds.joined(separator: ", "))\(wasUnimplemented ? " (unimplemented)" : "")"
    counts[key, default: 0] += 1
    if counts[key] == 1 {
      failures.append(
        "\(key)\n  \(test.description)\n  expected \(difference.parts.joined(separator: "; "))")
    }
  }

  /// What was run, left out and found.
  var summary: String {
    let exercised = forms.count { $0 > 0 }
    let often = forms.count { $0 >= 8 }
    var lines = [
      "\(comparedCount) cases compared, \(counts.values.reduce(0, +)) differ;"
        + " \(exercised) forms exercised, \(often) of them 8 times or more"
    ]
    let vectors = faults.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    lines.append("faults by vector: \(vectors.joined(separator: ", "))")
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) {
      lines.append("not compared: \(count) (\(reason))")
    }
    for (key, count) in counts.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append("differs \(count) times: \(key)")
    }
    return lines.joined(separator: "\n")
  }
}
