import Testing

@testable import Partitioning

// Oracle: the process goes on. A machine that cannot be used is gone before its threads have begun.

@Suite("The crew of host threads") struct WorkerCrewTests {
  @Test("may be gone before its threads begin") func isGoneEarly() {
    for _ in 0..<200 {
      let crew = WorkerCrew(count: 4) { _ in }
      #expect(crew.count >= 1)
      crew.dismiss()
    }
  }
}
