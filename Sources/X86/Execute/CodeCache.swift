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

  /// Bits of the number of buckets in which blocks are found.
  fileprivate var bucketBits: Int {
    switch self {
    case .ordinary: 16
    case .tiny: 4
    case .drop: 8
    }
  }
}

/// Decoded blocks of one host thread, found by page identity, offset and mode.
///
/// Invisible to simulated history: it may be dropped at any time. Used by one thread. What was decoded
/// from where is the memory's to know (`PageRecords`): several threads' caches may hold its code.
package final class CodeCache {
  /// More bytes than a block and the records of its two pages take.
  private static let roomByteCount = 1 << 13

  private let bucketBits: Int
  private let pageBucketBits: Int
  private let bucketCount: Int
  private let pageBucketCount: Int
  private let arenaByteCount: Int
  private let arena: UnsafeMutableRawPointer
  private var used = 0
  private let buckets: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let pageBuckets: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  /// Grows when every block is dropped; cached jumps of another generation are void.
  private(set) var generation: UInt64 = 1
  /// Room for the block that a budget cut makes, used once.
  let prefix: UnsafeMutableRawPointer
  /// Room for the block that is being decoded.
  let builderRoom: UnsafeMutableRawPointer

  /// The cache of processors that never ran.
  nonisolated(unsafe) static let none = CodeCache(byteCount: 1 << 20)

  /// Everything is dropped before each slice.
  let isDropped: Bool

  /// Creates an empty cache, smaller than the policy's where the host has less room.
  ///
  /// - Parameters:
  ///   - policy: What it keeps.
  ///   - most: Bytes that it takes at most.
  /// - Throws: `HostMemoryError` when the host has no room even for a small one.
  package convenience init(
    fitting policy: CachePolicy, atMost most: Int = .max
  ) throws(HostMemoryError) {
    var wanted = min(policy.byteCount, most)
    // Half of what is left stays for everything else.
    while wanted > 1 << 20, !endicott_has_room(2 * wanted) { wanted /= 2 }
    guard let start = endicott_reserve(wanted) else {
      throw .windowRefused(byteCount: UInt64(clamping: wanted))
    }
    self.init(
      arena: start, byteCount: wanted, bucketBits: policy.bucketBits, isDropped: policy == .drop)
  }

  /// Creates an empty cache of a policy's size; nil unless the host has plenty of room.
  ///
  /// What the host has left for partitions must not depend on how many caches there are.
  package convenience init?(besideOthers policy: CachePolicy) {
    guard endicott_has_room(16 * policy.byteCount), let start = endicott_reserve(policy.byteCount)
    else { return nil }
    self.init(
      arena: start, byteCount: policy.byteCount, bucketBits: policy.bucketBits,
      isDropped: policy == .drop)
  }

  /// Creates an empty cache of a policy.
  package convenience init(_ policy: CachePolicy = .ordinary) {
    self.init(
      byteCount: policy.byteCount, bucketBits: policy.bucketBits, isDropped: policy == .drop)
  }

  /// Creates an empty cache with room for this many bytes of decoded code, 16 KiB at least.
  ///
  /// Traps when the host has no room.
  convenience init(byteCount: Int, bucketBits: Int = 16, isDropped: Bool = false) {
    guard let start = endicott_reserve(byteCount) else {
      // Cannot trap: of what runs this makes only `none`, 1 MiB, when the process begins.
      preconditionFailure("the host has no address space for decoded code")
    }
    self.init(arena: start, byteCount: byteCount, bucketBits: bucketBits, isDropped: isDropped)
  }

  private init(
    arena: UnsafeMutableRawPointer, byteCount: Int, bucketBits: Int, isDropped: Bool
  ) {
    self.bucketBits = bucketBits
    pageBucketBits = max(1, bucketBits &- 2)
    self.isDropped = isDropped
    self.arena = arena
    arenaByteCount = byteCount
    bucketCount = 1 &<< bucketBits
    pageBucketCount = 1 &<< pageBucketBits
    // Cannot trap: a policy has at most 16 bits.
    buckets = .allocate(capacity: bucketCount)
    // Cannot trap: the same.
    buckets.initialize(repeating: nil, count: bucketCount)
    // Cannot trap: fewer.
    pageBuckets = .allocate(capacity: pageBucketCount)
    // Cannot trap: the same.
    pageBuckets.initialize(repeating: nil, count: pageBucketCount)
    builderRoom = .allocate(byteCount: BlockBuilder.roomByteCount, alignment: 16)
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
    builderRoom.deallocate()
  }

  private func bucket(_ memory: UInt64, _ page: Int, _ offset: UInt64, _ mode: UInt32) -> Int {
    var hash = memory &* 0x9E37_79B9_7F4A_7C15
    hash =
      (hash ^ UInt64(truncatingIfNeeded: page) << 12 ^ offset ^ UInt64(mode) << 61)
      &* 0xBF58_476D_1CE4_E5B9
    return Int(truncatingIfNeeded: hash >> (64 &- bucketBits))
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
    if used > arenaByteCount &- Self.roomByteCount { removeAll() }
  }

  /// Raw room for a block; `makeRoom` was called before.
  func allocate(byteCount: Int) -> UnsafeMutableRawPointer {
    let start = arena + used
    used &+= byteCount
    return start
  }

  /// Drops everything; called where no block is in use.
  func removeAll() {
    used = 0
    // Cannot trap: at most 16 bits.
    buckets.update(repeating: nil, count: bucketCount)
    // Cannot trap: fewer.
    pageBuckets.update(repeating: nil, count: pageBucketCount)
    generation &+= 1
  }

  /// Enters a new block whose header is filled in.
  func insert(_ block: Block, of memory: GuestMemory) {
    let key = bucket(memory.identifier, block.page, block.offset, block.mode)
    block.nextInBucket = buckets[key]
    buckets[key] = block.base
    guard let page = page(memory, block.page, create: true) else { return }
    block.nextInPage = page.firstBlock
    page.firstBlock = block.base
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

  private func page(_ memory: GuestMemory, _ number: Int, create: Bool) -> CodePage? {
    let hash =
      (memory.identifier &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: number))
      &* 0xBF58_476D_1CE4_E5B9
    let key = Int(truncatingIfNeeded: hash >> (64 &- pageBucketBits))
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
    page.firstBlock = nil
    page.next = pageBuckets[key]
    pageBuckets[key] = page.base
    return page
  }
}

/// What a cache knows of one page with code: raw memory of the cache's arena.
private struct CodePage {
  static let byteCount = 40
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
    get { base.load(fromByteOffset: 16, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt32.self) }
  }
}
