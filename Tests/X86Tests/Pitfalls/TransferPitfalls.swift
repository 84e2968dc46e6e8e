import TestSupport
import Testing
import X86

/// Behaviour of moves, exchanges, addresses and prefixes that is easily got wrong.
@Suite("Pitfalls of transfers and addresses")
struct TransferPitfalls {
  typealias Flag = Snippet.Flag

  static let pageFault = SimulatedProcessor.Ending.exception(14)
  static let generalProtection = SimulatedProcessor.Ending.exception(13)
  static let stackFault = SimulatedProcessor.Ending.exception(12)
  static let invalidOpcode = SimulatedProcessor.Ending.exception(6)
  /// An address that the page tables do not map.
  static let unmapped: UInt64 = 0x7F00_0000_0000
  static let nonCanonical: UInt64 = 0x8000_0000_0000

  @Test("pitfall 7: CMPXCHG writes even when the values differ: a read-only page faults")
  func compareExchangeAlwaysWrites() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rbx]) = (1, Snippet.data)
    snippet.setWindow(writable: false)
    #expect(snippet.run { $0.cmpxchg(.at(.rbx), .rcx) } == Self.pageFault)
    #expect(snippet.stackWord(0) == 3)
    #expect(snippet[.rax] == 1)
  }

  @Test("pitfall 7: CMPXCHG of 32 bits that fails clears the upper half of RAX")
  func compareExchangeFailing() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rbx], snippet[.rcx]) = (0xFFFF_FFFF_0000_0001, 2, 3)
    snippet.run { $0.cmpxchg(.ebx, .ecx) }
    #expect(snippet[.rax] == 2)
    #expect(snippet[.rbx] == 2)
  }

  @Test("pitfall 7: CMPXCHG16B of an operand that is not aligned is a general protection fault")
  func unalignedCompareExchange() throws {
    var snippet = try Snippet()
    snippet[.rsi] = Snippet.data + 8
    #expect(snippet.run { $0.cmpxchg16b(.at(.rsi)) } == Self.generalProtection)
    #expect(snippet.stackWord(0) == 0)
  }

  @Test("pitfall 8: XADD of a register with itself doubles it; XCHG leaves it")
  func sameRegister() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rdx]) = (21, 0xFFFF_FFFF_0000_0007)
    snippet.run {
      $0.xadd(.rax, .rax)
      $0.xchg(.rdx, .rdx)
    }
    #expect(snippet[.rax] == 42)
    #expect(snippet[.rdx] == 0xFFFF_FFFF_0000_0007)
  }

  @Test(
    "pitfall 9: BTS with a register index reaches beyond the operand, backwards too; an immediate does not"
  )
  func bitStrings() throws {
    var snippet = try Snippet()
    (snippet[.rbx], snippet[.rax]) = (Snippet.data + 32, UInt64(bitPattern: -1))
    snippet.run {
      $0.bts(.at(.rbx), .rax)
      $0.mov(.eax, 70)
      $0.bts(.at(.rbx), .rax)
      $0.bts(.at(.rbx, 0, .qword), 65)
    }
    #expect(snippet.word(at: 24) == 1 << 63)
    #expect(snippet.word(at: 40) == 1 << 6)
    #expect(snippet.word(at: 32) == 2)
  }

  @Test("pitfall 10: 32-bit writes clear the upper half, 8- and 16-bit writes keep it")
  func partialWrites() throws {
    var snippet = try Snippet()
    for register: Assembler.Register in [.rax, .rcx, .rdx, .rbx] { snippet[register] = .max }
    snippet.run {
      $0.mov(.eax, 1)
      $0.mov(.cx, 1)
      $0.mov(.dl, 1)
      $0.mov(.bh, 1)
    }
    #expect(snippet[.rax] == 1)
    #expect(snippet[.rcx] == 0xFFFF_FFFF_FFFF_0001)
    #expect(snippet[.rdx] == 0xFFFF_FFFF_FFFF_FF01)
    #expect(snippet[.rbx] == 0xFFFF_FFFF_FFFF_01FF)
  }

  @Test("pitfall 10: 90 is no operation, with REX.B it exchanges")
  func exchangeOfAccumulator() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.r8]) = (.max, 5)
    snippet.run(bytes: [0x90])
    #expect(snippet[.rax] == .max)
    snippet.run(bytes: [0x41, 0x90])
    #expect(snippet[.rax] == 5)
    #expect(snippet[.r8] == 0xFFFF_FFFF)
  }

  @Test("pitfall 10: CMOV with a false condition clears the upper half and still reads memory")
  func conditionalMove() throws {
    var snippet = try Snippet()
    snippet[.rax] = .max
    snippet.run { $0.cmov(.equal, .eax, .ecx) }
    #expect(snippet[.rax] == 0xFFFF_FFFF)
    snippet[.rbx] = Self.unmapped
    #expect(snippet.run { $0.cmov(.equal, .rax, .at(.rbx)) } == Self.pageFault)
    #expect(snippet.simulated.processor.cr2 == Self.unmapped)
  }

  @Test(
    "pitfall 13: PUSH RSP pushes the old value; POP RSP takes the new one; POP to [RSP] adds first")
  func stackPointer() throws {
    var snippet = try Snippet()
    snippet.run { $0.push(.rsp) }
    #expect(snippet[.rsp] == Snippet.stack - 8)
    #expect(snippet.stackWord(0) == Snippet.stack)
    snippet.run { $0.pop(.rsp) }
    #expect(snippet[.rsp] == Snippet.stack)
    snippet.run {
      $0.mov(.at(.rsp, 8, .qword), 0)
      $0.push(77)
      $0.pop(.at(.rsp, 8, .qword))
    }
    #expect(snippet[.rsp] == Snippet.stack)
    #expect(snippet.stackWord(1) == 77)
  }

  @Test("pitfall 14: a non-canonical address is #SS through RSP or RBP and #GP otherwise")
  func nonCanonicalAddress() throws {
    for (register, ending) in [
      (Assembler.Register.rax, Self.generalProtection), (.r12, Self.generalProtection),
      (.rbp, Self.stackFault),
    ] {
      var snippet = try Snippet()
      snippet[register] = Self.nonCanonical
      #expect(snippet.run { $0.mov(.rcx, .at(register)) } == ending)
      #expect(snippet.stackWord(0) == 0)
    }
  }

  @Test("pitfall 17: ENTER with nesting copies frame pointers; LEAVE undoes it")
  func nestedFrames() throws {
    var snippet = try Snippet()
    snippet[.rbp] = Snippet.data + 48
    snippet.setWord(0x1111, at: 40)
    snippet.run { $0.enter(16, 2) }
    let frame = Snippet.stack - 8
    #expect(snippet[.rbp] == frame)
    #expect(snippet[.rsp] == frame - 16 - 16)
    #expect(snippet.stackWord(4) == Snippet.data + 48)
    #expect(snippet.stackWord(3) == 0x1111)
    #expect(snippet.stackWord(2) == frame)
    snippet.run { $0.leave() }
    #expect(snippet[.rsp] == Snippet.stack)
    #expect(snippet[.rbp] == Snippet.data + 48)
  }

  @Test("pitfall 18: an instruction of 15 bytes runs, one of 16 is a general protection fault")
  func instructionLength() throws {
    var snippet = try Snippet()
    let prefixes = [UInt8](repeating: 0x66, count: 14)
    #expect(snippet.run(bytes: prefixes + [0x90]) == .completed)
    #expect(snippet.run(bytes: prefixes + [0x66, 0x90]) == Self.generalProtection)
    #expect(snippet.stackWord(1) == UserLayout.code)
  }

  @Test("pitfall 19: LOCK before what cannot be locked, or with a register destination, is #UD")
  func wrongLocks() throws {
    let codes: [[UInt8]] = [
      [0xF0, 0x01, 0xD8], [0xF0, 0x89, 0x03], [0xF0, 0x90], [0xF0, 0x39, 0x03],
      [0xF0, 0x0F, 0xA3, 0x03], [0xF0, 0x48, 0x8D, 0x03],
    ]
    for code in codes {
      var snippet = try Snippet()
      snippet[.rbx] = Snippet.data
      #expect(snippet.run(bytes: code) == Self.invalidOpcode, "\(hexadecimal(code))")
    }
  }

  @Test("pitfall 19: a REX prefix that is not directly before the opcode is ignored")
  func misplacedREX() throws {
    var snippet = try Snippet()
    (snippet[.rax], snippet[.rbx]) = (0xFFFF_FFFF, 1)
    snippet.run(bytes: [0x48, 0x66, 0x01, 0xD8])
    #expect(snippet[.rax] == 0xFFFF_0000)
  }

  @Test(
    "pitfall 18: an instruction that crosses into a page that is absent faults with that page's address"
  )
  func fetchAcrossPages() throws {
    var snippet = try Snippet()
    let memory = snippet.simulated.memory
    #expect(memory.store(UInt64(0), at: 0x3008))
    snippet.simulated.processor.cr3 = snippet.simulated.processor.cr3
    // MOV EAX, imm32 whose last two bytes lie at 2 MiB.
    for (index, byte) in [0xB8, 1, 2].enumerated() {
      #expect(memory.store(UInt8(byte), at: 0x1F_FFFD + UInt64(index)))
    }
    snippet[.rax] = 0x1F_FFFD
    #expect(snippet.run { $0.jmp(.rax) } == Self.pageFault)
    #expect(snippet.simulated.processor.cr2 == 0x20_0000)
    #expect(snippet.stackWord(1) == 0x1F_FFFD)
  }

  @Test("pitfall 35: a store to the next instruction is seen by it")
  func selfModification() throws {
    var snippet = try Snippet()
    snippet.run { assembler in
      let place = assembler.label()
      assembler.mov(.at(place, 1, .byte), 0x55)
      assembler.place(place)
      assembler.mov(.al, 0x11)
    }
    #expect(snippet[.rax] == 0x55)
  }

  @Test("pitfall 35: a loop that patches its own body sees every patch")
  func selfModifyingLoop() throws {
    var snippet = try Snippet()
    snippet[.rcx] = 10
    snippet.run { assembler in
      let place = assembler.label()
      let top = assembler.placedLabel()
      assembler.mov(.at(place, 2, .byte), .cl)
      assembler.place(place)
      assembler.emit8(0x83)  // ADD EBX, imm8
      assembler.emit8(0xC3)
      assembler.emit8(0)
      assembler.dec(.ecx)
      assembler.jump(.notEqual, top)
    }
    #expect(snippet[.rbx] == 55)
  }
}
