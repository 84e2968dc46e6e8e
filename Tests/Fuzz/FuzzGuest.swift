import Foundation

@testable import X86

/// A processor with 2 MiB of storage in two pieces, in a mode that a case chooses.
///
/// What lies between and behind the pieces is inaccessible to the host: an access of the guest that
/// reaches it there ends the process.
final class FuzzGuest {
  static let globalTable: UInt64 = 0x1000
  static let interruptTable: UInt64 = 0x2000
  static let task: UInt64 = 0x3000
  static let pages: UInt64 = 0x4000
  static let code: UInt64 = 0x1_0000
  static let stack: UInt64 = 0x2_0000
  static let data: UInt64 = 0x3_0000
  static let handler: UInt64 = 0x4_0000

  /// The modes, by number.
  enum Mode: UInt8, CaseIterable {
    case real, protected16, protected32, paged32, extended32, long64, compatibility32, virtual8086
  }

  let memory: GuestMemory
  let processor: Processor
  private let counter: UnsafeMutablePointer<UInt64>
  private let features: ProcessorFeatures

  init(features: ProcessorFeatures = .baseline) {
    self.features = features
    counter = .allocate(capacity: 1)
    counter.initialize(to: 0)
    guard let memory = try? GuestMemory(maximumByteCount: 4 << 20) else {
      fail("the host has no room for 4 MiB")
    }
    self.memory = memory
    let mebibyte: UInt64 = 1 << 20
    for start in [0, 2 * mebibyte] {
      memory.attach(start..<start + mebibyte)
      let hole = memory.window + Int(start + mebibyte)
      guard mprotect(hole, Int(mebibyte), PROT_NONE) == 0 else { fail("mprotect") }
    }
    let bus: BusFunction = { context, _, access, address, size, value in
      let counter = context.assumingMemoryBound(to: UInt64.self)
      counter.pointee &+= 0x9E37_79B9_7F4A_7C15
      switch BusAccess(rawValue: access) {
      case .portRead, .memoryRead, .msrRead:
        value.pointee = counter.pointee ^ address
        return counter.pointee & 0x700 != 0
      case .interruptAcknowledge: value.pointee = counter.pointee >> 40 & 0xFF
      default: break
      }
      return true
    }
    guard
      let processor = try? Processor(
        number: 0, memory: memory,
        identification: Identification(
          processorCount: 1, processorNumber: 0, features: features),
        bus: bus, context: counter)
    else { fail("no memory") }
    self.processor = processor
    processor.chargesCycles = false
  }

  deinit { counter.deallocate() }

  func store<T: FixedWidthInteger>(_ value: T, _ address: UInt64) {
    _ = memory.store(value, at: address)
  }

  func store(_ bytes: [UInt8], _ address: UInt64) {
    _ = bytes.withUnsafeBytes { memory.write(address, from: $0) }
  }

  // MARK: Tables

  private func buildTables() {
    let descriptors: [UInt64] = [
      0, 0x00CF_9B00_0000_FFFF, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF,
      0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF, 0x00AF_FB00_0000_FFFF,
      0x0000_8900_3000_0067, 0, 0x0000_9B01_0000_FFFF, 0x0000_9300_0000_FFFF,
      0x0000_8201_5000_00FF, 0x0040_9710_0000_00FF, 0x0000_EC00_0008_0000, 0x0000_E500_0038_0000,
      0x0000_8100_3800_002B,
    ]
    for (index, value) in descriptors.enumerated() {
      store(value, Self.globalTable + UInt64(index) * 8)
    }
    store([0x68, 0], Self.task + 0x66)
    store(Self.stack, Self.task + 4)
    store(UInt16(0x18), Self.task + 8)
    store([UInt8](repeating: 0xF4, count: 64), Self.handler)
  }

  private func buildGates(_ mode: Mode) {
    let offset = Self.handler
    for vector in 0..<UInt64(64) {
      switch mode {
      case .real: store(UInt32(0x4000_0000) | UInt32(vector), Self.interruptTable + vector * 4)
      case .long64, .compatibility32:
        let low = offset & 0xFFFF | 0x10 << 16 | 0xEE00 << 32 | (offset >> 16) << 48
        store(low, Self.interruptTable + vector * 16)
      default:
        let low = offset & 0xFFFF | 0x08 << 16 | 0xEE00 << 32 | (offset >> 16) << 48
        store(low, Self.interruptTable + vector * 8)
      }
    }
  }

