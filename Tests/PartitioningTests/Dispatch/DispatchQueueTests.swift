import Testing

@testable import Partitioning

/// Whoever waits for a physical processor stands in one queue, once.
///
/// The oracle is the record of each that waits: a pool's heap has as many places as there are accounts,
/// and what stands in it twice would pass its end.
struct DispatchQueueTests {
  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func everyAccountWaitsOnce(seed: UInt64) {
    let random = LimitedPool(seed: seed)
    var generator = SeededGenerator(seed: seed)
    let pool = random.synthetic(
      random.claims.map { claim in
        (0..<claim.logicalCount).map { _ in habit(&generator) }
      })
    let dispatcher = pool.engine.dispatcher
    for _ in 0..<500 {
      pool.run(seconds: 0.001)
      let count = Int(dispatcher.pools[0].heapCount)
      #expect(count <= dispatcher.accounts.count)
      guard count <= dispatcher.accounts.count else { return }
      for place in 0..<count {
        let account = dispatcher.accounts[Int(dispatcher.heaps[0][place])]
        #expect(Int(account.place) == place)
        #expect(!account.queue.isEmpty)
      }
      let waiting = dispatcher.accounts.indices.filter { dispatcher.accounts[$0].place >= 0 }
      #expect(waiting.count == count)
    }
  }

  /// What keeps a logical processor from running to the end of an epoch, or does not.
  private func habit(_ generator: inout SeededGenerator) -> SyntheticGuest.Habit {
    switch Int.random(in: 0...3, using: &generator) {
    case 0: .greedy
    case 1: .yields(after: .random(in: 5_000...400_000, using: &generator))
    case 2: .spins(after: .random(in: 5_000...400_000, using: &generator))
    default:
      .pulse(
        work: .random(in: 10_000...3_000_000, using: &generator),
        sleep: .random(in: 10_000...3_000_000, using: &generator))
    }
  }
}
