import Testing

@testable import Platform

/// Oracle: Intel SDM volume 3A, chapter "Advanced Programmable Interrupt Controller (APIC)".
@Suite struct LocalAPICTests {
  private func enabledChip(_ identifier: UInt32 = 0) -> LocalAPICChip {
    var chip = LocalAPICChip(identifier: identifier)
    _ = chip.write(0xF0, 0x1FF, now: 0)
    return chip
  }

  private func extendedChip(_ identifier: UInt32 = 0) -> LocalAPICChip {
    var chip = enabledChip(identifier)
    #expect(chip.writeBase(chip.base | 0x400) == true)
    return chip
  }

  @Test func powerOnState() {
    let chip = LocalAPICChip(identifier: 3)
    #expect(chip.base == 0xFEE0_0800)
    #expect(LocalAPICChip(identifier: 0).base == 0xFEE0_0900)
    #expect(chip.read(0x20, now: 0) == 3 << 24)
    #expect(chip.read(0xF0, now: 0) == 0xFF)
    #expect(chip.read(0xE0, now: 0) == 0xFFFF_FFFF)
    #expect(chip.read(0x350, now: 0) == 0x1_0000)
  }

  @Test func higherVectorIsTakenFirst() {
    var chip = enabledChip()
    #expect(chip.accept(vector: 0x31, isLevel: false) == true)
    #expect(chip.accept(vector: 0xEC, isLevel: false) == true)
    #expect(chip.acknowledge() == 0xEC)
    #expect(chip.deliverableVector == nil)
    #expect(chip.processorPriority == 0xE0)
    _ = chip.write(0xB0, 0, now: 0)
    #expect(chip.acknowledge() == 0x31)
  }

  @Test func sameClassDoesNotInterruptItself() {
    var chip = enabledChip()
    _ = chip.accept(vector: 0x51, isLevel: false)
    #expect(chip.acknowledge() == 0x51)
    _ = chip.accept(vector: 0x5F, isLevel: false)
    #expect(chip.deliverableVector == nil)
    _ = chip.accept(vector: 0x60, isLevel: false)
    #expect(chip.deliverableVector == 0x60)
  }

  @Test(
    arguments: [(UInt8(0x40), UInt8(0x41), false), (0x40, 0x51, true), (0x0F, 0x10, true)]
      as [(UInt8, UInt8, Bool)])
  func taskPriorityHoldsBackItsClass(priority: UInt8, vector: UInt8, isTaken: Bool) {
    var chip = enabledChip()
    _ = chip.write(0x80, UInt32(priority), now: 0)
    _ = chip.accept(vector: vector, isLevel: false)
    #expect((chip.deliverableVector != nil) == isTaken)
  }

  @Test func softwareDisabledTakesNothing() {
    var chip = LocalAPICChip(identifier: 0)
    #expect(chip.accept(vector: 0x40, isLevel: false) == false)
    var enabled = enabledChip()
    #expect(enabled.accept(vector: 15, isLevel: false) == false)
  }

  @Test func nothingToAcknowledgeIsSpurious() {
    var chip = enabledChip()
    #expect(chip.acknowledge() == 0xFF)
  }

  @Test func endOfLevelInterruptIsTold() {
    var chip = enabledChip()
    _ = chip.accept(vector: 0x40, isLevel: true)
    _ = chip.acknowledge()
    #expect(chip.write(0xB0, 0, now: 0) == .endOfInterrupt(vector: 0x40))
    _ = chip.accept(vector: 0x40, isLevel: false)
    _ = chip.acknowledge()
    #expect(chip.write(0xB0, 0, now: 0) == .none)
  }

  @Test func commandRegisterSendsStartUp() {
    var chip = enabledChip()
    _ = chip.write(0x310, 2 << 24, now: 0)
    let effect = chip.write(0x300, 0x4600 | 0x9A, now: 0)
    let message = InterruptMessage(
      delivery: .startUp, vector: 0x9A, isLevel: false, destination: .physical(2))
    #expect(effect == .send(message))
  }

  @Test func initializeDeassertIsIgnored() {
    var chip = enabledChip()
    #expect(chip.write(0x300, 0x8500, now: 0) == .none)
  }

