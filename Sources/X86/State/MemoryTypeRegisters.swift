import Quantities

/// The memory-type range registers (AMD APM volume 2, "Memory-Type Range Registers").
///
/// They are kept and have no effect: storage is one whatever its type. They start as a PC's firmware
/// leaves them: write-back, but for the window of the display and the hole of devices below 4 GiB.
struct MemoryTypeRegisters: Codable, Equatable, Sendable {
  private static let capabilityRegister: UInt32 = 0xFE
  private static let defaultTypeRegister: UInt32 = 0x2FF
  private static let variableRegisters: Range<UInt32> = 0x200..<0x210
  /// In the order of the addresses that they are for: 64 KiB, 16 KiB and 4 KiB for each byte.
  private static let fixedRegisters: [UInt32] = [
    0x250, 0x258, 0x259, 0x268, 0x269, 0x26A, 0x26B, 0x26C, 0x26D, 0x26E, 0x26F,
  ]

  /// MTRRcap: eight variable ranges, the fixed ones, write-combining.
  private static let capabilities: UInt64 = 0x508
  /// MTRRdefType: ranges enabled, fixed ones too, write-back elsewhere.
  private static let enabledWriteBack: UInt64 = 0xC06
  private static let writeBack: UInt64 = 0x0606_0606_0606_0606
  private static let writeProtect: UInt64 = 0x0505_0505_0505_0505
  /// Bits of a physical address.
  private static let addressMask: UInt64 = (1 << PhysicalAddress.bits) - 1

  private var defaultType = MemoryTypeRegisters.enabledWriteBack
  /// Types of the first MiB, by `fixedRegisters`.
  private var fixed: [UInt64] =
    [writeBack, writeBack, 0] + Array(repeating: writeProtect, count: 8)
  /// Base and mask of each variable range in turn.
  private var variable: [UInt64] =
    [
      PhysicalAddress.holeStart,
      addressMask & ~(PhysicalAddress.holeEnd - PhysicalAddress.holeStart - 1) | 0x800,
    ]
    + Array(repeating: 0, count: 14)

  /// Whether there is a value for every register.
  var isComplete: Bool {
    fixed.count == Self.fixedRegisters.count && variable.count == Self.variableRegisters.count
  }

  /// The contents of a register; nil when it is none of these.
  func read(_ number: UInt32) -> UInt64? {
    switch number {
    case Self.capabilityRegister: return Self.capabilities
    case Self.defaultTypeRegister: return defaultType
    case Self.variableRegisters: return variable.element(at: Int(number &- 0x200))
    default: return Self.fixedRegisters.firstIndex(of: number).flatMap { fixed.element(at: $0) }
    }
  }

  /// Writes a register.
  ///
  /// - Returns: Whether its bits allow the value, and it may be written at all; nil when it is none of
  ///   these.
  mutating func write(_ number: UInt32, _ value: UInt64) -> Bool? {
    switch number {
    case Self.capabilityRegister: return false
    case Self.defaultTypeRegister:
      guard value & ~0xCFF == 0, Self.isType(value & 0xFF) else { return false }
      defaultType = value
    case Self.variableRegisters:
      let isBase = number & 1 == 0
      guard value & ~(Self.addressMask & ~0xFFF | (isBase ? 0xFF : 0x800)) == 0,
        !isBase || Self.isType(value & 0xFF)
      else { return false }
      // Cannot trap: the range has as many registers as the array.
      variable[Int(number &- 0x200)] = value
    default:
      guard let index = Self.fixedRegisters.firstIndex(of: number) else { return nil }
      for place in 0..<8 as Range<UInt64> where !Self.isType(value >> (place * 8) & 0xFF) {
        return false
      }
      // Cannot trap: there is a register in the array for each number.
      fixed[index] = value
    }
    return true
  }

  /// Uncacheable, write-combining, write-through, write-protect, write-back.
  private static func isType(_ type: UInt64) -> Bool { type == 0 || type == 1 || 4...6 ~= type }
}
