// Who has reserved a device. The reservations are the device's, whoever has it now: who has registered a key stays
// registered while its partition is down. Rules: SPC-4, "Reservations"; for RESERVE and RELEASE, SPC-2.

import Quantities

/// The registrations and reservations of a device.
struct DeviceReservations: Equatable, Sendable, Codable {
  /// A partition's key.
  struct Registration: Equatable, Sendable, Codable {
    var partition: Int
    var key: UInt64
  }

  /// What keeps others off until it is given up.
  struct Persistent: Equatable, Sendable, Codable {
    var type: ReservationType
    /// Who made it; one of all registrants has every registrant for a holder.
    var holder: Int
  }

  /// Most registrations of a device.
  static let registrationLimit = 64

  /// In the order in which they were made.
  private(set) var registrations: [Registration] = []
  /// Counts what changes registrations.
  private(set) var generation: UInt32 = 0
  private(set) var persistent: Persistent?
  /// Who has it by RESERVE.
  private(set) var unitHolder: Int?

  /// Whether nobody has reserved it, nor registered to.
  var isEmpty: Bool { registrations.isEmpty && persistent == nil && unitHolder == nil }

  /// A partition's key.
  func key(of partition: Int) -> UInt64? {
    registrations.first { $0.partition == partition }?.key
  }

  /// Whether a partition holds the persistent reservation.
  func isHolder(_ partition: Int) -> Bool {
    guard let persistent else { return false }
    return persistent.type.isOfAllRegistrants
      ? key(of: partition) != nil : persistent.holder == partition
  }

  /// Whether a partition may use the device so.
  ///
  /// Source: SPC-4 and SBC-3, "commands that are allowed in the presence of various reservations".
  func permits(_ use: DeviceUse, by partition: Int) -> Bool {
    if let unitHolder { return unitHolder == partition }
    guard let persistent, !isHolder(partition) else { return true }
    if persistent.type.isOfRegistrants, key(of: partition) != nil { return true }
    switch use {
    case .inquires: return true
    case .reads: return persistent.type.letsRead
    case .changes: return false
    }
  }

  /// Whether a device of a machine with so many partitions can have them.
  func isPossible(partitionCount: Int) -> Bool {
    let partitions = registrations.map(\.partition)
    return partitions.count <= Self.registrationLimit
      && Set(partitions).count == partitions.count
      && partitions.allSatisfy { (0..<max(0, partitionCount)).contains($0) }
      && registrations.allSatisfy { $0.key != 0 }
      && (unitHolder.map { (0..<max(0, partitionCount)).contains($0) } ?? true)
      && (persistent.map {
        $0.type.isOfAllRegistrants ? !partitions.isEmpty : partitions.contains($0.holder)
      } ?? true)
  }

  /// Calls the body with every word that belongs to the history; with none where nothing was ever reserved.
  func forEachHistoryWord(_ body: (UInt64) -> Void) {
    guard self != .blank else { return }
    body(UInt64(generation))
    for registration in registrations {
      body(UInt64(clamping: registration.partition))
      body(registration.key)
    }
    if let persistent {
      body(UInt64(persistent.type.rawValue) << 32 | UInt64(clamping: persistent.holder))
    }
    if let unitHolder { body(1 << 63 | UInt64(clamping: unitHolder)) }
  }
}

extension DeviceReservations: Blank {
  static var blank: DeviceReservations { DeviceReservations() }
}

/// What comes of what is asked of a device's reservations.
struct ReservationOutcome: Equatable {
  /// How it ended.
  enum Ending: Equatable {
    case done([UInt8])
    /// A reservation, or a key, is another's.
    case conflict
    case refused(DeviceSense)
  }

  /// Somebody who is to be told.
  struct Notice: Equatable {
    var partition: Int
    var sense: DeviceSense
  }

  var ending = Ending.done([])
  var notices: [Notice] = []
  /// Partitions whose requests are to end.
  var aborted: [Int] = []

  static let done = ReservationOutcome()
  static let conflict = ReservationOutcome(ending: .conflict)

  /// Adds that partitions are to be told.
  mutating func tell(_ partitions: some Sequence<Int>, _ sense: DeviceSense) {
    notices += partitions.map { Notice(partition: $0, sense: sense) }
  }
}

// MARK: - Commands

extension DeviceReservations {
  /// Does what a partition asks.
  mutating func perform(_ control: DeviceControl, by partition: Int) -> ReservationOutcome {
    switch control {
    case .test(let use): return permits(use, by: partition) ? .done : .conflict
    case .reserveUnit, .releaseUnit: return performUnit(control, by: partition)
    case .resetUnit: return resetUnit(by: partition)
    // Both ways of reserving do not go beside each other (SPC-2).
    default: return unitHolder == nil ? performPersistent(control, by: partition) : .conflict
    }
  }

  private mutating func performPersistent(
    _ control: DeviceControl, by partition: Int
  ) -> ReservationOutcome {
    if case .report(let report) = control {
      return ReservationOutcome(ending: .done(data(of: report)))
    }
    if case .register(let new, let former) = control {
      return register(new, inPlaceOf: former, by: partition)
    }
    guard let own = key(of: partition), own == control.key else { return .conflict }
    switch control {
    case .reserve(let type, _): return reserve(type, by: partition)
    case .release(let type, _): return release(type, by: partition)
    case .clear: return clear(by: partition)
    case .preempt(let other, let type, _, let isAborting):
      return preempt(other, type, by: partition, isAborting: isAborting)
    default: return .done
    }
  }

