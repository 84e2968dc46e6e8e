import Quantities

/// Whether a pool's physical processors suffice for what a partition wants of them.
///
/// Pure.
///
/// Source: PR/SM Planning Guide, "Maximum number of central processors": a dedicated partition leaves
/// as many as the greatest sharing partition has on line; a sharing one has at most as many logical
/// processors as are not dedicated.
package struct ProcessorReservation: Sendable, Equatable {
  /// On-line physical processors of the type.
  package var online: Int
  /// Those that are dedicated to active partitions.
  package var dedicated: Int
  /// On-line logical processors of each active sharing partition, the one judged left out.
  package var sharing: [Int]

  /// Creates the state to judge in.
  package init(online: Int, dedicated: Int, sharing: [Int]) {
    self.online = online
    self.dedicated = dedicated
    self.sharing = sharing
  }

  /// Logical processors that a partition may have on line, beyond the dedicated ones it has.
  package func available(_ mode: ProcessorMode) -> Int {
    switch mode {
    case .dedicated: max(0, spare.subtractingClamped(sharing.max() ?? 0))
    case .shared: max(0, spare)
    }
  }

  private var spare: Int { online.subtractingClamped(dedicated) }

  /// Whether one physical processor can go off line.
  package var canLoseOne: Bool {
    spare > (sharing.max() ?? 0)
  }
}
