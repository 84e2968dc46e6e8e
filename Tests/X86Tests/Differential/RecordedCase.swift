// A recorded case is a line of columns separated by tabs:
//   in    id  mode  stop  regs  mem  want      out    status  regs  mem
// mode is `long`, stop is `hlt`. regs are name=hex separated by commas; one not named holds its
// number (RAX 0, RCX 1, ...) in every byte. mem is address:bytes, first the code, then the data (zeros
// if there are none); `want` is the data's address+length and `flags=` the mask of defined flags. The
// out columns have only what differs from the in columns. A line that begins with # is a comment.

import TestSupport
import Testing
import X86

/// A case with the final state that a processor gave for it.
struct RecordedCase: CustomTestStringConvertible {
  static let dataByteCount = 64

  var test: DifferentialCase
  var expected: UserState

  var testDescription: String { test.description }

  // MARK: Writing

  func line(id: Int) -> String {
    let usesData = test.state.data.contains { $0 != 0 } || expected.data.contains { $0 != 0 }
    var memory = ["\(hex(UserLayout.code)):\(hexadecimal(test.code))"]
    if usesData { memory.append("\(hex(UserLayout.data)):\(hexadecimal(test.state.data))") }
    let filler = (0..<16).map(InstructionGenerator.filler)
    let mask = UserLayout.comparedFlags & ~test.undefinedFlags
    let columns = [
      String(id), "long", "hlt",
      Self.names(test.state, unlike: UserState(registers: filler, flags: 0, data: [])),
      memory.joined(separator: ","),
      "\(hex(UserLayout.data))+\(hex(UInt64(Self.dataByteCount))),flags=\(hex(mask))",
      "hlt", Self.names(expected, unlike: test.state),
      expected.data == test.state.data
        ? "" : "\(hex(UserLayout.data)):\(hexadecimal(expected.data))",
    ]
    return columns.joined(separator: "\t")
  }

  private static func names(_ state: UserState, unlike base: UserState) -> String {
    var names: [String] = []
    for (index, register) in Assembler.Register.allCases.enumerated()
    where state.registers[index] != base.registers[index] {
      names.append("\(register)=\(hex(state.registers[index]))")
    }
    let flags = state.flags & UserLayout.comparedFlags
    if flags != base.flags & UserLayout.comparedFlags { names.append("flags=\(hex(flags))") }
    return names.joined(separator: ",")
  }

  // MARK: Reading

  /// Reads a line; nil if it does not have the form.
  init?(line: Substring) {
    let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
    guard columns.count == 9, columns[1] == "long", columns[2] == "hlt", columns[6] == "hlt"
    else { return nil }
    var state = UserState(
      registers: (0..<16).map(InstructionGenerator.filler), flags: 0,
      data: [UInt8](repeating: 0, count: Self.dataByteCount))
    guard Self.apply(columns[3], to: &state) else { return nil }
    var code: [UInt8] = []
    for part in columns[4].split(separator: ",") {
      guard let (address, bytes) = Self.memory(part) else { return nil }
      if address == UserLayout.code { code = bytes } else { state.data = bytes }
    }
    guard let equals = columns[5].lastIndex(of: "="),
      let mask = UInt64(columns[5][columns[5].index(after: equals)...], radix: 16)
    else { return nil }
    var final = state
    guard Self.apply(columns[7], to: &final) else { return nil }
    if !columns[8].isEmpty {
      guard let (_, bytes) = Self.memory(columns[8]) else { return nil }
      final.data = bytes
    }
    test = DifferentialCase(
      form: "recorded \(columns[0])", code: code, state: state,
      undefinedFlags: UserLayout.comparedFlags & ~mask)
    expected = final
  }

  init(test: DifferentialCase, expected: UserState) {
    self.test = test
    self.expected = expected
  }

  private static func apply(_ names: Substring, to state: inout UserState) -> Bool {
    for pair in names.split(separator: ",") {
      let parts = pair.split(separator: "=")
      guard parts.count == 2, let value = UInt64(parts[1], radix: 16) else { return false }
      if parts[0] == "flags" {
        state.flags = value
      } else if let index = Assembler.Register.allCases.firstIndex(where: { "\($0)" == parts[0] }) {
        state.registers[index] = value
      } else {
        return false
      }
    }
    return true
  }

  private static func memory(_ part: Substring) -> (UInt64, [UInt8])? {
    let parts = part.split(separator: ":")
    guard parts.count == 2, let address = UInt64(parts[0], radix: 16) else { return nil }
    let digits = parts[1].compactMap(\.hexDigitValue)
    guard digits.count == parts[1].count, digits.count % 2 == 0 else { return nil }
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
    return (address, bytes)
  }
}
