import TestSupport
import Testing

@testable import Platform

/// Oracle: Intel 8254 datasheet, "Mode Definitions", "Counter Latch Command", "Read-Back Command".
@Suite("8254 interval timer") struct IntervalTimerTests {
  /// The time just after a pulse of the input clock.
  private static func at(_ tick: UInt64) -> UInt64 { IntervalTimerChip.time(of: tick) }

  /// A counter 0 programmed at pulse 0: the count is taken at pulse 1.
  private static func counter(mode: UInt8, _ count: UInt16) -> IntervalTimerChip {
    var chip = IntervalTimerChip()
    chip.write(3, 0x30 | mode << 1, now: 0)
    chip.write(0, UInt8(truncatingIfNeeded: count), now: 0)
    chip.write(0, UInt8(count >> 8), now: 0)
    return chip
  }

  private static func count(_ chip: inout IntervalTimerChip, _ index: Int, _ tick: UInt64) -> UInt16
  {
    let low = chip.read(index, now: at(tick))
    return UInt16(chip.read(index, now: at(tick))) << 8 | UInt16(low)
  }

  @Test("pulses and times agree", arguments: [1, 2, 1193, 1_193_182, 123_456_789] as [UInt64])
  func pulses(tick: UInt64) {
    #expect(IntervalTimerChip.tick(at: Self.at(tick)) == tick)
    #expect(IntervalTimerChip.tick(at: Self.at(tick) - 1) == tick - 1)
  }

  @Test("mode 0: the output rises N + 1 pulses after the count was written, and counting goes on")
  func terminalCount() {
    var chip = Self.counter(mode: 0, 1000)
    #expect(!chip.interruptLevel(now: Self.at(1000)))
    #expect(chip.interruptLevel(now: Self.at(1001)))
    #expect(chip.nextInterrupt(after: 0) == Self.at(1001))
    #expect(Self.count(&chip, 0, 11) == 990)
    #expect(Self.count(&chip, 0, 1002) == 0xFFFF)
    #expect(chip.nextInterrupt(after: Self.at(1001)) == nil)
  }

  @Test("mode 0: the first byte of a count stops the counter and lowers the output")
  func firstByteStops() {
    var chip = Self.counter(mode: 0, 4)
    #expect(chip.interruptLevel(now: Self.at(9)))
    chip.write(0, 3, now: Self.at(9))
    #expect(!chip.interruptLevel(now: Self.at(9)))
    #expect(chip.nextInterrupt(after: Self.at(9)) == nil)
    chip.write(0, 0, now: Self.at(20))
    #expect(chip.nextInterrupt(after: Self.at(20)) == Self.at(24))
  }

  @Test("mode 2: low for the last pulse of each period; a new count waits for its end")
  func rateGenerator() {
    var chip = Self.counter(mode: 2, 3)
    let levels = (1...6).map { chip.interruptLevel(now: Self.at(UInt64($0))) }
    #expect(levels == [true, true, false, true, true, false])
    #expect(Self.count(&chip, 0, 2) == 2)
    #expect(chip.nextInterrupt(after: Self.at(2)) == Self.at(4))
    chip.write(0, 5, now: Self.at(5))
    chip.write(0, 0, now: Self.at(5))
    #expect(Self.count(&chip, 0, 6) == 1)
    #expect(Self.count(&chip, 0, 7) == 5)
    #expect(chip.nextInterrupt(after: Self.at(7)) == Self.at(12))
  }

  @Test("mode 3: half a period each, the high half one longer when the count is odd")
  func squareWave() {
    let odd = Self.counter(mode: 3, 5)
    let levels = (1...10).map { odd.interruptLevel(now: Self.at(UInt64($0))) }
    #expect(levels == [true, true, true, false, false, true, true, true, false, false])
    var even = Self.counter(mode: 3, 4)
    let counts = (1...4).map { Self.count(&even, 0, UInt64($0)) }
    #expect(counts == [4, 2, 4, 2])
    #expect(even.nextInterrupt(after: Self.at(1)) == Self.at(5))
  }

  @Test("mode 4: low for one pulse, N + 1 pulses after the count was written")
  func softwareStrobe() {
    let chip = Self.counter(mode: 4, 3)
    let levels = (1...6).map { chip.interruptLevel(now: Self.at(UInt64($0))) }
    #expect(levels == [true, true, true, false, true, true])
    #expect(chip.nextInterrupt(after: 0) == Self.at(5))
  }

