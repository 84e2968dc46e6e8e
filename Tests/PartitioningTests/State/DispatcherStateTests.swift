import Foundation
import Quantities
import Testing

@testable import Partitioning

/// The dispatcher's state: whole, and nothing but what a dispatcher can have is taken.
@Suite("The dispatcher's state")
struct DispatcherStateTests {
  private func pool(_ seed: UInt64) -> SyntheticPool {
    var numbers = SeededGenerator(seed: seed)
    let members = (0..<12).map { number -> (ShareClaim, [SyntheticGuest.Habit]) in
      let count = 1 + number % 3
      let habits: [SyntheticGuest.Habit] = [
        .greedy, .idle, .pulse(work: 70_000, sleep: 300_000), .yields(after: 40_000),
        .spins(after: 30_000), .pulse(work: 900_000, sleep: 2_000_000),
      ]
      let limits: [ShareLimit] = [.none, .none, .hard(nil), .soft(nil)]
      return (
        ShareClaim(
          ShareDefinition(
            .relative(Int.random(in: 1...400, using: &numbers)),
            limit: limits[Int.random(in: 0..<4, using: &numbers)],
            absoluteCapHundredths: number % 5 == 0 ? 60 : nil), logicalCount: count,
          polarity: number % 2 == 0 ? .horizontal : .vertical, group: number % 4 == 0 ? 0 : nil),
        (0..<count).map { _ in habits[Int.random(in: 0..<6, using: &numbers)] }
      )
    }
    return SyntheticPool(
      processors: 4, members, groupCaps: [Fraction(3, 2)],
      completesWaits: seed % 2 == 0 ? [0, 3, 6] : [])
  }

  /// Oracle: the same pool, not interrupted.
  ///
  /// The guests move over as they are; the epochs are new.
  @Test(
    "goes on in a new dispatcher as it would have in the old one",
    arguments: 1...8 as ClosedRange<UInt64>)
  func goesOn(seed: UInt64) throws {
    for part in 1...4 {
      let (whole, first, second) = (pool(seed), pool(seed), pool(seed))
      let time = 0.037 * Double(part)
      whole.run(seconds: time)
      first.run(seconds: time)
      let state = first.engine.state
      #expect(whole.engine.state == state)
      let data = try JSONEncoder().encode(StateEnvelope(state))
      let read = try JSONDecoder().decode(StateEnvelope<EpochState>.self, from: data).state
      #expect(read == state)
      try second.engine.judge(read)
      second.engine.state = read
      #expect(second.engine.state == state)
      for index in first.guests.indices {
        second.engine.guests[index].hardware = first.guests[index]
      }
      whole.run(seconds: 0.05)
      second.run(seconds: 0.05)
      #expect(second.engine.state == whole.engine.state)
    }
  }

  @Test(
    "whatever number is changed, it is refused or harmless", arguments: 1...6 as ClosedRange<UInt64>
  )
  func wrongNumbers(seed: UInt64) throws {
    let pool = pool(seed)
    pool.run(seconds: 0.05)
    let data = try JSONEncoder().encode(pool.engine.state)
    let text = String(decoding: data, as: UTF8.self)
    let numbers = text.matches(of: /:(-?\d+)(?=[,}])/)
    var generator = SeededGenerator(seed: seed)
    var refused = 0
    for _ in 0..<150 {
      let match = numbers[Int.random(in: 0..<numbers.count, using: &generator)]
      let wrong = ["-1", "0", "1", "7", "99", "-2"].randomElement(using: &generator) ?? "0"
      let changed = text.replacingCharacters(
        in: match.output.1.startIndex..<match.output.1.endIndex, with: wrong)
      guard let read = try? JSONDecoder().decode(EpochState.self, from: Data(changed.utf8)) else {
        refused += 1
        continue
      }
      let other = self.pool(seed)
      do throws(StateRefusal) { try other.engine.judge(read) } catch {
        refused += 1
        continue
      }
      other.engine.state = read
      other.run(seconds: 0.01)
    }
    #expect(refused > 0)
  }

  @Test("references of the records to one another are judged")
  func references() {
    let pool = pool(2)
    pool.run(seconds: 0.05)
    let state = pool.engine.dispatcher.state
    let running = state.logicals.firstIndex { $0.state == .running } ?? 0
    let changes: [(inout DispatcherState) -> Void] = [
      { $0.logicals.removeLast() }, { $0.logicals[running].physical = -1 },
      { $0.logicals[running].physical = 99 }, { $0.logicals[running].state = .waiting },
      { $0.logicals[0].next = 99 }, { $0.logicals[0].home = 99 },
      { $0.physicals[0].current = 99 }, { $0.physicals[1].dedicatedTo = 0 },
      { $0.physicals[0].promised = 0 }, { $0.accounts[0].group = 99 },
      { $0.accounts[0].queue = ProcessorQueue(head: 99, tail: 99) },
      { $0.accounts[0].queue.tail = 1 }, { $0.accounts[0].place = 77 },
      {
        $0.accounts[0].nextInGroup = 0; $0.groups[0].first = 0
      }, { $0.groups[0].first = 99 },
      { $0.heaps[0].append(0) }, { $0.heaps = [] }, { $0.pools[0].shared = 9 },
      { $0.pools[0].busy = 9 }, { $0.pools[0].low = ProcessorQueue(head: 0, tail: 0) },
      { $0.highQueue = [0, 0] }, { $0.urgentQueue = [99] }, { $0.frontiers = [] },
      { $0.timers = [.init(slot: 999, time: 0)] }, { $0.course.runningCount = 99 },
      { $0.course.isOpen = true },
    ]
    for (number, change) in changes.enumerated() {
      var changed = state
      change(&changed)
      #expect(throws: StateRefusal.self, "change \(number)") {
        try pool.engine.dispatcher.judge(changed)
      }
    }
  }
}
