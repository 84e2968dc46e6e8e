import CReadline
import Foundation
import Synchronization

// The terminal of the operator. One thread, the process's first, reads and draws; the machine runs
// on the engine's thread. The loop waits for keys and for the signal pipe, into which the engine
// also writes when there is something to show.
//
//   at CP      readline has the terminal; output appears above the line being typed
//   at a guest keys go to it as they are; Ctrl-] or `#CP DISCONN` comes back to CP

/// Whole lines that readline handed over, nil for the end of input.
private let typedLines = Mutex<[String?]>([])
/// Answers questions about completion while a terminal is open.
private let completer = Mutex<(@Sendable (String) -> [String])?>(nil)

/// Takes a line from readline.
private func takeTypedLine(_ line: UnsafeMutablePointer<CChar>?) {
  let text = line.map { String(cString: $0) }
  free(line)
  typedLines.withLock { $0.append(text) }
}

/// Gives readline the words that could stand where the cursor is.
private func completeWord(
  _ text: UnsafePointer<CChar>?, _ start: Int32, _ end: Int32
) -> UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? {
  guard let line = terminal_line_to_cursor() else { return nil }
  defer { free(line) }
  let question = String(cString: line)
  let words = completer.withLock { $0 }?(question) ?? []
  terminal_end_completion()
  guard let first = words.first else { return nil }
  // What readline takes: what the words have in common, then the words, then nil, all to be freed.
  let common = words.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
  let list = words.count == 1 ? [first] : [common] + words
  let size = (list.count + 1) * MemoryLayout<UnsafeMutablePointer<CChar>?>.stride
  let matches = malloc(size).bindMemory(
    to: UnsafeMutablePointer<CChar>?.self, capacity: list.count + 1)
  for (index, word) in list.enumerated() { (matches + index).initialize(to: strdup(word)) }
  (matches + list.count).initialize(to: nil)
  return matches
}

/// The operator's terminal, drawn by GNU readline.
final class ReadlineTerminal {
  private let mailbox: EngineMailbox
  private let port: TerminalPort
  private let signals: SignalPipe
  private var history: HistoryFile
  private var place = ConsolePlace(prompt: "", isAtGuest: false)
  private var raw: RawTerminal?
  private var keys = GuestKeys()
  private var isReadlineOn = false
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
    terminal_prepare(completeWord)
    let (mailbox, port) = (mailbox, port)
    completer.withLock { $0 = { question in ask(question, mailbox, port) } }
    if let complaint = history.open() { writeError(complaint) }
    while ending == nil {
      var descriptors = [
        pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals.readEnd, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&descriptors, 2, -1) > 0 else { continue }
      for number in signals.take() { takeSignal(number) }
      showItems()
      if ending == nil, descriptors[0].revents != 0 { readInput() }
    }
    leaveGuest()
    stopReadline()
    history.close()
    completer.withLock { $0 = nil }
    return ending ?? ExitStatus.done
  }

  // MARK: Input

  private func readInput() {
    guard raw == nil else { return readKeys() }
    guard isReadlineOn else {
      // Typed before the first prompt: it stays in the terminal until readline takes it.
      Thread.sleep(forTimeInterval: 0.01)
      return
    }
    rl_callback_read_char()
    for line in typedLines.withLock({ lines in
      defer { lines = [] }
      return lines
    }) {
      guard let line else {
        writeLines(["endicott: end of input; the machine is taken down"])
        end(ExitStatus.done)
        return
      }
      if !line.allSatisfy(\.isWhitespace), let complaint = history.add(line) {
        show { writeError(complaint) }
      }
      mailbox.post(.line(line))
    }
  }

  private func readKeys() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(STDIN_FILENO, &buffer, buffer.count)
    guard count != 0 else { return end(ExitStatus.done) }
    guard count > 0 else { return }
    let result = keys.take(Array(buffer[..<count]))
    if !result.keys.isEmpty { mailbox.post(.keys(result.keys)) }
    if !result.echo.isEmpty { StandardOutput.write(result.echo) }
    for line in result.lines { mailbox.post(.line(line)) }
    if result.leaves { mailbox.post(.line("#CP DISCONN")) }
  }

  private func takeSignal(_ number: Int32) {
    switch number {
    case SIGWINCH: if isReadlineOn { rl_resize_terminal() }
    case SIGINT:
      mailbox.interrupt()
      if isReadlineOn { terminal_drop_line() }
    default: end(ExitStatus.signalBase + number)
    }
  }

  private func end(_ status: Int32) {
    ending = status
    mailbox.end()
  }

  // MARK: Output

  private func showItems() {
    let items = port.take()
    guard !items.isEmpty else { return }
    show {
      for item in items { draw(item) }
      fflush(nil)
    }
  }

  /// Does something to the screen while the line being typed is out of the way.
  private func show(_ body: () -> Void) {
    let wasOn = isReadlineOn
    if wasOn { terminal_hide_line() }
    body()
    if wasOn, isReadlineOn, ending == nil { terminal_show_line() }
  }

  private func draw(_ item: TerminalItem) {
    switch item {
    case .line(let line):
      if isWithinLine { writeLines([""]) }
      isWithinLine = false
      writeLines([line])
    case .guest(let bytes):
      StandardOutput.write(bytes)
      if let last = bytes.last { isWithinLine = last != 0x0A && last != 0x0D }
    case .place(let place): move(to: place)
    case .ended(let status): ending = status
    }
  }

  private func move(to next: ConsolePlace) {
    let wasAtGuest = place.isAtGuest
    place = next
    if next.isAtGuest {
      stopReadline()
      if raw == nil { raw = RawTerminal() }
      if !wasAtGuest {
        keys = GuestKeys()
        writeLines(["(keys go to the guest; Ctrl-] comes back to CP)"])
      }
    } else {
      leaveGuest()
      startReadline()
    }
  }

  private func leaveGuest() {
    raw?.restore()
    raw = nil
    if isWithinLine { writeLines([""]) }
    isWithinLine = false
  }

  private func startReadline() {
    if isReadlineOn {
      rl_set_prompt(place.prompt)
    } else {
      isReadlineOn = true
      rl_callback_handler_install(place.prompt, takeTypedLine)
    }
  }

  private func stopReadline() {
    guard isReadlineOn else { return }
    isReadlineOn = false
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
