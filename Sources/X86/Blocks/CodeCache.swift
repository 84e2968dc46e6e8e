import CHost

/// How much decoded code a host thread keeps: invisible to simulated history, which tests show by
/// `tiny` and `drop`.
package enum CachePolicy: String, CaseIterable, Sendable {
  case ordinary
  /// A few blocks.
  case tiny
  /// Blocks, jumps and fast paths into storage are dropped before each slice.
  case drop

  /// Room enough for one guest and a short run, in bytes.
  package static let shortRunByteCount = 8 << 20

  /// Room for decoded code.
  fileprivate var byteCount: Int {
    switch self {
    case .ordinary: 192 << 20
    case .tiny: 1 << 14
    case .drop: 1 << 20
    }
  }

  /// Bits of the number of buckets in which pages are found, while there are few.
  fileprivate var bucketBits: Int {
    switch self {
    case .ordinary: 12
    case .tiny: 2
    case .drop: 6
    }
  }
}

/// Decoded blocks of one host thread, found by page identity, offset and mode.
///
/// Invisible to simulated history: it may be dropped at any time. Used by one thread. What was decoded
/// from where is the memory's to know (`PageRecords`): several threads' caches may hold its code.
package final class CodeCache {
  /// More bytes than a block and the record of its page take.
  private static let roomByteCount = 1 << 13

  private let room: CodeRoom
  private var used = 0
  private var pages: CodePageTable
  /// The page that was asked for last.
  private var lastPage: CodePage?
  /// Grows when every block is dropped; cached jumps of another generation are void.
  private(set) var generation: UInt64 = 1
  /// Room for the block that a budget cut makes, used once.
  let prefix: UnsafeMutableRawPointer
  /// Room for the block that is being decoded.
  let builderRoom: UnsafeMutableRawPointer

  /// The cache of processors that never ran.
  nonisolated(unsafe) static let none = CodeCache(byteCount: 1 << 20, engine: .interpret)

  /// What runs its code.
  private(set) var engine: ExecutionEngine
  /// Runs of a block before it is translated.
  let runsBefore: Int32
  /// What makes host code of the blocks, from the first slice on; nil where the interpreter runs alone.
  private(set) var translator: (any BlockTranslator)?
  /// The way into its code.
  private(set) var translationEntry: UnsafeMutableRawPointer?
  /// Everything is to be dropped when no block is in use.
  var wantsRoom = false

  /// Everything is dropped before each slice.
  let isDropped: Bool

  /// Creates an empty cache, smaller than the policy's where the host has less room.
  ///
  /// - Parameters:
  ///   - policy: What it keeps.
  ///   - most: Bytes that it takes at most.
  ///   - engine: What runs its code.
  /// - Throws: `HostMemoryError` when the host has no room even for a small one.
  package convenience init(
    fitting policy: CachePolicy, atMost most: Int = .max, engine: ExecutionEngine = .standard
  ) throws(HostMemoryError) {
    var wanted = min(policy.byteCount, most)
    // Half of what is left stays for everything else.
    while wanted > 1 << 20, !endicott_has_room(2 * wanted) { wanted /= 2 }
    guard let room = CodeRoom(byteCount: wanted) else {
      throw .windowRefused(byteCount: UInt64(clamping: wanted))
    }
    self.init(room, bucketBits: policy.bucketBits, isDropped: policy == .drop, engine: engine)
  }

  /// Creates an empty cache of a policy's size; nil unless the host has plenty of room.
  ///
  /// What the host has left for partitions must not depend on how many caches there are.
  package convenience init?(
    besideOthers policy: CachePolicy, engine: ExecutionEngine = .standard
  ) {
    guard endicott_has_room(16 * policy.byteCount),
      let room = CodeRoom(byteCount: policy.byteCount)
    else { return nil }
    self.init(room, bucketBits: policy.bucketBits, isDropped: policy == .drop, engine: engine)
  }

  /// Creates an empty cache of a policy.
  package convenience init(
    _ policy: CachePolicy = .ordinary, engine: ExecutionEngine = .standard
  ) {
    self.init(
      byteCount: policy.byteCount, bucketBits: policy.bucketBits, isDropped: policy == .drop,
      engine: engine)
  }

  /// Creates an empty cache with room for this many bytes of decoded code, 16 KiB at least.
  ///
  /// Traps when the host has no room.
  convenience init(
    byteCount: Int, bucketBits: Int = 12, isDropped: Bool = false,
    engine: ExecutionEngine = .standard, runsBefore: Int32 = ExecutionEngine.runsBefore
  ) {
    guard let room = CodeRoom(byteCount: byteCount) else {
      // Cannot trap: of what runs this makes only `none`, 1 MiB, when the process begins.
      preconditionFailure("the host has no address space for decoded code")
    }
    self.init(
      room, bucketBits: bucketBits, isDropped: isDropped, engine: engine,
      runsBefore: runsBefore)
  }

  private init(
    _ room: CodeRoom, bucketBits: Int, isDropped: Bool, engine: ExecutionEngine,
    runsBefore: Int32 = ExecutionEngine.runsBefore
  ) {
    self.isDropped = isDropped
    self.engine = engine
    self.runsBefore = runsBefore
    self.room = room
    pages = CodePageTable(room: room.table, bits: room.tableBits, fewestBits: bucketBits)
    builderRoom = .allocate(byteCount: Block.builderByteCount, alignment: 16)
    prefix = .allocate(
      byteCount: Block.byteCount(
        operations: Block.maximumOperationCount + Block.maximumEntryCount + 8,
        instructions: Block.maximumInstructionCount), alignment: 16)
  }

  deinit {
    prefix.deallocate()
    builderRoom.deallocate()
  }

  /// Has blocks translated from now on, or the interpreter alone run them.
  func setTranslator(_ translator: (any BlockTranslator)?) {
    self.translator = translator
    translationEntry = translator?.entry
    if translator == nil { engine = .interpret }
  }

  /// Blocks that were translated so far; nil where the interpreter runs alone.
  package var translatedBlockCount: Int? { translator?.blockCount }

  /// Bytes of host code that are kept now; nil where the interpreter runs alone.
  package var translatedByteCount: Int? { translator?.byteCount }

  /// How often translated code was left, by why, the most frequent first.
  package var translationExits: [TranslationExitCount] { translator?.exitCounts ?? [] }

  /// The live block that starts at an offset of a page, or nil.
  func block(
    _ memory: GuestMemory, page number: Int, offset: UInt64, mode: UInt32, single: Bool
  ) -> Block? {
    page(memory, number)?.block(offset: offset, mode: mode, single: single)
  }

  /// Drops everything when the arena is nearly full; called where no block is in use.
  func makeRoom() {
    if used > room.byteCount &- Self.roomByteCount || wantsRoom { removeAll() }
  }

  /// Raw room for a block; `makeRoom` was called before.
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let start = room.start + used
    used &+= byteCount
    return start
  }

  /// Drops everything; called where no block is in use.
  func removeAll() {
    used = 0
    pages.removeAll()
    lastPage = nil
    translator?.removeAll()
    wantsRoom = false
    generation &+= 1
  }

  /// Makes the blocks of a page void.
  func invalidate(_ memory: GuestMemory, page number: Int) {
    guard let page = page(memory, number) else { return }
    page.drop(forVersion: page.version)
  }

  /// Makes a block void, of which another page has changed.
  func remove(_ block: Block, of memory: GuestMemory) {
    block.isLive = false
    page(memory, block.page)?.remove(block)
  }

  /// The record of a page from which code is to be decoded; blocks of another version are dropped.
  func prepare(_ memory: GuestMemory, page number: Int) -> CodePage {
    let version = memory.version(page: number)
    if let page = page(memory, number) {
      if page.version != version { page.drop(forVersion: version) }
      return page
    }
    let page = CodePage(
      in: allocate(byteCount: CodePage.byteCount), memory: memory.identifier, number: number,
      version: version)
    pages.insert(page)
    lastPage = page
    return page
  }

  private func page(_ memory: GuestMemory, _ number: Int) -> CodePage? {
    if let page = lastPage, page.number == number, page.memoryIdentifier == memory.identifier {
      return page
    }
    guard let page = pages.page(memory.identifier, number) else { return nil }
    lastPage = page
    return page
  }
}

/// The host's memory for a cache: decoded code, and behind it the table by which it is found.
private final class CodeRoom {
  /// Bits of the number of buckets, at most: as many as there can be pages.
  let tableBits: Int
  /// Bytes for decoded code.
  let byteCount: Int
  let start: UnsafeMutableRawPointer
  /// Bytes of code and table.
  private let all: Int

  /// Reserves room, or nil where the host has none.
  init?(byteCount: Int) {
    self.byteCount = byteCount
    let pages = UInt(bitPattern: max(1, byteCount / CodePage.byteCount))
    tableBits = 63 &- pages.leadingZeroBitCount
    all = byteCount &+ CodePageTable.byteCount(bits: tableBits)
    guard let start = endicott_reserve(all) else { return nil }
    self.start = start
  }

  deinit { endicott_release(start, all) }

  var table: UnsafeMutableRawPointer { start + byteCount }
}
