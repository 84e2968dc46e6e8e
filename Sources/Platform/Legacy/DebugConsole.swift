// The port where firmware writes its messages, and the one where a power-on self test shows how far it is.

import Quantities

/// The debug console of firmware.
final class DebugConsole: BusTarget, Device {
  /// What it remembers.
  struct State: SavedState {
    static let kind = "debug console"
    static let version = 1

    /// What was written since it was last taken.
    var output: [UInt8] = []
    /// The last self test code.
    var selfTest: UInt8 = 0
  }

  /// Registers by number.
  private enum Register {
    static let console = 0
    static let selfTest = 1
  }

  private(set) var state = State()

  static func devices(
    of configuration: ComputerConfiguration, on bus: SystemBus
  ) -> [DebugConsole] { configuration.hasLegacyDevices ? [DebugConsole()] : [] }

  var regions: [DeviceRegion] {
    [
      .ports(PCLayout.debugConsole, register: Register.console),
      .ports(PCLayout.diagnostic, register: Register.selfTest),
    ]
  }

  /// What was written stays: it is on its way.
  func reset() { state.selfTest = 0 }

  func restore(_ state: State) { self.state = state }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    return UInt64(register == Register.console ? PCLayout.debugConsoleMark : state.selfTest)
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    if register == Register.console { state.output.append(byte) } else { state.selfTest = byte }
    return true
  }

  /// Takes what was written; empty when nothing was.
  func takeOutput() -> [UInt8] {
    guard !state.output.isEmpty else { return [] }
    defer { state.output = [] }
    return state.output
  }
}

extension DebugConsole: StateHolder {
  static let roles = PropertyRoles(state: ["state"])
}
