// What a guest's operating system is told of devices that come and go, and what it answers, as a value.

import Quantities

/// The registers that the DSDT reads and writes for the places of devices, each by its number.
struct PlaceEvents: SavedState {
  /// Disks were the first that came and went.
  static let kind = "disk events"
  static let version = 1

  /// What a guest says of a device.
  enum Answer: Equatable {
    /// It could not take it.
    case notTaken
    /// It has given it back.
    case ejected
    /// It cannot give it back.
    case kept
  }

  /// What is under way at one place.
  private struct Entry: Codable, Equatable, Sendable {
    /// The guest is to look at it: something came or went.
    var isChecking = false
    /// The device is wanted back.
    var isWanted = false
    /// An answer is awaited to a device that came.
    var isOffered = false
    /// An answer is awaited to the wish for the device.
    var isRecalled = false
    /// The guest has ejected it, and the firmware has not taken it yet.
    var isEjected = false
  }

  /// Bits of the flags register; EJECT is written only.
  private enum Flag {
    static let present: UInt8 = 1
    static let checking: UInt8 = 2
    static let wanted: UInt8 = 4
    static let eject: UInt8 = 8
  }

  /// Notifications and status codes of `_OST` (ACPI specification, "_OST (OSPM Status Indication)").
  private enum Status {
    static let deviceCheck: UInt32 = 1
    static let ejectRequest: UInt32 = 3
    static let success: UInt32 = 0
    /// Of an insertion, that the guest is still about it; of an eject request, that it can never do it.
    static let inProgressOrNotSupported: UInt32 = 0x80
  }

  private(set) var selector: UInt32 = 0
  /// The notification of which the guest is about to say what became of it.
  private var event: UInt32 = 0
  private var entries: Numbered<Entry>

  /// Registers for so many places.
  init(placeCount: Int) { entries = Numbered(repeating: Entry(), count: placeCount) }

  /// How many places it has registers for.
  var placeCount: Int { entries.count }

  /// Forgets all events.
  mutating func reset() { self = PlaceEvents(placeCount: placeCount) }

  // MARK: What the firmware tells

  /// A device came to a place.
  mutating func offer(_ place: Int) { entries[place] = Entry(isChecking: true, isOffered: true) }

  /// The device of a place is wanted back.
  mutating func recall(_ place: Int) {
    entries[place].isWanted = true
    entries[place].isRecalled = true
    entries[place].isEjected = false
  }

  /// The device of a place is not wanted back any more.
  mutating func withdraw(_ place: Int) {
    entries[place].isWanted = false
    entries[place].isRecalled = false
  }

  /// The device of a place is gone; the guest is to look, or knows it.
  mutating func remove(_ place: Int, telling: Bool) { entries[place] = Entry(isChecking: telling) }

  // MARK: What the guest reads and writes

  /// Selects a place.
  mutating func select(_ value: UInt32) { selector = value }

  /// The selected place; nil for a number that no place has.
  var selected: Int? {
    guard let place = Int(exactly: selector), entries.indices.contains(place) else { return nil }
    return place
  }

  /// Reads the flags of the selected place, in which a device is or not.
  func flags(isPresent: Bool) -> UInt8 {
    guard let selected else { return 0 }
    let entry = entries[selected]
    return (isPresent && !entry.isEjected ? Flag.present : 0)
      | (entry.isChecking ? Flag.checking : 0) | (entry.isWanted ? Flag.wanted : 0)
  }

  /// Writes the flags of the selected place, in which a device is or not.
  ///
  /// What was ejected is not ejected again: a guest that goes on writing makes no further work.
  mutating func writeFlags(_ value: UInt8, isPresent: Bool) -> Answer? {
    guard let selected else { return nil }
    if value & Flag.checking != 0 { entries[selected].isChecking = false }
    if value & Flag.wanted != 0 { entries[selected].isWanted = false }
    guard value & Flag.eject != 0, isPresent, !entries[selected].isEjected else { return nil }
    entries[selected].isEjected = true
    return .ejected
  }

  /// Says of which notification the next status is.
  mutating func note(event value: UInt32) { event = value }

  /// Takes what became of a notification at the selected place; nil when nobody waits for it, or it is not over.
  ///
  /// A guest that asks its users says of an eject request at once that it is busy: that is no answer.
  mutating func writeStatus(_ value: UInt32) -> Answer? {
    guard let selected else { return nil }
    switch event {
    case Status.deviceCheck
    where entries[selected].isOffered && value != Status.inProgressOrNotSupported:
      entries[selected].isOffered = false
      // What it has found a driver has still to set up.
      return value == Status.success ? nil : .notTaken
    case Status.ejectRequest
    where entries[selected].isRecalled && value == Status.inProgressOrNotSupported:
      withdraw(selected)
      return .kept
    default: return nil
    }
  }
}
