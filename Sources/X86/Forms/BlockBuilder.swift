/// What comes after an instruction in its block.
enum BlockFlow {
  /// The next instruction may follow in the block.
  case goesOn
  /// The instruction leaves the block.
  case ends
  /// The instruction must begin a block of its own; nothing was emitted if it is not the first.
  case standsAlone
}

/// Collects the operations of one block.
struct BlockBuilder {
  /// Operations, their places, and where instructions begin: the cache's room, used block by block.
  private let operations: UnsafeMutableRawPointer
  private let places: UnsafeMutablePointer<InstructionPlace>
  private let boundaries: UnsafeMutablePointer<Int>
  private(set) var count = 0
  /// The instruction being emitted: offset in the page, number, length.
  private(set) var offset = 0
  private(set) var number = 0
  private(set) var length = 0
  let isSingle: Bool

  init(isSingle: Bool, room: UnsafeMutableRawPointer) {
    self.isSingle = isSingle
    operations = room
    let behind = room + Block.mostBuilt * Block.operationByteCount
    boundaries = behind.assumingMemoryBound(to: Int.self)
    places = (behind + (Block.maximumInstructionCount + 1) * MemoryLayout<Int>.stride)
      .assumingMemoryBound(to: InstructionPlace.self)
  }

  /// Offset in the page of the instruction after this one.
  var following: Int { offset &+ length }

  /// Begins an instruction.
  mutating func begin(offset: Int, length: Int) {
    self.offset = offset
    self.length = length
    boundaries[number] = offset
  }

  /// Ends an instruction.
  mutating func finish() { number &+= 1 }

  /// What is emitted next belongs to no instruction: it goes on at `offset`.
  mutating func leave(at offset: Int) {
    self.offset = offset
    length = 0
  }

  /// Forgets the instruction that was begun and what was emitted for it since `mark`.
  mutating func takeBack(to mark: Int) {
    count = mark
  }

  mutating func emit(
    _ handler: Handler, a: UInt8 = 0, b: UInt8 = 0, index: UInt8 = 0, scale: UInt8 = 0,
    immediate: Int32 = 0
  ) {
    let slot = operations + count &* Block.operationByteCount
    slot.storeBytes(of: handler, as: Handler.self)
    slot.storeBytes(of: a, toByteOffset: 8, as: UInt8.self)
    slot.storeBytes(of: b, toByteOffset: 9, as: UInt8.self)
    slot.storeBytes(of: index, toByteOffset: 10, as: UInt8.self)
    slot.storeBytes(of: scale, toByteOffset: 11, as: UInt8.self)
    slot.storeBytes(of: immediate, toByteOffset: 12, as: Int32.self)
    advance()
  }

  /// Adds a data slot.
  mutating func emitData(_ first: UInt64 = 0, _ second: UInt64 = 0) {
    let slot = operations + count &* Block.operationByteCount
    slot.storeBytes(of: first, as: UInt64.self)
    slot.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
    advance()
  }

  private mutating func advance() {
    places[count] = InstructionPlace(offset: offset, number: number, length: length)
    count &+= 1
  }

  /// Emits an operation with a memory operand whose address was prepared by `address`.
  mutating func emit(_ handler: Handler, a: UInt8 = 0, memory: MemoryFields) {
    emit(
      handler, a: a, b: memory.base, index: memory.index, scale: memory.scale,
      immediate: memory.displacement)
  }

  /// Emits a system operation; the memory operand's address is prepared before.
  mutating func emitSystem(_ fields: SystemFields) {
    emit(leaveForSystem)
    let slot = operations + count &* Block.operationByteCount
    slot.storeBytes(of: fields, as: SystemFields.self)
    advance()
  }

