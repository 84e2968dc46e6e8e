import Quantities

// A console's lines in a file, as SPOOL CONSOLE has it. Whatever becomes of the file, the guest hears nothing
// of it.

/// The spooling of one partition's console.
struct ConsoleSpool {
  /// Bytes that a file may have.
  static let fileLimit = 4 << 20

  /// Whether lines go to the file.
  var isStarted = false
  /// The open file.
  private(set) var file: (any ConsoleFile)?
  private(set) var lineCount = 0
  private var byteCount = 0

  /// Takes a file that was begun.
  mutating func open(_ file: any ConsoleFile) {
    self.file = file
    lineCount = 0
    byteCount = 0
  }

  /// Ends the file, if one is open.
  ///
  /// - Returns: Its name and its lines.
  mutating func close() -> (name: String, lineCount: Int)? {
    defer { file = nil }
    return file.map { ($0.name, lineCount) }
  }

  /// Adds lines to the file while spooling is started.
  ///
  /// - Throws: Why no more goes there; spooling is stopped then and the file closed.
  mutating func add(_ lines: [String]) throws(ConsoleFileFailure) {
    guard isStarted, let file, !lines.isEmpty else { return }
    let count = lines.reduce(0) { $0.addingClamped($1.utf8.count.addingClamped(1)) }
    do throws(ConsoleFileFailure) {
      guard byteCount.addingClamped(count) <= Self.fileLimit else {
        throw ConsoleFileFailure("it is full; SPOOL CONSOLE START begins another")
      }
      try file.append(lines)
    } catch {
      isStarted = false
      self.file = nil
      throw error
    }
    byteCount.addClamped(count)
    lineCount.addClamped(lines.count)
  }
}

extension ControlProgram {
  /// Adds lines to a partition's file; what goes wrong is told once, to who sees the firmware's messages.
  func spool(_ lines: [String], of partition: String) {
    guard spools[partition] != nil else { return }
    let name = spools[partition]?.file?.name ?? ""
    do throws(ConsoleFileFailure) {
      try spools[partition]?.add(lines)
    } catch {
      reportFirmware(
        CommandMessage(.consoleFileEnded, partition, name, error.reason).line(module: "SPO"),
        partition: partition)
    }
  }
}
