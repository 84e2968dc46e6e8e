import Channels
import Quantities

/// What became of an action on one of several partitions.
package struct PartitionOutcome: Sendable, Equatable, Codable {
  /// The partition.
  package var partition: String
  /// Why it was refused; nil when it was done or is under way.
  package var refusal: ManagementError?

  /// Creates an outcome.
  package init(partition: String, refusal: ManagementError? = nil) {
    self.partition = partition
    self.refusal = refusal
  }
}

/// The end of the machine while its guests have time for it.
struct MachineEnd: Sendable, Equatable, Codable {
  /// When whatever is still active is taken down.
  var deadline: SimulatedTime
  /// Numbers of the partitions whose guests were asked to end, ascending.
  var asked: [Int]
}
