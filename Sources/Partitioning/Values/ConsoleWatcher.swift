/// How a user watches a partition's console.
package enum ConsoleRole: String, Sendable, Equatable, Codable, CaseIterable {
  /// He has the console's lines while nobody is connected to it, and may type there (secondary user).
  case secondaryUser = "SECUSER"
  /// He has the console's lines at all times.
  case observer = "OBSERVER"
}

/// The user who is shown the lines of a partition's console beside those who are connected to it: one
/// secondary user or one observer, as z/VM has it.
package struct ConsoleWatcher: Sendable, Equatable, Codable {
  /// Who: a user of the machine, or a partition's own.
  package var userid: String
  /// What he has of it.
  package var role: ConsoleRole

  /// Creates a watcher.
  package init(_ userid: String, _ role: ConsoleRole) {
    self.userid = userid
    self.role = role
  }
}
