import Testing

@testable import Platform

/// Oracle: Intel 8259A datasheet, sections "Interrupt Sequence" and "Programming the 8259A".
@Suite("8259 interrupt controller") struct InterruptControllerTests {
  /// A controller with vectors from 0x20 on, everything unmasked.
  private static func ready(mode: UInt8 = 1) -> InterruptControllerChip {
    var chip = InterruptControllerChip()
    chip.write(0, 0x11)
    chip.write(1, 0x20)
    chip.write(1, 0x04)
    chip.write(1, mode)
    return chip
  }

  private static func pulse(_ chip: inout InterruptControllerChip, _ lines: Int...) {
    for line in lines { chip.setLine(line, high: true) }
  }

  @Test("nothing is requested before the initialization words")
  func initialization() {
    var chip = InterruptControllerChip()
    chip.setLine(0, high: true)
    #expect(chip.pending == nil)
    chip.write(0, 0x11)
    chip.write(1, 0x27)
    chip.write(1, 0x04)
    chip.write(1, 0x01)
    #expect(chip.vectorBase == 0x20)
    // ICW1 forgets edges that came before it.
    #expect(chip.pending == nil)
    #expect(chip.mask == 0)
  }

  @Test("line 0 has the highest priority, and a served request holds back lower ones")
  func nesting() {
    var chip = Self.ready()
    Self.pulse(&chip, 5, 3)
    #expect(chip.acknowledge() == 3)
    #expect(chip.pending == nil)
    Self.pulse(&chip, 1)
    #expect(chip.acknowledge() == 1)
    chip.write(0, 0x20)
    #expect(chip.pending == nil)
    chip.write(0, 0x20)
    #expect(chip.acknowledge() == 5)
  }

  @Test("a specific end of interrupt ends just that request")
  func specificEnd() {
    var chip = Self.ready()
    Self.pulse(&chip, 4)
    _ = chip.acknowledge()
    Self.pulse(&chip, 2)
    _ = chip.acknowledge()
    chip.write(0, 0x64)
    chip.write(0, 0x0B)
    #expect(chip.read(0) == 0x04)
  }

  @Test("an edge that falls before it is acknowledged is a spurious request 7, not in service")
  func spurious() {
    var chip = Self.ready()
    chip.setLine(3, high: true)
    chip.setLine(3, high: false)
    #expect(chip.acknowledge() == 7)
    #expect(chip.inService == 0)
  }

  @Test("an edge requests once, a level as long as it is high")
  func edgesAndLevels() {
    var edge = Self.ready()
    edge.setLine(5, high: true)
    _ = edge.acknowledge()
    edge.write(0, 0x20)
    #expect(edge.pending == nil)
    var level = Self.ready()
    level.setLevels(0x20)
    level.setLine(5, high: true)
    _ = level.acknowledge()
    #expect(level.pending == nil)
    level.write(0, 0x20)
    #expect(level.pending == 5)
    level.setLine(5, high: false)
    #expect(level.pending == nil)
  }

  @Test("the mask hides a request and keeps it")
  func masks() {
    var chip = Self.ready()
    chip.write(1, 0x02)
    Self.pulse(&chip, 1)
    #expect(chip.pending == nil)
    #expect(chip.read(0) == 0x02)
    chip.write(1, 0)
    #expect(chip.pending == 1)
  }

  @Test(
    "rotations",
    arguments: [
      // Command after request 2 was acknowledged, then what comes first of 1 and 3.
      (UInt8(0x20), UInt8(1)), (0xA0, 3), (0xE2, 3), (0x62, 1),
    ] as [(UInt8, UInt8)])
  func rotates(command: UInt8, first: UInt8) {
    var chip = Self.ready()
    Self.pulse(&chip, 2)
    _ = chip.acknowledge()
    chip.write(0, command)
    Self.pulse(&chip, 1, 3)
    #expect(chip.pending == first)
  }

  @Test("set priority names the lowest")
  func setsPriority() {
    var chip = Self.ready()
    chip.write(0, 0xC5)
    Self.pulse(&chip, 0, 6)
    #expect(chip.pending == 6)
  }

  @Test("automatic end of interrupt leaves nothing in service, and may rotate")
  func automaticEnd() {
    var chip = Self.ready(mode: 3)
    Self.pulse(&chip, 2)
    _ = chip.acknowledge()
    #expect(chip.inService == 0)
    chip.write(0, 0x80)
    Self.pulse(&chip, 3)
    _ = chip.acknowledge()
    Self.pulse(&chip, 1, 4)
    #expect(chip.pending == 4)
  }

