// What the firmware asks of a partition's guest. A rehearsal has no guests: there the partition
// answers as its guest would have when the rehearsal was made.

extension Partition {
  /// Whether the guest takes reconfiguration notices.
  var listensToNotices: Bool { computer?.listensToNotices ?? rehearsedListening }

  /// Asks the guest for a logical processor back.
  ///
  /// - Returns: Whether it listens.
  func requestProcessor(_ number: Int) -> Bool {
    computer.map { $0.requestProcessor(number) != .nobodyListens } ?? rehearsedHearing
  }

  /// Asks the guest to end.
  ///
  /// - Returns: Whether it listens.
  func signalShutdown() -> Bool { computer?.signalShutdown() ?? rehearsedHearing }
}
