import TestSupport
import X86

/// Instructions with the state that they start from.
struct DifferentialCase {
  /// What kind of instruction it is, for messages.
  var form: String
  var code: [UInt8]
  var state: UserState
  /// Flags that the manuals leave undefined in this case.
  var undefinedFlags: UInt64 = 0
  /// Bits of the x87 status word that the manuals leave undefined in this case.
  var undefinedStatus: UInt16 = 0
  /// Runs in a 32-bit segment of compatibility mode; upper halves of registers mean nothing then.
  var isNarrowCode = false

  /// What differs between the expected and the actual final state; nil if nothing that is defined.
  func difference(expected: UserState, actual: UserState) -> String? {
    var parts: [String] = []
    let significant: UInt64 = isNarrowCode ? 0xFFFF_FFFF : .max
    for index in 0..<(isNarrowCode ? 8 : 16)
    where (expected.registers[index] ^ actual.registers[index]) & significant != 0 {
      let name = "\(Assembler.Register.allCases[index])"
      parts.append(
        "\(name) \(hex(expected.registers[index])) got \(hex(actual.registers[index]))")
    }
    let mask = UserLayout.comparedFlags & ~undefinedFlags
    if (expected.flags ^ actual.flags) & mask != 0 {
      parts.append("flags \(hex(expected.flags & mask)) got \(hex(actual.flags & mask))")
    }
    if expected.data != actual.data {
      let offset = zip(expected.data, actual.data).enumerated().first { $1.0 != $1.1 }?.0 ?? 0
      let range = offset..<min(offset + 8, expected.data.count)
      parts.append(
        "data+\(hex(UInt64(offset))) \(hexadecimal(Array(expected.data[range])))"
          + " got \(hexadecimal(Array(actual.data[range])))")
    }
    if let wanted = expected.floatingPoint.map(defined),
      let found = actual.floatingPoint.map(defined), wanted != found
    {
      parts.append(floatingPointDifference(wanted, found))
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// An FXSAVE image without the last instruction's address and opcode (which makers save under
  /// different conditions), the mask of MXCSR bits, and what is reserved.
  private func defined(_ image: [UInt8]) -> [UInt8] {
    var image = image
    image[2] &= ~UInt8(truncatingIfNeeded: undefinedStatus)
    image[3] &= ~UInt8(truncatingIfNeeded: undefinedStatus >> 8)
    for index in Array(5..<24) + Array(28..<32) + Array(416..<512) { image[index] = 0 }
    for register in 0..<8 {
      for index in 42..<48 { image[16 * register + index] = 0 }
    }
    return image
  }

  private func floatingPointDifference(_ wanted: [UInt8], _ found: [UInt8]) -> String {
    let offset = zip(wanted, found).enumerated().first { $1.0 != $1.1 }?.0 ?? 0
    let start = offset < 32 ? offset & ~3 : offset & ~15
    let range = start..<(offset < 32 ? start + 4 : start + 16)
    return "fxsave+\(start) \(hexadecimal(Array(wanted[range])))"
      + " got \(hexadecimal(Array(found[range])))"
  }

  /// The case in one line: what to feed to find the fault again.
  var description: String {
    let registers = zip(Assembler.Register.allCases, state.registers)
      .map { "\($0)=\(hex($1))" }.joined(separator: " ")
    return "\(form) \(hexadecimal(code)) flags=\(hex(state.flags)) \(registers)"
  }
}

func hex(_ value: UInt64) -> String { String(value, radix: 16) }
