import Foundation
import Testing

@Suite("The operator's terminal")
struct TerminalTests {
  private func start(history: String) throws -> (run: TerminalRun, folder: TemporaryFolder) {
    let folder = try Machines.small()
    let run = try TerminalRun(
      [folder.path, "--pace", "real"], environment: ["ENDICOTT_HISTORY": history])
    return (run, folder)
  }

  @Test("prompts, edits, completes, and keeps its history")
  func prompts() throws {
    let keep = try TemporaryFolder()
    let history = keep.path + "/history"
    let (run, folder) = try start(history: history)
    #expect(run.read(until: "CP READ  OPERATOR SMALL> ") != nil)
    run.type("qu\tusrid\u{1B}[D\u{1B}[D\u{1B}[De\r")
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("\u{1B}[A\r")
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("shutdown imm\r")
    #expect(run.end() == 0)
    let lines = try String(contentsOfFile: history, encoding: .utf8)
    #expect(lines.uppercased().contains("QUERY USERID"), "\(lines)")
    #expect(lines.contains("shutdown imm"))
    _ = folder
  }

  @Test("goes to a guest's console and comes back")
  func connects() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("connect talker\r")
    #expect(run.read(until: "Ctrl-] comes back") != nil)
    // The guest may still be starting: what comes before it listens is lost, as on a real line.
    run.type("\r")
    #expect(run.read(until: "TALKER> ") != nil)
    run.type("cpus\r")
    #expect(run.read(until: "CPUS = 1") != nil)
    run.type("#cp query userid\r")
    #expect(run.read(until: "TALKER   AT SMALL") != nil)
    run.type("\u{1D}")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("\u{04}")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("tells once that the history's disk is full, and goes on")
  func fullDisk() throws {
    let (run, folder) = try start(history: "/dev/full")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("query userid\r")
    let told = run.read(until: "lines are kept for this session only")
    #expect(told?.contains("history file /dev/full: No space left on device") == true)
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("query userid\r")
    let second = run.read(until: "OPERATOR AT SMALL")
    #expect(second?.contains("/dev/full") == false)
    run.type("\u{04}")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("^C ends a wait")
  func interrupts() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("sleep 10 hrs\r")
    #expect(run.read(until: "sleep 10 hrs") != nil)
    run.interrupt()
    #expect(run.read(until: "^C") != nil)
    run.type("query userid\r")
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("logoff\r")
    #expect(run.end() == 0)
    _ = folder
  }
}
