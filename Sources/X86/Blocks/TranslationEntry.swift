// Where the interpreter and translated code meet. A block that may be translated begins with an
// operation that belongs to no instruction: it counts runs until the block is translated, and enters
// the translation from then on.
//
//   8  the translation's code   12  before that: runs that are still to come

/// A way into translated code: of the state and the code; returns where the interpreter goes on, or
/// nil where the run loop does.
private typealias TranslationEntry =
  @convention(c) (UnsafeMutableRawPointer, UnsafeRawPointer) -> UnsafeRawPointer?

/// Counts a run of a block, and has it translated when it was run often enough.
@inline(__always) func countRunsHandler(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  let field = UnsafeMutableRawPointer(mutating: operation)
  let left = Operation(operation).immediate &- 1
  field.storeBytes(of: left, toByteOffset: 12, as: Int32.self)
  if _slowPath(left <= 0) { translateBlock(raw) }
  // The same place: what stands there now may be the way into the translation.
  if _fastPath(left > 0) { return next(raw, operation) }
  operation.load(as: Handler.self)(raw, operation)
}

@inline(never) private func translateBlock(_ raw: UnsafeMutableRawPointer) {
  let state = ProcessorState(raw)
  state.owner.translate(Block(state.block))
}

/// Runs a block's translation.
@inline(__always) func enterTranslationHandler(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  let enter = unsafeBitCast(
    ProcessorState(raw).get(StateLayout.translationEntry, as: UInt.self), to: TranslationEntry.self)
  let code = operation.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
  let following = enter(raw, code)
  if _slowPath(ProcessorState(raw).flagsKind >= FlagsKind.shift) {
    ProcessorState(raw).settleFlags()
  }
  if let following { following.load(as: Handler.self)(raw, following) }
}

/// The handlers by which blocks are counted and translations entered.
enum TranslationHandlers {
  static let countRuns: Handler = countRunsHandler
  static let enter: Handler = enterTranslationHandler

  /// Whether an operation is one of them, which belong to no instruction.
  static func isEntry(_ operation: UnsafeRawPointer) -> Bool {
    let handler = operation.load(as: UInt.self)
    return handler == unsafeBitCast(countRuns, to: UInt.self)
      || handler == unsafeBitCast(enter, to: UInt.self)
  }
}

/// What makes host code of decoded blocks; belongs to one cache.
protocol BlockTranslator: AnyObject {
  /// The way into translated code: a function of the state and the code.
  var entry: UnsafeMutableRawPointer { get }
  /// Code by which a block is entered that is not translated, paid for and not.
  var interpretEntered: UnsafeMutableRawPointer { get }
  var interpretLinked: UnsafeMutableRawPointer { get }
  /// There is no room for another block.
  var isFull: Bool { get }
  /// Blocks that were translated so far.
  var blockCount: Int { get }
  /// Bytes of code that are kept now.
  var byteCount: Int { get }
  /// Forgets all translations; called where none runs.
  func removeAll()
  /// Translates a block of 64-bit code.
  ///
  /// - Parameters:
  ///   - block: A live block that lies in one page.
  ///   - bytes: The page.
  ///   - features: What the processor has.
  ///   - flagsKind: Of what kind the flags are now, and so probably will be when it is entered again.
  /// - Returns: Where the translation is entered; nil where the first instruction is none that it knows.
  func translate(
    _ block: Block, bytes: UnsafeRawPointer, features: ProcessorFeatures, flagsKind: UInt32
  ) -> UnsafeMutableRawPointer?
}
