import ControlProgram
import Foundation
import Partitioning

/// What a console shows, as lines for something that is not a terminal.
///
/// A connected guest's bytes become lines; the last, incomplete one waits for its end.
struct PlainOutput {
  private var partial: [UInt8] = []

  /// Takes output; gives the lines it completes.
  mutating func take(_ output: ConsoleOutput) -> [String] {
    guard case .guest(let bytes) = output else { return finish() + [output.line ?? ""] }
    var lines: [String] = []
    for byte in bytes {
      if byte == 0x0A {
        lines.append(ConsoleText.stripped(partial))
        partial.removeAll(keepingCapacity: true)
      } else {
        partial.append(byte)
      }
    }
    return lines
  }

  /// Gives the line that is not complete, if there is one.
  mutating func finish() -> [String] {
    guard !partial.isEmpty else { return [] }
    defer { partial = [] }
    return [ConsoleText.stripped(partial)]
  }
}
