/// The generic event register and the processor hot-plug registers that the DSDT reads.
struct GenericEvents: Codable, Sendable {
  /// Event bit: the power button was pressed.
  static let powerButton: UInt32 = 1
  /// Event bit: a processor came, or one is wanted back.
  static let processors: UInt32 = 2

  private(set) var pending: UInt32 = 0
  private(set) var selector: UInt32 = 0
  private(set) var isPresent: [Bool]
  private(set) var isInserting: [Bool]
  private(set) var isRemoving: [Bool]

  /// Registers for at most `maximumProcessors` processors.
  init(maximumProcessors: Int) {
    isPresent = [Bool](repeating: false, count: maximumProcessors)
    isInserting = isPresent
    isRemoving = isPresent
  }

  /// Forgets all events; which processors are present stays.
  mutating func reset() {
    pending = 0
    selector = 0
    isInserting = [Bool](repeating: false, count: isPresent.count)
    isRemoving = isInserting
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
  mutating func setPresent(_ number: Int, _ value: Bool) { isPresent[number] = value }

  /// Announces that a processor came.
  mutating func insert(_ number: Int) { isInserting[number] = true }

  /// Announces that a processor is wanted back.
  mutating func remove(_ number: Int) { isRemoving[number] = true }

  /// Reads the flags of the selected processor.
  func flags() -> UInt8 {
    guard let number = selected else { return 0 }
    return (isPresent[number] ? 1 : 0) | (isInserting[number] ? 2 : 0)
      | (isRemoving[number] ? 4 : 0)
  }

  /// Selects a processor.
  mutating func select(_ value: UInt32) { selector = value }

  /// Writes the flags of the selected processor; returns the number of a processor that is ejected.
  mutating func writeFlags(_ value: UInt8) -> Int? {
    guard let number = selected else { return nil }
    if value & 2 != 0 { isInserting[number] = false }
    if value & 4 != 0 { isRemoving[number] = false }
    return value & 8 != 0 && isPresent[number] ? number : nil
  }

  private var selected: Int? {
    selector < UInt32(isPresent.count) ? Int(selector) : nil
  }
}
