import Quantities

/// One processor and its storage, used for one vector after another.
///
/// Between vectors it undoes what the last one touched: the architectural state is copied from a
/// picture of its mode's default, written pages get back their default contents.
final class TestVectorMachine {
  /// Storage runs from 0 to the PC's hole, in bytes.
  static let storageByteCount = PhysicalAddress.holeStart

  /// How a run ended.
  enum Ending {
    case halt, event, limit, shutdown
  }

  let memory: GuestMemory
  let processor: Processor
  private let cache: CodeCache
  private let tables: [UInt8]
  private let realTable = TestVectorTables.realInterruptTable()
  private let realHandlers = [UInt8](repeating: 0xF4, count: 256)
  private var pictures: [ProcessorPicture] = []

  /// Builds the machine.
  ///
  /// - Throws: `HostMemoryError` when the host has no address space for the storage.
  init(features: ProcessorFeatures) throws(HostMemoryError) {
    cache = try CodeCache(fitting: .ordinary, atMost: CachePolicy.shortRunByteCount)
    memory = try GuestMemory(maximumByteCount: Self.storageByteCount, processorCount: 1)
    memory.attach(0..<Self.storageByteCount)
    tables = TestVectorTables.contents()
    let bus: BusFunction = { _, _, access, _, _, _ in
      access == BusAccess.unimplementedInstruction.rawValue
    }
    processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0, features: features),
      bus: bus, context: UnsafeMutableRawPointer(mutating: Self.nowhere))
    processor.chargesCycles = false
    tables.withUnsafeBytes { _ = memory.write(TestVectorTables.base, from: $0) }
    for mode in TestVectorMode.allCases {
      processor.reset()
      setDefaults(mode)
      pictures.append(ProcessorPicture(processor))
    }
  }

  deinit { for picture in pictures { picture.discard() } }

  /// The bus has no state: what its context points to is never looked at.
  nonisolated(unsafe) private static let nowhere = UnsafeRawPointer(
    UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1))

  // MARK: The state before

  /// Puts storage and registers into the state that a vector describes.
  func setUp(_ vector: TestVector) {
    revertStorage()
    if vector.mode.hasParagraphs {
      realTable.withUnsafeBytes { _ = memory.write(0, from: $0) }
      let handlers = TestVectorTables.realHandlerSegment << 4 + TestVectorTables.realHandlerOffset
      realHandlers.withUnsafeBytes { _ = memory.write(handlers, from: $0) }
    }
    vector.pool.withUnsafeBytes { pool in
      for item in vector.memory {
        _ = memory.write(item.address, from: UnsafeRawBufferPointer(rebasing: pool[item.bytes]))
      }
    }
    pictures.element(at: Int(vector.mode.rawValue))?.restore(to: processor)
    setRegisters(vector)
  }

  private func revertStorage() {
    tables.withUnsafeBytes { tables in
      memory.revertWrittenPages { page in
        guard page >= TestVectorTables.base,
          page < TestVectorTables.base + UInt64(TestVectorTables.byteCount)
        else { return nil }
        return tables.baseAddress.map { $0 + Int(page - TestVectorTables.base) }
      }
    }
  }

  private func setRegisters(_ vector: TestVector) {
    var hasPointer = false
    var hasFlags = false
    for step in 0..<TestVectorRegister.stepCount where vector.steps & 1 << UInt16(step) != 0 {
      for (register, value) in vector.registers where register.step == step {
        if register.kind == .selector {
          selectSegment(register, UInt16(truncatingIfNeeded: value), vector.mode)
        } else {
          processor.set(register, value)
        }
        hasPointer = hasPointer || register.kind == .pointer
        hasFlags = hasFlags || register.kind == .flags
      }
    }
    if hasFlags && vector.mode == .vm86 { processor.state.flagsRest |= Flag.virtual8086 }
    if !hasPointer, let first = vector.memory.first {
      let pointer = first.address &- processor.segment(.cs).base
      processor.instructionPointer = vector.mode == .long ? first.address : pointer
    }
    if vector.mode == .prot16 || vector.mode == .prot32 || vector.mode == .long {
      processor.state.privilege = UInt32(processor.segment(.cs).selector & 3)
    }
    processor.updateBreakpoints()
    processor.updateMode()
  }

  /// Sets a selector and what its descriptor says, with no checks.
  private func selectSegment(
    _ register: TestVectorRegister, _ selector: UInt16, _ mode: TestVectorMode
  ) {
    let name = SegmentRegister(rawValue: Int(register.number)) ?? .es
    var segment = processor.segment(name)
    segment.selector = selector
    if mode.hasParagraphs && name != .tr && name != .ldtr {
      segment.base = UInt64(selector) << 4
    } else if let address = processor.descriptorAddress(selector), selector & ~3 != 0,
      let raw = memory.load(address, as: UInt64.self)
    {
      let descriptor = Descriptor(raw: raw)
      segment = descriptor.segment(selector)
      if !descriptor.isSegment && processor.isLongModeActive {
        segment.base |= UInt64(memory.load(address &+ 8, as: UInt32.self) ?? 0) << 32
      }
    } else {
      segment = Processor.nullSegment(selector)
    }
    processor.install(segment, name)
  }

  // MARK: Running

  /// Runs until the vector's stop, or until `limit` instructions were begun.
  func run(_ stop: TestVectorStop, limit: Int) -> Ending {
    var left = limit
    var eventCount = Int.max
    switch stop {
    case .halt: break
    case .events(let count): eventCount = count
    case .instructions(let count): left = count
    }
    processor.eventLog = EventLog(stopCount: eventCount)
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    while left > 0 {
      let exit = processor.run(cycles: left, cache: cache)
      left &-= processor.cyclesUsed
      switch exit {
      // Of fewer events than were waited for none is the one: what the last was is not said.
      case .waiting: return eventCount == Int.max && isInDefaultHandler ? .event : .halt
      case .shutdown: return .shutdown
      case .yielded where processor.eventLog.count >= eventCount: return .event
      case .cyclesSpent, .yielded, .paused, .firmwareCall: break
      }
    }
    return .limit
  }

  /// Whether the HLT of a default handler was the last instruction.
  private var isInDefaultHandler: Bool {
    guard let event = processor.eventLog.last else { return false }
    let vector = UInt64(event.vector)
    let pointer = processor.instructionPointer &- vector &- 1
    if processor.isProtected { return pointer == TestVectorTables.handlers }
    return pointer == TestVectorTables.realHandlerOffset
      && UInt64(processor.segment(.cs).selector) == TestVectorTables.realHandlerSegment
  }
}

/// Everything that a vector starts from, of one mode.
struct ProcessorPicture {
  private let bytes: UnsafeMutableRawPointer
  private let system: SystemRegisters

  /// Takes the picture.
  init(_ processor: Processor) {
    bytes = .allocate(byteCount: StateLayout.architecturalByteCount, alignment: 16)
    bytes.copyMemory(
      from: processor.state.base, byteCount: StateLayout.architecturalByteCount)
    system = processor.system
  }

  func discard() { bytes.deallocate() }

  /// Makes the processor what it was, with no translation and no cached jump.
  func restore(to processor: Processor) {
    processor.state.base.copyMemory(from: bytes, byteCount: StateLayout.architecturalByteCount)
    processor.system = system
    processor.activity = .running
    processor.isInStackShadow = false
    processor.metBreakpoints = 0
    processor.flushTranslations()
  }
}
