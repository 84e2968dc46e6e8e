// The bus of a partition's PC: what its devices are connected to, and by which a processor's access finds the
// one that answers. It knows no device: they say where they answer, what they want of the computer around
// them, and when they have something to do.

import Channels
import Quantities
import X86

/// What devices want of the computer that they are part of.
protocol DeviceOwner: AnyObject {
  /// Lets something leave the partition.
  func emit(_ kind: ComputerEvent.Kind, at time: SimulatedTime)
  /// Ends the computer's operation, for a reason that leaves the partition.
  func end(_ kind: ComputerEvent.Kind, at time: SimulatedTime)
  /// The tag of the next request to the channel subsystem.
  func takeTag() -> UInt64
  /// Has a processor pay for what the host did at its request.
  func charge(_ cycles: Int, to processor: Int)
  /// The slice that runs must not pass a time.
  func limitSlice(to deadline: SimulatedTime)
}

/// Connects the devices of a computer with its processors, its storage and its interrupt controllers.
///
/// Touched only by the thread that owns the partition at the moment.
final class SystemBus {
  /// What the computer consists of.
  let configuration: ComputerConfiguration
  /// The partition's storage.
  let memory: GuestMemory
  /// The interrupt controllers.
  let network: InterruptNetwork
  private let processors: Numbered<Processor>
  /// The computer, which owns the bus.
  unowned(unsafe) var owner: (any DeviceOwner)?

  /// In the order of their kinds.
  private(set) var devices: [any Device] = []
  private var ports = ClaimTable([])
  private var addresses = ClaimTable([])
  /// Looked at before `ports`; empty while it is nowhere.
  private var window: Claim?
  private var timed: [Unmanaged<BusTarget>] = []
  private var slotCount = 0
  /// When a device has something to do next; nil when never.
  private(set) var deadline: SimulatedTime?

  /// A bus without devices.
  init(
    _ configuration: ComputerConfiguration, memory: GuestMemory, network: InterruptNetwork,
    processors: Numbered<Processor>
  ) {
    self.configuration = configuration
    self.memory = memory
    self.network = network
    self.processors = processors
  }

  // MARK: Devices

  /// Connects the devices, once.
  func attach(_ devices: [any Device]) {
    self.devices = devices
    let regions = devices.flatMap { device in device.regions.map { ($0, device as BusTarget) } }
    ports = ClaimTable(regions.filter { $0.0.space == .ports })
    addresses = ClaimTable(regions.filter { $0.0.space == .memory })
    window = regions.first { $0.0.space == .window }.map {
      Claim(start: 0, end: 0, register: 0, device: .passUnretained($0.1))
    }
    timed = devices.filter { type(of: $0).isTimed }.map { .passUnretained($0 as BusTarget) }
  }

  /// The first device of a type.
  func first<Kind: Device>(_ type: Kind.Type) -> Kind? {
    for device in devices { if let found = device as? Kind { return found } }
    return nil
  }

  /// The next place for a virtio device: registers and a wire of its own; nil when all are taken.
  func takeSlot() -> Int? {
    guard slotCount < PCLayout.virtioLimit else { return nil }
    defer { slotCount &+= 1 }
    return slotCount
  }

  /// A wire to a pin of the I/O APIC.
  func line(to pin: Int) -> InterruptLine { InterruptLine(to: pin, of: network) }

  /// Decodes the region without a place of its own from a port on, or nowhere.
  func moveWindow(to port: UInt64?, count: UInt64) {
    guard let device = window?.device else { return }
    let start = port ?? 0
    window = Claim(
      start: start, end: port == nil ? 0 : start.addingClamped(count), register: 0, device: device)
  }

  // MARK: Ports

  /// Reads a port; nil when nothing is there.
  ///
  /// A wide access to registers that are narrower is split.
  func readPort(_ port: UInt64, _ access: DeviceAccess) -> UInt64? {
    if let value = target(at: port)?.read(access) { return value }
    guard access.size > 1, isAnything(at: port, access.size) else { return nil }
    var narrow = access
    narrow.size = 1
    var value: UInt64 = 0
    var isAnywhere = false
    for index in 0..<UInt64(clamping: access.size) {
      let byte = target(at: port &+ index)?.read(narrow)
      if byte != nil { isAnywhere = true }
      value |= (byte ?? 0xFF) << (8 &* index)
    }
    return isAnywhere ? value : nil
  }

  /// Writes a port; what nobody decodes is lost.
  func writePort(_ port: UInt64, _ value: UInt64, _ access: DeviceAccess) {
    if let target = target(at: port), target.write(value, access) { return }
    guard access.size > 1, isAnything(at: port, access.size) else { return }
    var narrow = access
    narrow.size = 1
    for index in 0..<UInt64(clamping: access.size) {
      _ = target(at: port &+ index)?.write(value >> (8 &* index) & 0xFF, narrow)
    }
  }

