import Testing

@testable import Partitioning

/// The limits at activation of the PR/SM Planning Guide, "Maximum number of central processors".
struct ProcessorReservationTests {
  @Test(arguments: [
    // on line, dedicated, sharing; for a dedicated partition, for a sharing one
    (6, 0, [], 6, 6), (6, 0, [4], 2, 6), (6, 2, [3, 1], 1, 4), (6, 6, [], 0, 0), (2, 1, [4], 0, 1),
  ])
  func available(row: (Int, Int, [Int], Int, Int)) {
    let reservation = ProcessorReservation(online: row.0, dedicated: row.1, sharing: row.2)
    #expect(reservation.available(.dedicated) == row.3)
    #expect(reservation.available(.shared) == row.4)
  }

  @Test func theLastOneThatIsNeededStays() {
    #expect(ProcessorReservation(online: 4, dedicated: 1, sharing: [2]).canLoseOne)
    #expect(!ProcessorReservation(online: 3, dedicated: 1, sharing: [2]).canLoseOne)
  }
}