  private static func table<T: FixedWidthInteger>(_ entries: [T]) -> [UInt8] {
    entries.withUnsafeBytes { Array($0) }
  }

  private static let pageTable32 = table((0..<1024 as Range<UInt32>).map { $0 << 12 | 7 })
  private static let pageTable64 = table((0..<512 as Range<UInt64>).map { $0 << 12 | 7 })

  /// Maps 0 to 4 MiB one to one, the first 2 MiB in pages of 4 KiB, for users too.
  private func buildPages(_ mode: Mode) {
    let base = Self.pages
    switch mode {
    case .paged32:
      store(UInt32(base + 0x1000) | 7, base)
      store(Self.pageTable32, base + 0x1000)
    case .extended32, .long64, .compatibility32:
      store(base + 0x1000 | 7, base)
      store(base + 0x2000 | (mode == .extended32 ? 1 : 7), base + 0x1000)
      store(base + 0x3000 | 7, base + 0x2000)
      store(UInt64(0x20_0000 | 0xE7), base + 0x2008)
      store(Self.pageTable64, base + 0x3000)
    default: break
    }
  }

  // MARK: State

  /// Sets everything up as a case says; returns the number of cycles to run.
  func prepare(_ input: inout FuzzInput) -> Int {
    let choice = input.byte()
    let mode = Mode.allCases[Int(choice & 7)]
    let options = input.byte()
    buildTables()
    buildGates(mode)
    buildPages(mode)
    enter(mode, isUser: choice & 8 != 0)
    for register in GeneralRegister.allCases where register != .rsp {
      processor[register] = input.number()
    }
    processor[.rsp] = Self.stack
    if options & 1 != 0 { processor[.rsp] = input.number() }
    let defined: UInt64 = options & 2 != 0 ? 0x24_7FD5 : 0x8D5
    processor.flags = processor.flags & 0x2_3000 | UInt64(input.word(UInt32.self)) & defined | 2
    if options & 4 != 0 { changeControls(&input) }
    if options & 8 != 0 { processor.interruptRequested = true }
    if options & 16 != 0 { processor.requestNonMaskable() }
    if options & 32 != 0 { store([0x48, 0xCF, 0xF4], Self.handler) }
    for _ in 0..<(input.byte() & 7) {
      let address = UInt64(input.word(UInt16.self)) & 0x7FFF
      store(input.word(UInt64.self), address)
    }
    let cycles = 1 + Int(input.byte())
    store(input.take(512), Self.data)
    return cycles
  }

  /// Puts code at the place where execution begins.
  func placeCode(_ code: [UInt8]) {
    // The last bytes of the first piece of storage make code that runs off its end.
    store(code, code.first == 0 ? 0xF_FFF0 : Self.code)
    if code.first == 0, processor.segment(.cs).base == 0, processor.segment(.cs).limit > 0xF_FFFF {
      processor.instructionPointer = 0xF_FFF1
    }
  }

  private func changeControls(_ input: inout FuzzInput) {
    let change = input.word(UInt16.self)
    // Only what MOV to a control register may do in any mode; numeric error handling, alignment,
    // write protection, emulation and the features of CR4.
    let zero: [UInt64] = [1 << 1, 1 << 2, 1 << 3, 1 << 5, 1 << 16, 1 << 18]
    for (bit, value) in zero.enumerated() where change >> UInt16(bit) & 1 != 0 {
      processor.cr0 ^= value
    }
    let four: [UInt64] = [1 << 2, 1 << 3, 1 << 4, 1 << 7, 1 << 9, 1 << 10]
    for (bit, value) in four.enumerated() where change >> UInt16(bit + 6) & 1 != 0 {
      processor.cr4 ^= value
    }
    if change & 1 << 12 != 0 { processor.efer ^= ExtendedFeatures.noExecuteEnable }
    if change & 1 << 13 != 0 { processor.efer ^= ExtendedFeatures.systemCall }
    if features != .baseline {
      // VME, PVI, UMIP and what lies above, as far as MOV CR4 accepts it in this mode.
      let more = UInt64(input.word(UInt32.self)) & 0x3F_0803
      try? processor.writeControl4(processor.cr4 ^ more)
    }
  }

