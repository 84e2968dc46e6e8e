/// The configuration space of one PCI function (PCI Local Bus Specification 2.1, chapter 6).
struct ConfigurationSpace: Codable, Sendable {
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
    bytes[0x0E] = isMultiple ? 0x80 : 0
    // The interrupt line is a note that software leaves for itself.
    writable[0x3C] = 0xFF
  }

  /// Gives registers their value after reset, and lets software change some of their bits.
  mutating func define(_ offset: Int, _ values: [UInt8], writable masks: [UInt8]) {
    for (index, value) in values.enumerated() { bytes[offset + index] = value }
    for (index, mask) in masks.enumerated() { writable[offset + index] = mask }
  }

  /// Reads 1, 2 or 4 bytes.
  func read(_ offset: Int, size: Int) -> UInt32 {
    (0..<size).reduce(0) { $0 | UInt32(bytes[(offset + $1) & 255]) << UInt32(8 * $1) }
  }

  /// Writes 1, 2 or 4 bytes; what cannot be changed stays.
  mutating func write(_ offset: Int, size: Int, _ value: UInt32) {
    for index in 0..<size {
      let place = (offset + index) & 255
      let byte = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
      bytes[place] = bytes[place] & ~writable[place] | byte & writable[place]
    }
  }

  private mutating func set(_ offset: Int, _ value: UInt32) {
    for index in 0..<4 {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
    }
  }
}
