import Channels
import Platform
import Quantities

// The life of partitions: who begins, loads, stops and ends them, with what they own.

/// The object that partitions live by.
final class Life: FirmwareObject {
  /// What is kept.
  struct State: Equatable, Sendable, Codable {
    /// Bytes of the host's files that were read for the guest's command that is being performed.
    var bytesRead = 0
    /// Who gave wrong passwords with LINK.
    @Added var wrongPasswords = WrongPasswords()
  }

  let hardware: MachineHardware
  let settings: SettingBook
  let storage: StorageBook
  let pending: PendingChanges
  let journal: Journal
  let entitlements: Entitlements
  let restarts: Restarts
  var state: State
  /// Computers that were made ahead for what is to be activated, by partition; in a rehearsal those that it
  /// makes, nil when it makes none.
  var prepared: [Int: Computer]?

  init(
    _ hardware: MachineHardware, _ settings: SettingBook, _ storage: StorageBook,
    _ pending: PendingChanges, _ journal: Journal, _ entitlements: Entitlements,
    _ restarts: Restarts, _ state: State
  ) {
    self.hardware = hardware
    self.settings = settings
    self.storage = storage
    self.pending = pending
    self.journal = journal
    self.entitlements = entitlements
    self.restarts = restarts
    self.state = state
  }

  /// Who gave wrong passwords with LINK.
  var wrongPasswords: WrongPasswords {
    get { state.wrongPasswords }
    set { state.wrongPasswords = newValue }
  }

  /// Does something, and counts what is read of the host's files for it.
  ///
  /// - Returns: What it gives, and bytes.
  func countingBytesRead<Result>(_ body: () -> Result) -> (Result, byteCount: Int) {
    state.bytesRead = 0
    let result = body()
    return (result, state.bytesRead)
  }

  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["state"],
      wiring: [
        "hardware", "settings", "storage", "pending", "journal", "entitlements", "restarts",
      ],
      // Filled and emptied by an action.
      caches: ["prepared"])
  }
}
