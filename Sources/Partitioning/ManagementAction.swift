import Channels

/// How hard an operator insists when something is taken away.
package enum Insistence: String, Sendable, Equatable, Comparable {
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

/// A limit on a partition's use of a pool beside its share.
package enum CapSetting: Sendable, Equatable {
  /// Hard capping at the partition's own share on or off (initial capping).
  case ownShare(Bool)
  /// Absolute cap in hundredths of a processor, 1-25500; nil lifts it.
  case absolute(hundredths: Int?)
}

/// Everything that changes the machine.
///
/// Console, script, interface and tests all produce it.
///
/// Partitions are named; the firmware answers `.partitionNotFound` for a name that no definition
/// has. Each comment says when the action is legal and what else may be wrong.
package enum ManagementAction: Sendable, Equatable {
  // Life of a partition
  /// Activates a not-activated partition; with `load` it is loaded at once from its definition.
  /// `.wrongState`, `.insufficientStorage`, `.storageFragmented`, `.insufficientProcessors`,
  /// `.dedicatedPathInUse`, `.hostMemory`, and those of `load`. All or nothing.
  case activate(String, load: Bool)
  /// Takes a partition down whatever it does and returns all it had. `.wrongState`.
  case deactivate(String)
  /// Loads an active partition, from what it was loaded from last when `image` is nil, at first from
  /// its definition. Its storage is cleared; it keeps what it has of storage and processors.
  /// `.wrongState`, `.nothingToLoad`, `.loadFile`, `.loadImage`, `.unsupportedLoad`.
  case load(String, image: IPLDefinition?, parameters: String?)
  /// Stops all processors of an active partition, or one. `.wrongState`, `.processorNotOnline`.
  case stop(String, processor: Int?)
  /// Starts what was stopped. `.wrongState`, `.processorNotOnline`.
  case start(String, processor: Int?)
  /// Resets an active partition; storage is kept. `.wrongState`.
  case resetNormal(String)
  /// Resets an active partition, clears its storage and returns what was added to it.
  /// `.wrongState`.
  case resetClear(String)
  /// Interrupts a partition's first processor as the restart key does (NMI). `.wrongState`.
  case restart(String)
  /// Asks a guest to end; when it has not after `within` seconds, `thenForce` takes it down.
  /// `.wrongState`, `.shutdownSignalNotEnabled`.
  case signalShutdown(String, within: Int, thenForce: Bool)
  /// Withdraws what the end of a shutdown signal's time would do. `.noPendingChange`.
  case cancelShutdown(String)

  // Processor resource
  /// Sets the processing weight, 1-999. `.weightOutOfRange`, `.noSharedProcessors`.
  case setWeight(String, type: ProcessorType?, weight: Int)
  /// Sets the share and, when given, its limit. `.shareOutOfRange`, `.noSharedProcessors`.
  case setShare(String, type: ProcessorType?, amount: ShareAmount?, limit: ShareLimit?)
  /// Returns share and caps to the definition. `.noSharedProcessors`.
  case setInitialShare(String, type: ProcessorType?)
  /// Sets or lifts a cap. `.capOutOfRange`, `.noSharedProcessors`.
  case setCap(String, type: ProcessorType?, CapSetting)

  // Live reconfiguration
  /// Offers a reserved logical processor to the guest or wants one back. Stays pending until the
  /// guest agrees or `within` seconds (60 when nil) are over. `.wrongState`,
  /// `.processorNotDefined`, `.processorOnline`, `.processorNotOnline`, `.lastProcessor`,
  /// `.changePending`, `.insufficientProcessors`, `.guestNotListening`.
  case configureProcessor(
    String, processor: Int, online: Bool, insistence: Insistence, within: Int?)
  /// Offers storage to the guest or wants it back, in whole increments. `.notMultipleOfIncrement`,
  /// `.storageLimit`, `.insufficientStorage`, `.storageNotRemovable`, `.changePending`,
  /// `.guestNotListening`.
  case configureStorage(
    String, byteCount: UInt64, online: Bool, insistence: Insistence, within: Int?)
  /// Configures a channel path on or off line for one partition (PAM). `.pathNotFound`,
  /// `.pathNotAllowed`, `.pathAlready`, `.pathInUse`, `.pathOffline`, `.lastPath`.
  case configurePath(String, path: UInt8, online: Bool, insistence: Insistence)
  /// Cancels a partition's pending changes, or those of one kind. `.noPendingChange`.
  case cancelPending(String, kind: PendingKind?)

  // The machine
  /// Varies a physical processor on or off line. `.physicalProcessorNotFound`,
  /// `.physicalProcessorAlready`, `.physicalProcessorNeeded`.
  case varyProcessor(Int, online: Bool)
  /// Varies a channel path on or off line for the whole machine. `.pathNotFound`, `.pathAlready`,
  /// `.lastPath`.
  case varyPath(UInt8, online: Bool, insistence: Insistence)

  // Verbs that keep CP's meaning
  /// Adds a reserved logical processor, which arrives stopped. As `configureProcessor`.
  case defineProcessor(String, processor: Int)
  /// Removes a logical processor; the partition is reset and its storage cleared.
  /// As `configureProcessor`.
  case detachProcessor(String, processor: Int)
  /// Gives the partition exactly this much storage; it is reset and its storage cleared.
  /// As `configureStorage`.
  case defineStorage(String, byteCount: UInt64)

  // The guest's console and contents
  /// Types bytes at the guest's console. `.wrongState`.
  case sendConsole(String, bytes: [UInt8])
  /// Stores into the partition's storage. `.wrongState`, `.notStorage`.
  case storeStorage(String, address: UInt64, bytes: [UInt8])
  /// Stores into a register of a processor. `.wrongState`, `.processorNotOnline`,
  /// `.registerNotFound`.
  case storeRegister(String, processor: Int, register: String, value: UInt64)

  /// The partition acted on; nil for an action on the machine.
  package var partition: String? {
    switch self {
    case .activate(let name, _), .deactivate(let name), .load(let name, _, _),
      .stop(let name, _), .start(let name, _), .resetNormal(let name), .resetClear(let name),
      .restart(let name), .signalShutdown(let name, _, _), .cancelShutdown(let name),
      .setWeight(let name, _, _), .setShare(let name, _, _, _), .setInitialShare(let name, _),
      .setCap(let name, _, _), .configureProcessor(let name, _, _, _, _),
      .configureStorage(let name, _, _, _, _), .configurePath(let name, _, _, _),
      .cancelPending(let name, _), .defineProcessor(let name, _), .detachProcessor(let name, _),
      .defineStorage(let name, _), .sendConsole(let name, _), .storeStorage(let name, _, _),
      .storeRegister(let name, _, _, _):
      name
    case .varyProcessor, .varyPath: nil
    }
  }
}

/// What an action did beyond what a view shows.
package enum ManagementResult: Sendable, Equatable {
  /// Done, at this simulated instant.
  case done
  /// Under way; it ends by the guest's agreement or at the deadline.
  case pending([PendingChange])
}
