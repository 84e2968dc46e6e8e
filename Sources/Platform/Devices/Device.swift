// A device of a partition's PC. Everything that the computer does with its devices is a loop over them: which
// of them answers at a port or an address, what is due in time, reset, the tables that the guest finds, and
// saving. So a new device is a file that conforms to `Device`, and a line in `Computer.deviceKinds`.

import Channels
import Quantities

/// One access of a processor to a device.
struct DeviceAccess {
  /// The processor's time.
  let time: SimulatedTime
  /// How wide it is, in bytes: 1, 2, 4 or 8.
  var size: Int
  /// The processor whose access it is.
  let processor: Int
}

/// What an access reaches.
///
/// A class, and its devices below it: through a protocol's existential each access would retain and release
/// the device, which takes 17 ns of the 40 to 150 that an access to a port takes the host.
class BusTarget {
  /// When it has something to do by itself next; nil when never.
  var deadline: SimulatedTime? { nil }

  /// Nothing is there yet.
  init() {}

  /// Reads a register; nil where it has none of this width, and a wider access is made byte by byte.
  func read(_ register: Int, _ access: DeviceAccess) -> UInt64? { nil }

  /// Writes a register; false where it has none of this width, and a wider access is made byte by byte.
  func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool { false }

  /// Does what is due, when `deadline` has come.
  func act(at now: SimulatedTime) {}
}

/// Ports or addresses at which a device answers, and the number of the first one's register.
struct DeviceRegion {
  /// Where a region lies.
  enum Space {
    case ports
    case memory
    /// In ports, from where `SystemBus.moveWindow` says; one device of a computer has such a region.
    case window
  }

  let space: Space
  let start: UInt64
  let count: UInt64
  let register: Int

  /// So many ports, from one on.
  static func ports(_ start: UInt64, count: UInt64 = 1, register: Int = 0) -> DeviceRegion {
    DeviceRegion(space: .ports, start: start, count: count, register: register)
  }

  /// So many bytes of addresses, from one on.
  static func memory(_ start: UInt64, count: UInt64) -> DeviceRegion {
    DeviceRegion(space: .memory, start: start, count: count, register: 0)
  }

  /// So many ports that are nowhere yet.
  static func window(count: UInt64) -> DeviceRegion {
    DeviceRegion(space: .window, start: 0, count: count, register: 0)
  }
}

/// What a device remembers that remembers nothing, so that it need not be among what was saved.
protocol NoState: SavedState {}

/// A device of a partition's PC: its registers, wires and time, and what it remembers.
///
/// Its bus owns it, so that it refers to the bus `unowned`: two that own each other stay for ever, and with
/// them the guest's storage. Touched only by the thread that owns the partition at the moment.
protocol Device: BusTarget, StateHolder {
  /// What it remembers; the name of its kind is the device's, too.
  associatedtype State: SavedState

  /// The devices of this kind that a computer has, connected to its bus.
  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [Self]
  /// Whether it ever has a deadline.
  static var isTimed: Bool { get }

  /// Where it answers; where devices overlap, the later one in the list of kinds does.
  var regions: [DeviceRegion] { get }
  /// What it remembers.
  var state: State { get }

  /// Returns to the state after power-on.
  func reset()
  /// Takes up what was remembered; the levels of its wires are the interrupt controllers'.
  ///
  /// - Throws: `StateRefusal` when no device like this has such a state; nothing was changed then.
  func restore(_ state: State) throws(StateRefusal)
  /// Reads the state of a kind that an earlier program had in the place of this one; nil for any other kind.
  static func readFormer(_ kind: String, _ decoder: any Decoder) throws -> State?
  /// Its part of the DSDT: terms of ACPI's machine language in the scope of the system bus.
  func description() -> [MachineLanguage.Term]
}

extension Device {
  static var isTimed: Bool { false }

  static func readFormer(_ kind: String, _ decoder: any Decoder) throws -> State? { nil }

  func description() -> [MachineLanguage.Term] { [] }
}
