import Platform

/// Where the places of a partition's storage lie in its guest addresses.
///
/// Place i holds bytes `[i n, (i + 1) n)` of storage, n being the increment; storage continues at
/// 4 GiB after the first 3 GiB, as a PC's does.
enum StorageMap {
  /// Guest addresses of a run of places; two ranges when it crosses the gap.
  static func ranges(of places: Range<Int>, increment: UInt64) -> [Range<UInt64>] {
    let bytes = UInt64(places.lowerBound) * increment..<UInt64(places.upperBound) * increment
    let gap = PCLayout.lowStorageLimit
    let shift = PCLayout.highStorageBase - gap
    if bytes.upperBound <= gap { return [bytes] }
    if bytes.lowerBound >= gap { return [bytes.lowerBound + shift..<bytes.upperBound + shift] }
    return [bytes.lowerBound..<gap, gap + shift..<bytes.upperBound + shift]
  }

  /// Places that a range of guest addresses covers.
  static func places(of range: Range<UInt64>, increment: UInt64) -> Range<Int> {
    let gap = PCLayout.lowStorageLimit
    let shift = PCLayout.highStorageBase - gap
    let offset = range.lowerBound >= gap + shift ? shift : 0
    let first = Int((range.lowerBound - offset) / increment)
    return first..<Int((range.upperBound - offset + increment - 1) / increment)
  }

  /// Runs of consecutive places, ascending.
  static func runs(_ places: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for place in places.sorted() {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }
}