  private func enter(_ mode: Mode, isUser: Bool) {
    let start = mode == .real || mode == .virtual8086 || mode == .protected16 ? 0 : Self.code
    switch mode {
    case .long64, .compatibility32:
      processor.enterLongMode(instructionPointer: start, pageTable: Self.pages)
    default: processor.enterProtectedFlat32(instructionPointer: start)
    }
    processor.setGlobalDescriptorTable(base: Self.globalTable, limit: 0x7F)
    processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 0x3FF)
    processor.setSegment(.tr, selector: 0x38, base: Self.task, limit: 0x67, attributes: 0x8B)
    processor.cr4 |= 3 << 9
    switch mode {
    case .real: enterReal()
    case .protected16:
      processor.setSegment(
        .cs, selector: 0x48, base: Self.code, limit: 0xFFFF, attributes: 0x009B)
    case .protected32: setCode(0x08, 0xC09B, isUser)
    case .paged32:
      processor.cr3 = Self.pages
      processor.cr0 |= ControlRegister0.paging
      setCode(0x08, 0xC09B, isUser)
    case .extended32:
      processor.cr4 |= ControlRegister4.physicalAddressExtension
      processor.cr3 = Self.pages + 0x1000
      processor.cr0 |= ControlRegister0.paging
      setCode(0x08, 0xC09B, isUser)
    case .long64: setCode(isUser ? 0x30 : 0x10, 0xA09B, isUser)
    case .compatibility32: setCode(0x08, 0xC09B, isUser)
    case .virtual8086: enterVirtual()
    }
  }

  /// Loads flat segments; for a user through an IRET, as systems do.
  private func setCode(_ selector: UInt16, _ attributes: UInt16, _ isUser: Bool) {
    let limit: UInt32 = attributes & 0x8000 != 0 ? 0xFFFF_FFFF : 0xF_FFFF
    guard isUser else {
      processor.setSegment(.cs, selector: selector, base: 0, limit: limit, attributes: attributes)
      return
    }
    let isLong = processor.efer & ExtendedFeatures.longModeActive != 0
    let code: UInt64 = attributes & 0x2000 != 0 ? 0x33 : 0x23
    returnTo([Self.code, code, 2, Self.stack, 0x2B], wide: isLong)
  }

  private func enterReal() {
    processor.cr0 &= ~ControlRegister0.protection
    for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
      processor.setSegment(register, selector: 0, base: 0, limit: 0xFFFF, attributes: 0x93)
    }
    processor.setSegment(
      .cs, selector: 0x1000, base: Self.code, limit: 0xFFFF, attributes: 0x93)
    processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 0xFF)
  }

  private func enterVirtual() {
    returnTo(
      [0, Self.code >> 4, 0x2_3002, 0xFFF0, 0x1000, 0x3000, 0x3000, 0x3000, 0x3000], wide: false)
  }

  private func returnTo(_ frame: [UInt64], wide: Bool) {
    let size: UInt64 = wide ? 8 : 4
    let place: UInt64 = 0xF000
    processor[.rsp] = 0xE000
    for (index, value) in frame.enumerated() {
      let address = 0xE000 + UInt64(index) * size
      if wide { store(value, address) } else { store(UInt32(truncatingIfNeeded: value), address) }
    }
    store(wide ? [0x48, 0xCF] : [0xCF], place)
    processor.instructionPointer = place
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    _ = processor.run(cycles: 1, cache: ExecuteTarget.cache)
  }

  // MARK: Outcome

  /// Where execution is: CS base, RIP and the next bytes there, as a page walk need not find them.
  var place: String {
    let base = processor.segment(.cs).base
    let pointer = processor.instructionPointer
    let next = (0..<8).map { memory.load(base &+ pointer &+ $0, as: UInt8.self) ?? 0 }
    let text = next.map { String($0, radix: 16) }.joined(separator: " ")
    return String(base, radix: 16) + ":" + String(pointer, radix: 16) + " [" + text + "] "
      + GeneralRegister.allCases.map { String(processor[$0], radix: 16) }.joined(separator: ",")
      + " f" + String(processor.flags, radix: 16)
  }

  /// A digest, good within this process, of the registers and of every written page.
  var digest: Int {
    var registers = HistoryDigest()
    processor.mixState(into: &registers)
    var hasher = Hasher()
    hasher.combine(registers.value)
    hasher.combine(processor.readTimestamp())
    memory.forEachWrittenPage { page, contents in
      hasher.combine(page)
      hasher.combine(bytes: UnsafeRawBufferPointer(start: contents, count: 4096))
    }
    return hasher.finalize()
  }
}
