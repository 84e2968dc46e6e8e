// The register block of a virtio device in memory, version 2 (VIRTIO 1.2, "Virtio Over MMIO").

import Quantities

/// Registers of one virtio device with its queues.
struct VirtioTransport: Codable, Equatable, Sendable {
  /// What a register access asks of the device.
  enum Effect: Equatable {
    case none
    /// The driver has finished its set-up.
    case begin
    /// The driver made something available in a queue.
    case notify(Int)
    case reset
  }

  /// What a reset forgets, beside the queues.
  private struct Settings: Codable, Equatable, Sendable {
    var driverFeatures: UInt64 = 0
    var deviceFeatureSelector: UInt32 = 0
    var driverFeatureSelector: UInt32 = 0
    var queueSelector: UInt32 = 0
    var interruptStatus: UInt32 = 0
    var status: UInt32 = 0
    /// Counts the changes of the configuration space.
    var generation: UInt32 = 0
  }

  private static let needsReset: UInt32 = 0x40
  private static let driverReady: UInt32 = 0x04
  private static let featuresAccepted: UInt32 = 0x08
  /// VIRTIO_F_VERSION_1.
  static let version1: UInt64 = 1 << 32

  let deviceType: UInt32
  let deviceFeatures: UInt64
  /// What of it a driver must accept.
  private let requiredFeatures: UInt64
  private(set) var configuration: [UInt8]
  /// The queues; a number that names none has no entries.
  var queues: Numbered<VirtQueue>
  private var settings = Settings()

  /// Registers of a device that the driver has not set up.
  ///
  /// - Parameters:
  ///   - deviceType: Which kind of device it is.
  ///   - deviceFeatures: What it offers beyond what every device of version 1 does.
  ///   - configuration: Its configuration space.
  ///   - queueLimits: For each of its queues, most entries.
  ///   - requiredFeatures: What of it a driver must accept.
  init(
    deviceType: UInt32, deviceFeatures: UInt64, configuration: [UInt8], queueLimits: [UInt32],
    requiredFeatures: UInt64 = 0
  ) {
    self.deviceType = deviceType
    self.deviceFeatures = deviceFeatures | VirtioTransport.version1
    self.requiredFeatures = requiredFeatures | VirtioTransport.version1
    self.configuration = configuration
    queues = Numbered(queueLimits.map(VirtQueue.init), absent: VirtQueue(limit: 0))
  }

  /// Whether another's driver finds the same device here, with queues that it can have.
  ///
  /// - Parameters:
  ///   - other: The registers that the driver has set up.
  ///   - added: Features that a device of an older program may be without; what they add is at the end of the
  ///     configuration.
  ///   - formerQueues: How many queues a device of an older program may have; nil for no fewer.
  /// - Returns: Whether the driver can go on with this device.
  func fits(_ other: VirtioTransport, added: UInt64 = 0, formerQueues: Int? = nil) -> Bool {
    deviceType == other.deviceType
      && other.deviceFeatures | added & deviceFeatures == deviceFeatures
      && requiredFeatures == other.requiredFeatures
      && (configuration == other.configuration
        || added != 0 && configuration.starts(with: other.configuration))
      && (queues.count == other.queues.count || other.queues.count == formerQueues)
      && zip(queues, other.queues).allSatisfy { $1.isValid(limit: $0.limit) }
  }

  /// Returns to what it is before the driver has set it up.
  mutating func reset() {
    settings = Settings()
    for number in queues.indices {
      queues[number] = VirtQueue(limit: queues[number].limit)
    }
  }

  /// Whether the driver has finished its set-up and the device is not broken.
  var isOperating: Bool {
    settings.status & (VirtioTransport.driverReady | VirtioTransport.needsReset)
      == VirtioTransport.driverReady
  }
  /// Whether the driver has reset it, and nothing since.
  var isReset: Bool { settings.status == 0 }
  /// Whether the driver wants all of some features.
  func hasAccepted(_ features: UInt64) -> Bool { settings.driverFeatures & features == features }
  /// Level of the device's interrupt line.
  var isInterrupting: Bool { settings.interruptStatus != 0 }

  /// Changes the configuration space, and tells the driver by an interrupt if it is to hear of it.
  mutating func configure(_ bytes: [UInt8], isTold: Bool) {
    guard configuration != bytes else { return }
    configuration = bytes
    settings.generation &+= 1
    if isTold, isOperating { settings.interruptStatus |= 2 }
  }

