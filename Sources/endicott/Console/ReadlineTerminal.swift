import CReadline
import ControlProgram
import Foundation
import Synchronization

// The terminal of the operator. One thread, the process's first, reads and draws; the machine runs
// on the engine's thread. The loop waits for keys and for the signal pipe, into which the engine
// also writes when there is something to show.
//
//   at CP      readline has the terminal; output appears above the line being typed
//   at a guest keys go to it as they are; Ctrl-] or `#CP DISCONN` comes back to CP
//   MORE...    an answer fills the screen; keys go on, hold, or leave the rest out
//
// A line is read when the one before has been performed, so that pasted lines stand above their
// answers, a pasted CONNECT takes what follows along and what is typed behind Ctrl-] is for CP; within
// SLEEP and WAIT lines queue.

/// The operator's terminal, drawn by GNU readline.
final class ReadlineTerminal {
  private let mailbox: EngineMailbox
  private let port: TerminalPort
  private let signals: SignalPipe
  private var history: HistoryFile
  private var output = PagedOutput()
  private var place = ConsolePlace()
  private var raw: RawTerminal?
  private var keys = GuestKeys()
  private var pauseKeys = PauseKeys()
  private var guestScreen = GuestScreen()
  private var isReadlineOn = false
  /// Whether readline's prompt and line are on the screen.
  private var isLineShown = false
  /// Lines posted that have not been performed yet.
  private var openLines = 0
  /// Columns of what says that the output pauses; 0 when it is not on the screen.
  private var pauseWidth = 0
  private var isHoldingShown = false
  /// Whether the connected guest left the cursor within a line.
  private var isWithinLine = false
  private var ending: Int32?

  init(mailbox: EngineMailbox, port: TerminalPort, signals: SignalPipe) {
    self.mailbox = mailbox
    self.port = port
    self.signals = signals
    history = HistoryFile(path: HistoryFile.defaultPath)
  }

