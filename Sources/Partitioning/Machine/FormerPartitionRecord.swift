import Quantities

// What an older program kept of a partition: some of its values, listed one by one. It is read from rows and
// from checkpoints, and is the present record from then on.

/// A partition's record as it was before it held the partition's whole value.
package struct FormerPartitionRecord: Sendable, Codable {
  var name: String
  var number: Int?
  var base: PartitionDefinition
  var profiles: [ImageProfile]
  var nextProfile: String
  var activeProfile: String
  var state: PartitionStatus
  var definition: PartitionDefinition
  var onlineProcessors: [Int]
  var incrementCount: Int
  // What still older programs did not keep.
  var incrementPlaces: [Int]?
  var initialIncrementCount: Int?
  var onlinePaths: [UInt8]?
  var isStopped: Bool?
  var stoppedProcessors: [Int]?
  var loaded: IPLDefinition?
  var loadedParameters: String?

  /// Processors, and places of storage, beyond which no machine has any.
  private static let limit = 1 << 20

  /// The same as a record is now; what was not kept is as in a partition that was never active.
  package var record: PartitionRecord {
    var values = PartitionState(base, profiles, processorCount: 0)
    values.definedAs = number.map { PartitionEntry(number: $0, definition: base, others: []) }
    values.definition = definition
    values.nextProfile = nextProfile
    values.activeProfile = activeProfile
    values.status = state
    values.isOnline = Self.marks(onlineProcessors)
    values.isProcessorStopped = Self.marks(stoppedProcessors ?? [])
    let places =
      incrementPlaces.map(Self.marks)
      ?? Numbered(
        [Bool](repeating: true, count: max(0, min(incrementCount, Self.limit))), absent: false)
    // Which increments of the machine they were is not known, and not asked any more.
    values.increments = Numbered(places.map { $0 ? 0 : nil }, absent: nil)
    values.initialCount = initialIncrementCount ?? 0
    values.isStopped = isStopped ?? false
    values.loaded = loaded
    values.loadedParameters = loadedParameters
    return PartitionRecord(name: name, base: base, state: values, onlinePaths: onlinePaths)
  }

  /// Each number up to the greatest of some, and whether it is one of them.
  private static func marks(_ numbers: [Int]) -> Numbered<Bool> {
    let found = numbers.filter { $0 >= 0 && $0 < limit }
    let count = found.max().map { $0.addingClamped(1) } ?? 0
    var marks = Numbered([Bool](repeating: false, count: max(0, count)), absent: false)
    for number in found { marks[number] = true }
    return marks
  }
}
