// What the firmware asks of a partition's guest. A rehearsal has no guests: there the partition
// answers as its guest would have when the rehearsal was made.

extension Partition {
  /// How the guest answers now.
  var answers: GuestAnswers {
    computer.map {
      GuestAnswers(
        listensToNotices: $0.listensToNotices, hearsSignals: $0.hearsSignals,
        plugsStorage: $0.plugsStorage, pluggedByteCount: $0.pluggedByteCount,
        hasEnded: $0.ending != nil)
    } ?? rehearsed
  }

  /// Whether the guest takes reconfiguration notices.
  var listensToNotices: Bool { computer?.listensToNotices ?? rehearsed.listensToNotices }

  /// Whether the guest plugs and unplugs blocks of storage by a memory device.
  var plugsStorage: Bool { computer?.plugsStorage ?? rehearsed.plugsStorage }

  /// Storage that the guest has plugged by it, in bytes.
  var pluggedByteCount: UInt64 { computer?.pluggedByteCount ?? rehearsed.pluggedByteCount }

  /// Whether the guest cannot go on without a load.
  var hasEnded: Bool { computer.map { $0.ending != nil } ?? rehearsed.hasEnded }

  /// Asks the guest for a logical processor back.
  ///
  /// - Returns: Whether it listens.
  func recallProcessor(_ number: Int) -> Bool {
    computer.map { $0.recallProcessor(number) != .nobodyListens } ?? rehearsed.hearsSignals
  }

  /// Asks the guest to end.
  ///
  /// - Returns: Whether it listens.
  func signalShutdown() -> Bool { computer?.signalShutdown() ?? rehearsed.hearsSignals }
}
