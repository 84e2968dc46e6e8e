// A place for a virtio device that stands for something of the machine's: a disk, a network adapter, or nothing.
// Where devices come and go, what is there changes while the computer runs.

import Channels
import Quantities

/// A place for a block or network device: its registers are those of what is there.
///
/// A place without a device has registers that name none, as VIRTIO has it. A device that is taken from under its
/// driver leaves them as they are until the driver resets it: nothing that is asked of it is done.
final class DevicePlace: BusTarget, Device {
  /// What can be in a place.
  enum Contents: Codable, Equatable, Sendable {
    case disk(BlockDeviceConfiguration)
    case adapter(NetworkDeviceConfiguration)

    /// The partition's number for it.
    var deviceNumber: UInt16 {
      switch self {
      case .disk(let disk): disk.deviceNumber
      case .adapter(let adapter): adapter.deviceNumber
      }
    }
  }

  /// What the device that is there remembers.
  enum Occupant: Codable, Equatable, Sendable {
    case none(VirtioTransport)
    case disk(BlockDevice.State)
    case unit(SCSIDevice.State)
    case adapter(NetworkDevice.State)
  }

  /// All state of the place.
  struct State: SavedState {
    static let kind = "device place"
    static let version = 1

    /// What is there; nil for nothing, and in a state of an earlier program for what the place was built with.
    var contents: Contents?
    var device: Occupant
    /// Whether the guest was told of it, and no driver has set it up yet.
    var isOffered = false
    /// Whether the partition has it no more, and its driver does not know yet.
    var isTaken = false
  }

  /// What is there; nil for nothing.
  private(set) var contents: Contents?
  /// The registers that are there.
  private(set) var device: VirtioDevice
  private var isOffered = false
  private unowned(unsafe) let bus: SystemBus

  private init(_ contents: Contents?, at slot: Int, of bus: SystemBus) {
    self.contents = contents
    self.bus = bus
    device = Self.device(contents, at: slot, of: bus)
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [DevicePlace] {
    func places(_ contents: [Contents]) -> [DevicePlace] {
      contents.compactMap { item in
        bus.takeSlot().map { DevicePlace(item, at: $0, of: bus) }
      }
    }
    let disks = places(configuration.blockDevices.map(Contents.disk))
    let adapters = places(configuration.networkDevices.map(Contents.adapter))
    return disks + configuration.freePlaces.map { DevicePlace(nil, at: $0, of: bus) } + adapters
  }

  private static func device(
    _ contents: Contents?, at slot: Int, of bus: SystemBus
  ) -> VirtioDevice {
    switch contents {
    case .disk(let disk) where disk.unitNumber != nil: SCSIDevice(disk, at: slot, of: bus)
    case .disk(let disk): BlockDevice(disk, at: slot, of: bus)
    case .adapter(let adapter): NetworkDevice(adapter, at: slot, of: bus)
    case nil:
      VirtioDevice(
        VirtioTransport(deviceType: 0, deviceFeatures: 0, configuration: [], queueLimits: []),
        at: slot, of: bus)
    }
  }

  /// Its number among the places of virtio devices.
  var slot: Int { device.slot }

  /// The address of its registers.
  var address: UInt64 { device.address }

  /// Whether a disk is there.
  var hasDisk: Bool { if case .disk? = contents { true } else { false } }

  /// Whether a driver has set its device up.
  var isOperating: Bool { device.transport.isOperating }

  /// Whether the partition has its device no more, and the driver does not know yet.
  var isTaken: Bool { device.isCutOff }

  /// The partition's number for what it has there.
  var deviceNumber: UInt16? { isTaken ? nil : contents?.deviceNumber }

  private var comesAndGoes: Bool { bus.configuration.takesDevices }

  var regions: [DeviceRegion] { device.regions }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    device.read(register, access)
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let isWritten = device.write(register, value, access)
    if isTaken {
      if device.transport.isReset { vacate() }
    } else if isOffered, isOperating, let contents {
      isOffered = false
      bus.owner?.emit(.deviceAnswered(contents.deviceNumber, isTaken: true), at: access.time)
    }
    return isWritten
  }

  // MARK: What comes and goes

  /// Puts something into an empty place.
  func put(_ contents: Contents) { hold(contents) }

  /// The guest was told of what is there.
  func offer() { isOffered = true }

  /// Takes what is there, whose registers stay while a driver operates it.
  func take() {
    guard isOperating else { return vacate() }
    device.cutOff()
  }

  /// Leaves the place empty.
  func vacate() {
    hold(nil)
    device.line.set(false)
  }

  private func hold(_ contents: Contents?) {
    self.contents = contents
    isOffered = false
    device = Self.device(contents, at: slot, of: bus)
  }

  // MARK: State

  /// Returns to the state after power-on; what a driver had set up and the partition has no more is gone.
  func reset() {
    if isTaken { vacate() }
    isOffered = false
    device.reset()
  }

  var state: State {
    State(
      contents: contents, device: occupant, isOffered: isOffered, isTaken: isTaken)
  }

  private var occupant: Occupant {
    switch device {
    case let disk as BlockDevice: .disk(disk.state)
    case let unit as SCSIDevice: .unit(unit.state)
    case let adapter as NetworkDevice: .adapter(adapter.state)
    default: .none(device.transport)
    }
  }

  func restore(_ state: State) throws(StateRefusal) {
    let saved: Contents? =
      if case .none = state.device { state.contents } else { state.contents ?? contents }
    let isPossible = saved != nil || !state.isTaken && !state.isOffered
    guard isPossible, saved == contents || comesAndGoes else { throw Self.inconsistent }
    let restored = Self.device(saved, at: slot, of: bus)
    switch (restored, state.device) {
    case (let disk as BlockDevice, .disk(let own)): try disk.restore(own)
    case (let unit as SCSIDevice, .unit(let own)): try unit.restore(own)
    case (let adapter as NetworkDevice, .adapter(let own)): try adapter.restore(own)
    case (_, .none(let transport)) where saved == nil:
      guard restored.transport.fits(transport) else { throw Self.inconsistent }
      restored.transport = transport
    default: throw Self.inconsistent
    }
    restored.isCutOff = state.isTaken
    contents = saved
    isOffered = state.isOffered
    device = restored
  }

  private static var inconsistent: StateRefusal {
    .inconsistent(kind: State.kind, what: "it is another device's")
  }

  // MARK: Tables

  func description() -> [MachineLanguage.Term] {
    let registers = device.registersTerm()
    return comesAndGoes ? [DeviceContainer.term(of: slot, registers)] : registers
  }
}

extension DevicePlace: StateHolder {
  static let roles = PropertyRoles(
    // What the device remembers is its own.
    state: ["contents", "device", "isOffered"], wiring: ["bus"])
}
