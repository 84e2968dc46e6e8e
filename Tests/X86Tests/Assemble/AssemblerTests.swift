import Testing
import X86

/// One instruction with the bytes that the GNU assembler gives for it.
struct Encoding: CustomTestStringConvertible, Sendable {
  let text: String
  let expected: String
  let mode: Assembler.Mode
  let assemble: @Sendable (inout Assembler) -> Void

  init(
    _ text: String, _ expected: String, _ mode: Assembler.Mode = .long64,
    _ assemble: @escaping @Sendable (inout Assembler) -> Void
  ) {
    self.text = text
    self.expected = expected
    self.mode = mode
    self.assemble = assemble
  }

  var testDescription: String { text }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef")
  return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}

@Suite("The assembler")
struct AssemblerTests {
  @Test("encodes as the GNU assembler does", arguments: arithmeticEncodings + otherEncodings)
  func encodesAsTheOracle(encoding: Encoding) {
    var assembler = Assembler(mode: encoding.mode)
    encoding.assemble(&assembler)
    #expect(hexadecimal(assembler.finish()) == encoding.expected)
  }

  @Test("takes two bytes for a near jump back and six for one forward")
  func jumps() {
    var assembler = Assembler(origin: 0x1000)
    let back = assembler.placedLabel()
    let forward = assembler.label()
    assembler.jump(.notEqual, forward)
    assembler.jump(.notEqual, back)
    assembler.jmp(forward, short: true)
    assembler.call(back)
    assembler.place(forward)
    assembler.jmp(back)
    #expect(
      hexadecimal(assembler.finish()) == "0f8509000000" + "75f8" + "eb05" + "e8f1ffffff" + "ebef")
  }

  @Test("jumps back over more than 128 bytes with a 32-bit distance")
  func farBack() {
    var assembler = Assembler()
    let back = assembler.placedLabel()
    assembler.zeros(126)
    assembler.jmp(back)
    assembler.jmp(back)
    #expect(hexadecimal(Array(assembler.finish().suffix(7))) == "eb80" + "e97bffffff")
  }

  @Test("addresses a label relative to the end of the instruction, immediate included")
  func labelAddresses() {
    var assembler = Assembler(origin: 0x10_0000)
    let place = assembler.label()
    assembler.mov(.at(place, 4, .dword), 7)
    assembler.lea(.rax, .at(place))
    assembler.mov(.rbx, .address(place))
    assembler.place(place)
    assembler.address64(place)
    let expected =
      "c7051500000007000000" + "488d050a000000" + "48bb1b00100000000000" + "1b00100000000000"
    #expect(hexadecimal(assembler.finish()) == expected)
  }

  @Test("assembles the way from real mode: absolute labels and the far jump")
  func realMode() {
    var assembler = Assembler(origin: 0x1000, mode: .real16)
    let table = assembler.label()
    let far = assembler.label()
    assembler.lgdt(.at(table))
    assembler.farJump(selector: 8, far)
    assembler.place(far)
    assembler.place(table)
    #expect(hexadecimal(assembler.finish()) == "0f01160d10" + "66ea0d1000000800")
  }

  @Test("aligns by the address, not by the offset")
  func alignment() {
    var assembler = Assembler(origin: 0x1001)
    assembler.align(8, filler: 0)
    #expect(assembler.finish().count == 7)
    #expect(assembler.here == 0x1008)
  }

  /// What no instruction has, and what is said of it.
  static let faults: [(reason: String, write: @Sendable (inout Assembler) -> Void)] = [
    ("a register is needed here", { $0.lea(.at(.rcx, 0, .dword), .at(.rax)) }),
    ("a register or memory is needed here", { $0.jmp(.immediate(1)) }),
    ("a register is needed here", { $0.mov(.al, .highByte(.rsi)) }),
    ("AH, CH, DH and BH cannot be encoded", { $0.mov(.r8b, .ah) }),
    ("RSP is no index register", { $0.mov(.eax, .at(.rax, index: .rsp)) }),
    ("a scale is 1, 2, 4 or 8", { $0.mov(.eax, .at(.rax, index: .rcx, scale: 3)) }),
    ("an immediate is out of range", { $0.mov(.al, 256) }),
    ("an immediate is out of range", { $0.add(.rax, .immediate(0x8000_0000)) }),
    ("an immediate is out of range", { $0.cmp(.cx, -32_769) }),
    ("no operand tells the width", { $0.add(.at(.rax), 1) }),
    ("operands of different widths", { $0.mov(.eax, .bx) }),
    ("memory without a width", { $0.inc(.at(.rax)) }),
    ("a shift count is a constant or CL", { $0.shl(.eax, .ecx) }),
    ("64-bit code has no direct far jump", { $0.farJump(selector: 8, $0.placedLabel()) }),
    ("ports are read into the accumulator", { $0.in(.ecx, .dx) }),
    ("ports have up to 32 bits", { $0.out(.dx, .rax) }),
    ("a port is a constant or DX", { $0.in(.al, .cx) }),
    ("the operand cannot be pushed", { $0.push(.ah) }),
    ("the operand cannot be popped", { $0.pop(1) }),
    ("the stack has no such width in this mode", { $0.push(.eax) }),
    ("an alignment is a power of two", { $0.align(12) }),
    ("a label is not placed", { $0.call($0.label()) }),
    ("a label is not placed", { $0.jmp(Assembler(origin: 0).otherLabel) }),
    (
      "a label is placed once",
      {
        let label = $0.placedLabel()
        $0.place(label)
      }
    ),
    (
      "a label is out of reach",
      {
        let label = $0.label()
        $0.jmp(label, short: true)
        $0.zeros(128)
        $0.place(label)
      }
    ),
    (
      "these registers exist in 64-bit code only",
      {
        $0.mode = .protected32
        $0.mov(.r8d, 1)
      }
    ),
  ]

  @Test("notes what no instruction has, and has UD2 there", arguments: faults.indices)
  func refuses(row: Int) {
    var assembler = Assembler(origin: 0x1000)
    assembler.nop()
    #expect(assembler.fault == nil)
    Self.faults[row].write(&assembler)
    let bytes = assembler.finish()
    #expect(assembler.fault?.hasPrefix(Self.faults[row].reason) == true, "\(assembler.fault ?? "")")
    #expect(hexadecimal(bytes).contains("0f0b"))
    // The first is said.
    let first = assembler.fault
    assembler.pop(1)
    #expect(assembler.fault == first)
  }
}

extension Assembler {
  /// A label of a program that has more of them.
  fileprivate var otherLabel: Label {
    var other = self
    for _ in 0..<100 { _ = other.label() }
    return other.label()
  }
}