  @Test("modes 1 and 5: nothing happens before the gate rises", arguments: [UInt8(1), 5])
  func triggered(mode: UInt8) {
    var chip = IntervalTimerChip()
    chip.write(3, 0xB0 | mode << 1, now: 0)
    chip.write(2, 4, now: 0)
    chip.write(2, 0, now: 0)
    #expect(chip.readSystemControl(now: Self.at(50)) & 0x20 != 0)
    chip.writeSystemControl(1, now: Self.at(100))
    let levels = (101...106).map { chip.readSystemControl(now: Self.at(UInt64($0))) & 0x20 != 0 }
    #expect(
      levels
        == (mode == 1
          ? [false, false, false, false, true, true] : [true, true, true, true, false, true]))
  }

  @Test("a count of 0 is 65,536; in decimal it is 10,000")
  func zeroCounts() {
    var chip = Self.counter(mode: 2, 0)
    #expect(chip.nextInterrupt(after: Self.at(1)) == Self.at(65_537))
    chip.write(3, 0x35, now: 0)
    chip.write(0, 0, now: 0)
    chip.write(0, 0, now: 0)
    #expect(chip.nextInterrupt(after: Self.at(1)) == Self.at(10_001))
    #expect(Self.count(&chip, 0, 3) == 0x9998)
  }

  @Test("a latched count stays until it is read, a second latch is ignored")
  func latches() {
    var chip = Self.counter(mode: 0, 0x1000)
    chip.write(3, 0x00, now: Self.at(11))
    chip.write(3, 0x00, now: Self.at(21))
    #expect(Self.count(&chip, 0, 500) == 0x1000 - 10)
    #expect(Self.count(&chip, 0, 501) == 0x1000 - 500)
  }

  @Test("single-byte accesses see their half")
  func halves() {
    var chip = IntervalTimerChip()
    chip.write(3, 0x20, now: 0)
    chip.write(0, 0x12, now: 0)
    #expect(chip.read(0, now: Self.at(1)) == 0x12)
    chip.write(3, 0x10, now: 0)
    chip.write(0, 0x34, now: 0)
    #expect(chip.read(0, now: Self.at(1)) == 0x34)
  }

  @Test("read-back: status before count, output, null count, access, mode and code")
  func readBack() {
    var chip = IntervalTimerChip()
    chip.write(3, 0xC2, now: 0)
    chip.write(3, 0x36, now: 0)
    chip.write(3, 0xE2, now: 0)
    // No count yet: null count; mode 3 begins with its output high.
    #expect(chip.read(0, now: 0) == 0xF6)
    chip.write(0, 0x10, now: 0)
    chip.write(0, 0x00, now: 0)
    chip.write(3, 0xC2, now: Self.at(3))
    #expect(chip.read(0, now: Self.at(9)) == 0xB6)
    #expect(Self.count(&chip, 0, 9) == 0x10 - 4)
    // Counters that are not named are not latched.
    chip.write(3, 0xE8, now: Self.at(3))
    #expect(chip.read(0, now: Self.at(3)) == 0x10 - 4)
  }

  @Test("a closed gate holds counter 2, and restarts it in mode 3")
  func gate() {
    var chip = IntervalTimerChip()
    chip.write(3, 0xB0, now: 0)
    chip.write(2, 0x34, now: 0)
    chip.write(2, 0x12, now: 0)
    #expect(Self.count(&chip, 2, 100) == 0x1234)
    chip.writeSystemControl(1, now: Self.at(100))
    #expect(Self.count(&chip, 2, 111) == 0x1234 - 11)
    chip.writeSystemControl(0, now: Self.at(111))
    #expect(Self.count(&chip, 2, 500) == 0x1234 - 11)
    chip.write(3, 0xB6, now: Self.at(500))
    chip.write(2, 0x00, now: Self.at(500))
    chip.write(2, 0x10, now: Self.at(500))
    #expect(chip.readSystemControl(now: Self.at(9000)) & 0x20 != 0)
    chip.writeSystemControl(3, now: Self.at(10_000))
    #expect(Self.count(&chip, 2, 10_003) == 0x1000 - 4)
    #expect(chip.readSystemControl(now: Self.at(10_003)) & 3 == 3)
  }
}

/// Oracle: MC146818A datasheet for the registers, `date -u` for the dates.
@Suite("CMOS clock") struct ClockChipTests {
  private static let second: UInt64 = 1_000_000_000

  private static func read(_ chip: inout ClockChip, _ register: UInt8, _ now: UInt64 = 0) -> UInt8 {
    chip.select(register)
    return chip.read(now: now, timeOfDay: 0)
  }

