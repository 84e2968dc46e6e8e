import Quantities

// What of a partition outlives its machine; its guest does not.

/// What one partition was set to and had.
package struct PartitionRecord: Sendable, Equatable, Codable {
  /// Its name.
  package var name: String
  /// Its number, when it was defined while the machine ran; nil for one that the folder defines.
  package var number: Int?
  /// What its definition file said; a record of another definition is not put back.
  package var base: PartitionDefinition
  /// Its image profiles, the one of its own name first.
  package var profiles: [ImageProfile]
  /// The image profile of its next activation.
  package var nextProfile: String
  /// The image profile that it was active with.
  package var activeProfile: String
  /// What it was doing.
  package var state: PartitionStatus
  /// Its running values.
  package var definition: PartitionDefinition
  /// Numbers of its on-line logical processors.
  package var onlineProcessors: [Int]
  /// Increments of storage that it had.
  package var incrementCount: Int
  /// Where in its storage they were, in increments; nil in a record of an older program.
  package var incrementPlaces: [Int]?
  /// Increments of its storage element 0; nil in a record of an older program.
  package var initialIncrementCount: Int?
  /// Channel paths that were on line to it; nil in a record of an older program.
  package var onlinePaths: [UInt8]?
  /// Whether its processors were stopped; nil in a record of an older program.
  package var isStopped: Bool?
  /// Numbers of its logical processors that were stopped by themselves; nil in a record of an older
  /// program.
  package var stoppedProcessors: [Int]?
  /// What it was loaded from last.
  package var loaded: IPLDefinition?
  /// The parameters given then.
  package var loadedParameters: String?
}
