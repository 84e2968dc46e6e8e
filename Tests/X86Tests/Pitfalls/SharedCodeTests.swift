import Testing

@testable import X86

/// Groups 35 and 37 of what is easily got wrong: code that changes, and storage that two processors
/// change.
///
/// Source of every expectation: Intel SDM volume 3, "Handling Self- and Cross-Modifying Code" and
/// "Locked Atomic Operations".
@Suite("Pitfalls of shared storage and changing code")
struct SharedCodeTests {
  private typealias Machine = SystemTestMachine

  /// Two linear pages that lead to one page of storage, in 64-bit mode.
  private func aliased() throws -> Machine {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setPageEntry(0x150000, Machine.code | 7)
    return machine
  }

  @Test("pitfall 35: a store to the next instruction of the same block is seen by it")
  func nextInstruction() throws {
    let machine = try aliased()
    // mov byte [rip + 0], 0x48 turns nop; inc eax into dec... : the store makes 90 40 a REX prefix.
    machine.run([0xC6, 0x05, 0x01, 0, 0, 0, 0xC8, 0xFF, 0xC0, 0xF4])  // inc eax becomes dec eax
    #expect(machine.processor[.rax] == 0xFFFF_FFFF)
  }

  @Test("pitfall 35: a store through another linear address of the page is seen")
  func otherAlias() throws {
    let machine = try aliased()
    machine.processor[.rbx] = 0x150000 + 4
    machine.run([0xC6, 0x03, 0xC8, 0xFF, 0xC0, 0xF4])  // mov byte [rbx], c8; inc eax
    #expect(machine.processor[.rax] == 0xFFFF_FFFF)
  }

  @Test("pitfall 35: code run at one linear address and changed, runs changed at the other")
  func runsAtBothAliases() throws {
    let machine = try aliased()
    machine.run([0xFF, 0xC0, 0xF4])
    #expect(machine.processor[.rax] == 1)
    machine.store([0xFF, 0xC8], at: Machine.code)
    machine.processor.activity = .running
    machine.processor.instructionPointer = 0x150000
    machine.run()
    #expect(machine.processor[.rax] == 0)
  }

  @Test("pitfall 35: an instruction over two pages whose second half changes is decoded again")
  func acrossPages() throws {
    let machine = try aliased()
    // mov eax, imm32 whose last two bytes lie in the next page, which lies elsewhere in storage.
    machine.setPageEntry(0x11000, 0x180000 | 7)
    machine.store([0xB8, 0x11, 0x22], at: 0x10FFD)
    for (number, bytes) in [[0x33, 0x44], [0x55, 0x66]].enumerated() {
      machine.store(bytes.map(UInt8.init) + [0xF4], at: 0x180000)
      machine.processor.instructionPointer = 0x10FFD
      machine.processor.activity = .running
      machine.run()
      #expect(machine.processor[.rax] == (number == 0 ? 0x4433_2211 : 0x6655_2211))
    }
  }

  @Test("pitfall 35: a store of the guest into the second page of an instruction is seen")
  func storeAcrossPages() throws {
    let machine = try aliased()
    machine.setPageEntry(0x11000, 0x180000 | 7)
    machine.store([0xB8, 0x11, 0x22], at: 0x10FFD)
    machine.store([0x33, 0x44, 0xFF, 0xE3], at: 0x180000)  // ... ; jmp rbx
    // Twice through the instruction, with a store into its second page between.
    machine.store([0x00, 0x05], at: 0x12000)
    machine.processor[.rbx] = 0x13000
    machine.store(
      [
        0xFF, 0xC1, 0x83, 0xF9, 0x02, 0x74, 0x0E,  // inc ecx; cmp ecx, 2; je hlt
        0xC6, 0x04, 0x25, 0x01, 0x10, 0x01, 0x00, 0x77,  // mov byte [0x11001], 0x77
        0xE9, 0xE9, 0xDF, 0xFF, 0xFF,  // jmp 0x10FFD
        0x90, 0xF4,
      ], at: 0x13000)
    machine.processor.instructionPointer = 0x10FFD
    machine.processor.activity = .running
    machine.run()
    #expect(machine.processor[.rcx] == 2)
    #expect(machine.processor[.rax] == 0x7733_2211)
  }

  @Test(
    "pitfall 35: what a device writes is run, within a slice and after it", arguments: [1, 3, 50])
  func byDevice(cycles: Int) throws {
    let machine = try aliased()
    machine.store([0xFF, 0xC0, 0xEB, 0xFC], at: Machine.code)  // inc eax; jmp back
    machine.processor.instructionPointer = Machine.code
    machine.run(instructions: cycles * 2)
    #expect(machine.processor[.rax] == UInt64(cycles))
    machine.store([0xFF, 0xC8], at: Machine.code)
    machine.run(instructions: cycles * 2)
    #expect(machine.processor[.rax] == 0)
  }

  // MARK: Two processors

  /// Two processors in 64-bit mode that share everything; each has its own stack.
  private final class Pair {
    let machine: SystemTestMachine
    let processors: [Processor]

    init() throws {
      machine = try SystemTestMachine()
      machine.enterLongMode()
      let other = try Processor(
        number: 1, memory: machine.memory,
        identification: Identification(processorCount: 2, processorNumber: 1),
        bus: { _, _, _, _, _, _ in false }, context: machine.platform)
      other.enterLongMode(
        instructionPointer: SystemTestMachine.code, pageTable: SystemTestMachine.pageTables)
      other[.rsp] = SystemTestMachine.stackTop - 0x1000
      processors = [machine.processor, other]
    }

