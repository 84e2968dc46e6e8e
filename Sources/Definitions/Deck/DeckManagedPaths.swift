import Channels
import Partitioning
import Quantities

// Managed paths in a deck: CHPIDs that the machine gives to control units, and the `**` of those that may have some.

extension DeckReader {
  /// A path of a control unit that the machine chooses (dynamic channel path management).
  static let managedPath = "**"
  /// Types of paths that it can choose: those through a switch.
  static let managedTypes = ["FC", "CNC"]

  /// The cluster for which a path is managed: CHPARM=01 says that it is.
  func cluster(of path: ChannelPathDefinition, _ operands: DeckOperands) -> String? {
    guard case .atom(let word)? = operands.value("CHPARM"),
      hexadecimal(word.text, digits: 2, as: UInt8.self) == 1,
      Self.managedTypes.contains(path.type) || operands.has("IOCLUSTER")
    else { return nil }
    let name = operands.atom("IOCLUSTER")?.folded
    let reason: String? =
      if !Self.managedTypes.contains(path.type) {
        "its type is \(path.type)"
      } else if path.sharing != .shared {
        "it is not shared"
      } else if path.switchNumber == nil {
        "it names no SWITCH"
      } else {
        name == nil ? "it names no IOCLUSTER" : nil
      }
    guard let reason else { return name }
    log.report(
      .deckNotManageable(path.number, subsystem: path.subsystem, reason), at: word.place)
    return nil
  }

  /// How many managed paths a control unit may have: each `**`, where there are managed paths.
  mutating func managedCounts(
    _ value: DeckValue, _ operands: DeckOperands, beside paths: [PathReference]
  ) -> [ManagedPathCount] {
    var counts: [ManagedPathCount] = []
    for group in operands.subsystemGroups(value) {
      let places = group.items.compactMap { item -> Place? in
        guard case .atom(let word) = item, word.text == Self.managedPath else { return nil }
        return word.place
      }
      guard let place = places.first else { continue }
      for subsystem in group.subsystems {
        guard
          deck.configuration.managedPaths.contains(where: { $0.subsystem == subsystem })
        else {
          reportUnserved(Self.managedPath, at: place)
          continue
        }
        let own = paths.count { $0.subsystem == subsystem }
        guard own > 0, own.addingClamped(places.count) <= ChannelDefaults.pathsPerDevice else {
          log.report(.deckManagedPaths(places.count, beside: own, subsystem: subsystem), at: place)
          continue
        }
        counts.append(ManagedPathCount(subsystem: subsystem, count: places.count))
      }
    }
    return counts
  }
}
