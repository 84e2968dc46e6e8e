import Channels
import Quantities

// Partitions that were loaded and begin later.

extension PartitionManager {
  /// Has a loaded partition begin later; `resume` does nothing before.
  func hold(_ partition: Partition, until time: SimulatedTime) {
    partition.heldUntil = time
    guard time > now else { return }
    if !state.held.contains(partition.number) { state.held.append(partition.number) }
    state.held.sort()
    note(
      partition, .restartHeld(count: partition.restartPace.count, nanoseconds: time &- now))
  }

  /// When the first of the held partitions begins.
  var nextRelease: SimulatedTime? {
    state.held.compactMap { partitions[$0]?.heldUntil }.min()
  }

  /// Lets those begin whose time has come.
  func release() {
    guard !state.held.isEmpty else { return }
    let ready = state.held.compactMap { partitions[$0] }.filter { $0.heldUntil <= now }
    state.held.removeAll { number in ready.contains { $0.number == number } }
    for partition in ready { resume(partition) }
  }
}
