import Channels
import Definitions
import Partitioning
import Quantities

/// What the control program needs of the machine: the firmware, or a stand-in for tests.
///
/// Owner thread only. Names are upper case.
package protocol SystemPort: AnyObject {
  /// The instant: nanoseconds since the machine's IPL.
  var now: SimulatedTime { get }
  /// What the machine is defined as, with the partitions that there are now.
  var definition: SystemDefinition { get }
  /// The machine as it is now.
  var machineView: MachineView { get }
  /// Every defined partition's name, in name order.
  var sortedNames: [String] { get }
  /// One partition as it is now; nil when it is not defined.
  func partitionView(_ name: String) -> PartitionView?
  /// Whether a partition is active; nil when it is not defined.
  func isActive(_ name: String) -> Bool?
  /// Who gives the COMMAND statements of definitions.
  var interpreter: (any CommandInterpreter)? { get set }
  /// Judges and performs an action, all or nothing; a partition as author needs its permissions.
  func perform(
    _ action: ManagementAction, by author: Author
  ) throws(ManagementError) -> ManagementResult
  /// Types keys at an active partition's console, which is no action and in no journal.
  func type(_ bytes: [UInt8], at name: String, by author: Author) throws(ManagementError)
  /// The same machine as it is now without its guests, to try actions on; nothing done to it shows
  /// in this one.
  func rehearse() -> any SystemPort
  /// In what `rehearse` gave: guests do all that is asked of them and still pending.
  func agreeToPending()
  /// Actions from outside since IPL, refused ones too, in order.
  var journal: [JournalEntry] { get }
  /// What is so of partitions, in their order, and with `isGlobal` of the pools and the machine.
  func items(of partitions: [String], isGlobal: Bool) -> [MachineItems]
  /// Everything that is counted, now.
  func measurement() -> MeasurementSample
  /// The machine's storage from its beginning to its end, by owner.
  func storageMap() -> [StoragePiece]
  /// The definition with every profile and group as it is kept now.
  var profileDefinition: SystemDefinition { get }
  /// Judges which profiles could be activated one after the other; nothing is changed.
  func validator(for order: [ProfileReference], besideActive: Bool) -> ActivationValidator
  /// A piece of a partition's storage; nil when a byte of it is not there.
  func storage(of partition: String, at address: UInt64, count: Int) -> [UInt8]?
  /// A register of one of a partition's processors by name (`RAX`, `RIP`, `CR3`); nil for none.
  func register(_ name: String, of partition: String, processor: Int) -> UInt64?
  /// The digest of the machine (nil) or of a partition with the pages it wrote.
  func storageDigest(of partition: String?) -> UInt64
  /// Changes how time follows the wall clock; no state depends on it.
  func setPace(_ pace: Pace)
  /// What happened since a reader read last, in order.
  func events(since position: inout ReaderPosition) -> Reading<FirmwareEvent>
  /// Whether an author may learn of the use that others make of the machine.
  func seesOthers(_ author: Author) -> Bool
}

extension SystemPort {
  package var sortedNames: [String] { definition.partitions.map(\.name).sorted() }

  /// Nanoseconds from an instant to now; 0 for one to come.
  func elapsed(since instant: SimulatedTime) -> UInt64 { now.subtractingClamped(instant) }
}

/// Lets simulated time pass; a front end provides it, because it decides pace and input meanwhile.
package protocol SimulationClock: AnyObject {
  /// Runs the machine until an instant, or until the condition holds, whichever is first.
  ///
  /// The condition is asked after every epoch; it must not be kept.
  func pass(until: SimulatedTime, orWhen condition: () -> Bool)
}
