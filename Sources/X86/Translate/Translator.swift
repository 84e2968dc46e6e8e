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
      /// The interpreter goes on at an operation.
      case operation(Int)
      /// The run loop is to find the block at an offset of the page, and to enter it at a link.
      case unlinked(site: Int, offset: Int)
      /// The budget does not cover the block.
      case broke
    }
    var site: HostCode.Site
    var kind: Kind
    var flags: FlagPlace
  }

  let memory: CodeMemory
  var code: HostCode
  var flags = FlagPlace()
  /// The code so far has made sure that the guest may use its vectors.
  var mayUseVectors = false
  private(set) var block: Block
  private(set) var steps: [Step] = []
  private var exits: [Exit] = []
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

  func removeAll() { memory.removeAll() }

  func translate(
    _ block: Block, bytes: UnsafeRawPointer, features: ProcessorFeatures, flagsKind: UInt32
  ) -> UnsafeMutableRawPointer? {
    self.block = block
    entryKind = flagsKind
    readSteps(bytes, features)
    guard steps.count >= Int(block.cost) else { return nil }
    while true {
      Step.setLiveness(&steps)
      guard let first = steps.first(where: { $0.action != .nothing }), first.action != .leave
      else { return nil }
      refused = nil
      emit()
      guard let refused else { break }
      guard steps.element(at: refused)?.action != .leave else { return nil }
      steps.change(at: refused) { $0.action = .leave }
    }
    memory.keep(code)
    block.setCode(entered: enteredStart, linked: linkedStart)
    return enteredStart
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
      while operation < block.operationCount, block.place(of: operation).number < number {
        operation &+= 1
      }
      var step = Step.of(instruction, following: offset &+ Int(instruction.length))
      step.operation = operation
      let hasOperations =
        operation < block.operationCount && block.place(of: operation).number == number
      if !hasOperations { step.action = .nothing }
      steps.append(step)
    }
    if let last = steps.last, !last.ends { appendEnd(after: last) }
  }

  /// The end of a block without a jump is an operation that belongs to no instruction.
  private func appendEnd(after last: Step) {
    var operation = last.operation
    while operation < block.operationCount, block.place(of: operation).number < steps.count {
      operation &+= 1
    }
    var end = Step(.jump(Int(block.place(of: operation).offset)), last.instruction)
    end.operation = operation
    steps.append(end)
  }

  // MARK: Code

  private func emit() {
    code = memory.nextCode
    flags = FlagPlace()
    exits.removeAll(keepingCapacity: true)
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
    mayUseVectors = false
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

  /// Gives the step to the interpreter.
  func refuse() { refused = refused ?? current }

  /// Makes sure that flags which come from before the block are of the kind that they were of when it was
  /// translated; leaves where they are not.
  func expectEntryFlags() {
    guard flags.source == .state else { return }
    code.binary(7, 2, .state(StateLayout.flagsKind), UInt64(entryKind))
    leave(if: 5, with: flags)
    flags = FlagPlace(source: .known(entryKind), isInState: true)
  }

  private func leave(if condition: UInt8, _ kind: Exit.Kind) {
    exits.append(Exit(site: code.branch(condition), kind: kind, flags: flags))
  }

  /// Leaves at the current instruction when a condition of the host holds.
  func leave(if condition: UInt8, with place: FlagPlace) {
    guard place.source != .lost || place.isInState else { return refuse() }
    exits.append(
      Exit(
        site: code.branch(condition), kind: .operation(operation), flags: place))
  }

  /// Leaves at the current instruction.
  func leave() {
    guard flags.source != .lost || flags.isInState else { return refuse() }
    exits.append(
      Exit(site: code.jump(), kind: .operation(operation), flags: flags))
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
    code.load(.first, address)
    code.load(3, .first, HostMemory(base: .first))
    code.emit(0x85, 3, .first, .first)
    exits.append(
      Exit(site: code.branch(4), kind: .unlinked(site: site, offset: offset), flags: FlagPlace()))
    code.jump(through: HostMemory(base: .first, displacement: Block.linkedCodeOffset))
  }

  /// Goes on at the instruction pointer in R13.
  func jump() {
    code.load(.second, block.base)
    code.store(3, .state(StateLayout.block), .second)
    code.jump(to: memory.routines.jump)
  }

  private func emitExits() {
    for exit in exits {
      code.land(exit.site)
      var place = exit.flags
      saveFlags(&place)
      code.load(.first, block.base)
      code.store(3, .state(StateLayout.block), .first)
      switch exit.kind {
      case .operation(let number):
        let offset = Block.headerByteCount &+ number &* Block.operationByteCount
        code.address(
          3, .second,
          HostMemory(base: .first, displacement: Int32(truncatingIfNeeded: offset)))
        code.jump(to: memory.routines.leave)
      case .unlinked(let site, let offset):
        code.binary(0, 3, .first, UInt64(truncatingIfNeeded: Block.headerByteCount &+ site))
        code.store(3, .state(StateLayout.linkSite), .first)
        leaveToLoop(at: offset)
      case .broke:
        code.binary(0, 3, .state(StateLayout.budget), UInt64(bitPattern: block.cost))
        code.store(.state(StateLayout.exitReason), ExitReason.budget)
        leaveToLoop(at: Int(block.offset))
      }
    }
  }

  private func leaveToLoop(at offset: Int) {
    code.load(.first, PseudoRegister.page)
    code.binary(0, 3, .first, UInt64(truncatingIfNeeded: offset))
    code.store(3, .state(StateLayout.instructionPointer), .first)
    code.jump(to: memory.routines.leaveToLoop)
  }
}
