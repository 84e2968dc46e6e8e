// Pages that their guest has no use for: they read zero again, and the host has their memory back.

import CHost
import Quantities

extension GuestMemory {
  /// Has the whole pages of a range read zero, as before they were first written.
  ///
  /// What is no storage, or is written elsewhere than it is read, stays as it is. The caller flushes the
  /// translations of the processors that used the pages.
  ///
  /// - Returns: How many pages were emptied.
  package func empty(_ range: Range<UInt64>) -> Int {
    let end = range.upperBound & ~0xFFF
    var address = range.lowerBound.addingClamped(0xFFF) & ~0xFFF
    var run = Range(uncheckedBounds: (0, 0))
    var count = 0
    while address < end {
      if let offset = storageOffset(address, writing: true) {
        noteChange(address)
        let start = Int(truncatingIfNeeded: offset)
        if start != run.upperBound {
          giveBack(run)
          run = Range(uncheckedBounds: (start, start))
        }
        run = Range(uncheckedBounds: (run.lowerBound, start &+ 4096))
        count &+= 1
      }
      address &+= 4096
    }
    giveBack(run)
    return count
  }

  /// Gives the host the memory of a piece of the window.
  private func giveBack(_ run: Range<Int>) {
    guard run.lowerBound < run.upperBound else { return }
    endicott_discard(window + run.lowerBound, run.upperBound &- run.lowerBound)
    records.forget(from: run.lowerBound >> 12, to: run.upperBound >> 12)
  }
}
