import CNativeStep

@testable import X86

/// A simulated processor that runs the cases of signal stepping as a user program under Linux sees
/// its own: CPL 3, the same pages, descriptor tables and interrupt gates.
final class UserProcessor {
  /// Guest-physical addresses; the processor sees them in the high half, for the supervisor only.
  private enum Place {
    static let topTable: UInt64 = 0x1000
    static let lowPointers: UInt64 = 0x2000
    static let windowDirectory: UInt64 = 0x3000
    static let windowTable: UInt64 = 0x4000
    static let topDirectory: UInt64 = 0x5000
    static let topTablePage: UInt64 = 0x6000
    static let highPointers: UInt64 = 0x7000
    static let highDirectory: UInt64 = 0x8000
    static let lastPointers: UInt64 = 0x9000
    static let lastDirectory: UInt64 = 0xA000
    static let lastTable: UInt64 = 0xB000
    static let gates: UInt64 = 0x10000
    static let handlers: UInt64 = 0x12000
    static let globalTable: UInt64 = 0x14000
    static let localTable: UInt64 = 0x15000
    static let task: UInt64 = 0x16000
    static let stackTop: UInt64 = 0x19000
    static let window: UInt64 = 0x20000
    static let high: UInt64 = 0xFFFF_8000_0000_0000
  }

  private enum PageBits {
    static let user: UInt64 = 7
    static let readOnly: UInt64 = 5
    static let supervisor: UInt64 = 3
    static let large: UInt64 = 0x80
    static let noExecute: UInt64 = 1 << 63
  }

  private static let taskSelector: UInt16 = 0x40
  private static let localSelector: UInt16 = 0x50
  private static let globalCount = 16
  private static let cycles = 200_000

  let memory: GuestMemory
  let processor: Processor
  private let cache = CodeCache()
  private var image: native_image
  private let master: UnsafeMutablePointer<UInt8>
  private let report: UnsafeMutablePointer<Bool>
  private var globalSegments: [SegmentState] = []
  private var localSegments: [SegmentState] = []

  /// Whether the decoder said of the last instruction that it does not know it.
  var wasUnimplemented: Bool { report.pointee }

