import Partitioning
import Quantities

// Findings about what a machine has no room for: paths, control units, and what is in one place.

extension Problem {
  static func deckOwnPartition(_ name: String) -> Problem {
    deck(
      "ICP192I", "partition \(name) is the machine's own and can have no I/O",
      "remove it; in NOTPART of a path it stands in both lists, or in none")
  }

  static func deckPathsOfType(_ type: String, limit: Int) -> Problem {
    deck(
      "ICP204I", "there are more than \(limit) paths of TYPE=\(type)",
      "define \(limit) at most; a spanned one counts once")
  }

  static func deckControlUnits(_ unit: UInt16, count: Int, limit: Int) -> Problem {
    deck(
      "ICP231I",
      "there are \(count) control units, and a machine can have \(limit): "
        + "\(DeviceNumbers.text(unit)) is the first too many",
      "remove control units")
  }

  static func deckPathUnits(
    _ path: PathReference, type: String, count: Int, limit: Int
  ) -> Problem {
    deck(
      "ICP235I",
      "\(place(path.number, path.subsystem)) leads to \(count) control units, the limit of "
        + "TYPE=\(type) is \(limit)",
      "attach the control unit to another path")
  }

  static func deckSameSpot(
    _ unit: UInt16, other: UInt16, path: PathReference, link: String?, logical: UInt8?
  ) -> Problem {
    // IOCP has a number for each of the two ways to a control unit, through a switch and without one.
    deck(
      link == nil ? "ICP248I" : "ICP244I",
      "control unit \(DeviceNumbers.text(unit)) is where \(DeviceNumbers.text(other)) is: "
        + place(path.number, path.subsystem) + (link.map { ", LINK \(shown($0))" } ?? "")
        + (logical.map { ", CUADD \(DeviceNumbers.path($0))" } ?? ""),
      link == nil ? "give one of the two another CUADD" : "give it another LINK or CUADD")
  }

  static func deckControlUnitHeaders(_ subsystem: UInt8, count: Int, limit: Int) -> Problem {
    deck(
      "ICP353I",
      "\(css(subsystem)) has \(count) groups of control units without a device in common, and can have "
        + "\(limit)",
      "remove control units, or have more of them share devices")
  }
}
