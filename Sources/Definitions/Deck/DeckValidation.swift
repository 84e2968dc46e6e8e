import Channels
import Partitioning
import Quantities

/// Which unit addresses are in use, on paths and on control units.
struct UnitAddressUse {
  /// Unit addresses that one path reaches, by its type (IOCP User's Guide, machine limits).
  private static func limit(ofType type: String) -> Int {
    switch type {
    case "CNC": 1024
    case "CTC": 512
    default: 16_384
    }
  }

  private var countOnPath: [Int: Int] = [:]
  private var deviceAt: [Int: UInt16] = [:]

  /// Adds a control unit's addresses to a path; the problem when they are too many.
  mutating func add(unit: ControlUnitDefinition, path: PathReference, type: String) -> Problem? {
    let key = Int(path.subsystem) << 8 | Int(path.number)
    let count = unit.unitAddresses.reduce(countOnPath[key] ?? 0) { $0.addingClamped($1.count) }
    countOnPath[key] = count
    let limit = Self.limit(ofType: type)
    return count > limit ? .deckUnitLimit(path: path.number, count: count, limit: limit) : nil
  }

  /// Adds devices to a control unit; the problem when one has the address of another.
  mutating func addDevices(
    unit: ControlUnitDefinition, first: UInt16, addresses: UnitAddressRange
  ) -> Problem? {
    var problem: Problem?
    for (device, address) in zip(first...UInt16.max, addresses.addresses) {
      let key = Int(unit.number) << 8 | Int(address)
      if let other = deviceAt[key], other != device {
        problem =
          problem
          ?? .deckUnitTwice(device: device, other: other, address: address, unit: unit.number)
      } else {
        deviceAt[key] = device
      }
    }
    return problem
  }
}

/// Judges one IODEVICE statement against paths and control units.
struct DeviceCheck {
  let deck: ParsedDeck
  let units: [ControlUnitDefinition]
  let first: UInt16
  let place: Place

  /// Paths that lead to the device.
  var paths: [PathReference] { units.flatMap(\.paths) }

  /// What is wrong, in the order of IOCP's message numbers.
  func problems(
    addresses: UnitAddressRange, candidates: PartitionList?
  ) -> [(Problem, Place)] {
    var problems: [(Problem, Place)] = []
    for unit in units {
      let missing = addresses.addresses.first { address in
        !unit.unitAddresses.contains { $0.contains(address) }
      }
      if let missing {
        problems.append((.deckUnitMissing(missing, unit: unit.number), place))
      }
    }
    let subsystems = Array(Set(paths.map(\.subsystem))).sorted()
    for subsystem in subsystems {
      let numbers = paths.filter { $0.subsystem == subsystem }.map(\.number)
      let distinct = Array(Set(numbers)).sorted()
      if distinct.count > ChannelDefaults.pathsPerDevice {
        problems.append(
          (.deckPathsPerDevice(first, count: distinct.count, subsystem: subsystem), place))
      }
      if let twice = distinct.first(where: { path in numbers.filter { $0 == path }.count > 1 }) {
        problems.append((.deckTwoControlUnits(first, path: twice, subsystem: subsystem), place))
      }
    }
    if let candidates, !candidates.names.isEmpty {
      let reachable = paths.compactMap(deck.path).flatMap(\.candidateList)
      if Set(reachable).isDisjoint(with: candidates.names) {
        problems.append((.deckDisjoint(first), candidates.place))
      }
    }
    return problems
  }
}