  /// Copies the block into a cache.
  func build(
    in cache: CodeCache, memory: GuestMemory, page: Int, start: Int, mode: UInt32
  ) -> Block {
    let byteCount = Block.byteCount(operations: count, instructions: number)
    let block = Block(cache.allocate(byteCount: byteCount))
    block.cost = Int64(number)
    block.operationCount = count
    block.isLive = true
    block.mode = mode
    block.memoryIdentifier = memory.identifier
    block.page = page
    block.offset = UInt64(truncatingIfNeeded: start)
    block.isSingle = isSingle
    block.nextInPiece = nil
    block.version = memory.version(page: page)
    block.secondPage = -1
    block.secondVersion = 0
    block.setCode(
      entered: cache.translator?.interpretEntered, linked: cache.translator?.interpretLinked)
    block.operations.copyMemory(
      from: operations, byteCount: max(0, count &* Block.operationByteCount))
    for index in 0..<max(0, count) { block.setPlace(of: index, places[index]) }
    for index in 0..<max(0, number) { block.setBoundary(index, boundaries[index]) }
    return block
  }
}

/// The address fields of an operation with a memory operand.
struct MemoryFields {
  var base: UInt8
  var index: UInt8
  var scale: UInt8
  var displacement: Int32

  /// The address that the operation before has worked out.
  static let prepared = MemoryFields(
    base: PseudoRegister.address, index: PseudoRegister.zero, scale: 0, displacement: 0)
}

/// How an instruction accesses its memory operand, as flags of `AddressForm`.
enum OperandAccess: UInt8 {
  /// At once.
  case whole = 0
  /// In parts, each of which wraps at the end of addresses by itself; a system operation does it.
  case parts = 4
  /// The same; by an operation that leaves it to a block of one instruction where a part wraps.
  case partsAlone = 12
}

extension BlockBuilder {
  /// Makes a memory operand addressable, emitting an address operation where its form needs one.
  mutating func address(
    _ instruction: Instruction, byteCount: Int, writes: Bool, plain: Bool = false,
    parts: OperandAccess = .whole
  ) -> MemoryFields {
    var fields = MemoryFields(
      base: instruction.base, index: instruction.index, scale: instruction.scale,
      displacement: 0)
    var displacement = instruction.displacement
    if instruction.isPointerRelative {
      fields.base = PseudoRegister.page
      displacement &+= Int64(following)
    }
    let isShort = Int64(Int32(truncatingIfNeeded: displacement)) == displacement
    if instruction.isLong && instruction.addressSize == 8 && isShort {
      fields.displacement = Int32(truncatingIfNeeded: displacement)
      if instruction.segmentPrefix == 0xFF || plain { return fields }
      emit(TransferHandlers.addressInSegment, a: instruction.segmentPrefix, memory: fields)
      return .prepared
    }
    let form = AddressForm(
      segment: instruction.segment, addressSize: instruction.addressSize,
      byteCount: UInt16(clamping: byteCount),
      flags: (writes ? 1 : 0) | (plain ? 2 : 0) | parts.rawValue)
    emit(TransferHandlers.addressOfAnyForm, memory: fields)
    emitData(UInt64(bitPattern: displacement), form.word)
    return .prepared
  }
}

