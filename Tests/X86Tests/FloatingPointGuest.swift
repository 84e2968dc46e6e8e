@testable import X86

/// Ends a row of operations.
private func stop(_ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer) {}

/// Runs single instructions by the handlers of the interpreter, on a state of its own.
///
/// The storage operand is where RSI points; its translation is entered in the buffer by hand.
final class GuestUnits {
  private let state: ProcessorState
  private let raw: UnsafeMutableRawPointer
  private let data: UnsafeMutableRawPointer
  private let memory: GuestMemory
  private let cache = CodeCache()
  private var first: UnsafeRawPointer
  private let features: ProcessorFeatures

  init(features: ProcessorFeatures = .all) throws {
    self.features = features
    raw = .allocate(byteCount: StateLayout.byteCount, alignment: 64)
    raw.initializeMemory(as: UInt8.self, repeating: 0, count: StateLayout.byteCount)
    data = .allocate(byteCount: 8192, alignment: 4096)
    data.initializeMemory(as: UInt8.self, repeating: 0, count: 8192)
    memory = try GuestMemory(maximumByteCount: 1 << 20)
    state = ProcessorState(raw)
    state.mode = CodeMode.long64
    state.cr4 = ControlRegister4.fxSave | ControlRegister4.simdExceptions
    first = UnsafeRawPointer(data)
    let table = state.translations(.supervisor)
    state.set(StateLayout.currentTranslations, table)
    let address = UInt64(UInt(bitPattern: data))
    let entry = table + state.entryOffset(address)
    entry.storeBytes(of: address | 0xFFF, as: UInt64.self)
    entry.storeBytes(of: address | 0xFFF, toByteOffset: 8, as: UInt64.self)
    entry.storeBytes(of: 0, toByteOffset: 24, as: UInt64.self)
  }

  deinit {
    raw.deallocate()
    data.deallocate()
  }

  /// Translates one instruction; false when it is none of the x87, MMX or SSE.
  func prepare(_ bytes: [UInt8]) throws -> Bool {
    let instruction = try bytes.withUnsafeBytes { buffer in
      try Decoder.decode(
        buffer.baseAddress ?? UnsafeRawPointer(data), available: bytes.count,
        mode: CodeMode.long64, features: features)
    }
    guard Int(instruction.length) == bytes.count else { return false }
    if instruction.map > 0, case .undefined = VectorTable.form(of: instruction) { return false }
    if instruction.map == 0, case .undefined = FloatingPointTable.form(of: instruction) {
      return false
    }
    var builder = BlockBuilder(isSingle: true, room: cache.builderRoom)
    builder.begin(offset: 0, length: bytes.count)
    _ =
      instruction.map == 0
      ? FloatingPointForms.emit(instruction, &builder) : VectorForms.emit(instruction, &builder)
    builder.finish()
    builder.emit(stop)
    let block = builder.build(
      in: cache, memory: memory, page: 0, start: 0, mode: CodeMode.long64)
    first = UnsafeRawPointer(block.operations)
    state.block = block.base
    return true
  }

  /// The state after the prepared instruction.
  func run(_ before: UnitState) -> UnitState {
    let unit = FloatingPointUnit(state)
    UnsafeMutableRawBufferPointer(start: unit.image, count: 512).copyBytes(from: before.image)
    UnsafeMutableRawBufferPointer(start: data, count: before.storage.count)
      .copyBytes(from: before.storage)
    _ = unit.applyExtendedImage(pointersAre64: true, vectorCount: 16)
    for (index, number) in UnitState.generalNumbers.enumerated() {
      state.setRegister(number, before.general[index])
    }
    state.setRegister(6, UInt64(UInt(bitPattern: data)))
    state.flags = before.flags
    first.load(as: Handler.self)(raw, first)
    var after = before
    unit.buildExtendedImage(pointersAre64: true, vectorCount: 16)
    after.image = [UInt8](UnsafeRawBufferPointer(start: unit.image, count: 512))
    after.storage = [UInt8](UnsafeRawBufferPointer(start: data, count: before.storage.count))
    for (index, number) in UnitState.generalNumbers.enumerated() {
      after.general[index] = state.register(number)
    }
    after.flags = state.flags
    return after
  }
}
