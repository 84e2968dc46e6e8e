// Messages of the I/O configuration. Numbers are IOCP's (IOCP User's Guide, messages) where the case
// is the same; the texts are ours. Cases for which no number is known have HCPDEF numbers from 070.

import Partitioning
import Quantities

extension Problem {
  static func deck(_ id: String, _ text: String, _ remedy: String) -> Problem {
    Problem(id: id, severity: .error, text: text, remedy: remedy)
  }

  static func place(_ path: UInt8, _ subsystem: UInt8) -> String {
    "CHPID \(DeviceNumbers.path(path)) in CSS \(hexDigits(subsystem))"
  }

  static func css(_ subsystem: UInt8) -> String {
    "CSS \(hexDigits(subsystem))"
  }

  // MARK: Form

  static let deckOperationMissing = deck(
    "ICP101I", "there is no operation on this card",
    "write ID, RESOURCE, CHPID, CNTLUNIT or IODEVICE")

  static func deckOperation(_ word: String, legal: [String]) -> Problem {
    deck("ICP102I", "\(shown(word)) is not an operation", choice(word, legal))
  }

  static let deckNesting = deck(
    "ICP110I", "there are too many left parentheses", "remove those that nothing needs")

  static func deckContinuationColumn(_ column: Int) -> Problem {
    deck(
      "ICP116I", "the continuation begins in column \(column)",
      "begin it in column \(CardColumn.continuation)")
  }

  static let deckContinuationIgnored = Problem(
    id: "ICP116I", severity: .warning, text: "this card is taken for a comment",
    remedy: "end the operands before it with a comma, or remove the mark in column 72")
  static let deckApostrophe = deck(
    "ICP120I", "the quoted text that begins here does not end", "close it with '")

  static func deckKeywordMissing(_ key: String, of operation: String) -> Problem {
    deck("ICP122I", "\(operation) needs \(key)", "write \(key)=")
  }

  static let deckContinuationExpected = deck(
    "ICP131I", "a continuation is expected after this comma",
    "continue on the next card, or remove the comma")

  static func deckUnexpected(_ text: String) -> Problem {
    deck("HCPDEF070E", "\(shown(text)) cannot stand here", "separate operands with one comma")
  }

  static let deckParenthesis = deck(
    "HCPDEF071E", "the list that begins here does not end", "close it with )")

  static func deckOneValue(_ key: String) -> Problem {
    deck("HCPDEF072E", "\(key) takes one value", "write \(key)=value")
  }

  static func deckOrder(_ statement: String, before other: String) -> Problem {
    deck("HCPDEF073E", "\(statement) must come before \(other)", "move it up")
  }

  static let deckSubsystem = deck(
    "HCPDEF074E", "this is not a channel subsystem", "write CSS(0) to CSS(FF)")
  static let deckPath = deck(
    "HCPDEF075E", "this is not a channel path", "write PATH=(CSS(0),10), two hexadecimal digits")

  static func deckAddress(_ word: String) -> Problem {
    deck("HCPDEF076E", "ADDRESS cannot be \(shown(word))", "write ADDRESS=(0200,016)")
  }

  static func deckDeviceCount(_ word: String) -> Problem {
    deck(
      "HCPDEF076E", "the number of devices cannot be \(shown(word))",
      "write 1-256, and no number above FFFF")
  }

  static let deckSubchannelSet = deck(
    "HCPDEF077E", "this is not a subchannel set",
    "write SCHSET=0 to SCHSET=\(DeviceLimits.setCount - 1)")
  static let deckUnitAddress = deck(
    "HCPDEF077E", "this is not a range of unit addresses", "write UNITADD=((00,016))")

  static func deckAccessList(_ count: Int, sharing: PathSharing) -> Problem {
    deck(
      "HCPDEF078E",
      "\(count) partitions have a \(sharing.rawValue.lowercased()) path on line at once",
      "name one in the access list, or write SHARED")
  }

