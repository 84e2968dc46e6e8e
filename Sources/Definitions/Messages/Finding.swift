/// How grave a finding is.
package enum FindingSeverity: String, Sendable {
  /// Nothing is started.
  case error = "E"
  /// Said, and the machine starts.
  case warning = "W"
  /// Nothing is wrong; it could be better.
  case advice = "I"
}

/// One thing that a definition file says wrongly, and what would be right.
package struct Finding: Sendable, Hashable {
  /// File name relative to the folder.
  package var file: String
  /// Line, from 1; 0 when it is about the file as a whole.
  package var line: Int
  /// Column in characters, from 1; 0 when it is about the line as a whole.
  package var column: Int
  /// How grave it is.
  package var severity: FindingSeverity
  /// Message id, such as `HCPDEF007E` or `ICP304I`.
  package var id: String
  /// What was wrong.
  package var text: String
  /// What would be right.
  package var remedy: String

  /// Creates a finding.
  package init(
    file: String, line: Int, column: Int, severity: FindingSeverity, id: String, text: String,
    remedy: String
  ) {
    self.file = file
    self.line = line
    self.column = column
    self.severity = severity
    self.id = id
    self.text = text
    self.remedy = remedy
  }
}

extension Finding {
  /// Whether there is no machine to judge: the folder cannot be read, or is none of a machine.
  package var isNoMachine: Bool { id == "HCPDEF053E" || id == "HCPDEF054E" }
}

extension Finding: CustomStringConvertible {
  /// The finding on one line: `file:line:column: id text; remedy`.
  package var description: String {
    var place = file
    if line > 0 { place += ":\(line)" }
    if line > 0, column > 0 { place += ":\(column)" }
    return remedy.isEmpty ? "\(place): \(id) \(text)" : "\(place): \(id) \(text); \(remedy)"
  }
}
