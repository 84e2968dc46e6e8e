import CReadline
import Foundation
import Synchronization

// Between GNU readline, which calls C functions without a context, and the terminal: there is one
// terminal, on the process's first thread.

/// A key or line that readline handed over.
enum ReadlineEvent: Sendable, Equatable {
  /// A whole line.
  case line(String)
  /// Ctrl-D on an empty line, or the end of input.
  case endOfInput
  /// Ctrl-].
  case leave
}

private let events = Mutex<[ReadlineEvent]>([])
/// Answers questions about completion while a terminal is open.
private let completer = Mutex<(@Sendable (String) -> [String])?>(nil)

/// What is asked of readline.
enum ReadlineBridge {
  /// Prepares readline.
  ///
  /// - Parameter complete: Gives the words that could end a line.
  static func open(complete: @escaping @Sendable (String) -> [String]) {
    terminal_prepare(completeWord, takeLeaveKey)
    completer.withLock { $0 = complete }
  }

  /// Forgets the completion.
  static func close() { completer.withLock { $0 = nil } }

  /// Shows a prompt and begins to take lines.
  static func start(prompt: String) { rl_callback_handler_install(prompt, takeTypedLine) }

  /// Reads one key.
  ///
  /// - Returns: What it completed.
  static func readKey() -> [ReadlineEvent] {
    rl_callback_read_char()
    return events.withLock { events in
      defer { events = [] }
      return events
    }
  }
}

/// Takes a line from readline.
private func takeTypedLine(_ line: UnsafeMutablePointer<CChar>?) {
  guard let line else {
    terminal_show_word("DISCONN")
    events.withLock { $0.append(.endOfInput) }
    return
  }
  let text = String(cString: line)
  free(line)
  events.withLock { $0.append(.line(text)) }
}

/// Takes Ctrl-] from readline.
private func takeLeaveKey(_ count: Int32, _ key: Int32) -> Int32 {
  events.withLock { $0.append(.leave) }
  return 0
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
  guard
    let block = calloc(
      list.count &+ 1, MemoryLayout<UnsafeMutablePointer<CChar>?>.stride)
  else { return nil }
  // The last one stays nil, as calloc left it.
  let matches = block.bindMemory(
    to: UnsafeMutablePointer<CChar>?.self, capacity: list.count &+ 1)
  for (index, word) in list.enumerated() { matches[index] = strdup(word) }
  return matches
}
