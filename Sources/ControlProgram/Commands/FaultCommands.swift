import Channels
import Partitioning
import Quantities

// INJECT, and QUERY of what is injected: faults on purpose, for rehearsals of what may befall the machine.

/// INJECT: a path or a device that goes wrong.
let faultCommands: [Command] = [
  Command(
    "INJect", module: "INJ", "Has a channel path or a disk go wrong on purpose, or ends that.",
    notes: [
      "A fault is part of the machine's history: the same seed gives the same errors. It is not an "
        + "operator's change of the path or disk, and ends with OFF, or with a machine that is lost.",
      "What a disk's fault is replaces what it was. A delay is for the requests that it begins from now "
        + "on, errors and FULL for those that it ends; what was written before stays written.",
      "A path that fails moves its requests to the others; with no other they wait, and IOS says so.",
    ],
    formats: [
      CommandFormat(
        "CHPID", "nn {FAIL|OFF}", classes: "B",
        "Has a channel path fail for all partitions, or work again.",
        operands: [.other, .words("FAIL|OFF")], handler: injectPath),
      CommandFormat(
        "DAsd", "rdev {[DELAY time] [ERRors n%] [FULL] | OFF}", classes: "B",
        "Has a disk answer later by a time such as 5MS, end n of a hundred requests in an I/O error, or "
          + "refuse all writes.",
        operands: [.other, .words("DELAY|ERRors|FULL|OFF")], handler: injectDevice),
    ])
]

let queryFaultFormat = CommandFormat(
  "INJect", "", classes: "BCE", "Channel paths and disks that go wrong on purpose.",
  handler: queryFaults)

private func injectPath(_ call: Invocation) throws(CommandMessage) {
  let path = try call.operands.channelPath()
  let state = try call.operands.required()
  guard state == "FAIL" || state == "OFF" else { throw CommandMessage(.invalidOption, state) }
  try call.operands.end()
  try call.perform(.inject(.path(path, fails: state == "FAIL")))
  call.reply("CHPID \(hexDigits(path, 2)) \(state == "FAIL" ? "FAILS" : "WORKS AGAIN")")
}

private func injectDevice(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .deviceMissing)
  let isOff = call.operands.take("OFF")
  let fault = isOff ? nil : try call.operands.deviceFault()
  try call.operands.end()
  try call.perform(.inject(.device(device, fault)))
  call.reply("DASD \(hexDigits(device, 4)) \(fault.map { "FAULT \($0.text)" } ?? "WORKS AGAIN")")
}

private func queryFaults(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let faults = call.system.faultsOnPurpose
  let lines =
    faults.paths.map { "CHPID \(hexDigits($0, 2)) FAILS" }
    + faults.devices.map { "DASD \(hexDigits($0.number, 4)) FAULT \($0.fault.text)" }
  call.reply(lines.isEmpty ? ["Nothing is injected"] : lines)
}

extension Operands {
  /// The next operands as what is wrong with a disk.
  fileprivate mutating func deviceFault() throws(CommandMessage) -> DeviceFault {
    var fault = DeviceFault()
    var given: Set<String> = []
    while let word = peek {
      guard let option = take(anyOf: "DELAY|ERRors|FULL") else {
        throw CommandMessage(.invalidOption, word)
      }
      guard given.insert(option).inserted else { throw CommandMessage(.conflictingOption, word) }
      switch option {
      case "DELAY":
        let value = try required()
        guard let time = nanoseconds(value) else { throw CommandMessage(.invalidOperand, value) }
        fault.delayNanoseconds = time
      case "ERRORS":
        let value = try required()
        guard let percent = percentage(value, places: 0) else {
          throw CommandMessage(.invalidOperand, value)
        }
        fault.errorPercent = percent
      default: fault.isFull = true
      }
    }
    if given.isEmpty { throw CommandMessage(.operandMissing) }
    return fault
  }
}
