// The firmware configuration device at its ports, with its direct memory access.

import Quantities
import X86

/// What firmware learns of its computer, a byte at a time or copied into storage.
final class FirmwareConfiguration: BusTarget, Device {
  /// What it remembers.
  struct State: SavedState {
    static let kind = "firmware configuration"
    static let version = 1

    var chip = FirmwareConfigurationChip(storage: [], processors: 0, maximumProcessors: 0)
    /// Upper half of the address of the next direct memory access.
    var addressHigh: UInt32 = 0
  }

  /// Registers by number: those of the ports from 0x510 on.
  private enum Register {
    static let selector = 0
    static let data = 1
    static let address = 4
    static let addressLow = 8
  }

  private(set) var state = State()
  private unowned(unsafe) let bus: SystemBus

  private init(_ bus: SystemBus) { self.bus = bus }

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [FirmwareConfiguration] {
    configuration.hasLegacyDevices ? [FirmwareConfiguration(bus)] : []
  }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.firmwareConfiguration, count: 2, register: Register.selector),
      .ports(PCLayout.firmwareConfigurationAddress, count: 8, register: Register.address),
    ]
  }

  func reset() {
    state = State(
      chip: FirmwareConfigurationChip(
        // Cannot trap: a number of processors.
        storage: bus.attachedRanges(), processors: bus.network.state.isPresent.count { $0 },
        maximumProcessors: bus.configuration.maximumProcessors))
  }

  func restore(_ state: State) { self.state = state }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    switch register {
    case Register.data where access.size == 1: return UInt64(state.chip.read())
    case Register.address...:
      let offset = UInt64(clamping: register &- Register.address)
      let rest = FirmwareConfigurationChip.directSignature >> (8 &* offset)
      return access.size >= 8
        ? rest : rest & ~(UInt64.max << (8 &* UInt64(clamping: access.size)))
    default: return nil
    }
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    switch (register, access.size) {
    case (Register.selector, 2): state.chip.select(UInt16(truncatingIfNeeded: value))
    case (Register.address, 4): state.addressHigh = word.byteSwapped
    case (Register.addressLow, 4):
      transfer(UInt64(state.addressHigh) << 32 | UInt64(word.byteSwapped), access.processor)
      state.addressHigh = 0
    default: return false
    }
    return true
  }

  // MARK: Direct memory access

  /// Bits of the control word.
  private enum Transfer {
    static let error: UInt32 = 1
    static let read: UInt32 = 2
    static let skip: UInt32 = 4
    static let select: UInt32 = 8
    static let write: UInt32 = 16
  }

  /// Bytes that are moved in a cycle.
  private static let bytesPerCycle: UInt64 = 256

  /// Carries out the access that is described at `address`: control, byte count, target.
  private func transfer(_ address: UInt64, _ processor: Int) {
    guard let control = bus.memory.load(address, as: UInt32.self)?.byteSwapped,
      let count = bus.memory.load(address &+ 4, as: UInt32.self)?.byteSwapped,
      let target = bus.memory.load(address &+ 8, as: UInt64.self)?.byteSwapped
    else { return }
    if control & Transfer.select != 0 {
      state.chip.select(UInt16(truncatingIfNeeded: control >> 16))
    }
    var isDone = control & Transfer.write == 0
    if control & Transfer.read != 0 {
      isDone = isDone && copy(UInt64(count), to: target)
      if isDone {
        bus.owner?.charge(Int(clamping: UInt64(count) / Self.bytesPerCycle), to: processor)
      }
    } else if control & Transfer.skip != 0 {
      state.chip.skip(Int(count))
    }
    _ = bus.memory.store((isDone ? 0 : Transfer.error).byteSwapped, at: address)
  }

  private func copy(_ count: UInt64, to target: UInt64) -> Bool {
    guard let range = AddressRange(start: target, byteCount: count),
      bus.memory.isStorage(Range(uncheckedBounds: (range.start, range.end)))
    else { return false }
    var place = range.start
    while place < range.end {
      let piece = state.chip.read(Int(clamping: min(4096, range.end &- place)))
      _ = bus.store(piece, at: place)
      place &+= UInt64(clamping: piece.count)
    }
    return true
  }
}

extension FirmwareConfiguration: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["bus"])
}
