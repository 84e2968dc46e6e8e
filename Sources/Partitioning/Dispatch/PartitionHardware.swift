import Channels
import Platform
import X86

/// What the epochs need of a partition's computer.
///
/// `Platform.Computer` is the one that runs guests; tests of the dispatcher bring their own. All calls
/// but `run` and `mixState` are the owner thread's, between runs; those two are the worker's.
protocol PartitionHardware: AnyObject {
  /// What a processor can do now.
  func status(of processor: Int) -> ProcessorStatus
  /// When a waiting processor's own next event is.
  func nextDeadline(of processor: Int) -> SimulatedTime?
  /// Makes processors whose events are due ready.
  func deliverTimers(upTo time: SimulatedTime)
  /// Runs the placed processors; fills in what became of them.
  func run(
    _ placements: UnsafeMutableBufferPointer<Placement>, until end: SimulatedTime, cache: CodeCache)
  /// Tells the guest of time that a processor had work and did not run.
  func addSteal(processor: Int, nanoseconds: UInt64)
  /// Tells the guest how much of a processor its processor is for, and whether it should not use it.
  func setPolarity(processor: Int, code: UInt8, isParked: Bool)
  /// Tells the guest that a processor's time slice ends at a time, if it wants to know.
  func warn(processor: Int, until time: SimulatedTime)
  /// A digest of what its processors did and what became of them in all runs so far.
  var historyDigest: UInt64 { get }
}