  static func deckPathUndefined(_ path: UInt8, subsystem: UInt8, known: [UInt8]) -> Problem {
    deck(
      "HCPDEF079E", "\(place(path, subsystem)) has not been defined",
      known.isEmpty
        ? "define it with CHPID before"
        : "define it with CHPID before, or use one of "
          + known.map(DeviceNumbers.path).joined(separator: ", "))
  }

  // MARK: Partitions

  static let deckNullCandidates = deck(
    "ICP138I", "the candidate list is empty", "name a partition that may use it")

  static func deckName(_ word: String) -> Problem {
    deck(
      "ICP147I", "\(shown(word)) cannot be a partition's name", "write 1-8 characters A-Z 0-9 @ # $"
    )
  }

  static func deckPartitionUndefined(_ name: String, subsystem: UInt8?, known: [String]) -> Problem
  {
    let remedy =
      NearestKeyword.of(name, among: known).map { "write \($0), or add \(name) to RESOURCE" }
      ?? "add it to RESOURCE"
    return deck(
      "ICP149I",
      "partition \(name) has not been defined" + (subsystem.map { " for \(css($0))" } ?? ""), remedy
    )
  }

  static func deckImage(_ word: String) -> Problem {
    deck("ICP154I", "the image number cannot be \(shown(word))", "write 1-F")
  }

  static func deckImageTwice(_ word: String, subsystem: UInt8) -> Problem {
    deck(
      "ICP155I", "image number \(shown(word)) is given twice in \(css(subsystem))",
      "write another, 1-F")
  }

  static func deckPartitionTwice(_ name: String, in list: String, first place: Place?) -> Problem {
    deck(
      "ICP156I",
      "partition \(name) is named twice in \(list)" + (place.map { ", " + first($0) } ?? ""),
      "keep one of the two")
  }

  static func deckImages(subsystem: UInt8, limit: Int) -> Problem {
    deck(
      "HCPDEF080E", "\(css(subsystem)) has more than \(limit) partitions",
      "put the others into another CSS, or leave out those without I/O")
  }

  static let deckReservedImage = deck(
    "ICP172I", "a reserved partition needs an image number", "write (*,n)")
  static let deckNoPartition = deck(
    "ICP173I", "RESOURCE names no partition", "name at least one")

  // MARK: Paths, control units, devices

  static func deckPathTwice(_ path: UInt8, subsystem: UInt8, first place: Place) -> Problem {
    deck(
      "ICP200I", "\(self.place(path, subsystem)) is defined twice, \(first(place))",
      "renumber one of the two")
  }

  static func deckPhysicalTwice(_ word: String, first place: Place) -> Problem {
    deck("ICP207I", "PCHID \(shown(word)) is used twice, \(first(place))", "write another")
  }

  static func deckControlUnitNumber(_ word: String) -> Problem {
    deck("ICP117I", "a control unit cannot be \(shown(word))", "write 0000-FFFE")
  }

  static func deckControlUnitTwice(_ unit: UInt16, first place: Place) -> Problem {
    deck(
      "ICP230I", "control unit \(DeviceNumbers.text(unit)) is defined twice, \(first(place))",
      "renumber one of the two")
  }

  static func deckPathRepeated(_ path: UInt8, subsystem: UInt8) -> Problem {
    deck("ICP232I", "\(place(path, subsystem)) is named twice", "keep one of the two")
  }

  static func deckUnitOverlap(_ first: String, count: Int) -> Problem {
    deck(
      "ICP233I", "\(count) unit addresses from \(shown(first)) overlap others or pass FF",
      "write ranges between 00 and FF that do not overlap")
  }

  static func deckUnitCount(_ word: String) -> Problem {
    deck("ICP135I", "the number of unit addresses cannot be \(shown(word))", "write 1-256")
  }

