import Partitioning
import Quantities

/// SET and its forms.
let setCommands: [Command] = [
  Command(
    "SET", module: "CSE", "Changes the values of a partition, a group, the machine or a console.",
    notes: [
      "RELATIVE (1-10000) and WEIGHT (1-999) set the same value; the denominator is the sum over "
        + "all active sharing partitions of the pool. ABSOLUTE shares are taken first.",
      "LIMITHARD alone caps a partition at its own share, as SET CAP userid ON does; LIMITHARD "
        + "with a share caps it there. Without a limit operand NOLIMIT is set, as in CP.",
      "A partition that is not active has no running values: 045E says so, PROFILE changes it, and "
        + "a pattern without PROFILE passes over it.",
      "RUNNING, which need not be said, changes what runs and not the profile; PROFILE changes what "
        + "the next activation takes and nothing that runs; BOTH does both. QUERY PROFILE userid "
        + "DIFFERENCES compares, SAVE PROFILE keeps what runs. INITIAL returns to the profile.",
      "MINIMUM and MAXIMUM limit what SET WEIGHT may set; OFF lifts the limit.",
      "Nobody is shown the lines of a guest's console who is not connected to it or set to watch it: its "
        + "secondary user sees them while nobody is connected to it, its observer at all times, each marked "
        + "with the partition's name. A partition has one watcher, who may SEND to it. RESET sets the one that "
        + "the profile names in this role, or none. WAIT for a text sees everything in any case.",
    ],
    formats: shareFormats + settingFormats + setWatcherFormats + [
      setPriorityFormat, setMissingInterruptFormat, setSwitchFormat,
      CommandFormat(
        "PACE", "{REAL | FAST | n | STOP}", classes: "A",
        "How fast simulated time goes: as the wall clock, as it can, n times the wall clock, or not but in "
          + "SLEEP and WAIT.",
        operands: [.words("REAL|FAST|STOP")], handler: setPace),
    ])
]

private func setPace(_ call: Invocation) throws(CommandMessage) {
  try call.requireConsole()
  let word = try call.operands.required()
  try call.operands.end()
  switch word {
  case "REAL": call.system.pacer.set(.real)
  case "FAST": call.system.pacer.set(.fast)
  case "STOP": call.system.pacer.set(.stopped)
  default:
    guard let factor = decimal(word), (1...1000).contains(factor) else {
      throw CommandMessage(.invalidOperand, word)
    }
    call.system.pacer.set(.factor(Int(factor)))
  }
  call.reply("PACE \(paceText(call.system.machineView.pace))")
}
