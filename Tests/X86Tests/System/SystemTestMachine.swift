import X86

/// A processor with 4 MiB of storage, descriptor tables, identity-mapped pages and handlers that halt.
///
/// The handler of vector v is a HLT at 0x40000 + 16 v, so that a run ends with RIP naming the vector
/// and the frame on the stack.
final class SystemTestMachine {
  static let code: UInt64 = 0x10000
  static let handlers: UInt64 = 0x40000
  static let globalTable: UInt64 = 0x1000
  static let interruptTable: UInt64 = 0x2000
  static let task: UInt64 = 0x3000
  static let pageTables: UInt64 = 0x4000
  static let stackTop: UInt64 = 0x20000
  static let supervisorStack: UInt64 = 0x30000
  static let interruptStack: UInt64 = 0x38000
  static let data: UInt64 = 0x100000

  /// What the platform saw and answers.
  struct Platform {
    var writes: [(port: UInt64, size: Int32, value: UInt64)] = []
    var portValue: UInt64 = 0x5A
    var pendingVectors: [UInt8] = []
    var modelSpecific: [UInt64: UInt64] = [:]
    var unimplemented: [(pointer: UInt64, mode: Int32, bytes: UInt64)] = []
  }

  let memory: GuestMemory
  let processor: Processor
  let platform: UnsafeMutablePointer<Platform>
  let cache = CodeCache()