  /// RESERVE and RELEASE; while somebody has registered, they are not to be had.
  private mutating func performUnit(
    _ control: DeviceControl, by partition: Int
  ) -> ReservationOutcome {
    guard registrations.isEmpty else { return .conflict }
    if control == .releaseUnit {
      if unitHolder == partition { unitHolder = nil }
      return .done
    }
    guard unitHolder ?? partition == partition else { return .conflict }
    unitHolder = partition
    return .done
  }

  private mutating func resetUnit(by partition: Int) -> ReservationOutcome {
    var outcome = ReservationOutcome()
    if let unitHolder, unitHolder != partition { outcome.tell([unitHolder], .reset) }
    unitHolder = nil
    return outcome
  }

  /// What RESERVE gave a partition goes: it was reset, or has the device no more.
  mutating func lose(_ partition: Int) {
    if unitHolder == partition { unitHolder = nil }
  }

  /// A partition is no more.
  mutating func forget(_ partition: Int) -> ReservationOutcome {
    lose(partition)
    var outcome = ReservationOutcome()
    if key(of: partition) != nil { unregister(partition, &outcome) }
    return outcome
  }

  /// Takes all of it away from everybody.
  mutating func releaseAll() -> ReservationOutcome {
    var outcome = ReservationOutcome()
    if let unitHolder { outcome.tell([unitHolder], .reset) }
    unitHolder = nil
    outcome.tell(registrations.map(\.partition), .reservationsPreempted)
    removeAll()
    return outcome
  }

  private mutating func removeAll() {
    if !registrations.isEmpty { generation &+= 1 }
    registrations = []
    persistent = nil
  }

  private mutating func register(
    _ new: UInt64, inPlaceOf former: UInt64?, by partition: Int
  ) -> ReservationOutcome {
    guard former == nil || former == key(of: partition) ?? 0 else { return .conflict }
    var outcome = ReservationOutcome()
    if let place = registrations.firstIndex(where: { $0.partition == partition }) {
      if new == 0 {
        unregister(partition, &outcome)
      } else {
        registrations.change(at: place) { $0.key = new }
        generation &+= 1
      }
      return outcome
    }
    guard new != 0 else { return .done }
    guard registrations.count < Self.registrationLimit else {
      return ReservationOutcome(ending: .refused(.registrationsFull))
    }
    registrations.append(Registration(partition: partition, key: new))
    generation &+= 1
    return outcome
  }

  /// Ends a registration, and the reservation when it has no holder any more.
  private mutating func unregister(_ partition: Int, _ outcome: inout ReservationOutcome) {
    let wasHolder = isHolder(partition)
    registrations.removeAll { $0.partition == partition }
    generation &+= 1
    guard wasHolder, let type = persistent?.type,
      !type.isOfAllRegistrants || registrations.isEmpty
    else { return }
    persistent = nil
    if type.isOfRegistrants {
      outcome.tell(registrations.map(\.partition), .reservationsReleased)
    }
  }

  private mutating func reserve(
    _ type: ReservationType, by partition: Int
  ) -> ReservationOutcome {
    guard let held = persistent else {
      persistent = Persistent(type: type, holder: partition)
      return .done
    }
    return isHolder(partition) && held.type == type ? .done : .conflict
  }

  private mutating func release(
    _ type: ReservationType, by partition: Int
  ) -> ReservationOutcome {
    guard let held = persistent, isHolder(partition) else { return .done }
    guard held.type == type else { return ReservationOutcome(ending: .refused(.invalidRelease)) }
    persistent = nil
    var outcome = ReservationOutcome()
    if type.isOfRegistrants { outcome.tell(others(than: partition), .reservationsReleased) }
    return outcome
  }

  private mutating func clear(by partition: Int) -> ReservationOutcome {
    var outcome = ReservationOutcome()
    outcome.tell(others(than: partition), .reservationsPreempted)
    removeAll()
    return outcome
  }

  private mutating func preempt(
    _ other: UInt64, _ type: ReservationType, by partition: Int, isAborting: Bool
  ) -> ReservationOutcome {
    var outcome = ReservationOutcome()
    let held = persistent
    let isOfAll = held?.type.isOfAllRegistrants ?? false
    let takes = held.map { isOfAll ? other == 0 : key(of: $0.holder) == other } ?? false
    guard takes || other != 0 else {
      return ReservationOutcome(ending: .refused(.invalidParameter))
    }
    // Who takes the reservation keeps his own registration.
    let going = registrations.filter {
      takes ? $0.partition != partition && (isOfAll || $0.key == other) : $0.key == other
    }.map(\.partition)
    guard takes || !going.isEmpty else { return .conflict }
    registrations.removeAll { going.contains($0.partition) }
    generation &+= 1
    if takes {
      persistent = Persistent(type: type, holder: partition)
      if held?.type != type { outcome.tell(others(than: partition), .reservationsReleased) }
    } else if isOfAll, registrations.isEmpty {
      persistent = nil
    }
    let preempted = going.filter { $0 != partition }
    outcome.tell(preempted, .registrationsPreempted)
    if isAborting { outcome.aborted = preempted }
    return outcome
  }

  private func others(than partition: Int) -> [Int] {
    registrations.map(\.partition).filter { $0 != partition }
  }
}

extension DeviceControl {
  /// The key by which who asks has registered; nil where none is needed.
  fileprivate var key: UInt64? {
    switch self {
    case .reserve(_, let key), .release(_, let key), .clear(let key), .preempt(_, _, let key, _):
      key
    case .test, .report, .register, .reserveUnit, .releaseUnit, .resetUnit: nil
    }
  }
}
