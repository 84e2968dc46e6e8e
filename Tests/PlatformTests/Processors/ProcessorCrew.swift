import Channels
import Testing
import X86

@testable import Platform

// A guest of a few lines for many processors. Processor 0 starts the others by broadcast INIT and
// start-up messages, then all run the same body with RBX = their number; the last thing each does is
// to count itself done and halt with interrupts off.
//
//   01000  start of the others (real mode)   02000  variables   03000  interrupt descriptor table
//   20000  stacks, 4 KiB each                100000  code

/// Assembles and runs the guest.
struct ProcessorCrew {
  /// Variables of eight bytes that bodies use: the address of number n.
  static func variable(_ number: Int32) -> Int32 { 0x2100 + 8 * number }
  /// Eight bytes for each processor, for a body's use.
  static let own: Int32 = 0x2400
  static let trampoline: UInt64 = 0x1000
  private static let started: Int32 = 0x2000
  private static let done: Int32 = 0x2008
  private static let interruptTable: Int32 = 0x3000

  var code = Assembler(origin: 0x10_0000)
  private var handlers: [(vector: Int32, label: Assembler.Label)] = []

  /// Handles a vector on all processors; the handler ends with IRETQ.
  mutating func handle(_ vector: Int32, _ body: (inout Assembler) -> Void) {
    let over = code.label()
    code.jmp(over)
    handlers.append((vector, code.placedLabel()))
    body(&code)
    code.iret(.qword)
    code.place(over)
  }

  /// WRMSR of a value below 4 GiB; changes RAX, RCX and RDX.
  static func write(_ register: Int64, _ value: Int64, high: Int64 = 0, _ code: inout Assembler) {
    code.mov(.ecx, .immediate(register))
    code.mov(.eax, .bits(UInt64(value)))
    code.mov(.edx, .bits(UInt64(high)))
    code.wrmsr()
  }

  /// Spins with PAUSE until a variable has a value.
  static func wait(_ address: Int32, _ value: Assembler.Operand, _ code: inout Assembler) {
    let loop = code.placedLabel()
    let over = code.label()
    code.cmp(.absolute(address, .qword), value)
    code.jump(.equal, over, short: true)
    code.pause()
    code.jmp(loop, short: true)
    code.place(over)
  }

  /// Runs a body on all processors until all have halted.
  ///
  /// - Parameters:
  ///   - count: Processors.
  ///   - prepare: Adds the handlers of interrupts.
  ///   - first: What processor 0 does instead of the body, when that differs.
  ///   - body: What the others do, and processor 0 unless `first` is given.
  /// - Returns: The computer, when all have halted.
  /// - Throws: What the computer throws, or when not all halt within a simulated second.
  static func run(
    _ count: Int, prepare: (inout ProcessorCrew) -> Void = { _ in },
    first: ((inout Assembler) -> Void)? = nil, body: @escaping (inout Assembler) -> Void
  ) throws -> Computer {
    var crew = ProcessorCrew()
    let main = crew.code.label()
    crew.code.jmp(main)
    prepare(&crew)
    let bytes = crew.assemble(main, first: first ?? body, body, others: Int64(count - 1))
    let computer = try LoadTests.computer(storage: 4 << 20, processors: count)
    try computer.load(.program(GuestProgramImage(bytes: bytes)))
    var now: SimulatedTime = 0
    let cache = CodeCache()
    while computer.memory.load(UInt64(done), as: UInt64.self) != UInt64(count) {
      try #require(now < 1_000_000_000 && computer.ending == nil)
      computer.deliverTimers(upTo: now)
      var placements = (0..<count).map {
        Placement(processor: $0, start: now, limit: now + 100_000, megahertz: 1000)
      }
      placements.withUnsafeMutableBufferPointer {
        computer.run($0, until: now + 100_000, cache: cache)
      }
      now += 100_000
    }
    return computer
  }

