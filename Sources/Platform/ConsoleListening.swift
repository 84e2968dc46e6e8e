// Whether a guest would hear what is typed, and how much of it waits.

extension Computer {
  /// Whether the guest has asked for interrupts when something is typed, or polls: its console is open.
  package var takesConsoleInput: Bool {
    guard let serial else { return false }
    return serial.state.chip.interruptEnable & 1 != 0 || serial.isPolled
  }

  /// Bytes that were typed and that the guest has not taken.
  package var waitingConsoleInput: Int { serial?.waitingCount ?? 0 }
}
