import Foundation
import Quantities

/// What a guest's output has changed at the terminal, and what gives it back as it was.
///
/// It reads the output as a terminal does (ECMA-48, xterm's control sequences) and remembers only
/// what differs from a terminal at rest. Its memory is bounded whatever the guest writes.
struct GuestScreen {
  private enum Place: Equatable {
    case text
    case escape
    /// After ESC and an intermediate byte.
    case intermediate(UInt8)
    /// After CSI.
    case control
    /// Within OSC (true) or another string, up to its end.
    case string(isCommand: Bool)
    /// ESC within a string.
    case stringEscape(isCommand: Bool)
  }

  /// Whether a private mode is on in a terminal at rest: automatic wrap, the cursor's being seen.
  private static func isOnAtRest(_ mode: Int) -> Bool { mode == 7 || mode == 25 }

  /// Whether a private mode is one that is put back.
  private static func isKnown(_ mode: Int) -> Bool {
    switch mode {
    case 1, 5, 6, 7, 9, 25, 45, 47, 66, 69, 1000...1006, 1015, 1016, 1047, 1049, 2004, 2026, 2027,
      2031, 2048:
      true
    default: false
    }
  }

  /// Ways to the alternate screen; what they leave is left first.
  private static let alternateScreens = [1049, 1047, 47]
  private static let parameterLimit = 64

  private var place = Place.text
  private var previous: UInt8 = 0
  private var parameters: [UInt8] = []
  private var changedModes: Set<Int> = []
  private var changedANSIModes: Set<Int> = []
  private var changedCommands: Set<Int> = []
  private var hasRendition = false
  private var hasMargins = false
  private var hasTabs = false
  private var hasKeypad = false
  private var hasCursorStyle = false
  private var hasKeyModifiers = false
  private var keyboardLevels = 0
  private var isShiftedOut = false
  private var changedSets: Set<UInt8> = []

  /// Reads a piece of output.
  mutating func note(_ bytes: [UInt8]) {
    for byte in bytes {
      note(byte)
      previous = byte
    }
  }

  /// What puts the terminal back; empty when nothing was changed.
  var restoration: [UInt8] {
    var text = ""
    if place != .text {
      // Ends what was begun: a string by ST, anything else by CAN.
      switch place {
      case .string, .stringEscape: text += "\u{1B}\\"
      default: text += "\u{18}"
      }
    }
    for mode in GuestScreen.alternateScreens where changedModes.contains(mode) {
      text += "\u{1B}[?\(mode)l"
    }
    let others = changedModes.subtracting(GuestScreen.alternateScreens)
    for mode in others.sorted() {
      text += "\u{1B}[?\(mode)\(GuestScreen.isOnAtRest(mode) ? "h" : "l")"
    }
    for mode in changedANSIModes.sorted() { text += "\u{1B}[\(mode)l" }
    if hasMargins { text += "\u{1B}7\u{1B}[r\u{1B}8" }
    if hasTabs { text += "\u{1B}[?5W" }
    if hasKeypad { text += "\u{1B}>" }
    if isShiftedOut { text += "\u{0F}" }
    for set in changedSets.sorted() { text += "\u{1B}\(Unicode.Scalar(set))B" }
    if hasCursorStyle { text += "\u{1B}[0 q" }
    if hasKeyModifiers { text += "\u{1B}[>4m" }
    if keyboardLevels > 0 { text += "\u{1B}[<\(keyboardLevels)u" }
    text += changedCommands.sorted().map(GuestScreen.restoration(ofCommand:)).joined()
    if hasRendition { text += "\u{1B}[m" }
    return Array(text.utf8)
  }

  /// Whether the terminal keeps titles on a stack, as xterm does; a plain one shows what it does not
  /// know.
  static var keepsTitle: Bool {
    let name = ProcessInfo.processInfo.environment["TERM"] ?? "dumb"
    return !["dumb", "linux", "vt100", "vt220", "unknown", ""].contains(name)
  }

  // MARK: Reading

  private mutating func note(_ byte: UInt8) {
    if byte == 0x18 || byte == 0x1A {
      place = .text
      return
    }
    switch place {
    case .text: noteText(byte)
    case .escape: noteEscape(byte)
    case .intermediate(let first): noteIntermediate(first, byte)
    case .control: noteControl(byte)
    case .string(let isCommand):
      switch byte {
      case 0x1B: place = .stringEscape(isCommand: isCommand)
      case 0x07: endString(isCommand)
      case 0x9C where previous == 0xC2: endString(isCommand)
      default: keep(byte)
      }
    case .stringEscape(let isCommand):
      endString(isCommand)
      if byte != 0x5C {
        place = .escape
        noteEscape(byte)
      }
    }
  }

  private mutating func noteText(_ byte: UInt8) {
    switch byte {
    case 0x1B: place = .escape
    case 0x0E: isShiftedOut = true
    case 0x0F: isShiftedOut = false
    // The controls above 7F, as UTF-8 has them.
    case 0x90...0x9F where previous == 0xC2: noteEscape(byte &- 0x40)
    default: break
    }
  }

