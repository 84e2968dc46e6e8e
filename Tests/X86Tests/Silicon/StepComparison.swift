import CNativeStep
import TestSupport

/// What differs between the two ends of a case.
struct StepDifference {
  /// What kind of thing differs, for counting.
  var kinds: [String] = []
  /// What was expected and what came, in words.
  var parts: [String] = []

  var isEmpty: Bool { kinds.isEmpty }

  mutating func add(_ kind: String, _ part: String) {
    if !kinds.contains(kind) { kinds.append(kind) }
    parts.append(part)
  }
}

/// Compares what the host and the simulated processor made of a case.
struct StepComparison {
  let test: StepCase
  let instruction: InstructionBytes
  /// The simulated processor's copy of the case.
  let simulated: StepCase

  private var native: StepState { test.end }
  private var found: StepState { simulated.end }

  /// Bits of general registers that mean something.
  private var significant: UInt64 {
    test.mode == .long && native.selector(1) == StepSelector.code64 ? .max : 0xFFFF_FFFF
  }

  /// The differences that are defined.
  func differences() -> StepDifference {
    var difference = StepDifference()
    if StepRules.reasonForOtherFault(instruction, native: test, simulated: simulated) == nil {
      compareEnding(&difference)
    } else if test.isCompleted && !simulated.isCompleted {
      return difference
    }
    let comparesResults =
      StepRules.reasonNotToCompareResults(instruction, start: test.start) == nil
      || !test.isCompleted
    guard comparesResults, difference.isEmpty else { return difference }
    if test.isCompleted || StepRules.reasonNotToCompareRegisters(instruction) == nil {
      compareRegisters(&difference)
    }
    compareSegments(&difference)
    compareFlags(&difference)
    if test.isCompleted || StepRules.reasonNotToCompareMemory(instruction) == nil {
      compareMemory(&difference)
    }
    if test.isCompleted || StepRules.reasonNotToCompareFloating(instruction) == nil {
      compareFloating(&difference)
    }
    return difference
  }

  private func ending(_ test: StepCase) -> String {
    let raw = test.raw.pointee
    if test.isCompleted { return "completed" }
    let mask: UInt64 = StepRules.reportsPageOnly(instruction) ? ~0xFFF : ~0
    let address = raw.vector == 14 ? " at \(hex(raw.fault_address & mask))" : ""
    return "vector \(raw.vector) (\(hex(raw.error)))\(address)"
  }

  /// RIP of a completed instruction, not counting the INT3 behind it.
  private func pointer(_ test: StepCase) -> UInt64 {
    test.raw.pointee.vector == 3 ? test.end.pointer &- 1 : test.end.pointer
  }

  private func compareEnding(_ difference: inout StepDifference) {
    let wanted = ending(test)
    let got = ending(simulated)
    if wanted != got {
      difference.add("\(vectorName(test)) got \(vectorName(simulated))", "\(wanted) got \(got)")
    }
    if difference.isEmpty, pointer(test) != pointer(simulated) {
      difference.add("rip", "rip \(hex(pointer(test))) got \(hex(pointer(simulated)))")
    }
  }

  private func vectorName(_ test: StepCase) -> String {
    test.isCompleted ? "completed" : "#\(test.raw.pointee.vector)"
  }

  private func compareRegisters(_ difference: inout StepDifference) {
    // A return from a 16-bit stack to 64-bit code does not say how far RSP counts.
    let leavesNarrowStack =
      test.mode != .long && native.selector(1) == StepSelector.code64
    for index in 0..<(significant == .max ? 16 : 8)
    where !(index == 4 && leavesNarrowStack)
      && (native[index] ^ found[index]) & significant != 0
    {
      difference.add("register", "r\(index) \(hex(native[index])) got \(hex(found[index]))")
    }
  }

