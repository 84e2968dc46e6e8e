import CHost
import Quantities

/// The contents of a storage's pages: those that were written, and read-only ones.
package struct StoragePages: Equatable, Sendable {
  /// Bytes of a page.
  package static let pageByteCount = 4096

  /// Pages of the window, ascending.
  package var numbers: [UInt32]
  /// Their contents, one after the other.
  package var contents: [UInt8]

  /// Pages with their contents.
  package init(numbers: [UInt32], contents: [UInt8]) {
    self.numbers = numbers
    self.contents = contents
  }
}

extension GuestMemory {
  /// The contents of the pages that belong to the storage's value.
  package var pages: StoragePages {
    var numbers: [UInt32] = []
    forEachPage { page, _ in numbers.append(page) }
    let count = max(0, numbers.count.multipliedClamped(by: StoragePages.pageByteCount))
    // Cannot trap: both visits find the same pages.
    let contents = [UInt8](unsafeUninitializedCapacity: count) { room, filled in
      // The machine stands still meanwhile, and the host's page faults would be a third of that.
      endicott_expect(room.baseAddress, room.count)
      forEachPage { _, page in
        let rest = UnsafeMutableRawBufferPointer(
          start: room.baseAddress.map { UnsafeMutableRawPointer($0) + filled },
          count: room.count &- filled)
        rest.copyMemory(from: page)
        filled &+= page.count
      }
    }
    return StoragePages(numbers: numbers, contents: contents)
  }

  /// Puts the contents of pages into storage that was restored without them.
  ///
  /// - Throws: `StateRefusal` when a page is none of the storage.
  package func put(_ pages: StoragePages) throws(StateRefusal) {
    let isPut = pages.contents.withUnsafeBytes { contents in
      pages.numbers.indices.allSatisfy { index in
        let first = index.multipliedClamped(by: StoragePages.pageByteCount)
        let end = first.addingClamped(StoragePages.pageByteCount)
        guard end <= contents.count, let number = pages.numbers.element(at: index) else {
          return false
        }
        return putPage(
          number,
          UnsafeRawBufferPointer(rebasing: contents[Range(uncheckedBounds: (first, end))]))
      }
    }
    guard isPut else { throw StorageData.unfit("a page that is no storage") }
  }
}
