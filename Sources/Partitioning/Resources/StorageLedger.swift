import Quantities

/// Who has which increment of the machine's storage.
///
/// Granted and free always come to installed.
///
/// A value: copy it to judge, keep the copy to perform.
package struct StorageLedger: Sendable, Equatable, Codable {
  /// Bytes in an increment, a power of two.
  package let incrementByteCount: UInt64
  /// Owner of each increment, by partition number; -1 when free.
  private var owners: [Int32]
  /// Increments that nobody has.
  package private(set) var freeCount: Int

  /// A ledger in which all is free; bytes beyond the last whole increment are not installed.
  package init(installedByteCount: UInt64, incrementByteCount: UInt64) {
    self.incrementByteCount = incrementByteCount
    owners = [Int32](
      repeating: -1, count: Int(clamping: installedByteCount / max(1, incrementByteCount)))
    freeCount = owners.count
  }

  /// Increments installed.
  package var installedCount: Int { owners.count }
  /// Installed storage in bytes.
  package var installedByteCount: UInt64 { byteCount(of: owners.count) }
  /// Free storage in bytes.
  package var freeByteCount: UInt64 { byteCount(of: freeCount) }

  /// Bytes of so many increments, or the most there can be.
  package func byteCount(of increments: Int) -> UInt64 {
    UInt64(clamping: increments).multipliedClamped(by: incrementByteCount)
  }

  /// Increments that hold so many bytes, the last one perhaps not all.
  package func count(of bytes: UInt64) -> Int {
    let unit = max(1, incrementByteCount)
    return Int(clamping: bytes.addingClamped(unit &- 1) / unit)
  }

  /// Increments that a partition has.
  package func grantedCount(to partition: Int) -> Int {
    owners.count { $0 == Int32(truncatingIfNeeded: partition) }
  }

  /// Whether every increment is counted once: granted and free come to installed.
  package var isBalanced: Bool { owners.count { $0 < 0 } == freeCount }

  /// The longest run of free increments.
  package var largestFreeCount: Int {
    var longest = 0
    var run = 0
    for owner in owners {
      run = owner < 0 ? run &+ 1 : 0
      longest = max(longest, run)
    }
    return longest
  }

  /// Takes increments in one piece: at `origin` when said, otherwise the highest that fit.
  ///
  /// - Returns: Their numbers, or nil when no such piece is free; nothing is taken then.
  package mutating func takeContiguous(
    _ count: Int, for partition: Int, origin: Int? = nil
  ) -> Range<Int>? {
    guard count > 0, count <= owners.count else { return nil }
    if let origin {
      guard origin >= 0, origin <= owners.count &- count else { return nil }
      let range = origin..<max(origin, origin.addingClamped(count))
      guard range.allSatisfy({ isFree($0) }) else { return nil }
      return grant(range, to: partition)
    }
    var run = 0
    for index in owners.indices.reversed() {
      run = isFree(index) ? run &+ 1 : 0
      if run == count {
        return grant(index..<max(index, index.addingClamped(count)), to: partition)
      }
    }
    return nil
  }

  /// Takes any free increments, highest first.
  ///
  /// - Returns: Their numbers, or nil when there are too few; nothing is taken then.
  package mutating func take(_ count: Int, for partition: Int) -> [Int]? {
    guard count <= freeCount else { return nil }
    var taken: [Int] = []
    taken.reserveCapacity(count)
    for index in owners.indices.reversed() where taken.count < count && isFree(index) {
      taken.append(index)
      give(index, to: partition)
    }
    return taken
  }

  /// Takes just these increments.
  ///
  /// - Returns: Whether all were free and installed; nothing is taken otherwise.
  package mutating func take(_ increments: [Int], for partition: Int) -> Bool {
    guard increments.allSatisfy({ isFree($0) }) else { return false }
    for increment in increments { give(increment, to: partition) }
    return true
  }

  /// The partition that has each increment, nil where it is free; by increment.
  package var holders: [Int?] { owners.map { $0 < 0 ? nil : Int($0) } }

  /// Gives increments back.
  ///
  /// One that is not the partition's stays whose it is.
  package mutating func giveBack(_ increments: [Int], from partition: Int) {
    let owner = Int32(clamping: partition)
    for increment in increments {
      assert(owners.element(at: increment) == owner, "an increment has one owner")
      guard owners.element(at: increment) == owner else { continue }
      owners.change(at: increment) { $0 = -1 }
      freeCount.addClamped(1)
    }
    assert(freeCount <= owners.count, "granted and free come to installed")
  }

  private mutating func grant(_ range: Range<Int>, to partition: Int) -> Range<Int> {
    for index in range { give(index, to: partition) }
    return range
  }

  /// Whether an increment is installed and nobody has it.
  private func isFree(_ increment: Int) -> Bool { owners.element(at: increment) ?? 0 < 0 }

  /// Gives a free increment to a partition.
  private mutating func give(_ increment: Int, to partition: Int) {
    owners.change(at: increment) { $0 = Int32(clamping: partition) }
    freeCount.subtractClamped(1)
  }
}
