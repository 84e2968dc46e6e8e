import Quantities

/// The four-hour rolling average of the service that a partition or a group took, exact.
///
/// The mean of the last 48 samples of five minutes each; what lies before the first counts as zero.
/// Source: z/OS MVS Planning: Workload Management, defined capacity. The number of samples is a
/// choice: five minutes are documented, four hours are in the name.
package struct RollingAverage: Sendable, Equatable, Codable {
  /// Samples in the average.
  package static let sampleCount = 48
  /// Length of a sample's interval in nanoseconds.
  package static let interval: UInt64 = 300_000_000_000

  /// Processor time of each sample in nanoseconds, times capacity units of a processor.
  private var samples: [Int128] = []
  /// Where the next sample goes once all are there.
  private var next = 0
  private var sum: Int128 = 0

  /// Creates an average of nothing.
  package init() {}

  /// Takes an interval's service in.
  ///
  /// - Parameters:
  ///   - processorTime: Nanoseconds of processor time used in the interval.
  ///   - capacityUnits: MSU, millions of service units an hour, of one processor.
  package mutating func add(processorTime: UInt64, capacityUnits: Int) {
    // Together they may need more than 64 bits: 62 processors of 999,999 MSU do in five minutes.
    let sample = Int128(processorTime).multipliedClamped(by: Int128(capacityUnits))
    sum.addClamped(sample)
    guard let oldest = samples.element(at: next), samples.count >= Self.sampleCount else {
      samples.append(sample)
      return
    }
    sum.subtractClamped(oldest)
    samples.change(at: next) { $0 = sample }
    next = next &+ 1 < samples.count ? next &+ 1 : 0
  }

  /// The average in MSU.
  package var value: Fraction {
    Fraction(sum, Int128(Self.sampleCount) * Int128(Self.interval))
  }

  /// The last sample in MSU; zero before there is one.
  package var last: Fraction {
    let isFull = samples.count >= Self.sampleCount && next > 0
    let newest = isFull ? samples.element(at: next &- 1) : samples.last
    return newest.map { Fraction($0, Int128(Self.interval)) } ?? .zero
  }
}
