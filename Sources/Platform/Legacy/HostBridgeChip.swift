// The chip set of a 440FX board as a value: configuration mechanism 1, the host bridge, and the
// functions of the PIIX3 and PIIX4 bridges that firmware looks for. Sources: Intel 82441FX, 82371SB
// and 82371AB datasheets; PCI Local Bus Specification 2.1, section 3.7.4.1.

import Quantities

/// Where reads and writes of a segment of the BIOS area go.
struct ShadowAttribute: Equatable, Sendable {
  /// Reads reach storage; otherwise the firmware's read-only memory.
  var readsStorage: Bool
  /// Writes reach storage; otherwise they are lost.
  var writesStorage: Bool
}

/// Registers of the host bridge and of what lies on PCI bus 0.
struct HostBridgeChip: Codable, Equatable, Sendable {
  /// A function of bus 0.
  enum Function: Int, Codable, Sendable, CaseIterable {
    case hostBridge = 0x00
    case isaBridge = 0x08
    case powerManagement = 0x0B
  }

  /// First of the seven registers that attribute the BIOS area.
  private static let attributes = 0x59
  private static let powerBase = 0x40
  private static let powerMiscellaneous = 0x80

  private(set) var address: UInt32 = 0
  private(set) var hostBridge = HostBridgeChip.makeHostBridge()
  private(set) var isaBridge = HostBridgeChip.makeISABridge()
  private(set) var powerManagement = HostBridgeChip.makePowerManagement()

  private static func makeHostBridge() -> ConfigurationSpace {
    var space = ConfigurationSpace(
      identity: 0x1237_8086, classCode: 0x0600_0002, status: 0x0280_0006)
    space.define(0x50, [0x00, 0x01, 0, 0], writable: [0xFF, 0xFF, 0xFF, 0xFF])
    space.define(
      attributes, [UInt8](repeating: 0, count: 7),
      writable: [0x30] + [UInt8](repeating: 0x33, count: 6))
    // System management memory: locked is forgotten, since there is no such mode.
    space.define(0x72, [0x02], writable: [0x78])
    return space
  }

  private static func makeISABridge() -> ConfigurationSpace {
    var space = ConfigurationSpace(
      identity: 0x7000_8086, classCode: 0x0601_0000, status: 0x0280_0007, isMultiple: true)
    space.define(0x4C, [0x4D, 0, 0x03, 0], writable: [0xFF, 0, 0xFF, 0xFF])
    space.define(0x60, [0x80, 0x80, 0x80, 0x80], writable: [0x8F, 0x8F, 0x8F, 0x8F])
    space.define(0x69, [0x02], writable: [0xFE])
    return space
  }

  private static func makePowerManagement() -> ConfigurationSpace {
    var space = ConfigurationSpace(
      identity: 0x7113_8086, classCode: 0x0680_0003, status: 0x0280_0000)
    space.define(0x04, [], writable: [0x01])
    space.define(0x3D, [0x01], writable: [])
    space.define(powerBase, [0x01, 0, 0, 0], writable: [0xC0, 0xFF, 0, 0])
    // Bit 25 of DEVACTB: APM writes make an SMI. Set, it tells firmware that system management is
    // not its affair.
    space.define(0x58, [0, 0, 0, 0x02], writable: [0xFF, 0xFF, 0xFF, 0xFF])
    space.define(powerMiscellaneous, [0], writable: [0x01])
    space.define(0x90, [0x01, 0, 0, 0], writable: [0xF0, 0xFF, 0, 0])
    space.define(0xD2, [0], writable: [0x0F])
    return space
  }

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool {
    hostBridge.isComplete && isaBridge.isComplete && powerManagement.isComplete
  }

  // MARK: Configuration mechanism 1

  /// Writes port 0xCF8, 32 bits at once.
  mutating func select(_ value: UInt32) { address = value & 0x80FF_FFFC }

  /// The function and register that the address names; nil when there is none.
  private var selected: (function: Function, register: Int)? {
    guard address >> 31 == 1, address >> 16 & 0xFF == 0,
      let function = Function(rawValue: Int(address >> 8 & 0xFF))
    else { return nil }
    return (function, Int(address & 0xFC))
  }

  /// Reads 1, 2 or 4 bytes at port 0xCFC plus `offset`; ones where no function answers.
  func read(_ offset: Int, size: Int) -> UInt32 {
    guard let (function, register) = selected else { return .max }
    return switch function {
    case .hostBridge: hostBridge.read(register &+ offset, size: size)
    case .isaBridge: isaBridge.read(register &+ offset, size: size)
    case .powerManagement: powerManagement.read(register &+ offset, size: size)
    }
  }

  /// Writes at port 0xCFC plus `offset`.
  mutating func write(_ offset: Int, size: Int, _ value: UInt32) {
    guard let (function, register) = selected else { return }
    switch function {
    case .hostBridge: hostBridge.write(register &+ offset, size: size, value)
    case .isaBridge: isaBridge.write(register &+ offset, size: size, value)
    case .powerManagement: powerManagement.write(register &+ offset, size: size, value)
    }
  }

  // MARK: What the registers mean

  /// Attributes of the 16 segments of 16 KiB from C0000 to FFFFF.
  ///
  /// Source: 82441FX, "PAM: Programmable Attribute Map Registers"; the last register covers 64 KiB.
  var shadows: [ShadowAttribute] {
    (0..<16).map { segment in
      let register = segment < 12 ? Self.attributes + 1 + segment / 2 : Self.attributes
      let isHigh = segment >= 12 || segment & 1 == 1
      let bits = (hostBridge.bytes.element(at: register) ?? 0) >> (isHigh ? 4 : 0)
      return ShadowAttribute(readsStorage: bits & 1 != 0, writesStorage: bits & 2 != 0)
    }
  }

  /// The registers that say so, to see whether they have changed.
  var shadowRegisters: UInt64 {
    hostBridge.bytes.dropFirst(Self.attributes).prefix(7).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// First port of the power management registers; nil while they are not decoded.
  var powerPort: UInt64? {
    guard powerManagement.read(Self.powerMiscellaneous, size: 1) & 1 != 0 else { return nil }
    return UInt64(powerManagement.read(Self.powerBase, size: 2) & 0xFFC0)
  }

  /// Decodes the power management registers from a port on, a multiple of 64, as firmware does.
  mutating func placePower(at port: UInt64) {
    powerManagement.write(0x04, size: 1, 1)
    powerManagement.write(Self.powerBase, size: 2, UInt32(truncatingIfNeeded: port))
    powerManagement.write(Self.powerMiscellaneous, size: 1, 1)
  }

  /// Opens the whole BIOS area as storage, as firmware leaves it to a system without one.
  mutating func openShadows() {
    hostBridge.write(Self.attributes, size: 1, 0x30)
    for register in 1...6 { hostBridge.write(Self.attributes + register, size: 1, 0x33) }
  }
}