  init(
    palettes: UnsafePointer<UInt8>, paletteCount: Int, features: ProcessorFeatures
  ) throws {
    memory = try GuestMemory(maximumByteCount: 0x20_0000)
    memory.attach(0..<0x20_0000)
    report = .allocate(capacity: 1)
    report.initialize(to: false)
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(
        processorCount: 1, processorNumber: 0, features: features),
      bus: { context, _, access, _, _, _ in
        if access == BusAccess.unimplementedInstruction.rawValue {
          context.assumingMemoryBound(to: Bool.self).pointee = true
        }
        return false
      }, context: UnsafeMutableRawPointer(report))
    processor.chargesCycles = false
    let imageBytes = Int(native_image_pages * native_page_bytes)
    master = .allocate(capacity: imageBytes)
    master.initialize(repeating: 0, count: imageBytes)
    let window = (memory.window + Int(Place.window)).assumingMemoryBound(to: UInt8.self)
    image = native_image()
    image.master = master
    image.palettes = palettes
    withUnsafeMutableBytes(of: &image.pages) { bytes in
      let pages = bytes.assumingMemoryBound(to: UnsafeMutablePointer<UInt8>?.self)
      for page in 0..<5 { pages[page] = window + Self.frame(ofImagePage: page) * 4096 }
    }
    native_image_open(&image)
    let constant = palettes + paletteCount * Int(native_palette_pages * native_page_bytes)
    (window + 4 * 4096).update(from: constant, count: 4096)
    buildPageTables()
    buildDescriptorTables()
    buildGates()
    start()
  }

  deinit {
    master.deallocate()
    report.deallocate()
  }

  /// Page of the physical window: two of code, two of data, the read-only one, the top one.
  private static func frame(ofImagePage page: Int) -> Int { page < 4 ? page : 5 }

  private func store(_ value: UInt64, _ address: UInt64) {
    precondition(memory.store(value, at: address), "the test's own storage is attached")
  }

  // MARK: Tables

  private func buildPageTables() {
    store(Place.lowPointers | PageBits.user, Place.topTable)
    // Linux says of the last page of the low half, too, that it is the supervisor's.
    store(Place.lastPointers | PageBits.user, Place.topTable + 8 * 255)
    store(Place.lastDirectory | PageBits.user, Place.lastPointers + 8 * 511)
    store(Place.lastTable | PageBits.user, Place.lastDirectory + 8 * 511)
    store(PageBits.supervisor, Place.lastTable + 8 * 511)
    for entry in 256..<512 as Range<UInt64> {
      store(Place.highPointers | PageBits.user, Place.topTable + 8 * entry)
    }
    for entry in 0..<512 as Range<UInt64> {
      store(Place.highDirectory | PageBits.user, Place.highPointers + 8 * entry)
      store(PageBits.supervisor | PageBits.large, Place.highDirectory + 8 * entry)
    }
    store(Place.windowDirectory | PageBits.user, Place.lowPointers)
    store(Place.topDirectory | PageBits.user, Place.lowPointers + 8 * 3)
    let code = UInt64(native_code_page)
    store(Place.windowTable | PageBits.user, Place.windowDirectory + 8 * (code >> 21))
    store(Place.topTablePage | PageBits.user, Place.topDirectory + 8 * 511)
    mapPage(code, 0, PageBits.user)
    mapPage(code + 4096, 1, PageBits.user)
    mapPage(UInt64(native_data_page), 2, PageBits.user | PageBits.noExecute)
    mapPage(UInt64(native_data_page) + 4096, 3, PageBits.user | PageBits.noExecute)
    mapPage(UInt64(native_read_only_page), 4, PageBits.readOnly | PageBits.noExecute)
    store(
      Place.window + 5 * 4096 | PageBits.user | PageBits.noExecute,
      Place.topTablePage + 8 * 511)
  }

  private func mapPage(_ linear: UInt64, _ frame: UInt64, _ bits: UInt64) {
    store(Place.window + frame * 4096 | bits, Place.windowTable + 8 * (linear >> 12 & 511))
  }

  /// The global table is Linux's; the local one is what modify_ldt builds.
  private func buildDescriptorTables() {
    let linux: [Int: UInt64] = [
      1: 0x00CF_9B00_0000_FFFF, 2: 0x00AF_9B00_0000_FFFF, 3: 0x00CF_9300_0000_FFFF,
      4: 0x00CF_FB00_0000_FFFF, 5: 0x00CF_F300_0000_FFFF, 6: 0x00AF_FB00_0000_FFFF,
      8: 0x0000_8B00_0000_206F, 10: 0x0000_8200_0000_FFFF, 15: 0x0040_F500_0000_0000,
    ]
    for index in 0..<Self.globalCount {
      let raw = linux[index] ?? 0
      store(raw, Place.globalTable + 8 * UInt64(index))
      globalSegments.append(Descriptor(raw: raw).segment(UInt16(index) * 8 | 3))
    }
    for index in 0..<Int(native_segment_count) {
      let raw = Self.descriptor(native_segments()[index])
      store(raw, Place.localTable + 8 * UInt64(index))
      localSegments.append(Descriptor(raw: raw).segment(StepSelector.local(index)))
    }
  }

  private static func descriptor(_ segment: native_segment) -> UInt64 {
    let base = UInt64(segment.base)
    let limit = UInt64(segment.limit)
    let type =
      1 | UInt64(segment.is_restricted ^ 1) << 1 | UInt64(segment.contents) << 2
    let rights = 0xF0 | type
    let sizes = UInt64(segment.is_big) << 2 | UInt64(segment.in_pages) << 3 | 1
    return limit & 0xFFFF | (base & 0xFF_FFFF) << 16 | rights << 40 | (limit >> 16) << 48
      | sizes << 52 | (base >> 24) << 56
  }

  /// Programs may call gates 3 and 4 only.
  private func buildGates() {
    for vector in 0..<256 as Range<UInt64> {
      let handler = Place.high + Place.handlers + 16 * vector
      let rights: UInt64 = vector == 3 || vector == 4 ? 0xEE00 : 0x8E00
      let low = handler & 0xFFFF | 0x10 << 16 | rights << 32 | (handler >> 16 & 0xFFFF) << 48
      store(low, Place.gates + 16 * vector)
      store(handler >> 32, Place.gates + 16 * vector + 8)
      precondition(memory.store(0xF4 as UInt8, at: Place.handlers + 16 * vector))
    }
    store(Place.high + Place.stackTop, Place.task + 4)
    // No I/O permission map: its base is past the limit, as Linux has it.
    precondition(memory.store(0xFFFF as UInt16, at: Place.task + 0x66))
  }

  private func start() {
    processor.enterLongMode(instructionPointer: 0, pageTable: Place.topTable)
    processor.cr0 |= 1 << 18 | 1 << 16 | 1 << 5 | 1 << 1  // AM, WP, NE, MP
    processor.cr4 |= 3 << 9  // OSFXSR, OSXMMEXCPT
    if processor.identification.features.contains(.fsgsbase) { processor.cr4 |= 1 << 16 }
    processor.efer |= 1 << 11 | 1  // NXE, SCE
    processor.setGlobalDescriptorTable(
      base: Place.high + Place.globalTable, limit: UInt16(Self.globalCount * 8 - 1))
    processor.setInterruptDescriptorTable(base: Place.high + Place.gates, limit: 4095)
    processor.setSegment(
      .tr, selector: Self.taskSelector, base: Place.high + Place.task, limit: 0x206F,
      attributes: 0x8B)
    processor.setSegment(
      .ldtr, selector: Self.localSelector, base: Place.high + Place.localTable,
      limit: UInt32(native_segment_count) * 8 - 1, attributes: 0x82)
  }

  // MARK: Running

  /// Runs a case: its end is what the program's own handler would see.
  func run(_ test: StepCase, byTrapFlag: Bool) {
    native_image_prepare(&image, test.raw)
    noteCode(pages: codePages(test))
    load(test.start, byTrapFlag: byTrapFlag)
    report.pointee = false
    processor.activity = .running
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    let isSingle = test.isStepped && !byTrapFlag
    _ = processor.run(cycles: isSingle ? 1 : Self.cycles, cache: cache)
    save(test)
    noteCode(pages: native_image_collect(&image, test.raw) & 3)
  }

  private func codePages(_ test: StepCase) -> UInt32 {
    let first = (test.raw.pointee.place - UInt64(native_code_page)) >> 12
    return first == 0 ? 3 : 2
  }

  /// Tells the memory that pages of code were written from outside.
  private func noteCode(pages: UInt32) {
    for page in 0..<2 as Range<UInt64> where pages & 1 << UInt32(page) != 0 {
      memory.noteChange(Place.window + page * 4096)
    }
  }

  private func segment(_ selector: UInt16) -> SegmentState {
    let index = Int(selector >> 3)
    let table = selector & 4 == 0 ? globalSegments : localSegments
    guard selector & ~3 != 0, index < table.count else { return Processor.nullSegment(selector) }
    return table[index]
  }

  private func load(_ start: StepState, byTrapFlag: Bool) {
    for register in SegmentRegister.allCases.prefix(6) {
      let selector = start.selector(register.rawValue)
      var segment = segment(selector)
      if selector & ~3 == 0, register == .fs || register == .gs {
        segment.base = start.base(register == .fs ? 0 : 1)
      }
      processor.install(segment, register)
    }
    processor.state.privilege = 3
    processor.updateMode()
    for index in 0..<16 { processor.state.setRegister(UInt8(index), start[index]) }
    processor.flags = byTrapFlag ? start.flags : start.flags & ~0x100
    processor.instructionPointer = start.pointer
    let unit = FloatingPointUnit(processor.state)
    unit.image.copyMemory(from: start.floating, byteCount: StepState.floatingByteCount)
    precondition(
      unit.applyExtendedImage(pointersAre64: true, vectorCount: 16), "MXCSR as generated is legal")
  }

  private func save(_ test: StepCase) {
    let end = test.end
    for index in 0..<16 { end[index] = processor.state.register(UInt8(index)) }
    let unit = FloatingPointUnit(processor.state)
    unit.buildExtendedImage(pointersAre64: true, vectorCount: 16)
    end.floating.copyMemory(from: unit.image, byteCount: StepState.floatingByteCount)
    for index in 0..<6 { end.setSelector(index, processor.selector(index)) }
    end.setBase(0, processor.state.segmentBase(4))
    end.setBase(1, processor.state.segmentBase(5))
    test.raw.pointee.fault_address = processor.cr2
    test.raw.pointee.error = 0
    let handler = processor.instructionPointer &- (Place.high + Place.handlers)
    if handler < 4096 {
      saveFrame(test, vector: UInt32(handler >> 4))
    } else {
      // Nothing was delivered: the instruction is done.
      test.raw.pointee.vector = 1
      end.pointer = processor.instructionPointer
      end.flags = processor.flags
    }
    test.raw.pointee.status = UInt32(native_status_done)
  }

  /// Takes the program's registers out of the frame that the exception pushed.
  private func saveFrame(_ test: StepCase, vector: UInt32) {
    var place = (processor[.rsp] - Place.high)
    func next() -> UInt64 {
      defer { place += 8 }
      return memory.load(place, as: UInt64.self) ?? 0
    }
    let hasError = [8, 10, 11, 12, 13, 14, 17].contains(vector)
    test.raw.pointee.error = hasError ? next() : 0
    test.raw.pointee.vector = vector
    let end = test.end
    end.pointer = next()
    end.setSelector(1, UInt16(truncatingIfNeeded: next()))
    end.flags = next()
    end[4] = next()
    end.setSelector(2, UInt16(truncatingIfNeeded: next()))
  }
}
