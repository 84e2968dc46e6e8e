import Definitions
import Partitioning
import Quantities

/// DISPLAY and STORE: storage and registers of the issuer's partition.
let storageCommands: [Command] = [
  Command(
    "Display", module: "CDB", "Shows your partition's storage and registers.",
    notes: [
      "Storage by hexadecimal address: `DISPLAY 1000.40` (length), `1000-103F` (end), T before "
        + "the address adds the characters. Bytes are shown in storage order.",
      "G is the general registers, GRAX or G0 one of them; X the control registers, XCR3 one; "
        + "PSW shows RIP and RFLAGS. CPU nn CMD DISPLAY ... takes another processor than 00.",
      "At most 4096 bytes are shown at a time.",
    ],
    isRehearsed: false, isForStatements: true,
    formats: [
      CommandFormat(
        "", "{[T]hexloc[-hexloc|:hexloc|.length] | G[reg] | X[reg] | PSW} ...", classes: "G",
        "Shows storage and registers.", operands: [.words("PSW|G|X")], handler: display)
    ]),
  Command(
    "STore", module: "CDS", "Alters your partition's storage and registers.",
    notes: ["Storage takes pairs of hexadecimal digits in storage order; registers take a number."],
    isRehearsed: false, isForStatements: true,
    formats: [
      CommandFormat(
        "", "{hexloc hexdata ... | Greg value | PSW rip [rflags]}", classes: "G",
        "Stores into storage or a register.", operands: [.words("PSW")], handler: store)
    ]),
  Command(
    "CPU", module: "CPU", "Gives a command for one of your processors.",
    formats: [
      CommandFormat(
        "", "nn CMD command", classes: "G",
        "DISPLAY and STORE of registers act on that processor.",
        operands: [.words("CMD"), .command], handler: forProcessor)
    ]),
]

/// General registers by the number that instructions use.
private let generalRegisters = [
  "RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
  "R8", "R9", "R10", "R11", "R12", "R13", "R14", "R15",
]
private let controlRegisters = ["CR0", "CR2", "CR3", "CR4", "CR8", "EFER"]
private let displayLimit: UInt64 = 4096

/// The registers that an operand of DISPLAY or STORE names; nil when it names storage.
private func registers(_ word: String) throws(CommandMessage) -> [String]? {
  if Keyword("Psw").accepts(word) { return ["RIP", "RFLAGS"] }
  let (family, names): (Character, [String]) =
    switch word.first {
    case "G": ("G", generalRegisters)
    case "X": ("X", controlRegisters)
    default: (" ", generalRegisters + controlRegisters + ["RIP", "RFLAGS"])
    }
  let name = family == " " ? word : String(word.dropFirst())
  if family != " ", name.isEmpty { return names }
  if names.contains(name) { return [name] }
  if family == " " { return nil }
  if let number = decimal(name) {
    if family == "G", let register = generalRegisters.element(at: Int(clamping: number)) {
      return [register]
    }
    if family == "X", names.contains("CR\(number)") { return ["CR\(number)"] }
  }
  throw CommandMessage(.invalidRegister, name)
}

private func display(_ call: Invocation) throws(CommandMessage) {
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  let partition = try call.ownStatus()
  var shown: UInt64 = 0
  while let word = call.operands.next() {
    guard shown < displayLimit else { throw CommandMessage(.invalidRange, word) }
    if let names = try registers(word) {
      try call.displayRegisters(names, of: partition.name)
      shown = shown.addingClamped(UInt64(clamping: names.count).multipliedClamped(by: 8))
    } else {
      shown = shown.addingClamped(try call.displayStorage(word, of: partition.name))
    }
  }
}

private func store(_ call: Invocation) throws(CommandMessage) {
  let name = try call.ownPartition()
  let word = try call.operands.required()
  if let registers = try registers(word) {
    guard registers.count <= 2 else { throw CommandMessage(.registerMissing) }
    var actions: [ManagementAction] = []
    for (index, register) in registers.enumerated() {
      if index > 0, call.operands.isEmpty { break }
      guard let text = call.operands.next() else { throw CommandMessage(.operandMissing) }
      guard let value = hexadecimal(text) else {
        throw CommandMessage(.invalidHexadecimal, text)
      }
      actions.append(
        .storeRegister(name, processor: call.issuer.processor, register: register, value: value))
    }
    try call.operands.end()
    try call.perform(.together(actions))
  } else {
    guard let address = hexadecimal(word) else { throw CommandMessage(.invalidHexadecimal, word) }
    let bytes = try hexadecimalBytes(&call.operands)
    try call.perform(.storeStorage(name, address: address, bytes: bytes))
  }
  call.reply("Store complete.")
}

