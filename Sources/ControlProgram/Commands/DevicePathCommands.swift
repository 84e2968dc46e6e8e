import Channels
import Partitioning
import Quantities

// VARY PATH and QUERY VIRTUAL PATHS: the paths to one device, as its partition sees them.

let varyDevicePathFormat = CommandFormat(
  "", "PATH(vdev[-vdev],nn),{ONLINE | OFFLINE[,UNCOND|,FORCE]}", classes: "G",
  "Varies a channel path to devices of your partition; all of them or none.",
  operands: [.words("PATH("), .other], handler: varyDevicePath)

let queryDevicePathsFormat = CommandFormat(
  "Virtual PATHs", "[vdev]", classes: "G",
  "The paths to your devices and their masks: bit 0 is the first path.",
  operands: [.other], handler: queryDevicePaths)

private func varyDevicePath(_ call: Invocation) throws(CommandMessage) {
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  var operands = try ConfigurationOperands(call.operands.takeRemainder())
  guard operands.object == "PATH" else { throw CommandMessage(.invalidOption, operands.object) }
  let name = try call.ownPartition()
  guard let values = operands.values, values.count == 2, let state = operands.words.first else {
    throw CommandMessage(.operandMissing)
  }
  operands.words.removeFirst()
  var insistence = Insistence.polite
  let isOnline = state == "ONLINE"
  guard isOnline || state == "OFFLINE" else { throw CommandMessage(.invalidOption, state) }
  if let word = operands.words.first {
    guard !isOnline, word == "UNCOND" || word == "FORCE", operands.words.count == 1 else {
      throw CommandMessage(.invalidOption, operands.words.last ?? word)
    }
    insistence = word == "FORCE" ? .force : .unconditional
  }
  var devices = Operands(values.first ?? "")
  var paths = Operands(values.last ?? "")
  let numbers = try devices.devices()
  let path = try paths.channelPath()
  try call.perform(
    .together(
      numbers.map {
        .varyDevicePath(name, device: $0, path: path, online: isOnline, insistence: insistence)
      }))
  for number in numbers {
    call.reply("PATH(\(hexDigits(number, 4)),\(hexDigits(path, 2))) \(state)")
  }
}

private func queryDevicePaths(_ call: Invocation) throws(CommandMessage) {
  let partition = try call.ownStatus()
  let number =
    call.operands.isEmpty ? nil : try call.operands.device(missing: .virtualDeviceMissing)
  try call.operands.end()
  let views = call.system.subchannels(of: partition.name).filter {
    number ?? $0.virtualDevice == $0.virtualDevice
  }
  if let number, views.isEmpty {
    throw CommandMessage(.deviceDoesNotExist, hexDigits(number, 4))
  }
  if views.isEmpty { call.reply("A DASD was not found.") }
  for view in views { call.reply(view.text) }
}

extension SubchannelView {
  /// Its paths and masks in a line.
  fileprivate var text: String {
    let masks = [
      ("PIM", installed), ("PAM", available), ("POM", operational), ("LPM", logical),
      ("LPUM", lastUsed), ("PNOM", notOperational),
    ]
    return "DASD \(hexDigits(virtualDevice, 4)) CHPIDS "
      + (paths.isEmpty ? "NONE" : paths.map { hexDigits($0, 2) }.joined(separator: " "))
      + masks.map { "  \($0.0) \(hexDigits($0.1, 2))" }.joined()
  }
}
