import Partitioning
import Quantities

// SETIOS DCM and QUERY DCM: paths that the machine gives to control units.

/// SETIOS: the management of paths on and off.
let pathManagementCommands: [Command] = [
  Command(
    "SETIOS", module: "DCM", "Switches the management of channel paths on or off.",
    notes: [
      "A CHPID with CHPARM=01 and IOCLUSTER is managed: no control unit names it, and the machine gives it to one "
        + "whose PATH has ** for it. Every ten seconds of simulated time the control unit whose requests have "
        + "waited longest for paths gets one: one that is free, or one of a control unit at which nothing moves. "
        + "8936I tells each change. With DCM=OFF managed paths stay where they are."
    ],
    formats: [
      CommandFormat(
        "", "DCM={ON|OFF} " + SettingScope.syntax, classes: "AB",
        "Whether the machine gives managed paths to control units.",
        operands: [.words("DCM=ON|DCM=OFF"), .words(SettingScope.words)], handler: setManagement)
    ])
]

let queryPathManagementFormat = CommandFormat(
  "DCM", "", classes: "ABE",
  "Whether paths are managed, the managed paths, and the control units that may have some.",
  handler: queryManagement)

extension PathReference {
  /// `0.40`: the path with its channel subsystem.
  var text: String { "\(hexDigits(subsystem, 1)).\(hexDigits(number, 2))" }
}

private func setManagement(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  guard word == "DCM=ON" || word == "DCM=OFF" else { throw CommandMessage(.invalidOption, word) }
  let scope = try call.operands.settingScope()
  try call.perform(.set(.pathManagement(word == "DCM=ON"), scope))
  call.reply(word)
}

private func queryManagement(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let isOff = call.system.machineView.settings.isPathManagementOff
  let configuration = call.system.definition.inputOutput
  call.reply("DCM=\(isOff ? "OFF" : "ON")")
  for path in configuration.managedPaths {
    let unit = configuration.controlUnit(with: path.reference)
    call.reply(
      "CHPID \(path.reference.text) IOCLUSTER \(padded(path.cluster ?? "", 8)) "
        + (unit.map { "CNTLUNIT \(hexDigits($0.number, 4))" } ?? "FREE"))
  }
  let managed = Set(configuration.managedPaths.map(\.reference))
  for unit in configuration.controlUnits {
    for most in unit.managedCounts {
      let count = unit.paths.count { $0.subsystem == most.subsystem && managed.contains($0) }
      call.reply(
        "CNTLUNIT \(hexDigits(unit.number, 4)) CSS(\(hexDigits(most.subsystem, 1))) HAS \(count) OF "
          + "\(most.count)")
    }
  }
}
