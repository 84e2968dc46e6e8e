import Channels
import Quantities

// Partitions that were loaded and begin later.

/// Who is to begin, and when.
final class Restarts: FirmwareObject {
  /// What is kept beside the partitions' own instants.
  struct State: Equatable, Sendable, Codable {
    /// Partitions that were loaded and begin later, ascending.
    var held: [Int] = []
  }

  let hardware: MachineHardware
  let journal: Journal
  var state: State

  init(_ hardware: MachineHardware, _ journal: Journal, _ state: State) {
    self.hardware = hardware
    self.journal = journal
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(state: ["state"], wiring: ["hardware", "journal"])
  }

  /// Has a loaded partition begin later; `resume` does nothing before.
  func hold(_ partition: Partition, until time: SimulatedTime) {
    partition.heldUntil = time
    guard time > now else { return }
    if !state.held.contains(partition.number) { state.held.append(partition.number) }
    state.held.sort()
    journal.note(
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
    for partition in ready { hardware.resume(partition) }
  }
}
