/// What the process tells its caller when it ends.
enum ExitStatus {
  /// Everything was done.
  static let done: Int32 = 0
  /// A script's command failed or, by `plan`, would; `check` found an error, `stress` a loss.
  static let failed: Int32 = 1
  /// A file or folder that was named cannot be used; nothing was started.
  static let unusable: Int32 = 2
  /// The guest of `boot` did not switch itself off: a triple fault, or it waits for ever.
  ///
  /// Even, since the statuses of `debugExit` are the odd ones.
  static let guestEnded: Int32 = 4
  /// The host refused what is needed: output cannot be written, or no memory, thread or descriptor.
  ///
  /// Of sysexits.h (EX_IOERR), and no value of the debug exit port.
  static let hostFailed: Int32 = 74
  /// Ended by a signal: this and the signal's number.
  static let signalBase: Int32 = 128

  /// The guest of `boot` wrote a value to its debug exit port: (value << 1) | 1, of which a process
  /// can return the low eight bits.
  ///
  /// `boot` gives no other odd status but that of a signal of an odd number, which it also tells.
  static func debugExit(_ value: UInt32) -> Int32 {
    Int32((value << 1 | 1) & 0xFF)
  }

  /// The part of the help text that says so.
  static let discussion = """
    Exit status: 0 everything was done; 1 a script's command failed or, by plan, would fail, check \
    found an error, or stress found a loss; 2 a file or folder cannot be used and nothing was \
    started; 4 the guest of boot ended without switching itself off; 64 the command line is wrong; \
    74 the host refused output, memory or a thread; \
    128+n ended by signal n. A script that ends with &EXIT n gives the status n.
    """
}
