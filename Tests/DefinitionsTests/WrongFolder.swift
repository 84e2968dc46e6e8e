import Testing

/// A wrong machine folder with every message it gives.
///
/// Oracle: `Docs/Definitions.md` and the IOCP User's Guide for what is wrong.
struct WrongFolder: CustomTestStringConvertible, Sendable {
  /// What is wrong with it.
  let name: String
  /// Files of the folder.
  let files: [String: String]
  /// Every finding, in order.
  let messages: [String]

  var testDescription: String { name }
}

extension WrongFolder {
  static let machine =
    "MACHINE TEST\nPROCESSOR CP 4 MHZ 10\nPROCESSOR IFL 2 MHZ 100\nSTORAGE 1G INCREMENT 16M\n"
  static let one =
    "PARTITION ONE\n  STORAGE INITIAL 16M\n"
  static let two =
    "PARTITION ONE\n  STORAGE INITIAL 16M\nPARTITION TWO\n  STORAGE INITIAL 16M\n"
  static let resource =
    "       RESOURCE PARTITION=((CSS(0),(ONE,1),(TWO,2)))\n"
  static let path =
    "       CHPID  PATH=(CSS(0),10),SHARED,TYPE=FC\n"
  static let unit =
    "       CNTLUNIT CUNUMBR=0200,PATH=((CSS(0),10)),\n             UNITADD=((00,016)),UNIT=2107\n"
  static let device =
    "       IODEVICE ADDRESS=(0200,016),CUNUMBR=(0200),UNIT=3390\n"
}
