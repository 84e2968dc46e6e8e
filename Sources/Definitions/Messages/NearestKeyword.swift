/// Finds the legal keyword that a misspelt one was meant to be.
package enum NearestKeyword {
  /// Of more keywords, such as the names of thousands of partitions, the others are not compared.
  private static let mostKeywords = 256

  /// Finds the nearest keyword.
  ///
  /// - Parameters:
  ///   - word: What was written, upper case.
  ///   - keywords: What would be legal.
  /// - Returns: The earlier one of two that are equally near; nil when none is near.
  package static func of(_ word: String, among keywords: [String]) -> String? {
    var best: (keyword: String, distance: Int)?
    for keyword in keywords.prefix(Self.mostKeywords) {
      let limit = max(1, min(word.utf8.count, keyword.utf8.count) / 3)
      let distance = distance(Array(word.utf8.prefix(32)), Array(keyword.utf8))
      if distance <= limit, distance < best?.distance ?? Int.max { best = (keyword, distance) }
    }
    return best?.keyword
  }

  /// Letters to insert, delete, replace or swap with their neighbour.
  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    // The distances of one's beginnings from other's, a row for each length of one's; each walks along
    // the row before it and, for what was swapped, the row before that.
    var beforeLast: [Int] = []
    var last = Array(0...other.count)
    var letterBefore: UInt8?
    for letter in one {
      var left = (last.first ?? 0) &+ 1
      var current = [left]
      var goalBefore: UInt8?
      var swapped = beforeLast.makeIterator()
      for ((goal, diagonal), above) in zip(zip(other, last), last.dropFirst()) {
        left = min(above &+ 1, left &+ 1, diagonal &+ (letter == goal ? 0 : 1))
        if let goalBefore, let distance = swapped.next(), letter == goalBefore,
          letterBefore == goal
        {
          left = min(left, distance &+ 1)
        }
        current.append(left)
        goalBefore = goal
      }
      letterBefore = letter
      beforeLast = last
      last = current
    }
    return last.last ?? 0
  }
}