  private func compareSegments(_ difference: inout StepDifference) {
    // IRET of the host's kernel takes the RPL from null selectors.
    func loaded(_ selector: UInt16) -> UInt16 { selector < 4 ? 0 : selector }
    for index in 0..<6
    where loaded(native.selector(index)) != loaded(found.selector(index)) {
      difference.add(
        "segment",
        "selector \(index) \(hex(UInt64(native.selector(index))))"
          + " got \(hex(UInt64(found.selector(index))))")
    }
    for index in 0..<2 where native.base(index) != found.base(index) {
      difference.add(
        "base", "base \(index) \(hex(native.base(index))) got \(hex(found.base(index)))")
    }
  }

  private func compareFlags(_ difference: inout StepDifference) {
    let undefined =
      test.isCompleted ? StepRules.undefinedFlags(instruction, start: test.start) : 0
    let mask = StepRules.comparedFlags & ~undefined
    guard (native.flags ^ found.flags) & mask != 0 else { return }
    difference.add(
      "flags \(hex((native.flags ^ found.flags) & mask))",
      "flags \(hex(native.flags & mask)) got \(hex(found.flags & mask))")
  }

  private func compareMemory(_ difference: inout StepDifference) {
    let raw = test.raw.pointee
    let other = simulated.raw.pointee
    guard raw.change_digest != other.change_digest || raw.change_count != other.change_count
    else { return }
    // FXSAVE stores MXCSR_MASK, whose bit 17 is a feature of the host.
    if instruction.map == 1 && instruction.opcode == 0xAE && instruction.group == 0 { return }
    for index in 0..<max(test.keptChanges, simulated.keptChanges) {
      let wanted = index < test.keptChanges ? Self.text(test.changes[index]) : "nothing"
      let got =
        index < simulated.keptChanges ? Self.text(simulated.changes[index]) : "nothing"
      if wanted != got {
        difference.add("memory", "memory \(wanted) got \(got)")
        return
      }
    }
    difference.add("memory", "memory of many places")
  }

  private static func text(_ change: native_change) -> String {
    let bytes = withUnsafeBytes(of: change.bytes) { Array($0) }
    return "page \(change.chunk / 64) +\(hex(UInt64(change.chunk % 64 * 64))) \(hexadecimal(bytes))"
  }

  /// Without the last instruction's address and opcode, which makers save under different
  /// conditions, and what is reserved.
  private func compareFloating(_ difference: inout StepDifference) {
    func compare(_ name: String, _ offset: Int, _ count: Int) {
      let wanted = UnsafeRawBufferPointer(start: native.floating + offset, count: count)
      let got = UnsafeRawBufferPointer(start: found.floating + offset, count: count)
      if !wanted.elementsEqual(got) {
        difference.add(name, "\(name) \(hexadecimal(Array(wanted))) got \(hexadecimal(Array(got)))")
      }
    }
    compare("x87 control", 0, 2)
    compare("x87 status", 2, 2)
    compare("x87 tag", 4, 1)
    compare("mxcsr", 24, 4)
    for register in 0..<8 { compare("st\(register)", 32 + 16 * register, 10) }
    for register in 0..<16 { compare("xmm\(register)", 160 + 16 * register, 16) }
  }
}

extension StepCase {
  /// The case in one line: what to feed to find the fault again.
  var description: String {
    let registers = (0..<16).map { "r\($0)=\(hex(start[$0]))" }.joined(separator: " ")
    let selectors = (0..<6).map { hex(UInt64(start.selector($0))) }.joined(separator: ",")
    let unit = hexadecimal(
      Array(UnsafeRawBufferPointer(start: start.floating, count: 5))
        + Array(UnsafeRawBufferPointer(start: start.floating + 24, count: 4)))
    return "\(mode.name) \(hexadecimal(codeBytes)) at \(hex(start.pointer))"
      + " flags=\(hex(start.flags)) segments=\(selectors)"
      + " bases=\(hex(start.base(0))),\(hex(start.base(1))) x87=\(unit) \(registers)"
  }
}
