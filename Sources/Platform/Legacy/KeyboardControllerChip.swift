// The keyboard controller 8042 of a PC/AT with a keyboard and no mouse, as a value. Sources: IBM
// Personal System/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device
// Controller" and "Keyboards (101- and 102-Key)".

import Quantities

/// Registers of the keyboard controller, and the keyboard at its other end.
struct KeyboardControllerChip: Codable, Equatable, Sendable {
  /// What a write asks of the board.
  enum Effect: Equatable { case none, reset, gateChanged }

  private struct Byte: Codable, Equatable, Sendable {
    var value: UInt8
    var isAuxiliary = false
  }

  /// Bits of the command byte.
  private enum Command {
    static let interrupt: UInt8 = 0x01
    static let auxiliaryInterrupt: UInt8 = 0x02
    static let system: UInt8 = 0x04
    static let keyboardOff: UInt8 = 0x10
    static let auxiliaryOff: UInt8 = 0x20
    static let translate: UInt8 = 0x40
  }

  /// Bits of the output port.
  private enum OutputPort {
    static let running: UInt8 = 0x01
    static let gate: UInt8 = 0x02
  }

  private static let queueLimit = 16

  private(set) var commandByte: UInt8 = 0x45
  private(set) var outputPort: UInt8 = 0xCF
  private var memory = [UInt8](repeating: 0, count: 32)
  private var queue: [Byte] = []
  /// The controller's command that waits for its data byte; 0 when none does.
  private var waiting: UInt8 = 0
  private var lastWasCommand = false
  private var lastRead: UInt8 = 0
  private var keyboardWaiting: UInt8 = 0
  private var scanCodes: UInt8 = 2
  private(set) var isScanning = true

  /// Whether there is every register: a state that is not damaged has them.
  var isComplete: Bool { memory.count == 32 }

  /// Whether the controller lets address bit 20 through.
  var opensGate: Bool { outputPort & OutputPort.gate != 0 }

  /// Level of the keyboard's interrupt (request 1).
  var isInterrupting: Bool {
    guard let first = queue.first, !first.isAuxiliary else { return false }
    return commandByte & Command.interrupt != 0
  }

  /// Level of the auxiliary device's interrupt (request 12).
  var isAuxiliaryInterrupting: Bool {
    guard let first = queue.first, first.isAuxiliary else { return false }
    return commandByte & Command.auxiliaryInterrupt != 0
  }

  /// Sets the gate as port 0x92 does, which shares it.
  mutating func setGate(_ isOpen: Bool) {
    outputPort = outputPort & ~OutputPort.gate | (isOpen ? OutputPort.gate : 0)
  }

  // MARK: Ports

  /// Reads port 0x60.
  mutating func readData() -> UInt8 {
    if !queue.isEmpty { lastRead = queue.removeFirst().value }
    return lastRead
  }

  /// Reads port 0x64.
  func readStatus() -> UInt8 {
    // Bit 4: the keyboard is not locked.
    var status: UInt8 = 0x10 | commandByte & Command.system | (lastWasCommand ? 0x08 : 0)
    if let first = queue.first { status |= first.isAuxiliary ? 0x21 : 0x01 }
    return status
  }

  /// Writes port 0x64.
  mutating func writeCommand(_ value: UInt8) -> Effect {
    lastWasCommand = true
    waiting = 0
    switch value {
    case 0x20: answer(commandByte)
    case 0x21...0x3F: answer(memory.element(at: Int(value & 31)) ?? 0)
    case 0x60...0x7F, 0xD1...0xD4: waiting = value
    case 0xA4: answer(0xF1)
    case 0xA7: commandByte |= Command.auxiliaryOff
    case 0xA8: commandByte &= ~Command.auxiliaryOff
    case 0xA9, 0xAB: answer(0)
    case 0xAA:
      queue.removeAll()
      commandByte |= Command.system
      answer(0x55)
    case 0xAD: commandByte |= Command.keyboardOff
    case 0xAE: commandByte &= ~Command.keyboardOff
    case 0xC0: answer(0xA0)
    case 0xD0: answer(outputPort)
    case 0xE0: answer(0)
    // Pulses the output port's bits that are clear here; bit 0 is the processor's reset.
    case 0xF0...0xFF: return value & 1 == 0 ? .reset : .none
    default: break
    }
    return .none
  }

  /// Writes port 0x60.
  mutating func writeData(_ value: UInt8) -> Effect {
    lastWasCommand = false
    let command = waiting
    waiting = 0
    switch command {
    case 0:
      commandByte &= ~Command.keyboardOff
      writeKeyboard(value)
    case 0x60: commandByte = value
    // Cannot trap: there are 32 bytes.
    case 0x61...0x7F: memory[Int(command & 31)] = value
    case 0xD1: return writeOutputPort(value)
    case 0xD2: send(Byte(value: value))
    case 0xD3: send(Byte(value: value, isAuxiliary: true))
    // Nothing is attached: the controller reports that the byte could not be sent.
    case 0xD4: send(Byte(value: 0xFE, isAuxiliary: true))
    default: break
    }
    return .none
  }

  private mutating func writeOutputPort(_ value: UInt8) -> Effect {
    let changes = (value ^ outputPort) & OutputPort.gate != 0
    outputPort = value
    if value & OutputPort.running == 0 { return .reset }
    return changes ? .gateChanged : .none
  }

  private mutating func answer(_ value: UInt8) { send(Byte(value: value)) }

  private mutating func send(_ byte: Byte) {
    if queue.count < Self.queueLimit { queue.append(byte) }
  }

  // MARK: The keyboard

  private static let acknowledge: UInt8 = 0xFA

  private mutating func writeKeyboard(_ value: UInt8) {
    let command = keyboardWaiting
    keyboardWaiting = 0
    switch command {
    case 0: break
    case 0xF0 where value == 0: return respond(Self.acknowledge, scanCodes)
    case 0xF0:
      if (1...3).contains(value) { scanCodes = value }
      return respond(Self.acknowledge)
    default: return respond(Self.acknowledge)
    }
    switch value {
    case 0xED, 0xF0, 0xF3:
      keyboardWaiting = value
      respond(Self.acknowledge)
    case 0xEE: respond(0xEE)
    case 0xF2: respond(Self.acknowledge, 0xAB, 0x83)
    case 0xF4, 0xF5, 0xF6:
      isScanning = value != 0xF5
      if value == 0xF6 { scanCodes = 2 }
      respond(Self.acknowledge)
    case 0xFF:
      isScanning = true
      scanCodes = 2
      respond(Self.acknowledge, 0xAA)
    default: respond(0xFE)
    }
  }

  /// Bytes of the keyboard pass the translation to scan code set 1.
  private mutating func respond(_ bytes: UInt8...) {
    for byte in bytes {
      let isTranslated = commandByte & Command.translate != 0
      send(Byte(value: isTranslated ? Self.translated(byte) : byte))
    }
  }

  /// Translation of the bytes that the keyboard answers with; from 0x85 on they stay.
  private static func translated(_ byte: UInt8) -> UInt8 {
    switch byte {
    case 0x01: 0x43
    case 0x02: 0x41
    case 0x03: 0x3F
    case 0x83: 0x41
    case 0x84: 0x54
    default: byte
    }
  }
}
