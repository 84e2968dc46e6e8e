import Channels
import Platform

/// A partition's share of one pool as it is set now.
struct ShareSetting: Equatable {
  var amount: ShareAmount
  var limit: ShareLimit
  var absoluteCapHundredths: Int?

  /// What the definition says.
  init(_ processors: PartitionProcessors, _ share: ShareDefinition?) {
    amount = share?.amount ?? .relative(processors.weight)
    limit = share?.limit ?? .none
    if processors.isCapped { limit = .hard(nil) }
    absoluteCapHundredths = processors.absoluteCapHundredths
  }
}

/// One partition: its definition, what it owns, and what is under way.
///
/// Owner thread only.
final class Partition {
  let definition: PartitionDefinition
  /// Index in definition order.
  let number: Int
  /// Indices of its accounts with the dispatcher, one for each of `definition.processors`.
  let accounts: Range<Int>
  /// Its channel subsystem, when it has I/O.
  let subsystem: UInt8?

  /// What it is doing; `move(to:)` is the only way on.
  private(set) var state = PartitionState.notActivated
  var isStopped = false
  var activated: SimulatedTime?
  /// Its computer while it is active.
  var machine: Machine?
  /// Whether each logical processor is on line.
  var isOnline: [Bool]
  /// Whether each logical processor is stopped by itself.
  var isProcessorStopped: [Bool]
  /// The machine's increment in each place of its storage, nil where it has none.
  var increments: [Int?] = []
  /// Places given to it that the guest has not accepted yet.
  var offered: Set<Int> = []
  var shares: [ShareSetting]
  var pending: [PendingChange] = []
  /// What it was loaded from last.
  var loaded: IPLDefinition?
  /// The parameters given then, in place of the definition's.
  var loadedParameters: String?
  /// Whether nothing was written to its storage since it was cleared.
  var isClean = true
  var requestCount: UInt64 = 0
  /// Commands it may still give in this second of simulated time, and the second.
  var commandAllowance = PartitionManager.commandsPerSecond
  var commandSecond: UInt64 = 0

  init(_ definition: PartitionDefinition, number: Int, accounts: Range<Int>, subsystem: UInt8?) {
    self.definition = definition
    self.number = number
    self.accounts = accounts
    self.subsystem = subsystem
    let count = definition.processors.reduce(0) { $0 + $1.initial + $1.reserved }
    isOnline = [Bool](repeating: false, count: count)
    isProcessorStopped = isOnline
    shares = definition.processors.map { ShareSetting($0, definition.share) }
  }

  var name: String { definition.name }
  var isActive: Bool { state != .notActivated }

  /// Goes on to another state.
  ///
  /// Traps if the table in `PartitionState` does not lead there.
  func move(to next: PartitionState) {
    precondition(state.permits(next), "no way from \(state) to \(next)")
    state = next
  }

  /// Numbers of the logical processors of one entry of the definition.
  func numbers(of entry: Int) -> Range<Int> {
    var first = 0
    for earlier in definition.processors[..<entry] { first += earlier.initial + earlier.reserved }
    let processors = definition.processors[entry]
    return first..<first + processors.initial + processors.reserved
  }

  /// The entry of the definition that a logical processor belongs to.
  func entry(of processor: Int) -> Int? {
    definition.processors.indices.first { numbers(of: $0).contains(processor) }
  }

  /// Logical processors of an entry that are on line.
  func onlineCount(of entry: Int) -> Int { numbers(of: entry).count { isOnline[$0] } }

  /// Bytes of storage it has, offered ones not counted.
  func storageByteCount(increment: UInt64) -> UInt64 {
    UInt64(increments.count { $0 != nil } - offered.count) * increment
  }
}
