/// Serial line 1: its chip, its interrupt line, and what waits to be received or sent on.
final class SerialPort {
  private(set) var chip = SerialChip()
  private let line: InterruptLine
  private var waitingInput: ArraySlice<UInt8> = []
  /// What the guest has sent since it was last taken.
  private var output: [UInt8] = []
  /// Reads of the line status that found nothing, since something was last received or sent.
  private var idlePolls = 0
  private static let lineStatus: UInt8 = 5
  /// More polls than any driver makes to find out what the chip is or to send a byte.
  private static let pollLimit = 64

  /// Whether the guest asks again and again for something that is typed.
  var isPolled: Bool { idlePolls >= Self.pollLimit }

  /// A serial line whose interrupts go to `line`.
  init(line: InterruptLine) { self.line = line }

  /// Returns to the state after power-on; input that waits is dropped.
  func reset() {
    chip = SerialChip()
    waitingInput.removeAll()
    idlePolls = 0
    update()
  }

  /// Reads register 0...7.
  func read(_ register: UInt8) -> UInt8 {
    let value = chip.read(register)
    if register == Self.lineStatus, value & 1 == 0 {
      idlePolls = min(idlePolls &+ 1, Self.pollLimit)
    }
    update()
    return value
  }

  /// Writes register 0...7.
  func write(_ register: UInt8, _ value: UInt8) {
    if register == 0 {
      idlePolls = 0
      // The line falls before it rises again: each byte sent is a new edge when the holding
      // register's interrupt is wanted.
      let byte = chip.write(0, value)
      if let byte { output.append(byte) }
      if chip.isInterrupting { line.set(false) }
    } else {
      _ = chip.write(register, value)
    }
    update()
  }

  /// Adds bytes that arrive on the line.
  func receive(_ bytes: [UInt8]) {
    waitingInput += bytes
    idlePolls = 0
    update()
  }

  /// Takes what was sent; empty when nothing was.
  func takeOutput() -> [UInt8] {
    guard !output.isEmpty else { return [] }
    defer { output = [] }
    return output
  }

  private func update() {
    if !waitingInput.isEmpty, chip.receiverSpace > 0 {
      for byte in waitingInput.prefix(max(0, chip.receiverSpace)) {
        chip.receive(byte)
        // What is left is not moved: each byte goes once, whatever waits behind it.
        _ = waitingInput.popFirst()
      }
    }
    line.set(chip.isInterrupting)
  }
}
