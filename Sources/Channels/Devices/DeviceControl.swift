// What is asked of a device beside blocks: whether it may be used, and reservations, as SCSI has them (SPC-4; for
// RESERVE and RELEASE SPC-2).

/// What a request does with a device, as far as a reservation keeps others from it.
package enum DeviceUse: UInt8, Equatable, Sendable, Codable {
  /// It asks what everybody may know.
  case inquires
  /// It reads, or asks what only readers need.
  case reads
  /// It changes blocks, or what others find there.
  case changes
}

/// What is asked of a device beside blocks.
package enum DeviceControl: Equatable, Sendable, Codable {
  /// Whether it answers, and may be used so.
  case test(DeviceUse)
  /// What is reserved (PERSISTENT RESERVE IN).
  case report(ReservationReport)
  /// Registers a key in place of another, none being 0; whatever it was when no former key is named.
  case register(UInt64, inPlaceOf: UInt64?)
  /// Reserves the device for who has registered a key.
  case reserve(ReservationType, key: UInt64)
  /// Gives the reservation up.
  case release(ReservationType, key: UInt64)
  /// Gives up the reservation and all registrations.
  case clear(key: UInt64)
  /// Takes registrations of a key away, and the reservation with them, and ends what is under way for them.
  case preempt(UInt64, ReservationType, key: UInt64, isAborting: Bool)
  /// Reserves the device for itself (RESERVE).
  case reserveUnit
  /// Gives that up (RELEASE).
  case releaseUnit
  /// Ends what RESERVE reserved, whoever it was (LOGICAL UNIT RESET).
  case resetUnit

  /// Whether it is for those only who may write: who may not must not keep others off.
  var isForWriters: Bool {
    switch self {
    case .test, .report: false
    default: true
    }
  }
}

/// What can be asked of reservations: the service actions of PERSISTENT RESERVE IN.
package enum ReservationReport: UInt8, Equatable, Sendable, Codable {
  case keys = 0
  case reservation = 1
  case capabilities = 2
  case fullStatus = 3
}

/// How a persistent reservation keeps others off (SPC-4, "Persistent reservation type codes").
package enum ReservationType: UInt8, Equatable, Sendable, Codable, CaseIterable {
  case writeExclusive = 1
  case exclusiveAccess = 3
  case writeExclusiveRegistrants = 5
  case exclusiveAccessRegistrants = 6
  case writeExclusiveAllRegistrants = 7
  case exclusiveAccessAllRegistrants = 8

  /// Whether who has registered may go on.
  var isOfRegistrants: Bool { self != .writeExclusive && self != .exclusiveAccess }

  /// Whether all who have registered hold it.
  package var isOfAllRegistrants: Bool {
    self == .writeExclusiveAllRegistrants || self == .exclusiveAccessAllRegistrants
  }

  /// Whether others may read.
  var letsRead: Bool {
    switch self {
    case .writeExclusive, .writeExclusiveRegistrants, .writeExclusiveAllRegistrants: true
    case .exclusiveAccess, .exclusiveAccessRegistrants, .exclusiveAccessAllRegistrants: false
    }
  }
}

/// What a device says when it does not do as it is asked: SCSI's additional sense code and qualifier.
package enum DeviceSense: UInt16, Equatable, Sendable, Codable {
  /// Somebody has reset it.
  case reset = 0x2903
  case reservationsPreempted = 0x2A03
  case reservationsReleased = 0x2A04
  case registrationsPreempted = 0x2A05
  case invalidParameter = 0x2600
  /// A reservation is given up that is of another type.
  case invalidRelease = 0x2604
  /// There is no room for another registration.
  case registrationsFull = 0x5504

  /// Whether it tells of what happened before, and not of what was asked (UNIT ATTENTION).
  package var isAttention: Bool { rawValue >> 8 == 0x29 || rawValue >> 8 == 0x2A }
}
