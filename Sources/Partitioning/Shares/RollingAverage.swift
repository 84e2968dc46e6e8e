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
  private var samples: [UInt64] = []
  /// Where the next sample goes once all are there.
  private var next = 0
  private var sum: Int128 = 0

  /// Creates an average of nothing.
  package init() {}

  /// Takes an interval's service in.
  ///
  /// - Parameters:
  ///   - processorTime: Nanoseconds of processor time used in the interval.
  ///   - capacityUnits: MSU, millions of service units an hour, of one processor. The product with
  ///     the time must fit 64 bits: 60,000 processors of 1,000 MSU.
  package mutating func add(processorTime: UInt64, capacityUnits: Int) {
    let sample = processorTime * UInt64(capacityUnits)
    sum += Int128(sample)
    if samples.count < Self.sampleCount {
      samples.append(sample)
    } else {
      sum -= Int128(samples[next])
      samples[next] = sample
      next = (next + 1) % Self.sampleCount
    }
  }

  /// The average in MSU.
  package var value: Fraction {
    Fraction(sum, Int128(Self.sampleCount) * Int128(Self.interval))
  }

  /// The last sample in MSU; zero before there is one.
  package var last: Fraction {
    guard let newest = samples.indices.last else { return .zero }
    let place = samples.count < Self.sampleCount || next == 0 ? newest : next - 1
    return Fraction(Int128(samples[place]), Int128(Self.interval))
  }
}
