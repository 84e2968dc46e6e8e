@testable import X86

/// A processor whose every page can be taken away under one instruction.
///
/// Operands, string elements, stack, frame and tables stand in pages of their own. The page fault's
/// handler has a stack that nothing else uses; it halts, and goes back when it is run on.
final class FaultMachine {
  enum Mode: CaseIterable, Sendable {
    /// 64-bit code at privilege 0.
    case long
    /// 32-bit code at privilege 3, two-level paging.
    case wide
    /// 16-bit code at privilege 3, with the same tables.
    case narrow
  }

  /// Where things stand: linear addresses, which are physical ones too.
  enum Place {
    static let globalTable: UInt64 = 0x1000
    /// Its second page is that of vectors from 0x80 on.
    static let interruptTable: UInt64 = 0x3800
    static let localTable: UInt64 = 0xC000
    static let handler: UInt64 = 0x7000
    static let code: UInt64 = 0x9100
    static let pages: UInt64 = 0xB0000
    /// Below 64 KiB: IRET to a 16-bit stack leaves the upper half of ESP as the handler had it.
    static let handlerStack: UInt64 = 0xF000
  }

  /// Selectors whose descriptors stand in the second page of the table, at privilege 0 and 3.
  enum Selector {
    static let code64: UInt16 = 0x1008
    static let data: UInt16 = 0x1010
    static let userCode: UInt16 = 0x101B
    static let userData: UInt16 = 0x1023
    static let localTable: UInt16 = 0x1028
    static let task: UInt16 = 0x1038
    static let gate: UInt16 = 0x1048
    static let middleCode: UInt16 = 0x1059
    static let middleData: UInt16 = 0x1061
    static let userCode64: UInt16 = 0x106B
    static let userGate: UInt16 = 0x1073
  }

  static let byteCount: UInt64 = 1 << 20
  /// Registers' pages: operand, source, target, stack, frame; each has a boundary in the middle.
  static let operand: UInt64 = 0x12000
  static let source: UInt64 = 0x16000
  static let target: UInt64 = 0x1A000
  static let stack: UInt64 = 0x1E000
  static let frame: UInt64 = 0x22000
  /// What instructions may read and change.
  static let arena: Range<UInt64> = 0x10000..<0x24000

  let mode: Mode
  let memory: GuestMemory
  let processor: Processor
  private let cache = CodeCache(byteCount: 8 << 20)
  private var original: [UInt8] = []
  private var picture: ProcessorPicture?

