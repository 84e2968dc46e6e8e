// The firmware configuration device as a value: a selector and a data register by which firmware
// learns what the computer consists of. Source: QEMU documentation, "QEMU Firmware Configuration
// (fw_cfg) Device".

import Quantities

/// Registers and items of the firmware configuration device.
struct FirmwareConfigurationChip: Codable, Equatable, Sendable {
  /// Keys of items that have no name.
  private enum Key {
    static let signature: UInt16 = 0x00
    static let features: UInt16 = 0x01
    static let storage: UInt16 = 0x03
    static let processors: UInt16 = 0x05
    static let nodes: UInt16 = 0x0D
    static let bootMenu: UInt16 = 0x0E
    static let maximumProcessors: UInt16 = 0x0F
    static let directory: UInt16 = 0x19
    /// Whether request 0 of the interrupt controllers is pin 2 of the I/O APIC.
    static let timerOverride: UInt16 = 0x8002
    static let firstFile: UInt16 = 0x20
  }

  private static let signature = Array("QEMU".utf8)
  /// The traditional registers, and direct memory access.
  private static let features: UInt32 = 3

  private var items: [UInt16: [UInt8]] = [:]
  private var fileCount: UInt16 = 0
  private var directory: [UInt8] = []
  private(set) var key: UInt16 = 0
  private(set) var position = 0

  /// A device that describes a computer.
  ///
  /// - Parameters:
  ///   - storage: Guest-physical ranges of storage, ascending.
  ///   - processors: Processors present.
  ///   - maximumProcessors: Processors that there may ever be.
  init(storage: [Range<UInt64>], processors: Int, maximumProcessors: Int) {
    func word(_ value: Int) -> [UInt8] {
      MachineLanguage.littleEndian(UInt16(truncatingIfNeeded: value))
    }
    let low = storage.filter { $0.upperBound <= PCLayout.highStorageBase }.map(\.upperBound).max()
    items[Key.signature] = Self.signature
    items[Key.features] = MachineLanguage.littleEndian(Self.features)
    items[Key.storage] = MachineLanguage.littleEndian(low ?? 0)
    items[Key.processors] = word(processors)
    items[Key.nodes] = [UInt8](repeating: 0, count: 8)
    items[Key.bootMenu] = word(0)
    items[Key.timerOverride] = MachineLanguage.littleEndian(UInt32(1))
    items[Key.maximumProcessors] = word(maximumProcessors)
    add("etc/e820", storage.flatMap(Self.mapEntry))
    // Ones: firmware that finds nothing to boot says so and stays there.
    add("etc/boot-fail-wait", [0xFF, 0xFF, 0xFF, 0xFF])
  }

  /// An E820 entry of usable storage.
  private static func mapEntry(_ range: Range<UInt64>) -> [UInt8] {
    MachineLanguage.littleEndian(range.lowerBound)
      + MachineLanguage.littleEndian(range.upperBound &- range.lowerBound)
      + MachineLanguage.littleEndian(UInt32(1))
  }

  /// Adds a file; its entry in the directory has size and key highest byte first.
  private mutating func add(_ name: String, _ contents: [UInt8]) {
    let key = Key.firstFile &+ fileCount
    items[key] = contents
    fileCount &+= 1
    var field = [UInt8](repeating: 0, count: 56)
    field.put(bytes: Array(name.utf8), at: 0)
    directory +=
      Self.bigEndian(UInt32(clamping: contents.count)) + Self.bigEndian(key) + [0, 0] + field
    items[Key.directory] = Self.bigEndian(UInt32(fileCount)) + directory
  }

  private static func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }

  /// Selects an item and goes to its start.
  mutating func select(_ value: UInt16) {
    key = value
    position = 0
  }

  /// Reads the next byte of the item; zeros past its end.
  mutating func read() -> UInt8 {
    guard let byte = items[key]?.element(at: position) else { return 0 }
    position &+= 1
    return byte
  }

  /// Skips bytes of the item.
  mutating func skip(_ count: Int) {
    position = min(position.addingClamped(max(0, count)), items[key]?.count ?? 0)
  }

  /// Reads the next bytes of the item; zeros past its end.
  mutating func read(_ count: Int) -> [UInt8] {
    // Cannot trap: a position is not negative.
    let found = Array((items[key] ?? []).dropFirst(position).prefix(max(0, count)))
    position &+= found.count
    return found + [UInt8](repeating: 0, count: max(0, count &- found.count))
  }

  /// What the address register of direct memory access reads: "QEMU CFG", lowest byte first.
  static let directSignature: UInt64 = 0x4746_4320_554D_4551
}
