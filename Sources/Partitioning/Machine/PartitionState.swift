import Channels
import Quantities

/// What a partition's accounting record is counted from.
struct AccountingBase: Equatable, Sendable, Codable {
  var time: SimulatedTime = 0
  var dispatched: UInt64 = 0
  var effective: UInt64 = 0
  var requestCount: UInt64 = 0
}

/// All values of a partition: what it is set to, what it owns, and what is under way.
package struct PartitionState: SavedState {
  package static let kind = "partition"
  package static let version = 3
  /// CP commands and actions that a guest may give in a second of simulated time.
  static let commandsPerSecond = 100
  /// Refused actions of a guest that are recorded in a second of simulated time.
  static let refusalsPerSecond = 10

  /// What it was defined as while the machine ran; nil for one that the machine's folder defines.
  var definedAs: PartitionEntry?
  /// The values in force: those of the profile it was activated from, as changed since.
  package var definition: PartitionDefinition
  /// Its image profiles; the first has its own name.
  package var profiles: [ImageProfile]
  /// Name of the image profile of the next activation.
  var nextProfile: String
  /// Name of the image profile that `definition` came from.
  var activeProfile: String
  /// What it is doing; `Partition.move(to:)` is the only way on.
  package var status = PartitionStatus.notActivated
  var isStopped = false
  var activated: SimulatedTime?
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
  /// What it was set to when an earlier machine was lost, until it is recovered or activated.
  @Indirect var lost: PartitionRecord? = nil
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
  var commandAllowance = PartitionState.commandsPerSecond
  var commandSecond: UInt64 = 0
  /// Refusals of its commands that are still recorded in that second.
  var refusalAllowance = PartitionState.refusalsPerSecond

  /// The values of a partition that was never active.
  init(_ place: PartitionLayout) {
    self.init(place.entry.definition, place.profiles, processorCount: place.processorCount)
    definedAs = place.isOfFolder ? nil : place.entry
  }

  /// The values of a partition that was never active.
  ///
  /// - Parameters:
  ///   - definition: What it is defined as.
  ///   - profiles: Its image profiles.
  ///   - processorCount: Logical processors that there is room for.
  init(_ definition: PartitionDefinition, _ profiles: [ImageProfile], processorCount: Int) {
    self.definition = definition
    self.profiles = profiles
    nextProfile = definition.name
    activeProfile = definition.name
    isOnline = Numbered([Bool](repeating: false, count: max(0, processorCount)), absent: false)
    isProcessorStopped = isOnline
  }
}

extension PartitionState {
  /// Whether it is activated.
  package var isActive: Bool { status != .notActivated }

  /// The image profile that it is or was active with.
  var profile: PartitionDefinition {
    get { profiles.element(at: profileIndex(activeProfile) ?? 0)?.definition ?? definition }
    set {
      let index = profileIndex(activeProfile) ?? 0
      profiles.change(at: index) { $0.definition = newValue }
    }
  }

  /// The image profile of its own name.
  var ownProfile: PartitionDefinition { profiles.first?.definition ?? definition }

  /// Index of one of its image profiles.
  func profileIndex(_ name: String) -> Int? { profiles.firstIndex { $0.name == name } }

  /// Places of its storage that it has, those that the guest has not accepted yet left out.
  var places: [Int] {
    increments.indices.filter { increments[$0] != nil && !offered.contains($0) }
  }
}
