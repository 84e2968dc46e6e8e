import ControlProgram
import Synchronization

/// What the engine shows at the terminal.
enum TerminalItem: Sendable, Equatable {
  /// A message.
  case line(String)
  /// The answer to a typed line, as a whole.
  case answer([String])
  /// What the connected guest wrote.
  case guest([UInt8])
  /// Where the console is now.
  case place(ConsolePlace)
  /// The typed line has been performed, its answer and where it leads are before this.
  case performed
  /// The engine has ended.
  case ended(status: Int32)
}

/// Where a console is: what its prompt shows, and who gets what is typed.
struct ConsolePlace: Sendable, Equatable {
  /// The prompt: status, user and system.
  let prompt: String
  /// Whose console it is, and the system: what stands behind the status.
  let user: String
  /// Keys go to a guest as they are.
  let isAtGuest: Bool
  /// It is a guest's console, which may be in CP READ.
  let isConnected: Bool
  /// When a full screen goes on by itself.
  let more: MoreTimes
  /// SLEEP or WAIT lets time pass.
  let isWaiting: Bool

  /// The place of a session.
  init(_ session: ConsoleSession, isWaiting: Bool) {
    let shown = session.prompt
    user = "\(shown.userid) \(shown.system)"
    prompt = "\(shown.status)  \(user)> "
    isAtGuest = session.isAtGuest
    isConnected = session.connection != nil
    more = session.more
    self.isWaiting = isWaiting
  }

  /// Before the machine has started.
  init() {
    (prompt, user, more) = ("", "", MoreTimes())
    (isAtGuest, isConnected, isWaiting) = (false, false, false)
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
