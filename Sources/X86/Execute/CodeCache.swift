import CHost

/// Decoded blocks of one host thread, found by page identity, offset and mode.
///
/// Invisible to simulated history: it may be dropped at any time. Used by one thread.
package final class CodeCache {
  private static let bucketCount = 1 << 16
  private static let pageBucketCount = 1 << 14

  private let arenaByteCount: Int
  private let arena: UnsafeMutableRawPointer
  private var used = 0
  private let buckets: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let pageBuckets: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Grows when every block is dropped; cached jumps of another generation are void.
  private(set) var generation: UInt64 = 1
  /// Room for the block that a budget cut makes, used once.
  let prefix: UnsafeMutableRawPointer

  /// The cache of processors that never ran.
  nonisolated(unsafe) static let none = CodeCache(byteCount: 1 << 20)

  /// Creates an empty cache.
  package convenience init() { self.init(byteCount: 192 << 20) }

  /// Creates an empty cache with room for this many bytes of decoded code, or for less where the host
  /// has less.
  ///
  /// - Throws: `HostMemoryError` when the host has no room even for a small one.
  package convenience init(fitting byteCount: Int = 192 << 20) throws(HostMemoryError) {
    var wanted = byteCount
    // Half of what is left stays for everything else.
    while wanted > 1 << 20, !endicott_has_room(2 * wanted) { wanted /= 2 }
    guard let start = endicott_reserve(wanted) else {
      throw .windowRefused(byteCount: UInt64(wanted))
    }
    self.init(arena: start, byteCount: wanted)
  }

  /// Creates an empty cache with room for this many bytes of decoded code.
  convenience init(byteCount: Int) {
    guard let start = endicott_reserve(byteCount) else {
      preconditionFailure("the host has no address space for decoded code")
    }
    self.init(arena: start, byteCount: byteCount)
  }

  private init(arena: UnsafeMutableRawPointer, byteCount: Int) {
    self.arena = arena
    arenaByteCount = byteCount
    buckets = .allocate(capacity: Self.bucketCount)
    buckets.initialize(repeating: nil, count: Self.bucketCount)
    pageBuckets = .allocate(capacity: Self.pageBucketCount)
    pageBuckets.initialize(repeating: nil, count: Self.pageBucketCount)
    prefix = .allocate(
      byteCount: Block.byteCount(
        operations: Block.maximumOperationCount + 8,
        instructions: Block.maximumInstructionCount), alignment: 16)
  }

  deinit {
    endicott_release(arena, arenaByteCount)
    buckets.deallocate()
    pageBuckets.deallocate()
    prefix.deallocate()
  }

  private func bucket(_ memory: UInt64, _ page: Int, _ offset: UInt64, _ mode: UInt32) -> Int {
    var hash = memory &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ UInt64(page) << 12 ^ offset ^ UInt64(mode) << 61) &* 0xBF58_476D_1CE4_E5B9
    return Int(hash >> 48)
  }

  /// The live block that starts at an offset of a page, or nil.
  func block(
    _ memory: GuestMemory, page: Int, offset: UInt64, mode: UInt32, single: Bool
  ) -> Block? {
    let key = bucket(memory.identifier, page, offset, mode)
    var link = buckets[key]
    while let base = link {
      let block = Block(base)
      if block.page == page, block.offset == offset, block.mode == mode,
        block.memoryIdentifier == memory.identifier, block.isLive, block.isSingle == single
      {
        return block
      }
      link = block.nextInBucket
    }
    return nil
  }

  /// Drops everything when the arena is nearly full; called where no block is in use.
  func makeRoom() {
    if used > arenaByteCount - (1 << 16) { removeAll() }
  }

  /// Raw room for a block; `makeRoom` was called before.
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let start = arena + used
    used += byteCount
    return start
  }

  private func removeAll() {
    used = 0
    buckets.update(repeating: nil, count: Self.bucketCount)
    pageBuckets.update(repeating: nil, count: Self.pageBucketCount)
    generation += 1
  }

  /// Enters a new block whose header is filled in.
  func insert(_ block: Block, of memory: GuestMemory, byteCount: Int) {
    let key = bucket(memory.identifier, block.page, block.offset, block.mode)
    block.nextInBucket = buckets[key]
    buckets[key] = block.base
    attach(block, to: page(memory, block.page, create: true), byteCount: byteCount)
  }

  private func attach(_ block: Block, to page: CodePage?, byteCount: Int) {
    guard let page else { return }
    block.nextInPage = page.firstBlock
    page.firstBlock = block.base
    page.granules |= Self.granules(
      offset: Int(block.offset), byteCount: min(byteCount, 4096 - Int(block.offset)))
  }

  /// What a write to these bytes of a page with code would change, as far as is known here.
  func useOfCode(
    _ memory: GuestMemory, page number: Int, offset: Int, byteCount: Int
  ) -> UseOfCode {
    guard let page = page(memory, number, create: false),
      page.version == memory.version(page: number)
    else {
      prepare(memory, page: number)
      return .hit
    }
    if page.granules == 0 { return .none }
    let touched = Self.granules(offset: offset, byteCount: byteCount)
    return page.granules & touched != 0 ? .hit : .elsewhere
  }

  /// Makes the blocks of a page void.
  func invalidate(_ memory: GuestMemory, page number: Int) {
    guard let page = page(memory, number, create: false) else { return }
    drop(page)
  }

  private func drop(_ page: CodePage) {
    var link = page.firstBlock
    while let base = link {
      Block(base).isLive = false
      unlink(Block(base))
      link = Block(base).nextInPage
    }
    page.firstBlock = nil
    page.granules = 0
  }

  private func unlink(_ block: Block) {
    let key = bucket(block.memoryIdentifier, block.page, block.offset, block.mode)
    var link = buckets[key]
    if link == block.base {
      buckets[key] = block.nextInBucket
      return
    }
    while let base = link {
      if Block(base).nextInBucket == block.base {
        Block(base).nextInBucket = block.nextInBucket
        return
      }
      link = Block(base).nextInBucket
    }
  }

  /// Notes which version of a page is decoded; blocks of another version are dropped.
  func prepare(_ memory: GuestMemory, page number: Int) {
    guard let page = page(memory, number, create: true) else { return }
    let version = memory.version(page: number)
    if page.version != version {
      drop(page)
      page.version = version
    }
  }

  /// Notes that a block's last instruction has bytes in the page after its own.
  func markGranules(_ memory: GuestMemory, page number: Int, byteCount: Int) {
    guard let page = page(memory, number, create: true) else { return }
    page.granules |= Self.granules(offset: 0, byteCount: byteCount)
  }

  private func page(_ memory: GuestMemory, _ number: Int, create: Bool) -> CodePage? {
    let hash =
      (memory.identifier &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(number)) &* 0xBF58_476D_1CE4_E5B9
    let key = Int(hash >> 50)
    var link = pageBuckets[key]
    while let base = link {
      let page = CodePage(base)
      if page.number == number, page.memoryIdentifier == memory.identifier { return page }
      link = page.next
    }
    guard create else { return nil }
    let page = CodePage(allocate(byteCount: CodePage.byteCount))
    page.memoryIdentifier = memory.identifier
    page.number = number
    page.version = memory.version(page: number)
    page.granules = 0
    page.firstBlock = nil
    page.next = pageBuckets[key]
    pageBuckets[key] = page.base
    return page
  }

  /// Bits of the 64-byte pieces of a page that a range of bytes touches.
  private static func granules(offset: Int, byteCount: Int) -> UInt64 {
    let first = offset >> 6
    let last = min(63, (offset + max(1, byteCount) - 1) >> 6)
    return (~0 << UInt64(first)) & (~0 >> UInt64(63 - last))
  }
}

/// How the bytes of a write relate to decoded code of their page.
enum UseOfCode {
  /// No code is decoded from the page any more.
  case none
  /// Code is decoded from other bytes of the page only.
  case elsewhere
  /// Decoded code changes, or may.
  case hit
}

/// What a cache knows of one page with code: raw memory of the cache's arena.
private struct CodePage {
  static let byteCount = 48
  let base: UnsafeMutableRawPointer

  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  var memoryIdentifier: UInt64 {
    get { base.load(as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
  }
  var number: Int {
    get { base.load(fromByteOffset: 8, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: Int.self) }
  }
  var granules: UInt64 {
    get { base.load(fromByteOffset: 16, as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
  }
  var firstBlock: UnsafeMutableRawPointer? {
    get { base.load(fromByteOffset: 24, as: UnsafeMutableRawPointer?.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: 24, as: UnsafeMutableRawPointer?.self)
    }
  }
  var next: UnsafeMutableRawPointer? {
    get { base.load(fromByteOffset: 32, as: UnsafeMutableRawPointer?.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: 32, as: UnsafeMutableRawPointer?.self)
    }
  }
  var version: UInt32 {
    get { base.load(fromByteOffset: 40, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 40, as: UInt32.self) }
  }
}