  @Test("special mask mode lets lower requests through a masked one in service")
  func specialMask() {
    var chip = Self.ready()
    Self.pulse(&chip, 2)
    _ = chip.acknowledge()
    chip.write(1, 0x04)
    Self.pulse(&chip, 6)
    #expect(chip.pending == nil)
    chip.write(0, 0x68)
    #expect(chip.pending == 6)
    // The nonspecific end skips what special mask mode hides.
    _ = chip.acknowledge()
    chip.write(0, 0x20)
    #expect(chip.inService == 0x04)
  }

  @Test("a poll acknowledges by a read")
  func polls() {
    var chip = Self.ready()
    chip.write(0, 0x0C)
    #expect(chip.read(0) == 0)
    Self.pulse(&chip, 6)
    chip.write(0, 0x0C)
    #expect(chip.read(0) == 0x86)
    #expect(chip.inService == 0x40)
    #expect(chip.read(0) == 0)
  }

  @Test("status reads select request or service register, and the choice stays")
  func statusReads() {
    var chip = Self.ready()
    Self.pulse(&chip, 1, 4)
    _ = chip.acknowledge()
    chip.write(0, 0x0B)
    #expect(chip.read(0) == 0x02)
    #expect(chip.read(0) == 0x02)
    chip.write(0, 0x0A)
    #expect(chip.read(0) == 0x10)
    #expect(chip.read(1) == 0)
  }
}

/// Oracle: Intel 8259A datasheet, "Cascading the 8259A", and the PC/AT's wiring (82371SB datasheet).
@Suite("Two 8259 interrupt controllers") struct InterruptControllerPairTests {
  private static func ready(masterMode: UInt8 = 1) -> InterruptControllerPair {
    var pair = InterruptControllerPair()
    for (isSlave, words) in [
      (false, [UInt8(0x08), 0x04, masterMode]), (true, [0x70, 0x02, 0x01]),
    ] {
      pair.write(0, ofSlave: isSlave, 0x11)
      for word in words { pair.write(1, ofSlave: isSlave, word) }
    }
    return pair
  }

  @Test("the slave's requests rank as the master's request 2")
  func cascades() {
    var pair = Self.ready()
    pair.setLine(3, high: true)
    pair.setLine(12, high: true)
    #expect(pair.acknowledge() == 0x74)
    #expect(!pair.isRequesting)
    pair.write(0, ofSlave: true, 0x20)
    pair.write(0, ofSlave: false, 0x20)
    #expect(pair.acknowledge() == 0x0B)
  }

  @Test("a second request of the slave comes after the ends of the first")
  func repeats() {
    var pair = Self.ready()
    pair.setLine(9, high: true)
    pair.setLine(10, high: true)
    #expect(pair.acknowledge() == 0x71)
    pair.write(0, ofSlave: true, 0x20)
    pair.write(0, ofSlave: false, 0x20)
    #expect(pair.acknowledge() == 0x72)
  }

  @Test("a slave's request that went away is the slave's spurious 15")
  func spuriousOfSlave() {
    var pair = Self.ready()
    #expect(pair.acknowledge() == 0x0F)
    pair.setLine(8, high: true)
    #expect(pair.isRequesting)
    // Masked between the request and its acknowledge, the cascade line falls with it.
    pair.write(1, ofSlave: true, 0xFF)
    #expect(!pair.isRequesting)
    #expect(pair.acknowledge() == 0x0F)
  }

  @Test("special fully nested mode lets a higher request of the same slave through")
  func specialNesting() {
    var plain = Self.ready()
    var special = Self.ready(masterMode: 0x11)
    plain.setLine(12, high: true)
    special.setLine(12, high: true)
    _ = plain.acknowledge()
    _ = special.acknowledge()
    plain.setLine(8, high: true)
    special.setLine(8, high: true)
    #expect(!plain.isRequesting)
    #expect(special.acknowledge() == 0x70)
  }

  @Test("timer, keyboard, cascade, clock and coprocessor requests are always edges")
  func edgeOnly() {
    var pair = Self.ready()
    pair.setLevels(ofSlave: false, 0xFF)
    pair.setLevels(ofSlave: true, 0xFF)
    #expect(pair.levels(ofSlave: false) == 0xF8)
    #expect(pair.levels(ofSlave: true) == 0xDE)
  }
}