    /// Runs both in turns of random lengths until both have halted.
    func run(seed: UInt64) {
      var state = seed
      for _ in 0..<1_000_000 where processors.contains(where: { $0.activity != .halted }) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let processor = processors[Int(state >> 63)]
        processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
        _ = processor.run(cycles: Int(state >> 40 & 7) + 1, cache: machine.cache)
      }
    }
  }

  @Test("pitfall 35: another processor sees the code that a processor changed", arguments: 1...4)
  func byAnotherProcessor(seed: Int) throws {
    let pair = try Pair()
    // The first spins on inc eax; jmp; the second makes the jump a HLT.
    pair.machine.store([0xFF, 0xC0, 0xEB, 0xFC], at: 0x14000)
    pair.machine.store(
      [0xC6, 0x04, 0x25, 0x02, 0x40, 0x01, 0x00, 0xF4, 0xF4], at: 0x15000)  // mov byte [14002], f4
    pair.processors[0].instructionPointer = 0x14000
    pair.processors[1].instructionPointer = 0x15000
    for _ in 0..<seed { _ = pair.processors[0].run(cycles: 7, cache: pair.machine.cache) }
    pair.run(seed: UInt64(seed))
    #expect(pair.processors.allSatisfy { $0.activity == .halted })
    #expect(pair.processors[0].instructionPointer == 0x14003)
  }

  private static let counter = SystemTestMachine.data
  private static let rounds: UInt64 = 300

  @Test(
    "pitfall 37: locked and implicitly locked read-modify-writes lose nothing",
    arguments: [
      [0xF0, 0x48, 0xFF, 0x03],  // lock inc qword [rbx]
      [0xF0, 0x48, 0x01, 0x13],  // lock add [rbx], rdx
      [0xF0, 0x48, 0x0F, 0xC1, 0x03, 0xB8, 1, 0, 0, 0],  // lock xadd [rbx], rax; mov eax, 1
      [
        0x48, 0x8B, 0x03, 0x48, 0x8D, 0x70, 0x01, 0xF0, 0x48, 0x0F, 0xB1, 0x33, 0x75, 0xF2,
      ],  // mov rax, [rbx]; lea rsi, [rax + 1]; lock cmpxchg [rbx], rsi; jne back
    ] as [[UInt8]], [SystemTestMachine.data, SystemTestMachine.data + 0xFFC])
  func lockedCounts(body: [UInt8], address: UInt64) throws {
    let pair = try Pair()
    // The body; dec ecx; jnz body; hlt.
    let back = UInt8(truncatingIfNeeded: -(body.count + 4))
    pair.machine.store(body + [0xFF, 0xC9, 0x75, back, 0xF4], at: SystemTestMachine.code)
    for processor in pair.processors {
      processor.instructionPointer = SystemTestMachine.code
      (processor[.rbx], processor[.rcx]) = (address, Self.rounds)
      (processor[.rax], processor[.rdx]) = (1, 1)
    }
    pair.run(seed: UInt64(body.count))
    #expect(pair.machine.load64(address) == 2 * Self.rounds)
  }

  @Test("pitfall 37: a spin lock by XCHG, which needs no LOCK prefix, excludes")
  func spinLock() throws {
    let pair = try Pair()
    // A counter that is read, kept for a while and written, inside a lock at [rbx + 64].
    let code: [UInt8] = [
      0xB8, 1, 0, 0, 0, 0x87, 0x43, 0x40, 0x85, 0xC0, 0x75, 0xF4,  // mov eax, 1; xchg; test; jnz
      0x48, 0x8B, 0x13, 0x90, 0x90, 0x48, 0xFF, 0xC2, 0x90, 0x48, 0x89, 0x13,  // the counter
      0xC7, 0x43, 0x40, 0, 0, 0, 0,  // unlock
      0xFF, 0xC9, 0x75, 0xDD, 0xF4,
    ]
    pair.machine.store(code, at: SystemTestMachine.code)
    for processor in pair.processors {
      processor.instructionPointer = SystemTestMachine.code
      (processor[.rbx], processor[.rcx]) = (Self.counter, Self.rounds)
    }
    pair.run(seed: 5)
    #expect(pair.machine.load64(Self.counter) == 2 * Self.rounds)
  }

  @Test("pitfall 37: aligned stores of 8 bytes are never seen in halves")
  func noTearing() throws {
    let pair = try Pair()
    // One stores 0 and ~0 in turn; the other adds up 1 for every other value that it sees.
    pair.machine.store(
      [0x48, 0xF7, 0xD0, 0x48, 0x89, 0x03, 0xFF, 0xC9, 0x75, 0xF6, 0xF4], at: 0x14000)
    pair.machine.store(
      [
        0x48, 0x8B, 0x03, 0x48, 0x8D, 0x50, 0x01, 0x48, 0x83, 0xFA, 0x01, 0x76, 0x02, 0xFF, 0xC6,
        0xFF, 0xC9, 0x75, 0xED, 0xF4,
      ], at: 0x15000)
    for (processor, start) in zip(pair.processors, [UInt64(0x14000), 0x15000]) {
      processor.instructionPointer = start
      (processor[.rbx], processor[.rcx]) = (Self.counter, Self.rounds)
    }
    pair.run(seed: 6)
    #expect(pair.processors.allSatisfy { $0.activity == .halted })
    #expect(pair.processors[1][.rsi] == 0)
  }
}
