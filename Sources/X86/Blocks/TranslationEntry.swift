// Where the interpreter and translated code meet: operations that belong to no instruction. A block that
// may be translated begins with one that counts runs until the block is translated, and enters the
// translation from then on. After each instruction that the translator does not know stands one more,
// which does nothing until the block is translated, and goes back into the translation from then on.
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

/// Does nothing.
@inline(__always) func wayBackHandler(_ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer)
{
  next(raw, operation)
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

/// The same of 32-bit code, whose translation expects flat segments.
@inline(__always) func enterFlatTranslationHandler(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  guard _fastPath(ProcessorState(raw).areSegmentsFlat) else { return next(raw, operation) }
  enterTranslationHandler(raw, operation)
}

/// Goes on in a block's translation where the flags are read before they are defined: that takes them as
/// RFLAGS has them.
@inline(__always) func resumeReadingFlagsHandler(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  let state = ProcessorState(raw)
  state.setExplicitFlags(state.arithmeticFlags)
  enterTranslationHandler(raw, operation)
}

/// The same of 32-bit code.
@inline(__always) func resumeFlatReadingFlagsHandler(
  _ raw: UnsafeMutableRawPointer, _ operation: UnsafeRawPointer
) {
  let state = ProcessorState(raw)
  state.setExplicitFlags(state.arithmeticFlags)
  enterFlatTranslationHandler(raw, operation)
}

/// The handlers by which blocks are counted and translations entered.
enum TranslationHandlers {
  static let countRuns: Handler = countRunsHandler
  /// Behind an instruction that the translator does not know, until the block is translated.
  static let wayBack: Handler = wayBackHandler
  private static let enter: Handler = enterTranslationHandler
  private static let enterFlat: Handler = enterFlatTranslationHandler
  private static let resumeReadingFlags: Handler = resumeReadingFlagsHandler
  private static let resumeFlatReadingFlags: Handler = resumeFlatReadingFlagsHandler

  /// What enters a translation of 64-bit code or of 32-bit code, taking the flags as RFLAGS has them or not.
  static func entry(isLong: Bool, readsFlags: Bool = false) -> Handler {
    readsFlags
      ? isLong ? resumeReadingFlags : resumeFlatReadingFlags : isLong ? enter : enterFlat
  }

  /// Whether blocks of a mode may be translated.
  static func serve(_ mode: UInt32) -> Bool {
    mode == CodeMode.long64 || mode == CodeMode.protected32
  }

  /// Whether an operation that belongs to no instruction is one of them.
  static func isEntry(_ operation: UnsafeRawPointer) -> Bool {
    let handler = operation.load(as: UInt.self)
    return handler == unsafeBitCast(countRuns, to: UInt.self)
      || handler == unsafeBitCast(wayBack, to: UInt.self)
      || handler == unsafeBitCast(enter, to: UInt.self)
      || handler == unsafeBitCast(enterFlat, to: UInt.self)
      || handler == unsafeBitCast(resumeReadingFlags, to: UInt.self)
      || handler == unsafeBitCast(resumeFlatReadingFlags, to: UInt.self)
  }
}

/// How often translated code was left for one reason.
package struct TranslationExitCount: Equatable, Sendable {
  /// The reason: a word or two, or an opcode as "opcode 0F A2".
  package let reason: String
  package let count: UInt64
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
  /// How often translated code was left, by why.
  var exitCounts: [TranslationExitCount] { get }
  /// Forgets all translations; called where none runs.
  func removeAll()
  /// Whether an instruction of 64-bit code can be translated.
  func knows(_ instruction: Instruction) -> Bool
  /// Translates a block of 64-bit code.
  ///
  /// - Parameters:
  ///   - block: A live block that lies in one page.
  ///   - bytes: The page.
  ///   - features: What the processor has.
  ///   - state: As the block is entered, and so probably will be again.
  /// - Returns: Where the translation is entered; nil where the first instruction is none that it knows:
  ///   the interpreter begins with it, and comes back behind it if it does.
  func translate(
    _ block: Block, bytes: UnsafeRawPointer, features: ProcessorFeatures, state: ProcessorState
  ) -> UnsafeMutableRawPointer?
}
