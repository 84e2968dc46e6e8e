/// A table for people: columns as wide as what stands in them, two blanks between.
struct TextTable {
  /// A column: its heading and the side to which its cells are set.
  struct Column {
    let heading: String
    let isRight: Bool

    static func left(_ heading: String) -> Column { Column(heading: heading, isRight: false) }
    static func right(_ heading: String) -> Column { Column(heading: heading, isRight: true) }
  }

  let columns: [Column]
  /// Cells by row; as many as columns.
  let rows: [[String]]

  /// The heading and the rows, without blanks at the end of lines.
  var lines: [String] {
    let widths = columns.indices.map { index in
      rows.reduce(columns[index].heading.count) { max($0, $1[index].count) }
    }
    return ([columns.map(\.heading)] + rows).map { row in
      var line = row.indices.map { index in
        columns[index].isRight
          ? rightAligned(row[index], widths[index]) : padded(row[index], widths[index])
      }.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
