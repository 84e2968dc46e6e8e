import Foundation
import X86

/// A bare processor that runs one instruction again and again, and what that costs the host.
///
/// 16 MiB of storage: tables below 1 MiB, the loop at 1 MiB, data at 2 MiB. Exceptions come back to the
/// loop by a jump, so that an instruction that faults is measured with its exception.
final class InstructionBench {
  /// How the loop is decoded.
  enum Mode: String, CaseIterable {
    case long64 = "64-bit"
    case protected32 = "32-bit"
    case real16 = "16-bit"
  }

  static let data: UInt64 = 0x20_0000
  static let pageTable: UInt64 = 0x9000
  private static let handlers: UInt64 = 0x4_0000
  private static let interruptTable: UInt64 = 0x2_0000
  private static let globalTable: UInt64 = 0x1_0000
  private static let task: UInt64 = 0x1_2000

  let memory: GuestMemory
  let processor: Processor
  private var cache = CodeCache()
  /// All caches that were used: the processor may remember blocks of any.
  private var caches: [Int: CodeCache] = [:]
  private let context = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

  init() throws {
    memory = try GuestMemory(maximumByteCount: 16 << 20)
    memory.attach(0..<16 << 20)
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0, features: .all),
      bus: answerOnes, context: context)
  }

  deinit { context.deallocate() }

  /// Where the loop begins.
  static func start(_ mode: Mode) -> UInt64 { mode == .real16 ? 0x8000 : 0x10_0000 }

  func store(_ bytes: [UInt8], at address: UInt64) {
    _ = bytes.withUnsafeBytes { memory.write(address, from: $0) }
  }

  /// Keeps no more decoded code than this many bytes.
  func limitCache(to byteCount: Int) throws {
    cache = try caches[byteCount] ?? CodeCache(fitting: .ordinary, atMost: byteCount)
    caches[byteCount] = cache
  }

  /// Puts the processor before the loop, with its tables as new.
  func prepare(_ mode: Mode, code: [UInt8]) {
    processor.reset()
    processor.chargesCycles = true
    buildTables(mode)
    let start = Self.start(mode)
    store([UInt8](repeating: 0x90, count: 256), at: start - 128)
    store(code, at: start)
    switch mode {
    case .long64:
      processor.enterLongMode(instructionPointer: start, pageTable: Self.pageTable)
      processor.cr4 |= 0x4_0688  // DE, PGE, OSFXSR, OSXMMEXCPT, OSXSAVE.
      processor.setSegment(.tr, selector: 0x20, base: Self.task, limit: 103, attributes: 0x8B)
    case .protected32: processor.enterProtectedFlat32(instructionPointer: start)
    case .real16:
      processor.setSegment(.cs, selector: 0, base: 0, limit: 0xFFFF, attributes: 0x9B)
      processor.instructionPointer = start
    }
    if mode != .real16 {
      processor.setGlobalDescriptorTable(base: Self.globalTable, limit: 0xFFF)
      processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 0xFFF)
    }
    let data = mode == .real16 ? 0x6000 : Self.data
    processor[.rax] = data
    processor[.rbx] = data
    processor[.rcx] = 1
    processor[.rdx] = 0x3F0
    processor[.rsi] = data + 0x100
    processor[.rdi] = data + 0x800
    processor[.rbp] = data
    processor[.rsp] = mode == .real16 ? 0x7000 : Self.data - 0x1000
  }

  private func buildTables(_ mode: Mode) {
    switch mode {
    case .long64:
      _ = memory.store(Self.pageTable + 0x1007, at: Self.pageTable)
      _ = memory.store(Self.pageTable + 0x2007, at: Self.pageTable + 0x1000)
      for page in 0..<UInt64(8) {
        _ = memory.store(page << 21 | 0x87, at: Self.pageTable + 0x2000 + page * 8)
      }
      // 16 to 18 MiB is mapped by pages of 4 KiB to 8 to 10 MiB.
      _ = memory.store(Self.pageTable + 0x3007, at: Self.pageTable + 0x2040)
      for page in 0..<UInt64(512) {
        _ = memory.store(0x80_0007 + page << 12, at: Self.pageTable + 0x3000 + page * 8)
      }
      // 1 GiB on leads where no storage is.
      _ = memory.store(UInt64(0xC000_0087), at: Self.pageTable + 0x1008)
      for vector in 0..<UInt64(256) {
        let gate = Self.gate(Self.start(mode), selector: 0x10) | 1 << 32
        _ = memory.store(gate, at: Self.interruptTable + vector * 16)
        _ = memory.store(UInt64(0), at: Self.interruptTable + vector * 16 + 8)
      }
      _ = memory.store(Self.data - 0x1000, at: Self.task + 36)
      store(jump(from: Self.handlers, to: Self.start(mode)), at: Self.handlers)
    case .protected32:
      for vector in 0..<UInt64(256) {
        _ = memory.store(
          Self.gate(Self.handlers, selector: 0x08), at: Self.interruptTable + vector * 8)
      }
      // mov esp, imm32; jmp
      store([0xBC, 0x00, 0xF0, 0x1F, 0x00], at: Self.handlers)
      store(jump(from: Self.handlers + 5, to: Self.start(mode)), at: Self.handlers + 5)
    case .real16:
      for vector in 0..<UInt64(256) { _ = memory.store(UInt32(0x5000), at: vector * 4) }
      // mov sp, imm16; jmp far 0:8000
      store([0xBC, 0x00, 0x70, 0xEA, 0x00, 0x80, 0x00, 0x00], at: 0x5000)
    }
    _ = memory.store(UInt64(0x00CF_9B00_0000_FFFF), at: Self.globalTable + 8)
    _ = memory.store(UInt64(0x00AF_9B00_0000_FFFF), at: Self.globalTable + 16)
    _ = memory.store(UInt64(0x00CF_9300_0000_FFFF), at: Self.globalTable + 24)
  }

  /// An interrupt gate that every privilege may use.
  private static func gate(_ offset: UInt64, selector: UInt64) -> UInt64 {
    offset & 0xFFFF | selector << 16 | 0xEE << 40 | (offset >> 16) << 48
  }

  /// JMP rel32.
  private func jump(from: UInt64, to: UInt64) -> [UInt8] {
    let distance = UInt32(truncatingIfNeeded: to &- from &- 5)
    return [0xE9] + (0..<4).map { UInt8(truncatingIfNeeded: distance >> ($0 * 8)) }
  }

  /// Host nanoseconds for each simulated cycle of an endless loop; nil when it does not go on.
  ///
  /// The loop was prepared. The least of a few rounds counts: what else the host does only adds.
  func nanosecondsPerCycle(cycles: Int, rounds: Int = 3) -> Double? {
    guard run(cycles / 4) != nil else { return nil }
    var least = Double.infinity
    for _ in 0..<rounds {
      let begin = HostUse.threadNanoseconds
      guard let used = run(cycles) else { return nil }
      least = min(least, Double(HostUse.threadNanoseconds - begin) / Double(used))
    }
    return least
  }

  /// Runs in slices of 500 cycles, as the firmware does; nil when the processor stopped.
  private func run(_ cycles: Int) -> Int? {
    var used = 0
    while used < cycles {
      processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
      _ = processor.run(cycles: 500, cache: cache)
      guard processor.cyclesUsed > 0, processor.activity == .running else { return nil }
      used += processor.cyclesUsed
    }
    return used
  }

  /// Bytes of an instruction that goes on behind itself; nil for one that goes elsewhere.
  func length(_ mode: Mode, _ bytes: [UInt8]) -> Int? {
    prepare(mode, code: bytes)
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    _ = processor.run(cycles: 1, cache: cache)
    let length = processor.instructionPointer &- Self.start(mode)
    return (1...15).contains(length) ? Int(length) : nil
  }
}

/// A bus on which everything reads as ones.
private func answerOnes(
  _ context: UnsafeMutableRawPointer, _ processor: Int32, _ access: UInt32, _ address: UInt64,
  _ size: Int32, _ value: UnsafeMutablePointer<UInt64>
) -> Bool {
  value.pointee = ~0
  return access != BusAccess.interruptAcknowledge.rawValue
}
