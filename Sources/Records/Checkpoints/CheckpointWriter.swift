import Foundation
import Partitioning

/// Writes a checkpoint on a thread of its own, one at a time, so that the machine stands still only while it
/// is taken.
///
/// Where the host refuses the thread it is written at once, by whoever hands it over.
package final class CheckpointWriter: @unchecked Sendable {
  // Unchecked because everything below is used under the condition's lock only.

  /// What became of a checkpoint.
  package typealias Outcome = Result<CheckpointManifest, CheckpointError>

  private let condition = NSCondition()
  private var isWriting = false
  private var outcome: Outcome?

  /// A writer that has nothing to do.
  package init() {}

  /// Begins to write one; one that was begun before must be finished.
  ///
  /// - Parameter write: Writes it.
  package func begin(_ write: @escaping @Sendable () throws(CheckpointError) -> CheckpointManifest)
  {
    condition.lock()
    isWriting = true
    condition.unlock()
    let work = { @Sendable [self] in
      let outcome = Result { () throws(CheckpointError) in try write() }
      condition.lock()
      defer { condition.unlock() }
      self.outcome = outcome
      isWriting = false
      condition.broadcast()
    }
    // As deep as the guests' states, written as JSON, are.
    if !HostThread.start(stackByteCount: 8 << 20, work) { work() }
  }

  /// What became of the one that was begun, once; nil while it is being written, and when none was begun.
  package func takeOutcome() -> Outcome? {
    condition.lock()
    defer { condition.unlock() }
    defer { outcome = nil }
    return outcome
  }

  /// Waits until none is being written.
  package func wait() {
    condition.lock()
    defer { condition.unlock() }
    while isWriting { condition.wait() }
  }
}