  /// Notes that buffers were used.
  mutating func raiseUsed() { settings.interruptStatus |= 1 }

  /// Marks the device broken: the driver has to reset it.
  mutating func markBroken() {
    settings.status |= VirtioTransport.needsReset
    if settings.status & VirtioTransport.driverReady != 0 { settings.interruptStatus |= 2 }
  }

  /// Reads `size` bytes at an offset of the block.
  ///
  /// Inlined, because a call of it copies the whole block first.
  @inline(__always)
  func read(_ offset: UInt64, size: Int) -> UInt64 {
    if offset >= 0x100 {
      let first = Int(clamping: offset &- 0x100)
      return (0..<8).reduce(0) { value, index in
        let byte = index < size ? configuration.element(at: first.addingClamped(index)) : nil
        return value | UInt64(byte ?? 0) << UInt64(8 * index)
      }
    }
    guard size == 4 else { return 0 }
    return UInt64(register(offset))
  }

  private var selectedQueue: Int { Int(settings.queueSelector) }

  @inline(__always)
  private func register(_ offset: UInt64) -> UInt32 {
    switch offset {
    case 0x000: 0x7472_6976
    case 0x004: 2
    case 0x008: deviceType
    case 0x00C: 0x4349_4443
    case 0x010:
      settings.deviceFeatureSelector < 2
        ? UInt32(truncatingIfNeeded: deviceFeatures >> UInt64(32 * settings.deviceFeatureSelector))
        : 0
    case 0x034: queues[selectedQueue].limit
    case 0x044: queues[selectedQueue].isReady ? 1 : 0
    case 0x060: settings.interruptStatus
    case 0x070: settings.status
    case 0x0FC: settings.generation
    default: 0
    }
  }

  /// Writes a register of four bytes at an offset of the block.
  mutating func write(_ offset: UInt64, _ value: UInt32) -> Effect {
    switch offset {
    case 0x014: settings.deviceFeatureSelector = value
    case 0x020: writeDriverFeatures(value)
    case 0x024: settings.driverFeatureSelector = value
    case 0x030: settings.queueSelector = value
    case 0x050:
      let number = Int(value)
      return isOperating && queues.indices.contains(number) && queues[number].isReady
        ? .notify(number) : .none
    case 0x064: settings.interruptStatus &= ~value
    case 0x070: return writeStatus(value)
    default:
      if queues.indices.contains(selectedQueue) { queues[selectedQueue].write(offset, value) }
    }
    return .none
  }

  private mutating func writeDriverFeatures(_ value: UInt32) {
    guard settings.driverFeatureSelector < 2,
      settings.status & VirtioTransport.featuresAccepted == 0
    else { return }
    let shift = UInt64(32 * settings.driverFeatureSelector)
    settings.driverFeatures =
      settings.driverFeatures & ~(0xFFFF_FFFF << shift) | UInt64(value) << shift
  }

  private mutating func writeStatus(_ value: UInt32) -> Effect {
    guard value != 0 else {
      reset()
      return .reset
    }
    var accepted = value & 0xFF
    // FEATURES_OK stays clear when the driver wants what is not offered, or not what it must.
    let agrees =
      settings.driverFeatures & ~deviceFeatures == 0
      && requiredFeatures & ~settings.driverFeatures == 0
    if !agrees { accepted &= ~VirtioTransport.featuresAccepted }
    let wasOperating = isOperating
    settings.status = accepted | settings.status & VirtioTransport.needsReset
    return isOperating && !wasOperating ? .begin : .none
  }
}

extension VirtQueue {
  /// Writes a register of the selected queue; what is ready stays as it is.
  fileprivate mutating func write(_ offset: UInt64, _ value: UInt32) {
    if offset == 0x044 {
      isReady = value & 1 != 0 && size > 0
      return
    }
    guard !isReady else { return }
    func low(_ old: UInt64) -> UInt64 { old & ~0xFFFF_FFFF | UInt64(value) }
    func high(_ old: UInt64) -> UInt64 { old & 0xFFFF_FFFF | UInt64(value) << 32 }
    switch offset {
    case 0x038: setSize(value)
    case 0x080: descriptors = low(descriptors)
    case 0x084: descriptors = high(descriptors)
    case 0x090: available = low(available)
    case 0x094: available = high(available)
    case 0x0A0: used = low(used)
    case 0x0A4: used = high(used)
    default: break
    }
  }
}
