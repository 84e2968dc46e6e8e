import Channels
import Platform
import Quantities

/// A partition's place among the dispatcher's accounts for one type.
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

/// How a guest answers what the firmware asks of it.
struct GuestAnswers: Equatable {
  /// It takes reconfiguration notices.
  var listensToNotices = false
  /// It hears a request for a processor, and a shutdown signal.
  var hearsSignals = false
  /// Its computer has places for devices that come and go.
  var takesDevices = false
  /// It hears of devices that come and go.
  var hearsOfDevices = false
  /// Devices that its drivers have set up, by its own numbers.
  var operatedDevices: [UInt16] = []
  /// Places of devices that were taken from under its drivers.
  var takenPlaceCount = 0
  /// It plugs and unplugs blocks of storage by a memory device.
  var plugsStorage = false
  /// What it has plugged, in bytes.
  var pluggedByteCount: UInt64 = 0
  /// It cannot go on without a load: a processor met a triple fault.
  var hasEnded = false
  /// It was loaded in the rehearsal, so that it is not known what it will do once it runs.
  var isUnknown = false
}

/// One partition: its values, and its place in the machine.
///
/// Each of its values can be named as one of its own. Owner thread only.
@dynamicMemberLookup
final class Partition {
  /// Its values.
  var state: PartitionState
  /// Its place in the machine.
  var place: PartitionLayout
  /// Its computer while it is active.
  var computer: Computer?
  /// How its guest would answer, in a rehearsal, which has no computers.
  var rehearsed = GuestAnswers()

  /// A partition in its place.
  ///
  /// - Parameters:
  ///   - place: Its place in the machine.
  ///   - state: Its values.
  ///   - answers: How its guest would answer, in a rehearsal.
  init(_ place: PartitionLayout, _ state: PartitionState, answers: GuestAnswers = GuestAnswers()) {
    self.place = place
    self.state = state
    rehearsed = answers
  }

  /// One of its values, to read.
  subscript<Value>(dynamicMember value: KeyPath<PartitionState, Value>) -> Value {
    state[keyPath: value]
  }

  /// One of its values.
  subscript<Value>(dynamicMember value: WritableKeyPath<PartitionState, Value>) -> Value {
    get { state[keyPath: value] }
    _modify { yield &state[keyPath: value] }
  }

  // What is asked of thousands of partitions at a time, without a copy of all their values.

  var isActive: Bool { state.isActive }
  /// The values in force.
  var definition: PartitionDefinition {
    get { state.definition }
    _modify { yield &state.definition }
  }
  /// Whether each logical processor is on line.
  var isOnline: Numbered<Bool> {
    get { state.isOnline }
    _modify { yield &state.isOnline }
  }
  var countedPages: Int {
    get { state.countedPages }
    set { state.countedPages = newValue }
  }

  /// Its name.
  var name: String { place.name }
  /// Its number, for as long as it is defined.
  var number: Int { place.number }
  /// Its accounts with the dispatcher, one for each type that any of its profiles has.
  var layout: [ProcessorLayout] { place.processors }
  /// Its channel subsystem, when it has I/O.
  var subsystem: UInt8? { place.subsystem }

  /// Goes on to do something else.
  ///
  /// Whoever calls it has judged that the table in `PartitionStatus` leads there.
  func move(to next: PartitionStatus) {
    assert(state.status.permits(next), "no way from \(state.status) to \(next)")
    state.status = next
  }

  /// Its place among the accounts for a type; nil when no profile of it has the type.
  func layout(of type: ProcessorType) -> ProcessorLayout? { layout.first { $0.type == type } }

  /// An entry of its processors; none of a type, where there is no such entry.
  func processors(of entry: Int) -> PartitionProcessors {
    state.definition.processors.element(at: entry)
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
    state.definition.processors.indices.first { numbers(of: $0).contains(processor) }
  }

  /// Logical processors of an entry that are on line.
  func onlineCount(of entry: Int) -> Int { numbers(of: entry).count { state.isOnline[$0] } }

  /// Bytes of storage it has, offered ones not counted.
  func storageByteCount(increment: UInt64) -> UInt64 {
    let count = state.increments.count { $0 != nil }.subtractingClamped(state.offered.count)
    return UInt64(clamping: count).multipliedClamped(by: increment)
  }
}

extension Partition: StateHolder {
  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["state"],
      // The computer's own state is the computer's.
      wiring: ["place", "computer", "rehearsed"])
  }
}