  private func target(at port: UInt64) -> AccessTarget? {
    if let window, port >= window.start, port < window.end {
      return AccessTarget(window, at: port)
    }
    guard let claim = ports.next(from: port)?.pointee, port >= claim.start else { return nil }
    return AccessTarget(claim, at: port)
  }

  /// Whether something answers at one of so many ports.
  private func isAnything(at port: UInt64, _ count: Int) -> Bool {
    let end = port.addingClamped(UInt64(clamping: count))
    if let window, port < window.end, window.start < end { return true }
    guard let claim = ports.next(from: port)?.pointee else { return false }
    return claim.start < end
  }

  // MARK: Device memory

  /// Reads device memory; nil when no device is there.
  func readMemory(_ address: UInt64, _ access: DeviceAccess) -> UInt64? {
    guard let claim = addresses.next(from: address)?.pointee, address >= claim.start else {
      return nil
    }
    return AccessTarget(claim, at: address).read(access)
  }

  /// Writes device memory; false when no device is there.
  func writeMemory(_ address: UInt64, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard let claim = addresses.next(from: address)?.pointee, address >= claim.start else {
      return false
    }
    return AccessTarget(claim, at: address).write(value, access)
  }

  // MARK: Time

  /// A device's deadline changed: the slice must not run past it.
  func noteDeadline() {
    deadline = timed.lazy.compactMap { $0._withUnsafeGuaranteedRef { $0.deadline } }.min()
    if let deadline { owner?.limitSlice(to: deadline) }
  }

  /// Has the devices do what is due.
  func act(at now: SimulatedTime) {
    for device in timed {
      device._withUnsafeGuaranteedRef { device in
        if let due = device.deadline, due <= now { device.act(at: now) }
      }
    }
    noteDeadline()
  }

  // MARK: Processors

  /// Cycles for each processor whose translations are dropped, of whoever had it done.
  private static let flushCost = 32

  /// Has all processors find storage anew.
  func forgetTranslations() {
    // Cannot trap: each element once.
    for processor in processors { processor.flushTranslations() }
    guard let running = network.running else { return }
    owner?.charge(processors.count.multipliedClamped(by: Self.flushCost), to: running)
  }

  /// Asserts IGNNE# at a processor: it goes on in spite of an x87 exception.
  func ignoreFloatingPointErrors(_ processor: Int) {
    processors[processor].ignoreFloatingPointErrors()
  }

  /// Ends the slice of a processor: something is noticed where a slice begins.
  func endSlice(of processor: Int) { processors[processor].endSlice() }

  // MARK: Storage

  /// The guest-physical ranges that are storage now, ascending.
  func attachedRanges() -> [Range<UInt64>] {
    let maximum = max(configuration.maximumStorage, configuration.initialStorage)
    var ranges: [Range<UInt64>] = []
    for window in PCLayout.storageRanges(byteCount: maximum) {
      var start: UInt64?
      var address = window.lowerBound
      while address < window.upperBound {
        let end = min(address.addingClamped(PCLayout.storageUnit), window.upperBound)
        if memory.isStorage(Range(uncheckedBounds: (address, end))) {
          start = start ?? address
        } else if let first = start {
          ranges.append(Range(uncheckedBounds: (first, address)))
          start = nil
        }
        address = end
      }
      if let first = start { ranges.append(Range(uncheckedBounds: (first, address))) }
    }
    return ranges
  }

  /// Copies `count` bytes out of storage; nil when they are not all storage.
  func bytes(at address: UInt64, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    let isRead = bytes.withUnsafeMutableBytes { memory.read(address, into: $0) }
    return isRead ? bytes : nil
  }

  /// Copies bytes into storage; false when they do not all fit into storage.
  func store(_ bytes: [UInt8], at address: UInt64) -> Bool {
    bytes.withUnsafeBytes { memory.write(address, from: $0) }
  }
}

/// A register of a device, for one access.
private struct AccessTarget {
  private let device: Unmanaged<BusTarget>
  private let register: Int

  init(_ claim: Claim, at address: UInt64) {
    device = claim.device
    register = claim.register(at: address)
  }

  @inline(__always)
  func read(_ access: DeviceAccess) -> UInt64? {
    device._withUnsafeGuaranteedRef { $0.read(register, access) }
  }

  @inline(__always)
  func write(_ value: UInt64, _ access: DeviceAccess) -> Bool {
    device._withUnsafeGuaranteedRef { $0.write(register, value, access) }
  }
}
