/// The pages of a code cache, found by memory and number.
///
/// Buckets grow in number with the pages, so that one is found in a step or two however many there are.
struct CodePageTable {
  typealias Link = UnsafeMutableRawPointer?

  private let buckets: UnsafeMutablePointer<Link>
  private let fewestBits: Int
  private let mostBits: Int
  private var bits: Int
  private var count = 0

  /// Bytes that a table takes.
  static func byteCount(bits: Int) -> Int { MemoryLayout<Link>.stride &<< bits }

  /// Creates an empty table.
  ///
  /// - Parameters:
  ///   - room: Zeros, `byteCount` of them.
  ///   - bits: Of the number of buckets, at most.
  ///   - fewestBits: Of the number of buckets while there are few pages.
  init(room: UnsafeMutableRawPointer, bits: Int, fewestBits: Int) {
    buckets = room.assumingMemoryBound(to: Link.self)
    mostBits = bits
    self.fewestBits = min(fewestBits, bits)
    self.bits = self.fewestBits
  }

  private func bucket(_ memory: UInt64, _ number: Int) -> Int {
    let hash =
      (memory &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: number))
      &* 0xBF58_476D_1CE4_E5B9
    return Int(truncatingIfNeeded: hash >> UInt64(truncatingIfNeeded: 64 &- bits))
  }

  func page(_ memory: UInt64, _ number: Int) -> CodePage? {
    var link = buckets[bucket(memory, number)]
    while let base = link {
      let page = CodePage(base)
      if page.number == number, page.memoryIdentifier == memory { return page }
      link = page.nextInBucket
    }
    return nil
  }

  mutating func insert(_ page: CodePage) {
    count &+= 1
    if count > 1 &<< bits, bits < mostBits { grow() }
    enter(page)
  }

  private func enter(_ page: CodePage) {
    let key = bucket(page.memoryIdentifier, page.number)
    page.nextInBucket = buckets[key]
    buckets[key] = page.base
  }

  mutating func removeAll() {
    // Cannot trap: a count of buckets is positive.
    buckets.update(repeating: nil, count: 1 &<< bits)
    bits = fewestBits
    count = 0
  }

  /// Doubles the number of buckets: a hash's leading bits name its bucket, so that each becomes two,
  /// neither of which is one that is still to be read.
  private mutating func grow() {
    bits &+= 1
    var key = 1 &<< (bits &- 1)
    while key > 0 {
      key &-= 1
      var link = buckets[key]
      buckets[key] = nil
      buckets[key &<< 1] = nil
      buckets[key &<< 1 | 1] = nil
      while let base = link {
        let page = CodePage(base)
        link = page.nextInBucket
        enter(page)
      }
    }
  }
}

/// What a cache knows of one page with code: raw memory of the cache's arena.
struct CodePage {
  /// Blocks are found by the 64 bytes in which they begin.
  private static let pieceCount = 64
  private static let headerByteCount = 32
  static let byteCount =
    headerByteCount + pieceCount * MemoryLayout<UnsafeMutableRawPointer?>.stride

  let base: UnsafeMutableRawPointer

  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// Makes raw memory the record of a page without blocks.
  init(in room: UnsafeMutableRawPointer, memory: UInt64, number: Int, version: UInt32) {
    base = room
    memoryIdentifier = memory
    self.number = number
    self.version = version
    forgetBlocks()
  }

  private(set) var memoryIdentifier: UInt64 {
    get { base.load(as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
  }
  private(set) var number: Int {
    get { base.load(fromByteOffset: 8, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: Int.self) }
  }
  var nextInBucket: UnsafeMutableRawPointer? {
    get { base.load(fromByteOffset: 16, as: UnsafeMutableRawPointer?.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: 16, as: UnsafeMutableRawPointer?.self)
    }
  }
  /// Version of the page that the blocks were decoded from.
  private(set) var version: UInt32 {
    get { base.load(fromByteOffset: 24, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: UInt32.self) }
  }

  private var pieces: UnsafeMutablePointer<UnsafeMutableRawPointer?> {
    (base + Self.headerByteCount).assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
  }

  private func forgetBlocks() {
    // Cannot trap: the count is positive.
    pieces.update(repeating: nil, count: Self.pieceCount)
  }

  /// The live block that starts at an offset, or nil.
  func block(offset: UInt64, mode: UInt32, single: Bool) -> Block? {
    var link = pieces[Int(truncatingIfNeeded: offset >> 6 & 63)]
    while let base = link {
      let block = Block(base)
      if block.offset == offset, block.mode == mode, block.isLive, block.isSingle == single {
        return block
      }
      link = block.nextInPiece
    }
    return nil
  }

  /// Enters a new block whose header is filled in.
  func insert(_ block: Block) {
    let piece = Int(truncatingIfNeeded: block.offset >> 6 & 63)
    block.nextInPiece = pieces[piece]
    pieces[piece] = block.base
  }

  func remove(_ block: Block) {
    let piece = Int(truncatingIfNeeded: block.offset >> 6 & 63)
    guard pieces[piece] != block.base else { return pieces[piece] = block.nextInPiece }
    var link = pieces[piece]
    while let base = link {
      link = Block(base).nextInPiece
      if link == block.base { Block(base).nextInPiece = block.nextInPiece }
    }
  }

  /// Makes all blocks void; those that come are of another version of the page.
  func drop(forVersion version: UInt32) {
    self.version = version
    for piece in Range(uncheckedBounds: (0, Self.pieceCount)) {
      var link = pieces[piece]
      while let base = link {
        let block = Block(base)
        block.isLive = false
        link = block.nextInPiece
      }
    }
    forgetBlocks()
  }
}
