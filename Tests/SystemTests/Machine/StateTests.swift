import Foundation
import Testing

@Suite("What outlives a machine")
struct StateTests {
  @Test("is what was answered before the process was killed")
  func survivesKills() throws {
    let run = try ProgramRun(["stress", "--kill", "6", "--guests", "30"])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
    #expect(run.output.contains("nothing lost"), "\(run.output)")
  }

  @Test("is nothing after a script, and the folder stays clean, unless a place is named")
  func scriptsKeepNothing() throws {
    let folder = try Machines.small()
    let script = try folder.write("s.cp", "SLEEP 50 MS\nQUERY DIGEST\n")
    let plain = try ProgramRun(["run", script, "--machine", folder.path])
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))
    let kept = try ProgramRun(
      ["run", script, "--machine", folder.path, "--state", folder.path + "/kept"])
    #expect(FileManager.default.fileExists(atPath: folder.path + "/kept/records.sqlite"))
    // What is kept is no part of the history.
    #expect(plain.output.split(separator: "\n").last == kept.output.split(separator: "\n").last)
  }

  @Test("is reported as a page and as tables")
  func report() throws {
    let folder = try Machines.small()
    let first = try ProgramRun([folder.path], input: "SET WEIGHT SPIN001 50\nSLEEP 50 MS\n")
    #expect(first.status == 0, "\(first.output)\(first.errors)")
    let out = folder.path + "/out"
    let run = try ProgramRun(["report", folder.path, "--out", out])
    #expect(run.status == 0, "\(run.errors)")
    let page = try String(contentsOfFile: out + "/index.html", encoding: .utf8)
    #expect(page.contains("<svg") && page.contains("SPIN001"))
    let changes = try String(contentsOfFile: out + "/changes.csv", encoding: .utf8)
    #expect(changes.contains(",10,50,"), "\(changes)")
  }

  @Test("that is not ours stops the start and is named")
  func foreignFile() throws {
    let folder = try Machines.small()
    try FileManager.default.createDirectory(
      atPath: folder.path + "/state", withIntermediateDirectories: true)
    let file = try folder.write("state/records.sqlite", "not a database, and not ours")
    let refused = try ProgramRun([folder.path], input: "QUERY USERID\n")
    #expect(refused.status == 2)
    #expect(refused.errors.contains(file), "\(refused.errors)")
    let other = try ProgramRun([folder.path, "--set-aside-state"], input: "QUERY USERID\n")
    #expect(other.status == 0, "\(other.errors)")
    #expect(other.errors.contains("records.set-aside-1.sqlite"), "\(other.errors)")
  }
}
