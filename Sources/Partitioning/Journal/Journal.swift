import Channels
import Quantities

// The journal: actions from outside in their order, and what is told to whoever reads it.

/// One action from outside, with the instant at which it took effect.
package struct JournalEntry: Sendable, Equatable, Codable {
  /// When.
  package var time: SimulatedTime
  /// Who had it performed.
  package var author: Author
  /// What.
  package var action: ManagementAction
  /// Why it was refused, nil when it was performed.
  package var refusal: ManagementError?
}

/// What has been said of a machine, and how much of it nobody has taken yet.
struct JournalState: Equatable, Sendable, Codable {
  /// Actions from outside since IPL, in order.
  var entries: [JournalEntry] = []
  /// How many of them were performed: the number of the machine's last input.
  @Added var inputCount: UInt64 = 0
  /// What happened by itself, what was changed, and what was accounted, for whoever reads it.
  var events = Publication<FirmwareEvent>(keeping: eventLimit)
  var changes = Publication<ChangeRecord>(keeping: changeLimit)
  var accounting = Publication<AccountingRecord>(keeping: changeLimit)
  /// What came for guests, for whoever keeps it.
  @Added var typed = Publication<GuestInput>(keeping: changeLimit)
  /// What came in by uplinks, for whoever keeps it.
  @Added var frames = Publication<UplinkInput>(keeping: changeLimit)

  /// Events that are kept for readers.
  static let eventLimit = 1 << 16
  /// Changes that are kept, and as many accounting records.
  static let changeLimit = 1 << 14
}

/// What is written down of a machine: its inputs, and what became of them.
final class Journal: FirmwareObject {
  let hardware: MachineHardware
  let settings: SettingBook
  var state: JournalState

  init(_ hardware: MachineHardware, _ settings: SettingBook, _ state: JournalState) {
    self.hardware = hardware
    self.settings = settings
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(state: ["state"], wiring: ["hardware", "settings"])
  }

  /// Writes down what happened by itself, to a partition or to the machine.
  func note(_ partition: Partition?, _ kind: FirmwareEventKind, at time: SimulatedTime? = nil) {
    state.events.publish(
      FirmwareEvent(time: time ?? now, partition: partition?.name, kind: kind))
  }

  /// Writes down that an adapter is about to be disconnected, to the partition at the other end of its channel.
  func noteDrop(of device: UInt16, of partition: Partition) {
    guard let end = hardware.networks.adapter(device, of: partition.number),
      let partner = hardware.networks.partner(of: end), partner.partition != partition.number,
      let other = hardware.partitions[partner.partition]
    else { return }
    note(other, .channelDropped(partner.device, by: partition.name, device))
  }

  /// Enters an action from outside.
  ///
  /// What was performed is performed again where the machine's history is, and so is what was refused after
  /// a part of it: it is an input.
  ///
  /// - Returns: Its number among the inputs; nil when nothing of it was performed.
  func enter(
    _ action: ManagementAction, by author: Author, refusal: ManagementError?, isPerformed: Bool
  ) -> UInt64? {
    state.entries.append(
      JournalEntry(time: now, author: author, action: action, refusal: refusal))
    return isPerformed ? countInput() : nil
  }

  /// Enters what was typed at a guest's console: an input, but no action.
  func enter(typed bytes: [UInt8], at partition: Partition) {
    state.typed.publish(
      GuestInput(number: countInput(), time: now, partition: partition.name, bytes: bytes))
  }

  /// Enters a frame that came in by a switch's uplink, as `enter(typed:)` does, and takes it into the history.
  func enter(frame bytes: [UInt8], at switchName: String) {
    state.frames.publish(
      UplinkInput(number: countInput(), time: now, switchName: switchName, bytes: bytes))
    engine.progress.digest.mix(now)
    for text in [Array(switchName.utf8), bytes] {
      text.withUnsafeBytes { engine.progress.digest.mix(bytes: $0) }
    }
  }

  private func countInput() -> UInt64 {
    state.inputCount.addClamped(1)
    return state.inputCount
  }
}
