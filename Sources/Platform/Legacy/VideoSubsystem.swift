// The video subsystem of a PC/AT at its ports. Its text memory is storage.

import Quantities

extension VideoChip: SavedState {
  static let kind = "video subsystem"
  static let version = 1
}

/// The registers of a VGA.
final class VideoSubsystem: BusTarget, Device {
  private(set) var state = VideoChip()

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [VideoSubsystem] { configuration.hasLegacyDevices ? [VideoSubsystem()] : [] }

  var regions: [DeviceRegion] { [.ports(PCLayout.video, count: 0x30)] }

  func reset() { state = VideoChip() }

  func restore(_ state: VideoChip) throws(StateRefusal) {
    guard state.isComplete else {
      throw .inconsistent(kind: VideoChip.kind, what: "registers are missing")
    }
    self.state = state
  }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    return state.read(UInt64(clamping: register), now: access.time).map(UInt64.init)
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    state.write(UInt64(clamping: register), UInt8(truncatingIfNeeded: value))
    return true
  }
}

extension VideoSubsystem: StateHolder {
  static let roles = PropertyRoles(state: ["state"])
}