  static func deckUnitLimit(path: UInt8, count: Int, limit: Int) -> Problem {
    deck(
      "ICP238I",
      "CHPID \(DeviceNumbers.path(path)) reaches \(count) unit addresses, the limit is \(limit)",
      "attach the control unit to another path")
  }

  static func deckControlUnitPaths(subsystem: UInt8) -> Problem {
    deck(
      "HCPDEF081E", "the control unit has more than 8 paths in \(css(subsystem))",
      "name at most 8")
  }

  static func deckNotManageable(_ path: UInt8, subsystem: UInt8, _ reason: String) -> Problem {
    deck(
      "HCPDEF098E", "\(place(path, subsystem)) cannot be managed: \(reason)",
      "write TYPE=FC or CNC, SHARED, SWITCH and IOCLUSTER, or leave CHPARM=01 out")
  }

  static func deckManagedPathNamed(_ path: UInt8, subsystem: UInt8) -> Problem {
    deck(
      "HCPDEF099E", "\(place(path, subsystem)) is managed, and a control unit names it",
      "write ** in its place, or leave CHPARM=01 out of its statement")
  }

  static func deckManagedPaths(_ count: Int, beside own: Int, subsystem: UInt8) -> Problem {
    deck(
      "ICP144I", "\(count) managed paths beside \(own) of its own in \(css(subsystem))",
      "name one path at least, and at most 8 with those that are managed")
  }

  static func deckUnitBeyond(_ address: UInt8, count: Int) -> Problem {
    deck(
      "ICP300I", "\(count) unit addresses from \(DeviceNumbers.path(address)) pass FF",
      "write fewer devices, or UNITADD=")
  }

  static func deckControlUnitRepeated(_ unit: UInt16) -> Problem {
    deck(
      "ICP302I", "control unit \(DeviceNumbers.text(unit)) is named twice", "keep one of the two")
  }

  static func deckUnitMissing(_ address: UInt8, unit: UInt16) -> Problem {
    deck(
      "ICP303I",
      "unit address \(DeviceNumbers.path(address)) does not exist in control unit \(DeviceNumbers.text(unit))",
      "widen UNITADD of the control unit, or say UNITADD here")
  }

  static func deckPathsPerDevice(_ device: UInt16, count: Int, subsystem: UInt8) -> Problem {
    deck(
      "ICP304I", "device \(DeviceNumbers.text(device)) has \(count) paths in \(css(subsystem))",
      "attach it to control units with at most 8 paths together")
  }

  static func deckTwoControlUnits(_ device: UInt16, path: UInt8, subsystem: UInt8) -> Problem {
    deck(
      "ICP306I",
      "device \(DeviceNumbers.text(device)) has two control units on \(place(path, subsystem))",
      "attach each control unit to other paths")
  }

  static func deckNoPath(_ path: UInt8, subsystem: UInt8) -> Problem {
    deck(
      "ICP307I", "no path leads to the device by \(place(path, subsystem))",
      "name a path of its control units")
  }

  static func deckControlUnitUndefined(_ unit: UInt16, known: [UInt16]) -> Problem {
    let shown = known.count <= 8 && !known.isEmpty
    return deck(
      "ICP308I", "control unit \(DeviceNumbers.text(unit)) has not been defined",
      "define it with CNTLUNIT before"
        + (shown ? ", or use one of " + known.map(DeviceNumbers.text).joined(separator: ", ") : ""))
  }

  static func deckDisjoint(_ device: UInt16) -> Problem {
    deck(
      "ICP309I", "no partition in the list has a path to device \(DeviceNumbers.text(device))",
      "name one that is in a candidate list of its paths")
  }

  static func deckUnitTwice(device: UInt16, other: UInt16, address: UInt8, unit: UInt16) -> Problem
  {
    deck(
      "ICP352I",
      "device \(DeviceNumbers.text(device)) has unit address \(DeviceNumbers.path(address)) of device "
        + "\(DeviceNumbers.text(other)) on control unit \(DeviceNumbers.text(unit))",
      "say another with UNITADD")
  }

