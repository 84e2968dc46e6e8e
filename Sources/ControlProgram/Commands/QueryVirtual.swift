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
  CommandFormat(
    "Virtual ALL", "", classes: "G", "Storage, processors and channel paths together.",
    handler: queryVirtualAll),
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
  call.reply(
    "STORAGE = \(sizeText(size)) MAX = \(sizeText(size.addingClamped(partition.reservedByteCount))) "
      + "INC = \(sizeText(call.system.machineView.incrementByteCount)) "
      + "STANDBY = \(sizeText(partition.reservedByteCount))  RESERVED = 0")
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
