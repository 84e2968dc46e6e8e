import Channels
import Quantities

// Managed paths (dynamic channel path management): channel paths that no control unit names, and that the machine
// gives to those that want more paths than they are defined with.

/// How many managed paths a control unit may have in a channel subsystem: each is a `**` of its statement.
package struct ManagedPathCount: Sendable, Equatable, Codable {
  /// Channel subsystem.
  package var subsystem: UInt8
  /// How many, at most.
  package var count: Int

  /// Creates a count.
  package init(subsystem: UInt8, count: Int) {
    self.subsystem = subsystem
    self.count = count
  }
}

/// A managed path, and the control unit that has it.
package struct ManagedPath: Sendable, Equatable, Codable {
  /// The path.
  package var path: PathReference
  /// The control unit's number.
  package var unit: UInt16

  /// Creates it.
  package init(path: PathReference, unit: UInt16) {
    self.path = path
    self.unit = unit
  }

  /// By path.
  static func isBefore(_ one: ManagedPath, _ other: ManagedPath) -> Bool {
    (one.path.subsystem, one.path.number) < (other.path.subsystem, other.path.number)
  }
}

extension ChannelPathDefinition {
  /// The path as others name it.
  package var reference: PathReference { PathReference(subsystem: subsystem, number: number) }
}

extension ControlUnitDefinition {
  /// How many managed paths it may have in a channel subsystem.
  func managedCount(inSubsystem subsystem: UInt8) -> Int {
    managedCounts.first { $0.subsystem == subsystem }?.count ?? 0
  }
}

extension IOConfiguration {
  /// The paths that the machine gives to control units, in their order.
  package var managedPaths: [ChannelPathDefinition] { paths.filter { $0.cluster != nil } }

  /// The first control unit to which a path leads.
  package func controlUnit(with path: PathReference) -> ControlUnitDefinition? {
    controlUnits.first { $0.paths.contains(path) }
  }

  /// The same with managed paths at control units, behind those that these are defined with.
  func adding(_ managed: [ManagedPath]) -> IOConfiguration {
    guard !managed.isEmpty else { return self }
    var result = self
    result.controlUnits = controlUnits.map { unit in
      var unit = unit
      unit.paths += managed.filter { $0.unit == unit.number }.map(\.path)
      return unit
    }
    return result
  }

  /// Those managed paths that can be where they are.
  func possible(_ managed: [ManagedPath]) -> [ManagedPath] {
    var kept: [ManagedPath] = []
    for one in managed.sorted(by: ManagedPath.isBefore) where allows(one, beside: kept) {
      kept.append(one)
    }
    return kept
  }

  /// Whether a control unit can have a managed path beside those that are at control units: it wants one more, the
  /// path is nobody's, and none of its devices has eight paths.
  func allows(_ one: ManagedPath, beside others: [ManagedPath]) -> Bool {
    let subsystem = one.path.subsystem
    guard let unit = controlUnits.first(where: { $0.number == one.unit }),
      managedPaths.contains(where: { $0.reference == one.path }),
      !others.contains(where: { $0.path == one.path }),
      others.count(where: { $0.unit == one.unit && $0.path.subsystem == subsystem })
        < unit.managedCount(inSubsystem: subsystem)
    else { return false }
    let counts = Dictionary(
      adding(others).controlUnits.map { unit in
        (unit.number, unit.paths.count { $0.subsystem == subsystem })
      }, uniquingKeysWith: { first, _ in first })
    return devices.allSatisfy { device in
      guard device.controlUnits.contains(one.unit) else { return true }
      return device.controlUnits.reduce(0) { $0.addingClamped(counts[$1] ?? 0) }
        < ChannelDefaults.pathsPerDevice
    }
  }
}
