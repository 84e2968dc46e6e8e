import Quantities

/// Makes host code of decoded blocks.
///
/// A block's code begins with what pays for it, and goes on for as long as the guest's instructions are
/// ones that it knows. Where it meets one that it does not, or storage that no fast path leads to, it
/// leaves to the interpreter at that instruction's first operation, with nothing of it done and
/// everything before it done: so every effect but those of the fast paths has one definition.
final class Translator: BlockTranslator {
  /// A way out of a block's code.
  private struct Exit {
    enum Kind {
      /// The interpreter goes on at an operation, for a reason.
      case operation(Int, TranslationExit)
      /// The vectors are to be loaded, for the code at a place; where they may not be, the interpreter goes
      /// on at an operation.
      case vectors(Int, back: UnsafeMutableRawPointer)
      /// The run loop is to find the block at an offset of the page, and to enter it at a link.
      case unlinked(site: Int, offset: Int)
      /// The budget does not cover the block.
      case broke
    }
    var site: HostCode.Site
    var kind: Kind
    var flags: FlagPlace
  }

  /// Where the interpreter comes back behind an instruction that it carries out.
  private struct Resumption {
    /// Number of the operation there.
    var operation: Int
    /// Where the code goes on.
    var code: UnsafeMutableRawPointer
    /// Flags are read there before they are defined.
    var readsFlags: Bool
  }

  let memory: CodeMemory
  var code: HostCode
  var flags = FlagPlace()
  /// The code so far has seen to it that the guest's vectors are in the host's registers.
  var hasVectors = false
  private(set) var block: Block
  private(set) var steps: [Step] = []
  private var exits: [Exit] = []
  /// Jumps by links to blocks that are not translated yet: the block, and where the code is written.
  private var waiting: [(target: UnsafeMutableRawPointer, site: UnsafeMutableRawPointer)] = []
  private var links = TranslationLinks()
  /// The block runs in the upper half of addresses, and so goes on there.
  private var isUpperHalf = false
  private var resumptions: [Resumption] = []
  /// Where the block's code begins for who comes by a link.
  private var linkedStart: UnsafeMutableRawPointer
  /// Where it goes on for who has paid.
  private var enteredStart: UnsafeMutableRawPointer
  /// The kind of the flags when the block was translated.
  private var entryKind: UInt32 = 0
  /// Jumps to the block's beginning with flags that are not in the state, and where its second body
  /// begins, which expects them so.
  private var roundSites: [(site: HostCode.Site, flags: FlagPlace)] = []
  private var round: (start: UnsafeMutableRawPointer, flags: FlagPlace)?
  /// The step that has to be left to the interpreter though it did not look so.
  private var refused: Int?
  /// The step whose code is being made.
  private var current = 0
  /// The number of that step's first operation.
  private var operation = 0

  init(_ memory: CodeMemory) {
    self.memory = memory
    code = memory.nextCode
    block = Block(code.cursor)
    linkedStart = code.cursor
    enteredStart = code.cursor
  }

  var entry: UnsafeMutableRawPointer { memory.routines.enter }
  var interpretEntered: UnsafeMutableRawPointer { memory.routines.interpretEntered }
  var interpretLinked: UnsafeMutableRawPointer { memory.routines.interpretLinked }
  var isFull: Bool { memory.isFull }
  var blockCount: Int { memory.blockCount }
  var byteCount: Int { memory.usedByteCount }
  var exitCounts: [TranslationExitCount] { memory.exits.counts }

  func knows(_ instruction: Instruction) -> Bool {
    Step.of(instruction, following: 0).action != .leave
  }

  func removeAll() {
    memory.removeAll()
    links.removeAll()
  }

