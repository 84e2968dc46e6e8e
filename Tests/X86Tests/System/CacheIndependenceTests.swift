import TestSupport
import Testing

@testable import X86

// Oracle: the law that what a guest sees does not depend on caches. Random programs that look at
// accessed bits, change their own code, drop translations and reach pages that take each other's place
// in the translation buffer run with caches of every kind; registers and storage must come out equal.

@Suite("What guests see does not depend on caches")
struct CacheIndependenceTests {
  @Test("random programs, in slices of random length, with every kind of cache", arguments: 1...40)
  func randomPrograms(seed: UInt64) throws {
    let expected = try History(seed: seed, caches: [CodeCache()])
    let tiny = try History(seed: seed, caches: [CodeCache(.tiny)])
    let dropped = try History(seed: seed, caches: [CodeCache(.drop)])
    // As when the partition wanders between host threads.
    let two = try History(seed: seed, caches: [CodeCache(), CodeCache()])
    let three = try History(seed: seed, caches: [CodeCache(), CodeCache(.tiny), CodeCache(.drop)])
    #expect(tiny == expected)
    #expect(dropped == expected)
    #expect(two == expected)
    #expect(three == expected)
    #expect(expected.cycles == History.cycles, "the program did not end")
  }

  @Test("an accessed bit that a walk writes into decoded code is seen")
  func accessedBitInCode() throws {
    // The page-table entry of a page is the immediate of MOV RBX, imm64; RET follows it.
    let page: UInt64 = 0x81_0000
    let entry = CacheProgram.entry(page)
    let start = CacheProgram.start
    for policy in CachePolicy.allCases {
      let program = try CacheProgram()
      program.store([0x48, 0xBB], at: entry - 2)
      program.store([0xC3], at: entry + 8)
      program.store(
        CacheProgram.call(from: start, to: entry - 2)
          + [0x48, 0x89, 0xD9]  // mov rcx, rbx
          + [0x8B, 0x14, 0x25] + CacheProgram.little(page)  // mov edx, [page]
          + CacheProgram.call(from: start + 15, to: entry - 2) + [0xF4], at: start)
      let cache = CodeCache(policy)
      program.processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
      _ = program.processor.run(cycles: 100, cache: cache)
      #expect(program.processor.activity == .halted)
      #expect(program.processor[.rcx] == 0x81_0007)
      #expect(program.processor[.rbx] == 0x81_0027)
    }
  }

  @Test(
    "an instruction across two pages is seen as changed on either, by every cache",
    arguments: [0, 3])
  func changedAcrossPages(byte: UInt64) throws {
    let (page, start) = (UInt64(0x20_1000), CacheProgram.start)
    let rounds: UInt64 = 100
    // Arithmetic: one byte of what is added is 1 more each round.
    let expected = (0..<rounds).reduce(UInt64(0)) { $0 &+ $1 << (byte * 8) } & 0xFFFF_FFFF
    for seed in UInt64(1)...8 {
      let program = try CacheProgram()
      // mov eax, imm32 with two bytes of it on each page; ret
      program.store([0xB8, 0, 0, 0, 0, 0xC3], at: page - 3)
      program.processor[.rcx] = rounds
      let body =
        CacheProgram.call(from: start, to: page - 3)
        + [0x01, 0xC3]  // add ebx, eax
        + [0xFE, 0x04, 0x25] + CacheProgram.little(page - 2 + byte)  // inc byte of the immediate
        + [0xFF, 0xC9]  // dec ecx
      program.store(
        body + [0x75, UInt8(truncatingIfNeeded: -(body.count + 2)), 0xF4], at: start)
      var numbers = RandomNumbers(seed: seed)
      let caches = [CodeCache(), CodeCache(), CodeCache(.tiny)]
      for _ in 0..<2000 where program.processor.activity == .running {
        program.processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
        _ = program.processor.run(
          cycles: Int(numbers.next() % 40) + 1, cache: caches[Int(numbers.next() % 3)])
      }
      #expect(program.processor.activity == .halted)
      #expect(program.processor[.rbx] == expected)
    }
  }

  @Test("pages of decoded code are found however many there are")
  func manyPages() throws {
    let cache = CodeCache(byteCount: 8 << 20, bucketBits: 2)
    let memory = try GuestMemory(maximumByteCount: 64 << 20)
    for round in 0..<2 {
      let records = (0..<10_000).map { cache.prepare(memory, page: $0) }
      #expect(Set(records.map(\.number)) == Set(0..<10_000))
      let again = (0..<10_000).map { cache.prepare(memory, page: $0).base }
      #expect(again == records.map(\.base), "round \(round)")
      cache.removeAll()
    }
  }
}

