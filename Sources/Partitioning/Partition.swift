import Channels
import Platform
import Quantities

/// A partition's place among the dispatcher's accounts for one type, fixed for the machine's life.
struct ProcessorLayout: Equatable {
  /// Which type.
  var type: ProcessorType
  /// Number of its first logical processor in the partition.
  var first: Int
  /// Logical processors that there is room for: the most that any of its image profiles has.
  var count: Int
  /// Index of its account with the dispatcher.
  var account: Int
}

extension ProcessorLayout {
  /// The layout that has room for each of a partition's profiles.
  ///
  /// - Parameters:
  ///   - profiles: Its image profiles.
  ///   - firstAccount: Index of its first account with the dispatcher.
  /// - Returns: One place for each type, in the order of the types.
  static func layout(of profiles: [PartitionDefinition], firstAccount: Int) -> [ProcessorLayout] {
    var layout: [ProcessorLayout] = []
    var first = 0
    for type in ProcessorType.allCases {
      let counts = profiles.flatMap(\.processors).filter { $0.type == type }
        .map { $0.initial.addingClamped($0.reserved) }
      guard let count = counts.max() else { continue }
      layout.append(
        ProcessorLayout(
          type: type, first: first, count: count,
          account: firstAccount.addingClamped(layout.count)))
      first.addClamped(count)
    }
    return layout
  }
}

/// One partition: its values, what it owns, and what is under way.
///
/// Owner thread only.
final class Partition {
  /// Its name.
  let name: String
  /// The values in force: those of the profile it was activated from, as changed since.
  var definition: PartitionDefinition
  /// Its image profiles; the first has its own name.
  var profiles: [ImageProfile]
  /// Name of the image profile of the next activation.
  var nextProfile: String
  /// Name of the image profile that `definition` came from.
  var activeProfile: String
  /// Index in definition order.
  let number: Int
  /// Its accounts with the dispatcher, one for each type that any of its profiles has.
  let layout: [ProcessorLayout]
  /// Its channel subsystem, when it has I/O.
  let subsystem: UInt8?

  /// What it is doing; `move(to:)` is the only way on.
  private(set) var state = PartitionState.notActivated
  var isStopped = false
  var activated: SimulatedTime?
  /// Its computer while it is active.
  var computer: Computer?
  /// Whether each logical processor is on line.
  var isOnline: Numbered<Bool>
  /// Whether each logical processor is stopped by itself.
  var isProcessorStopped: Numbered<Bool>
  /// The machine's increment in each place of its storage, nil where it has none.
  var increments = Numbered<Int?>([], absent: nil)
  /// Places given to it that the guest has not accepted yet.
  var offered: Set<Int> = []
  /// Places of its storage that clearing leaves it: storage element 0.
  var initialCount = 0
  /// Pages of its storage that count against HOSTSTORAGE.
  var countedPages = 0
  /// How often it loaded itself again, and when it begins.
  var restartPace = RestartPace()
  var heldUntil: SimulatedTime = 0
  /// Stopped by the firmware because HOSTSTORAGE was used up.
  var isPaused = false
  var pending: [PendingChange] = []
  /// How its guest would answer, in a rehearsal.
  var rehearsedListening = false
  var rehearsedHearing = false
  /// What it was set to when an earlier machine was lost, until it is recovered or activated.
  var lost: PartitionRecord?
  /// What it was loaded from last.
  var loaded: IPLDefinition?
  /// The parameters given then, in place of the definition's.
  var loadedParameters: String?
  /// Whether nothing was written to its storage since it was cleared.
  var isClean = true
  var requestCount: UInt64 = 0
  /// Where its next accounting record begins.
  var accounted = AccountingBase()
  /// Commands and actions it may still give in this second of simulated time, and the second.
  var commandAllowance = PartitionManager.commandsPerSecond
  var commandSecond: UInt64 = 0
  /// Refusals of its commands that are still recorded in that second.
  var refusalAllowance = PartitionManager.refusalsPerSecond