  init(features: ProcessorFeatures = .baseline) throws {
    memory = try GuestMemory(maximumByteCount: 4 << 20)
    memory.attach(0..<4 << 20)
    platform = .allocate(capacity: 1)
    platform.initialize(to: Platform())
    let bus: BusFunction = { context, _, access, address, size, value in
      let platform = context.assumingMemoryBound(to: Platform.self)
      switch BusAccess(rawValue: access) {
      case .portRead: value.pointee = platform.pointee.portValue
      case .portWrite: platform.pointee.writes.append((address, size, value.pointee))
      case .interruptAcknowledge:
        guard !platform.pointee.pendingVectors.isEmpty else { return false }
        value.pointee = UInt64(platform.pointee.pendingVectors.removeFirst())
      case .msrRead:
        guard let kept = platform.pointee.modelSpecific[address] else { return false }
        value.pointee = kept
      case .msrWrite:
        guard platform.pointee.modelSpecific[address] != nil else { return false }
        platform.pointee.modelSpecific[address] = value.pointee
      case .unimplementedInstruction:
        platform.pointee.unimplemented.append((address, size, value.pointee))
      default: return false
      }
      return true
    }
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(
        processorCount: 2, processorNumber: 0, features: features), bus: bus,
      context: platform)
    for vector in 0..<UInt64(256) { store([0xF4], at: Self.handlers + vector * 16) }
    buildGlobalTable()
  }

  deinit {
    platform.deinitialize(count: 1)
    platform.deallocate()
  }

  // MARK: Storage

  func store(_ bytes: [UInt8], at address: UInt64) {
    bytes.withUnsafeBytes { precondition(memory.write(address, from: $0)) }
  }

  func store64(_ value: UInt64, at address: UInt64) {
    precondition(memory.store(value, at: address))
  }

  func load64(_ address: UInt64) -> UInt64 { memory.load(address, as: UInt64.self) ?? 0 }
  func load32(_ address: UInt64) -> UInt32 { memory.load(address, as: UInt32.self) ?? 0 }
  func load16(_ address: UInt64) -> UInt16 { memory.load(address, as: UInt16.self) ?? 0 }

  /// Words from the top of the current stack on.
  func stack(_ count: Int) -> [UInt64] {
    (0..<UInt64(count)).map { load64(processor[.rsp] + $0 * 8) }
  }

  func stack32(_ count: Int) -> [UInt32] {
    (0..<UInt64(count)).map { load32(processor[.rsp] + $0 * 4) }
  }

  // MARK: Tables

  /// Selectors of the global table.
  enum Selector {
    static let code32: UInt16 = 0x08
    static let code64: UInt16 = 0x10
    static let data: UInt16 = 0x18
    static let userCode32: UInt16 = 0x23
    static let userData: UInt16 = 0x2B
    static let userCode64: UInt16 = 0x33
    static let task: UInt16 = 0x38
    static let notPresentData: UInt16 = 0x48
    static let readOnlyData: UInt16 = 0x50
    static let executeOnly: UInt16 = 0x58
    static let conforming: UInt16 = 0x60
    static let smallData: UInt16 = 0x68
    static let untouchedData: UInt16 = 0x70
    static let code16: UInt16 = 0x78
    static let data16: UInt16 = 0x80
  }

  func setDescriptor(_ selector: UInt16, _ raw: UInt64) {
    store64(raw, at: Self.globalTable + UInt64(selector & ~7))
  }

  private func buildGlobalTable() {
    setDescriptor(Selector.code32, 0x00CF_9B00_0000_FFFF)
    setDescriptor(Selector.code64, 0x00AF_9B00_0000_FFFF)
    setDescriptor(Selector.data, 0x00CF_9300_0000_FFFF)
    setDescriptor(Selector.userCode32, 0x00CF_FB00_0000_FFFF)
    setDescriptor(Selector.userData, 0x00CF_F300_0000_FFFF)
    setDescriptor(Selector.userCode64, 0x00AF_FB00_0000_FFFF)
    setDescriptor(Selector.task, 0x0000_8900_3000_0067)
    setDescriptor(Selector.notPresentData, 0x00CF_1300_0000_FFFF)
    setDescriptor(Selector.readOnlyData, 0x00CF_9100_0000_FFFF)
    setDescriptor(Selector.executeOnly, 0x00CF_9900_0000_FFFF)
    setDescriptor(Selector.conforming, 0x00CF_9F00_0000_FFFF)
    setDescriptor(Selector.smallData, 0x0040_9310_0000_00FF)  // Base 0x100000, limit 0xFF.
    setDescriptor(Selector.untouchedData, 0x00CF_9200_0000_FFFF)
    setDescriptor(Selector.code16, 0x0000_9B00_0000_FFFF)
    setDescriptor(Selector.data16, 0x0000_9300_0000_FFFF)
    processor.setGlobalDescriptorTable(base: Self.globalTable, limit: 0x1FF)
  }

  /// Sets a long-mode gate; type 14 interrupt, 15 trap.
  func setLongGate(
    _ vector: UInt8, type: UInt64 = 14, privilege: UInt64 = 0, stack: UInt64 = 0,
    present: Bool = true
  ) {
    let offset = Self.handlers + UInt64(vector) * 16
    let low =
      offset & 0xFFFF | UInt64(Selector.code64) << 16 | stack << 32 | type << 40 | privilege << 45
      | (present ? 1 << 47 : 0) | (offset >> 16) << 48
    store64(low, at: Self.interruptTable + UInt64(vector) * 16)
    store64(0, at: Self.interruptTable + UInt64(vector) * 16 + 8)
  }

  /// Sets a 32-bit protected-mode gate.
  func setGate32(_ vector: UInt8, type: UInt64 = 14, privilege: UInt64 = 0) {
    let offset = Self.handlers + UInt64(vector) * 16
    let raw =
      offset & 0xFFFF | UInt64(Selector.code32) << 16 | type << 40 | privilege << 45 | 1 << 47
      | (offset >> 16) << 48
    store64(raw, at: Self.interruptTable + UInt64(vector) * 8)
  }

  /// Maps 0 to 4 MiB to itself in 4 KiB pages, writable and for users.
  private func buildPages() {
    let base = Self.pageTables
    store64(base + 0x1000 | 7, at: base)
    store64(base + 0x2000 | 7, at: base + 0x1000)
    for table in 0..<UInt64(2) {
      store64(base + 0x3000 + table * 0x1000 | 7, at: base + 0x2000 + table * 8)
      for page in 0..<UInt64(512) {
        store64((table * 512 + page) << 12 | 7, at: base + 0x3000 + table * 0x1000 + page * 8)
      }
    }
  }

  /// Changes bits of the entry that maps a page.
  func setPageEntry(_ address: UInt64, _ value: UInt64) {
    let base = Self.pageTables + 0x3000
    store64(value, at: base + (address >> 12) * 8)
    processor.flushTranslations()
  }

  func pageEntry(_ address: UInt64) -> UInt64 {
    load64(Self.pageTables + 0x3000 + (address >> 12) * 8)
  }

  /// Turns on two-level paging of 0 to 4 MiB, for users too.
  func enablePaging32() {
    let directory: UInt64 = 0xA000
    precondition(memory.store(UInt32(directory + 0x1000) | 7, at: directory))
    for page in 0..<UInt64(1024) {
      precondition(memory.store(UInt32(page << 12) | 7, at: directory + 0x1000 + page * 4))
    }
    processor.cr3 = directory
    processor.cr0 |= ControlRegister0.paging
  }

  /// Makes a page not present, in both kinds of page tables.
  func setMissing(_ address: UInt64) {
    setPageEntry(address, 0)
    precondition(memory.store(UInt32(0), at: 0xB000 + (address >> 12) * 4))
    processor.flushTranslations()
  }

  // MARK: Modes

  /// 64-bit mode at privilege 0 or 3, with every gate, TSS and interrupt stacks.
  func enterLongMode(privilege: UInt16 = 0) {
    buildPages()
    processor.enterLongMode(instructionPointer: Self.code, pageTable: Self.pageTables)
    processor.efer |= ExtendedFeatures.systemCall | ExtendedFeatures.noExecuteEnable
    for vector in 0..<UInt8(255) { setLongGate(vector) }
    processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 0xFFF)
    store64(Self.supervisorStack, at: Self.task + 4)
    store64(Self.interruptStack, at: Self.task + 0x24)
    store([0x68, 0], at: Self.task + 0x66)  // No I/O permission map.
    processor.setSegment(
      .tr, selector: Selector.task, base: Self.task, limit: 0x67, attributes: 0x8B)
    processor[.rsp] = Self.stackTop
    if privilege == 3 { enterUser(code: Selector.userCode64, attributes: 0xA0FB) }
  }

  /// 32-bit protected mode without paging.
  func enterProtectedMode(privilege: UInt16 = 0) {
    processor.enterProtectedFlat32(instructionPointer: Self.code)
    for vector in 0..<UInt8(255) { setGate32(vector) }
    processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 0x7FF)
    precondition(memory.store(UInt32(Self.supervisorStack), at: Self.task + 4))
    precondition(memory.store(Selector.data, at: Self.task + 8))
    processor.setSegment(
      .tr, selector: Selector.task, base: Self.task, limit: 0x67, attributes: 0x8B)
    processor[.rsp] = Self.stackTop
    if privilege == 3 { enterUser(code: Selector.userCode32, attributes: 0xC0FB) }
  }

  /// Goes to privilege 3 by an IRET from a frame, as systems do.
  private func enterUser(code: UInt16, attributes: UInt16) {
    let is64 = code == Selector.userCode64
    let frame: [UInt64] = [
      Self.code, UInt64(code), processor.flags, Self.stackTop, UInt64(Selector.userData),
    ]
    let size: UInt64 = is64 ? 8 : 4
    processor[.rsp] = Self.supervisorStack - 5 * size
    for (index, value) in frame.enumerated() {
      let address = processor[.rsp] + UInt64(index) * size
      if is64 {
        store64(value, at: address)
      } else {
        precondition(memory.store(UInt32(truncatingIfNeeded: value), at: address))
      }
    }
    let place: UInt64 = 0xF000
    store(is64 ? [0x48, 0xCF] : [0xCF], at: place)
    processor.instructionPointer = place
    run(instructions: 1)
    for register in [SegmentRegister.es, .ds] {
      processor.setSegment(
        register, selector: Selector.userData, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC0F3)
    }
  }

  // MARK: Running

  /// Runs so many instructions at most, whatever they cost.
  @discardableResult
  func run(instructions: Int = 1000) -> ProcessorExit {
    var left = instructions
    while true {
      let before = processor.instructionsRetired
      let exit = runSlice(cycles: left)
      left -= Int(processor.instructionsRetired - before)
      guard exit == .cyclesSpent, left > 0, processor.cyclesUsed > 0 else { return exit }
    }
  }

  /// Runs one slice.
  @discardableResult
  func runSlice(cycles: Int = 1000) -> ProcessorExit {
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    return processor.run(cycles: cycles, cache: cache)
  }

  /// Runs code until it halts.
  @discardableResult
  func run(_ code: [UInt8], instructions: Int = 1000) -> ProcessorExit {
    store(code, at: Self.code)
    processor.instructionPointer = Self.code
    processor.activity = .running
    return run(instructions: instructions)
  }

  /// The vector whose handler halted, or nil.
  var vector: Int? {
    let offset = Int(processor.instructionPointer) - 1 - Int(Self.handlers)
    guard processor.activity == .halted, offset >= 0, offset % 16 == 0, offset < 4096 else {
      return nil
    }
    return offset / 16
  }
}
