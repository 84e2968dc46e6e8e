import Foundation
import Quantities

// A script is a file of CP commands, one or more (LINEND #) on a line. It stops at the first
// command that fails, that is whose return code is not 0, and says file, line and message.
//
//   * text                 a comment
//   .command               a command whose answer is not shown; a failure still stops
//   &TYPE text             shows a text
//   &ERROR &CONTINUE       from here on failures do not stop the script
//   &ERROR &EXIT           from here on they do again
//   &EXIT [n]              ends the script, with n as its return code
//
// The words with & are those of VM's EXEC language. LOGOFF, DISCONN at CP and SHUTDOWN end it too.

/// Why a script stopped.
package struct ScriptFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The script's name as it was given.
  package let file: String
  /// From 1; 0 when the file could not be read.
  package let line: Int
  /// The command, as it stands in the script.
  package let command: String
  /// The message.
  package let message: String
  package let returnCode: Int

  /// Place, message and command on one line.
  ///
  /// `demo.cp:12: HCPCSE045E FRED not logged on (SET SHARE FRED RELATIVE 10)`
  package var description: String {
    line == 0 ? "\(file): \(message)" : "\(file):\(line): \(message) (\(command))"
  }
}

/// How a script ended that did not stop.
package enum ScriptEnding: Equatable, Sendable {
  /// By &EXIT, with its number.
  case exit(Int)
  /// By itself, with the return code of the last command that failed, or 0.
  case completed(returnCode: Int)
}

/// What a script shows while it runs, in order.
package enum ScriptOutput: Equatable, Sendable {
  /// A command that is about to be performed.
  case command(String)
  /// A line of an answer, or of &TYPE.
  case line(String)
}

/// Runs scripts at a console.
package struct Script {
  /// Bytes that a script's file may have.
  package static let byteLimit = 16 << 20

  package let name: String
  private let lines: [Substring]

  /// A script from its text.
  package init(name: String, text: String) {
    self.name = name
    lines = CommandParser.withoutMark(text)
      .split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  /// A script from a file; a file that cannot be read is 8850E.
  package init(file: String) throws(ScriptFailure) {
    func failure(_ reason: String) -> ScriptFailure {
      let message = CommandMessage(.scriptUnreadable, file, reason)
      return ScriptFailure(
        file: file, line: 0, command: "", message: message.line(module: "SCR"),
        returnCode: message.returnCode)
    }
    let bytes: Data
    do {
      bytes = try HostFile.read(file, atMost: Self.byteLimit, regular: false)
    } catch {
      throw failure(error.reason)
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw failure("not UTF-8 text")
    }
    self.init(name: file, text: text)
  }

  /// Performs the script's commands.
  ///
  /// - Parameters:
  ///   - console: where they are given.
  ///   - continues: whether failures do not stop it, as after `&ERROR &CONTINUE`.
  ///   - output: takes commands and answers as they come; output of the machine meanwhile comes
  ///     through the console.
  /// - Returns: how it ended.
  /// - Throws: `ScriptFailure` when a command failed and failures stop the script.
  package func run(
    at console: ConsoleSession, continues: Bool = false, output: (ScriptOutput) -> Void
  ) throws(ScriptFailure) -> ScriptEnding {
    var continues = continues
    var returnCode = 0
    for (index, line) in lines.enumerated() {
      for logicalLine in console.isAtGuest ? [String(line)] : logicalLines(line) {
        if console.isEnded || console.control.isShutDown {
          return .completed(returnCode: returnCode)
        }
        if let statement = ScriptStatement(logicalLine) {
          switch statement {
          case .type(let text): output(.line(text))
          case .error(let isContinued): continues = isContinued
          case .exit(let code): return .exit(code)
          case .invalid:
            throw failure(CommandMessage(.scriptStatement, logicalLine), logicalLine, index)
          }
          continue
        }
        output(.command(logicalLine))
        let result = console.execute(logicalLine)
        for line in result.lines { output(.line(line)) }
        console.control.collectEvents()
        guard result.returnCode != 0 else { continue }
        returnCode = result.returnCode
        if !continues {
          throw ScriptFailure(
            file: name, line: index.addingClamped(1), command: logicalLine,
            message: result.errorLine ?? "",
            returnCode: returnCode)
        }
      }
    }
    return .completed(returnCode: returnCode)
  }

  /// Gives the script's commands to a rehearsal: all of them, also after one that would be refused,
  /// up to &EXIT.
  ///
  /// Lines for a guest that the script connects to are left out.
  package func plan(in rehearsal: Rehearsal, as operator: Issuer) {
    var issuer = `operator`
    for (index, line) in lines.enumerated() {
      let isAtGuest = issuer != `operator`
      if isAtGuest, !CommandParser.isForCP(String(line)) { continue }
      for logicalLine in logicalLines(line) {
        if let statement = ScriptStatement(logicalLine) {
          switch statement {
          case .type, .error: continue
          case .exit: return
          case .invalid:
            rehearsal.refuse(
              logicalLine, CommandMessage(.scriptStatement, logicalLine),
              line: index.addingClamped(1))
            continue
          }
        }
        rehearsal.give(logicalLine, as: issuer, line: index.addingClamped(1))
        issuer = rehearsal.issuer(after: logicalLine, by: issuer, operator: `operator`)
      }
    }
  }

  /// The commands of a line; a comment line is none, and its # do not split it.
  private func logicalLines(_ line: Substring) -> [String] {
    let text = CommandParser.trimmed(line)
    if text.hasPrefix("*") { return [] }
    return CommandParser.logicalLines(of: text).map { piece in
      // The piece is parsed again as a line of its own, so what was escaped must be again.
      piece.replacing("#", with: "\"#")
    }
  }

  private func failure(
    _ message: CommandMessage, _ command: String, _ index: Int
  ) -> ScriptFailure {
    ScriptFailure(
      file: name, line: index.addingClamped(1), command: command,
      message: message.line(module: "SCR"),
      returnCode: message.returnCode)
  }
}

/// A statement of the script itself: what begins with `&`.
private enum ScriptStatement {
  case type(String)
  case error(isContinued: Bool)
  case exit(Int)
  case invalid

  /// nil for a line that is a command.
  init?(_ line: String) {
    guard line.hasPrefix("&") else { return nil }
    var operands = Operands(line)
    switch operands.next() {
    case "&TYPE": self = .type(operands.takeRemainder().replacing("\"#", with: "#"))
    case "&EXIT":
      let code =
        operands.isEmpty ? 0 : operands.next().flatMap { decimal($0) }.flatMap { Int(exactly: $0) }
      guard let code, (0...255).contains(code), operands.isEmpty else {
        self = .invalid
        return
      }
      self = .exit(code)
    case "&ERROR":
      switch operands.next() {
      case "&CONTINUE": self = .error(isContinued: true)
      case "&EXIT": self = .error(isContinued: false)
      default: self = .invalid
      }
    default: self = .invalid
    }
  }
}
