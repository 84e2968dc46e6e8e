import Foundation
import Synchronization

/// Host threads that run the parts of an epoch's Run phase, and the barrier around them.
///
/// The owner thread is worker 0. A worker spins for about 2 us for its next part, then sleeps. What a
/// part touches belongs to its worker from `run` being called until it returns.
final class WorkerCrew: @unchecked Sendable {
  // Unchecked because `count` and `seats` are the owner's, and a seat is atomics, mutexes and conditions.

  /// Workers that there are, the owner thread included: fewer than asked for where the host refused.
  private(set) var count = 1
  private var seats: [Seat] = []
  private let work: Work
  private static let spins = 500

  /// What the threads share; it lives as long as they do, which may begin when the crew is gone already.
  private final class Work: @unchecked Sendable {
    // Unchecked because `body` is called from several threads: the owner changes it while none is at work,
    // and posting a seat lets its thread see that.
    var body: (Int) -> Void
    let owner = Seat()
    let outstanding = Atomic<Int>(0)

    init(_ body: @escaping (Int) -> Void) { self.body = body }

    /// A worker's life: a part each time that its seat is posted.
    func run(_ worker: Int, at seat: Seat) {
      var seen = 0
      while true {
        seen = seat.wait(after: seen)
        if seat.isDismissed.load(ordering: .acquiring) { return }
        body(worker)
        if outstanding.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
          owner.post()
        }
      }
    }
  }

  /// One thread's place to wait at.
  private final class Seat: @unchecked Sendable {
    let generation = Atomic<Int>(0)
    let isSleeping = Atomic<Bool>(false)
    let isDismissed = Atomic<Bool>(false)
    let condition = NSCondition()

    /// Lets the thread at this seat go on.
    func post() {
      generation.wrappingAdd(1, ordering: .sequentiallyConsistent)
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

  /// Starts `count - 1` threads that wait for parts, or as many of them as the host gives.
  ///
  /// - Parameters:
  ///   - count: Workers, the calling thread included; at least 1.
  ///   - start: How a worker's thread is started, given its number and what it does; says whether the
  ///     host gave one.
  ///   - body: Does the part of a worker, given its number.
  init(
    count: Int, start: (Int, @escaping @Sendable () -> Void) -> Bool = WorkerCrew.startThread,
    body: @escaping (Int) -> Void
  ) {
    let work = Work(body)
    self.work = work
    var worker = 1
    while worker < count {
      let seat = Seat()
      guard start(worker, { [worker] in work.run(worker, at: seat) }) else { break }
      seats.append(seat)
      worker &+= 1
      self.count = worker
    }
  }

  /// Has the threads do the parts of another engine from now on; none is at work.
  func serve(_ body: @escaping (Int) -> Void) { work.body = body }

  private static func startThread(
    _ worker: Int, _ body: @escaping @Sendable () -> Void
  ) -> Bool {
    HostThread.start(stackByteCount: 8 << 20, body)
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
      work.body(0)
      return
    }
    let seen = work.owner.generation.load(ordering: .acquiring)
    work.outstanding.store(others, ordering: .releasing)
    var rest = mask >> 1
    for seat in seats {
      if rest & 1 != 0 { seat.post() }
      rest >>= 1
    }
    if mask & 1 != 0 { work.body(0) }
    _ = work.owner.wait(after: seen)
  }
}