  private static func write(
    _ chip: inout ClockChip, _ register: UInt8, _ value: UInt8, _ now: UInt64 = 0
  ) {
    chip.select(register)
    chip.write(value, now: now, timeOfDay: 0)
  }

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
      return chip.read(now: 0, timeOfDay: seconds)
    }
    #expect(found == expected)
    #expect(CivilTime(seconds: seconds).seconds == seconds)
  }

  @Test("register A announces the change of a second 244 us before it")
  func announcesUpdate() {
    var chip = ClockChip()
    #expect(Self.read(&chip, 0x0A, Self.second - 250_000) == 0x26)
    #expect(Self.read(&chip, 0x0A, Self.second - 200_000) == 0xA6)
    #expect(Self.read(&chip, 0x0A, Self.second) == 0x26)
    #expect(Self.read(&chip, 0x0D) == 0x80)
  }

  @Test func binaryTwelveHourMode() {
    var chip = ClockChip()
    Self.write(&chip, 0x0B, 0x04)
    #expect(Self.read(&chip, 0x04) == 12)
    #expect(Self.read(&chip, 0x04, 13 * 3600 * Self.second) == 0x81)
  }

  @Test("halted, the time stands still and can be set; released, it goes on from there")
  func setting() {
    var chip = ClockChip()
    Self.write(&chip, 0x0B, 0x82)
    for (register, value) in [
      (UInt8(0x32), UInt8(0x20)), (9, 0x24), (8, 0x02), (7, 0x29), (4, 0x23), (2, 0x59), (0, 0x58),
    ] {
      Self.write(&chip, register, value)
    }
    #expect(Self.read(&chip, 0, 5 * Self.second) == 0x58)
    Self.write(&chip, 0x0B, 0x02, 10 * Self.second)
    #expect(Self.read(&chip, 0, 11 * Self.second) == 0x59)
    let next = 12 * Self.second
    let date = [UInt8(0), 2, 4, 7, 8, 9].map { Self.read(&chip, $0, next) }
    #expect(date == [0, 0, 0, 0x01, 0x03, 0x24])
  }

  @Test("causes gather in register C, and a read takes them all")
  func causes() {
    var chip = ClockChip()
    Self.write(&chip, 0x0B, 0x12)
    #expect(chip.deadline == Self.second)
    chip.settle(now: Self.second, timeOfDay: 0)
    #expect(chip.isInterrupting)
    #expect(Self.read(&chip, 0x0C, Self.second) == 0xD0)
    #expect(!chip.isInterrupting)
    #expect(Self.read(&chip, 0x0C, Self.second) == 0)
  }

  @Test("the periodic interrupt comes at the rate of register A: code 6 is 1,024 Hz")
  func periodic() {
    var chip = ClockChip()
    Self.write(&chip, 0x0B, 0x42)
    #expect(chip.deadline == 976_562)
    chip.settle(now: 976_562, timeOfDay: 0)
    #expect(Self.read(&chip, 0x0C, 976_562) == 0xC0)
    #expect(chip.deadline == 2 * 976_562)
  }

  /// Oracle: the datasheet's rule, tried second by second for a day ("Alarm Bytes": all three match,
  /// one of 0xC0 and above always does).
  @Test("the alarm's deadline is the next second at which the registers match, or none")
  func alarmOfAnyRegisters() {
    var numbers = RandomNumbers(seed: 20)
    for _ in 0..<300 {
      var chip = ClockChip()
      let mode = UInt8(truncatingIfNeeded: numbers.next()) & 0x06
      let timeOfDay = Int64(numbers.next() % 200_000) - 50_000
      let isLikely = numbers.next() % 2 == 0
      func random(_ most: UInt64) -> UInt8 {
        let value = numbers.next()
        if value % 3 == 0 { return 0xC0 | UInt8(truncatingIfNeeded: value >> 8) }
        guard isLikely else { return UInt8(truncatingIfNeeded: value >> 8) }
        let time = value >> 8 % most
        return UInt8(mode & 4 != 0 ? time : time / 10 << 4 | time % 10)
      }
      let alarm = [random(60), random(60), random(24)]
      for (index, value) in alarm.enumerated() {
        chip.setMemory(index * 2 + 1, value)
      }
      chip.select(0x0B)
      chip.write(0x20 | mode, now: 0, timeOfDay: timeOfDay)
      let match = (1...86_400).first { second in
        let time = Int((timeOfDay + Int64(second)) % 86_400 + 86_400) % 86_400
        let shown = [
          Self.shown(time % 60, mode), Self.shown(time / 60 % 60, mode),
          Self.shownHour(time / 3600, mode),
        ]
        return zip(alarm, shown).allSatisfy { $0 >= 0xC0 || $0 == $1 }
      }
      #expect(
        chip.deadline == match.map { UInt64($0) * Self.second },
        "\(alarm) mode \(mode) at \(timeOfDay)")
    }
  }

  /// How a register shows a number: binary where bit 2 of register B is set, else in BCD.
  private static func shown(_ value: Int, _ mode: UInt8) -> UInt8 {
    UInt8(mode & 4 != 0 ? value : value / 10 * 16 + value % 10)
  }

  /// Hours are 1 to 12 with bit 7 for the afternoon where bit 1 of register B is clear.
  private static func shownHour(_ hour: Int, _ mode: UInt8) -> UInt8 {
    if mode & 2 != 0 { return shown(hour, mode) }
    return shown(hour % 12 == 0 ? 12 : hour % 12, mode) | (hour >= 12 ? 0x80 : 0)
  }

  @Test("the alarm comes when its registers match, 0xC0 and above matching all")
  func alarm() {
    var chip = ClockChip()
    Self.write(&chip, 1, 0x05)
    Self.write(&chip, 3, 0x01)
    Self.write(&chip, 5, 0xFF)
    Self.write(&chip, 0x0B, 0x22)
    #expect(chip.deadline == 65 * Self.second)
    chip.settle(now: 65 * Self.second, timeOfDay: 0)
    #expect(Self.read(&chip, 0x0C, 65 * Self.second) & 0xA0 == 0xA0)
    #expect(chip.deadline == (3600 + 65) * Self.second)
  }
}
