/// What a partition's memory knows of each 4 KiB page: version, whether code was decoded from it,
/// whether it was written.
///
/// Records lie in chunks of 512 (2 MiB of storage), made when first needed: 8 bytes a page, and 8 more
/// where code was decoded. Bits 0-31 version, bit 32 has code, bit 33 written, bit 34 fast write paths
/// lead there, bits 36-59 writes beside its code, bits 60-63 how often code came back to it.
///
/// All but the version and the fast paths is history: HOSTSTORAGE counts what was written, and decoding
/// code for the first time costs the guest cycles.
final class PageRecords {
  private typealias Chunk = UnsafeMutablePointer<UInt64>
  private static let code: UInt64 = 1 << 32
  private static let written: UInt64 = 1 << 33
  private static let fastWrites: UInt64 = 1 << 34
  private static let countShift: UInt64 = 36
  private static let countMask: UInt64 = 0xFF_FFFF
  private static let returnsShift: UInt64 = 60
  private static let mostReturns: UInt64 = 14
  private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
  /// Of each page a bit for each 64 bytes from which code was decoded, by any cache.
  private let decoded: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
  private let chunkCount: Int
  /// Pages of all addresses that a host has.
  private static let mostPages = 1 << 40
  /// Written pages of each chunk.
  private let writtenCounts: UnsafeMutablePointer<Int32>
  private(set) var writtenPageCount = 0

  init(pageCount: Int) {
    let count = min(max(0, pageCount), Self.mostPages) / 512 &+ 1
    chunkCount = count
    chunks = .allocate(capacity: count)
    chunks.initialize(repeating: nil, count: count)
    decoded = .allocate(capacity: count)
    decoded.initialize(repeating: nil, count: count)
    writtenCounts = .allocate(capacity: count)
    writtenCounts.initialize(repeating: 0, count: count)
  }

  deinit {
    for index in chunkNumbers {
      chunks[index]?.deallocate()
      decoded[index]?.deallocate()
    }
    chunks.deallocate()
    decoded.deallocate()
    writtenCounts.deallocate()
  }

  private var chunkNumbers: Range<Int> { Range(uncheckedBounds: (0, chunkCount)) }

  private func record(_ page: Int) -> UInt64 {
    guard let chunk = chunks[page >> 9] else { return 0 }
    return chunk[page & 511]
  }

  private func chunk(for page: Int) -> Chunk {
    if let chunk = chunks[page >> 9] { return chunk }
    let chunk = Chunk.allocate(capacity: 512)
    chunk.initialize(repeating: 0, count: 512)
    chunks[page >> 9] = chunk
    return chunk
  }

  func version(_ page: Int) -> UInt32 { UInt32(truncatingIfNeeded: record(page)) }

  func hasCode(_ page: Int) -> Bool { record(page) & Self.code != 0 }

  func markCode(_ page: Int) { chunk(for: page)[page & 511] |= Self.code }

  /// Notes that a fast write path leads to a page.
  func markFastWrites(_ page: Int) { chunk(for: page)[page & 511] |= Self.fastWrites }

  /// Whether a fast write path may lead to a page; none does any more.
  func takeFastWrites(_ page: Int) -> Bool {
    guard record(page) & Self.fastWrites != 0 else { return false }
    chunk(for: page)[page & 511] &= ~Self.fastWrites
    return true
  }

  /// Notes that bytes of a page were decoded.
  ///
  /// - Returns: How many pieces of 64 bytes were not so far, since the page's code was last void. It
  ///   is the same with every cache: another decoding of the same code finds none.
  func noteDecoded(_ page: Int, offset: Int, byteCount: Int) -> Int {
    let index = page >> 9
    let pieces: Chunk
    if let known = decoded[index] {
      pieces = known
    } else {
      pieces = Chunk.allocate(capacity: 512)
      pieces.initialize(repeating: 0, count: 512)
      decoded[index] = pieces
    }
    let known = pieces[page & 511]
    let all = known | Self.pieces(offset: offset, byteCount: byteCount)
    pieces[page & 511] = all
    return (all ^ known).nonzeroBitCount
  }

