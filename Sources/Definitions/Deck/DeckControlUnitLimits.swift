import Partitioning
import Quantities

// How many control units there may be, on a path and at all, and that no two are in one place.

/// Where a control unit is on a path.
struct UnitSpot: Hashable {
  var path: PathReference
  /// The port of a switch that leads to it, as the deck writes it; nil when LINK names none.
  var link: String?
  /// CUADD; nil when it does not say.
  var logical: UInt8?

  /// Whether the deck says more than the path.
  var isSaid: Bool { link != nil || logical != nil }
}

/// Which control units paths lead to.
struct ControlUnitUse {
  /// Control units of a machine (IOCP User's Guide, machine limits and ICP231I).
  static let limit = 8192
  /// Control unit headers of a channel subsystem (machine limits and ICP353I).
  static let headerLimit = 4096

  /// Control units that one path leads to, by its type (machine limits and ICP235I).
  ///
  /// There are as many link addresses at most (ICP357I): a control unit has one on a path.
  static func limit(ofType type: String) -> Int? {
    switch type {
    case "FC", "FCV": 256
    case "CNC", "CTC": 120
    case "CVC", "CBY": 48
    case "IQD": 64
    case "OSD", "OSH", "OSM", "OSX": 16
    case "CFS", "CFP", "CBS", "CBP", "ICP", "CIB", "CL5", "CL6", "CS5", "FCP", "OSC", "OSE", "OSN":
      1
    default: nil
    }
  }

  private var countOnPath: [PathReference: Int] = [:]
  private var unitAt: [UnitSpot: UInt16] = [:]

  /// Adds a control unit to a path; the problems when they are too many, or when it is where another is.
  mutating func add(_ unit: UInt16, at spot: UnitSpot, type: String) -> [Problem] {
    var problems: [Problem] = []
    let count = (countOnPath[spot.path] ?? 0).addingClamped(1)
    countOnPath[spot.path] = count
    if let limit = Self.limit(ofType: type), count > limit {
      problems.append(.deckPathUnits(spot.path, type: type, count: count, limit: limit))
    }
    // IOCP refuses two of which neither says more than the path, too (ICP225I); decks without switches and logical
    // control units are read here.
    guard spot.isSaid else { return problems }
    if let other = unitAt[spot] {
      problems.append(
        .deckSameSpot(
          unit, other: other, path: spot.path, link: spot.link, logical: spot.logical))
    } else {
      unitAt[spot] = unit
    }
    return problems
  }
}

extension IOConfiguration {
  /// Control unit headers of a channel subsystem: control units with a device in common are one.
  ///
  /// Those without devices are not counted: what is refused is too much whatever they come to.
  func headerCount(inSubsystem subsystem: UInt8) -> Int {
    let reachable = Set(
      controlUnits.filter { unit in unit.paths.contains { $0.subsystem == subsystem } }
        .map(\.number))
    var leaders: [UInt16: UInt16] = [:]
    func leader(of unit: UInt16) -> UInt16 {
      var unit = unit
      while let next = leaders[unit], next != unit {
        // Halves the way for whoever asks again.
        leaders[unit] = leaders[next] ?? next
        unit = next
      }
      return unit
    }
    for device in devices {
      let units = device.controlUnits.filter(reachable.contains)
      guard let first = units.first else { continue }
      let head = leader(of: first)
      leaders[head] = head
      for unit in units.dropFirst() { leaders[leader(of: unit)] = head }
    }
    return leaders.count { $0.key == $0.value }
  }
}

extension DeckReader {
  /// Reports more control units, or groups of them, than a machine has.
  func checkControlUnitCounts() {
    let configuration = deck.configuration
    let units = configuration.controlUnits
    if let unit = units.element(at: ControlUnitUse.limit)?.number,
      let place = deck.places["CNTLUNIT " + DeviceNumbers.text(unit)]
    {
      log.report(
        .deckControlUnits(unit, count: units.count, limit: ControlUnitUse.limit), at: place)
    }
    // Most decks have fewer in all.
    guard units.count > ControlUnitUse.headerLimit, let place = deck.places["RESOURCE"] else {
      return
    }
    for subsystem in Array(Set(configuration.paths.map(\.subsystem))).sorted() {
      let count = configuration.headerCount(inSubsystem: subsystem)
      guard count > ControlUnitUse.headerLimit else { continue }
      log.report(
        .deckControlUnitHeaders(subsystem, count: count, limit: ControlUnitUse.headerLimit),
        at: place)
    }
  }
}