/// A processor in 64-bit mode with 16 MiB, mapped to themselves by pages of 4 KiB.
private final class CacheProgram {
  static let start: UInt64 = 0x10_0000
  static let tables: UInt64 = 0x8_0000
  let memory: GuestMemory
  let processor: Processor

  init() throws {
    memory = try .mappedToItself(tables: Self.tables)
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0))
    processor.enterLongMode(instructionPointer: Self.start, pageTable: Self.tables)
    processor[.rsp] = 0xF_0000
  }

  /// Where the page-table entry of an address stands.
  static func entry(_ address: UInt64) -> UInt64 {
    GuestMemory.pageEntry(tables: tables, address)
  }

  static func call(from: UInt64, to: UInt64) -> [UInt8] { [0xE8] + little(to &- from &- 5) }

  static func little(_ value: UInt64) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  func store(_ value: UInt64, at address: UInt64) { _ = memory.store(value, at: address) }

  func store(_ bytes: [UInt8], at address: UInt64) {
    _ = bytes.withUnsafeBytes { memory.write(address, from: $0) }
  }
}

/// What is left of a random program: registers, storage, cycles.
private struct History: Equatable {
  static let cycles = 60_000
  var digest: UInt64 = 0
  var cycles = 0

  init(seed: UInt64, caches: [CodeCache]) throws {
    var numbers = RandomNumbers(seed: seed)
    let program = try CacheProgram()
    Self.write(program, &numbers)
    while cycles < Self.cycles {
      let slice = min(Int(numbers.next() % 500) + 1, Self.cycles - cycles)
      let cache = caches[Int(numbers.next() % 6) % caches.count]
      program.processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
      _ = program.processor.run(cycles: slice, cache: cache)
      guard program.processor.cyclesUsed > 0 else { break }
      cycles += program.processor.cyclesUsed
    }
    var mixed = HistoryDigest()
    program.processor.mixState(into: &mixed)
    program.memory.forEachWrittenPage { address, contents in
      mixed.mix(address)
      mixed.mix(bytes: UnsafeRawBufferPointer(start: contents, count: 4096))
    }
    digest = mixed.value
  }

  /// Pages of functions, several at each index of the translation buffer.
  private static func place(_ function: UInt64) -> UInt64 {
    0x20_0000 + function % 3 * 0x40_0000 + function / 3 * 0x1000
  }

  private static let functionCount: UInt64 = 9

  private static func write(_ program: CacheProgram, _ numbers: inout RandomNumbers) {
    for function in 0..<functionCount {
      let address = place(function)
      // add eax, imm32; jmp over two bytes; dec ecx; rol eax, 3; ret
      program.store(
        [0x05, 1, 2, 3, 4, 0xEB, 2, 0x90, 0x90, 0xFF, 0xC9, 0xC1, 0xC0, 3, 0xC3], at: address)
    }
    var code: [UInt8] = []
    while code.count < 6000 {
      let here = CacheProgram.start + UInt64(code.count)
      code += action(numbers.next() % 12, place(numbers.next() % functionCount), from: here)
    }
    code += [0xE9] + CacheProgram.little(UInt64(bitPattern: Int64(-(code.count + 5))))
    program.store(code, at: CacheProgram.start)
  }

  private static func action(_ kind: UInt64, _ page: UInt64, from here: UInt64) -> [UInt8] {
    let entry = CacheProgram.little(CacheProgram.entry(page))
    switch kind {
    case 0...3: return CacheProgram.call(from: here, to: page)
    // and dword [entry], ~0x20; add eax, [entry]; xor [entry + 4], nothing
    case 4: return [0x81, 0x24, 0x25] + entry + CacheProgram.little(~0x20)
    case 5, 6: return [0x03, 0x04, 0x25] + entry
    // mov edx, [page + 0x800]; mov [page + 0x800], eax
    case 7: return [0x8B, 0x14, 0x25] + CacheProgram.little(page + 0x800)
    case 8: return [0x89, 0x04, 0x25] + CacheProgram.little(page + 0x800)
    // inc dword [page + 1]: the immediate of the function's first instruction
    case 9: return [0xFF, 0x04, 0x25] + CacheProgram.little(page + 1)
    case 10: return [0x0F, 0x01, 0x3C, 0x25] + CacheProgram.little(page)
    // mov rdx, cr3; mov cr3, rdx, seldom: else nothing is ever old
    default: return here % 5 == 0 ? [0x0F, 0x20, 0xDA, 0x0F, 0x22, 0xDA] : [0x90]
    }
  }
}
