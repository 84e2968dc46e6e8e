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
    var beforeLast = [Int](repeating: 0, count: other.count + 1)
    var last = Array(0...other.count)
    for (row, letter) in one.enumerated() {
      var current = [row + 1]
      for (column, goal) in other.enumerated() {
        var least = min(
          last[column + 1] + 1, current[column] + 1, last[column] + (letter == goal ? 0 : 1))
        if row > 0, column > 0, letter == other[column - 1], one[row - 1] == goal {
          least = min(least, beforeLast[column - 1] + 1)
        }
        current.append(least)
      }
      beforeLast = last
      last = current
    }
    return last[other.count]
  }
}
