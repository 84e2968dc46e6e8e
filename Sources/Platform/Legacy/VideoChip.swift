// The registers of a VGA as a value (IBM Personal System/2 Hardware Interface Technical Reference,
// "Video Subsystem"), as far as text mode needs them: they hold what is written. The text memory
// at B8000 is storage.

import Quantities

/// Registers of the video subsystem, ports 0x3B0 to 0x3DF.
struct VideoChip: Codable, Equatable, Sendable {
  private(set) var miscellaneous: UInt8 = 0x67
  private(set) var sequencer = [UInt8](repeating: 0, count: 8)
  private(set) var graphics = [UInt8](repeating: 0, count: 16)
  private(set) var attributes = [UInt8](repeating: 0, count: 32)
  /// Cathode-ray tube controller, as mode 3 (80 columns, 25 rows of 16 lines) sets it.
  private(set) var controller: [UInt8] = {
    var registers = [UInt8](repeating: 0, count: 32)
    registers.replaceSubrange(
      0..<25,
      with: [
        0x5F, 0x4F, 0x50, 0x82, 0x55, 0x81, 0xBF, 0x1F, 0x00, 0x4F, 0x0D, 0x0E, 0x00, 0x00, 0x00,
        0x00, 0x9C, 0x8E, 0x8F, 0x28, 0x1F, 0x96, 0xB9, 0xA3, 0xFF,
      ])
    return registers
  }()
  private(set) var palette = [UInt8](repeating: 0, count: 768)
  private var sequencerIndex: UInt8 = 0
  private var graphicsIndex: UInt8 = 0
  private var attributeIndex: UInt8 = 0
  private var controllerIndex: UInt8 = 0
  private var paletteIndex = 0
  private var paletteReads = false
  private var takesAttributeData = false
  private var paletteMask: UInt8 = 0xFF

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool {
    sequencer.count == 8 && graphics.count == 16 && attributes.count == 32
      && controller.count == 32 && palette.count == 768 && 0..<768 ~= paletteIndex
  }

  /// Characters of a row.
  var columns: Int { controllerRegister(1) &+ 1 }

  private func controllerRegister(_ index: Int) -> Int { Int(controller.element(at: index) ?? 0) }

  /// Rows of the screen: visible lines by lines of a character.
  var rows: Int {
    let overflow = controllerRegister(7)
    let lines = controllerRegister(0x12) | (overflow & 2) << 7 | (overflow & 0x40) << 3
    return (lines &+ 1) / (controllerRegister(9) & 31 &+ 1)
  }

  /// Offset of the first character shown, in characters.
  var startOffset: Int { controllerRegister(0x0C) << 8 | controllerRegister(0x0D) }

  /// Reads port 0x3B0 + `offset`; nil when nothing is there.
  mutating func read(_ offset: UInt64, now: UInt64) -> UInt8? {
    switch offset {
    case 0x04, 0x24: return controllerIndex
    case 0x05, 0x25: return controller.element(at: Int(controllerIndex)) ?? 0
    case 0x0A, 0x2A:
      takesAttributeData = false
      // 70 frames a second: retrace in the last twentieth of each.
      return now % 14_268_000 >= 13_555_000 ? 0x09 : 0
    case 0x10: return attributeIndex
    case 0x11: return attributes.element(at: Int(attributeIndex & 31)) ?? 0
    case 0x12: return 0x10
    case 0x14: return sequencerIndex
    case 0x15: return sequencer.element(at: Int(sequencerIndex & 7)) ?? 0
    case 0x16: return paletteMask
    case 0x17: return paletteReads ? 3 : 0
    case 0x18: return UInt8(truncatingIfNeeded: paletteIndex / 3)
    case 0x19: return nextPaletteByte()
    case 0x1C: return miscellaneous
    case 0x1E: return graphicsIndex
    case 0x1F: return graphics.element(at: Int(graphicsIndex & 15)) ?? 0
    default: return nil
    }
  }

  private mutating func nextPaletteByte() -> UInt8 {
    defer { paletteIndex = (paletteIndex &+ 1) % 768 }
    return palette.element(at: paletteIndex) ?? 0
  }

  /// Writes port 0x3B0 + `offset`.
  mutating func write(_ offset: UInt64, _ value: UInt8) {
    switch offset {
    case 0x04, 0x24: controllerIndex = value & 31
    // Cannot trap: the index has 5 bits.
    case 0x05, 0x25: controller[Int(controllerIndex & 31)] = value
    case 0x10:
      if takesAttributeData {
        // Cannot trap: there are 32.
        attributes[Int(attributeIndex & 31)] = value
      } else {
        attributeIndex = value & 63
      }
      takesAttributeData.toggle()
    case 0x12: miscellaneous = value
    case 0x14: sequencerIndex = value
    // Cannot trap: there are 8.
    case 0x15: sequencer[Int(sequencerIndex & 7)] = value
    case 0x16: paletteMask = value
    case 0x17, 0x18:
      paletteReads = offset == 0x17
      paletteIndex = Int(value) &* 3
    case 0x19:
      // Cannot trap: the index is below 768.
      palette[paletteIndex] = value & 63
      paletteIndex = (paletteIndex &+ 1) % 768
    case 0x1E: graphicsIndex = value
    // Cannot trap: there are 16.
    case 0x1F: graphics[Int(graphicsIndex & 15)] = value
    default: break
    }
  }
}
