import Testing

@testable import Platform

/// Oracle: Intel 82093AA datasheet, "Redirection Table Entries".
@Suite struct IOAPICTests {
  private func chip(pin: Int, entry: UInt64) -> IOAPICChip {
    var chip = IOAPICChip()
    _ = chip.write(0, UInt32(0x11 + 2 * pin))
    _ = chip.write(0x10, UInt32(entry >> 32))
    _ = chip.write(0, UInt32(0x10 + 2 * pin))
    _ = chip.write(0x10, UInt32(truncatingIfNeeded: entry))
    return chip
  }

  @Test func powerOnIsMasked() {
    var chip = IOAPICChip()
    _ = chip.write(0, 1)
    #expect(chip.read(0x10) == 0x17_0020)
    #expect((0..<24).allSatisfy { !chip.isUnmasked(pin: $0) })
  }

  @Test func edgeSendsOnceOnRising() {
    var chip = chip(pin: 4, entry: 0x0100_0000_0000_0034)
    let message = InterruptMessage(
      delivery: .fixed, vector: 0x34, isLevel: false, destination: .physical(1))
    #expect(chip.setLine(4, high: true) == message)
    #expect(chip.setLine(4, high: true) == nil)
    #expect(chip.setLine(4, high: false) == nil)
    #expect(chip.setLine(4, high: true) == message)
  }

  @Test func levelWaitsForEndOfInterrupt() {
    var chip = chip(pin: 16, entry: 0x0000_0000_0000_8051)
    #expect(chip.setLine(16, high: true) != nil)
    #expect(chip.setLine(16, high: true) == nil)
    #expect(chip.read(0x10) & 1 << 14 != 0)
    #expect(chip.endOfInterrupt(vector: 0x51).count == 1)
    #expect(chip.setLine(16, high: false) == nil)
    #expect(chip.endOfInterrupt(vector: 0x51) == [])
    #expect(chip.read(0x10) & 1 << 14 == 0)
  }

  @Test func levelPinSendsWhenUnmasked() {
    var chip = chip(pin: 16, entry: 0x1_8051)
    #expect(chip.setLine(16, high: true) == nil)
    #expect(chip.write(0x10, 0x8051).count == 1)
  }

  @Test func logicalDestinationIsKept() {
    var chip = chip(pin: 9, entry: 0x0300_0000_0000_0922)
    #expect(
      chip.setLine(9, high: true)
        == InterruptMessage(
          delivery: .lowestPriority, vector: 0x22, isLevel: false, destination: .logical(3)))
  }
}
