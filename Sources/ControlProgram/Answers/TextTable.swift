import Quantities

/// A table for people: columns as wide as what stands in them, two blanks between, or one where two
/// would make it wider than a screen.
struct TextTable {
  /// A column: its heading and the side to which its cells are set.
  struct Column {
    let heading: String
    let isRight: Bool

    static func left(_ heading: String) -> Column { Column(heading: heading, isRight: false) }
    static func right(_ heading: String) -> Column { Column(heading: heading, isRight: true) }
  }

  private static let screenWidth = 80

  let columns: [Column]
  /// Cells by row; as many as columns.
  let rows: [[String]]

  /// The heading and the rows, without blanks at the end of lines.
  var lines: [String] {
    let widths = columns.indices.map { index in
      rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
    }
    let width = widths.reduce(0) { $0.addingClamped($1.addingClamped(2)) }
    // The last column has no blanks behind it.
    let gap = width > TextTable.screenWidth.addingClamped(2) ? " " : "  "
    return ([columns.map(\.heading)] + rows).map { row in
      var line = row.indices.map { index in
        columns[index].isRight
          ? rightAligned(row[index], widths[index]) : padded(row[index], widths[index])
      }.joined(separator: gap)
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
