/// Where in the definition files something stands.
struct Place: Sendable, Hashable {
  /// File name relative to the folder.
  var file: String
  /// Line, from 1; 0 for the file as a whole.
  var line: Int
  /// Column in characters, from 1; 0 for the line as a whole.
  var column: Int

  /// The place as a message says it, `demo.direct line 12`.
  var words: String { line > 0 ? "\(file) line \(line)" : file }
}

/// Columns of a deck's cards.
enum CardColumn {
  /// The last that is read, and the one that holds the mark.
  static let last = 71
  /// Where a marked statement goes on.
  static let continuation = 16
}
