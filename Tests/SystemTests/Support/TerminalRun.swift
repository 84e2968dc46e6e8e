import Foundation

/// A program on a terminal of its own, typed at and read by a test.
final class TerminalRun {
  private let process = Process()
  private let controller: FileHandle
  private var output: [UInt8] = []

  /// Starts a program on a new pseudo-terminal.
  ///
  /// - Parameters:
  ///   - arguments: The program's arguments.
  ///   - environment: Variables beside the test's own.
  ///   - rows: What the terminal says of its height.
  ///   - columns: What it says of its width.
  /// - Throws: The system's error when it cannot be run.
  init(
    _ arguments: [String], environment: [String: String], rows: UInt16 = 24,
    columns: UInt16 = 100
  ) throws {
    var descriptor: Int32 = -1
    var side: Int32 = -1
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&descriptor, &side, nil, nil, &size) == 0 else { throw POSIXError(.ENODEV) }
    // Programs that other tests start meanwhile must not keep this terminal open.
    for end in [descriptor, side] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    controller = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let terminal = FileHandle(fileDescriptor: side, closeOnDealloc: true)
    process.executableURL = URL(fileURLWithPath: Project.program)
    process.arguments = arguments
    process.currentDirectoryURL = Project.folder
    process.environment = ProcessInfo.processInfo.environment
      .merging(["TERM": "xterm"]) { $1 }.merging(environment) { $1 }
    process.standardInput = terminal
    process.standardOutput = terminal
    process.standardError = terminal
    try process.run()
    try terminal.close()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// Types keys.
  func type(_ text: String) { controller.write(Data(text.utf8)) }

  /// Interrupts the program, as ^C does at a terminal that controls it.
  func interrupt() { process.interrupt() }

  /// Sends the program a signal.
  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Reads until a text has appeared since the last call that found one.
  ///
  /// - Parameter text: What must appear.
  /// - Returns: What was read up to its end; nil when the program ends, or is silent for a minute.
  func read(until text: String) -> String? {
    let wanted = Array(text.utf8)
    while true {
      if let range = output.firstRange(of: wanted) {
        let found = String(decoding: output[..<range.upperBound], as: UTF8.self)
        output.removeFirst(range.upperBound)
        return found
      }
      var descriptor = pollfd(
        fd: controller.fileDescriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&descriptor, 1, 60_000) > 0 else { return nil }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = Glibc.read(controller.fileDescriptor, &buffer, buffer.count)
      guard count > 0 else { return nil }
      output += buffer[..<count]
    }
  }

  /// Waits for the program's end.
  ///
  /// - Returns: Its exit status.
  func end() -> Int32 {
    while read(until: "\u{0}") != nil {}
    process.waitUntilExit()
    return process.terminationStatus
  }
}
