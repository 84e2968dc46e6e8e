import ControlProgram
import Synchronization

/// What the terminal asks of the engine.
enum EngineRequest: Sendable {
  /// A line that was typed.
  case line(String)
  /// Keys for the connected guest.
  case keys([UInt8])
  /// Which words could end a line; the answer goes to `TerminalPort` with the ticket.
  case complete(String, ticket: Int)
}

/// From the terminal's thread to the engine's.
final class EngineMailbox: Sendable {
  private let requests = Mutex<[EngineRequest]>([])
  private let arrived = Atomic<Bool>(false)
  /// Lines posted so far, and how many there were at the last ^C.
  private let lineCount = Atomic<Int>(0)
  private let interruptedCount = Atomic<Int>(-1)
  private let ended = Atomic<Bool>(false)

  /// Leaves a request.
  func post(_ request: EngineRequest) {
    if case .line = request { lineCount.wrappingAdd(1, ordering: .releasing) }
    requests.withLock { $0.append(request) }
    arrived.store(true, ordering: .releasing)
  }

  /// Asks that SLEEP and WAIT of the lines posted so far end early.
  func interrupt() {
    interruptedCount.store(lineCount.load(ordering: .acquiring), ordering: .releasing)
  }

  /// Asks the engine to end.
  func end() { ended.store(true, ordering: .releasing) }

  /// Whether a request waits.
  var hasRequests: Bool { arrived.load(ordering: .acquiring) }

  /// Whether the engine was asked to end.
  var isEnded: Bool { ended.load(ordering: .acquiring) }

  /// Whether SLEEP and WAIT of a line, counted from 1, are to end early.
  func isInterrupted(line: Int) -> Bool { interruptedCount.load(ordering: .acquiring) >= line }

  /// Takes all requests.
  func take() -> [EngineRequest] {
    arrived.store(false, ordering: .releasing)
    return requests.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }

  /// Takes the questions about completion only; typed lines keep waiting.
  func takeCompletions() -> [(line: String, ticket: Int)] {
    requests.withLock { waiting in
      var questions: [(line: String, ticket: Int)] = []
      waiting.removeAll { request in
        guard case .complete(let line, let ticket) = request else { return false }
        questions.append((line, ticket))
        return true
      }
      return questions
    }
  }
}