  func translate(
    _ block: Block, bytes: UnsafeRawPointer, features: ProcessorFeatures, state: ProcessorState
  ) -> UnsafeMutableRawPointer? {
    self.block = block
    entryKind = state.flagsKind
    isUpperHalf = Int64(bitPattern: state.register(PseudoRegister.page)) < 0
    readSteps(bytes, features)
    guard steps.count >= Int(block.cost) else { return nil }
    while true {
      Step.setLiveness(&steps)
      guard let first = steps.first(where: { $0.action != .nothing }), !first.ends || !first.leaves
      else { return nil }
      refused = nil
      emit()
      guard let refused else { break }
      guard steps.element(at: refused)?.leaves == false else { return nil }
      steps.change(at: refused) { $0.action = .leave }
    }
    memory.keep(code)
    for resumption in resumptions { setResumption(resumption) }
    for (target, site) in waiting { links.wait(for: target, at: site) }
    if steps.first(where: { $0.action != .nothing })?.leaves != false { return nil }
    block.setCode(entered: enteredStart, linked: linkedStart)
    links.settle(block.base, at: linkedStart, shift: code.shift)
    return enteredStart
  }

  private func setResumption(_ resumption: Resumption) {
    let operation = block.operations + resumption.operation &* Block.operationByteCount
    let handler =
      resumption.readsFlags ? TranslationHandlers.resumeReadingFlags : TranslationHandlers.enter
    operation.storeBytes(of: handler, as: Handler.self)
    operation.storeBytes(
      of: resumption.code, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
  }

  private func readSteps(_ bytes: UnsafeRawPointer, _ features: ProcessorFeatures) {
    steps.removeAll(keepingCapacity: true)
    let count = Int(block.cost)
    var operation = 1
    for number in Range(uncheckedBounds: (0, count)) {
      let offset = Int(block.boundary(number))
      guard
        let instruction = try? Decoder.decode(
          bytes + offset, available: 4096 &- offset, mode: block.mode, features: features)
      else { break }
      skipOperations(&operation, before: number)
      var step = Step.of(instruction, following: offset &+ Int(instruction.length))
      step.operation = operation
      let hasOperations =
        operation < block.operationCount && block.place(of: operation).number == number
      if !hasOperations { step.action = .nothing }
      if step.action == .leave { step.resumption = resumption(behind: operation, number) }
      steps.append(step)
    }
    if let last = steps.last, !last.ends { appendEnd(after: last) }
  }

  /// Goes on to the first operation of an instruction or of one behind it.
  private func skipOperations(_ operation: inout Int, before number: Int) {
    while operation < block.operationCount, block.place(of: operation).number < number {
      operation &+= 1
    }
    if isWayBack(operation) { operation &+= 1 }
  }

  /// Whether an operation is where the interpreter comes back.
  private func isWayBack(_ operation: Int) -> Bool {
    operation < block.operationCount && TranslationHandlers.isWayBack(block, operation)
  }

  /// The operation behind an instruction, which begins at one, at which the interpreter comes back.
  private func resumption(behind operation: Int, _ number: Int) -> Int? {
    var next = operation
    while next < block.operationCount, block.place(of: next).number <= number { next &+= 1 }
    return isWayBack(next) ? next : nil
  }

  /// The end of a block without a jump is an operation that belongs to no instruction.
  private func appendEnd(after last: Step) {
    var operation = last.operation
    skipOperations(&operation, before: steps.count)
    var end = Step(.jump(Int(block.place(of: operation).offset)), last.instruction)
    end.operation = operation
    steps.append(end)
  }

  // MARK: Code

  private func emit() {
    code = memory.nextCode
    flags = FlagPlace()
    exits.removeAll(keepingCapacity: true)
    resumptions.removeAll(keepingCapacity: true)
    waiting.removeAll(keepingCapacity: true)
    roundSites.removeAll(keepingCapacity: true)
    round = nil
    linkedStart = code.here
    pay()
    enteredStart = code.here
    emitSteps()
    if refused == nil, let (_, place) = roundSites.first {
      // The same once more, with the flags as they come round.
      flags = FlagPlace(source: place.source, isInState: false)
      round = (code.here, flags)
      for (site, _) in roundSites { code.land(site) }
      pay()
      emitSteps()
    }
    if refused == nil { emitExits() }
  }

  private func pay() {
    code.binary(5, 3, .state(StateLayout.budget), UInt64(bitPattern: block.cost))
    leave(if: 8, .broke)
  }

  private func emitSteps() {
    hasVectors = false
    for (index, step) in steps.enumerated() {
      current = index
      operation = step.operation
      if code.room < Self.longestStep &+ exits.count &* Self.longestExit { refuse() }
      emit(step)
      if refused != nil || step.ends { return }
    }
  }

  /// More bytes than the code of one instruction and of its ways out take.
  private static let longestStep = 1 << 10
  /// More bytes than the code of one way out takes.
  private static let longestExit = 1 << 7

  /// Leaves at an instruction that the interpreter carries out, and goes on where it comes back.
  func leaveAndResume(_ step: Step) {
    leave()
    guard let resumption = step.resumption else { return }
    let readsFlags = readsFlags(behind: current)
    resumptions.append(
      Resumption(operation: resumption, code: code.here, readsFlags: readsFlags))
    flags = FlagPlace(
      source: readsFlags ? .known(FlagsKind.explicit) : .state, isInState: true)
    hasVectors = false
  }

  /// Whether a step behind one needs flags that were defined before it.
  private func readsFlags(behind index: Int) -> Bool {
    for step in steps.dropFirst(max(0, index &+ 1)) {
      if step.reads != 0 { return true }
      if step.defines == Flag.arithmetic || step.ends || step.leaves { return false }
      // What keeps some of them has to know them.
      if step.defines != 0 { return true }
    }
    return false
  }

  /// Gives the step to the interpreter.
  func refuse() { refused = refused ?? current }

  /// Makes sure that flags which come from before the block are of the kind that they were of when it was
  /// translated; leaves where they are not.
  func expectEntryFlags() {
    guard flags.source == .state else { return }
    code.binary(7, 2, .state(StateLayout.flagsKind), UInt64(entryKind))
    leave(if: 5, with: flags, because: .flags)
    flags = FlagPlace(source: .known(entryKind), isInState: true)
  }

  private func leave(if condition: UInt8, _ kind: Exit.Kind) {
    exits.append(Exit(site: code.branch(condition), kind: kind, flags: flags))
  }

  /// Leaves at the current instruction when a condition of the host holds.
  func leave(if condition: UInt8, with place: FlagPlace, because reason: TranslationExit) {
    guard place.source != .lost || place.isInState else { return refuse() }
    exits.append(
      Exit(site: code.branch(condition), kind: .operation(operation, reason), flags: place))
  }

  /// Loads the vectors when a condition of the host holds; leaves at the current instruction where that
  /// may not be done.
  func loadVectors(if condition: UInt8, with place: FlagPlace) {
    guard place.source != .lost || place.isInState else { return refuse() }
    let site = code.branch(condition)
    exits.append(Exit(site: site, kind: .vectors(operation, back: code.here), flags: place))
  }

  /// Leaves at the current instruction, which the interpreter carries out.
  func leave() {
    leave(because: steps.element(at: current).map { .of($0.instruction) } ?? .other)
  }

  /// Leaves at the current instruction for a reason.
  func leave(because reason: TranslationExit) {
    guard flags.source != .lost || flags.isInState else { return refuse() }
    exits.append(Exit(site: code.jump(), kind: .operation(operation, reason), flags: flags))
  }

  /// Goes to the block's own beginning, if that is where it leads: a loop of one block is not left, nor
  /// are its flags saved, as long as it goes round.
  func goesRound(to offset: Int) -> Bool {
    guard offset == Int(block.offset) else { return false }
    if flags.isInState {
      code.jump(to: linkedStart)
    } else if let round, round.flags.source == flags.source {
      code.jump(to: round.start)
    } else if round == nil, roundSites.first.map({ $0.flags.source == flags.source }) ?? true {
      roundSites.append((code.jump(), flags))
    } else {
      var place = flags
      saveFlags(&place)
      code.jump(to: linkedStart)
    }
    return true
  }

  /// Goes on at an offset of the page by the operation's link, its first (0) or its second (1).
  func follow(_ offset: Int, link: Int) {
    let site = (1 &+ operation) &* Block.operationByteCount &+ link &* 8
    let address = block.operations + site
    if let target = address.load(as: UnsafeMutableRawPointer?.self) {
      let linked = Block(target).linkedCode
      if linked != memory.routines.interpretLinked, let linked { return code.jump(to: linked) }
      waiting.append((target, code.cursor))
    }
    code.load(.first, address)
    code.load(3, .first, HostMemory(base: .first))
    code.emit(0x85, 3, .first, .first)
    exits.append(
      Exit(site: code.branch(4), kind: .unlinked(site: site, offset: offset), flags: FlagPlace()))
    code.jump(through: HostMemory(base: .first, displacement: Block.linkedCodeOffset))
  }

  /// Goes on at the instruction pointer in R13, by the cache of jumps; R14 is free.
  ///
  /// - Parameter goal: The same as an offset from the start of the page, if it is known.
  func jump(to goal: Int? = nil) {
    let key = HostMemory.state(isUpperHalf ? StateLayout.jumpKeyHigh : StateLayout.jumpKeyLow)
    let entry = code.jumpEntry()
    // With the other half's key nothing is found: an entry's pointer and its key are of one half.
    code.emit(0x33, 3, .first, key)
    code.emit(0x3B, 3, .first, entry)
    let miss = code.branch(5)
    var found = entry
    found.displacement += 8
    code.load(3, .second, found)
    code.binary(7, 2, HostMemory(base: .second, displacement: Block.isLiveOffset), 0)
    let dead = code.branch(4)
    if let goal {
      let pages = UInt64(bitPattern: Int64(goal)) & ~0xFFF
      if pages != 0 { code.binary(0, 3, RegisterMap.place(PseudoRegister.page), pages) }
    } else {
      code.emit(0x33, 3, .first, key)
      // What stands behind the offset is 0: the block is not of one instruction alone.
      code.emit(0x2B, 3, .first, HostMemory(base: .second, displacement: Block.offsetOffset))
      code.store(3, RegisterMap.place(PseudoRegister.page), .first)
    }
    code.move(3, .first, .second)
    code.jump(through: HostMemory(base: .first, displacement: Block.linkedCodeOffset))
    code.land(miss)
    code.land(dead)
    code.emit(0x33, 3, .first, key)
    code.load(.second, block.base)
    code.store(3, .state(StateLayout.block), .second)
    code.jump(to: memory.routines.jump)
  }

  /// The same behind what the run loop would have done: the buffer is asked where the code is.
  func jumpAsking() {
    code.load(.second, block.base)
    code.store(3, .state(StateLayout.block), .second)
    code.jump(to: memory.routines.jumpAsking)
  }

  private func emitExits() {
    for exit in exits {
      code.land(exit.site)
      if case .vectors(_, let back) = exit.kind {
        code.call(memory.routines.loadVectors)
        code.binary(7, 0, .state(StateLayout.vectorsLoaded), 0)
        code.branch(5, to: back)
      }
      var place = exit.flags
      saveFlags(&place)
      code.load(.second, block.base)
      code.store(3, .state(StateLayout.block), .second)
      switch exit.kind {
      case .operation(let number, let reason): leave(at: number, reason)
      case .vectors(let number, _): leave(at: number, .other)
      case .unlinked(let site, let offset):
        code.count(memory.exits.place(.block))
        code.binary(0, 3, .second, UInt64(truncatingIfNeeded: Block.headerByteCount &+ site))
        code.store(3, .state(StateLayout.linkSite), .second)
        leaveToLoop(at: offset)
      case .broke:
        code.count(memory.exits.place(.budget))
        code.binary(0, 3, .state(StateLayout.budget), UInt64(bitPattern: block.cost))
        code.store(.state(StateLayout.exitReason), ExitReason.budget)
        leaveToLoop(at: Int(block.offset))
      }
    }
  }

  private func leave(at number: Int, _ reason: TranslationExit) {
    code.count(memory.exits.place(reason))
    let offset = Block.headerByteCount &+ number &* Block.operationByteCount
    code.address(
      3, .second,
      HostMemory(base: .second, displacement: Int32(truncatingIfNeeded: offset)))
    code.jump(to: memory.routines.leave)
  }

  private func leaveToLoop(at offset: Int) {
    code.load(.first, PseudoRegister.page)
    code.binary(0, 3, .first, UInt64(truncatingIfNeeded: offset))
    code.store(3, .state(StateLayout.instructionPointer), .first)
    code.jump(to: memory.routines.leaveToLoop)
  }
}
