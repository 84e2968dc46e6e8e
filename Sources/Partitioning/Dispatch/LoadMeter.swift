import Channels
import Quantities

/// What was used over the last interval of about a second; for INDICATE, never for decisions.
struct LoadMeter: Equatable, Sendable, Codable {
  /// Processors' worth, smoothed over one interval.
  struct Sample: Equatable, Sendable, Codable {
    var used: Double = 0
    var denied: Double = 0
    fileprivate var usedBefore: UInt64 = 0
    fileprivate var deniedBefore: UInt64 = 0
  }

  private(set) var accounts: [Sample] = []
  private(set) var physicals: [Double] = []
  private var busyBefore: [UInt64] = []
  private var sampled: SimulatedTime = 0
  /// When the next sample is due.
  private(set) var due: SimulatedTime = interval
  static let interval: SimulatedTime = 1_000_000_000

  /// Gives the accounts other places.
  mutating func move(_ move: DispatchMove) {
    if !accounts.isEmpty { accounts = move.accounts(accounts) { Sample() } }
  }

  /// Takes a sample.
  mutating func sample(_ dispatcher: Dispatcher, at time: SimulatedTime) {
    if accounts.isEmpty {
      accounts = dispatcher.accounts.map { _ in Sample() }
      physicals = dispatcher.physicals.map { _ in 0 }
      busyBefore = dispatcher.physicals.map { _ in 0 }
    }
    let elapsed = Double(max(time.subtractingClamped(sampled), 1))
    for index in accounts.indices {
      let used = dispatcher.accounts[index].used
      let denied = dispatcher.counters(ofAccount: index, at: time).ready
      accounts.change(at: index) { sample in
        // Counters start again at an activation.
        let goesOn = used >= sample.usedBefore && denied >= sample.deniedBefore
        sample.used = Double(goesOn ? used &- sample.usedBefore : used) / elapsed
        sample.denied = Double(goesOn ? denied &- sample.deniedBefore : denied) / elapsed
        sample.usedBefore = used
        sample.deniedBefore = denied
      }
    }
    for index in physicals.indices {
      let busy = dispatcher.physicals[index].busy
      let before = busyBefore.element(at: index) ?? 0
      physicals.change(at: index) {
        $0 = min(1, Double(busy.subtractingClamped(before)) / elapsed)
      }
      busyBefore.change(at: index) { $0 = busy }
    }
    sampled = time
    due = time.addingClamped(LoadMeter.interval)
  }
}
