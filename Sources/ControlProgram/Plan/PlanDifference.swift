import Partitioning
import Quantities

/// What differs between two states of a machine: the table of PLAN.
struct PlanDifference {
  /// One item that is not the same after.
  struct Change: Equatable {
    let item: String
    let before: String
    let after: String
    /// With a sign, when the difference is a number.
    let change: String
  }

  /// What changes for a subject, or for several in a row alike.
  struct Row: Equatable {
    var first: String
    var last: String
    var count: Int
    let changes: [Change]
  }

  let rows: [Row]

  /// Compares item by item; what is only on one side differs from `-`.
  ///
  /// Subjects that are not there after come last.
  init(before: [MachineItems], after: [MachineItems]) {
    var rows: [Row] = []
    // The row that those after it may be like.
    var open: Row?
    func bySubject(_ all: [MachineItems]) -> [String: [MachineItem]] {
      Dictionary(all.map { ($0.subject, $0.items) }, uniquingKeysWith: { one, _ in one })
    }
    let (earlier, present) = (bySubject(before), bySubject(after))
    let gone = before.filter { present[$0.subject] == nil }
    for group in after + gone {
      let changes = Self.changes(
        from: earlier[group.subject] ?? [], to: present[group.subject] ?? [])
      if changes.isEmpty { continue }
      if let row = open, row.changes == changes {
        open = Row(
          first: row.first, last: group.subject, count: row.count.addingClamped(1),
          changes: changes)
      } else {
        if let row = open { rows.append(row) }
        open = Row(first: group.subject, last: group.subject, count: 1, changes: changes)
      }
    }
    if let row = open { rows.append(row) }
    self.rows = rows
  }

  private static func changes(from before: [MachineItem], to after: [MachineItem]) -> [Change] {
    let gone = before.filter { item in !after.contains { $0.name == item.name } }
    let changed = after.compactMap { item -> Change? in
      let earlier = before.first { $0.name == item.name }
      guard earlier?.text != item.text else { return nil }
      return Change(
        item: item.name, before: earlier?.text ?? "-", after: item.text,
        change: signed(from: earlier?.amount, to: item.amount, asIn: item.text))
    }
    return changed
      + gone.map { Change(item: $0.name, before: $0.text, after: "-", change: "") }
  }

  /// The difference with its sign and the decimals of the text it belongs to; empty for no numbers.
  private static func signed(from before: Int?, to after: Int?, asIn text: String) -> String {
    guard let before, let after else { return "" }
    let value = Int(clamping: after.subtractingClamped(before).magnitude)
    return (after < before ? "-" : "+")
      + (text.contains(".") ? fixedPointText(value, places: 4, padded: true) : "\(value / 10_000)")
  }

  /// The table, headed; one line for nothing.
  var lines: [String] {
    guard !rows.isEmpty else { return ["Nothing would change"] }
    let cells = rows.flatMap { row in
      row.changes.enumerated().map { index, change in
        [
          index == 0 ? row.subject : "", change.item, change.before, change.after, change.change,
        ]
      }
    }
    return TextTable(
      columns: [.left("WHAT"), .left("ITEM"), .right("BEFORE"), .right("AFTER"), .right("CHANGE")],
      rows: cells
    ).lines
  }
}

extension PlanDifference.Row {
  /// `SPIN001`, or `PULSE001-PULSE100 (100)` for several in a row that change alike.
  var subject: String {
    count == 1 ? first : "\(first)-\(last) (\(count))"
  }
}
