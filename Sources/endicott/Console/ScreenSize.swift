/// A terminal's rows and columns.
struct ScreenSize: Equatable {
  let rows: Int
  let columns: Int

  /// Of a terminal that says 0, or nothing, it is assumed that it has 24 rows of 80 columns.
  init(rows: Int, columns: Int) {
    self.rows = rows > 0 ? rows : 24
    self.columns = columns > 0 ? columns : 80
  }

  /// Rows of an answer beside the one that says MORE....
  var pageRows: Int { rows > 2 ? rows &- 1 : Int.max }

  /// Rows that a line takes.
  func rowCount(of line: String) -> Int { broken(line).count }

  /// A line in rows that fit: broken at blanks, a word that is longer than a row inside it.
  ///
  /// What begins with blanks goes on below its first word.
  func broken(_ line: String) -> [String] {
    guard line.unicodeScalars.count > columns else { return [line] }
    var rows = BrokenRows(line, columns: columns)
    for scalar in line.unicodeScalars {
      if scalar == " " { rows.endWord() }
      rows.add(scalar)
    }
    return rows.finished()
  }
}

/// A long line as it becomes rows.
private struct BrokenRows {
  private let columns: Int
  /// Blanks before every row but the first.
  private var margin = 0
  private var rows: [String] = []
  private var row: [Unicode.Scalar] = []
  /// Blanks that stand before the word, unless a row ends there.
  private var gap = 0
  private var word: [Unicode.Scalar] = []

  init(_ line: String, columns: Int) {
    self.columns = columns
    for scalar in line.unicodeScalars {
      guard scalar == " ", margin < columns else { break }
      margin &+= 1
    }
    if margin > columns / 2 { margin = 0 }
  }

  /// A blank, or the next of a word.
  mutating func add(_ scalar: Unicode.Scalar) {
    guard scalar != " " else {
      gap = min(gap &+ 1, columns)
      return
    }
    if word.count >= max(1, columns &- margin) { endWord() }
    word.append(scalar)
  }

  mutating func endWord() {
    guard !word.isEmpty else { return }
    if row.count &+ gap &+ word.count > columns, row.contains(where: { $0 != " " }) { endRow() }
    if row.count &+ gap &+ word.count <= columns { addBlanks(gap) }
    row += word
    word = []
    gap = 0
  }

  private mutating func endRow() {
    rows.append(text(row))
    row = []
    addBlanks(margin)
    gap = 0
  }

  private mutating func addBlanks(_ count: Int) {
    var left = count
    while left > 0 {
      row.append(" ")
      left &-= 1
    }
  }

  private func text(_ scalars: [Unicode.Scalar]) -> String {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    return String(text)
  }

  mutating func finished() -> [String] {
    endWord()
    return rows + [text(row)]
  }
}
