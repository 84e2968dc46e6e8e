import Testing

@testable import ControlProgram
@testable import Partitioning

/// A folder of consoles' files in memory.
private final class StandInFiles: ConsoleFilesPort {
  final class File: ConsoleFile {
    let name: String
    var lines: [String] = []
    var failure: ConsoleFileFailure?

    init(_ name: String) { self.name = name }

    func append(_ lines: [String]) throws(ConsoleFileFailure) {
      if let failure { throw failure }
      self.lines += lines
    }
  }

  var files: [File] = []
  var failure: ConsoleFileFailure?

  func begin(
    of partition: String, named name: String?
  ) throws(ConsoleFileFailure) -> any ConsoleFile {
    if let failure { throw failure }
    let file = File("\(partition).\(name ?? "\(files.count + 1)")")
    files.append(file)
    return file
  }
}

// SPOOL CONSOLE and CLOSE CONSOLE. Oracle: the lines that a guest wrote while spooling was started, as z/VM's SPOOL has
// START, STOP and CLOSE; for what may not change, the machine's state.

@Suite("Consoles in files")
struct SpoolTests {
  private func consoles() throws -> (TestConsole, StandInFiles) {
    let test = try TestConsole()
    let files = StandInFiles()
    test.control.consoleFiles = files
    return (test, files)
  }

  private func write(_ text: String, _ test: TestConsole) throws {
    try test.write(text, from: "SPIN001")
    test.control.collectEvents()
  }

  @Test func linesAreKeptWhileSpoolingIsStarted() throws {
    let (test, files) = try consoles()
    try write("before\n", test)
    #expect(test.answer("SPOOL CONSOLE SPIN001 START") == "CONSOLE FILE SPIN001.1")
    try write("one\r\ntw", test)
    try write("o\u{1B}[2J\n", test)
    _ = test.answer("SPOOL CONSOLE SPIN001 STOP")
    try write("not this\n", test)
    _ = test.answer("SP CON SPIN001 STA")
    try write("three\n", test)
    #expect(files.files.map(\.lines) == [["one", "two.[2J", "three"]])
    #expect(
      test.answer("QUERY CONSOLE SPIN001") == "CONS SPIN001  - DSC  TERM START SPIN001.1 3 LINES")
    #expect(test.answer("SPOOL CONSOLE SPIN001 CLOSE") == "CONSOLE FILE SPIN001.1 CLOSED, 3 LINES")
    try write("nor this\n", test)
    #expect(files.files.map(\.lines.count) == [3])
    #expect(test.answer("QUERY CONSOLE SPIN001") == "CONS SPIN001  - DSC  TERM STOP")
  }

  @Test func closeBeginsTheNextFile() throws {
    let (test, files) = try consoles()
    #expect(test.answer("SPOOL CONSOLE SPIN001 START NAME Boot-1") == "CONSOLE FILE SPIN001.Boot-1")
    try write("one\n", test)
    #expect(
      test.answer("SPOOL CONSOLE SPIN001 START NAME other")
        == "HCPSPO013E Conflicting option - NAME")
    #expect(test.answer("CLOSE CONSOLE SPIN001") == "CONSOLE FILE SPIN001.Boot-1 CLOSED, 1 LINES")
    try write("two\n", test)
    #expect(files.files.map(\.name) == ["SPIN001.Boot-1", "SPIN001.2"])
    #expect(files.files.map(\.lines) == [["one"], ["two"]])
  }

  @Test func aLogoffClosesTheFile() throws {
    let (test, files) = try consoles()
    _ = test.answer("SPOOL CONSOLE SPIN001 START#DEACTIVATE SPIN001 FORCE#ACTIVATE SPIN001")
    try write("again\n", test)
    #expect(files.files.map(\.lines) == [[]])
    #expect(test.answer("QUERY CONSOLE SPIN001") == "CONS SPIN001  - DSC  TERM STOP")
  }

  @Test func whatAFileHasNoRoomForIsToldOnce() throws {
    let (test, files) = try consoles()
    _ = test.answer("SPOOL CONSOLE SPIN001 START")
    _ = test.console.takeOutput()
    files.files[0].failure = ConsoleFileFailure("No space left on device")
    try write("lost\n", test)
    try write("lost\n", test)
    #expect(
      test.console.takeOutput().compactMap(\.line) == [
        "HCPSPO8892W User SPIN001 console file SPIN001.1 ended: No space left on device"
      ])
  }

  @Test func aFileIsBounded() throws {
    let (test, files) = try consoles()
    _ = test.answer("SPOOL CONSOLE SPIN001 START")
    let line = String(repeating: "x", count: 1000) + "\n"
    for _ in 0..<100 { try write(String(repeating: line, count: 50), test) }
    let kept = files.files[0].lines.reduce(0) { $0 + $1.utf8.count + 1 }
    #expect(kept <= ConsoleSpool.fileLimit)
    #expect(kept > ConsoleSpool.fileLimit - 60_000)
    #expect(test.console.takeOutput().compactMap(\.line).count == 1)
  }

  @Test func nothingOfItReachesTheMachine() throws {
    let (test, files) = try consoles()
    let before = test.machine.machineState
    _ = test.answer("SPOOL CONSOLE SPIN* START")
    files.files[0].failure = ConsoleFileFailure("No space left on device")
    test.control.spool(["line"], of: "SPIN001")
    _ = test.answer("SPOOL CONSOLE SPIN* CLOSE")
    #expect(test.machine.machineState == before)
  }

  @Test func aGuestCannotAskForIt() throws {
    let (test, files) = try consoles()
    #expect(
      test.control.guestCommand("SPOOL CONSOLE SPIN001 START", from: "SPIN001").returnCode == 1)
    #expect(files.files.isEmpty)
  }

  @Test(arguments: [
    ("SPOOL CONSOLE SPIN001 START NAME ../x", "HCPSPO002E"),
    ("SPOOL CONSOLE SPIN001 START NAME", "HCPSPO026E"), ("SPOOL CONSOLE SPIN001", "HCPSPO026E"),
    ("SPOOL CONSOLE SPIN001 TO MAINT", "HCPSPO003E"), ("SPOOL CONSOLE LINUX1 START", "HCPSPO045E"),
    ("SPOOL PRINTER", "HCPSPO003E"), ("CLOSE CONSOLE", "HCPSPO020E"),
  ])
  func refusals(command: String, message: String) throws {
    let (test, _) = try consoles()
    #expect(test.answer(command).hasPrefix(message))
  }

  @Test func whereNothingIsKeptThereIsNoFile() throws {
    let (test, files) = try consoles()
    files.failure = ConsoleFileFailure("/full: No space left on device")
    #expect(
      test.answer("SPOOL CONSOLE SPIN001 START")
        == "HCPSPO8891E Console file: /full: No space left on device")
    test.control.consoleFiles = nil
    #expect(test.answer("SPOOL CONSOLE SPIN001 START") == "HCPSPO8882E No records are kept")
  }
}
