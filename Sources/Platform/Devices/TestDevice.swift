// A device for test kernels, off unless asked for, at the ports that QEMU's `pc-testdev` has, so that those
// written for it find the same here.

import Quantities
import X86

/// The test device's registers: 32 bits that can be read and written in 1, 2 and 4 bytes.
struct TestChip: SavedState {
  static let kind = "test device"
  static let version = 1

  /// Bytes of the register.
  static let byteCount = 4

  private(set) var scratch: UInt32 = 0

  /// Reads `size` bytes from a byte offset; what lies past the register reads as ones.
  func read(_ offset: Int, size: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<TestChip.byteCount where index < size {
      let place = offset.addingClamped(index)
      let byte = place < TestChip.byteCount ? scratch >> UInt32(clamping: 8 &* place) : 0xFF
      value |= (byte & 0xFF) << UInt32(8 * index)
    }
    return value
  }

  /// Writes `size` bytes at a byte offset; what lies past the register is lost.
  mutating func write(_ offset: Int, size: Int, _ value: UInt32) {
    for index in 0..<TestChip.byteCount
    where index < size && offset.addingClamped(index) < TestChip.byteCount {
      let shift = UInt32(clamping: 8 &* offset.addingClamped(index))
      scratch = scratch & ~(0xFF << shift) | (value >> UInt32(8 * index) & 0xFF) << shift
    }
  }
}

/// The wiring of the test device: ports to the register, to interrupt lines, and to storage.
final class TestDevice: BusTarget, Device {
  /// Registers by number: the chip's, the one that flushes a page, and a line each.
  private enum Register {
    static let scratch = 0..<TestChip.byteCount
    static let flushPage = 8
    static let lines = 16
  }

  /// Its registers: all its state.
  private(set) var state = TestChip()
  private let lines: [InterruptLine]
  private unowned(unsafe) let bus: SystemBus

  /// A device with a wire to every interrupt line, by number.
  private init(_ bus: SystemBus) {
    self.bus = bus
    lines = (0..<IOAPICChip.pinCount).map { bus.line(to: $0) }
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [TestDevice] {
    configuration.testHardware.hasTestDevice ? [TestDevice(bus)] : []
  }

  var regions: [DeviceRegion] {
    let scratch = PCLayout.testScratch
    return [
      .ports(scratch.lowerBound, count: scratch.upperBound &- scratch.lowerBound),
      .ports(PCLayout.testFlushPage, register: Register.flushPage),
      .ports(
        PCLayout.testInterruptLines, count: UInt64(clamping: lines.count), register: Register.lines),
    ]
  }

  /// The state after power-on; lines are lowered with their controllers.
  func reset() { state = TestChip() }

  func restore(_ state: TestChip) { self.state = state }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard Register.scratch.contains(register) else { return nil }
    return UInt64(state.read(register, size: access.size))
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    switch register {
    case Register.scratch: state.write(register, size: access.size, word)
    case Register.flushPage:
      // A guest-physical address. Guests cannot see the difference: what was decoded from the page is
      // decoded again, as after a change of the page from outside.
      bus.memory.noteChange(UInt64(word) & ~0xFFF)
      bus.endSlice(of: access.processor)
    default: lines.element(at: register &- Register.lines)?.set(word != 0)
    }
    return true
  }
}

extension TestDevice: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["lines", "bus"])
}
