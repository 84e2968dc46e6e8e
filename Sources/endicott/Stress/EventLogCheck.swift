import Partitioning
import Quantities

/// Whether the event log tells one story: each value begins where the last change of it ended, and ends
/// where the machine is.
struct EventLogCheck {
  /// What the log said last of each value, by partition (empty for the machine) and value.
  private var last: [String: [String: String]] = [:]
  /// Changes read so far.
  private(set) var count = 0
  /// Of them, refused ones.
  private(set) var refusedCount = 0
  /// Names of the refusals met so far.
  private(set) var refusals: Set<String> = []

  /// Values that other things change too: a path of a partition by VARY of the whole machine, the
  /// state by what the guest does.
  private static func isShared(_ name: String) -> Bool {
    name == "PATHS ONLINE" || name == "STATE"
  }

  /// Reads changes in their order.
  ///
  /// - Returns: One line for each that does not fit.
  mutating func read(_ changes: [ChangeRecord]) -> [String] {
    var wrong: [String] = []
    for change in changes {
      count &+= 1
      if let refusal = change.refusal {
        refusedCount &+= 1
        refusals.insert(String(describing: refusal.cause).prefix { $0 != "(" }.description)
        if !change.differences.isEmpty { wrong.append("refused and yet changed: \(change)") }
      }
      for difference in change.differences where !EventLogCheck.isShared(difference.name) {
        let subject = difference.partition ?? change.partition ?? ""
        // What comes begins with values of its own, whoever had the name before.
        if difference.name == "DEFINED" { last[subject] = nil }
        if let known = last[subject]?[difference.name], known != difference.before {
          wrong.append(
            "event log: \(subject) \(difference.name) was \(known), then changed from"
              + " \(difference.before)")
        }
        last[subject, default: [:]][difference.name] = difference.after
      }
    }
    return wrong
  }

  /// Compares what the log said last with what a partition has.
  ///
  /// - Returns: One line for each value that differs.
  func differences(from partition: PartitionView) -> [String] {
    guard let said = last[partition.name] else { return [] }
    let online = partition.processors.filter { $0.state != .reserved }.map {
      hexDigits($0.number, 2)
    }
    let values = [
      ("PROCESSORS ONLINE", online.isEmpty ? "NONE" : online.joined(separator: " ")),
      ("PENDING", "\(partition.pending.count)"),
      ("STOPPED", partition.isStopped ? "YES" : "NO"),
    ]
    return values.compactMap { name, value in
      guard let known = said[name], known != value else { return nil }
      return "event log: \(partition.name) \(name) ends as \(known), the partition has \(value)"
    }
  }
}