  init(_ mode: Mode, features: ProcessorFeatures) throws {
    self.mode = mode
    memory = try GuestMemory(maximumByteCount: Self.byteCount)
    memory.attach(0..<Self.byteCount)
    let bus: BusFunction = { _, _, access, _, _, value in
      if access == BusAccess.portRead.rawValue { value.pointee = 0x5A }
      return true
    }
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0, features: features),
      bus: bus, context: UnsafeMutableRawPointer(mutating: Self.nowhere))
    processor.chargesCycles = false
    buildTables()
    fillArena()
    enterMode()
    original = [UInt8](repeating: 0, count: Int(Self.byteCount))
    original.withUnsafeMutableBytes { _ = memory.read(0, into: $0) }
    picture = ProcessorPicture(processor)
  }

  deinit { picture?.discard() }

  /// The bus has no state.
  nonisolated(unsafe) private static let nowhere = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

  // MARK: Building

  /// Writes the low bytes of a value.
  func store(_ value: UInt64, at address: UInt64, count: Int = 8) {
    withUnsafeBytes(of: value) {
      _ = memory.write(address, from: UnsafeRawBufferPointer(rebasing: $0[..<count]))
    }
  }

  private func buildTables() {
    let user = mode != .long
    let low: [UInt64] = [
      0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00AF_9B00_0000_FFFF,
      mode == .wide ? 0x00CF_FB00_0000_FFFF : 0x0000_FB00_0000_FFFF,
      mode == .wide ? 0x00CF_F300_0000_FFFF : 0x0000_F301_0000_FFFF,
    ]
    for (index, raw) in low.enumerated() {
      store(raw, at: Place.globalTable + UInt64(index) * 8)
    }
    let high: [UInt64] = [
      0, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x00CF_FB00_0000_FFFF,
      0x00CF_F300_0000_FFFF, 0x0000_8200_C000_00FF, 0, 0x0000_8900_6800_00FF, 0,
      gate(0x8C, user ? Selector.middleCode : Selector.code64, Place.handler + 0x100), 0,
      0x00CF_BB00_0000_FFFF, 0x00CF_B300_0000_FFFF, 0x00AF_FB00_0000_FFFF,
      gate(0xEC, user ? Selector.middleCode : Selector.code64, Place.handler + 0x100), 0,
    ]
    for (index, raw) in high.enumerated() {
      store(raw, at: Place.globalTable + 0x1000 + UInt64(index) * 8)
    }
    buildInterruptTable()
    // The stack pointers of privilege 0 (1, 2) lie before the page's end, IST 7 behind it.
    if user {
      store(Place.handlerStack, at: taskBase + 4, count: 4)
      store(0x10, at: taskBase + 8, count: 4)
      store(Self.stack + 0x800, at: taskBase + 0xC, count: 4)
      store(UInt64(Selector.middleData), at: taskBase + 0x10, count: 4)
    } else {
      store(Self.stack + 0x800, at: taskBase + 4)
      store(Self.stack + 0x800, at: taskBase + 0x24)
      store(Place.handlerStack, at: taskBase + 0x54)
    }
    buildPages()
  }

  /// The task-state segment lies over a boundary: what the page fault needs in one page, the rest in
  /// the other.
  private var taskBase: UInt64 { mode == .long ? 0x6000 - 0x40 : 0x6000 - 0xC }

  private func gate(_ type: UInt64, _ selector: UInt16, _ offset: UInt64) -> UInt64 {
    offset & 0xFFFF | UInt64(selector) << 16 | type << 40 | (offset >> 16) << 48
  }

  private func buildInterruptTable() {
    // hlt; add rsp, 8 or esp, 4; iret
    let back: [UInt8] =
      mode == .long ? [0xF4, 0x48, 0x83, 0xC4, 8, 0x48, 0xCF] : [0xF4, 0x83, 0xC4, 4, 0xCF]
    back.withUnsafeBytes { _ = memory.write(Place.handler, from: $0) }
    store(0xF4, at: Place.handler + 0x80, count: 1)
    store(0xF4, at: Place.handler + 0x100, count: 1)
    for vector in 0..<UInt64(256) {
      let isPageFault = vector == 14
      let offset = Place.handler + (isPageFault ? 0 : vector < 32 ? 0x80 : 0x100)
      if mode == .long {
        let selector: UInt16 = vector < 0x80 ? 0x18 : Selector.code64
        let raw = gate(0x8E, selector, offset) | (isPageFault ? 7 : vector == 0x81 ? 1 : 0) << 32
        store(raw, at: Place.interruptTable + vector * 16)
        store(0, at: Place.interruptTable + vector * 16 + 8)
      } else {
        let raw = gate(0xEE, vector < 0x80 ? 0x08 : Selector.middleCode, offset)
        store(raw, at: interruptBase + vector * 8)
      }
    }
  }

  /// Vectors from 0x80 on stand in the second page.
  private var interruptBase: UInt64 { mode == .long ? Place.interruptTable : 0x4000 - 0x400 }

  private func buildPages() {
    let base = Place.pages
    if mode == .long {
      store(base + 0x1000 | 7, at: base)
      store(base + 0x2000 | 7, at: base + 0x1000)
      store(base + 0x3000 | 7, at: base + 0x2000)
    } else {
      store(base + 0x3000 | 7, at: base, count: 4)
    }
    for page in 0..<Self.byteCount >> 12 { setEntry(page << 12, page << 12 | 7) }
  }

  private func fillArena() {
    // A small divisor, a pointer and a selector, whichever way it is looked at.
    let word: UInt64 = 0x0000_1010_0001_4101
    var address = Self.arena.lowerBound
    while address < Self.arena.upperBound {
      store(word, at: address)
      address += 8
    }
  }

  private func enterMode() {
    let vectors = ControlRegister4.fxSave | ControlRegister4.simdExceptions
    if mode == .long {
      processor.enterLongMode(instructionPointer: Place.code, pageTable: Place.pages)
      processor.efer |= ExtendedFeatures.systemCall | ExtendedFeatures.noExecuteEnable
      processor.cr4 |= vectors
      processor.setSegment(
        .cs, selector: 0x18, base: 0, limit: 0xFFFF_FFFF, attributes: 0xA09B)
      for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
        processor.setSegment(
          register, selector: 0x10, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC093)
      }
    } else {
      processor.enterProtectedFlat32(instructionPointer: Place.code)
      processor.cr3 = Place.pages
      processor.cr4 = vectors
      processor.cr0 |= ControlRegister0.paging
    }
    processor.cr0 |= ControlRegister0.writeProtect | ControlRegister0.numericError
    processor.setGlobalDescriptorTable(base: Place.globalTable, limit: 0x107F)
    processor.setInterruptDescriptorTable(
      base: interruptBase, limit: mode == .long ? 0xFFF : 0x7FF)
    processor.setSegment(
      .tr, selector: Selector.task, base: taskBase, limit: 0xFF, attributes: 0x8B)
    if mode != .long {
      for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
        processor.setSegment(
          register, selector: 0x2B, base: segmentBase, limit: mode == .narrow ? 0xFFFF : .max,
          attributes: mode == .narrow ? 0x00F3 : 0xC0F3)
      }
      processor.state.privilege = 3
      processor.setSegment(
        .cs, selector: 0x23, base: 0, limit: mode == .narrow ? 0xFFFF : 0xFFFF_FFFF,
        attributes: mode == .narrow ? 0x00FB : 0xC0FB)
    }
    FloatingPointUnit(processor.state).initialize()
    processor.state.mxcsr = MXCSR.initial
    processor.activity = .running
  }

  /// Base of the data segments: what a register holds is an address less this.
  var segmentBase: UInt64 { mode == .narrow ? 0x10000 : 0 }

  // MARK: Pages

  private func entry(_ address: UInt64) -> UInt64 {
    Place.pages + 0x3000 + (address >> 12) * (mode == .long ? 8 : 4)
  }

  /// Sets the entry that maps a page.
  func setEntry(_ address: UInt64, _ value: UInt64) {
    store(value, at: entry(address), count: mode == .long ? 8 : 4)
  }

  private func entryValue(_ address: UInt64) -> UInt64 {
    UInt64(memory.load(entry(address), as: UInt32.self) ?? 0)
  }

  /// The pages that were used since `prepare`, without that of the code, and whether they were written.
  func usedPages() -> [(page: UInt64, isWritten: Bool)] {
    var list: [(UInt64, Bool)] = []
    for page in stride(from: UInt64(0), to: Self.byteCount, by: 4096) {
      let bits = entryValue(page)
      if bits & 0x20 != 0, page != Place.code & ~0xFFF { list.append((page, bits & 0x40 != 0)) }
    }
    return list
  }

  // MARK: Running

  /// The first state again, with this code.
  func prepare(_ code: [UInt8]) {
    original.withUnsafeBytes { bytes in
      memory.revertWrittenPages { address in bytes.baseAddress.map { $0 + Int(address) } }
    }
    code.withUnsafeBytes { _ = memory.write(Place.code, from: $0) }
    picture?.restore(to: processor)
    processor.updateMode()
    processor.instructionPointer = Place.code
    processor.eventLog = EventLog()
  }

  /// Runs one instruction to its end, all repeats of it, or to the handler of what it raises.
  func runInstruction() {
    let taken = processor.eventLog.count
    for _ in 0..<64 {
      run(cycles: 1)
      let isThere = processor.instructionPointer == Place.code && processor.activity == .running
      if processor.eventLog.count != taken || !isThere { return }
    }
  }

  func run(cycles: Int) {
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    _ = processor.run(cycles: cycles, cache: cache)
  }

  /// Goes back from the page fault's handler to the instruction.
  func returnFromHandler() {
    run(cycles: 1)
    processor.activity = .running
    run(cycles: 2)
  }

  // MARK: Looking

  /// What an instruction may change.
  struct Contents: Equatable {
    var registers: [UInt128]
    var arena: [UInt8]
  }

  func contents() -> Contents {
    var bytes = [UInt8](repeating: 0, count: Int(Self.arena.count))
    bytes.withUnsafeMutableBytes { _ = memory.read(Self.arena.lowerBound, into: $0) }
    return Contents(
      registers: TestVectorRegister.reported.map { processor.value(of: $0.register) },
      arena: bytes)
  }
}
