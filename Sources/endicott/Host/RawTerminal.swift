import Foundation

/// The terminal on standard input, switched so that every key goes to a guest as it is.
///
/// `restore` gives back what was there; `leave` does so even from a signal's way out.
struct RawTerminal {
  private let original: termios

  /// Switches the terminal; nil when standard input is not a terminal.
  init?() {
    var settings = termios()
    guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
    original = settings
    settings.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
    settings.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
    settings.c_cflag |= tcflag_t(CS8)
    withUnsafeMutableBytes(of: &settings.c_cc) { characters in
      characters[Int(VMIN)] = 0
      characters[Int(VTIME)] = 0
    }
    guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
  }

  /// Gives the terminal back as it was.
  func restore() {
    var settings = original
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }
}

/// The keys that act on the simulator while a guest has the terminal: Ctrl-A, then a letter.
struct EscapeKeys {
  /// What a key asked for.
  enum Request { case leave }

  private static let escape: UInt8 = 0x01
  private var isPending = false

  /// Takes what was typed; gives what goes to the guest and what was asked for.
  ///
  /// Ctrl-A X leaves, Ctrl-A Ctrl-A is a Ctrl-A for the guest, Ctrl-A and anything else is nothing.
  mutating func take(_ bytes: [UInt8]) -> (forGuest: [UInt8], request: Request?) {
    var forGuest: [UInt8] = []
    for byte in bytes {
      if isPending {
        isPending = false
        if byte == UInt8(ascii: "x") || byte == UInt8(ascii: "X") { return (forGuest, .leave) }
        if byte == EscapeKeys.escape { forGuest.append(byte) }
      } else if byte == EscapeKeys.escape {
        isPending = true
      } else {
        forGuest.append(byte)
      }
    }
    return (forGuest, nil)
  }
}
