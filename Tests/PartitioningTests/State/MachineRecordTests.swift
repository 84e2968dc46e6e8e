import Quantities
import Testing

@testable import Channels
@testable import Partitioning

/// What is kept of the machine as a whole forgets nothing: whatever is changed in a state changes the
/// record, or it stands here why it ends with the machine.
@Suite("What of a machine as a whole outlives it, place by place")
struct MachineRecordTests {
  /// Places of the firmware's state that are not kept, with all that is in them.
  private static let ending = [
    "seed": "the definition's, or said at the start", "timeOfDayAtStart": "as seed",
    "ledger": "each partition's record has its increments",
    "hostPageCount": "counted again from what guests have",
    "waiting": "what waits for a guest ends with the guest; each partition's record has it",
    "closing": "a path that closes is off line, and the record has it so",
    "pathManagement": "the next machine looks anew at who wants paths",
    "journal": "the records have it, entry by entry, in rows of its own",
    "softCapping": "averages of what guests used begin again with them",
    "hasStaleShares": "shares are computed anew at the start",
    "held": "who begins later; RECOVER loads at once",
    "bytesRead": "of a guest's command that is under way",
    "wrongPasswords": "users are logged on anew",
    "end": "the end was under way, and came",
    "commandingPartition": "of a guest's command that is under way",
    "load": "what was used of late",
  ]

  /// Places of the channel subsystem's activity that are not kept.
  private static let passing = [
    "paths.absent": "what a number that names none reads as",
    "paths.elements.isClosing": "as moving; it is off line",
    "paths.elements.isOperational": "a failure that was injected ends with the machine",
    "paths.elements.configured": "a path's partitions: each partition's record has its paths",
    "paths.elements.turns": "whose turn it is, as moving",
    "paths.elements.moving": "requests in flight are lost with their guests",
    "paths.elements.movingRate": "as moving", "paths.elements.measurement": "counted since IPL",
    "devices.absent": "as paths.absent",
    "devices.elements.phase": "as moving", "devices.elements.current": "as moving",
    "devices.elements.queue": "as moving", "devices.elements.turns": "as paths.elements.turns",
    "devices.elements.injected": "as isOperational",
    "devices.elements.reservations": "a device whose machine ends loses what is reserved of it",
    "subchannels": "a guest's view of its devices, masks included, ends with it",
    "slots": "as moving", "freeSlots": "as moving", "events": "as moving", "ended": "as moving",
    "nextLook": "as moving", "missing": "as moving",
    "clock": "time begins again", "sequence": "as clock",
    "isActive": "each partition's record says so", "wasActivated": "as isActive",
  ]

  /// Places of a physical processor that are not kept.
  private static let running = [
    "pool": "the definition's", "dedicatedTo": "activation gives it again",
    "home": "as dedicatedTo", "promised": "who runs at the moment", "current": "as promised",
    "freeSince": "time begins again", "heldUntil": "as freeSince",
    "counters": "counted since IPL", "accounted": "as counters", "idleBefore": "as counters",
  ]

  /// A machine in which something is set of everything that is kept.
  private func sample() throws -> PartitionManager {
    let manager = try GuestMachine(
      processors: 2, inputOutput: true,
      groups: [
        GroupDefinition(
          name: "G", absoluteCaps: [GroupCap(type: .cp, hundredths: 50)], capacityUnits: 7)
      ],
      capacityUnits: 100, [GuestMachine.partition("A", group: "G")]
    ).manager
    for scope in [SettingScope.running, .profile] {
      try manager.perform(.set(.runningTime(nanoseconds: 5_000_000), scope))
      try manager.perform(
        .set(.missingInterruptTime(.devices(0x200...0x200), seconds: 30), scope))
    }
    try manager.perform(.varyPath(0x11, online: false, insistence: .force))
    try manager.perform(.varyDevice(0x200, online: false))
    try manager.perform(.activate("A", load: true))
    manager.runEpochs(until: 20_000_000)
    return manager
  }

  /// Compares each change with what it makes of the record.
  private func hold(
    _ changes: [(place: String, isKept: Bool)], to list: [String: String]
  ) -> Set<String> {
    for (place, isKept) in changes where !isKept {
      #expect(place.isPlace(in: list.keys), "\(place) is changed, and the record is not")
    }
    for place in list.keys {
      #expect(
        !changes.contains { $0.isKept && $0.place.isPlace(in: [place]) },
        "\(place) is kept, and stands in the list")
    }
    return Set(changes.filter(\.isKept).map(\.place))
  }

  @Test("the firmware's values")
  func firmware() throws {
    let manager = try sample()
    var state = manager.firmware.state
    // What is nil cannot be seen to be kept.
    state.pending.waiting = [0]
    state.pending.closing = [
      PendingChange(subject: .path(0x10), online: false, asked: 1, deadline: PendingChange.never)
    ]
    state.life.wrongPasswords.count("A")
    state.restarts.held = [0]
    state.reconfiguration.reservations = [0x10: 0]
    state.shutdown.end = MachineEnd(deadline: 1, asked: [0])
    state.guestCommands.commandingPartition = 0
    #expect(absentFields(of: state.settings) == [])
    manager.firmware.state = state
    let record = manager.machineRecord
    let changes = try stateChanges(of: state).map { place, changed in
      manager.firmware.state = changed
      return (place: place, isKept: manager.machineRecord != record)
    }
    let kept = hold(changes, to: Self.ending)
    #expect(kept.contains("settings.groups.absoluteCaps.hundredths"))
    #expect(kept.contains("profileSettings.waitCompletion"))
    // Every field of every object is one of the two.
    let fields = Mirror(reflecting: state).children.map { part in
      part.label == "journal" ? 1 : Mirror(reflecting: part.value).children.count
    }
    let seen = Set(changes.compactMap { $0.place.split(separator: ".").first })
    #expect(seen.count == fields.reduce(0, +))
  }

  @Test("the channel subsystem's values")
  func channels() throws {
    let manager = try sample()
    let channels = manager.hardware.channels
    let activity = channels.activity
    let record = manager.machineRecord
    let changes = try stateChanges(of: activity).map { place, changed in
      channels.activity = changed
      return (place: place, isKept: manager.machineRecord != record)
    }
    #expect(
      hold(changes, to: Self.passing) == [
        "paths.elements", "paths.elements.isOnline", "devices.elements",
        "devices.elements.isOffline",
      ])
    // What is empty while nothing is in flight stands in the list.
    let fields = Mirror(reflecting: activity).children.compactMap(\.label).map {
      $0.hasPrefix("_") ? String($0.dropFirst()) : $0
    }
    #expect(fields.allSatisfy { field in Self.passing.keys.contains { $0.hasPrefix(field) } })
  }

  @Test("a physical processor's values")
  func processor() throws {
    let manager = try sample()
    let dispatcher = manager.engine.dispatcher
    let record = manager.machineRecord
    let changes = try stateChanges(of: dispatcher.physicals[0]).map { place, changed in
      dispatcher.physicals[0] = changed
      return (place: place, isKept: manager.machineRecord != record)
    }
    #expect(hold(changes, to: Self.running) == ["isOnline"])
    let fields = Mirror(reflecting: dispatcher.physicals[0]).children.compactMap(\.label)
    #expect(Set(fields) == Set(Self.running.keys).union(["isOnline"]))
  }

  @Test("time that passes by itself changes nothing that is kept")
  func time() throws {
    let manager = try sample()
    let record = manager.machineRecord
    manager.runEpochs(until: 100_000_000)
    #expect(manager.machineRecord == record)
  }
}
