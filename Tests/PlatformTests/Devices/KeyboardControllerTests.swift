import Testing

@testable import Platform

/// Oracle: IBM Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary
/// Device Controller".
@Suite("8042 keyboard controller") struct KeyboardControllerTests {
  private static func answers(_ chip: inout KeyboardControllerChip) -> [UInt8] {
    var bytes: [UInt8] = []
    while chip.readStatus() & 1 != 0 { bytes.append(chip.readData()) }
    return bytes
  }

  @Test(
    "commands of the controller",
    arguments: [
      (UInt8(0xAA), [UInt8(0x55)]), (0xAB, [0x00]), (0xA9, [0x00]), (0x20, [0x45]), (0xD0, [0xCF]),
    ] as [(UInt8, [UInt8])])
  func commands(command: UInt8, expected: [UInt8]) {
    var chip = KeyboardControllerChip()
    #expect(chip.writeCommand(command) == .none)
    #expect(Self.answers(&chip) == expected)
  }

  @Test(
    "commands of the keyboard, translated to set 1 and not",
    arguments: [
      ([UInt8(0xFF)], [UInt8(0xFA), 0xAA], [UInt8(0xFA), 0xAA]),
      ([0xF2], [0xFA, 0xAB, 0x83], [0xFA, 0xAB, 0x41]),
      ([0xF0, 0x00], [0xFA, 0xFA, 0x02], [0xFA, 0xFA, 0x41]),
      ([0xED, 0x07], [0xFA, 0xFA], [0xFA, 0xFA]),
      ([0xEE], [0xEE], [0xEE]),
      ([0x00], [0xFE], [0xFE]),
    ] as [([UInt8], [UInt8], [UInt8])])
  func keyboard(commands: [UInt8], plain: [UInt8], translated: [UInt8]) {
    for (mode, expected) in [(UInt8(0x05), plain), (0x45, translated)] {
      var chip = KeyboardControllerChip()
      _ = chip.writeCommand(0x60)
      _ = chip.writeData(mode)
      for command in commands { _ = chip.writeData(command) }
      #expect(Self.answers(&chip) == expected)
    }
  }

  @Test(
    "the command byte enables the interrupt, the second port's data interrupt on their own line")
  func interrupts() {
    var chip = KeyboardControllerChip()
    _ = chip.writeCommand(0x60)
    _ = chip.writeData(0x03)
    _ = chip.writeData(0xEE)
    #expect(chip.isInterrupting && !chip.isAuxiliaryInterrupting)
    _ = chip.readData()
    _ = chip.writeCommand(0xD3)
    _ = chip.writeData(0x5A)
    #expect(!chip.isInterrupting && chip.isAuxiliaryInterrupting)
    #expect(chip.readStatus() & 0x21 == 0x21)
    #expect(chip.readData() == 0x5A)
    _ = chip.writeCommand(0x60)
    _ = chip.writeData(0x00)
    _ = chip.writeData(0xEE)
    #expect(!chip.isInterrupting)
  }

  @Test("the output port opens the gate and resets; so does a pulse of its bit 0")
  func outputPort() {
    var chip = KeyboardControllerChip()
    #expect(chip.opensGate)
    _ = chip.writeCommand(0xD1)
    #expect(chip.writeData(0xDD) == .gateChanged)
    #expect(!chip.opensGate)
    _ = chip.writeCommand(0xD1)
    #expect(chip.writeData(0xDC) == .reset)
    #expect(chip.writeCommand(0xFE) == .reset)
    #expect(chip.writeCommand(0xFF) == .none)
  }

  @Test("the status tells commands from data")
  func status() {
    var chip = KeyboardControllerChip()
    _ = chip.writeCommand(0xAE)
    #expect(chip.readStatus() & 0x08 != 0)
    _ = chip.writeData(0xEE)
    #expect(chip.readStatus() & 0x08 == 0)
  }
}