/// The bytes of STORE: pairs of hexadecimal digits, in any number of words.
private func hexadecimalBytes(_ operands: inout Operands) throws(CommandMessage) -> [UInt8] {
  var bytes: [UInt8] = []
  if operands.isEmpty { throw CommandMessage(.operandMissing) }
  while let word = operands.next() {
    guard let next = HexadecimalBytes(text: word) else {
      throw CommandMessage(.invalidHexadecimal, word)
    }
    bytes += next.bytes
  }
  return bytes
}

private func forProcessor(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  let range = try processorRange(word)
  guard range.lowerBound == range.upperBound else {
    throw CommandMessage(.invalidProcessor, word)
  }
  let name = try call.ownPartition()
  let processors = try call.activeStatus(of: name).processors
  let isThere = processors.contains { $0.number == range.lowerBound && $0.state != .reserved }
  guard isThere else {
    throw CommandMessage(.processorNotDefined, hexDigits(range.lowerBound, 2))
  }
  guard call.operands.take("CMD") else {
    guard let word = call.operands.peek else { throw CommandMessage(.operandMissing) }
    throw CommandMessage(.invalidOption, word)
  }
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  var issuer = call.issuer
  issuer.processor = range.lowerBound
  call.reply(
    call.control.execute(call.operands.remainder, issuer: issuer, console: call.console))
}

extension Invocation {
  /// Two registers a line: `RAX = 0000000000000000   RCX = 0000000000000000`.
  fileprivate func displayRegisters(
    _ names: [String], of partition: String
  ) throws(CommandMessage) {
    var cells: [String] = []
    for name in names {
      let value = system.register(name, of: partition, processor: issuer.processor)
      guard let value else {
        throw CommandMessage(.processorNotDefined, hexDigits(issuer.processor, 2))
      }
      cells.append("\(padded(name, 4)) = \(hexDigits(value, 16))")
    }
    if names == ["RIP", "RFLAGS"] {
      return reply("PSW  = \(cells.map { $0.suffix(16) }.joined(separator: " "))")
    }
    for start in stride(from: 0, to: cells.count, by: 2) {
      reply(cells.dropFirst(start).prefix(2).joined(separator: "   "))
    }
  }

  /// Lines of sixteen bytes: `V00001000  48C7C001 00000000 00000000 00000000 *H...*`.
  ///
  /// - Returns: How many bytes.
  fileprivate func displayStorage(
    _ word: String, of partition: String
  ) throws(CommandMessage) -> UInt64 {
    let isTranslated = word.hasPrefix("T")
    let range = try storageRange(isTranslated ? String(word.dropFirst()) : word)
    var address = range.lowerBound & ~(isTranslated ? 15 : 3)
    let end = max(range.upperBound, address) | (isTranslated ? 15 : 3)
    let length = end.subtractingClamped(address)
    guard length < displayLimit else { throw CommandMessage(.invalidRange, word) }
    while address <= end {
      let count = Int(clamping: min(15, end.subtractingClamped(address))).addingClamped(1)
      guard let bytes = system.storage(of: partition, at: address, count: count) else {
        throw CommandMessage(.notInStorage, hexDigits(address, 8))
      }
      var groups: [String] = []
      for start in stride(from: 0, to: count, by: 4) {
        groups.append(bytes.dropFirst(start).prefix(4).map { hexDigits($0, 2) }.joined())
      }
      var line = "V\(hexDigits(address, 8))  \(groups.joined(separator: " "))"
      if isTranslated {
        let text = bytes.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : "." }
        line += " *\(text.joined())*"
      }
      reply(line)
      guard let next = address.adding(16) else { break }
      address = next
    }
    return length.addingClamped(1)
  }

  /// `hexloc`, `hexloc-hexloc`, `hexloc:hexloc` or `hexloc.length`.
  private func storageRange(_ word: String) throws(CommandMessage) -> ClosedRange<UInt64> {
    let separator = word.first { $0 == "-" || $0 == ":" || $0 == "." }
    let parts = word.split(separator: separator ?? "-", omittingEmptySubsequences: false)
    guard let first = parts.first, !first.isEmpty else { throw CommandMessage(.hexlocMissing) }
    guard let start = hexadecimal(first) else {
      throw CommandMessage(.invalidHexadecimal, String(first))
    }
    guard parts.count > 1 else { return start...start }
    guard parts.count == 2, let second = hexadecimal(parts[1]) else {
      throw CommandMessage(.invalidHexadecimal, parts.dropFirst().joined(separator: "."))
    }
    if separator == "." {
      guard let end = start.adding(max(second, 1).subtractingClamped(1)) else {
        throw CommandMessage(.invalidRange, word)
      }
      return ClosedRange(uncheckedBounds: (start, end))
    }
    if second < start { throw CommandMessage(.invalidRange, word) }
    return ClosedRange(uncheckedBounds: (start, second))
  }
}
