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
    let all = [columns.map(\.heading)] + rows
    let widths = columns.indices.map { index in
      all.reduce(0) { max($0, $1.element(at: index)?.count ?? 0) }
    }
    let width = widths.reduce(0) { $0.addingClamped($1.addingClamped(2)) }
    // The last column has no blanks behind it.
    let gap = width > TextTable.screenWidth.addingClamped(2) ? " " : "  "
    return all.map { row in
      let cells = zip(zip(columns, widths), row).map { place, cell in
        place.0.isRight ? rightAligned(cell, place.1) : padded(cell, place.1)
      }
      return withoutBlanksAtEnd(cells.joined(separator: gap))
    }
  }
}
