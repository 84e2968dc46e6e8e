import X86

/// Runs the same instructions on the simulated processor, in 64-bit mode at privilege level 0.
package final class SimulatedProcessor {
  /// How a run of code ended.
  package enum Ending: Equatable, Sendable {
    /// The code reached its end.
    case completed
    /// An exception with this vector; the stack is at the frame.
    case exception(UInt8)
    case other(ProcessorExit, instructionPointer: UInt64)
  }

  private static let interruptTable: UInt64 = 0x4000
  private static let handlers: UInt64 = 0x5000
  private static let descriptorTable: UInt64 = 0x6000
  private static let pageTable: UInt64 = 0x1000
  private static let hlt: UInt8 = 0xF4
  private static let floatingPointIn = UserLayout.window.lowerBound + 0x3000
  private static let floatingPointOut = UserLayout.window.lowerBound + 0x3200
  /// FXRSTOR and FXSAVE of these images.
  private static let prologue = code { $0.fxrstor(.absolute(Int32(floatingPointIn))) }
  private static let epilogue = code { $0.fxsave(.absolute(Int32(floatingPointOut))) }

  package let memory: GuestMemory
  package let processor: Processor
  private let cache = CodeCache()
  /// Whether code runs in a 32-bit segment (compatibility mode).
  package var isNarrowCode = false {
    didSet { if isNarrowCode != oldValue { loadCodeSegment() } }
  }

  /// Builds a guest whose page tables map the first GiB one to one.
  ///
  /// Its processor has the features.
  package init(features: ProcessorFeatures = .baseline) throws {
    memory = try GuestMemory(maximumByteCount: UserLayout.window.upperBound)
    memory.attach(0..<0x20_0000)
    memory.attach(UserLayout.window)
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(
        processorCount: 1, processorNumber: 0, features: features),
      bus: { _, _, _, _, _, _ in false },
      context: UnsafeMutableRawPointer(bitPattern: 1)
        ?? UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))
    processor.chargesCycles = false
    store(0x2003, at: Self.pageTable)
    store(0x3003, at: 0x2000)
    for entry in 0..<512 as Range<UInt64> { store(entry << 21 | 0x83, at: 0x3000 + 8 * entry) }
    store(0x00AF_9B00_0000_FFFF, at: Self.descriptorTable + 8)
    for vector in 0..<32 as Range<UInt64> {
      let handler = Self.handlers + 16 * vector
      store(handler & 0xFFFF | 8 << 16 | 0x8E00 << 32, at: Self.interruptTable + 16 * vector)
      store(0, at: Self.interruptTable + 16 * vector + 8)
      _ = memory.store(Self.hlt, at: handler)
    }
    processor.enterLongMode(instructionPointer: UserLayout.code, pageTable: Self.pageTable)
    processor.setGlobalDescriptorTable(base: Self.descriptorTable, limit: 15)
    processor.setInterruptDescriptorTable(base: Self.interruptTable, limit: 511)
    processor.cr0 |= 1 << 16 | 1 << 5 | 1 << 1  // WP, NE, MP
    processor.cr4 |= 3 << 9  // OSFXSR, OSXMMEXCPT
  }

  private static func code(_ emit: (inout Assembler) -> Void) -> [UInt8] {
    var assembler = Assembler()
    emit(&assembler)
    return assembler.finish()
  }

  private func loadCodeSegment() {
    processor.setSegment(
      .cs, selector: 8, base: 0, limit: 0xFFFF_FFFF, attributes: isNarrowCode ? 0xC09B : 0xA09B)
    for segment in [SegmentRegister.ds, .es, .ss] {
      processor.setSegment(
        segment, selector: 16, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC093)
    }
  }

  private func store(_ value: UInt64, at address: UInt64) {
    precondition(memory.store(value, at: address), "the test's own storage is attached")
  }

  /// Writes the code and a HLT behind it, runs from `state`, and replaces it by what is left.
  ///
  /// - Parameters:
  ///   - code: Instructions that end at the last byte.
  ///   - state: Registers, flags, data and, if given, floating point.
  ///   - cycles: Most cycles to run.
  ///   - slice: Cycles of each call of `Processor.run`; nil runs all at once.
  /// - Returns: How the run ended.
  package func run(
    _ code: [UInt8], _ state: inout UserState, cycles: Int = 20_000, slice: Int? = nil
  ) -> Ending {
    var start = UserLayout.code
    var all = code
    if let image = state.floatingPoint {
      start -= UInt64(Self.prologue.count)
      all = Self.prologue + code + Self.epilogue
      write(image, at: Self.floatingPointIn)
    }
    write(all + [Self.hlt], at: start)
    write(state.data, at: UserLayout.data)
    for index in 0..<16 {
      guard let register = GeneralRegister(rawValue: UInt8(index)) else { break }
      processor[register] = state.registers[index]
    }
    processor.flags = state.flags | 0x202
    processor.instructionPointer = start
    processor.activity = .running
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    var left = cycles
    var exit = ProcessorExit.cyclesSpent
    while left > 0, exit == .cyclesSpent {
      exit = processor.run(cycles: min(left, slice ?? cycles), cache: cache)
      left -= max(1, processor.cyclesUsed)
    }
    for index in 0..<16 {
      guard let register = GeneralRegister(rawValue: UInt8(index)) else { break }
      state.registers[index] = processor[register]
    }
    state.flags = processor.flags
    let wasRead = state.data.withUnsafeMutableBytes { memory.read(UserLayout.data, into: $0) }
    precondition(wasRead, "the data page is storage")
    if state.floatingPoint != nil {
      var image = [UInt8](repeating: 0, count: 512)
      let wasSaved = image.withUnsafeMutableBytes {
        memory.read(Self.floatingPointOut, into: $0)
      }
      precondition(wasSaved, "the image is in storage")
      state.floatingPoint = image
    }
    return ending(exit, end: start + UInt64(all.count) + 1)
  }

  private func ending(_ exit: ProcessorExit, end: UInt64) -> Ending {
    let pointer = processor.instructionPointer
    if exit == .waiting, pointer == end { return .completed }
    let frame = pointer &- Self.handlers
    if exit == .waiting, frame < 512, frame % 16 == 1 { return .exception(UInt8(frame / 16)) }
    return .other(exit, instructionPointer: pointer)
  }

  private func write(_ bytes: [UInt8], at address: UInt64) {
    let wasWritten = bytes.withUnsafeBytes { memory.write(address, from: $0) }
    precondition(wasWritten, "the test's own storage is attached")
  }
}
