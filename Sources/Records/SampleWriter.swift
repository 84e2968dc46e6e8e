import Foundation
import Partitioning

/// A measurement that is to be written.
struct PendingSample: Sendable {
  /// The measurement.
  var sample: MeasurementSample
  /// The start that it belongs to.
  var start: Int64
  /// The host's clock in milliseconds since 1970 when it was made.
  var wall: Int64
}

/// Writes samples on a thread of its own, so that the machine need not wait for the file.
///
/// Where the host refuses the thread they are written at once, by whoever hands them over.
final class SampleWriter: @unchecked Sendable {
  // Unchecked because everything below is used under the condition's lock only.

  /// Samples that may wait for the file before the machine waits for them.
  private static let limit = 4

  private let condition = NSCondition()
  private let write: @Sendable (PendingSample) throws(RecordStoreError) -> Void
  private var waiting: [PendingSample] = []
  private var failed: [PendingSample] = []
  private var failure: RecordStoreError?
  private var isWriting = false
  private var isClosed = false
  private var hasThread = false

  /// Creates a writer; its thread starts with the first sample.
  ///
  /// - Parameter write: Writes one sample.
  init(_ write: @escaping @Sendable (PendingSample) throws(RecordStoreError) -> Void) {
    self.write = write
  }

  /// Takes a sample; a failure is told by `takeFailure`.
  func add(_ sample: PendingSample) {
    condition.lock()
    defer { condition.unlock() }
    if !hasThread, !isClosed {
      hasThread = HostThread.start(stackByteCount: 4 << 20) { [self] in run() }
    }
    guard hasThread, !isClosed else { return perform(sample) }
    while waiting.count >= SampleWriter.limit { condition.wait() }
    waiting.append(sample)
    condition.broadcast()
  }

  /// Waits until every sample that was handed over was tried.
  func wait() {
    condition.lock()
    defer { condition.unlock() }
    while hasThread, isWriting || !waiting.isEmpty { condition.wait() }
  }

  /// Why a sample could not be written; nil when all could.
  var lastFailure: RecordStoreError? {
    condition.lock()
    defer { condition.unlock() }
    return failure
  }

  /// What could not be written since the last call, and why; nil when all could.
  func takeFailure() -> (error: RecordStoreError, samples: [PendingSample])? {
    condition.lock()
    defer { condition.unlock() }
    guard let error = failure else { return nil }
    defer { (failure, failed) = (nil, []) }
    return (error, failed)
  }

  /// Ends the thread once all was tried, and waits for that.
  func close() {
    wait()
    end()
  }

  /// Ends the thread once all was tried.
  func end() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  /// Under the lock.
  private func perform(_ sample: PendingSample) {
    do throws(RecordStoreError) {
      try write(sample)
    } catch {
      failure = error
      failed.append(sample)
    }
  }

  private func run() {
    condition.lock()
    defer { condition.unlock() }
    while true {
      while waiting.isEmpty, !isClosed { condition.wait() }
      guard !waiting.isEmpty else { return }
      let sample = waiting.removeFirst()
      isWriting = true
      condition.unlock()
      var refusal: RecordStoreError?
      do throws(RecordStoreError) { try write(sample) } catch { refusal = error }
      condition.lock()
      isWriting = false
      if let refusal {
        failure = refusal
        failed.append(sample)
      }
      condition.broadcast()
    }
  }
}
