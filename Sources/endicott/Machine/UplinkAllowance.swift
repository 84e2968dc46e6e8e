import Channels
import Quantities

// What may come in by an uplink. Every frame that does stays in the records, and a guest has as many come as it likes:
// it only has to ping the gateway.

/// How much may still come in by an uplink.
struct UplinkAllowance: Equatable {
  /// Simulated time for each byte: 10 MB a second.
  static let byteTime: SimulatedTime = 100
  /// How far ahead of that it may be: a megabyte.
  static let lead: SimulatedTime = 100_000_000
  /// Bytes that may come in while it is connected.
  static let byteLimit: UInt64 = 1 << 30
  /// What the records have of a frame beside its bytes.
  static let recordByteCount: UInt64 = 64

  /// Until when what came in has used the rate.
  private var usedUntil: SimulatedTime = 0
  private var byteCount: UInt64 = 0

  /// Whether nothing more may come in.
  var isUsedUp: Bool { byteCount >= Self.byteLimit }

  /// Whether a frame may come in now; otherwise it waits outside.
  func hasRoom(at now: SimulatedTime) -> Bool {
    !isUsedUp && usedUntil < now.addingClamped(Self.lead)
  }

  /// Counts a frame that came in.
  mutating func take(_ frameByteCount: Int, at now: SimulatedTime) {
    let count = UInt64(clamping: frameByteCount).addingClamped(Self.recordByteCount)
    byteCount.addClamped(count)
    usedUntil = max(usedUntil, now).addingClamped(count.multipliedClamped(by: Self.byteTime))
  }
}