  @Test func extendedCommandIsOneWrite() {
    var chip = extendedChip()
    let effect = chip.writeExtended(0x30, 0x7 << 32 | 0x8FD, now: 0)
    let message = InterruptMessage(
      delivery: .fixed, vector: 0xFD, isLevel: false, destination: .logical(7))
    #expect(effect == .send(message))
    #expect(chip.readExtended(0x30, now: 0) == 0x7_0000_08FD)
  }

  @Test func extendedModeRules() {
    var chip = enabledChip()
    #expect(chip.readExtended(0x02, now: 0) == nil)
    #expect(chip.writeBase(chip.base | 0x400) == true)
    #expect(chip.readExtended(0x02, now: 0) == 0)
    #expect(!chip.decodesMemory)
    // From x2APIC back to xAPIC is only possible through "disabled".
    #expect(chip.writeBase(chip.base & ~0x400) == false)
    #expect(chip.writeBase(chip.base & ~0xC00) == true)
    #expect(chip.writeBase(chip.base | 0xC00) == false)
    #expect(chip.writeExtended(0x0E, 0, now: 0) == .rejected)
  }

  @Test(
    arguments: [
      (InterruptMessage.Destination.physical(5), true), (.physical(4), false),
      (.physical(0xFFFF_FFFF), true), (.logical(0x20), true), (.logical(0x10), false),
    ] as [(InterruptMessage.Destination, Bool)])
  func flatDestinations(destination: InterruptMessage.Destination, matches: Bool) {
    var chip = enabledChip(5)
    _ = chip.write(0xD0, 0x20 << 24, now: 0)
    #expect(chip.matches(destination) == matches)
  }

  @Test(
    arguments: [
      (InterruptMessage.Destination.logical(0x1_0002), true), (.logical(0x0_0002), false),
      (.logical(0x1_0001), false), (.logical(0xFFFF_FFFF), true), (.physical(0x11), true),
    ] as [(InterruptMessage.Destination, Bool)])
  func extendedDestinations(destination: InterruptMessage.Destination, matches: Bool) {
    let chip = extendedChip(0x11)
    #expect(chip.matches(destination) == matches)
  }

  @Test func oneShotTimerCountsDividedNanoseconds() {
    var chip = enabledChip()
    _ = chip.write(0x320, 0xEC, now: 0)
    _ = chip.write(0x3E0, 0x3, now: 0)
    #expect(chip.write(0x380, 100, now: 1000) == .timerChanged)
    #expect(chip.deadline(timestampOffset: 0) == 1000 + 1600)
    #expect(chip.read(0x390, now: 1800) == 50)
    #expect(chip.fireTimer(at: 2600, now: 2600) == true)
    #expect(chip.deliverableVector == 0xEC)
    #expect(chip.deadline(timestampOffset: 0) == nil)
  }

  @Test func periodicTimerSkipsWhatNobodySaw() {
    var chip = enabledChip()
    _ = chip.write(0x320, 0x2_0040, now: 0)
    _ = chip.write(0x3E0, 0xB, now: 0)
    _ = chip.write(0x380, 20_000, now: 0)
    #expect(chip.deadline(timestampOffset: 0) == 20_000)
    #expect(chip.fireTimer(at: 20_000, now: 70_000) == true)
    #expect(chip.deadline(timestampOffset: 0) == 80_000)
  }

  @Test func deadlineTimerFollowsTheTimeStamp() {
    var chip = enabledChip()
    _ = chip.write(0x320, 0x4_0040, now: 0)
    chip.setTimestampDeadline(5000)
    #expect(chip.deadline(timestampOffset: 1000) == 4000)
    #expect(chip.deadline(timestampOffset: 0 &- 1000) == 6000)
    #expect(chip.deadline(timestampOffset: 9000) == 0)
    #expect(chip.fireTimer(at: 4000, now: 4000) == true)
    #expect(chip.timestampDeadline == 0)
    chip.setTimestampDeadline(.max)
    #expect(chip.deadline(timestampOffset: 0 &- 1000) == .max)
  }

  @Test func deadlineIsIgnoredInCountingModes() {
    var chip = enabledChip()
    chip.setTimestampDeadline(5000)
    #expect(chip.timestampDeadline == 0)
  }
}
