import Testing

@testable import X86

/// One experiment with its expectation, in the words of Docs/Vectors.md; the code begins at 7C00.
struct Experiment: CustomTestStringConvertible, Sendable {
  /// What must come out.
  enum Outcome: Equatable, Sendable {
    /// The code ran to its end; these registers changed, beside the instruction pointer.
    case done(String)
    /// This exception at an offset of the code; these registers changed, beside those that its
    /// delivery changes.
    case fault(UInt8, UInt32?, at: Int = 0, String = "")
  }

  let name: String
  let mode: TestVectorMode
  let registers: String
  let code: String
  var memory = ""
  let outcome: Outcome
  /// Storage afterwards: `address:bytes,...`.
  var storage = ""
  /// Where the instruction pointer is in the end; nil behind the HLT that follows the code.
  var end: UInt64?

  init(
    _ name: String, _ mode: TestVectorMode, _ registers: String, _ code: String,
    memory: String = "", _ outcome: Outcome, storage: String = "", end: UInt64? = nil
  ) {
    self.name = name
    self.mode = mode
    self.registers = registers
    self.code = code
    self.memory = memory
    self.outcome = outcome
    self.storage = storage
    self.end = end
  }

  /// Flags that the manuals leave undefined in this case.
  private var undefinedFlags: UInt64 = 0

  /// The same experiment; these flags are not looked at.
  func ignoringFlags(_ flags: UInt64) -> Experiment {
    var copy = self
    copy.undefinedFlags = flags
    return copy
  }

  var testDescription: String { "\(mode.name): \(name)" }

  private static let entry: UInt64 = 0x7C00

  /// Runs it and compares everything.
  func check(features: ProcessorFeatures = .baseline) throws {
    let machine = try TestVectorMachine(features: features)
    let line =
      "x\t\(mode.name)\thlt\t\(registers)\t7c00:\(code)f4\(memory.isEmpty ? "" : "," + memory)\t"
    var vector = TestVector()
    try Array(line.utf8).withUnsafeBytes {
      var reader = TestVectorReader($0)
      _ = try reader.read(into: &vector)
    }
    machine.setUp(vector)
    let before = values(machine)
    let (flags, stackPointer) = (machine.processor.flags, machine.processor[.rsp])
    let start = machine.processor.instructionPointer
    if case .fault = outcome { vector.stop = .events(1) }
    let ending = machine.run(vector.stop, limit: 100_000)
    let changed = changes(machine, before)
    switch outcome {
    case .done(let expected):
      #expect(ending == .halt)
      #expect(changed == Self.sorted(expected))
      let behind = start &+ UInt64(code.utf8.count / 2) &+ 1
      #expect(machine.processor.instructionPointer == end ?? behind)
    case .fault(let number, let errorCode, let offset, let expected):
      #expect(ending == .event)
      let event = machine.processor.eventLog.last
      #expect(event?.vector == number)
      // Real mode has none.
      #expect(event?.errorCode == ("\(mode.name)" == "real" ? nil : errorCode))
      #expect(event?.returnPointer == start &+ UInt64(offset))
      #expect(changed == Self.sorted(expected))
      checkFrame(machine, hasErrorCode: errorCode != nil, flags, stackPointer)
    }
    try checkStorage(machine)
  }

  private func checkStorage(_ machine: TestVectorMachine) throws {
    for part in storage.split(separator: ",") {
      let fields = part.split(separator: ":")
      let address = try #require(UInt64(fields[0], radix: 16))
      let found = (0..<UInt64(fields[1].utf8.count / 2)).map { index in
        let byte = machine.memory.load(address + index, as: UInt8.self) ?? 0
        return (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      #expect("\(fields[0]):\(found.joined())" == part)
    }
  }

  /// The handler's frame: the flags as they were, and the stack pointer too.
  private func checkFrame(
    _ machine: TestVectorMachine, hasErrorCode: Bool, _ flags: UInt64, _ stackPointer: UInt64
  ) {
    let size: UInt64 = mode == .long ? 8 : mode == .real ? 2 : 4
    let stack = machine.processor.segment(.ss)
    let isWide = mode == .long || stack.attributes & 0x4000 != 0
    let top = isWide ? machine.processor[.rsp] : machine.processor[.rsp] & 0xFFFF
    let skipped: UInt64 = hasErrorCode && mode != .real ? 1 : 0
    func word(_ index: UInt64) -> UInt64 {
      let place = top &+ (mode == .long ? 0 : stack.base) &+ size &* (index + skipped)
      let word = machine.memory.load(place, as: UInt64.self) ?? 0
      return size == 8 ? word : word & ((1 << (size * 8)) - 1)
    }
    #expect((word(2) ^ flags) & ~(0x1_0000 | undefinedFlags) == 0, "the flags")
    let isInner = word(1) & 3 != 0 && mode != .real
    if mode == .long || isInner {
      #expect(word(3) == stackPointer, "the stack pointer")
    } else {
      #expect(top &+ size &* (3 + skipped) == stackPointer & (isWide ? .max : 0xFFFF))
    }
  }

  // MARK: Registers

  private func values(_ machine: TestVectorMachine) -> [UInt128] {
    TestVectorRegister.reported.map { machine.processor.value(of: $0.register) }
  }

  private func changes(_ machine: TestVectorMachine, _ before: [UInt128]) -> [String] {
    var list: [String] = []
    for (index, entry) in TestVectorRegister.reported.enumerated() {
      var value = machine.processor.value(of: entry.register)
      if entry.register.kind == .flags {
        value = value & ~UInt128(undefinedFlags) | before[index] & UInt128(undefinedFlags)
      }
      guard value != before[index], !isIgnored(entry.register) else { continue }
      list.append("\(mode == .long ? entry.long : entry.narrow)=\(String(value, radix: 16))")
    }
    return list.sorted()
  }

  private func isIgnored(_ register: TestVectorRegister) -> Bool {
    switch register.kind {
    case .pointer: return true
    // What is behind a selector shows in what it lets through.
    case .base, .limit, .attributes: return true
    default: break
    }
    guard case .fault(let number, _, _, let expected) = outcome else { return false }
    switch register.kind {
    case .flags: return true
    case .general: return register.number == 4
    case .control: return register.number == 2 && number == 14 && !expected.contains("cr2")
    case .selector: return register.number == 1 || register.number == 2
    default: return false
    }
  }

  private static func sorted(_ list: String) -> [String] {
    list.split(separator: ",").map(String.init).sorted()
  }
}
