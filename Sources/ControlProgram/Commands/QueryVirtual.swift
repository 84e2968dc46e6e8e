import Partitioning
import Quantities

// QUERY VIRTUAL: the issuer's own partition.

let queryVirtualFormats = [
  CommandFormat(
    "Virtual CPUs", "", classes: "G", "Your partition's logical processors.",
    handler: queryVirtualProcessors),
  CommandFormat(
    "Virtual STORage", "", classes: "G", "Your partition's storage.",
    handler: queryVirtualStorage),
  CommandFormat(
    "Virtual CHPids", "", classes: "G", "Your partition's channel paths.",
    handler: queryVirtualPaths),
  queryDevicePathsFormat,
  CommandFormat(
    "Virtual DAsd", "", classes: "G", "Your partition's disks.", handler: queryVirtualDisks),
  CommandFormat(
    "Virtual ALL", "", classes: "G", "Storage, processors, channel paths and disks together.",
    handler: queryVirtualAll),
  CommandFormat(
    "Virtual", "vdev", classes: "G", "One of your partition's disks, by your number.",
    operands: [.other], handler: queryVirtualDisk),
]

private func queryVirtualProcessors(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let partition = try call.ownStatus()
  for processor in partition.processors where processor.state != .reserved {
    var state = processor.number == 0 ? "(BASE) " : ""
    if processor.state == .checkStopped {
      state += "CHECK-STOP "
    } else if processor.state == .stopped || partition.isStopped || !processor.isStarted {
      state += "STOPPED "
    }
    let identifier =
      "FF" + hexDigits(partition.number, 4) + hexDigits(processor.number, 2)
      + "86640000"
    call.reply(
      "CPU \(hexDigits(processor.number, 2))  ID  \(identifier) \(state)"
        + "\(padded(processor.type.rawValue, 4)) CPUAFF ON")
  }
}

private func queryVirtualStorage(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let partition = try call.ownStatus()
  let size = partition.storageByteCount
  guard partition.reservedByteCount > 0 else {
    call.reply("STORAGE = \(sizeText(size))")
    return
  }
  let increment = call.system.machineView.incrementByteCount
  let unit = max(increment, partition.definition.reservedUnit(increment: increment))
  call.reply(
    "STORAGE = \(sizeText(size)) MAX = \(sizeText(size.addingClamped(partition.reservedByteCount))) "
      + "INC = \(sizeText(unit)) STANDBY = \(sizeText(partition.reservedByteCount))  RESERVED = 0")
}

private func queryVirtualPaths(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let partition = try call.ownStatus()
  if partition.paths.isEmpty { call.reply("No channel paths are configured") }
  for path in partition.paths {
    call.reply("CHPID \(hexDigits(path.path, 2)) \(path.isOnline ? "ONLINE" : "OFFLINE")")
  }
}

private func queryVirtualAll(_ call: Invocation) throws(CommandMessage) {
  try queryVirtualStorage(call)
  try queryVirtualProcessors(call)
  try queryVirtualPaths(call)
  call.reply(call.diskLines(of: try call.ownStatus()))
}

private func queryVirtualDisks(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let lines = call.diskLines(of: try call.ownStatus())
  call.reply(lines.isEmpty ? ["A DASD was not found."] : lines)
}

private func queryVirtualDisk(_ call: Invocation) throws(CommandMessage) {
  // A word that is no number is an option that there is not.
  if let word = call.operands.peek, hexadecimal(word) == nil {
    throw CommandMessage(.invalidOption, word)
  }
  let number = try call.operands.device(missing: .virtualDeviceMissing)
  try call.operands.end()
  let partition = try call.ownStatus()
  guard let index = partition.devices.firstIndex(where: { $0.virtualDevice == number }) else {
    throw CommandMessage(.deviceDoesNotExist, hexDigits(number, 4))
  }
  call.reply(Array(call.diskLines(of: partition).dropFirst(index).prefix(1)))
}

extension Invocation {
  /// The issuer's own partition, which must be active.
  package func ownStatus() throws(CommandMessage) -> PartitionView {
    try activeStatus(of: try ownPartition())
  }

  /// A defined partition that must be active: 053E, 045E.
  package func activeStatus(of name: String) throws(CommandMessage) -> PartitionView {
    guard let partition = system.partitionView(name) else {
      throw CommandMessage(.notInDirectory, name)
    }
    guard partition.isActive else { throw CommandMessage(.notLoggedOn, name) }
    return partition
  }
}