extension Processor {
  /// Decodes the block that starts at an instruction pointer and enters it in the cache.
  func decodeBlock(
    pointer: UInt64, linear: UInt64, host: UnsafeMutableRawPointer, page: Int, single: Bool
  ) throws(GuestException) -> Block {
    memory.markCode(page: page)
    let record = cache.prepare(memory, page: page)
    let start = Int(linear & 0xFFF)
    let bytes = UnsafeRawPointer(host - start)
    var builder = BlockBuilder(isSingle: single, room: cache.builderRoom)
    let limit = single ? 1 : Block.maximumInstructionCount
    var offset = start
    var ended = false
    // Where a block ends is the same with every engine: decoding costs the guest cycles.
    var most = Block.maximumOperationCount - 16
    let mayTranslate =
      cache.translator != nil && !single && TranslationHandlers.serve(state.mode)
    if mayTranslate {
      builder.begin(offset: start, length: 0)
      builder.emit(TranslationHandlers.countRuns, immediate: cache.runsBefore)
      most &+= builder.count
    }
    while !ended && builder.number < limit && builder.count < most {
      let instruction: Instruction
      do throws(DecodeFailure) {
        instruction = try Decoder.decode(
          bytes + offset, available: 4096 - offset, mode: state.mode,
          features: identification.features)
      } catch {
        if offset == start {
          return try decodeAcrossPages(pointer, linear, bytes, page, record, single, error)
        }
        break
      }
      let mark = builder.count
      builder.begin(offset: offset, length: Int(instruction.length))
      let flow = InstructionForms.emit(instruction, into: &builder)
      if flow == .standsAlone && builder.number > 0 {
        builder.takeBack(to: mark)
        break
      }
      if single && builder.count == mark { builder.emit(TransferHandlers.nothing) }
      builder.finish()
      offset += Int(instruction.length)
      ended = flow != .goesOn
      if mayTranslate, !ended, cache.translator?.knows(instruction) == false {
        builder.leave(at: offset)
        builder.emit(TranslationHandlers.wayBack)
        most &+= 1
      }
      if offset >= 4096 { break }
    }
    if !ended {
      builder.leave(at: offset)
      builder.emitJump(to: offset, mode: state.mode)
    }
    let block = builder.build(
      in: cache, memory: memory, page: page, start: start, mode: state.mode)
    noteDecoded(page, start, offset - start)
    record.insert(block)
    return block
  }

  private func noteDecoded(_ page: Int, _ offset: Int, _ byteCount: Int) {
    let pieces = memory.noteDecoded(page: page, offset: offset, byteCount: byteCount)
    state.cyclesOwedLater &+= Int64(pieces) &* CycleCost.newCode
  }

  /// Decodes one instruction whose bytes run over into the next page.
  private func decodeAcrossPages(
    _ pointer: UInt64, _ linear: UInt64, _ bytes: UnsafeRawPointer, _ page: Int,
    _ record: CodePage, _ single: Bool, _ failure: DecodeFailure
  ) throws(GuestException) -> Block {
    let start = Int(linear & 0xFFF)
    // The segment's limit comes before a page that is absent.
    let end = pointer &+ UInt64(truncatingIfNeeded: 4096 &- start)
    let isInside = state.mode == CodeMode.long64 || end <= codeLimit
    guard failure == .truncated, isInside else { throw .generalProtection(0) }
    let next = try secondPage(after: linear)
    let inFirst = 4096 - start
    let instruction: Instruction
    do throws(DecodeFailure) {
      instruction = try decode(
        joining: bytes + start, count: inFirst, to: memory.window + next << 12)
    } catch {
      throw .generalProtection(0)
    }
    var builder = BlockBuilder(isSingle: single, room: cache.builderRoom)
    builder.begin(offset: start, length: Int(instruction.length))
    let flow = InstructionForms.emit(instruction, into: &builder)
    if builder.count == 0 { builder.emit(TransferHandlers.nothing) }
    builder.finish()
    if flow == .goesOn {
      builder.leave(at: start + Int(instruction.length))
      builder.emitJump(to: start + Int(instruction.length), mode: state.mode)
    }
    memory.markCode(page: next)
    let block = builder.build(
      in: cache, memory: memory, page: page, start: start, mode: state.mode)
    block.secondPage = next
    block.secondVersion = memory.version(page: next)
    noteDecoded(page, start, inFirst)
    noteDecoded(next, 0, Int(instruction.length) - inFirst)
    record.insert(block)
    return block
  }

  /// Decodes one instruction whose first bytes, at most 15, stand apart from the others.
  private func decode(
    joining first: UnsafeRawPointer, count: Int, to second: UnsafeMutableRawPointer
  ) throws(DecodeFailure) -> Instruction {
    // Room for blocks: the builder begins only when the instruction is known.
    let joined = cache.builderRoom
    // Cannot trap: a piece of a page.
    joined.copyMemory(from: first, byteCount: count)
    // Cannot trap: the same.
    (joined + count).copyMemory(from: second, byteCount: 16)
    return try Decoder.decode(
      joined, available: 16, mode: state.mode, features: identification.features)
  }
}
