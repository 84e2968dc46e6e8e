import Foundation
import Testing

@testable import endicott

@Suite("Stress")
struct StressTests {
  @Test("every refusal of the firmware is provoked, and changes nothing")
  func refusals() throws {
    // The cases as the source says them, so that a new one needs a way to it.
    let source = try String(
      contentsOf: Project.folder.appending(
        path: "Sources/Partitioning/Actions/ManagementError.swift"),
      encoding: .utf8)
    let cases = source.matches(of: /\n  case ([a-zA-Z]+)/).map { String($0.output.1) }
    #expect(cases.count > 40)
    #expect(
      Set(cases)
        == Set(Provocation.all.map(\.refusal))
        .union(["hostMemory", "activationNested"]))
    let losses = try RefusalCheck.losses()
    #expect(losses == [])
  }

  @Test("random changes of every kind lose nothing, and the same seed makes the same history")
  func run() throws {
    var reports: [[String]] = []
    for threads in [1, 2] {
      let run = try StressRun(guests: 40, seed: 5, threads: threads)
      #expect(run.run(for: 1_000_000_000, steps: 400) { _ in } == [])
      // The second line says how long the host took.
      reports.append(run.report.filter { !$0.contains("simulated in") })
    }
    #expect(reports[0] == reports[1])
  }
}
