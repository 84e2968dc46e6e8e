import CHost
import Quantities

/// The contents of a storage's pages: those that were written, and read-only ones.
package struct StoragePages: Equatable, Sendable {
  /// Bytes of a page.
  package static let pageByteCount = 4096

  /// Pages of the window, ascending.
  package let numbers: [UInt32]
  /// Their contents, one after the other unless `places` says otherwise; other storages' may be among them.
  package let contents: [UInt8]
  /// Where among the contents each is, in pages.
  private let places: [UInt32]?

  /// Pages with their contents, one after the other.
  package init(numbers: [UInt32], contents: [UInt8]) {
    (self.numbers, self.contents, places) = (numbers, contents, nil)
  }

  /// Pages whose contents are among others; nil when one is not.
  ///
  /// - Parameters:
  ///   - numbers: The pages.
  ///   - contents: The contents of all pages.
  ///   - places: Where among them each is, in pages.
  package init?(numbers: [UInt32], contents: [UInt8], places: [UInt32]) {
    let count = contents.count / Self.pageByteCount
    guard numbers.count == places.count, places.allSatisfy({ Int($0) < count }) else { return nil }
    (self.numbers, self.contents, self.places) = (numbers, contents, places)
  }

  /// The contents of the page at an index, among the bytes of `contents`; none where there is no such page.
  package func page(
    _ index: Int, of contents: UnsafeRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    let size = Self.pageByteCount
    let place = places.map { Int(clamping: $0.element(at: index) ?? .max) } ?? index
    let first = min(place.multipliedClamped(by: size), contents.count)
    return UnsafeRawBufferPointer(
      rebasing: contents[
        Range(uncheckedBounds: (first, min(first.addingClamped(size), contents.count)))])
  }

  /// So many bytes as somebody fills them; nil when he says that he cannot.
  package static func bytes(
    _ count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) -> Bool
  ) -> [UInt8]? {
    var isFilled = false
    // Cannot trap: a count that is none of bytes is none.
    let bytes = [UInt8](unsafeUninitializedCapacity: max(0, count)) { room, filled in
      // The host's page faults would be a third of the time.
      endicott_expect(room.baseAddress, room.count)
      isFilled = fill(
        UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(room).prefix(max(0, count))))
      filled = isFilled ? max(0, count) : 0
    }
    return isFilled ? bytes : nil
  }

  package static func == (one: Self, other: Self) -> Bool {
    guard one.numbers == other.numbers else { return false }
    return one.contents.withUnsafeBytes { own in
      other.contents.withUnsafeBytes { others in
        one.numbers.indices.allSatisfy { index in
          one.page(index, of: own).elementsEqual(other.page(index, of: others))
        }
      }
    }
  }
}

extension GuestMemory {
  /// The contents of the pages that belong to the storage's value.
  package var pages: StoragePages {
    var numbers: [UInt32] = []
    forEachPage { page, _ in numbers.append(page) }
    let count = max(0, numbers.count.multipliedClamped(by: StoragePages.pageByteCount))
    let contents = StoragePages.bytes(count) { room in
      var filled = 0
      forEachPage { _, page in
        // Cannot trap: both visits find the same pages.
        UnsafeMutableRawBufferPointer(
          start: room.baseAddress.map { $0 + filled }, count: room.count &- filled
        ).copyMemory(from: page)
        filled &+= page.count
      }
      return true
    }
    return StoragePages(numbers: numbers, contents: contents ?? [])
  }

  /// Puts the contents of some of the pages into storage that was restored without them; false when one is none
  /// of the storage.
  package func put(_ pages: StoragePages, _ indices: Range<Int>) -> Bool {
    pages.contents.withUnsafeBytes { contents in
      indices.allSatisfy { index in
        guard let number = pages.numbers.element(at: index) else { return false }
        return putPage(number, pages.page(index, of: contents))
      }
    }
  }

  /// Why pages are refused.
  package static var unfitPage: StateRefusal { StorageData.unfit("a page that is no storage") }
}
