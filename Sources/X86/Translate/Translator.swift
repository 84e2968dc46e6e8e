import Quantities

/// Makes host code of decoded blocks.
///
/// A block's code begins with what pays for it, and goes on for as long as the guest's instructions are
/// ones that it knows. Where it meets one that it does not, or storage that no fast path leads to, it
/// leaves to the interpreter at that instruction's first operation, with nothing of it done and
/// everything before it done: so every effect but those of the fast paths has one definition.
final class Translator: BlockTranslator {
  let memory: CodeMemory
  var code: HostCode
  var flags = FlagPlace()
  /// The code so far has seen to it that the guest's vectors are in the host's registers.
  var hasVectors = false
  private(set) var block: Block
  /// The block is of 64-bit code; else of 32-bit code in flat segments.
  var isLong: Bool { block.mode == CodeMode.long64 }
  /// log2 of the bytes of addresses, and of what the stack takes.
  var pointerWidth: Int { isLong ? 3 : 2 }
  var pointerByteCount: Int { 1 << pointerWidth }
  private(set) var steps: [Step] = []
  var exits: [Exit] = []
  /// Jumps by links to blocks that are not translated yet: the block, and where the code is written.
  var waiting: [(target: UnsafeMutableRawPointer, site: UnsafeMutableRawPointer)] = []
  private var links = TranslationLinks()
  /// The block runs in the upper half of addresses, and so goes on there.
  private(set) var isUpperHalf = false
  var resumptions: [Resumption] = []
  /// Where the block's code begins for who comes by a link.
  private(set) var linkedStart: UnsafeMutableRawPointer
  /// Where it goes on for who has paid.
  private var enteredStart: UnsafeMutableRawPointer
  /// The kind of the flags when the block was translated.
  private var entryKind: UInt32 = 0
  /// Jumps to the block's beginning with flags that are not in the state, and where its second body
  /// begins, which expects them so.
  var roundSites: [(site: HostCode.Site, flags: FlagPlace)] = []
  private(set) var round: (start: UnsafeMutableRawPointer, flags: FlagPlace)?
  /// The step that has to be left to the interpreter though it did not look so.
  private var refused: Int?
  /// The step whose code is being made.
  private(set) var current = 0
  /// The number of that step's first operation.
  private(set) var operation = 0

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
    steps = block.steps(bytes, features)
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
    let handler = TranslationHandlers.entry(isLong: isLong, readsFlags: resumption.readsFlags)
    operation.storeBytes(of: handler, as: Handler.self)
    operation.storeBytes(
      of: resumption.code, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
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
}
