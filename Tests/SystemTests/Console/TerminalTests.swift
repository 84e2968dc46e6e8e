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

  /// Goes to TALKER's console, from CP, and waits until the guest listens.
  private func connectToTalker(_ run: TerminalRun) {
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("connect talker\r")
    #expect(run.read(until: "Ctrl-] comes back") != nil)
    // The guest may still be starting: what comes before it listens is lost, as on a real line.
    run.type("\r")
    #expect(run.read(until: "TALKER> ") != nil)
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
    connectToTalker(run)
    run.type("cpus\r")
    #expect(run.read(until: "CPUS = 1") != nil)
    run.type("#cp query userid\r")
    #expect(run.read(until: "TALKER   AT SMALL") != nil)
    run.type("\u{1D}")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("\u{04}")
    #expect(run.read(until: "enter YES") != nil)
    run.type("yes\r")
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
    #expect(run.read(until: "enter YES") != nil)
    run.type("yes\r")
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
    #expect(run.read(until: "enter YES") != nil)
    run.type("yes\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("Ctrl-D and Ctrl-\\ end nothing; only YES does")
  func asks() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.signal(SIGQUIT)
    run.type("\u{04}")
    #expect(run.read(until: "3 partitions end with this console") != nil)
    run.type("\u{04}")
    #expect(run.read(until: "3 partitions end with this console") != nil)
    run.type("no\r")
    #expect(run.read(until: "The machine goes on") != nil)
    run.type("query userid\r")
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("disconn\r")
    #expect(run.read(until: "3 partitions end with this console") != nil)
    run.type("yes\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("a long answer stops with MORE..., holds, goes on and is left out")
  func more() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("help\r")
    let first = run.read(until: "MORE...  OPERATOR SMALL") ?? ""
    #expect(first.split(separator: "\n").count <= 25, "\(first)")
    run.type("\r")
    #expect(run.read(until: "HOLDING  OPERATOR SMALL") != nil)
    run.type(" ")
    #expect(run.read(until: "MORE...  OPERATOR SMALL") != nil)
    run.type("q")
    #expect(run.read(until: "OPERATOR SMALL> ")?.contains("A comment") == false)
    // Another key begins a command, and nothing of the answer is lost.
    run.type("help\r")
    #expect(run.read(until: "MORE...  OPERATOR SMALL") != nil)
    run.type("query userid\r")
    #expect(run.read(until: "A comment") != nil)
    #expect(run.read(until: "OPERATOR AT SMALL") != nil)
    run.type("shutdown\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("pasted lines stand above their answers")
  func pastes() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("echo one\recho two\recho three\r")
    let answers = run.read(until: "echo three") ?? ""
    // What was typed, its answer, and only then the next line.
    let order = ["echo one", "one\r\n", "echo two", "two\r\n"]
    var rest = answers[...]
    for text in order {
      guard let found = rest.range(of: text) else {
        Issue.record("\(text) is not where it belongs: \(answers)")
        break
      }
      rest = rest[found.upperBound...]
    }
    #expect(run.read(until: "three\r\n") != nil)
    run.type("shutdown\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("what is pasted behind CONNECT goes to the guest")
  func pastesConnect() throws {
    let (run, folder) = try start(history: "/dev/null")
    connectToTalker(run)
    for _ in 0..<10 {
      run.type("\u{1D}")
      #expect(run.read(until: "OPERATOR SMALL> ") != nil)
      run.type("connect talker\rcpus\r")
      #expect(run.read(until: "CPUS = 1") != nil)
    }
    run.type("\u{1D}")
    run.type("shutdown imm\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("Ctrl-] comes back from a guest in CP READ, and from a command that waits")
  func comesBack() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("connect spin001\r")
    #expect(run.read(until: "Ctrl-] comes back") != nil)
    run.type("#cp\r")
    #expect(run.read(until: "CP READ  SPIN001 SMALL> ") != nil)
    run.type("\u{1D}")
    #expect(run.read(until: "CP READ  OPERATOR SMALL> ") != nil)
    run.type("connect spin002\r")
    #expect(run.read(until: "Ctrl-] comes back") != nil)
    run.type("#cp sleep 10 hrs\r")
    #expect(run.read(until: "hrs") != nil)
    run.type("\u{1D}")
    #expect(run.read(until: "CP READ  OPERATOR SMALL> ") != nil)
    // Ctrl-D at a guest's console in CP READ comes back too.
    run.type("connect spin001\r")
    #expect(run.read(until: "CP READ  SPIN001 SMALL> ") != nil)
    run.type("\u{04}")
    #expect(run.read(until: "CP READ  OPERATOR SMALL> ") != nil)
    run.type("shutdown\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("after a guest's console the terminal has its title again")
  func restores() throws {
    let (run, folder) = try start(history: "/dev/null")
    #expect(run.read(until: "OPERATOR SMALL> ") != nil)
    run.type("connect talker\r")
    #expect(run.read(until: "\u{1B}[22;0t") != nil)
    run.type("\u{1D}")
    let left = run.read(until: "CP READ  OPERATOR SMALL> ") ?? ""
    #expect(left.contains("\u{1B}[23;0t"), "\(left)")
    run.type("shutdown\r")
    #expect(run.end() == 0)
    _ = folder
  }

  @Test("at a terminal without a size", arguments: [(0, 0), (1, 1), (65535, 65535)])
  func sizes(rows: UInt16, columns: UInt16) throws {
    let folder = try Machines.small()
    let run = try TerminalRun(
      [folder.path, "--no-state"], environment: ["ENDICOTT_HISTORY": "/dev/null"],
      rows: rows, columns: columns)
    run.type("query userid\r")
    #expect(run.read(until: "AT SMALL") != nil || columns == 1)
    run.type("shutdown\r")
    run.type("   ")
    #expect(run.end() == 0)
  }
}
