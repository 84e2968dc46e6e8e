import Testing

@testable import Platform

/// Oracle: Intel 8254 datasheet ("Mode Definitions", "Counter Latch Command") and PC/AT port 0x61.
@Suite struct IntervalTimerTests {
  /// 1 ms is 1,193 ticks of 1.193182 MHz.
  private static let millisecond: UInt64 = 1_000_000

  @Test func counterTwoCountsDownFromItsLoad() {
    var chip = IntervalTimerChip()
    chip.writeSystemControl(1, now: 0)
    chip.write(3, 0xB0, now: 0)
    chip.write(2, 0xFF, now: 0)
    chip.write(2, 0xFF, now: 0)
    let low = chip.read(2, now: Self.millisecond)
    let high = chip.read(2, now: Self.millisecond)
    #expect(UInt16(high) << 8 | UInt16(low) == 0xFFFF - 1193)
  }

  @Test func latchHoldsTheCountUntilRead() {
    var chip = IntervalTimerChip()
    chip.write(3, 0x34, now: 0)
    chip.write(0, 0x00, now: 0)
    chip.write(0, 0x10, now: 0)
    chip.write(3, 0x00, now: Self.millisecond)
    let low = chip.read(0, now: 2 * Self.millisecond)
    let high = chip.read(0, now: 3 * Self.millisecond)
    #expect(UInt16(high) << 8 | UInt16(low) == 0x1000 - 1193)
    let later = chip.read(0, now: 2 * Self.millisecond)
    #expect(later == UInt8(truncatingIfNeeded: 0x1000 - 2386))
  }

  @Test func outputOfModeZeroRisesAtZero() {
    var chip = IntervalTimerChip()
    chip.writeSystemControl(1, now: 0)
    chip.write(3, 0xB0, now: 0)
    chip.write(2, 0xA9, now: 0)
    chip.write(2, 0x04, now: 0)
    #expect(chip.readSystemControl(now: 999_000) & 0x20 == 0)
    #expect(chip.readSystemControl(now: 1_001_000) & 0x20 != 0)
  }

  @Test func closedGateHoldsCounterTwo() {
    var chip = IntervalTimerChip()
    chip.write(3, 0xB0, now: 0)
    chip.write(2, 0x34, now: 0)
    chip.write(2, 0x12, now: 0)
    #expect(chip.read(2, now: Self.millisecond) == 0x34)
    #expect(chip.read(2, now: Self.millisecond) == 0x12)
    chip.writeSystemControl(1, now: Self.millisecond)
    #expect(chip.read(2, now: Self.millisecond + 10_000) == 0x34 - 11)
  }
}

/// Oracle: MC146818A datasheet for the registers, `date -u` for the dates.
@Suite struct ClockChipTests {
  @Test(
    arguments: [
      // Thursday 1970-01-01 00:00:00, Sunday 2000-02-29+5, Monday 2026-11-23 13:14:15.
      (Int64(0), [UInt8(0), 0, 0, 5, 1, 1, 0x70, 0x19]),
      (951_782_400, [0, 0, 0, 3, 0x29, 2, 0x00, 0x20]),
      (1_795_439_655, [0x15, 0x14, 0x13, 2, 0x23, 0x11, 0x26, 0x20]),
      (-1, [0x59, 0x59, 0x23, 4, 0x31, 0x12, 0x69, 0x19]),
    ] as [(Int64, [UInt8])])
  func timeOfDay(seconds: Int64, expected: [UInt8]) {
    var chip = ClockChip()
    let found = [UInt8(0), 2, 4, 6, 7, 8, 9, 0x32].map { register in
      chip.select(register)
      return chip.read(seconds: seconds)
    }
    #expect(found == expected)
  }

  @Test func updateIsNeverInProgress() {
    var chip = ClockChip()
    chip.select(0x0A)
    #expect(chip.read(seconds: 12) & 0x80 == 0)
    chip.select(0x0D)
    #expect(chip.read(seconds: 12) == 0x80)
  }

  @Test func binaryTwelveHourMode() {
    var chip = ClockChip()
    chip.select(0x0B)
    chip.write(0x04)
    chip.select(0x04)
    #expect(chip.read(seconds: 0) == 12)
    #expect(chip.read(seconds: 13 * 3600) == 0x81)
  }
}