  private mutating func noteEscape(_ byte: UInt8) {
    place = .text
    parameters.removeAll(keepingCapacity: true)
    switch byte {
    case 0x1B: place = .escape
    case 0x5B: place = .control
    case 0x5D: place = .string(isCommand: true)
    case 0x50, 0x58, 0x5E, 0x5F: place = .string(isCommand: false)
    case 0x20...0x2F: place = .intermediate(byte)
    case 0x3D: hasKeypad = true
    case 0x3E: hasKeypad = false
    case 0x48: hasTabs = true
    case 0x63: reset()
    default: break
    }
  }

  private mutating func noteIntermediate(_ first: UInt8, _ byte: UInt8) {
    if byte == 0x1B {
      place = .escape
      return
    }
    guard !(0x20...0x2F).contains(byte) else { return }
    place = .text
    guard (0x28...0x2B).contains(first) else { return }
    if byte == 0x42 { changedSets.remove(first) } else { changedSets.insert(first) }
  }

  private mutating func noteControl(_ byte: UInt8) {
    switch byte {
    case 0x1B: place = .escape
    case 0x20...0x3F: keep(byte)
    case 0x40...0x7E:
      place = .text
      finishControl(byte)
    default: break
    }
  }

  private mutating func keep(_ byte: UInt8) {
    if parameters.count < GuestScreen.parameterLimit { parameters.append(byte) }
  }

  /// A whole control sequence, by its last byte.
  private mutating func finishControl(_ final: UInt8) {
    let prefix = parameters.first.flatMap { (0x3C...0x3F).contains($0) ? $0 : nil }
    let numbers = parameters.split { !(0x30...0x39).contains($0) }
      .map(GuestScreen.number)
    switch (prefix, final) {
    case (0x3F, 0x68): change(numbers, isOn: true)
    case (0x3F, 0x6C): change(numbers, isOn: false)
    case (nil, 0x68): changedANSIModes.formUnion(numbers.filter { $0 == 2 || $0 == 4 || $0 == 20 })
    case (nil, 0x6C): changedANSIModes.subtract(numbers)
    case (nil, 0x6D): hasRendition = !numbers.allSatisfy { $0 == 0 }
    case (nil, 0x72): hasMargins = true
    case (nil, 0x67): hasTabs = true
    case (nil, 0x71) where parameters.last == 0x20: hasCursorStyle = true
    case (nil, 0x70) where parameters.last == 0x21: reset(isSoft: true)
    case (0x3E, 0x6D): hasKeyModifiers = true
    case (0x3E, 0x75): if keyboardLevels < 99 { keyboardLevels &+= 1 }
    case (0x3C, 0x75):
      keyboardLevels = max(0, keyboardLevels &- max(1, min(99, numbers.first ?? 1)))
    default: break
    }
  }

  /// Decimal digits as a number, however many they are.
  private static func number(_ digits: ArraySlice<UInt8>) -> Int {
    digits.reduce(0) { $0.multipliedClamped(by: 10).addingClamped(Int($1 &- 0x30)) }
  }

  private mutating func change(_ numbers: [Int], isOn: Bool) {
    for mode in numbers where GuestScreen.isKnown(mode) {
      if isOn == GuestScreen.isOnAtRest(mode) {
        changedModes.remove(mode)
      } else {
        changedModes.insert(mode)
      }
    }
  }

  /// The end of a string; commands that change colours, links or the pointer are remembered.
  private mutating func endString(_ isCommand: Bool) {
    place = .text
    guard isCommand else { return }
    let digits = parameters.prefix { (0x30...0x39).contains($0) }
    guard !digits.isEmpty else { return }
    let number = GuestScreen.number(digits)
    let rest = parameters.dropFirst(digits.count)
    switch number {
    // A link that is empty ends the one before.
    case 8:
      if rest.elementsEqual(";;".utf8) {
        changedCommands.remove(8)
      } else {
        changedCommands.insert(8)
      }
    case 4, 5, 10...19, 22: changedCommands.insert(number)
    case 104, 105, 110...119: changedCommands.remove(number &- 100)
    default: break
    }
  }

  private static func restoration(ofCommand number: Int) -> String {
    switch number {
    case 8: "\u{1B}]8;;\u{1B}\\"
    case 22: "\u{1B}]22;\u{1B}\\"
    default: "\u{1B}]\(number &+ 100)\u{1B}\\"
    }
  }

  /// The guest put the terminal back itself (RIS), or most of it (DECSTR).
  private mutating func reset(isSoft: Bool = false) {
    let kept = isSoft ? changedModes.subtracting([1, 6, 7, 25, 66]) : []
    let commands = isSoft ? changedCommands : []
    self = GuestScreen()
    changedModes = kept
    changedCommands = commands
  }
}
