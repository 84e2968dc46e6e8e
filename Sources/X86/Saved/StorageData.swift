// A partition's storage as a value, without the contents of its pages, which are taken and put back
// page by page. What was decoded from where is history: a first decoding costs cycles.

import Quantities

/// What there is of a partition's storage, and what is known of its pages.
package struct StorageData: SavedState {
  package static let kind = "storage"
  package static let version = 1

  /// A segment of the BIOS area that does not lead to storage alone.
  struct Segment: Codable, Equatable, Sendable {
    var readsStorage: Bool
    var writesStorage: Bool
  }

  /// Runs of attached granules of the window: first, and the one after the last.
  var attached: [Range<Int>] = []
  /// First address of read-only memory.
  var readOnlyStart: UInt64
  /// Where the segments of the BIOS area lead while they are shadowed.
  var segments: [Segment]
  /// What address bits reach storage.
  var addressMask: UInt64
  /// Pages of the window of which something is known, ascending.
  var pages: [UInt32] = []
  /// What is known of each: `PageRecords` without versions and fast paths.
  var records: [UInt64] = []
  /// Of each a bit for each 64 bytes from which code was decoded.
  var decoded: [UInt64] = []
}

extension GuestMemory {
  /// Pages of the window, those of read-only memory included.
  var windowPageCount: UInt64 { (windowByteCount &+ readOnlyByteCount) >> 12 }

  /// What there is of the storage, and what is known of its pages.
  package var data: StorageData {
    var data = StorageData(
      readOnlyStart: readOnlyStart,
      segments: shadows.map {
        StorageData.Segment(readsStorage: $0.readsStorage, writesStorage: $0.writesStorage)
      },
      addressMask: addressMask)
    data.attached = attachedGranules
    records.forEachKnown { page, record, decoded in
      data.pages.append(UInt32(truncatingIfNeeded: page))
      data.records.append(record)
      data.decoded.append(decoded)
    }
    return data
  }

  /// Takes up a value: storage reads zero until its pages are put back with `putPage`.
  ///
  /// - Throws: `StateRefusal.inconsistent` when the value is not one of a memory of this size; it is empty
  ///   then.
  package func restore(_ data: StorageData) throws(StateRefusal) {
    detachAll()
    do throws(StateRefusal) {
      guard attachGranules(data.attached) else {
        throw StorageData.unfit("storage past \(windowByteCount) bytes")
      }
      let start = data.readOnlyStart
      guard start <= PhysicalAddress.holeEnd, start & 0xFFF == 0,
        PhysicalAddress.holeEnd &- start <= readOnlyByteCount,
        data.segments.isEmpty || data.segments.count == Self.segmentCount
      else { throw StorageData.unfit("read-only memory") }
      readOnlyStart = start
      setShadows(data.segments.map { ($0.readsStorage, $0.writesStorage) })
      addressMask = data.addressMask
      guard data.records.count == data.pages.count, data.decoded.count == data.pages.count else {
        throw StorageData.unfit("the columns of the pages differ")
      }
      for (index, page) in data.pages.enumerated() {
        guard UInt64(page) < windowPageCount, let record = data.records.element(at: index),
          let decoded = data.decoded.element(at: index)
        else { throw StorageData.unfit("page \(page)") }
        records.restore(Int(page), record, decoded: decoded)
      }
    } catch {
      detachAll()
      throw error
    }
  }

  /// Visits the pages whose contents belong to the value: those that were written, and read-only ones.
  package func forEachPage(_ body: (_ page: UInt32, _ contents: UnsafeRawBufferPointer) -> Void) {
    func visit(_ page: Int) {
      body(
        UInt32(truncatingIfNeeded: page),
        UnsafeRawBufferPointer(start: window + page << 12, count: 4096))
    }
    records.forEachWritten(visit)
    let first = Int(truncatingIfNeeded: windowByteCount >> 12)
    let count = Int(truncatingIfNeeded: (PhysicalAddress.holeEnd &- readOnlyStart) >> 12)
    for page in Range(uncheckedBounds: (first, first &+ max(0, count))) { visit(page) }
  }

  /// Puts the contents of a page back.
  ///
  /// - Returns: False when there is no such page of attached storage or read-only memory.
  package func putPage(_ page: UInt32, _ contents: UnsafeRawBufferPointer) -> Bool {
    guard contents.count == 4096, UInt64(page) < windowPageCount, isBacked(Int(page)),
      let start = contents.baseAddress
    else { return false }
    // Cannot trap: a page's bytes.
    (window + Int(page) << 12).copyMemory(from: start, byteCount: 4096)
    return true
  }
}

extension StorageData {
  static func unfit(_ what: String) -> StateRefusal { .inconsistent(kind: kind, what: what) }
}
