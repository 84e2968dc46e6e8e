import Platform
import Quantities

/// Where the places of a partition's storage lie in its guest addresses.
///
/// Place i holds bytes `[i n, (i + 1) n)` of storage, n being the increment; storage continues at
/// 4 GiB after the first 3 GiB, as a PC's does.
package enum StorageMap {
  /// Guest addresses of a run of places; two ranges when it crosses the gap.
  static func ranges(of places: Range<Int>, increment: UInt64) -> [Range<UInt64>] {
    func address(_ place: Int) -> UInt64 {
      UInt64(clamping: place).multipliedClamped(by: increment)
    }
    let (first, end) = (address(places.lowerBound), address(places.upperBound))
    let gap = PCLayout.lowStorageLimit
    let shift = PCLayout.highStorageBase &- gap
    // Places ascend, so their addresses do.
    if end <= gap { return [min(first, end)..<end] }
    let high = end.addingClamped(shift)
    if first >= gap { return [min(first.addingClamped(shift), high)..<high] }
    let base = PCLayout.highStorageBase
    return [min(first, gap)..<gap, base..<max(base, high)]
  }

  /// Places that a range of guest addresses covers.
  static func places(of range: Range<UInt64>, increment: UInt64) -> Range<Int> {
    let gap = PCLayout.lowStorageLimit
    let shift = PCLayout.highStorageBase &- gap
    let offset = range.lowerBound >= PCLayout.highStorageBase ? shift : 0
    let unit = max(1, increment)
    let first = Int(clamping: range.lowerBound.subtractingClamped(offset) / unit)
    let bytes = range.upperBound.subtractingClamped(offset)
    return first..<max(first, Int(clamping: bytes.addingClamped(unit &- 1) / unit))
  }

  /// Runs of consecutive places, ascending.
  package static func runs(_ places: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for place in places.sorted() {
      let next = place.addingClamped(1)
      if let last = runs.indices.last, runs.last?.upperBound == place {
        runs.change(at: last) { $0 = $0.lowerBound..<max($0.lowerBound, next) }
      } else {
        runs.append(place..<max(place, next))
      }
    }
    return runs
  }
}
