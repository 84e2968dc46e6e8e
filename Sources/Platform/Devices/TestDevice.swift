import Quantities
import X86

// What people who test their own systems expect of a virtual PC, off unless asked for: a port that ends
// the run with a status, and a test device at the ports that QEMU's `pc-testdev` has, so that test
// kernels written for it find the same here.

/// Which test hardware a computer has.
package struct TestHardware: Codable, Equatable, Sendable {
  /// A write of V to this port, of any width, ends the run with status (V << 1) | 1.
  package var debugExitPort: UInt16?
  /// Whether the test device is there.
  package var hasTestDevice: Bool

  /// None of it unless asked for.
  package init(debugExitPort: UInt16? = nil, hasTestDevice: Bool = false) {
    self.debugExitPort = debugExitPort
    self.hasTestDevice = hasTestDevice
  }
}

/// The test device's registers: 32 bits that can be read and written in 1, 2 and 4 bytes.
struct TestChip: Codable, Equatable, Sendable {
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

/// The wiring of the test hardware: ports to the register, to interrupt lines, and to storage.
final class TestDevice {
  /// Its registers: all its state.
  var chip = TestChip()
  private let lines: [InterruptLine]
  private let memory: GuestMemory

  /// A device with a wire to every interrupt line, by number.
  init(lines: [InterruptLine], memory: GuestMemory) {
    self.lines = lines
    self.memory = memory
  }

  /// The state after power-on; lines are lowered with their controllers.
  func reset() { chip = TestChip() }

  /// Reads a port; nil where the device has no register that can be read.
  func read(_ port: UInt64, size: Int) -> UInt64? {
    guard PCLayout.testScratch.contains(port) else { return nil }
    return UInt64(chip.read(Int(port - PCLayout.testScratch.lowerBound), size: size))
  }

  /// Writes a port; false where the device has no register.
  func write(_ port: UInt64, size: Int, _ value: UInt64) -> Bool {
    let word = UInt32(truncatingIfNeeded: value)
    switch port {
    case PCLayout.testScratch:
      chip.write(Int(port - PCLayout.testScratch.lowerBound), size: size, word)
    case PCLayout.testFlushPage:
      // A guest-physical address. Guests cannot see the difference: what was decoded from the page is
      // decoded again, as after a change of the page from outside.
      memory.noteChange(UInt64(word) & ~0xFFF)
    case PCLayout.testInterruptLines..<PCLayout.testInterruptLines + UInt64(lines.count):
      lines[Int(port - PCLayout.testInterruptLines)].set(word != 0)
    default: return false
    }
    return true
  }
}
