import Partitioning

/// A change that the records have and that did not come again when their inputs were performed again.
package struct ReplayDifference: Sendable, Equatable {
  /// What was recorded.
  package var recorded: ChangeRecord
  /// What came in its place; nil for nothing.
  package var came: ChangeRecord?
}

/// Compares what comes while inputs are performed again with what was recorded.
struct ReplayComparison {
  /// What was recorded and has not come yet.
  private var expected: ArraySlice<ChangeRecord>
  private var difference: ReplayDifference?

  /// Nothing has come yet; what was refused then is not asked for again.
  init(_ recorded: [ChangeRecord]) {
    expected = recorded.filter { $0.refusal == nil }[...]
  }

  /// Takes what came, in order.
  ///
  /// - Returns: What goes beyond the records.
  mutating func take(_ changes: [ChangeRecord]) -> [ChangeRecord] {
    var beyond: [ChangeRecord] = []
    for change in changes where change.refusal == nil {
      guard let recorded = expected.popFirst() else {
        beyond.append(change)
        continue
      }
      if difference == nil, !change.isSame(as: recorded) {
        difference = ReplayDifference(recorded: recorded, came: change)
      }
    }
    return beyond
  }

  /// What was different first; nil for nothing.
  func end() -> ReplayDifference? {
    difference ?? expected.first.map { ReplayDifference(recorded: $0) }
  }
}

extension ChangeRecord {
  /// Whether it is the same change; of who had it made the records keep the name only.
  fileprivate func isSame(as other: ChangeRecord) -> Bool {
    time == other.time && action == other.action && author.name == other.author.name
      && differences.elementsEqual(other.differences)
  }
}
