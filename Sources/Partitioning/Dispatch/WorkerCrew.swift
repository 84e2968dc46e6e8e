import Foundation
import Synchronization

/// Host threads that run the parts of an epoch's Run phase, and the barrier around them.
///
/// The owner thread is worker 0. A worker spins for about 2 us for its next part, then sleeps. What a
/// part touches belongs to its worker from `run` being called until it returns.
final class WorkerCrew: @unchecked Sendable {
  // Unchecked because `body` is called from several threads: it is set before the threads start and
  // never changed, and the seats below are atomics, mutexes and conditions.

  /// Workers, the owner thread included.
  let count: Int
  private let body: (Int) -> Void
  private let seats: [Seat]
  private let owner = Seat()
  private let outstanding = Atomic<Int>(0)
  private static let spins = 500

  /// One thread's place to wait at.
  private final class Seat: @unchecked Sendable {
    let generation = Atomic<Int>(0)
    let isSleeping = Atomic<Bool>(false)
    let isDismissed = Atomic<Bool>(false)
    let condition = NSCondition()

    /// Lets the thread at this seat go on.
    func post() {
      generation.add(1, ordering: .sequentiallyConsistent)
      guard isSleeping.load(ordering: .sequentiallyConsistent) else { return }
      condition.lock()
      condition.signal()
      condition.unlock()
    }

    /// Waits until somebody posted since `seen`.
    func wait(after seen: Int) -> Int {
      for _ in 0..<WorkerCrew.spins {
        let now = generation.load(ordering: .acquiring)
        if now != seen { return now }
      }
      condition.lock()
      isSleeping.store(true, ordering: .sequentiallyConsistent)
      while generation.load(ordering: .sequentiallyConsistent) == seen { condition.wait() }
      isSleeping.store(false, ordering: .sequentiallyConsistent)
      condition.unlock()
      return generation.load(ordering: .acquiring)
    }
  }

  /// Starts `count - 1` threads that wait for parts.
  ///
  /// - Parameters:
  ///   - count: Workers, the calling thread included; at least 1.
  ///   - body: Does the part of a worker, given its number.
  init(count: Int, body: @escaping (Int) -> Void) {
    self.count = max(count, 1)
    self.body = body
    seats = (1..<max(count, 1)).map { _ in Seat() } + []
    for (index, seat) in seats.enumerated() {
      let thread = Thread { [unowned self] in
        var seen = 0
        while true {
          seen = seat.wait(after: seen)
          if seat.isDismissed.load(ordering: .acquiring) { return }
          self.body(index + 1)
          if self.outstanding.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            self.owner.post()
          }
        }
      }
      thread.stackSize = 8 << 20
      thread.name = "endicott worker \(index + 1)"
      thread.start()
    }
  }

  /// Sends the threads home; none is at work.
  func dismiss() {
    for seat in seats {
      seat.isDismissed.store(true, ordering: .releasing)
      seat.post()
    }
  }

  /// Lets the workers of a mask do their parts and returns when all have; worker 0 is the caller.
  func run(_ mask: UInt64) {
    let others = (mask >> 1).nonzeroBitCount
    guard others > 0 else {
      body(0)
      return
    }
    let seen = owner.generation.load(ordering: .acquiring)
    outstanding.store(others, ordering: .releasing)
    for index in seats.indices where mask >> UInt64(index + 1) & 1 != 0 { seats[index].post() }
    if mask & 1 != 0 { body(0) }
    _ = owner.wait(after: seen)
  }
}
