import Platform
import X86

extension EpochEngine {
  /// One partition's part in the epochs.
  struct Guest {
    /// Its computer; nil while it is not active.
    var hardware: Hardware?
    /// Worker that runs it.
    var home = 0
    /// Indices of its logical processors.
    let logicals: Range<Int>
    /// Placements of the round being run, at most one of each logical processor.
    var placements: FixedList<Placement>
    /// Every dispatch, interrupt, message and accounting entry so far.
    var digest = HistoryDigest()

    /// Index of its first logical processor.
    var firstLogical: Int { logicals.lowerBound }

    init(logicals: Range<Int>) {
      self.logicals = logicals
      placements = FixedList(
        capacity: logicals.upperBound &- logicals.lowerBound,
        blank: Placement(processor: 0, start: 0, limit: 0, megahertz: 1))
    }
  }
}
