import Partitioning

/// A change that the records have and that did not come again when their inputs were performed again.
package struct ReplayDifference: Sendable, Equatable {
  /// What was recorded.
  package var recorded: ChangeRecord
  /// What came in its place; nil for nothing.
  package var came: ChangeRecord?
}

/// Compares what comes while inputs are performed again with what was recorded.
package struct ReplayComparison {
  /// What was recorded and has not come yet.
  private var expected: ArraySlice<ChangeRecord>
  private var difference: ReplayDifference?
  /// What came and goes beyond the records, in order.
  package private(set) var beyond: [ChangeRecord] = []

  /// Nothing has come yet; what was refused then is not asked for again.
  package init(_ history: LaterHistory) {
    expected = history.changes.map(\.change).filter { $0.refusal == nil }[...]
  }

  /// Takes what came, in order.
  package mutating func take(_ changes: [ChangeRecord]) {
    for change in changes where change.refusal == nil {
      guard let recorded = expected.popFirst() else {
        beyond.append(change)
        continue
      }
      if difference == nil, !change.isSame(as: recorded) {
        difference = ReplayDifference(recorded: recorded, came: change)
      }
    }
  }

  /// What was different first when all has come; nil for nothing.
  package var result: ReplayDifference? {
    difference ?? expected.first.map { ReplayDifference(recorded: $0) }
  }
}

extension ChangeRecord {
  /// Whether it is the same change; of who had it made the records keep the name only, and an older program
  /// may have told the same values by other names and in another order.
  fileprivate func isSame(as other: ChangeRecord) -> Bool {
    time == other.time && action == other.action && author.name == other.author.name
      && values == other.values
  }

  /// What was different, whatever it is called.
  private var values: [String] {
    differences.map { "\($0.partition ?? "") \($0.before) \($0.after)" }.sorted()
  }
}
