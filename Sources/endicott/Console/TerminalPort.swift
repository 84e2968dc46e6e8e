import ControlProgram
import Synchronization

/// What the engine shows at the terminal.
enum TerminalItem: Sendable, Equatable {
  /// A line of an answer or a message.
  case line(String)
  /// What the connected guest wrote.
  case guest([UInt8])
  /// Where the console is now.
  case place(ConsolePlace)
  /// The engine has ended.
  case ended(status: Int32)
}

/// Where a console is: what its prompt shows, and who gets what is typed.
struct ConsolePlace: Sendable, Equatable {
  /// The prompt: status, user and system.
  let prompt: String
  /// Keys go to a guest as they are.
  let isAtGuest: Bool

  init(_ session: ConsoleSession) {
    let shown = session.prompt
    prompt = "\(shown.status)  \(shown.userid) \(shown.system)> "
    isAtGuest = session.isAtGuest
  }

  init(prompt: String, isAtGuest: Bool) {
    self.prompt = prompt
    self.isAtGuest = isAtGuest
  }
}

/// From the engine's thread to the terminal's; `wake` is called after each change.
final class TerminalPort: Sendable {
  /// More than this waiting makes the engine wait, so that a stopped terminal fills no memory.
  static let limit = 2000

  private struct State {
    var items: [TerminalItem] = []
    var answers: [Int: [String]] = [:]
  }

  private let state = Mutex(State())
  private let wake: @Sendable () -> Void

  init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

  /// Adds an item.
  func post(_ item: TerminalItem) {
    state.withLock { $0.items.append(item) }
    wake()
  }

  /// Answers a question about completion.
  func answer(_ words: [String], ticket: Int) {
    state.withLock { $0.answers[ticket] = words }
    wake()
  }

  /// Whether the terminal is behind.
  var isFull: Bool { state.withLock { $0.items.count > TerminalPort.limit } }

  /// Takes what is to be shown.
  func take() -> [TerminalItem] {
    state.withLock { state in
      defer { state.items = [] }
      return state.items
    }
  }

  /// Takes the answer to a question about completion, if it is there.
  func takeAnswer(_ ticket: Int) -> [String]? {
    state.withLock { state in
      guard let words = state.answers[ticket] else { return nil }
      state.answers = [:]
      return words
    }
  }
}
