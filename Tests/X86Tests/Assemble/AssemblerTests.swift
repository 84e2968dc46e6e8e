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
}
