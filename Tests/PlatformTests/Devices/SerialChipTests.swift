import Testing

@testable import Platform

/// Oracle: PC16550D datasheet, "Interrupt Identification Register" and "Modem Control Register".
@Suite struct SerialChipTests {
  private func chip(interruptEnable: UInt8, fifo: UInt8 = 0) -> SerialChip {
    var chip = SerialChip()
    _ = chip.write(4, 0x08)
    _ = chip.write(2, fifo)
    _ = chip.write(1, interruptEnable)
    return chip
  }

  @Test func enablingTransmitterInterruptRaisesItEachTime() {
    var chip = chip(interruptEnable: 2)
    #expect(chip.isInterrupting)
    #expect(chip.read(2) == 0x02)
    #expect(chip.read(2) == 0x01)
    _ = chip.write(1, 0)
    _ = chip.write(1, 2)
    #expect(chip.read(2) == 0x02)
  }

  @Test func writingSendsAndRearms() {
    var chip = chip(interruptEnable: 2)
    _ = chip.read(2)
    #expect(chip.write(0, 0x41) == 0x41)
    #expect(chip.isInterrupting)
    #expect(chip.read(5) == 0x60)
  }

  @Test func receivedDataHasPriority() {
    var chip = chip(interruptEnable: 3)
    chip.receive(0x55)
    #expect(chip.read(2) == 0x04)
    #expect(chip.read(5) == 0x61)
    #expect(chip.read(0) == 0x55)
    #expect(chip.read(2) == 0x02)
  }

  @Test(arguments: [(1, UInt8(0xCC)), (7, 0xCC), (8, 0xC4), (16, 0xC4)] as [(Int, UInt8)])
  func triggerLevelOfEight(count: Int, identification: UInt8) {
    var chip = chip(interruptEnable: 1, fifo: 0x81)
    for byte in 0..<count { chip.receive(UInt8(byte)) }
    #expect(chip.read(2) == identification)
    #expect(chip.receiverSpace == 16 - count)
  }

  /// Oracle: QEMU's serial device, with which xv6 works that leaves OUT2 off.
  @Test func secondOutputGatesNothing() {
    var chip = chip(interruptEnable: 1)
    chip.receive(1)
    #expect(chip.isInterrupting)
    _ = chip.write(4, 0)
    #expect(chip.isInterrupting)
  }

  @Test func loopbackShowsModemLines() {
    var chip = SerialChip()
    _ = chip.write(4, 0x10 | 0x0A)
    #expect(chip.read(6) & 0xF0 == 0x90)
    #expect(chip.write(0, 0x33) == nil)
    #expect(chip.read(0) == 0x33)
  }

  /// Oracle: PC16550D datasheet, "Line Status Register", bit 1, and "Interrupt Identification
  /// Register", receiver line status.
  @Test(arguments: [UInt8(0), 1]) func anOverrunIsShownUntilItIsRead(fifo: UInt8) {
    var chip = chip(interruptEnable: 5, fifo: fifo)
    _ = chip.write(4, 0x18)
    let room = fifo == 0 ? 1 : 16
    for byte in 0..<room { #expect(chip.write(0, UInt8(byte)) == nil) }
    #expect(chip.read(5) == 0x61)
    _ = chip.write(0, 0x77)
    #expect(chip.isInterrupting)
    #expect(chip.read(2) & 0x0F == 0x06)
    #expect(chip.read(5) == 0x63)
    #expect(chip.read(5) == 0x61)
    #expect(chip.read(2) & 0x0F != 0x06)
    // Without a FIFO the new byte takes the place of the old one, else it is lost.
    let expected = fifo == 0 ? [0x77] : (0..<16).map { UInt8($0) }
    #expect((0..<room).map { _ in chip.read(0) } == expected)
    #expect(chip.read(5) == 0x60)
  }

  @Test func divisorAndScratch() {
    var chip = SerialChip()
    _ = chip.write(3, 0x83)
    _ = chip.write(0, 0x0C)
    _ = chip.write(1, 0x01)
    #expect(chip.read(0) == 0x0C)
    #expect(chip.read(1) == 0x01)
    _ = chip.write(3, 0x03)
    #expect(chip.read(1) == 0)
    _ = chip.write(7, 0xA5)
    #expect(chip.read(7) == 0xA5)
  }
}
