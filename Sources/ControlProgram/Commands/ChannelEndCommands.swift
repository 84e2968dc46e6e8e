import Channels
import Partitioning
import Quantities

// Channel-to-channel adapters: DEFINE and DETACH CTCA, COUPLE of two of them, and QUERY VIRTUAL CTCA.

let defineChannelEndNote =
  "DEFINE CTCA gives an active partition the end of a channel to another partition, as DEFINE NIC does an adapter; "
  + "COUPLE connects it with an end of the other's. USER says to whose ends alone, * to one's own; without it to "
  + "anybody's. SPECIAL CTCA of the directory defines one with the partition."

let coupleNote =
  "vdev1 and vdev2 are channel-to-channel adapters, each of a partition that is active, or both of one (* is one's own). "
  + "vdev2 must be free; vdev1 is disconnected from what it was connected to before."

let defineChannelEndFormats = [
  CommandFormat(
    "CTCA", "[AS] vdev [TO] userid [USER {*|userid}] [WITHIN n]", classes: "B",
    "Gives a partition an end of a channel to another partition.",
    operands: [.other, .partition, .words("USER|WITHIN"), .partition],
    handler: defineChannelEnd),
  CommandFormat(
    "CTCA", "[AS] vdev [USER {*|userid}] [WITHIN n]", classes: "G",
    "Gives your partition an end of a channel to another partition.",
    operands: [.other, .words("USER|WITHIN"), .partition], handler: defineChannelEnd),
]

let detachChannelEndFormats = [
  CommandFormat(
    "CTCA", "vdev [FROM] userid [FORCE] [WITHIN n]", classes: "B",
    "Takes an end of a channel from a partition.",
    operands: [.other, .partition, .words("FORCE|WITHIN")], handler: detachChannelEnd),
  CommandFormat(
    "CTCA", "vdev [FORCE] [WITHIN n]", classes: "G", "Gives back an end of a channel.",
    operands: [.other, .words("FORCE|WITHIN")], handler: detachChannelEnd),
]

let queryChannelEndFormats = [
  CommandFormat(
    "CTCA", "[vdev] [DETAILS]", classes: "G",
    "Your partition's channel-to-channel adapters, what they are coupled to and what passed.",
    operands: [.other, .words("DETAILS")], handler: queryChannelEnds),
  CommandFormat(
    "Virtual CTCA", "[vdev] [DETAILS]", classes: "G",
    "Your partition's channel-to-channel adapters.",
    operands: [.other, .words("DETAILS")], handler: queryChannelEnds),
]

private func defineChannelEnd(_ call: Invocation) throws(CommandMessage) {
  _ = call.operands.take("AS")
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  let owner = try AdapterOwner(call, after: "TO", before: "USER|WITHIN")
  var user: String?
  if call.operands.take("USER") {
    user = call.operands.take("*") ? "*" : try call.operands.userid()
  }
  let within = try call.operands.within()
  try call.operands.end()
  let adapter = NetworkAdapterDefinition(virtualDevice: device, kind: .channel(user: user))
  let result = try call.perform(.network(.defineAdapter(owner.name, adapter, within: within)))
  call.reply(result, done: owner.channelText(device, "DEFINED"))
}

private func detachChannelEnd(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  let owner = try AdapterOwner(call, after: "FROM", before: "FORCE|WITHIN")
  let isForced = call.operands.take("FORCE")
  let within = try call.operands.within()
  try call.operands.end()
  guard
    let number = call.system.partitionView(owner.name)?.number,
    call.system.networks.adapter(device, of: number)?.kind.isChannel == true
  else {
    _ = try call.activeStatus(of: owner.name)
    throw CommandMessage(ManagementError.channelEndNotFound(owner.name, device))
  }
  let result = try call.perform(
    .detachDevice(owner.name, device: device, force: isForced, within: within))
  call.reply(result, done: owner.channelText(device, "DETACHED"))
}

/// COUPLE to an end of a channel: `vdev1 [TO] userid vdev2`, what follows vdev1.
func coupleChannelEnds(_ call: Invocation, _ device: UInt16) throws(CommandMessage) {
  let own = try call.ownPartition()
  let other = try call.user()
  let otherDevice = try call.operands.device(missing: .virtualDeviceMissing)
  try call.operands.end()
  let former = call.channelPartner(of: device, of: own)
  try call.perform(
    .network(.couple(own, device: device, to: other, otherDevice: otherDevice)))
  let (text, target) = ("CTCA \(hexDigits(device, 4))", "\(other) \(hexDigits(otherDevice, 4))")
  if let former, former != target { call.reply("\(text) DROP FROM \(former)") }
  call.reply("\(text) COUPLE TO \(target)")
}

private func queryChannelEnds(_ call: Invocation) throws(CommandMessage) {
  let partition = try call.ownStatus()
  let (device, hasDetails) = try call.operands.adapterSelection()
  let ends = call.system.networks.adapters(of: partition.number).filter {
    $0.kind.isChannel && (device == nil || $0.device == device)
  }
  if let device, ends.isEmpty {
    throw CommandMessage(ManagementError.channelEndNotFound(partition.name, device))
  }
  if ends.isEmpty { call.reply("No channel-to-channel adapters are defined") }
  for end in ends {
    let partner = call.channelPartner(of: end.device, of: partition.name)
    call.reply(
      "CTCA \(hexDigits(end.device, 4)) " + (partner.map { "COUPLED TO \($0)" } ?? "NOT COUPLED")
        + (end.kind.user.map { " USER \($0)" } ?? ""))
    if hasDetails { replyCounters(of: end, call) }
  }
}

extension Invocation {
  /// The end to which one of a partition is coupled: `LINUX2 0600`; nil for none.
  fileprivate func channelPartner(of device: UInt16, of name: String) -> String? {
    guard let number = system.partitionView(name)?.number,
      let end = system.networks.adapter(device, of: number),
      let partner = system.networks.partner(of: end)
    else { return nil }
    return "\(system.partitionName(of: partner)) \(hexDigits(partner.device, 4))"
  }
}
