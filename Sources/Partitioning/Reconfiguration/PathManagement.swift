import Channels
import Quantities

// Dynamic channel path management. The machine looks at its control units at a slow, fixed interval: the one whose
// requests have waited longest for paths gets a managed path, when it may have one more; one that nobody has, or one
// of a control unit at which nothing has moved. One path at most changes at a time. Paths that control units name
// are never taken, so that a managed one is never the last. What a path may be used for is what it may be by its
// own definition: a control unit gets one only for partitions that have it on line.

/// What the management of paths looks back on.
struct PathManagement: Equatable, Sendable, Codable {
  /// When it looks next; 0 before the first time.
  @Added var nextLook: SimulatedTime = 0
  /// What each subchannel had done by the last look.
  @Added var subchannels: [SubchannelLoad] = []
}

/// What has happened at a control unit since the last look.
private struct UnitLoad {
  var unit: UInt16
  var subsystem: UInt8
  var load: PathLoad
}

extension PathManagement: Blank {
  static var blank: PathManagement { PathManagement() }
}

extension Reconfiguration {
  /// How often control units are looked at: as often as z/OS' workload manager adjusts its policy.
  static let managementInterval: SimulatedTime = 10_000_000_000
  /// How long a control unit's requests have waited in an interval, all together, when it wants a path: a hundredth.
  private static let leastQueue = managementInterval / 100

  private var isManagingPaths: Bool {
    hardware.layout.hasManagedPaths && !life.settings.running.isPathManagementOff
  }

  /// When paths are managed next; nil for never.
  var nextManagement: SimulatedTime? { isManagingPaths ? state.pathManagement.nextLook : nil }

  /// Looks at control units when that is due, and gives one a path.
  func managePaths() {
    guard isManagingPaths else { return }
    let before = state.pathManagement
    guard now >= before.nextLook else { return }
    let interval = Self.managementInterval
    let subchannels = channels.pathLoads()
    state.pathManagement = PathManagement(
      nextLook: (now / interval).addingClamped(1).multipliedClamped(by: interval),
      subchannels: subchannels)
    guard before.nextLook > 0,
      let move = nextMove(unitLoads(subchannels.since(before.subchannels)))
    else { return }
    journal.recording(.moveManagedPath(move), by: .firmware) {
      // It was judged, at this instant.
      try? moveManagedPath(move)
    }
  }

  /// Who is switched on again begins anew.
  func forgetLoads() {
    guard !isManagingPaths, state.pathManagement.nextLook > 0 else { return }
    state.pathManagement = PathManagement()
  }

  /// What has happened at each control unit that may have managed paths.
  private func unitLoads(_ loads: [SubchannelLoad]) -> [UnitLoad] {
    let configuration = hardware.layout.inputOutput
    let counts = configuration.controlUnits.flatMap { unit in
      unit.managedCounts.map { (unit: unit.number, subsystem: $0.subsystem) }
    }
    return counts.map { unit, subsystem in
      let devices = Set(configuration.devices(ofControlUnit: unit).map(\.number))
      let own = loads.filter { $0.subsystem == subsystem && devices.contains($0.realDevice) }
      return UnitLoad(
        unit: unit, subsystem: subsystem,
        load: own.reduce(PathLoad()) { $0.adding($1.load) })
    }
  }

  /// The path that is to change hands: to the control unit whose requests waited longest, of those that can have one.
  private func nextMove(_ loads: [UnitLoad]) -> ManagedPath? {
    let wanting = loads.filter { $0.load.queueNanoseconds >= Self.leastQueue }.sorted {
      ($1.load.queueNanoseconds, $0.subsystem, $0.unit)
        < ($0.load.queueNanoseconds, $1.subsystem, $1.unit)
    }
    for unit in wanting {
      for path in spare(in: unit.subsystem, loads) where isOfUse(path, to: unit.unit) {
        let move = ManagedPath(path: path, unit: unit.unit)
        if (try? judged(move)) != nil { return move }
      }
    }
    return nil
  }

  /// Managed paths that can be had: first those that nobody has, then those of control units that are idle.
  private func spare(
    in subsystem: UInt8, _ loads: [UnitLoad]
  ) -> [PathReference] {
    let managed = hardware.layout.managed
    let pool = hardware.layout.inputOutput.managedPaths.filter { $0.subsystem == subsystem }
      .map(\.reference)
    let idle = Set(
      loads.filter { $0.subsystem == subsystem && $0.load == PathLoad() }.map(\.unit))
    return pool.filter { path in !managed.contains { $0.path == path } }
      + pool.filter { path in managed.contains { $0.path == path && idle.contains($0.unit) } }
  }

  /// Whether a path works, and an active partition with a device of a control unit has it on line.
  private func isOfUse(_ path: PathReference, to unit: UInt16) -> Bool {
    guard let view = channels.pathView(path.number, subsystem: path.subsystem), view.isOnline,
      view.isOperational
    else { return false }
    let devices = Set(definition.inputOutput.devices(ofControlUnit: unit).map(\.number))
    return view.partitions.contains { partition in
      channels.subchannels(of: partition).contains { devices.contains($0.realDevice) }
    }
  }

  /// Gives a managed path to a control unit.
  func moveManagedPath(_ move: ManagedPath) throws(ManagementError) {
    let (layout, next) = try judged(move)
    let former = hardware.layout.managed.first { $0.path == move.path }?.unit
    var book = hardware.decks
    book.managed = layout.managed
    channels.take(next, at: now)
    hardware.take(layout, book)
    journal.note(nil, .pathMoved(move, from: former))
  }

  /// What runs with a managed path at another control unit.
  private func judged(
    _ move: ManagedPath
  ) throws(ManagementError) -> (MachineLayout, ChannelHardware) {
    let others = hardware.layout.managed.filter { $0.path != move.path }
    guard hardware.layout.inputOutput.allows(move, beside: others) else {
      throw .pathNotManaged(move.path.number, unit: move.unit)
    }
    let layout = hardware.layout.with((others + [move]).sorted(by: ManagedPath.isBefore))
    // Its files are open.
    guard
      let next = try? channels.hardware(for: layout.configured.channelConfiguration()),
      channels.strandedDevices(by: next).isEmpty
    else { throw .pathNotManaged(move.path.number, unit: move.unit) }
    return (layout, next)
  }
}

extension [SubchannelLoad] {
  /// What each has done since an earlier look; all of it when it came later.
  ///
  /// What one did that has gone since takes nothing from what the others did.
  fileprivate func since(_ earlier: [SubchannelLoad]) -> [SubchannelLoad] {
    let before = Dictionary(
      earlier.map { ($0.key, $0.load) }, uniquingKeysWith: { first, _ in first })
    return map { now in
      var result = now
      if let load = before[now.key] { result.load = now.load.subtracting(load) }
      return result
    }
  }
}

extension SubchannelLoad {
  /// One that went and came again under the same number is another.
  private struct Key: Hashable {
    var partition: Int
    var virtualDevice: UInt16
    var began: SimulatedTime
  }

  fileprivate var key: some Hashable {
    Key(partition: partition, virtualDevice: virtualDevice, began: began)
  }
}
