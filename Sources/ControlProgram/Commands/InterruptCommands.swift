import Partitioning
import Quantities

// HALT, SET MITIME, QUERY MITIME and INDICATE I/O: requests that are halted, late, or under way.

/// HALT: what a device does ends.
let haltCommands: [Command] = [
  Command(
    "HALT", module: "HLT", "Halts what a device does.",
    notes: [
      "The request ends with an I/O error, which its guest sees; those behind it go on. A device that has "
        + "nothing to do has nothing to halt."
    ],
    formats: [
      CommandFormat(
        "", "rdev", classes: "A", "Halts the request that a device works on, or is to begin next.",
        operands: [.other], handler: halt)
    ])
]

let setMissingInterruptFormat = CommandFormat(
  "MITIME", "{DASD mm:ss | rdev[-rdev] {mm:ss | OFF} | DASD OFF | OFF} " + SettingScope.syntax,
  classes: "AB",
  "After how long the interrupts of disks are missing, rounded up to five seconds: of all, or of some.",
  operands: [.words("DASD|OFF"), .words("OFF|" + SettingScope.words)],
  handler: setMissingInterruptTime)

let queryMissingInterruptFormat = CommandFormat(
  "MITIME", "[DASD | rdev[-rdev]]", classes: "AB",
  "After how long the interrupts of disks are missing.",
  operands: [.words("DASD")], handler: queryMissingInterruptTimes)

let indicateInputOutputFormat = CommandFormat(
  "I/O", "", classes: "E", "Partitions with requests under way, and the devices.",
  handler: indicateInputOutput)

private func halt(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .deviceMissing)
  try call.operands.end()
  try call.perform(.haltDevice(device))
  call.reply("DASD \(hexDigits(device, 4)) HALTED")
}

private func setMissingInterruptTime(_ call: Invocation) throws(CommandMessage) {
  var subject = MissingInterruptSubject.all
  var seconds: Int?
  if !call.operands.take("OFF") {
    subject = try call.operands.missingInterruptSubject() ?? .all
    if subject == .all { throw CommandMessage(.operandMissing) }
    seconds = call.operands.take("OFF") ? nil : try call.operands.minutesAndSeconds()
  }
  let scope = try call.operands.settingScope()
  try call.perform(.set(.missingInterruptTime(subject, seconds: seconds), scope))
  let kept = seconds.map { MissingInterruptTimes.rounded($0) }
  call.reply("MITIME \(subject.text) \(MissingInterruptTimes.text(kept))")
}

private func queryMissingInterruptTimes(_ call: Invocation) throws(CommandMessage) {
  let subject = try call.operands.missingInterruptSubject()
  try call.operands.end()
  let times = call.system.machineView.settings.missingInterrupts
  if case .devices(let range)? = subject {
    for number in range {
      guard call.system.deviceView(number) != nil else {
        throw CommandMessage(.deviceDoesNotExist, hexDigits(number, 4))
      }
      call.reply(
        "MITIME \(hexDigits(number, 4)) \(MissingInterruptTimes.text(times.seconds(of: number)))")
    }
    return
  }
  call.reply("MITIME DASD \(MissingInterruptTimes.text(times.disks))")
  guard subject == nil else { return }
  for own in times.exceptions {
    call.reply("MITIME \(hexDigits(own.device, 4)) \(MissingInterruptTimes.text(own.seconds))")
  }
}

private func indicateInputOutput(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let lines = call.visible(call.control.partitionNames).flatMap { name in
    call.system.subchannels(of: name).filter { $0.outstanding > 0 }.map {
      "\(padded(name, 8)) \(hexDigits($0.realDevice, 4))"
    }
  }
  call.reply(lines.isEmpty ? ["No users in I/O wait"] : lines)
}

extension MissingInterruptSubject {
  /// `DASD`, `0200`, `0200-0207`, or nothing for all.
  package var text: String {
    switch self {
    case .all: "ALL"
    case .disks: "DASD"
    case .devices(let range) where range.count == 1: hexDigits(range.lowerBound, 4)
    case .devices(let range): "\(hexDigits(range.lowerBound, 4))-\(hexDigits(range.upperBound, 4))"
    }
  }
}

extension Operands {
  /// The next operand as which disks a time is for; nil when there is none.
  fileprivate mutating func missingInterruptSubject() throws(CommandMessage)
    -> MissingInterruptSubject?
  {
    if isEmpty { return nil }
    if take("DASD") { return .disks }
    return .devices(try devices())
  }

  /// The next operand, `mm:ss`, as seconds.
  fileprivate mutating func minutesAndSeconds() throws(CommandMessage) -> Int {
    let word = try required()
    guard let seconds = MissingInterruptTimes.seconds(word) else {
      throw CommandMessage(.invalidOperand, word)
    }
    return seconds
  }
}
