// The local APIC's timer (Intel SDM 3A, "APIC Timer"). Time is in nanoseconds; the timer's input
// clock is 1 GHz, so an undivided count is a nanosecond.
extension LocalAPICChip {
  private var timerEntry: UInt32 { localVectors[LocalVector.timer.rawValue] }
  /// 0 one-shot, 1 periodic, 2 TSC deadline.
  var timerMode: UInt32 { timerEntry >> 17 & 3 }
  private var divideShift: UInt64 {
    let code = divideConfiguration & 3 | divideConfiguration >> 1 & 4
    return UInt64((code + 1) & 7)
  }

  /// When the timer fires next; nil when it is not armed.
  ///
  /// - Parameter offset: Guest TSC minus simulated time, wrapping.
  /// - Returns: Simulated time in nanoseconds.
  func deadline(timestampOffset offset: UInt64) -> UInt64? {
    if timerMode == 2 {
      guard timestampDeadline != 0 else { return nil }
      // The offset is a negative number in wrapping form for a partition that started late.
      if offset > UInt64.max / 2 {
        let (time, overflow) = timestampDeadline.addingReportingOverflow(0 &- offset)
        return overflow ? .max : time
      }
      return timestampDeadline > offset ? timestampDeadline - offset : 0
    }
    return countDeadline
  }

  /// Whether an expiry of the timer is reported at all.
  var isTimerMasked: Bool { timerEntry & LocalAPICChip.masked != 0 }

  /// Shortest period that is honoured, in nanoseconds; it bounds what a guest can cost the host.
  static let minimumPeriod: UInt64 = 10_000

  /// Fires the timer whose deadline `time` was reached by `now`.
  ///
  /// True when a vector was requested. Periods that passed unseen are one interrupt, as on hardware that could not deliver them.
  mutating func fireTimer(at time: UInt64, now: UInt64) -> Bool {
    switch timerMode {
    case 2: timestampDeadline = 0
    case 1:
      let period = max(UInt64(initialCount) << divideShift, LocalAPICChip.minimumPeriod)
      let missed = now > time ? (now &- time) / period : 0
      countDeadline = time &+ missed &* period &+ period
    default: countDeadline = nil
    }
    guard !isTimerMasked else { return false }
    return accept(vector: UInt8(truncatingIfNeeded: timerEntry), isLevel: false)
  }

  /// Lets expiries of a masked timer pass, which nobody else looks at.
  mutating func dropMaskedExpiry(timestampOffset offset: UInt64, now: UInt64) {
    guard isTimerMasked, let time = deadline(timestampOffset: offset), time <= now else { return }
    _ = fireTimer(at: time, now: now)
  }

  /// Arms (or with 0 disarms) the deadline timer; ignored in the counting modes, as on hardware.
  mutating func setTimestampDeadline(_ value: UInt64) {
    if timerMode == 2 { timestampDeadline = value }
  }

  /// What is left of the count.
  func currentCount(at now: UInt64) -> UInt32 {
    guard let end = countDeadline, end > now else { return 0 }
    return UInt32(truncatingIfNeeded: (end - now) >> divideShift)
  }

  /// A write of the initial count starts the counting timer, or stops it with 0.
  mutating func startCount(_ value: UInt32, at now: UInt64) {
    guard timerMode != 2 else { return }
    initialCount = value
    countDeadline = value != 0 ? now &+ UInt64(value) << divideShift : nil
  }

  /// A write of the divide configuration; a count that runs goes on from where it is.
  mutating func setDivide(_ value: UInt32, at now: UInt64) {
    let left = UInt64(currentCount(at: now))
    divideConfiguration = value & 0xB
    if countDeadline != nil { countDeadline = now &+ left << divideShift }
  }

  /// Changing between the deadline and the counting modes disarms the timer (SDM: "TSC-Deadline Mode").
  mutating func changeMode(from before: UInt32) {
    guard (before == 2) != (timerMode == 2) else { return }
    timestampDeadline = 0
    countDeadline = nil
  }
}
