import Channels
import Quantities

// What is done with all partitions at once: the shutdown signal, and the end of the machine. With a time
// the guests that listen to the signal may end by themselves; when the last of them has, or the time is
// over, whatever is still active is taken down.

/// The end of all partitions.
final class MachineShutdown: FirmwareObject {
  /// What is kept.
  struct State: Equatable, Sendable, Codable {
    /// The end of the machine, while its guests have time for it.
    var end: MachineEnd?
  }

  let hardware: MachineHardware
  let journal: Journal
  let life: Life
  let reconfiguration: Reconfiguration
  var state: State

  /// The end of what is reconfigured and lives.
  init(_ reconfiguration: Reconfiguration, _ state: State) {
    hardware = reconfiguration.hardware
    journal = reconfiguration.journal
    life = reconfiguration.life
    self.reconfiguration = reconfiguration
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["state"], wiring: ["hardware", "journal", "life", "reconfiguration"])
  }

  /// Asks the guest of every active partition to end; those that do not listen are passed over.
  ///
  /// - Returns: What became of it for those that listen, in definition order.
  func signalAll(within seconds: Int) -> [PartitionOutcome] {
    partitions.filter(\.isActive).compactMap { partition in
      do throws(ManagementError) {
        _ = try reconfiguration.signalShutdown(partition, within: seconds, thenForce: false)
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
      deadline: hardware.after(seconds: seconds),
      asked: outcomes.compactMap { $0.refusal == nil ? layout.numbers[$0.partition] : nil })
    return .each(outcomes)
  }

  private func takeAllDown() {
    state.end = nil
    // In name order, as CP answers for several.
    for partition in partitions.filter(\.isActive).sorted(by: { $0.name < $1.name }) {
      life.takeDown(partition, because: .deactivated)
    }
    journal.note(nil, .machineShutDown)
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
    journal.recording(.shutDown(within: nil), by: .firmware) { takeAllDown() }
  }
}