  /// What a write to these bytes of a page with code means for the code.
  ///
  /// Code that comes back to a page stays for twice as many writes as the last time.
  func useOfCode(_ page: Int, offset: Int, byteCount: Int) -> UseOfCode {
    let decodedPieces = decoded[page >> 9]?[page & 511] ?? 0
    if decodedPieces & Self.pieces(offset: offset, byteCount: byteCount) != 0 { return .hit }
    let chunk = chunk(for: page)
    let record = chunk[page & 511]
    if record >> Self.countShift & Self.countMask >= 64 << (record >> Self.returnsShift) {
      return .tooOften
    }
    chunk[page & 511] = record &+ 1 << Self.countShift
    return .elsewhere
  }

  /// Makes everything decoded from the page void and lets fast writes at it.
  func clearCode(_ page: Int) {
    voidCode(page)
    let chunk = chunk(for: page)
    var record = chunk[page & 511] & ~(Self.code | Self.countMask << Self.countShift)
    if record >> Self.returnsShift < Self.mostReturns { record &+= 1 << Self.returnsShift }
    chunk[page & 511] = record
  }

  /// Bits of the 64-byte pieces of a page that a range of bytes touches.
  private static func pieces(offset: Int, byteCount: Int) -> UInt64 {
    let first = offset >> 6 & 63
    let last = min(63, (offset &+ max(1, byteCount) &- 1) >> 6)
    return (~0 << UInt64(first)) & (~0 >> UInt64(63 &- last))
  }

  func markWritten(_ page: Int) {
    let chunk = chunk(for: page)
    if chunk[page & 511] & Self.written == 0 {
      chunk[page & 511] |= Self.written
      writtenPageCount &+= 1
      writtenCounts[page >> 9] &+= 1
    }
  }

  /// Makes everything decoded from the page void.
  func voidCode(_ page: Int) {
    let chunk = chunk(for: page)
    let next = UInt32(truncatingIfNeeded: chunk[page & 511]) &+ 1
    chunk[page & 511] = chunk[page & 511] & ~0xFFFF_FFFF | UInt64(next)
    decoded[page >> 9]?[page & 511] = 0
  }

  /// Forgets that pages were written; versions go on so that no old code is taken for new.
  func forget(from first: Int, to end: Int) {
    var page = first
    while page < end {
      guard let chunk = chunks[page >> 9] else {
        page = (page >> 9 &+ 1) << 9
        continue
      }
      let record = chunk[page & 511]
      if record != 0 {
        if record & Self.written != 0 {
          writtenPageCount &-= 1
          writtenCounts[page >> 9] &-= 1
        }
        // A fast write path may still lead to the page until the translations are flushed.
        chunk[page & 511] =
          record & Self.fastWrites | UInt64(UInt32(truncatingIfNeeded: record) &+ 1)
        decoded[page >> 9]?[page & 511] = 0
      }
      page &+= 1
    }
  }

  /// Bits of a record that are history.
  private static let saved = ~(0xFFFF_FFFF | fastWrites)

  /// Visits the pages of which something is known: the record's saved bits, and what was decoded.
  func forEachKnown(_ body: (_ page: Int, _ record: UInt64, _ decoded: UInt64) -> Void) {
    for index in chunkNumbers {
      guard chunks[index] != nil || decoded[index] != nil else { continue }
      for slot in 0..<512 {
        let record = (chunks[index]?[slot] ?? 0) & Self.saved
        let pieces = decoded[index]?[slot] ?? 0
        if record | pieces != 0 { body(index << 9 &+ slot, record, pieces) }
      }
    }
  }

  /// Puts back what was known of a page of which nothing is known.
  func restore(_ page: Int, _ record: UInt64, decoded pieces: UInt64) {
    if record & Self.written != 0 { markWritten(page) }
    chunk(for: page)[page & 511] |= record & Self.saved
    guard pieces != 0 else { return }
    _ = noteDecoded(page, offset: 0, byteCount: 1)
    decoded[page >> 9]?[page & 511] = pieces
  }

  func forEachWritten(_ body: (Int) -> Void) {
    for index in chunkNumbers where writtenCounts[index] != 0 {
      guard let chunk = chunks[index] else { continue }
      for slot in 0..<512 where chunk[slot] & Self.written != 0 { body(index << 9 &+ slot) }
    }
  }
}

/// How the bytes of a write relate to decoded code of their page.
enum UseOfCode {
  /// Code is decoded from other bytes of the page only.
  case elsewhere
  /// The same, and the page is written so often that its code had better go.
  case tooOften
  /// Decoded code changes.
  case hit
}
