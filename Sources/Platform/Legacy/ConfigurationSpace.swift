import Quantities

/// The configuration space of one PCI function (PCI Local Bus Specification 2.1, chapter 6).
struct ConfigurationSpace: Codable, Equatable, Sendable {
  private(set) var bytes = [UInt8](repeating: 0, count: 256)
  /// For each byte, the bits that software can change.
  private var writable = [UInt8](repeating: 0, count: 256)

  /// A function that implements no base address.
  ///
  /// - Parameters:
  ///   - identity: Device in the upper, vendor in the lower 16 bits.
  ///   - classCode: Class, subclass, programming interface and revision, highest first.
  ///   - status: The command (low) and status (high) registers.
  ///   - isMultiple: Whether the device has more functions.
  init(identity: UInt32, classCode: UInt32, status: UInt32, isMultiple: Bool = false) {
    set(0x00, identity)
    set(0x04, status)
    set(0x08, classCode)
    change(0x0E) { _ in isMultiple ? 0x80 : 0 }
    // The interrupt line is a note that software leaves for itself.
    define(0x3C, [], writable: [0xFF])
  }

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool { bytes.count == 256 && writable.count == 256 }

  /// Gives registers their value after reset, and lets software change some of their bits.
  mutating func define(_ offset: Int, _ values: [UInt8], writable masks: [UInt8]) {
    for (index, value) in values.enumerated() { change(offset &+ index) { _ in value } }
    for (index, mask) in masks.enumerated() {
      let place = (offset &+ index) & 255
      // Cannot trap: there are 256 bytes.
      writable[place] = mask
    }
  }

  /// Reads 1, 2 or 4 bytes.
  func read(_ offset: Int, size: Int) -> UInt32 {
    (0..<4).reduce(0) { value, index in
      let byte = index < size ? bytes.element(at: (offset &+ index) & 255) ?? 0 : 0
      return value | UInt32(byte) << UInt32(8 * index)
    }
  }

  /// Writes 1, 2 or 4 bytes; what cannot be changed stays.
  mutating func write(_ offset: Int, size: Int, _ value: UInt32) {
    for index in 0..<4 where index < size {
      let mask = writable.element(at: (offset &+ index) & 255) ?? 0
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
      change(offset &+ index) { $0 & ~mask | byte & mask }
    }
  }

  /// Changes the byte at an offset; offsets wrap at 256.
  private mutating func change(_ offset: Int, _ body: (UInt8) -> UInt8) {
    let place = offset & 255
    // Cannot trap: there are 256 bytes.
    bytes[place] = body(bytes[place])
  }

  private mutating func set(_ offset: Int, _ value: UInt32) {
    for index in 0..<4 {
      change(offset &+ index) { _ in UInt8(truncatingIfNeeded: value >> UInt32(8 * index)) }
    }
  }
}
