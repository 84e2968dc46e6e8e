// Serial line 1 of every PC: a chip, its wire, and what waits to be received or sent.

import Quantities

/// What a serial line remembers.
struct SerialPortState: SavedState {
  static let kind = "serial line"
  static let version = 1

  var chip = SerialChip()
  /// What waits to be received, from `receivedCount` on.
  var waitingInput: [UInt8] = []
  /// How much of it has been received: what is left is not moved for each byte.
  var receivedCount = 0
  /// What the guest has sent since it was last taken.
  var output: [UInt8] = []
  /// Reads of the line status that found nothing, since something was last received or sent.
  var idlePolls = 0

  /// The next byte that waits.
  mutating func nextInput() -> UInt8? {
    guard let byte = waitingInput.element(at: receivedCount) else { return nil }
    receivedCount &+= 1
    if receivedCount == waitingInput.count {
      waitingInput = []
      receivedCount = 0
    }
    return byte
  }
}

/// Serial line 1: its chip, its interrupt line, and what waits to be received or sent on.
final class SerialPort: BusTarget, Device {
  private(set) var state = SerialPortState()
  private let line: InterruptLine
  private static let lineStatus = 5
  /// More polls than any driver makes to find out what the chip is or to send a byte.
  private static let pollLimit = 64

  /// Whether the guest asks again and again for something that is typed.
  var isPolled: Bool { state.idlePolls >= Self.pollLimit }

  /// Bytes that wait to be received.
  var waitingCount: Int { state.waitingInput.count &- state.receivedCount }

  /// A serial line whose interrupts go to `line`.
  init(line: InterruptLine) { self.line = line }

  /// Returns to the state after power-on; input that waits is dropped.
  func reset() {
    // What was sent before is still on its way.
    let output = state.output
    state = SerialPortState()
    state.output = output
    update()
  }

  /// Takes up what was remembered; the line's level is the interrupt controllers'.
  func restore(_ other: SerialPortState) throws(StateRefusal) {
    guard 0...other.waitingInput.count ~= other.receivedCount else {
      throw .inconsistent(kind: "serial line", what: "what waits")
    }
    state = other
  }

  static func devices(of configuration: ComputerConfiguration, on bus: SystemBus) -> [SerialPort] {
    [SerialPort(line: bus.line(to: PCLayout.serialPin))]
  }

  var regions: [DeviceRegion] { [.ports(PCLayout.serialPort, count: 8)] }

  override func read(_ register: Int, _ access: DeviceAccess) -> UInt64? {
    guard access.size == 1 else { return nil }
    let value = state.chip.read(UInt8(truncatingIfNeeded: register))
    if register == Self.lineStatus, value & 1 == 0 {
      state.idlePolls = min(state.idlePolls &+ 1, Self.pollLimit)
    }
    update()
    return UInt64(value)
  }

  override func write(_ register: Int, _ value: UInt64, _ access: DeviceAccess) -> Bool {
    guard access.size == 1 else { return false }
    let byte = UInt8(truncatingIfNeeded: value)
    if register == 0 {
      state.idlePolls = 0
      // The line falls before it rises again: each byte sent is a new edge when the holding
      // register's interrupt is wanted.
      let sent = state.chip.write(0, byte)
      if let sent { state.output.append(sent) }
      if state.chip.isInterrupting { line.set(false) }
    } else {
      _ = state.chip.write(UInt8(truncatingIfNeeded: register), byte)
    }
    update()
    return true
  }

  func description() -> [MachineLanguage.Term] {
    typealias AML = MachineLanguage
    return [
      AML.device(
        "COM1",
        [
          AML.name("_HID", AML.compressedIdentifier("PNP0501")), AML.name("_UID", AML.integer(0)),
          AML.name(
            "_CRS",
            AML.resources([
              AML.portResource(UInt16(PCLayout.serialPort), 8),
              AML.interruptResource(UInt32(PCLayout.serialPin), isLevel: false),
            ])),
        ])
    ]
  }

  /// Adds bytes that arrive on the line.
  func receive(_ bytes: [UInt8]) {
    if state.receivedCount > state.waitingInput.count / 2 {
      state.waitingInput = Array(state.waitingInput.dropFirst(max(0, state.receivedCount)))
      state.receivedCount = 0
    }
    state.waitingInput += bytes
    state.idlePolls = 0
    update()
  }

  /// Takes what was sent; empty when nothing was.
  func takeOutput() -> [UInt8] {
    guard !state.output.isEmpty else { return [] }
    defer { state.output = [] }
    return state.output
  }

  private func update() {
    while state.chip.receiverSpace > 0, let byte = state.nextInput() { state.chip.receive(byte) }
    line.set(state.chip.isInterrupting)
  }
}

extension SerialPort: StateHolder {
  static let roles = PropertyRoles(state: ["state"], wiring: ["line"])
}
