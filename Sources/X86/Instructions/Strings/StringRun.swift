import Quantities

/// One end of a string instruction: which segment, where in it, and how it moves.
struct StringSide {
  var segment: SegmentRegister
  /// Number of RSI or RDI.
  var register: UInt8
  var isWrite: Bool
}

/// What is common to the elements of one string instruction.
struct StringPlan {
  var size: Int
  var addressSize: UInt8
  /// Bytes from an element to the next: `size` or its negative.
  var step: Int
  var repeats: Bool

  /// Elements that so many bytes, 0 or more, hold: `size` is 1, 2, 4 or 8.
  func elements(_ byteCount: Int) -> Int { byteCount >> size.trailingZeroBitCount }
}

/// Elements of one page that can be reached through a host pointer, or one that cannot.
struct StringRun {
  var count: Int
  /// The first element; nil when an element straddles pages or belongs to a device.
  var host: UnsafeMutableRawPointer?
  var linear: UInt64
  /// The last element may change the instruction itself, which has to be fetched again then.
  var isFinal = false
}

/// Where an instruction stands in storage: one piece, or two in pages that need not be neighbours.
struct InstructionStorage {
  /// Offsets in the memory's window.
  var first: Range<Int>
  var second: Range<Int>
}

// String instructions work by runs inside pages (Intel SDM volume 1, "String Instructions"). An
// element costs a cycle; the block charged the first one. When the budget is used up RIP stays at the
// instruction. Registers are brought up to date after each run, so that a fault finds them at its
// element.
extension Processor {
  func stringPlan(_ fields: SystemFields) -> StringPlan {
    let size = Int(fields.operandSize)
    let isDown = state.flagsRest & Flag.direction != 0
    return StringPlan(
      size: size, addressSize: fields.addressSize, step: isDown ? -size : size,
      repeats: fields.repeatPrefix != 0)
  }

  /// The source: `rm` = its segment, which a prefix may have chosen.
  func stringSource(_ fields: SystemFields) -> StringSide {
    StringSide(
      segment: SegmentRegister(rawValue: Int(fields.rm)) ?? .ds, register: 6, isWrite: false)
  }

  /// The destination is always in ES.
  func stringTarget(isWrite: Bool) -> StringSide {
    StringSide(segment: .es, register: 7, isWrite: isWrite)
  }

  /// Elements left to do, by RCX.
  func stringCount(_ plan: StringPlan) -> UInt64 {
    plan.repeats ? readGeneral(1, plan.addressSize) : 1
  }

  /// How many elements may be done now: what is paid for, and one only when debug exceptions may
  /// follow it.
  func affordable(_ left: UInt64, paid: Bool) -> Int {
    let credit: Int64 = paid ? 1 : 0
    let isAlone =
      state.flagsRest & Flag.trap != 0 || state.attention & Attention.breakpoints != 0
    let most = isAlone ? credit : credit &+ max(0, state.budget)
    return Int(truncatingIfNeeded: min(left, UInt64(truncatingIfNeeded: most)))
  }

  /// Elements from the current one on that lie in one page, at most `most`.
  ///
  /// - Throws: The fault of the first element.
  func stringRun(
    _ side: StringSide, _ plan: StringPlan, most: Int
  ) throws(GuestException) -> StringRun {
    let offset = readGeneral(side.register, plan.addressSize)
    let linear = try linearAddress(side.segment, offset, plan.size, write: side.isWrite)
    let inPage = Int(linear & 0xFFF)
    try checkAlignment(linear, plan.size)
    noteAccess(linear, plan.size, write: side.isWrite)
    let alone = StringRun(count: 1, host: nil, linear: linear, isFinal: side.isWrite)
    guard inPage &+ plan.size <= 4096 else { return alone }
    let access = AccessKind(isWrite: side.isWrite, isUser: state.privilege == 3)
    guard case .storage(let host) = try locate(linear, access, stackFault: side.segment == .ss)
    else { return alone }
    var count = plan.step > 0 ? plan.elements(4096 - inPage) : plan.elements(inPage) &+ 1
    count = min(most, count, elementsInSegment(side, plan, offset))
    var run = StringRun(count: count, host: host, linear: linear)
    if side.isWrite, plan.repeats { endAtInstruction(&run, host - memory.window, plan) }
    return run
  }

  /// Ends a run of writes with the first one that changes the instruction itself.
  ///
  /// An instruction that a slice cuts is fetched again. So that it makes no difference where slices
  /// end, it is fetched again after such a write too.
  private func endAtInstruction(_ run: inout StringRun, _ start: Int, _ plan: StringPlan) {
    let low = plan.step > 0 ? start : start &- (run.count &- 1) &* plan.size
    let written = Range(uncheckedBounds: (low, low &+ max(0, run.count &* plan.size)))
    let own = instructionStorage
    for piece in [own.first, own.second] where !piece.isEmpty && piece.overlaps(written) {
      let before =
        plan.step > 0
        ? plan.elements(max(0, piece.lowerBound &- start))
        : plan.elements(max(0, start &- piece.upperBound &+ plan.size))
      run.count = min(run.count, before &+ 1)
      run.isFinal = true
    }
  }

  /// Where the instruction that runs as a system operation stands.
  private var instructionStorage: InstructionStorage {
    let block = Block(state.block)
    let place = block.place(of: block.index(of: state.exitOperation))
    let start = block.page << 12 | Int(place.offset)
    let end = start &+ Int(place.length)
    let pageEnd = (block.page &+ 1) << 12
    guard end > pageEnd, block.secondPage >= 0 else {
      return InstructionStorage(first: Range(uncheckedBounds: (start, end)), second: 0..<0)
    }
    let second = block.secondPage << 12
    return InstructionStorage(
      first: Range(uncheckedBounds: (start, pageEnd)),
      second: Range(uncheckedBounds: (second, second &+ end &- pageEnd)))
  }

  /// Elements that follow without a wrap of the offset and inside the segment's limit.
  private func elementsInSegment(_ side: StringSide, _ plan: StringPlan, _ offset: UInt64) -> Int {
    if state.mode == CodeMode.long64 && plan.addressSize == 8 { return Int.max }
    var last = sizeMask(plan.addressSize)
    if state.mode != CodeMode.long64 {
      let segment = segment(side.segment)
      if segment.isExpandDown { return 1 }
      last = min(last, UInt64(segment.limit))
    }
    if plan.step < 0 { return plan.elements(Int(clamping: offset)) &+ 1 }
    return max(1, plan.elements(Int(clamping: last.subtractingClamped(offset).addingClamped(1))))
  }

  /// Moves RSI or RDI over elements.
  func advance(_ side: StringSide, _ plan: StringPlan, _ count: Int) {
    let moved = UInt64(bitPattern: Int64(plan.step &* count))
    let value = readGeneral(side.register, plan.addressSize) &+ moved
    writeGeneral(side.register, plan.addressSize, value)
  }

  /// Counts elements that were done: RCX, and the budget for those that the block did not charge.
  func finishElements(_ count: Int, _ plan: StringPlan, paid: inout Bool) {
    if plan.repeats {
      writeGeneral(
        1, plan.addressSize, readGeneral(1, plan.addressSize) &- UInt64(truncatingIfNeeded: count))
    }
    state.budget &-= Int64(paid ? count &- 1 : count)
    paid = false
  }

  /// Leaves RIP at the instruction: elements are left, the budget is not.
  ///
  /// RF is set as in the frame of an interrupt here, so that its breakpoint is not met again.
  func cutString() {
    state.nextInstructionPointer = state.instructionPointer
    setResume()
  }
}