  /// A not-activated partition.
  ///
  /// - Parameters:
  ///   - definition: The image profile of its own name.
  ///   - others: Its other image profiles.
  ///   - number: Index in definition order.
  ///   - layout: Its accounts with the dispatcher.
  ///   - subsystem: Its channel subsystem, when it has I/O.
  init(
    _ definition: PartitionDefinition, others: [ImageProfile], number: Int,
    layout: [ProcessorLayout], subsystem: UInt8?
  ) {
    name = definition.name
    let own = ImageProfile(name: name, partition: name, definition: definition)
    profiles = [own] + others
    self.definition = definition
    nextProfile = name
    activeProfile = name
    self.number = number
    self.layout = layout
    self.subsystem = subsystem
    let count = layout.reduce(0) { $0.addingClamped($1.count) }
    isOnline = Numbered([Bool](repeating: false, count: max(0, count)), absent: false)
    isProcessorStopped = isOnline
  }

  /// A copy of another partition without its guest, which answers as the guest would now.
  init(rehearsing other: Partition) {
    name = other.name
    profiles = other.profiles
    definition = other.definition
    nextProfile = other.nextProfile
    activeProfile = other.activeProfile
    number = other.number
    layout = other.layout
    subsystem = other.subsystem
    state = other.state
    isStopped = other.isStopped
    activated = other.activated
    isOnline = other.isOnline
    isProcessorStopped = other.isProcessorStopped
    increments = other.increments
    offered = other.offered
    initialCount = other.initialCount
    countedPages = other.countedPages
    isPaused = other.isPaused
    restartPace = other.restartPace
    heldUntil = other.heldUntil
    pending = other.pending
    rehearsedListening = other.listensToNotices
    rehearsedHearing = other.computer?.hearsSignals ?? other.rehearsedHearing
    loaded = other.loaded
    loadedParameters = other.loadedParameters
    isClean = other.isClean
    lost = other.lost
    requestCount = other.requestCount
    accounted = other.accounted
  }

  var isActive: Bool { state != .notActivated }

  /// Goes on to another state.
  ///
  /// Whoever calls it has judged that the table in `PartitionState` leads there.
  func move(to next: PartitionState) {
    assert(state.permits(next), "no way from \(state) to \(next)")
    state = next
  }

  /// The image profile that it is or was active with.
  var profile: PartitionDefinition {
    get { profiles.element(at: profileIndex(activeProfile) ?? 0)?.definition ?? definition }
    set { profiles.change(at: profileIndex(activeProfile) ?? 0) { $0.definition = newValue } }
  }

  /// The image profile of its own name.
  var ownProfile: PartitionDefinition { profiles.first?.definition ?? definition }

  /// Index of one of its image profiles.
  func profileIndex(_ name: String) -> Int? { profiles.firstIndex { $0.name == name } }

  /// Its place among the accounts for a type; nil when no profile of it has the type.
  func layout(of type: ProcessorType) -> ProcessorLayout? { layout.first { $0.type == type } }

  /// An entry of its processors; none of a type, where there is no such entry.
  func processors(of entry: Int) -> PartitionProcessors {
    definition.processors.element(at: entry)
      ?? PartitionProcessors(type: .cp, initial: 0, reserved: 0)
  }

  /// The dispatcher's account of an entry of its processors.
  func account(of entry: Int) -> Int {
    layout(of: processors(of: entry).type)?.account ?? layout.first?.account ?? 0
  }

  /// Numbers of the logical processors of one entry of its processors.
  func numbers(of entry: Int) -> Range<Int> {
    let processors = processors(of: entry)
    let first = layout(of: processors.type)?.first ?? 0
    let end = first.addingClamped(processors.initial).addingClamped(processors.reserved)
    return first..<max(first, end)
  }

  /// The entry that a logical processor belongs to; nil when it has no such processor.
  func entry(of processor: Int) -> Int? {
    definition.processors.indices.first { numbers(of: $0).contains(processor) }
  }

  /// Logical processors of an entry that are on line.
  func onlineCount(of entry: Int) -> Int { numbers(of: entry).count { isOnline[$0] } }

  /// Bytes of storage it has, offered ones not counted.
  func storageByteCount(increment: UInt64) -> UInt64 {
    let count = increments.count { $0 != nil }.subtractingClamped(offered.count)
    return UInt64(clamping: count).multipliedClamped(by: increment)
  }
}
