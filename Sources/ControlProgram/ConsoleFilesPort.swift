/// Why a console's file was not begun or written: one line for the operator.
package struct ConsoleFileFailure: Error, Equatable, Sendable {
  package let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}

/// A file in which a console's lines are kept; it ends with its last reference.
package protocol ConsoleFile: AnyObject {
  /// Its name in the folder.
  var name: String { get }
  /// Adds whole lines.
  func append(_ lines: [String]) throws(ConsoleFileFailure)
}

/// Where consoles' files are kept, which is outside the machine's history.
///
/// Owner thread only.
package protocol ConsoleFilesPort: AnyObject {
  /// Begins a file of a partition's console, under a name or the next number that is free.
  func begin(of partition: String, named name: String?) throws(ConsoleFileFailure)
    -> any ConsoleFile
}

/// Whoever has the consoles of all guests before him, beside those who are connected to one.
///
/// Owner thread only; called while events are collected, and may not act on the machine then.
package protocol ConsoleAudience: AnyObject {
  /// The partitions that are active now: what came before is lost.
  func begin(with active: [String])
  /// A partition has become active.
  func opened(_ partition: String)
  /// A partition is active no more.
  func closed(_ partition: String)
  /// A guest wrote bytes, or CP wrote for it.
  func wrote(_ bytes: [UInt8], at partition: String)
}
