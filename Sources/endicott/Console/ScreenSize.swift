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

  /// A line in pieces that fit: broken at blanks, a word that is longer than a row inside it.
  ///
  /// What begins with blanks goes on below its first word.
  func broken(_ line: String) -> [String] {
    guard line.unicodeScalars.count > columns else { return [line] }
    let blanks = line.unicodeScalars.prefix { $0 == " " }.count
    let margin = String(repeating: " ", count: blanks < columns / 2 ? blanks : 0)
    var rows: [String] = []
    var rest = Substring(line).unicodeScalars
    while let piece = piece(of: &rest, beside: rows.isEmpty ? 0 : margin.count) {
      rows.append((rows.isEmpty ? "" : margin) + piece)
    }
    return rows
  }

  /// Takes the next row off a line; nil when nothing is left.
  private func piece(of rest: inout Substring.UnicodeScalarView, beside margin: Int) -> String? {
    guard !rest.isEmpty else { return nil }
    let row = rest.prefix(columns &- margin)
    guard row.endIndex < rest.endIndex, rest[row.endIndex] != " ",
      let blank = row.lastIndex(of: " "), row[..<blank].contains(where: { $0 != " " })
    else {
      rest = rest[row.endIndex...].drop { $0 == " " }
      return String(row)
    }
    rest = rest[row.index(after: blank)...]
    return String(row[..<blank])
  }
}
