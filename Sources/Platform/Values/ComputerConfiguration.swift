// What a partition's computer consists of, as a value.

import Quantities
import X86

/// What a partition's computer consists of.
package struct ComputerConfiguration: Codable, Equatable, Sendable {
  /// Most processors of a computer.
  package static let processorLimit = ProcessorSet.limit

  /// The partition's name.
  package var name: String
  /// The partition's index, in definition order.
  package var partitionNumber: Int
  /// Processors that may ever be there, 1 to `processorLimit`.
  package let maximumProcessors: Int
  /// Processors that are there from the start, 1 to `maximumProcessors`.
  package let initialProcessors: Int
  /// Storage that is there from the start, in bytes, a multiple of 1 MiB.
  package var initialStorage: UInt64
  /// Storage that may ever be there, in bytes, a multiple of 1 MiB.
  package var maximumStorage: UInt64
  /// Unit in which storage is given and taken, in bytes.
  package var increment: UInt64
  /// Unix time, in seconds, at simulated time 0.
  package var timeOfDay: Int64
  /// Block devices; there are at most `PCLayout.virtioLimit` virtio devices.
  package let blockDevices: [BlockDeviceConfiguration]
  /// Whether block and network devices come and go while it runs, and its other places for virtio devices are
  /// for them.
  @Added package private(set) var takesDevices = false
  /// Network devices, behind the block devices.
  @Added package private(set) var networkDevices: [NetworkDeviceConfiguration]
  /// What its processors have beyond the fixed model.
  package var features: ProcessorFeatures
  /// What it has for people who test their own systems.
  package var testHardware: TestHardware
  /// Whether it has the devices of a PC/AT: interrupt controllers 8259, keyboard controller, PCI.
  package var hasLegacyDevices: Bool
  /// What its random numbers begin with, where it has a device for them.
  package var entropySeed: UInt64?
  /// Storage beyond `maximumStorage` that a guest may plug, in bytes; nil where it has no device for that.
  package var pluggableStorage: UInt64?
  /// Bytes of each ACPI memory device by which it plugs that; nil where it does so by virtio's, in blocks.
  package var memoryDeviceByteCount: UInt64?
  /// Whether it has a port at which its guest gives CP commands.
  @Added package var hasCommandPort = false
  /// Whether it has a device by which its guest gives pages back and says how much storage it can spare.
  @Added package var hasBalloon = false

  /// What came and went at first were disks.
  private enum CodingKeys: String, CodingKey {
    case name, partitionNumber, maximumProcessors, initialProcessors, initialStorage, maximumStorage
    case increment, timeOfDay, blockDevices, networkDevices, features, testHardware
    case hasLegacyDevices, entropySeed, pluggableStorage, memoryDeviceByteCount
    case hasCommandPort, hasBalloon
    case takesDevices = "takesDisks"
  }

  /// Describes a computer; of what is outside its bounds there is the nearest.
  package init(
    name: String, partitionNumber: Int, maximumProcessors: Int, initialProcessors: Int,
    initialStorage: UInt64, maximumStorage: UInt64, increment: UInt64 = 1 << 20,
    timeOfDay: Int64 = 0, blockDevices: [BlockDeviceConfiguration] = [],
    takesDevices: Bool = false, networkDevices: [NetworkDeviceConfiguration] = [],
    features: ProcessorFeatures = .baseline, testHardware: TestHardware = TestHardware(),
    hasLegacyDevices: Bool = false, entropySeed: UInt64? = nil, pluggableStorage: UInt64? = nil,
    memoryDeviceByteCount: UInt64? = nil, hasCommandPort: Bool = false, hasBalloon: Bool = false
  ) {
    self.name = name
    self.partitionNumber = partitionNumber
    self.maximumProcessors = min(max(1, maximumProcessors), Self.processorLimit)
    self.initialProcessors = min(max(1, initialProcessors), self.maximumProcessors)
    self.initialStorage = initialStorage
    self.maximumStorage = maximumStorage
    self.increment = increment
    self.timeOfDay = timeOfDay
    let plugsBlocks = pluggableStorage != nil && memoryDeviceByteCount == nil
    let others = [entropySeed != nil, plugsBlocks, hasCommandPort, hasBalloon]
    let room = PCLayout.virtioLimit.subtractingClamped(others.count { $0 })
    // Cannot trap: there are four others.
    self.blockDevices = Array(blockDevices.prefix(max(0, room)))
    self.networkDevices = Array(
      // Cannot trap: no negative count.
      networkDevices.prefix(max(0, room.subtractingClamped(self.blockDevices.count))))
    self.features = features
    self.testHardware = testHardware
    self.hasLegacyDevices = hasLegacyDevices
    self.entropySeed = entropySeed
    self.pluggableStorage = pluggableStorage
    self.memoryDeviceByteCount = memoryDeviceByteCount
    self.hasCommandPort = hasCommandPort
    self.hasBalloon = hasBalloon
    self.takesDevices = takesDevices
  }

  /// Places that are empty from the start.
  var freePlaces: [Int] {
    guard takesDevices else { return [] }
    // Behind the others, whose places do not depend on them.
    let others = [entropySeed != nil, plugsBlocks, hasCommandPort, hasBalloon]
    let first = blockDevices.count.addingClamped(networkDevices.count)
      .addingClamped(others.count { $0 })
    return (0..<PCLayout.virtioLimit).filter { $0 >= first }
  }

  /// Whether its guest plugs storage by blocks.
  var plugsBlocks: Bool { pluggableStorage != nil && memoryDeviceByteCount == nil }

  /// Where the storage of its ACPI memory devices lies, in the order of their numbers.
  var memoryDevices: [Range<UInt64>] {
    guard let region = pluggableRegion, let total = pluggableStorage,
      let unit = memoryDeviceByteCount, unit > 0
    else { return [] }
    let count = min(total / unit, PCLayout.memoryDeviceLimit)
    return (0..<count).map { number in
      let start = region.lowerBound.addingClamped(number.multipliedClamped(by: unit))
      return start..<max(start, start.addingClamped(unit))
    }
  }

  /// Where storage that a guest plugs lies; nil where there is none.
  var pluggableRegion: Range<UInt64>? {
    pluggableStorage.map { PCLayout.pluggableRegion(initial: initialStorage, byteCount: $0) }
  }

  /// The storage that there may ever be, with what lies between its parts.
  var windowByteCount: UInt64 {
    max(
      maximumStorage, initialStorage,
      PCLayout.byteCount(endingAt: pluggableRegion?.upperBound ?? 0))
  }
}
