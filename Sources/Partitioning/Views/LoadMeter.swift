import Channels

/// What was used over the last interval of about a second; for INDICATE, never for decisions.
struct LoadMeter {
  /// Processors' worth, smoothed over one interval.
  struct Sample {
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

  /// Takes a sample.
  mutating func sample(_ dispatcher: Dispatcher, at time: SimulatedTime) {
    if accounts.isEmpty {
      accounts = Array(repeating: Sample(), count: dispatcher.accounts.count)
      physicals = Array(repeating: 0, count: dispatcher.physicals.count)
      busyBefore = Array(repeating: 0, count: dispatcher.physicals.count)
    }
    let elapsed = Double(max(time - sampled, 1))
    for index in accounts.indices {
      let used = dispatcher.accounts[index].used
      let denied = dispatcher.counters(ofAccount: index, at: time).ready
      // Counters start again at an activation.
      if used >= accounts[index].usedBefore, denied >= accounts[index].deniedBefore {
        accounts[index].used = Double(used - accounts[index].usedBefore) / elapsed
        accounts[index].denied = Double(denied - accounts[index].deniedBefore) / elapsed
      } else {
        accounts[index].used = Double(used) / elapsed
        accounts[index].denied = Double(denied) / elapsed
      }
      accounts[index].usedBefore = used
      accounts[index].deniedBefore = denied
    }
    for index in physicals.indices {
      let busy = dispatcher.physicals[index].busy
      physicals[index] = min(1, Double(busy - busyBefore[index]) / elapsed)
      busyBefore[index] = busy
    }
    sampled = time
    due = time + LoadMeter.interval
  }
}
