// The I/O APIC as a value (Intel 82093AA datasheet; version 0x20 adds the EOI register).
// An edge pin sends when its line rises while unmasked. A level pin sends while its line is high,
// unmasked and not yet in service ("remote IRR"); the end of interrupt clears that and looks again.

import Quantities

/// Registers and pins of the I/O APIC.
struct IOAPICChip: Codable, Equatable, Sendable {
  static let pinCount = 24
  private static let masked: UInt64 = 1 << 16
  private static let levelTriggered: UInt64 = 1 << 15
  private static let remoteRequest: UInt64 = 1 << 14

  private(set) var selector: UInt8 = 0
  private(set) var identifier: UInt32 = 0
  private(set) var entries = [UInt64](repeating: masked, count: pinCount)
  private(set) var lines: UInt32 = 0

  /// Whether there is an entry for every pin.
  var isComplete: Bool { entries.count == Self.pinCount }

  /// Whether software has unmasked a pin: someone listens.
  func isUnmasked(pin: Int) -> Bool { entry(pin) & IOAPICChip.masked == 0 }

  /// A pin's entry; masked where there is no such pin.
  private func entry(_ pin: Int) -> UInt64 { entries.element(at: pin) ?? IOAPICChip.masked }

  private mutating func set(_ pin: Int, _ entry: UInt64) {
    guard entries.indices.contains(pin) else { return }
    // Cannot trap: judged above.
    entries[pin] = entry
  }

  /// Sets the level of a pin's line; returns the message that this causes.
  mutating func setLine(_ pin: Int, high: Bool) -> InterruptMessage? {
    // Cannot trap: pins are 0 to 23.
    let bit: UInt32 = 1 << UInt32(pin)
    let rises = high && lines & bit == 0
    if high { lines |= bit } else { lines &= ~bit }
    if entry(pin) & IOAPICChip.levelTriggered != 0 { return evaluate(pin) }
    return rises && isUnmasked(pin: pin) ? message(pin) : nil
  }

  /// A local APIC ended the level interrupt `vector`; returns what is sent again.
  mutating func endOfInterrupt(vector: UInt8) -> [InterruptMessage] {
    var messages: [InterruptMessage] = []
    for pin in 0..<IOAPICChip.pinCount {
      let entry = entry(pin)
      guard entry & IOAPICChip.levelTriggered != 0, entry & 0xFF == UInt64(vector),
        entry & IOAPICChip.remoteRequest != 0
      else { continue }
      set(pin, entry & ~IOAPICChip.remoteRequest)
      if let message = evaluate(pin) { messages.append(message) }
    }
    return messages
  }

  /// Reads a register at a byte offset of the memory window.
  func read(_ offset: UInt64) -> UInt32 {
    switch offset {
    case 0x00: return UInt32(selector)
    case 0x10: return readSelected()
    default: return 0
    }
  }

  /// Writes a register at a byte offset of the memory window; returns the messages that this causes.
  mutating func write(_ offset: UInt64, _ value: UInt32) -> [InterruptMessage] {
    switch offset {
    case 0x00: selector = UInt8(truncatingIfNeeded: value)
    case 0x10: return writeSelected(value)
    case 0x40: return endOfInterrupt(vector: UInt8(truncatingIfNeeded: value))
    default: break
    }
    return []
  }

  private func readSelected() -> UInt32 {
    switch selector {
    case 0: return identifier
    case 1: return 0x20 | UInt32(IOAPICChip.pinCount - 1) << 16
    case 2: return identifier
    case 0x10..<0x10 + UInt8(2 * IOAPICChip.pinCount):
      let entry = entry(Int(selector &- 0x10) >> 1)
      return UInt32(truncatingIfNeeded: selector & 1 == 0 ? entry : entry >> 32)
    default: return 0
    }
  }

  private mutating func writeSelected(_ value: UInt32) -> [InterruptMessage] {
    switch selector {
    case 0: identifier = value & 0x0F00_0000
    case 0x10..<0x10 + UInt8(2 * IOAPICChip.pinCount):
      let pin = Int(selector &- 0x10) >> 1
      if selector & 1 == 1 {
        set(pin, entry(pin) & 0xFFFF_FFFF | UInt64(value) << 32)
        return []
      }
      // Delivery status and remote IRR are read-only; an edge pin has no remote IRR.
      let kept = entry(pin) & (0xFFFF_FFFF_0000_0000 | IOAPICChip.remoteRequest)
      let written = kept | UInt64(value) & 0x1_AFFF
      guard written & IOAPICChip.levelTriggered != 0 else {
        set(pin, written & ~IOAPICChip.remoteRequest)
        return []
      }
      set(pin, written)
      return evaluate(pin).map { [$0] } ?? []
    default: break
    }
    return []
  }

  /// Nobody accepted the level interrupt `vector`: it is not in service.
  mutating func takeBack(vector: UInt8) {
    for pin in 0..<IOAPICChip.pinCount where entry(pin) & 0xFF == UInt64(vector) {
      set(pin, entry(pin) & ~IOAPICChip.remoteRequest)
    }
  }

  private mutating func evaluate(_ pin: Int) -> InterruptMessage? {
    let entry = entry(pin)
    // Cannot trap: pins are 0 to 23.
    guard lines & 1 << UInt32(pin) != 0,
      entry & (IOAPICChip.masked | IOAPICChip.remoteRequest) == 0
    else { return nil }
    // Only interrupts with a vector are ended by an end of interrupt.
    if entry >> 8 & 7 <= 1 { set(pin, entry | IOAPICChip.remoteRequest) }
    return message(pin)
  }

  private func message(_ pin: Int) -> InterruptMessage? {
    let entry = entry(pin)
    let mode = UInt8(truncatingIfNeeded: entry >> 8 & 7)
    guard let delivery = InterruptMessage.Delivery(rawValue: mode) else {
      return nil
    }
    let target =
      entry >> 56 == 0xFF ? LocalAPICChip.broadcast : UInt32(truncatingIfNeeded: entry >> 56)
    return InterruptMessage(
      delivery: delivery == .external ? .fixed : delivery,
      vector: UInt8(truncatingIfNeeded: entry), isLevel: entry & IOAPICChip.levelTriggered != 0,
      destination: entry & 0x800 != 0 ? .logical(target) : .physical(target))
  }
}
