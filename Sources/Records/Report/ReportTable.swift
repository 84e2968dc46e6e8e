import Foundation
import Partitioning
import Quantities

// One table, three forms: rows for a page, CSV and JSON lines. A value is text or an exact decimal
// number, written the same in each.

/// A table of a report.
struct ReportTable {
  /// A column, by the name that programs read and the one that people read.
  struct Column {
    var name: String
    var title: String
    var isNumber = true
  }

  /// What stands in a row and column.
  enum Cell: Equatable {
    case text(String)
    /// A number as it is written: digits, at most one point, perhaps a sign.
    case number(String)
    /// Nanoseconds, written as seconds: exact in files, to the millisecond on a page.
    case seconds(UInt64)
    case none
  }

  /// Name of its files, without an ending.
  var name: String
  var title: String
  var columns: [Column]
  var rows: [[Cell]] = []
}

extension ReportTable.Cell {
  /// A whole number.
  static func count(_ number: some BinaryInteger) -> ReportTable.Cell { .number("\(number)") }

  /// A fraction with so many decimals, rounded half up.
  static func decimal(_ value: Fraction?, _ places: Int = 2) -> ReportTable.Cell {
    value.map { .number($0.text(places: places)) } ?? .none
  }

}

/// Nanoseconds as seconds with so many decimals.
private func secondsText(_ nanoseconds: UInt64, _ places: Int) -> String {
  Fraction(Int128(nanoseconds), 1_000_000_000).text(places: places)
}

// MARK: CSV (RFC 4180)

extension ReportTable {
  /// The line of column names.
  var csvHeader: String { columns.map { ReportTable.csv($0.name) }.joined(separator: ",") + "\r\n" }

  /// One row.
  static func csvLine(_ row: [Cell]) -> String {
    row.map { cell in
      switch cell {
      case .text(let text): csv(text)
      case .number(let digits): digits
      case .seconds(let nanoseconds): secondsText(nanoseconds, 9)
      case .none: ""
      }
    }.joined(separator: ",") + "\r\n"
  }

  private static func csv(_ text: String) -> String {
    guard text.contains(where: { ",\"\r\n".contains($0) }) || text.contains("\r\n") else {
      return text
    }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}

// MARK: JSON lines

extension ReportTable {
  /// One row as an object, in the order of the columns; what is not there is null.
  func jsonLine(_ row: [Cell]) -> String {
    let members = zip(columns, row).map { column, cell in
      let value =
        switch cell {
        case .text(let text): ReportTable.json(text)
        case .number(let digits): digits
        case .seconds(let nanoseconds): secondsText(nanoseconds, 9)
        case .none: "null"
        }
      return ReportTable.json(column.name) + ":" + value
    }
    return "{" + members.joined(separator: ",") + "}\n"
  }

  private static func json(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: result += "\\\""
      case 0x5C: result += "\\\\"
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x2029:
        result += "\\u" + String(scalar.value, radix: 16).zeroPadded(to: 4)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}

// MARK: HTML

extension ReportTable {
  /// The table for a page, with so many rows at most; the rest is in the file that is named.
  func markup(limit: Int = .max) -> Markup {
    let head = Markup.element(
      "thead", [],
      .element(
        "tr", [],
        .all(columns.map { .element("th", ReportTable.style($0), text: $0.title) })))
    let body = Markup.element(
      "tbody", [],
      .all(
        rows.prefix(max(0, limit)).map { row in
          .element(
            "tr", [],
            .all(
              zip(columns, row).map { .element("td", ReportTable.style($0), text: $1.shown) }))
        }))
    var result = Markup.element(
      "div", [("class", "scroll")], .element("table", [], head + body))
    if rows.count > limit {
      result += .element(
        "p", [("class", "note")],
        .text("\(rows.count.subtractingClamped(limit)) more rows are in ")
          + .element("a", [("href", name + ".csv")], text: name + ".csv") + .text("."))
    }
    return result
  }

  private static func style(_ column: Column) -> [(String, String)] {
    column.isNumber ? [("class", "number")] : []
  }
}

extension ReportTable.Cell {
  fileprivate var shown: String {
    switch self {
    case .text(let text), .number(let text): text
    case .seconds(let nanoseconds): secondsText(nanoseconds, 3)
    case .none: ""
    }
  }
}
