import Foundation
import Testing

@Suite("The demo")
struct RehearsalTests {
  /// Without the lines about LINUX1 and its pool, and the machine's digest, which depend on whether
  /// its guest is prepared, and without the pace, which is the host's.
  private func comparable(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { line in
      !["LINUX1", "AUTO LOGON", "POOL      IFL", "PACE ", "DIGEST "].contains { line.contains($0) }
    }
  }

  @Test("rehearses its reconfiguration as recorded")
  func rehearses() throws {
    let run = try ProgramRun(["run", "Partitions/demo/rehearse.cp"])
    #expect(run.status == 0, "\(run.errors)")
    let recorded = try String(
      contentsOfFile: Project.path("Partitions/demo/rehearse.expected"), encoding: .utf8)
    #expect(comparable(run.output) == comparable(recorded))
  }
}
