import Quantities

/// Where a setting is made: PR/SM's three commit verbs.
package enum SettingScope: String, Sendable, Equatable, Codable, CaseIterable {
  /// In what runs (change running system).
  case running = "RUNNING"
  /// In the profile (save to profiles).
  case profile = "PROFILE"
  /// In both (save and change).
  case both = "BOTH"

  /// Whether what runs is changed.
  package var isRunning: Bool { self != .profile }
  /// Whether the profile is changed.
  package var isInProfile: Bool { self != .running }
}

/// What a setting is a value of.
package enum SettingSubject: Sendable, Equatable {
  /// A partition.
  case partition(String)
  /// A group of partitions.
  case group(String)
  /// The machine: the reset profile's values.
  case machine
}

/// A limit on a partition's use of a pool beside its share.
package enum CapSetting: Sendable, Equatable, Codable {
  /// Hard capping at the partition's own share on or off (initial capping).
  case ownShare(Bool)
  /// Absolute cap in hundredths of a processor, 1-25500; nil lifts it.
  case absolute(hundredths: Int?)
}

/// A change of a weight and of the range in which it may be set; what is nil stays as it is.
package struct WeightChange: Sendable, Equatable, Codable {
  /// One end of the range.
  package enum Limit: Sendable, Equatable, Codable {
    /// This weight.
    case weight(Int)
    /// As far as weights go.
    case none

    /// The weight; nil for none.
    package var weight: Int? {
      switch self {
      case .weight(let weight): weight
      case .none: nil
      }
    }
  }

  /// The weight.
  package var weight: Int?
  /// The least that may be set.
  package var minimum: Limit?
  /// The greatest that may be set.
  package var maximum: Limit?

  /// Creates a change.
  package init(weight: Int? = nil, minimum: Limit? = nil, maximum: Limit? = nil) {
    self.weight = weight
    self.minimum = minimum
    self.maximum = maximum
  }
}

/// A value of a partition, a group or the machine that can be set while it runs, and that a profile holds.
///
/// Each comment says what may be wrong; `.partitionNotFound` and `.groupNotFound` are for names that no
/// definition has.
package enum Setting: Sendable, Equatable, Codable {
  /// The processing weight, 1-999. `.weightOutOfRange`, `.noSharedProcessors`.
  case weight(String, type: ProcessorType?, weight: Int)
  /// The least and greatest weight that may be set; nil means 1 and 999. `.weightRange`,
  /// `.noSharedProcessors`.
  case weightRange(String, type: ProcessorType?, minimum: Int?, maximum: Int?)
  /// Weight and range of each type together, in each place where it is made by what that has now. It is
  /// recorded as the `weight` and `weightRange` that it comes to. As those.
  case weightChange(String, type: ProcessorType?, WeightChange)
  /// The share and, when given, its limit. `.shareOutOfRange`, `.noSharedProcessors`.
  case share(String, type: ProcessorType?, amount: ShareAmount?, limit: ShareLimit?)
  /// Share and caps as the profile has them. `.noSharedProcessors`, `.notInProfile`.
  case initialShare(String, type: ProcessorType?)
  /// A cap. `.capOutOfRange`, `.noSharedProcessors`, `.cappingConflict`.
  case cap(String, type: ProcessorType?, CapSetting)
  /// The group that the partition is a member of for the type, or none. `.groupNotFound`,
  /// `.noSharedProcessors`.
  case group(String, type: ProcessorType?, group: String?)
  /// The soft cap in MSU, or none. `.capacityOutOfRange`, `.capacityUnknown`, `.cappingConflict`,
  /// `.noSharedProcessors`.
  case definedCapacity(String, units: Int?)
  /// Whether the entitlement is divided among logical processors alike, or vertically.
  /// `.noSharedProcessors`.
  case polarity(String, Polarity)
  /// One of the partition's permissions.
  case security(String, SecuritySwitch, Bool)
  /// The partition's priority in input and output, 0-15. `.ioPriorityOutOfRange`.
  case ioPriority(String, Int)
  /// The user who watches the partition's console in a role; nil for none in it. There is one watcher: he
  /// takes the place of the one before, whatever his role.
  case consoleWatcher(String, ConsoleRole, userid: String?)
  /// A group's absolute cap for a type, in hundredths of a processor, or none. `.capOutOfRange`.
  case groupCap(String, type: ProcessorType, hundredths: Int?)
  /// A group's limit in MSU, or none. `.capacityOutOfRange`, `.capacityUnknown`.
  case groupCapacity(String, units: Int?)
  /// The running time in nanoseconds, 1-100 ms; nil is PR/SM's rule. `.runningTimeOutOfRange`.
  case runningTime(nanoseconds: UInt64?)
  /// Wait completion: whether a logical processor keeps its physical one while it waits.
  case waitCompletion(Bool)
  /// Whether requests to devices and paths are served by the partitions' priorities.
  case ioPriorityQueuing(Bool)
  /// After how many seconds the interrupts of disks are missing; nil when nobody looks.
  /// `.missingInterruptTimeOutOfRange`, `.deviceNotFound`.
  case missingInterruptTime(MissingInterruptSubject, seconds: Int?)

  /// Whether the machine gives managed paths to control units.
  case pathManagement(Bool)

  /// Whose value it is.
  package var subject: SettingSubject {
    switch self {
    case .weight(let name, _, _), .weightRange(let name, _, _, _), .weightChange(let name, _, _),
      .share(let name, _, _, _), .initialShare(let name, _), .cap(let name, _, _),
      .group(let name, _, _), .definedCapacity(let name, _), .polarity(let name, _),
      .security(let name, _, _), .ioPriority(let name, _), .consoleWatcher(let name, _, _):
      .partition(name)
    case .groupCap(let name, _, _), .groupCapacity(let name, _): .group(name)
    case .runningTime, .waitCompletion, .ioPriorityQueuing, .missingInterruptTime, .pathManagement:
      .machine
    }
  }

  /// The partition whose value it is; nil for a group's or the machine's.
  package var partition: String? {
    if case .partition(let name) = subject { name } else { nil }
  }
}
