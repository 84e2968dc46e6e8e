import Foundation
import Partitioning
import Quantities
import X86

/// The pages of all guests, each contents once.
///
/// Two pages are one when all their bytes are equal; a digest only finds the candidates.
struct PagePool {
  /// Where each guest's pages are in the pool, in the order of its pages.
  private(set) var places: [[UInt32]] = []
  /// The contents: a guest and the index of a page of it.
  private var firsts: [(guest: Int, index: Int)] = []

  /// How many different pages there are.
  var count: Int { firsts.count }

  /// Puts the pages of guests together.
  init(_ guests: [GuestCheckpoint]) {
    var known: [UInt64: [UInt32]] = [:]
    for (guest, pages) in guests.lazy.map(\.pages).enumerated() {
      var own: [UInt32] = []
      own.reserveCapacity(pages.numbers.count)
      pages.contents.withUnsafeBytes { contents in
        for index in pages.numbers.indices {
          let page = pages.page(index, of: contents)
          var digest = HistoryDigest()
          digest.mix(bytes: page)
          let candidates = known[digest.value] ?? []
          let same = candidates.first { candidate in
            guard let first = firsts.element(at: Int(candidate)),
              let other = guests.element(at: first.guest)
            else { return false }
            return other.pages.contents.withUnsafeBytes {
              other.pages.page(first.index, of: $0).elementsEqual(page)
            }
          }
          let place = same ?? UInt32(clamping: firsts.count)
          if same == nil {
            firsts.append((guest, index))
            known[digest.value, default: []].append(place)
          }
          own.append(place)
        }
      }
      places.append(own)
    }
  }

  /// Visits each contents once, in the order of the places.
  func forEach<Failure: Error>(
    of guests: [GuestCheckpoint], _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    for first in firsts {
      guard let guest = guests.element(at: first.guest) else { continue }
      try guest.pages.contents.visitBytes { contents throws(Failure) in
        try body(guest.pages.page(first.index, of: contents))
      }
    }
  }
}
