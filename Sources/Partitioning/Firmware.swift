import Quantities

// The objects that the firmware consists of, and the state that they own between them. Each is handed those
// below it: books and journal first, then what partitions are entitled to, their life, what changes while they
// run, and the passage of time over all of it.

/// The firmware's own values: what belongs to no partition, to no epoch and to no channel.
///
/// Each part is an object's; they are written side by side, as one.
struct FirmwareState: SavedState {
  static let kind = "firmware"
  static let version = 1

  var origin: MachineOrigin
  var settings: SettingBook.State
  var storage: StorageBook.State
  var pending: PendingChanges.State
  var journal: JournalState
  var entitlements: Entitlements.State
  var restarts: Restarts.State
  var life: Life.State
  var reconfiguration: Reconfiguration.State
  var shutdown: MachineShutdown.State
  var guestCommands: GuestCommands.State
  var passage: Passage.State

  /// The values of a machine that has just been built.
  ///
  /// - Parameters:
  ///   - definition: What it is defined as.
  ///   - seed: In place of the definition's.
  ///   - clock: The host's time of day in Unix seconds, taken only when the definition says NOW.
  init(_ definition: SystemDefinition, seed: UInt64?, clock: () -> Int64) {
    origin = MachineOrigin(seed: seed ?? definition.machine.seed, timeOfDayAtStart: 0)
    settings = SettingBook.State(definition)
    storage = StorageBook.State(definition)
    pending = PendingChanges.State()
    journal = JournalState()
    entitlements = Entitlements.State(
      hasStaleShares: definition.machine.processors.map { _ in false })
    restarts = Restarts.State()
    life = Life.State()
    reconfiguration = Reconfiguration.State()
    shutdown = MachineShutdown.State()
    guestCommands = GuestCommands.State()
    passage = Passage.State()
    switch definition.machine.timeOfDay {
    case .fixed(let seconds): origin.timeOfDayAtStart = seconds
    case .now:
      origin.timeOfDayAtStart = min(max(0, clock()), TimeOfDay.latest)
      journal.events.publish(
        FirmwareEvent(time: 0, partition: nil, kind: .clockRead(origin.timeOfDayAtStart)))
    }
  }

  /// Forgets what is kept of partitions by their numbers, which may be others' from now on.
  mutating func forget(_ numbers: Set<Int>) {
    entitlements.softCapping.forget(numbers)
    pending.waiting.removeAll(where: numbers.contains)
    restarts.held.removeAll(where: numbers.contains)
    reconfiguration.reservations = reconfiguration.reservations.filter {
      !numbers.contains($0.value)
    }
    shutdown.end?.asked.removeAll(where: numbers.contains)
  }
}

extension FirmwareState {
  private enum CodingKeys: CodingKey { case journal }

  init(from decoder: any Decoder) throws {
    origin = try MachineOrigin(from: decoder)
    settings = try SettingBook.State(from: decoder)
    storage = try StorageBook.State(from: decoder)
    pending = try PendingChanges.State(from: decoder)
    journal = try decoder.container(keyedBy: CodingKeys.self)
      .decode(JournalState.self, forKey: .journal)
    entitlements = try Entitlements.State(from: decoder)
    restarts = try Restarts.State(from: decoder)
    life = try Life.State(from: decoder)
    reconfiguration = try Reconfiguration.State(from: decoder)
    shutdown = try MachineShutdown.State(from: decoder)
    guestCommands = try GuestCommands.State(from: decoder)
    passage = try Passage.State(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(journal, forKey: .journal)
    let others: [any Encodable] = [
      origin, settings, storage, pending, entitlements, restarts, life, reconfiguration, shutdown,
      guestCommands, passage,
    ]
    for part in others { try part.encode(to: encoder) }
  }
}

/// The objects of one machine's firmware.
struct Firmware {
  let hardware: MachineHardware
  let settings: SettingBook
  let storage: StorageBook
  let pending: PendingChanges
  let journal: Journal
  let entitlements: Entitlements
  let restarts: Restarts
  let life: Life
  let reconfiguration: Reconfiguration
  let shutdown: MachineShutdown
  let guestCommands: GuestCommands
  let passage: Passage

  /// Objects that work on some hardware.
  ///
  /// - Parameters:
  ///   - hardware: What they work on.
  ///   - state: What they own between them.
  ///   - pacer: How time follows the wall clock.
  init(_ hardware: MachineHardware, _ state: FirmwareState, _ pacer: Pacer) {
    self.hardware = hardware
    settings = SettingBook(hardware, state.settings)
    storage = StorageBook(hardware, state.storage)
    pending = PendingChanges(hardware, storage, state.pending)
    journal = Journal(hardware, settings, state.journal)
    entitlements = Entitlements(hardware, settings, state.entitlements)
    restarts = Restarts(hardware, journal, state.restarts)
    life = Life(hardware, settings, storage, pending, journal, entitlements, restarts, state.life)
    reconfiguration = Reconfiguration(life, state.reconfiguration)
    shutdown = MachineShutdown(reconfiguration, state.shutdown)
    guestCommands = GuestCommands(hardware, state.guestCommands)
    passage = Passage(reconfiguration, shutdown, guestCommands, pacer, state.passage)
  }

  /// What the objects own between them.
  var state: FirmwareState {
    get { FirmwareState(self) }
    nonmutating set {
      hardware.origin = newValue.origin
      settings.state = newValue.settings
      storage.state = newValue.storage
      pending.state = newValue.pending
      journal.state = newValue.journal
      entitlements.state = newValue.entitlements
      restarts.state = newValue.restarts
      life.state = newValue.life
      reconfiguration.state = newValue.reconfiguration
      shutdown.state = newValue.shutdown
      guestCommands.state = newValue.guestCommands
      passage.state = newValue.passage
    }
  }

  /// All of them, to ask each what its properties are.
  var objects: [any StateHolder] {
    [
      hardware, settings, storage, pending, journal, entitlements, restarts, life, reconfiguration,
      shutdown, guestCommands, passage,
    ]
  }
}

extension FirmwareState {
  /// What a machine's objects own now.
  fileprivate init(_ firmware: Firmware) {
    origin = firmware.hardware.origin
    settings = firmware.settings.state
    storage = firmware.storage.state
    pending = firmware.pending.state
    journal = firmware.journal.state
    entitlements = firmware.entitlements.state
    restarts = firmware.restarts.state
    life = firmware.life.state
    reconfiguration = firmware.reconfiguration.state
    shutdown = firmware.shutdown.state
    guestCommands = firmware.guestCommands.state
    passage = firmware.passage.state
  }
}