  /// Reads and draws until the session ends.
  ///
  /// - Returns: The process's exit status.
  func run() -> Int32 {
    let (mailbox, port) = (mailbox, port)
    ReadlineBridge.open { question in ask(question, mailbox, port) }
    if let complaint = history.open() { writeError(complaint) }
    while ending == nil {
      var descriptors = [
        pollfd(fd: isListening ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.readEnd, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&descriptors, 2, patience)
      if count < 0, errno != EINTR { end(ExitStatus.unusable) }
      for number in signals.take() { takeSignal(number) }
      lookAtClock()
      showItems()
      if ending == nil, count > 0 { readInput(Int32(descriptors.first?.revents ?? 0)) }
    }
    hidePause()
    leaveGuest()
    stopReadline()
    history.close()
    ReadlineBridge.close()
    return ending ?? ExitStatus.done
  }

  // MARK: Input

  /// Whether what is typed is taken now; otherwise it stays in the terminal.
  private var isListening: Bool {
    if output.pause != nil { return true }
    return (raw != nil || isReadlineOn) && (openLines == 0 || place.isWaiting)
  }

  /// Milliseconds to wait for something; -1 for as long as it takes.
  private var patience: Int32 {
    guard let deadline = output.deadline else { return -1 }
    let now = DispatchTime.now().uptimeNanoseconds
    return deadline > now ? Int32(clamping: (deadline &- now) / 1_000_000 &+ 1) : 0
  }

  private func readInput(_ events: Int32) {
    guard events != 0 else { return }
    if events & POLLIN == 0 { return end(ExitStatus.signalBase &+ SIGHUP) }
    if output.pause != nil {
      readPauseKey()
    } else if raw != nil {
      readKeys()
    } else if isReadlineOn {
      readLine(isGone: events & POLLHUP != 0)
    }
  }

  private func readLine(isGone: Bool) {
    for event in ReadlineBridge.readKey() {
      switch event {
      case .line(let line):
        if !line.allSatisfy(\.isWhitespace), let complaint = history.add(line) {
          show { writeError(complaint) }
        }
        post(line)
      // A guest's console in CP READ is left; the machine's only console asks before it ends.
      case .endOfInput:
        if isGone { return end(ExitStatus.signalBase &+ SIGHUP) }
        post("#CP DISCONN")
      case .leave: if place.isConnected { leave() }
      }
    }
  }

  private func readKeys() {
    // Up to Ctrl-] and no further: what was typed behind it is not for the guest.
    var bytes: [UInt8] = []
    while bytes.count < 4096, bytes.last != GuestKeys.leaveKey, let byte = readByte() {
      bytes.append(byte)
      guard hasInput else { break }
    }
    if bytes.isEmpty { end(ExitStatus.signalBase &+ SIGHUP) }
    takeKeys(bytes)
  }

  private func takeKeys(_ bytes: [UInt8]) {
    let result = keys.take(bytes)
    if !result.keys.isEmpty { mailbox.post(.keys(result.keys)) }
    if !result.echo.isEmpty { StandardOutput.write(result.echo) }
    for line in result.lines { post(line) }
    if result.leaves { leave() }
  }

  /// Back from a guest's console, even when a command given there still waits.
  private func leave() {
    mailbox.interrupt()
    post("#CP DISCONN")
  }

  private func readPauseKey() {
    guard let byte = readByte() else { return end(ExitStatus.signalBase &+ SIGHUP) }
    guard let key = pauseKeys.take(byte, isLast: !hasInput) else { return }
    take(key)
    guard key == .other else { return }
    if raw != nil {
      takeKeys([byte])
    } else if isReadlineOn {
      rl_stuff_char(Int32(byte))
      readLine(isGone: false)
    }
  }

  private func take(_ key: PagedOutput.Key) {
    output.take(key, size: size)
    showNext()
  }

  private func post(_ line: String) {
    openLines &+= 1
    mailbox.post(.line(line))
  }

  private func readByte() -> UInt8? {
    var byte: UInt8 = 0
    return read(STDIN_FILENO, &byte, 1) == 1 ? byte : nil
  }

  private var hasInput: Bool {
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    return poll(&descriptor, 1, 0) > 0 && Int32(descriptor.revents) & POLLIN != 0
  }

  private func takeSignal(_ number: Int32) {
    switch number {
    case SIGWINCH: if isReadlineOn { rl_resize_terminal() }
    // Ctrl-\ is no way to end a machine.
    case SIGQUIT: break
    case SIGTSTP: stopProcess()
    case SIGINT:
      if output.pause != nil { return take(.skip) }
      mailbox.interrupt()
      if isReadlineOn { terminal_drop_line() }
    default: end(ExitStatus.signalBase &+ number)
    }
  }

  /// Ctrl-Z: the terminal's settings are the shell's until the process goes on.
  private func stopProcess() {
    hidePause()
    hideLine()
    let wasRaw = raw != nil
    raw?.restore()
    if isReadlineOn { terminal_give_back() }
    raise(SIGSTOP)
    if isReadlineOn { terminal_take_again() }
    if wasRaw { raw = RawTerminal() }
    show {}
    if output.pause != nil { showPause() }
  }

  private func end(_ status: Int32) {
    ending = status
    mailbox.end()
  }

  // MARK: Output

  private var size: ScreenSize {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 else {
      return ScreenSize(rows: 0, columns: 0)
    }
    return ScreenSize(rows: Int(size.ws_row), columns: Int(size.ws_col))
  }

  private func lookAtClock() {
    let before = output.pause
    if output.tick(now: DispatchTime.now().uptimeNanoseconds, size: size) {
      StandardOutput.write([0x07])
    }
    if before != nil, output.pause == nil { showNext() }
  }

  private func showItems() {
    output.add(port.take())
    showNext()
  }

  /// Draws what there is to draw, up to a full screen.
  private func showNext() {
    if let pause = output.pause, (pause == .holding) != isHoldingShown { hidePause() }
    if output.pause != nil, pauseWidth == 0 { showPause() }
    var drawing = nextDrawing()
    guard drawing != nil || (pauseWidth > 0 && output.pause == nil) else { return }
    show {
      while let next = drawing {
        switch next {
        case .item(let item): draw(item)
        case .pause: showPause()
        }
        drawing = nextDrawing()
      }
      fflush(nil)
    }
  }

  private func nextDrawing() -> PagedOutput.Drawing? {
    output.next(
      size: size, times: place.more, now: DispatchTime.now().uptimeNanoseconds, isRead: !hasInput)
  }

  /// Does something to the screen while the line being typed is out of the way.
  private func show(_ body: () -> Void) {
    hidePause()
    hideLine()
    body()
    guard isReadlineOn, !isLineShown, ending == nil, output.pause == nil else { return }
    isLineShown = true
    terminal_show_line()
  }

  /// Takes the line being typed off the screen, if it is there.
  private func hideLine() {
    guard isReadlineOn, isLineShown else { return }
    isLineShown = false
    terminal_hide_line()
  }

  private func draw(_ item: TerminalItem) {
    switch item {
    // Leaving a guest's console has shown the prompt.
    case .place, .performed: break
    default: hideLine()
    }
    switch item {
    case .line(let line):
      endLine()
      writeLines(size.broken(line))
    case .answer(let lines): writeLines(lines)
    case .guest(let bytes):
      guestScreen.note(bytes)
      StandardOutput.write(bytes)
      if let last = bytes.last { isWithinLine = last != 0x0A && last != 0x0D }
    case .place(let place): move(to: place)
    // Only now is it known who gets what is typed next.
    case .performed: openLines = max(0, openLines &- 1)
    case .ended(let status): ending = status
    }
  }

  private func endLine() {
    if isWithinLine { writeLines([""]) }
    isWithinLine = false
  }

  /// Shows why nothing is shown, and what goes on.
  private func showPause() {
    endLine()
    let isHeld = output.pause == .holding
    isHoldingShown = isHeld
    let text =
      "\(isHeld ? "HOLDING" : "MORE...")  \(place.user)  "
      + "(space: go on, \(isHeld ? "" : "Enter: hold, ")q: skip the rest)"
    let shown = text.prefix(max(1, size.columns &- 1))
    pauseWidth = shown.count
    StandardOutput.write(Array(shown.utf8))
  }

  private func hidePause() {
    guard pauseWidth > 0 else { return }
    let blanks = String(repeating: " ", count: pauseWidth)
    StandardOutput.write(Array("\r\(blanks)\r".utf8))
    pauseWidth = 0
  }

  private func move(to next: ConsolePlace) {
    let wasAtGuest = place.isAtGuest
    place = next
    if next.isAtGuest {
      stopReadline()
      if raw == nil { enterGuest() }
      if !wasAtGuest {
        keys = GuestKeys()
        writeLines(["(keys go to the guest; Ctrl-] comes back to CP)"])
      }
    } else {
      leaveGuest()
      startReadline()
    }
  }

  private func enterGuest() {
    raw = RawTerminal()
    guestScreen = GuestScreen()
    if GuestScreen.keepsTitle { StandardOutput.write(Array("\u{1B}[22;0t".utf8)) }
  }

  private func leaveGuest() {
    if let raw {
      StandardOutput.write(guestScreen.restoration)
      if GuestScreen.keepsTitle { StandardOutput.write(Array("\u{1B}[23;0t".utf8)) }
      raw.restore()
    }
    raw = nil
    endLine()
  }

  private func startReadline() {
    if isReadlineOn {
      hideLine()
      rl_set_prompt(place.prompt)
    } else {
      isReadlineOn = true
      isLineShown = true
      ReadlineBridge.start(prompt: place.prompt)
    }
  }

  private func stopReadline() {
    guard isReadlineOn else { return }
    isReadlineOn = false
    isLineShown = false
    rl_callback_handler_remove()
  }
}

/// Asks the engine for completions; an engine that is busy is not waited for longer than a moment.
private func ask(_ line: String, _ mailbox: EngineMailbox, _ port: TerminalPort) -> [String] {
  let ticket = nextTicket.wrappingAdd(1, ordering: .relaxed).newValue
  mailbox.post(.complete(line, ticket: ticket))
  for _ in 0..<250 {
    if let words = port.takeAnswer(ticket) { return words }
    Thread.sleep(forTimeInterval: 0.002)
  }
  return []
}

private let nextTicket = Atomic<Int>(0)
