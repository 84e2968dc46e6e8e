import Channels
import Quantities

// What the machine has counted, at one instant. A report over an interval is the difference of two
// samples. The terms are SMF type 70's; where one of its names is shorter it is given in brackets.

/// What logical processors spent since their partition's activation, in nanoseconds and counts.
///
/// `dispatched` less `effective` is LPAR management that is the partition's own: the firmware's work
/// to dispatch it, and calls that the firmware answered.
package struct ProcessorCounters: Codable, Sendable, Equatable {
  /// Time on physical processors, management included (PDT).
  package var dispatched: UInt64 = 0
  /// Time on physical processors that the guest had, waiting ones included (EDT).
  package var effective: UInt64 = 0
  /// Part of `effective` in which the guest waited and kept its physical processor (wait completion).
  package var waiting: UInt64 = 0
  /// Time with work and without a physical processor, capped time included.
  package var ready: UInt64 = 0
  /// Part of `ready` in which a cap forbade to run.
  package var capped: UInt64 = 0
  /// Time on line (ONT).
  package var online: UInt64 = 0
  /// Times put on a physical processor.
  package var dispatches: UInt64 = 0
  /// Times that another took its physical processor before its time slice was over.
  package var preemptions: UInt64 = 0
  /// Times that it gave the rest of its time slice away.
  package var yields: UInt64 = 0
  /// Dispatches of vertical-high ones on the physical processor that they come back to.
  package var homeDispatches: UInt64 = 0
  /// Time of slices that it gave back when it was told that they end (warning track, WTI).
  package var warningYielded: UInt64 = 0

  /// Creates counters that stand at 0.
  package init() {}

  /// Adds up two.
  package static func + (one: ProcessorCounters, other: ProcessorCounters) -> ProcessorCounters {
    one.combined(with: other, &+)
  }

  /// What came to the second's counts; both are of one activation.
  package static func - (one: ProcessorCounters, other: ProcessorCounters) -> ProcessorCounters {
    one.combined(with: other, &-)
  }

  private func combined(
    with other: ProcessorCounters, _ combine: (UInt64, UInt64) -> UInt64
  ) -> ProcessorCounters {
    var result = ProcessorCounters()
    result.dispatched = combine(dispatched, other.dispatched)
    result.effective = combine(effective, other.effective)
    result.waiting = combine(waiting, other.waiting)
    result.ready = combine(ready, other.ready)
    result.capped = combine(capped, other.capped)
    result.online = combine(online, other.online)
    result.dispatches = combine(dispatches, other.dispatches)
    result.preemptions = combine(preemptions, other.preemptions)
    result.yields = combine(yields, other.yields)
    result.homeDispatches = combine(homeDispatches, other.homeDispatches)
    result.warningYielded = combine(warningYielded, other.warningYielded)
    return result
  }
}

/// What one physical processor spent since IPL, in nanoseconds; the four together are the time since
/// IPL, exactly.
package struct PhysicalCounters: Codable, Sendable, Equatable {
  /// Guests had it.
  package var effective: UInt64 = 0
  /// The firmware had it, for a partition or for none (*PHYSICAL*).
  package var management: UInt64 = 0
  /// On line, and nobody had it.
  package var idle: UInt64 = 0
  /// Off line.
  package var offline: UInt64 = 0

  /// Creates counters that stand at 0.
  package init() {}

  /// Time on line in nanoseconds.
  package var online: UInt64 { effective.addingClamped(management).addingClamped(idle) }

  /// Adds up two.
  package static func + (one: PhysicalCounters, other: PhysicalCounters) -> PhysicalCounters {
    var result = one
    result.effective &+= other.effective
    result.management &+= other.management
    result.idle &+= other.idle
    result.offline &+= other.offline
    return result
  }

  /// What came to the second's counts.
  package static func - (one: PhysicalCounters, other: PhysicalCounters) -> PhysicalCounters {
    var result = one
    result.effective &-= other.effective
    result.management &-= other.management
    result.idle &-= other.idle
    result.offline &-= other.offline
    return result
  }
}

