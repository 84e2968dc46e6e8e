import Channels
import Quantities

// What is done with all partitions at once: the shutdown signal, and the end of the machine. With a time
// the guests that listen to the signal may end by themselves; when the last of them has, or the time is
// over, whatever is still active is taken down.

extension PartitionManager {
  /// Asks the guest of every active partition to end; those that do not listen are passed over.
  ///
  /// - Returns: What became of it for those that listen, in definition order.
  func signalAll(within seconds: Int) -> [PartitionOutcome] {
    partitions.filter(\.isActive).compactMap { partition in
      do throws(ManagementError) {
        _ = try signalShutdown(partition, within: seconds, thenForce: false)
        return PartitionOutcome(partition: partition.name)
      } catch {
        if error == .shutdownSignalNotEnabled(partition.name) { return nil }
        return PartitionOutcome(partition: partition.name, refusal: error)
      }
    }
  }

  /// Takes the machine down, at once or when its guests have had time to end.
  func shutDown(within seconds: Int?) -> ManagementResult {
    guard let seconds else {
      takeAllDown()
      return .done
    }
    let outcomes = signalAll(within: seconds)
    state.end = MachineEnd(
      deadline: after(seconds: seconds),
      asked: outcomes.compactMap { $0.refusal == nil ? number(of: $0.partition) : nil })
    return .each(outcomes)
  }

  private func takeAllDown() {
    state.end = nil
    // In name order, as CP answers for several.
    for partition in partitions.filter(\.isActive).sorted(by: { $0.name < $1.name }) {
      takeDown(partition, because: .deactivated)
    }
    note(nil, .machineShutDown)
  }

  /// When the end of the machine is due; nil when it is not to end.
  var endDue: SimulatedTime? {
    guard let end = state.end else { return nil }
    let isAwaited = end.asked.contains { partitions[$0]?.isActive ?? false }
    return isAwaited ? end.deadline : now
  }

  /// Ends the machine when that is due.
  func endWhenDue() {
    guard let endDue, endDue <= now else { return }
    recording(.shutDown(within: nil), by: .firmware) { takeAllDown() }
  }
}
