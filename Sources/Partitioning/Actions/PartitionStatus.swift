// What a partition does, and what leads from one to another. Stopped processors are a flag beside
// the state, not a state: a stopped partition is still operating or not operating.
//
//                  activate                        load
//   notActivated -----------> notOperating ------------------> operating
//        ^                      ^      ^                        |     |
//        | deactivate           |      | reset                  |     | disabled wait, triple
//        | (from any other,     |      +------------------------+     | fault
//        |  also by the guest's |                                     v
//        +- power off)          +------------ reset ------------ exceptions
//                                             load: exceptions -> operating
//
// A load of an operating partition, and a restart by the guest, lead from operating to operating.

/// What a partition is doing, in the words of the machine's own interface.
package enum PartitionStatus: String, Sendable, Equatable, CaseIterable, Codable {
  /// Owns nothing.
  case notActivated = "not-activated"
  /// Owns its resources; nothing was loaded.
  case notOperating = "not-operating"
  /// Runs what was loaded.
  case operating = "operating"
  /// All its processors are in a disabled wait or one met a triple fault.
  case exceptions = "exceptions"

  /// States that own resources.
  package static let active: [PartitionStatus] = [.notOperating, .operating, .exceptions]

  /// Whether the table above leads from this state to the other.
  package func permits(_ next: PartitionStatus) -> Bool {
    switch (self, next) {
    case (.notActivated, .notOperating),
      (.notOperating, .operating), (.notOperating, .notActivated), (.notOperating, .notOperating),
      (.operating, .operating), (.operating, .exceptions), (.operating, .notOperating),
      (.operating, .notActivated),
      (.exceptions, .operating), (.exceptions, .notOperating), (.exceptions, .notActivated):
      true
    default: false
    }
  }
}

extension PartitionStatus {
  /// The state in the firmware's words; an operating partition may be stopped.
  func text(isStopped: Bool) -> String {
    switch self {
    case .notActivated: "NOT-ACTIVATED"
    case .notOperating: "NOT-OPERATING"
    case .operating: isStopped ? "STOPPED" : "OPERATING"
    case .exceptions: "EXCEPTIONS"
    }
  }
}
