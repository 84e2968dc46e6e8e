// A vector is one experiment on a fresh processor, written in one line:
//
//   in    id  mode  stop  regs  mem  want          out    id  status  regs  mem
//
// TestVectorReader turns a line into a TestVector, TestVectorMachine carries it out, and
// TestVectorSession writes the answer. Docs/Vectors.md has the form, and the state in which each mode
// starts.

import Quantities

/// The state in which a vector starts.
enum TestVectorMode: UInt8, CaseIterable {
  case real, prot16, prot32, vm86, long

  /// The word in a line.
  var name: StaticString {
    switch self {
    case .real: "real"
    case .prot16: "prot16"
    case .prot32: "prot32"
    case .vm86: "vm86"
    case .long: "long"
    }
  }

  /// A selector names its segment's base, sixteen bytes a step.
  var hasParagraphs: Bool { self == .real || self == .vm86 }
}

/// What ends the run of a vector, apart from a shutdown and the session's limit.
enum TestVectorStop: Equatable {
  /// HLT, or the default handler of an event.
  case halt
  /// This many events were taken.
  case events(Int)
  /// This many instructions were begun.
  case instructions(Int)
}

/// One experiment; the arrays keep their room from one line to the next.
struct TestVector {
  var mode = TestVectorMode.long
  var stop = TestVectorStop.halt
  /// Registers that do not start with their default.
  var registers: [(register: TestVectorRegister, value: UInt128)] = []
  /// Bit n: a register of the n-th step of setting them up is there.
  var steps: UInt16 = 0
  /// Storage that is not zero: a guest-physical address, and bytes of `pool`.
  var memory: [(address: UInt64, bytes: Range<Int>)] = []
  var pool: [UInt8] = []
  /// Storage that the answer tells.
  var wanted: [(address: UInt64, byteCount: Int)] = []
  /// Bytes of it all.
  var wantedByteCount: UInt64 = 0
  /// Flags that the answer tells.
  var flagsMask = UInt64.max

  /// Forgets everything but the room.
  mutating func clear() {
    stop = .halt
    registers.removeAll(keepingCapacity: true)
    steps = 0
    memory.removeAll(keepingCapacity: true)
    pool.removeAll(keepingCapacity: true)
    wanted.removeAll(keepingCapacity: true)
    wantedByteCount = 0
    flagsMask = .max
  }
}

/// A line that is not a vector.
package struct TestVectorError: Error, Equatable, Sendable {
  /// Byte of the line, from 1.
  package let column: Int
  /// Field of the line, from 1.
  package let field: Int
  /// What is wrong.
  package let text: String
  /// What would be right.
  package let remedy: String

  /// The words between the line's number and the end of the message.
  package var message: String {
    let names = ["id", "mode", "stop", "regs", "mem", "want"]
    let name = names.element(at: field &- 1).map { " (\($0))" } ?? ""
    return "field \(field)\(name): \(text); \(remedy)"
  }
}
