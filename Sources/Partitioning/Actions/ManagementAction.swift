import Channels

/// How hard an operator insists when something is taken away.
package enum Insistence: String, Sendable, Equatable, Comparable, Codable {
  /// The guest gives it up itself; what cannot be given up is refused.
  case polite = ""
  /// Taken at once although the guest has not agreed, unless that cuts the last path.
  case unconditional = "UNCOND"
  /// Taken at once whatever it breaks.
  case force = "FORCE"

  /// Orders by how much is risked.
  package static func < (one: Insistence, other: Insistence) -> Bool { one.rank < other.rank }

  private var rank: Int {
    switch self {
    case .polite: 0
    case .unconditional: 1
    case .force: 2
    }
  }
}

/// Everything that changes the machine.
///
/// Console, script, interface and tests all produce it.
///
/// Partitions are named; the firmware answers `.partitionNotFound` for a name that no definition
/// has. Each comment says when the action is legal and what else may be wrong. Without `force`, what
/// would end a running guest is refused with `.forceNeeded`.
package indirect enum ManagementAction: Sendable, Equatable, Codable {
  // Life of a partition
  /// Activates a not-activated partition from an image profile, the next-activation profile when
  /// nil; with `load` it is loaded at once from it. With `force` an active one is taken down first.
  /// `.wrongState`, `.profileNotFound`, `.insufficientStorage`, `.storageFragmented`,
  /// `.insufficientProcessors`, `.hostMemory`, `.hostStorage`, and those of `load`. All or nothing.
  case activate(String, profile: String? = nil, load: Bool, force: Bool = false)
  /// Brings a partition up as its definition says: `activate`, its COMMAND statements, given as its user,
  /// and with `load` a load at last. One that fails undoes it all, and is tried on a copy first, unless the
  /// firmware does it. Without COMMAND statements it is `activate`. `.commandFailed`, `.activationNested`,
  /// and those of `activate`.
  case logOn(String, profile: String? = nil, load: Bool, force: Bool = false)
  /// Activates a partition as it was set when an earlier machine was lost, and loads it again if it
  /// ran. `.wrongState`, `.nothingToRecover`, and those of `activate` and `load`.
  case recover(String)
  /// Takes a partition down and returns all it had. `.wrongState`, `.forceNeeded`.
  case deactivate(String, force: Bool = false)
  /// Loads an active partition, from what it was loaded from last when `image` is nil, at first from
  /// its profile. Its storage is cleared unless `clear` is false; it keeps what it has of storage and
  /// processors. `.wrongState`, `.forceNeeded`, `.nothingToLoad`, `.loadFile`, `.loadImage`,
  /// `.unsupportedLoad`, `.hostStorage`.
  case load(
    String, image: IPLDefinition?, parameters: String?, clear: Bool = true, force: Bool = false)
  /// Stops all processors of an active partition, or one. `.wrongState`, `.processorNotOnline`.
  case stop(String, processor: Int?)
  /// Starts what was stopped. `.wrongState`, `.processorNotOnline`, `.hostStorage`.
  case start(String, processor: Int?)
  /// Resets an active partition; storage is kept. `.wrongState`, `.forceNeeded`.
  case resetNormal(String, force: Bool = false)
  /// Resets an active partition, clears its storage and returns what was added to it.
  /// `.wrongState`, `.forceNeeded`.
  case resetClear(String, force: Bool = false)
  /// Interrupts a partition's first processor as the restart key does (NMI). `.wrongState`.
  case restart(String)
  /// Asks a guest to end; when it has not after `within` seconds, `thenForce` takes it down, and at
  /// once when it listens to no signal. `.wrongState`, `.changePending`, without `thenForce`
  /// `.shutdownSignalNotEnabled`.
  case signalShutdown(String, within: Int, thenForce: Bool)
  /// Withdraws what the end of a shutdown signal's time would do. `.noPendingChange`.
  case cancelShutdown(String)

  // Values
  /// Sets a value of a partition, a group or the machine, running, in the profile or in both. In what
  /// runs, of an active partition only: `.wrongState`, and those of the setting.
  case set(Setting, SettingScope = .running)

  // Profiles
  /// Names the image profile of the next activation. `.profileNotFound`.
  case setNextProfile(String, profile: String)
  /// Writes the running values into the profile that the partition is active with. `.wrongState`.
  case saveProfile(String)

  // Partitions that come and go
  /// Defines a partition, or those of a numbered range up to `through`, not active: like another
  /// partition's image profiles as they are now, like a PROFILE of the directory, or as an entry that
  /// says nothing; one of the folder's that was deleted comes back as the folder says it.
  /// `.partitionName`, `.partitionRange`, `.partitionDefined`, `.partitionLimit`,
  /// `.partitionOfFolder`, `.templateNotFound`, `.notShareable`, `.processorsNotDefinable`,
  /// `.insufficientProcessors`, `.notMultipleOfIncrement`, `.storageLimit`, and those of settings.
  case definePartition(String, through: String? = nil, like: String? = nil)
  /// Deletes a partition, or those of a numbered range up to `through`; none may be active.
  /// `.partitionRange`, `.partitionActive`.
  case deletePartition(String, through: String? = nil)

  // Live reconfiguration
  /// Offers a reserved logical processor to the guest or wants one back. Stays pending until the
  /// guest agrees or `within` seconds (60 when nil) are over. `.wrongState`,
  /// `.processorNotDefined`, `.processorOnline`, `.processorNotOnline`, `.lastProcessor`,
  /// `.changePending`, `.insufficientProcessors`, `.guestNotListening`.
  case configureProcessor(
    String, processor: Int, online: Bool, insistence: Insistence, within: Int?)
  /// Offers storage to the guest or wants it back, in whole increments. `.notMultipleOfIncrement`,
  /// `.storageLimit`, `.insufficientStorage`, `.storageNotRemovable`, `.changePending`,
  /// `.guestNotListening`, `.guestPlugsNoStorage`.
  case configureStorage(
    String, byteCount: UInt64, online: Bool, insistence: Insistence, within: Int?)
  /// Configures a channel path on or off line for one partition (PAM). Off line it is pending while requests are
  /// under way there, unless it is insisted. `.pathNotFound`, `.pathNotAllowed`, `.pathAlready`, `.pathInUse`,
  /// `.pathOffline`, `.lastPath`, `.changePending`.
  case configurePath(String, path: UInt8, online: Bool, insistence: Insistence)
  /// Varies a path on or off line to one device of an active partition, by its own number (LPM). The last path to
  /// a device needs `.unconditional`, and `.force` while the guest uses the device. `.wrongState`,
  /// `.virtualDeviceNotFound`, `.pathNotToDevice`, `.devicePathAlready`, `.lastPath`, `.deviceInGuestUse`.
  case varyDevicePath(
    String, device: UInt16, path: UInt8, online: Bool, insistence: Insistence = .polite)
  /// Gives a device to an active partition under a number of its own; the guest is told, and it stays pending
  /// until the guest has found it or `within` seconds (60 when nil) are over, or until the next load for a guest
  /// that cannot be told. `.wrongState`, `.deviceNotFound`, `.deviceOffline`, `.deviceInUse`,
  /// `.deviceNumberTaken`, `.deviceNotAttachable`, `.hostStorage`.
  case attachDevice(
    String, device: UInt16, as: UInt16, isReadOnly: Bool = false, with: DeviceOptions? = nil,
    within: Int? = nil)
  /// Takes a device, by the partition's own number, from an active partition. Stays pending until the guest gives
  /// it back; with `force` it is taken at once, and requests under way end with an I/O error. `.wrongState`,
  /// `.virtualDeviceNotFound`, `.changePending`, `.deviceInGuestUse`.
  case detachDevice(String, device: UInt16, force: Bool = false, within: Int? = nil)
  /// Links an active partition to a minidisk, its own or another partition's, under a number of its own; the guest
  /// is told as of `attachDevice`. `.wrongState`, `.linkRefused`, `.deviceNotAttachable`, `.hostStorage`.
  case link(
    String, owner: String, device: UInt16, as: UInt16, mode: LinkMode, within: Int? = nil)
  /// Counts a wrong password of a LINK against the user who gave it.
  case countWrongPassword(userid: String)
  /// Gives up a reconfigurable path that isolation keeps for the partition. `.pathNotReserved`.
  case releasePath(String, path: UInt8)
  /// Cancels a partition's pending changes, or those of one kind. `.noPendingChange`.
  case cancelPending(String, kind: PendingKind?)

  // What is counted
  /// Writes an accounting record of an active partition; the next begins here. `.wrongState`.
  case account(String)

  // The machine
  /// Asks every guest that listens to end.
  case signalAll(within: Int)
  /// Takes the machine down: all partitions at once, or, `within` seconds, when the guests that listen to
  /// the shutdown signal have ended.
  case shutDown(within: Int?)
  /// Varies a physical processor on or off line. `.physicalProcessorNotFound`,
  /// `.physicalProcessorAlready`, `.physicalProcessorNeeded`.
  case varyProcessor(Int, online: Bool)
  /// Varies a channel path on or off line for the whole machine. Off line it is pending while requests are under
  /// way there, unless it is insisted. `.pathNotFound`, `.pathAlready`, `.lastPath`, `.changePending`.
  case varyPath(UInt8, online: Bool, insistence: Insistence)
  /// Varies a device on or off line: one that is off line no partition can be given. `.deviceNotFound`,
  /// `.deviceAlready`, `.deviceInUse`.
  case varyDevice(UInt16, online: Bool)
  /// Halts what a device does: the request ends with an I/O error. `.deviceNotFound`, `.deviceIdle`.
  case haltDevice(UInt16)
  /// Takes what is reserved of a device, and who has registered, from everybody. `.deviceNotFound`,
  /// `.deviceNotReserved`.
  case releaseReservations(UInt16)

  /// Has the machine go on with another I/O configuration, or with that before or after the last such change;
  /// with `force` paths that go are taken off line first. With the refusals of the request.
  case activateDeck(DeckRequest, force: Bool = false)

  /// Gives a managed path to a control unit, as the machine does by itself. `.pathNotManaged`.
  case moveManagedPath(ManagedPath)

  /// Has a path or a device go wrong on purpose, or ends that, with the refusals of the change.
  case inject(FaultChange)

  /// Changes the networks inside the machine, with the refusals of the change.
  case network(NetworkChange)

  // Verbs that keep CP's meaning
  /// Adds a reserved logical processor, which arrives stopped. As `configureProcessor`.
  case defineProcessor(String, processor: Int)
  /// Removes a logical processor; the partition is reset and its storage cleared.
  /// As `configureProcessor`.
  case detachProcessor(String, processor: Int)
  /// Gives the partition exactly this much storage; it is reset and its storage cleared.
  /// As `configureStorage`.
  case defineStorage(String, byteCount: UInt64)

  // Several at once
  /// What is asked for together, of one partition or several: all of it is done, in order, at this
  /// instant, or nothing is. Settings of one partition that follow each other are judged together.
  /// `.inBatch` with the first that cannot be done.
  case batch([ManagementAction])

  // The guest's console and contents
  /// Types bytes at the guest's console. `.wrongState`.
  case sendConsole(String, bytes: [UInt8])
  /// Stores into the partition's storage. `.wrongState`, `.notStorage`.
  case storeStorage(String, address: UInt64, bytes: [UInt8])
  /// Stores into a register of a processor. `.wrongState`, `.processorNotOnline`,
  /// `.registerNotFound`.
  case storeRegister(String, processor: Int, register: String, value: UInt64)

  /// One command's actions as one; a single one stays as it is.
  package static func together(_ actions: [ManagementAction]) -> ManagementAction {
    if actions.count == 1, let only = actions.first { return only }
    return .batch(actions)
  }

  /// The partitions acted on, each once, in the order in which they are named.
  package var partitions: [String] {
    switch self {
    case .batch(let actions):
      var seen: Set<String> = []
      return actions.flatMap(\.partitions).filter { seen.insert($0).inserted }
    case .definePartition(let first, let last?, _), .deletePartition(let first, let last?):
      return PartitionNames.range(from: first, to: last) ?? []
    default: return partition.map { [$0] } ?? []
    }
  }

  /// The partition acted on; nil for an action on the machine, a group or several partitions.
  package var partition: String? {
    switch self {
    case .activate(let name, _, _, _), .logOn(let name, _, _, _), .recover(let name),
      .deactivate(let name, _),
      .load(let name, _, _, _, _),
      .stop(let name, _), .start(let name, _), .resetNormal(let name, _),
      .resetClear(let name, _), .restart(let name), .signalShutdown(let name, _, _),
      .cancelShutdown(let name), .setNextProfile(let name, _), .saveProfile(let name),
      .configureProcessor(let name, _, _, _, _), .configureStorage(let name, _, _, _, _),
      .configurePath(let name, _, _, _), .releasePath(let name, _), .cancelPending(let name, _),
      .varyDevicePath(let name, _, _, _, _), .attachDevice(let name, _, _, _, _, _),
      .detachDevice(let name, _, _, _), .link(let name, _, _, _, _, _),
      .account(let name),
      .defineProcessor(let name, _), .detachProcessor(let name, _),
      .defineStorage(let name, _), .sendConsole(let name, _), .storeStorage(let name, _, _),
      .storeRegister(let name, _, _, _), .definePartition(let name, nil, _),
      .deletePartition(let name, nil):
      name
    case .set(let setting, _): setting.partition
    case .network(let change): change.partition
    case .batch(let actions):
      actions.allSatisfy { $0.partition == actions.first?.partition }
        ? actions.first?.partition : nil
    case .definePartition, .deletePartition, .signalAll, .shutDown, .varyProcessor, .varyPath,
      .varyDevice, .haltDevice, .releaseReservations, .activateDeck, .inject,
      .countWrongPassword, .moveManagedPath:
      nil
    }
  }
}

/// What an action did beyond what a view shows.
package enum ManagementResult: Sendable, Equatable {
  /// Done, at this simulated instant.
  case done
  /// Under way; it ends by the guest's agreement or at the deadline.
  case pending([PendingChange])
  /// Done or under way for each of these partitions, or refused for it.
  case each([PartitionOutcome])
}
