import TestSupport
import Testing
import X86

/// Behaviour of arithmetic that is easily got wrong.
///
/// Source: AMD64 Architecture Programmer's Manual,
/// volume 3, under each instruction's name.
@Suite("Pitfalls of arithmetic")
struct ArithmeticPitfalls {
  typealias Flag = Snippet.Flag

  @Test("pitfall 1: a shift or rotate by a masked count of 0 changes no flag", arguments: 0..<8)
  func shiftByZero(field: UInt8) throws {
    for (opcode, count) in [([0xD3], 32), ([0xD3], 0), ([0x66, 0xD3], 32), ([0xD2], 224)]
      as [([UInt8], UInt64)]
    {
      for flags in [0, Flag.arithmetic] {
        var snippet = try Snippet()
        snippet[.rax] = 0x1234_8081
        snippet[.rcx] = count
        snippet.flags = flags
        #expect(snippet.run(bytes: opcode + [0xC0 | field << 3]) == .completed)
        #expect(snippet.flags == flags)
        #expect(snippet[.rax] == 0x1234_8081)
      }
    }
  }

  @Test("pitfall 1: a count is masked to six bits with REX.W and to five without")
  func countMasks() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx], snippet[.rcx]) = (1, 1, 33)
    snippet.run {
      $0.shl(.rax, .cl)
      $0.shl(.edx, .cl)
    }
    #expect(snippet[.rax] == 1 << 33)
    #expect(snippet[.rdx] == 2)
  }

  @Test("pitfall 1: a rotate by a multiple of the width sets CF from the value")
  func rotateByWidth() throws {
    for (value, carry) in [(0x81, Flag.carry), (0x80, 0)] as [(UInt64, UInt64)] {
      var snippet = try Snippet()
      (snippet[.rax], snippet[.rcx]) = (value, 8)
      snippet.flags = carry ^ Flag.carry
      snippet.run { $0.rol(.al, .cl) }
      #expect(snippet[.rax] == value)
      #expect(snippet.flags & Flag.carry == carry)
    }
  }

  @Test("pitfall 2: RCL of 8 bits repeats after 9, of 16 bits after 17")
  func rotateThroughCarry() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx], snippet[.rcx]) = (0x5A, 0x1234, 9)
    snippet.flags = Flag.carry
    snippet.run { $0.rcl(.al, .cl) }
    #expect(snippet[.rax] == 0x5A)
    #expect(snippet.flags & Flag.carry == Flag.carry)
    snippet[.rcx] = 17
    snippet.run { $0.rcl(.dx, .cl) }
    #expect(snippet[.rdx] == 0x1234)
    snippet[.rcx] = 10
    snippet.flags = 0
    snippet.run { $0.rcl(.al, .cl) }
    #expect(snippet[.rax] == 0xB4)
  }

  @Test("pitfall 3: BSF and BSR of zero set ZF and keep the destination")
  func scanOfZero() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx]) = (0x1122_3344_5566_7788, 0x99)
    snippet.run {
      $0.bsf(.rax, .rbx)
      $0.bsr(.dx, .bx)
    }
    #expect(snippet[.rax] == 0x1122_3344_5566_7788)
    #expect(snippet[.rdx] == 0x99)
    #expect(snippet.flags & Flag.zero != 0)
  }

  @Test("pitfall 4: INC and DEC keep CF, NOT keeps all flags, NEG sets CF unless zero")
  func unaryFlags() throws {
    for carry in [0, Flag.carry] {
      var snippet = try Snippet()
      snippet[.rax] = .max
      snippet.flags = carry
      snippet.run { $0.inc(.rax) }
      #expect(snippet.flags & (Flag.carry | Flag.zero) == carry | Flag.zero)
      let before = snippet.flags
      snippet.run { $0.not(.rax) }
      #expect(snippet.flags == before)
      snippet.run { $0.neg(.rax) }
      #expect(snippet.flags & Flag.carry != 0)
      snippet[.rax] = 0
      snippet.run { $0.neg(.rax) }
      #expect(snippet.flags & (Flag.carry | Flag.zero) == Flag.zero)
    }
  }

  @Test("pitfall 4: logic clears CF and OF")
  func logicFlags() throws {
    var snippet = try Snippet()
    snippet.flags = Flag.carry | Flag.overflow
    snippet.run { $0.xor(.eax, .eax) }
    #expect(snippet.flags & (Flag.carry | Flag.overflow) == 0)
  }

  @Test(
    "pitfall 5: a division that overflows faults at the instruction with the registers as they were",
    arguments: [
      ([0xF7, 0xF3], 0, 0, 0), ([0xF7, 0xF3], 0, 7, 7), ([0x48, 0xF7, 0xFB], 0, 1 << 62, 2),
      ([0xF6, 0xFB], 0x80, 0, 1), ([0x48, 0xF7, 0xFB], 1 << 63, .max, .max),
    ] as [([UInt8], UInt64, UInt64, UInt64)])
  func divideError(code: [UInt8], low: UInt64, high: UInt64, divisor: UInt64) throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx], snippet[.rbx]) = (low, high, divisor)
    #expect(snippet.run(bytes: code) == .exception(0))
    #expect(snippet.stackWord(0) == UserLayout.code)
    #expect(snippet[.rax] == low)
    #expect(snippet[.rdx] == high)
  }

  @Test("pitfall 5: a quotient of -128 fits in IDIV of a byte")
  func mostNegativeQuotient() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rbx]) = (0xFF80, 1)
    #expect(snippet.run { $0.idiv(.bl) } == .completed)
    #expect(snippet[.rax] == 0x80)
  }

  @Test("pitfall 6: SHLD and SHRD by 0 change nothing, and by more than 16 of a word do no harm")
  func doubleShifts() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx], snippet[.rcx]) = (0x1234, 0xFFFF, 32)
    snippet.flags = Flag.arithmetic
    snippet.run {
      $0.shld(.eax, .edx, .cl)
      $0.shrd(.ax, .dx, .cl)
    }
    #expect(snippet[.rax] == 0x1234)
    #expect(snippet.flags == Flag.arithmetic)
    snippet[.rcx] = 20
    #expect(snippet.run { $0.shld(.ax, .dx, .cl) } == .completed)
    #expect(snippet[.rax] >> 16 == 0)
  }
}
