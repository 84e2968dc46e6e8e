import Channels
import ControlProgram
import Foundation
import Quantities

/// The operator's console on something that is not a terminal: a line in, its answer out, no prompt.
///
/// While no line is there the machine runs at its pace; lines that are there already follow each
/// other at one instant. The end of the input ends the session.
struct PipedConsole {
  private static let turn: SimulatedTime = 10_000_000
  /// Bytes that a line can have.
  private static let lineLimit = 1 << 20

  private var machine: RunningMachine
  private var buffer: [UInt8] = []
  /// Bytes at the buffer's beginning in which no line ends.
  private var searched = 0
  /// Nothing has been taken yet: a byte order mark may stand here.
  private var isAtStart = true
  private var isAtEnd = false
  private var status = ExitStatus.done

  init(machine: RunningMachine) { self.machine = machine }

  /// Takes lines until the input or the session ends.
  ///
  /// - Returns: The exit status, `failed` when a command failed, and the machine that is there then.
  mutating func run() -> (status: Int32, machine: RunningMachine) {
    start()
    while !machine.isOver {
      if let line = takeLine() {
        let result = machine.execute(line)
        writeLines(result.lines)
        machine.control.collectEvents()
        if result.returnCode != 0 { status = ExitStatus.failed }
        goBack()
      } else if isAtEnd {
        break
      } else {
        read()
      }
    }
    return (status, machine)
  }

  private mutating func start() {
    var plain = PlainOutput()
    machine.showOutput { writeLines(plain.take($0)) }
    do {
      try machine.start { if case .line(let line) = $0 { writeLines([line]) } }
      if machine.hasFailedReplay { status = ExitStatus.failed }
    } catch {
      writeLines([error.description])
      status = ExitStatus.failed
    }
  }

  /// Goes back to the instant that a command wants to go back to, if one does.
  private mutating func goBack() {
    do throws(HostFailure) {
      guard let earlier = try machine.takeRewound() else { return }
      machine = earlier
      start()
    } catch {
      writeLines([error.rewindLine])
      status = ExitStatus.failed
    }
  }

  private mutating func takeLine() -> String? {
    let newline = buffer.dropFirst(searched).firstIndex(of: 0x0A)
    guard newline != nil || (isAtEnd && !buffer.isEmpty) else {
      searched = buffer.count
      if searched > Self.lineLimit { end("a line is longer than \(Self.lineLimit) bytes") }
      return nil
    }
    searched = 0
    let line = buffer.prefix(newline ?? buffer.count)
    // Its end goes too; the last line may have none.
    buffer = Array(buffer.dropFirst(line.count).dropFirst())
    let text = String(decoding: line, as: UTF8.self)
    defer { isAtStart = false }
    return isAtStart ? String(CommandParser.withoutMark(text)) : text
  }

  /// Takes input that is there; otherwise lets time pass.
  private mutating func read() {
    var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    let isStopped = machine.manager.pacer.pace == .stopped
    guard poll(&descriptor, 1, isStopped ? 100 : 0) > 0 else {
      guard !isStopped else { return machine.letHostPass() }
      machine.pass(until: machine.manager.now.addingClamped(PipedConsole.turn)) { false }
      machine.control.collectEvents()
      return
    }
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    if count > 0 {
      buffer += bytes.prefix(count)
    } else if count == 0 {
      isAtEnd = true
    } else if errno != EINTR && errno != EAGAIN {
      end(systemReason())
    }
  }

  /// Ends the session because its input cannot be used, and says so.
  private mutating func end(_ reason: String) {
    writeError(HostFailure(subject: "standard input", reason: reason).line)
    status = ExitStatus.unusable
    buffer = []
    isAtEnd = true
  }
}
