import TestSupport
import Testing
import X86

/// Behaviour of string instructions that is easily got wrong.
@Suite("Pitfalls of string instructions")
struct StringPitfalls {
  typealias Flag = Snippet.Flag

  static let stringOpcodes: [UInt8] = [0xA4, 0xA6, 0xAA, 0xAC, 0xAE]

  @Test("pitfall 32: a count of zero does nothing at all, not even with unmapped addresses")
  func zeroCount() throws {
    for opcode in Self.stringOpcodes {
      var snippet = try Snippet()
      (snippet[.rsi], snippet[.rdi]) = (TransferPitfalls.unmapped, TransferPitfalls.unmapped)
      snippet.flags = Flag.arithmetic
      #expect(snippet.run(bytes: [0xF3, opcode]) == .completed)
      #expect(snippet.flags == Flag.arithmetic)
      #expect(snippet[.rsi] == TransferPitfalls.unmapped)
      #expect(snippet[.rdi] == TransferPitfalls.unmapped)
    }
  }

  @Test(
    "pitfall 32: with 32-bit addresses ECX counts, and RCX, RSI and RDI lose their upper halves")
  func narrowAddresses() throws {
    var snippet = try Snippet()
    snippet.state.data[0] = 0x42
    snippet[.rcx] = 0xFFFF_FFFF_0000_0002
    snippet[.rsi] = 0xFFFF_FFFF_0000_0000 | Snippet.data
    snippet[.rdi] = 0xFFFF_FFFF_0000_0000 | (Snippet.data + 8)
    #expect(snippet.run(bytes: [0xF3, 0x67, 0xA4]) == .completed)
    #expect(snippet.state.data[8] == 0x42)
    #expect(snippet[.rcx] == 0)
    #expect(snippet[.rsi] == Snippet.data + 2)
    #expect(snippet[.rdi] == Snippet.data + 10)
  }

  @Test("pitfall 32: MOVSB onto the byte after its source repeats the first byte")
  func overlap() throws {
    var snippet = try Snippet()
    snippet.state.data = (0..<64).map { UInt8($0) }
    (snippet[.rsi], snippet[.rdi], snippet[.rcx]) = (Snippet.data, Snippet.data + 1, 63)
    snippet.run { $0.movs(.byte, .whileEqual) }
    #expect(snippet.state.data == [UInt8](repeating: 0, count: 64))
  }

  @Test("pitfall 32: MOVSB down onto the byte before its source repeats the last byte")
  func overlapDown() throws {
    var snippet = try Snippet()
    snippet.state.data = (0..<64).map { UInt8($0) }
    (snippet[.rsi], snippet[.rdi], snippet[.rcx]) = (Snippet.data + 63, Snippet.data + 62, 63)
    snippet.flags = Flag.direction
    snippet.run { $0.movs(.byte, .whileEqual) }
    #expect(snippet.state.data == [UInt8](repeating: 63, count: 64))
    #expect(snippet[.rdi] == Snippet.data - 1)
  }

  @Test("pitfall 32: REPE CMPS and REPNE SCAS stop behind the element that decided")
  func conditionalRepeats() throws {
    var snippet = try Snippet()
    snippet.state.data[5] = 1
    (snippet[.rsi], snippet[.rdi], snippet[.rcx]) = (Snippet.data, Snippet.data + 32, 32)
    snippet.run { $0.cmps(.byte, .whileEqual) }
    #expect(snippet[.rcx] == 26)
    #expect(snippet[.rsi] == Snippet.data + 6)
    #expect(snippet.flags & Flag.zero == 0)
    (snippet[.rax], snippet[.rdi], snippet[.rcx]) = (1, Snippet.data, 32)
    snippet.run { $0.scas(.byte, .whileNotEqual) }
    #expect(snippet[.rdi] == Snippet.data + 6)
    #expect(snippet.flags & Flag.zero != 0)
  }

  /// The window of data ends where nothing is mapped: the page tables map the first GiB only.
  @Test("pitfall 32: a fault in the middle leaves the registers at the faulting element")
  func faultInTheMiddle() throws {
    var snippet = try Snippet()
    let memory = snippet.simulated.memory
    #expect(memory.store(UInt64(0), at: 0x3008))
    snippet.simulated.processor.cr3 = snippet.simulated.processor.cr3
    (snippet[.rdi], snippet[.rcx], snippet[.rax]) = (0x20_0000 - 24, 10, 0x77)
    #expect(snippet.run { $0.stos(.qword, .whileEqual) } == .exception(14))
    #expect(snippet[.rcx] == 7)
    #expect(snippet[.rdi] == 0x20_0000)
    #expect(snippet.stackWord(1) == UserLayout.code)
    #expect(snippet.simulated.processor.cr2 == 0x20_0000)
    #expect(memory.load(0x20_0000 - 8, as: UInt64.self) == 0x77)
  }

  @Test(
    "REP costs a cycle an element and is cut exactly at the budget", arguments: [1, 2, 7, 63, 64])
  func budget(cycles: Int) throws {
    let simulated = try SimulatedProcessor()
    var state = UserState(
      registers: [UInt64](repeating: 0, count: 16), flags: 0,
      data: [UInt8](repeating: 0, count: 64))
    (state.registers[7], state.registers[1], state.registers[0]) = (Snippet.data, 64, 0xEE)
    let ending = simulated.run([0xF3, 0xAA], &state, cycles: cycles)
    let done = UInt64(cycles)
    #expect(simulated.processor.cyclesUsed == cycles)
    #expect(state.registers[1] == 64 - done)
    #expect(state.registers[7] == Snippet.data + done)
    #expect(state.data.prefix { $0 == 0xEE }.count == cycles)
    let pointer = UserLayout.code + (cycles == 64 ? 2 : 0)
    #expect(ending == .other(.cyclesSpent, instructionPointer: pointer))
  }
}
