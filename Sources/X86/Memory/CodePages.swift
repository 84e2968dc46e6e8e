/// What a partition's memory knows of each 4 KiB page: version, whether code was decoded from it,
/// whether it was written.
///
/// Records lie in chunks of 512 (2 MiB of storage), made when first needed: 8 bytes a page.
/// Bits 0-31 version, bit 32 has code, bit 33 written.
final class PageRecords {
  private typealias Chunk = UnsafeMutablePointer<UInt64>
  private static let code: UInt64 = 1 << 32
  private static let written: UInt64 = 1 << 33
  private let chunks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>
  private let chunkCount: Int
  /// Written pages of each chunk.
  private let writtenCounts: UnsafeMutablePointer<Int32>
  private(set) var writtenPageCount = 0

  init(pageCount: Int) {
    chunkCount = (pageCount + 511) / 512
    chunks = .allocate(capacity: chunkCount)
    chunks.initialize(repeating: nil, count: chunkCount)
    writtenCounts = .allocate(capacity: chunkCount)
    writtenCounts.initialize(repeating: 0, count: chunkCount)
  }

  deinit {
    for index in 0..<chunkCount { chunks[index]?.deallocate() }
    chunks.deallocate()
    writtenCounts.deallocate()
  }

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

  func clearCode(_ page: Int) { chunk(for: page)[page & 511] &= ~Self.code }

  func markWritten(_ page: Int) {
    let chunk = chunk(for: page)
    if chunk[page & 511] & Self.written == 0 {
      chunk[page & 511] |= Self.written
      writtenPageCount += 1
      writtenCounts[page >> 9] += 1
    }
  }

  /// Makes everything decoded from the page void.
  func bumpVersion(_ page: Int) {
    let chunk = chunk(for: page)
    let next = UInt32(truncatingIfNeeded: chunk[page & 511]) &+ 1
    chunk[page & 511] = chunk[page & 511] & ~0xFFFF_FFFF | UInt64(next)
  }

  /// Forgets that pages were written; versions go on so that no old code is taken for new.
  func forget(pages: Range<Int>) {
    var page = pages.lowerBound
    while page < pages.upperBound {
      guard let chunk = chunks[page >> 9] else {
        page = (page >> 9 + 1) << 9
        continue
      }
      let record = chunk[page & 511]
      if record != 0 {
        if record & Self.written != 0 {
          writtenPageCount -= 1
          writtenCounts[page >> 9] -= 1
        }
        chunk[page & 511] = UInt64(UInt32(truncatingIfNeeded: record) &+ 1)
      }
      page += 1
    }
  }

  func forEachWritten(_ body: (Int) -> Void) {
    for index in 0..<chunkCount where writtenCounts[index] != 0 {
      guard let chunk = chunks[index] else { continue }
      for slot in 0..<512 where chunk[slot] & Self.written != 0 { body(index << 9 + slot) }
    }
  }
}
