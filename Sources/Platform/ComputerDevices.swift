// Which devices a computer has, and what it remembers of them. A new kind of device is its file, and its line
// in the list of kinds.

import Quantities

extension Computer {
  /// Every kind of device.
  ///
  /// In the order in which a guest's operating system finds them in the DSDT; where two answer at one port, it
  /// is the later one.
  static let deviceKinds: [any Device.Type] = [
    SerialPort.self,
    PowerControl.self,
    HostBridge.self,
    KeyboardController.self,
    CalendarClock.self,
    IntervalTimer.self,
    DevicePlace.self,
    EntropyDevice.self,
    DeviceHotplug.self,
    MemoryDevice.self,
    StorageHotplug.self,
    CommandPort.self,
    BalloonDevice.self,
    EventDevice.self,
    DebugExit.self,
    TestDevice.self,
    CoprocessorPort.self,
    InterruptControllers.self,
    PowerManagement.self,
    VideoSubsystem.self,
    FirmwareConfiguration.self,
    DebugConsole.self,
    InputOutputController.self,
  ]

  /// Connects the devices that the configuration asks for.
  static func attachDevices(to bus: SystemBus) {
    bus.attach(
      deviceKinds.flatMap { kind -> [any Device] in
        kind.devices(of: bus.configuration, on: bus)
      })
  }
}

/// What one device remembers, whatever its kind.
struct DeviceState: Sendable {
  private let state: any SavedState

  init(_ device: some Device) { state = device.state }

  /// Whether devices of this kind remember nothing.
  static func remembersNothing<Kind: Device>(_ device: Kind) -> Bool {
    Kind.State.self is any NoState.Type
  }

  /// Whether it is of a device's kind.
  func isOf<Kind: Device>(_ device: Kind) -> Bool { state is Kind.State }

  /// What it remembers, by its kind.
  ///
  /// - Throws: `StateRefusal` when the device is of another kind.
  func restore(to device: some Device) throws(StateRefusal) {
    try device.restore(try self.state(of: device))
  }

  private func state<Kind: Device>(of device: Kind) throws(StateRefusal) -> Kind.State {
    guard let state = state as? Kind.State else {
      throw .otherKind(type(of: state).kind, expected: Kind.State.kind)
    }
    return state
  }
}

extension DeviceState: Equatable {
  static func == (one: DeviceState, other: DeviceState) -> Bool { one.state.equals(other.state) }
}

// Written as each state in its envelope, whose kind tells which one to read.
extension DeviceState: Codable {
  private enum CodingKeys: CodingKey { case kind }

  init(from decoder: any Decoder) throws {
    let kind = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .kind)
    for device in Computer.deviceKinds {
      if let state = try device.readState(of: kind, decoder) {
        self.state = state
        return
      }
    }
    throw StateRefusal.otherKind(kind, expected: "a device")
  }

  func encode(to encoder: any Encoder) throws { try state.write(encoder) }
}

extension Device {
  /// Reads what a device of this kind remembered; nil when the state is of another kind.
  fileprivate static func readState(
    of kind: String, _ decoder: any Decoder
  ) throws -> (any SavedState)? {
    guard kind == State.kind else { return try readFormer(kind, decoder) }
    return try StateEnvelope<State>(from: decoder).state
  }
}

extension SavedState {
  fileprivate func equals(_ other: any SavedState) -> Bool { other as? Self == self }

  fileprivate func write(_ encoder: any Encoder) throws {
    try StateEnvelope(self).encode(to: encoder)
  }
}
