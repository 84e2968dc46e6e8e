import Partitioning
import Quantities

/// What the line of a partition that became active begins with.
let logonPrefix = "AUTO LOGON  ***       "

/// What the line of a partition that is no longer active begins with.
let logoffPrefix = "USER DSC   LOGOFF AS  "

/// The line that an operator sees for a firmware event; nil for one that is only shown elsewhere.
///
/// `users` is how many are logged on now, `forcedBy` who had a partition forced that ended.
func eventLine(_ event: FirmwareEvent, users: Int, forcedBy: String? = nil) -> String? {
  let name = event.partition ?? "SYSTEM"
  let logoff =
    "\(logoffPrefix)\(padded(name, 8)) USERS = \(users)"
    + (forcedBy.map { "    FORCED BY \($0)" } ?? "")
  func line(_ id: MessageID, _ values: String..., module: String) -> String {
    CommandMessage(id, values: [name] + values).line(module: module)
  }
  switch event.kind {
  case .console, .commandReply, .loaded, .clockRead, .machineShutDown, .partitionsDeleted:
    return nil
  case .activated: return "\(logonPrefix)\(padded(name, 8)) USERS = \(users)"
  case .deactivated: return logoff
  case .poweredOff: return line(.terminationReported, module: "SIG")
  case .restarted: return line(.guestRestarted, module: "SIG")
  case .restartHeld(let count, let nanoseconds):
    let text = fixedPointText(Int(clamping: nanoseconds / 1_000_000), places: 3)
    return line(.restartHeld, "\(count)", text, module: "SIG")
  case .restartFailed(let error):
    return line(.restartFailed, CommandMessage(error).line(module: "SIG"), module: "SIG")
  case .processorGivenBack(let processor):
    return line(.processorGivenBack, hexDigits(processor, 2), module: "CFG")
  case .processorKept(let processor):
    return line(.processorKept, hexDigits(processor, 2), module: "CFG")
  case .deviceGivenBack(let device):
    return line(.deviceGivenBack, hexDigits(device, 4), module: "ATT")
  case .adapterGivenBack(let device):
    return line(.adapterGivenBack, hexDigits(device, 4), module: "DFN")
  case .adapterNotDefined(let device):
    return line(.adapterLeftOut, hexDigits(device, 4), module: "DFN")
  case .adapterNotConnected(let device, let network):
    return line(.adapterStaysFree, hexDigits(device, 4), network, module: "COU")
  case .channelCoupled(let device, let other, let otherDevice):
    return line(
      .channelCoupled, hexDigits(device, 4), other, hexDigits(otherDevice, 4), module: "COU")
  case .channelDropped(let device, let other, let otherDevice):
    return line(
      .channelDropped, hexDigits(device, 4), other, hexDigits(otherDevice, 4), module: "UNC")
  case .linkNotGiven(let device, let error):
    return line(
      .linkNotGiven, hexDigits(device, 4), CommandMessage(error).line(module: "LNK"),
      module: "LNK")
  case .linkReadOnly(let device):
    return line(.linkReadOnly, hexDigits(device, 4), module: "LNK")
  case .deviceNotAttached(let device):
    return line(.deviceLeftOut, hexDigits(device, 4), module: "ATT")
  case .disabledWait(_, let address):
    return line(.disabledWait, hexDigits(address, 16), module: "GIR")
  case .tripleFault(let processor, let address):
    return line(
      .tripleFault, hexDigits(processor, 2), hexDigits(address, 16), module: "GIR")
  case .unimplemented(let what): return line(.unimplemented, what, module: "GIR")
  case .unassigned(let what): return line(.unassigned, what, module: "GIR")
  case .changeCompleted(let change) where change.kind == .shutdown: return nil
  case .changeCompleted(let change): return line(.changeCompleted, change.text, module: "CFG")
  case .changeRefused(let change): return line(.changeRefused, change.text, module: "CFG")
  case .changeExpired(let change): return line(.changeExpired, change.text, module: "CFG")
  case .changeStopped(let change):
    return line(.changeStopped, change.text, sizeText(change.doneByteCount), module: "CFG")
  case .storageKept(let change):
    return line(.storageKept, change.text, sizeText(change.doneByteCount), module: "CFG")
  case .storageGivenBack(let byteCount):
    return line(.storageGivenBack, sizeText(byteCount), module: "CFG")
  case .shutdownTimeExpired(let seconds):
    return line(.terminationTimedOut, "\(seconds)", module: "SIG")
  case .hostStorageUsedUp(let used, let limit):
    return line(.hostStorageUsedUp, sizeText(used), sizeText(limit), module: "GIR")
  case .pathBusy(let path, let devices, let isLong):
    let numbers = devices.map { hexDigits($0, 4) }.joined(separator: " ")
    return line(
      isLong ? .pathStillBusy : .pathBusy, hexDigits(path, 2), numbers, module: "CFG")
  case .pathMoved(let move, let former):
    return CommandMessage(
      .pathMoved,
      values: [
        move.path.text, hexDigits(move.unit, 4),
        former.map { " from control unit \(hexDigits($0, 4))" } ?? "",
      ]
    ).line(module: "DCM")
  case .missingInterrupt(let device, let path, let isRetried):
    let outcome = isRetried ? "the request is tried again" : "the request ends in an I/O error"
    guard let path else { return line(.requestMissing, hexDigits(device, 4), module: "MHT") }
    return line(
      .interruptMissing, hexDigits(device, 4), hexDigits(path, 2), outcome, module: "MHT")
  case .requestsWait(let device):
    return line(.requestsWait, hexDigits(device, 4), module: "IOS")
  }
}