  private mutating func assemble(
    _ main: Assembler.Label, first: (inout Assembler) -> Void, _ body: (inout Assembler) -> Void,
    others: Int64
  ) -> [UInt8] {
    let longMode = code.label()
    let local = code.label()
    let pointer = code.label()
    let trampoline = emitTrampoline(longMode)
    code.place(main)
    code.cli()
    code.mov(.rsp, 0x2_1000)
    code.lea(.rsi, .at(trampoline.start))
    code.mov(.edi, .immediate(Int64(Self.trampoline)))
    code.mov(.ecx, 0x100)
    code.movs(.byte, .whileEqual)
    code.lgdt(.absolute(Int32(Self.trampoline) + 0x80))
    code.mov(.rax, .cr3)
    code.mov(.absolute(Int32(Self.trampoline) + 0xF8), .rax)
    emitGates()
    code.mov(.ebx, 0)
    code.call(local)
    if others > 0 {
      Self.write(0x830, 0xC_4500, &code)
      for _ in 0..<2 { Self.write(0x830, 0xC_4600 | Int64(Self.trampoline >> 12), &code) }
    }
    Self.wait(Self.started, .immediate(others), &code)
    first(&code)
    emitEnd()

    code.place(longMode)
    code.mov(.eax, 24)
    for segment: Assembler.Segment in [.ds, .es, .ss] { code.mov(segment, .eax) }
    code.mov(.eax, 1)
    code.cpuid()
    code.shr(.ebx, 24)
    code.mov(.esp, .ebx)
    code.inc(.esp)
    code.shl(.esp, 12)
    code.add(.esp, 0x2_0000)
    code.call(local)
    code.lock()
    code.inc(.absolute(Self.started, .qword))
    body(&code)
    emitEnd()

    // The interrupt table, and the local APIC in x2APIC mode.
    code.place(local)
    code.lidt(.at(pointer))
    code.mov(.ecx, 0x1B)
    code.rdmsr()
    code.or(.eax, 0xC00)
    code.wrmsr()
    Self.write(0x80F, 0x1FF, &code)
    code.ret()
    code.place(pointer)
    code.emit16(0xFFF)
    code.emit64(UInt64(Self.interruptTable))
    return code.finish()
  }

  private mutating func emitEnd() {
    code.cli()
    code.lock()
    code.inc(.absolute(Self.done, .qword))
    let halt = code.placedLabel()
    code.hlt()
    code.jmp(halt)
  }

  private mutating func emitGates() {
    for (vector, label) in handlers {
      let gate = Self.interruptTable + 16 * vector
      code.lea(.rax, .at(label))
      code.mov(.absolute(gate), .ax)
      code.mov(.dx, .cs)
      code.mov(.absolute(gate + 2), .dx)
      code.mov(.absolute(gate + 4, .word), 0x8E00)
      code.shr(.rax, 16)
      code.mov(.absolute(gate + 6), .rax)
    }
  }

  /// From real mode at the start of a page to long mode, with the tables in the same page.
  private mutating func emitTrampoline(
    _ longMode: Assembler.Label
  ) -> (start: Assembler.Label, end: Assembler.Label) {
    let start = code.placedLabel()
    let base = code.here
    func moved(_ offset: UInt64) -> Int32 { Int32(Self.trampoline + offset) }
    code.mode = .real16
    code.cli()
    code.mov(.ax, 0)
    code.mov(.ds, .ax)
    code.lgdt(.absolute(moved(0x80)))
    code.mov(.eax, 0x20)
    code.mov(.cr4, .rax)
    code.mov(.eax, .absolute(moved(0xF8)))
    code.mov(.cr3, .rax)
    code.mov(.ecx, 0xC000_0080)
    code.mov(.eax, 0x100)
    code.mov(.edx, 0)
    code.wrmsr()
    code.mov(.eax, .bits(0x8000_0011))
    code.mov(.cr0, .rax)
    // Selector 16, as processor 0 has it from the loader.
    code.farJump(selector: 16, longMode)
    code.mode = .long64
    code.zeros(Int(base + 0x80 - code.here))
    code.emit16(31)
    code.emit32(UInt32(moved(0x88)))
    code.emit16(0)
    code.emit64(0)
    code.emit64(0)
    code.emit64(0x00AF_9B00_0000_FFFF)
    code.emit64(0x00CF_9300_0000_FFFF)
    code.zeros(Int(base + 0x100 - code.here))
    return (start, code.placedLabel())
  }
}