  static func deckDeviceTwice(_ device: UInt16, first place: Place) -> Problem {
    deck(
      "ICP361I", "device \(DeviceNumbers.text(device)) is defined twice, \(first(place))",
      "renumber one of the two")
  }

  // MARK: Number of devices

  static func deckDeviceLimit(_ word: String) -> Problem {
    deck(
      "ICP160I", "MAXDEV cannot be \(shown(word))",
      "write one to five digits, or a number of 1,024 such as 40K")
  }

  static let deckDeviceLimitSets = deck(
    "ICP160I", "a channel subsystem has \(DeviceLimits.setCount) subchannel sets",
    "write MAXDEV=((CSS(0),40K,12K)), one number a set")

  static func deckDeviceLimitTooHigh(
    _ count: Int, set: Int, subsystem: UInt8, most: Int
  ) -> Problem {
    Problem(
      id: "ICP161I", severity: .warning,
      text: "MAXDEV \(count) is more than subchannel set \(set) of \(css(subsystem)) can have",
      remedy: "write \(most), which is taken")
  }

  static func deckDeviceLimitPassed(
    _ device: UInt16, count: Int, limit: Int, subsystem: UInt8
  ) -> Problem {
    deck(
      "ICP301I",
      "\(css(subsystem)) has \(count) devices, and MAXDEV lets it have \(limit): "
        + "device \(DeviceNumbers.text(device)) is the first too many",
      "raise MAXDEV, or remove devices")
  }

  static func deviceNotInDeck(_ device: UInt16) -> Problem {
    deck(
      "HCPDEF082E", "device \(DeviceNumbers.text(device)) is not in the I/O configuration",
      "add it to an IODEVICE statement, or name another")
  }
}

// MARK: - The parts together

extension Problem {
  private static func together(_ number: String, _ text: String, _ remedy: String) -> Problem {
    Problem(id: "HCPDEF\(number)W", severity: .warning, text: text, remedy: remedy)
  }

  static let deckOverlong = together(
    "087", "the operands go on past column 71, where IOCP stops reading",
    "end the card after a comma and continue on the next")

  /// `what` is a keyword, a statement, a TYPE or `**`.
  static func deckUnserved(_ what: String) -> Problem {
    together(
      "088", "\(shown(what)) is read, and nothing here comes of it",
      "leave it for other programs, or remove it")
  }

  static func deckOtherSet(_ device: UInt16, set: Int) -> Problem {
    together(
      "089",
      "device \(DeviceNumbers.text(device)) is in another subchannel set too: "
        + "the one in set \(set) and others like it are read and not here",
      "give it a number of its own to have it here")
  }

  static func imageWithoutPartition(_ name: String, known: [String]) -> Problem {
    let remedy =
      NearestKeyword.of(name, among: known).map { "write \($0), or define \(name) in *.direct" }
      ?? "define it in *.direct"
    return together("083", "RESOURCE names \(name), which is no partition", remedy)
  }

  static func deviceUnreachable(_ device: UInt16, partition: String) -> Problem {
    deck(
      "HCPDEF084E", "\(partition) has no path to device \(DeviceNumbers.text(device))",
      "put it into RESOURCE and into a candidate list of the device's paths")
  }

  static func deviceWithoutMedia(_ device: UInt16) -> Problem {
    together(
      "085", "nothing gives device \(DeviceNumbers.text(device)) blocks, so that it is not ready",
      "add DEVICE \(DeviceNumbers.text(device)) with FILE or SCRATCH to a *.media file")
  }

  static func latencyBelowEpoch(_ device: UInt16, _ latency: UInt64, epoch: UInt64) -> Problem {
    together(
      "086",
      "a request to device \(DeviceNumbers.text(device)) takes \(durationText(latency)), less than an epoch of "
        + durationText(epoch),
      "expect \(durationText(epoch)); raise LATENCY or shorten EPOCH")
  }
}
