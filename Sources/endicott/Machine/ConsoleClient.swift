import Foundation
import Quantities

/// A client of a guest's console socket: what waits to be sent to it, which is bounded.
///
/// One that reads slowly loses what it has no room for and is told how much; one that does not read never
/// stops anybody.
struct ConsoleClient {
  /// Bytes that may wait.
  static let queueLimit = 256 << 10

  let descriptor: Int32
  private var queue: [UInt8] = []
  private var sentCount = 0
  private var leftOutCount = 0
  /// Whether the client types no more, and all that it typed was taken; it may still listen.
  private var hasTypedAll = false
  /// Whether the client listens no more; what it typed before may still wait to be taken.
  private var isDeaf = false

  /// Whether the client is gone.
  var isGone: Bool { hasTypedAll && isDeaf }

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// What to wait for at its descriptor.
  var awaited: Int16 {
    let isSending = sentCount < queue.count || leftOutCount > 0
    return (hasTypedAll ? 0 : Int16(POLLIN)) | (isSending ? Int16(POLLOUT) : 0)
  }

  /// Takes note of what became of its descriptor.
  mutating func note(_ events: Int16) {
    if events & Int16(POLLHUP | POLLERR) != 0 { isDeaf = true }
  }

  /// Adds bytes, or leaves them out when there is no room for all of them.
  mutating func add(_ bytes: [UInt8]) {
    if isDeaf { return }
    let waiting = queue.count.subtractingClamped(sentCount)
    if leftOutCount > 0 || waiting.addingClamped(bytes.count) > Self.queueLimit {
      leftOutCount.addClamped(bytes.count)
    } else {
      queue += bytes
    }
  }

  /// Sends what the client takes now.
  mutating func send() {
    while !isDeaf {
      if sentCount == queue.count {
        guard leftOutCount > 0 else { return }
        queue = Array("\r\n(\(leftOutCount) BYTES LEFT OUT)\r\n".utf8)
        (sentCount, leftOutCount) = (0, 0)
      }
      let count = queue.withUnsafeBytes { bytes in
        Glibc.send(
          descriptor, bytes.baseAddress.map { $0 + sentCount }, bytes.count &- sentCount,
          Int32(MSG_NOSIGNAL))
      }
      if count >= 0 {
        sentCount.addClamped(count)
        if sentCount == queue.count { (queue, sentCount) = ([], 0) }
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        isDeaf = true
      }
    }
    (queue, sentCount, leftOutCount) = ([], 0, 0)
  }

  /// Takes at most so many of the bytes that the client has typed.
  mutating func receive(atMost count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: max(0, count))
    guard !bytes.isEmpty else { return [] }
    let taken = read(descriptor, &bytes, bytes.count)
    guard taken > 0 else {
      // Whoever cannot be read any more is not written to either.
      if taken == 0 {
        hasTypedAll = true
      } else if errno != EAGAIN && errno != EINTR {
        (hasTypedAll, isDeaf) = (true, true)
      }
      return []
    }
    return Array(bytes.prefix(taken))
  }
}
