import Partitioning
import Quantities

/// What the I/O configuration's deck says, and where.
struct ParsedDeck {
  var configuration = IOConfiguration()
  /// Places by statement and number: `CHPID 0.10`, `CNTLUNIT 0200`, `IODEVICE 0200`, `RESOURCE X`.
  var places: [String: Place] = [:]
  /// Bytes on devices of whose medium something says how large it is.
  var mediaByteCounts: [UInt16: UInt64] = [:]
  private var pathIndices: [PathReference: Int] = [:]
  private var unitIndices: [UInt16: Int] = [:]

  /// The path's definition, when the deck has it.
  func path(_ reference: PathReference) -> ChannelPathDefinition? {
    pathIndices[reference].flatMap { configuration.paths.element(at: $0) }
  }

  /// The control unit's definition, when the deck has it.
  func controlUnit(_ number: UInt16) -> ControlUnitDefinition? {
    unitIndices[number].flatMap { configuration.controlUnits.element(at: $0) }
  }

  /// Adds a path.
  mutating func add(_ path: ChannelPathDefinition) {
    pathIndices[PathReference(subsystem: path.subsystem, number: path.number)] =
      configuration.paths.count
    configuration.paths.append(path)
  }

  /// Adds a control unit.
  mutating func add(_ unit: ControlUnitDefinition) {
    unitIndices[unit.number] = configuration.controlUnits.count
    configuration.controlUnits.append(unit)
  }

  /// Puts everything into the order of its numbers.
  mutating func sort() {
    var sorted = self
    sorted.configuration.paths = []
    sorted.configuration.controlUnits = []
    for path in configuration.paths.sorted(by: {
      ($0.subsystem, $0.number) < ($1.subsystem, $1.number)
    }) { sorted.add(path) }
    for unit in configuration.controlUnits.sorted(by: { $0.number < $1.number }) {
      sorted.add(unit)
    }
    sorted.configuration.devices.sort { $0.number < $1.number }
    self = sorted
  }
}
