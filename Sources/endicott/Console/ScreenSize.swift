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
  private let margin: Int
  private var rows: [String] = []
  private var row: String.UnicodeScalarView
  /// Blanks that stand before the word, unless a row ends there.
  private var gap = 0
  private var word = String.UnicodeScalarView()

  init(_ line: String, columns: Int) {
    self.columns = columns
    let blanks = line.unicodeScalars.prefix { $0 == " " }.count
    margin = blanks < columns / 2 ? blanks : 0
    row = String.UnicodeScalarView()
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
    if row.count &+ gap &+ word.count <= columns {
      row.append(contentsOf: repeatElement(" ", count: gap))
    }
    row.append(contentsOf: word)
    word = String.UnicodeScalarView()
    gap = 0
  }

  private mutating func endRow() {
    rows.append(String(row))
    row = String.UnicodeScalarView(repeatElement(" ", count: margin))
    gap = 0
  }

  mutating func finished() -> [String] {
    endWord()
    return rows + [String(row)]
  }
}
