import ControlProgram

/// What a terminal shows, screen by screen: an answer that fills the screen stops with MORE..., as on
/// a 3270 console of CP.
///
/// Only answers stop; messages and a guest's output wait behind one that does. Times are in
/// nanoseconds of a clock that only goes forward.
struct PagedOutput {
  /// Why nothing is shown now.
  enum Pause: Equatable {
    /// The screen is full: the alarm is due, or has been given, and the next screen is due.
    case more(alarm: UInt64?, clear: UInt64)
    /// Enter was typed at MORE...: only a key goes on.
    case holding
  }

  /// What a key does while the output pauses.
  enum Key: Equatable {
    /// CLEAR or PA2: the next screen.
    case clear
    /// ENTER: hold the screen.
    case enter
    /// Leave the rest of the answer out.
    case skip
    /// None of these: the rest is shown at once, and the key is typed input.
    case other
  }

  /// What is to be drawn next.
  enum Drawing: Equatable {
    case item(TerminalItem)
    /// The screen is full.
    case pause
  }

  /// More items than these behind a pause end it: the machine waits for a terminal that is behind.
  private static let waitingLimit = TerminalPort.limit / 2

  private(set) var pause: Pause?
  private var waiting: [TerminalItem] = []
  private var answer: ArraySlice<String> = []
  private var rowsLeft = Int.max
  private var hasPageBegun = false

  /// Takes what the engine posted.
  mutating func add(_ items: [TerminalItem]) {
    waiting += items
    if pause != nil, waiting.count > PagedOutput.waitingLimit { goOnToEnd() }
  }

  /// Takes the next thing to draw.
  ///
  /// - Parameters:
  ///   - size: The screen.
  ///   - times: When a full screen goes on by itself.
  ///   - now: The time.
  ///   - isRead: Whether somebody reads; one who has typed ahead does not.
  /// - Returns: nil when there is nothing, or the output pauses.
  mutating func next(
    size: ScreenSize, times: MoreTimes, now: UInt64, isRead: Bool
  ) -> Drawing? {
    guard pause == nil else { return nil }
    if let line = answer.first {
      let rows = size.rowCount(of: line)
      // A page has one line at least, however long it is.
      if rowsLeft < rows, hasPageBegun, times.stops, isRead {
        stop(times, now)
        return .pause
      }
      rowsLeft = rowsLeft > rows ? rowsLeft &- rows : 0
      hasPageBegun = true
      _ = answer.popFirst()
      return .item(.line(line))
    }
    guard !waiting.isEmpty else { return nil }
    let item = waiting.removeFirst()
    guard case .answer(let lines) = item else { return .item(item) }
    answer = lines[...]
    rowsLeft = size.pageRows
    hasPageBegun = false
    return .item(.answer([]))
  }

  /// When `tick` is to be called at the latest; nil for never.
  var deadline: UInt64? {
    guard case .more(let alarm, let clear) = pause else { return nil }
    return alarm ?? clear
  }

  /// Looks at the clock.
  ///
  /// - Returns: Whether the alarm sounds now.
  mutating func tick(now: UInt64, size: ScreenSize) -> Bool {
    guard case .more(let alarm, let clear) = pause else { return false }
    if now >= clear {
      goOn(size)
      return false
    }
    guard let alarm, now >= alarm else { return false }
    pause = .more(alarm: nil, clear: clear)
    return true
  }

  /// A key while the output pauses.
  mutating func take(_ key: Key, size: ScreenSize) {
    guard pause != nil else { return }
    switch key {
    case .clear: goOn(size)
    case .enter: pause = .holding
    case .skip:
      answer = []
      pause = nil
    case .other: goOnToEnd()
    }
  }

  private mutating func stop(_ times: MoreTimes, _ now: UInt64) {
    let second: UInt64 = 1_000_000_000
    let alarm = now &+ UInt64(clamping: times.alarm) &* second
    pause = .more(alarm: alarm, clear: alarm &+ UInt64(clamping: times.clear) &* second)
  }

  private mutating func goOn(_ size: ScreenSize) {
    pause = nil
    rowsLeft = size.pageRows
    hasPageBegun = false
  }

  private mutating func goOnToEnd() {
    pause = nil
    rowsLeft = .max
  }
}
