// Running time: how long a logical processor keeps its physical one while others wait for it.

import Quantities

extension ProcessingShare {
  /// Running times that an operator may set, in nanoseconds.
  package static let runningTimes: ClosedRange<UInt64> = 1_000_000...100_000_000
  /// Running times that the rule gives, in nanoseconds (PR/SM Planning Guide, "Weights: processor
  /// running time").
  static let dynamicRunningTimes: ClosedRange<UInt64> = 12_500_000...25_000_000
  /// Running time of a vertical-high logical processor in nanoseconds, whatever is set (same page).
  package static let verticalHighRunningTime: UInt64 = 100_000_000

  /// The running time of a pool's shared logical processors, in nanoseconds: as set, or by the rule,
  /// 25 ms times physical over running logical processors, held between 12.5 and 25 ms.
  ///
  /// Each pool has its own; it changes whenever a partition comes or goes and a logical processor is
  /// started, stopped or configured. The formula itself is a choice: the guide prints it as a picture.
  ///
  /// - Parameters:
  ///   - sharedProcessors: On-line physical processors less the dedicated ones.
  ///   - runningLogicals: Shared logical processors that are on line and not stopped.
  ///   - set: What an operator set, held between 1 and 100 ms; nil for the rule.
  /// - Returns: Nanoseconds.
  package static func runningTime(
    sharedProcessors: Int, runningLogicals: Int, set: UInt64? = nil
  ) -> UInt64 {
    if let set { return min(max(set, runningTimes.lowerBound), runningTimes.upperBound) }
    let most = dynamicRunningTimes.upperBound
    guard runningLogicals > sharedProcessors else { return most }
    return max(
      dynamicRunningTimes.lowerBound,
      most.scaledClamped(
        by: UInt64(clamping: sharedProcessors), over: UInt64(clamping: runningLogicals)))
  }

  /// The running time of one logical processor: a vertical-high has its own.
  package static func runningTime(of polarity: LogicalPolarity, pool: UInt64) -> UInt64 {
    polarity == .verticalHigh ? verticalHighRunningTime : pool
  }
}
