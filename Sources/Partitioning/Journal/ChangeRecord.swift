import Channels

/// A change as the event log keeps it: who, when, what, before and after.
package struct ChangeRecord: Sendable, Equatable, Codable {
  /// Simulated time since IPL.
  package var time: SimulatedTime
  /// Who had it performed.
  package var author: Author
  /// What was asked.
  package var action: ManagementAction
  /// The partition it is about, nil for the machine, a group or several partitions.
  package var partition: String?
  /// What is different afterwards; empty when it was refused.
  package var differences: [ValueDifference]
  /// Why it was refused, nil when it was performed.
  package var refusal: ManagementError?
  /// Its number among the machine's inputs, from 1, nil for what follows from them.
  ///
  /// An input was performed because somebody outside asked for it; what the firmware does by itself and
  /// what guests' commands lead to follows.
  package var input: UInt64?

  /// Creates a record.
  package init(
    time: SimulatedTime, author: Author, action: ManagementAction, partition: String?,
    differences: [ValueDifference], refusal: ManagementError? = nil, input: UInt64? = nil
  ) {
    self.time = time
    self.author = author
    self.action = action
    self.partition = partition
    self.differences = differences
    self.refusal = refusal
    self.input = input
  }
}

extension ChangeRecord {
  /// The partitions it is about, each once.
  package var partitions: [String] {
    if let partition { return [partition] }
    var seen: Set<String> = []
    return (action.partitions + differences.compactMap(\.partition)).filter {
      seen.insert($0).inserted
    }
  }
}

/// One value before and after a change.
package struct ValueDifference: Sendable, Equatable, Codable {
  /// What it is, in the words of the definition files and of QUERY.
  package var name: String
  /// Its value before.
  package var before: String
  /// Its value after.
  package var after: String
  /// The partition whose it is, in a change of several.
  package var partition: String?

  /// Creates a difference.
  package init(name: String, before: String, after: String, partition: String? = nil) {
    self.name = name
    self.partition = partition
    self.before = before
    self.after = after
  }
}
