import Foundation
import Testing

/// A wrong command line, file or folder: what is told, and the exit status.
struct BadUse: CustomTestStringConvertible {
  let arguments: [String]
  var input = ""
  let message: String
  let status: Int32
  var testDescription: String { arguments.joined(separator: " ") + ": " + message }

  static let all = [
    BadUse(arguments: ["/nowhere"], message: "/nowhere", status: 2),
    BadUse(arguments: ["Docs"], message: "machine.config", status: 2),
    BadUse(arguments: ["check", "/nowhere"], message: "/nowhere", status: 2),
    BadUse(arguments: ["check", "Docs"], message: "machine.config", status: 2),
    BadUse(
      arguments: ["run", "/nowhere/script.cp"],
      message: "/nowhere/script.cp: HCPSCR8850E", status: 2),
    BadUse(
      arguments: ["run", "README.md", "--machine", "Docs"], message: "machine.config", status: 2),
    BadUse(arguments: ["run"], message: "Missing expected argument '<script> ...'", status: 64),
    BadUse(
      arguments: ["run", "x", "--pace", "slow"],
      message: "The value 'slow' is invalid for '--pace <pace>'", status: 64),
    BadUse(arguments: ["run", "x", "--threads", "0"], message: "1 to 64 are possible", status: 64),
    BadUse(arguments: ["stress", "--guests", "0"], message: "1 to 2000 are possible", status: 64),
    BadUse(
      arguments: ["stress", "--for", "soon"],
      message: "The value 'soon' is invalid for '--for <duration>'", status: 64),
    BadUse(
      arguments: ["boot", "--kernel", "x", "--features", "all,avx512"],
      message: "--features avx512: not a feature of this processor; it has", status: 64),
    BadUse(
      arguments: ["report", "Docs", "--out", "/nowhere"], message: "there are no records", status: 2
    ),
    BadUse(
      arguments: ["report", "Docs", "--out", "x", "--from", "noon"],
      message: "The value 'noon' is invalid for '--from <instant>'", status: 64),
    BadUse(
      arguments: ["console", "--no-state", "--set-aside-state"], message: "leave out --state",
      status: 64),
    BadUse(arguments: ["run", "x", "--sed", "1"], message: "Unknown option '--sed'", status: 64),
  ]
}

@Suite("The command line")
struct CommandLineTests {
  @Test("tells what is wrong", arguments: BadUse.all)
  func tells(row: BadUse) throws {
    let run = try ProgramRun(row.arguments, input: row.input)
    #expect(run.status == row.status, "\(run.errors)\(run.output)")
    #expect((run.errors + run.output).contains(row.message), "\(run.errors)\(run.output)")
  }

  @Test("judges the demo and says what it needs")
  func checksTheDemo() throws {
    let run = try ProgramRun(["check"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("DEMO: needs 360 MIPS"), "\(run.output)")
    #expect(run.output.contains("this host does about"))
  }

  @Test("takes commands from a pipe without a prompt; the worst outcome is the status")
  func pipe() throws {
    let folder = try Machines.small()
    let good = try ProgramRun([folder.path], input: "QUERY USERID\n* nothing\nSLEEP 50 MS\n")
    #expect(good.status == 0, "\(good.errors)")
    #expect(good.output.contains("OPERATOR AT SMALL"), "\(good.output)")
    #expect(!good.output.contains(">"))
    let bad = try ProgramRun([folder.path], input: "FROBNICATE\nQUERY USERID\n")
    #expect(bad.status == 1)
    #expect(bad.output.contains("HCPCMD001E Unknown CP command: FROBNICATE"), "\(bad.output)")
    #expect(bad.output.contains("OPERATOR AT SMALL"))
    // Some editors write a byte order mark; nobody is there to be asked; what follows is not done.
    let ended = try ProgramRun(
      [folder.path], input: "\u{FEFF}QUERY USERID\nDISCONN\nFROBNICATE\n")
    #expect(ended.status == 0, "\(ended.output)")
    #expect(ended.output.contains("DISCONNECT AT"))
  }

  @Test("performs nothing behind SHUTDOWN, and refuses a return code that a process cannot give")
  func scriptEnds() throws {
    let folder = try Machines.small()
    let script = try folder.write("s.cp", "\u{FEFF}SHUTDOWN\nFROBNICATE\n")
    let ended = try ProgramRun(["run", script, "--machine", folder.path])
    #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
    let lines = ended.output.split(separator: "\n")
    #expect(lines.last == "HCPWRP961W SYSTEM SHUTDOWN COMPLETE")
    #expect(lines.count { $0.hasPrefix("USER DSC   LOGOFF AS") } == 3, "\(ended.output)")
    let large = try folder.write("e.cp", "&EXIT 256\n")
    let refused = try ProgramRun(["run", large, "--machine", folder.path])
    #expect(refused.status == 1)
    #expect(refused.errors.contains("HCPSCR8851E Invalid script statement - &EXIT 256"))
  }

  @Test("stops a script at the first command that fails, unless told otherwise")
  func script() throws {
    let folder = try Machines.small()
    let script = try folder.write("s.cp", "QUERY USERID\nSET WEIGHT NOBODY 5\nECHO after\n")
    let stopped = try ProgramRun(["run", script, "--machine", folder.path])
    #expect(stopped.status == 1)
    #expect(stopped.errors.hasPrefix("\(script):2: HCP"), "\(stopped.errors)")
    #expect(!stopped.output.contains("ECHO after"))
    let continued = try ProgramRun(["run", script, "--machine", folder.path, "--continue"])
    #expect(continued.status == 1)
    #expect(continued.output.contains("> ECHO after"))
    let ended = try folder.write("e.cp", "&EXIT 7\n")
    #expect(try ProgramRun(["run", ended, "--machine", folder.path]).status == 7)
  }

  @Test("stress loses nothing and repeats itself")
  func stress() throws {
    let runs = try [1, 2].map {
      try ProgramRun(["stress", "--guests", "20", "--for", "2", "--threads", "\($0)"])
    }
    for run in runs { #expect(run.status == 0, "\(run.output)\(run.errors)") }
    let digests = runs.map { $0.output.components(separatedBy: "digest ").last }
    #expect(digests[0] == digests[1])
  }
}