/// Everything that is counted, at one border of an epoch.
package struct MeasurementSample: Codable, Sendable, Equatable {
  /// One physical processor.
  package struct Processor: Codable, Sendable, Equatable {
    /// Its number in the machine.
    package var number: Int
    /// Its type.
    package var type: ProcessorType
    /// Whether it is on line now.
    package var isOnline: Bool
    /// The partition it is dedicated to now.
    package var dedicatedTo: String?
    /// What it spent since IPL.
    package var counters: PhysicalCounters

    /// Creates a processor's part of a sample.
    package init(
      number: Int, type: ProcessorType, isOnline: Bool, dedicatedTo: String? = nil,
      counters: PhysicalCounters
    ) {
      self.number = number
      self.type = type
      self.isOnline = isOnline
      self.dedicatedTo = dedicatedTo
      self.counters = counters
    }
  }

  /// A partition's logical processors of one type.
  package struct Logicals: Codable, Sendable, Equatable {
    /// Their type.
    package var type: ProcessorType
    /// Whether they own their physical processors.
    package var isDedicated: Bool
    /// How many are defined.
    package var defined: Int
    /// How many are on line now.
    package var online: Int
    /// The weight now; nil with an ABSOLUTE share and for dedicated ones.
    package var weight: Int?
    /// What they are entitled to of the pool now, in processors; nil while the partition is not active.
    package var entitlement: Fraction?
    /// Whether they are capped at their share now (initial capping).
    package var isCapped: Bool
    /// The absolute cap now, in hundredths of a processor.
    package var absoluteCapHundredths: Int?
    /// How the entitlement lies on them now; nil with horizontal polarity.
    package var polarity: VerticalPolarity?
    /// Vertical-low ones that are not parked now.
    package var unparkedLow: Int
    /// How often vertical-low ones were parked or unparked since activation.
    package var parkingAdjustments: UInt64
    /// What they spent since activation, all together.
    package var counters: ProcessorCounters
    /// What they spent in earlier activations since IPL; nil in a sample that does not know.
    package var earlier: ProcessorCounters?

    /// Creates the part of a sample for a partition's logical processors of a type.
    package init(
      type: ProcessorType, isDedicated: Bool = false, defined: Int, online: Int,
      weight: Int? = nil, entitlement: Fraction? = nil, isCapped: Bool = false,
      absoluteCapHundredths: Int? = nil, polarity: VerticalPolarity? = nil, unparkedLow: Int = 0,
      parkingAdjustments: UInt64 = 0, counters: ProcessorCounters,
      earlier: ProcessorCounters? = nil
    ) {
      self.type = type
      self.isDedicated = isDedicated
      self.defined = defined
      self.online = online
      self.weight = weight
      self.entitlement = entitlement
      self.isCapped = isCapped
      self.absoluteCapHundredths = absoluteCapHundredths
      self.polarity = polarity
      self.unparkedLow = unparkedLow
      self.parkingAdjustments = parkingAdjustments
      self.counters = counters
      self.earlier = earlier
    }
  }

  /// One partition.
  package struct PartitionSample: Codable, Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its number in definition order.
    package var number: Int
    /// Whether it is active now.
    package var isActive: Bool
    /// When it was activated last; its counters begin there, and stay when it is deactivated.
    package var activated: SimulatedTime?
    /// Its logical processors, by type in definition order.
    package var logicals: [Logicals]
    /// Its storage, and what its devices did; nil in a sample that does not know.
    package var resources: Resources?

    /// Creates a partition's part of a sample.
    package init(
      name: String, number: Int, isActive: Bool, activated: SimulatedTime?,
      logicals: [Logicals], resources: Resources? = nil
    ) {
      self.name = name
      self.number = number
      self.isActive = isActive
      self.activated = activated
      self.logicals = logicals
      self.resources = resources
    }
  }

  /// What a partition has beside processors.
  package struct Resources: Codable, Sendable, Equatable {
    /// Its storage now, in bytes; 0 while it is not active.
    package var storageByteCount: UInt64
    /// What its guest said last that programs could still get of it, in bytes; nil when it says nothing.
    package var availableByteCount: UInt64?
    /// What the devices that it has now did for it.
    package var inputOutput: InputOutputMeasurement

    /// Creates the part of a sample for a partition's storage and devices.
    package init(
      storageByteCount: UInt64, availableByteCount: UInt64? = nil,
      inputOutput: InputOutputMeasurement = InputOutputMeasurement()
    ) {
      self.storageByteCount = storageByteCount
      self.availableByteCount = availableByteCount
      self.inputOutput = inputOutput
    }
  }

  /// When, in nanoseconds since IPL.
  package var time: SimulatedTime
  /// The physical processors by number.
  package var processors: [Processor]
  /// The partitions in definition order, active or not.
  package var partitions: [PartitionSample]
  /// The channel paths in definition order; none in a sample that does not know.
  package var paths: [PathSample]

  /// Creates a sample.
  package init(
    time: SimulatedTime, processors: [Processor], partitions: [PartitionSample],
    paths: [PathSample] = []
  ) {
    self.time = time
    self.processors = processors
    self.partitions = partitions
    self.paths = paths
  }
}
