// Whose turn it is where requests of several partitions wait: at a device, and at a path.
//
// A weighted fair queue in simulated time (start-time fair queueing; Goyal, Vin and Cheng 1996). What a request
// takes of a device's or path's time, over its partition's weight, is that partition's lead; the one with the
// least lead is next, and by as much as it had all others' leads shrink. Who asks for nothing leaves his part
// to the others and gathers no claim meanwhile.

import Quantities

/// What is set of input and output.
package protocol ChannelSettings: AnyObject {
  /// A partition's priority; nil while requests are served in the order of their arrival.
  func priority(of partition: Int) -> Int?
  /// Nanoseconds after which a device's interrupt is missing; nil when nobody looks.
  func missingInterruptTime(of device: UInt16) -> UInt64?
}

/// What a priority is.
package enum IOPriority {
  /// The priorities that there are (PR/SM: "I/O priority queuing").
  package static let range = 0...15

  /// Its weight against those of others: priorities are to each other as their numbers, and 0 is half of 1.
  static func weight(_ priority: Int) -> UInt64 {
    priority > 0 ? 2 &* UInt64(clamping: min(priority, range.upperBound)) : 1
  }
}

/// How far partitions are ahead of their parts of a device or a path.
struct FairTurns: Equatable, Sendable, Codable {
  /// A partition that is ahead.
  struct Lead: Equatable, Sendable, Codable {
    var partition: Int
    /// Nanoseconds, times the unit, over the weight.
    var amount: UInt64
  }

  /// Who is ahead, by number.
  private(set) var leads: [Lead] = []

  /// What a nanosecond counts for a weight of 1, so that little is lost when it is divided.
  private static let unit: UInt64 = 256

  /// Whether nobody is ahead.
  var isEmpty: Bool { leads.isEmpty }

  /// How far a partition is ahead.
  func lead(of partition: Int) -> UInt64 {
    leads.first { $0.partition == partition }?.amount ?? 0
  }

  /// Serves a request of a partition for so long; without a priority nobody is ahead any more.
  mutating func serve(_ partition: Int, for nanoseconds: UInt64, priority: Int?) {
    guard let priority else {
      forgetAll()
      return
    }
    let own = lead(of: partition)
    leads = leads.compactMap {
      $0.amount > own && $0.partition != partition
        ? Lead(partition: $0.partition, amount: $0.amount &- own) : nil
    }
    let amount = nanoseconds.multipliedClamped(by: Self.unit) / IOPriority.weight(priority)
    leads.append(Lead(partition: partition, amount: amount))
    leads.sort { $0.partition < $1.partition }
  }

  /// Forgets a partition.
  mutating func forget(_ partition: Int) { leads.removeAll { $0.partition == partition } }

  private mutating func forgetAll() {
    if !leads.isEmpty { leads = [] }
  }

  /// Whether they are leads of partitions of a machine that has so many.
  func isPossible(partitionCount: Int) -> Bool {
    leads.allSatisfy { (0..<max(0, partitionCount)).contains($0.partition) }
      && zip(leads, leads.dropFirst()).allSatisfy { $0.partition < $1.partition }
  }

  /// Calls the body with every word that belongs to the history; nobody ahead adds nothing.
  func forEachHistoryWord(_ body: (UInt64) -> Void) {
    for lead in leads {
      body(UInt64(clamping: lead.partition))
      body(lead.amount)
    }
  }
}

extension FairTurns: Blank {
  static var blank: FairTurns { FairTurns() }
}
