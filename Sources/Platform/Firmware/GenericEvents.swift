// What the guest's operating system is told through ACPI, as a value.

import Quantities

/// The generic event register and the processor hot-plug registers that the DSDT reads.
struct GenericEvents: SavedState {
  static let kind = "generic events"
  static let version = 2

  /// Event bit: the power button was pressed.
  static let powerButton: UInt32 = 1
  /// Event bit: a processor came, or one is wanted back.
  static let processors: UInt32 = 2
  /// Event bit: a device came or went, or one is wanted back.
  static let devices: UInt32 = 4
  /// Event bit: storage came, or some is wanted back.
  static let storage: UInt32 = 8

  /// What is known of one processor.
  private struct Entry: Codable, Equatable, Sendable {
    var isPresent = false
    var isInserting = false
    var isRemoving = false
    /// The guest has ejected it, and the firmware has not answered or has refused.
    var isEjecting = false
    /// The firmware wants it back and has not heard what becomes of it.
    @Added var isWanted = false

    /// Bits of the flags register.
    var flags: UInt8 {
      (isPresent ? Flag.present : 0) | (isInserting ? Flag.inserting : 0)
        | (isRemoving ? Flag.removing : 0)
    }
  }

  /// Bits of the flags register; EJECT is written only.
  private enum Flag {
    static let present: UInt8 = 1
    static let inserting: UInt8 = 2
    static let removing: UInt8 = 4
    static let eject: UInt8 = 8
  }

  /// What `_OST` says of an ejection; 0 is success, anything else a failure.
  private enum Status {
    static let inProgress: UInt32 = 0x84
  }

  private(set) var pending: UInt32 = 0
  private(set) var selector: UInt32 = 0
  private var entries: [Entry]

  /// How many processors it has registers for.
  var processorCount: Int { entries.count }

  /// Registers for at most `maximumProcessors` processors.
  init(maximumProcessors: Int) {
    entries = [Entry](repeating: Entry(), count: max(0, maximumProcessors))
  }

  /// Forgets all events; which processors are present stays.
  mutating func reset() {
    pending = 0
    selector = 0
    entries = entries.map { Entry(isPresent: $0.isPresent) }
  }

  /// Adds event bits.
  mutating func raise(_ events: UInt32) { pending |= events }

  /// Reads the event register, which clears it.
  mutating func takePending() -> UInt32 {
    let value = pending
    pending = 0
    return value
  }

  /// Sets whether a processor is there.
  mutating func setPresent(_ number: Int, _ value: Bool) {
    change(number) {
      $0.isPresent = value
      $0.isEjecting = false
      $0.isWanted = false
    }
  }

  /// Announces that a processor came.
  mutating func insert(_ number: Int) { change(number) { $0.isInserting = true } }

  /// Announces that a processor is wanted back.
  mutating func remove(_ number: Int) {
    change(number) {
      $0.isRemoving = true
      $0.isEjecting = false
      $0.isWanted = true
    }
  }

  /// Reads the flags of the selected processor.
  func flags() -> UInt8 { selected.map { entries[$0].flags } ?? 0 }

  /// Selects a processor.
  mutating func select(_ value: UInt32) { selector = value }

  /// Writes the flags of the selected processor; returns the number of a processor that is ejected.
  ///
  /// Processor 0 starts the system and has no eject register. One that was ejected is not ejected
  /// again before the firmware asks for it: a guest that goes on writing makes no further work.
  mutating func writeFlags(_ value: UInt8) -> Int? {
    guard let number = selected else { return nil }
    // Cannot trap: `selected` is one of them.
    if value & Flag.inserting != 0 { entries[number].isInserting = false }
    // Cannot trap: the same.
    if value & Flag.removing != 0 { entries[number].isRemoving = false }
    // Cannot trap: the same.
    guard value & Flag.eject != 0, number > 0, entries[number].isPresent,
      !entries[number].isEjecting
    else { return nil }
    // Cannot trap: the same.
    entries[number].isEjecting = true
    return number
  }

  /// Writes how the request for the selected processor ended (ACPI 6.3, `_OST`); returns the number of a
  /// processor that is not given, once for each time that the firmware asked for it.
  mutating func writeStatus(_ value: UInt32) -> Int? {
    let isUnderWay = value == 0 || value == Status.inProgress
    // Cannot trap: `selected` is one of them.
    guard !isUnderWay, let number = selected, entries[number].isWanted else { return nil }
    // Cannot trap: the same.
    entries[number].isWanted = false
    return number
  }

  private mutating func change(_ number: Int, _ body: (inout Entry) -> Void) {
    guard entries.indices.contains(number) else { return }
    // Cannot trap: judged above.
    body(&entries[number])
  }

  private var selected: Int? {
    guard let number = Int(exactly: selector), entries.indices.contains(number) else { return nil }
    return number
  }
}
