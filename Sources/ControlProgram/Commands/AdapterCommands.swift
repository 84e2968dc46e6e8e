import Partitioning
import Quantities

// DEFINE NIC and DETACH NIC: network adapters that partitions are given and that are taken from them.

let defineAdapterNote =
  "DEFINE NIC gives an active partition a network adapter, connected to nothing until COUPLE; the "
  + "guest is told, and the change is pending as with ATTACH. DETACH NIC takes it, or one of NICDEF's, "
  + "and disconnects it. What a partition is given goes when it is deactivated, unless SAVE PROFILE "
  + "has kept it."

let defineAdapterFormats = [
  CommandFormat(
    "NIC", "vdev [TO] userid [TYPE QDIO] [MTU n] [WITHIN n]", classes: "B",
    "Gives a partition a network adapter.",
    operands: [.other, .partition, .words("TYPE|MTU|WITHIN")], handler: defineAdapter),
  CommandFormat(
    "NIC", "vdev [TYPE QDIO] [MTU n] [WITHIN n]", classes: "G",
    "Gives your partition a network adapter.",
    operands: [.other, .words("TYPE|MTU|WITHIN")], handler: defineAdapter),
]

let detachAdapterFormats = [
  CommandFormat(
    "NIC", "vdev [FROM] userid [FORCE] [WITHIN n]", classes: "B",
    "Takes a network adapter from a partition.",
    operands: [.other, .partition, .words("FORCE|WITHIN")], handler: detachAdapter),
  CommandFormat(
    "NIC", "vdev [FORCE] [WITHIN n]", classes: "G", "Gives back a network adapter.",
    operands: [.other, .words("FORCE|WITHIN")], handler: detachAdapter),
]

private func defineAdapter(_ call: Invocation) throws(CommandMessage) {
  var adapter = NetworkAdapterDefinition(
    virtualDevice: try call.operands.device(missing: .virtualDeviceMissing))
  let owner = try AdapterOwner(call, after: "TO", before: "TYPE|MTU|WITHIN")
  if call.operands.take("TYPE") {
    let type = try call.operands.required()
    guard type == "QDIO" else { throw CommandMessage(.invalidOperand, type) }
  }
  if call.operands.take("MTU") {
    let word = try call.operands.required()
    let range = NetworkAdapterDefinition.unitByteCounts
    guard let count = decimal(word, as: Int.self), range.contains(count) else {
      throw CommandMessage(.invalidOperand, word)
    }
    adapter.unitByteCount = UInt16(clamping: count)
  }
  let within = try call.operands.within()
  try call.operands.end()
  let result = try call.perform(.network(.defineAdapter(owner.name, adapter, within: within)))
  call.reply(result, done: owner.text(adapter.virtualDevice, "is created", "defined"))
}

private func detachAdapter(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  let owner = try AdapterOwner(call, after: "FROM", before: "FORCE|WITHIN")
  let isForced = call.operands.take("FORCE")
  let within = try call.operands.within()
  try call.operands.end()
  let result = try call.perform(
    .network(.detachAdapter(owner.name, device: device, force: isForced, within: within)))
  call.reply(result, done: owner.text(device, "is destroyed", "detached"))
}

/// The partition whose adapter a command is about.
struct AdapterOwner {
  let name: String
  private let isNamed: Bool

  /// The partition that is named next, after a word that may be left out, or one's own where options follow.
  init(
    _ call: Invocation, after preposition: String, before options: String
  ) throws(CommandMessage) {
    let isPreposed = call.operands.take(preposition)
    var rest = call.operands
    isNamed = isPreposed || !rest.isEmpty && rest.take(anyOf: options) == nil
    guard isNamed else {
      name = try call.ownPartition()
      return
    }
    name = try call.user()
    guard call.issuer.classes.permits(PrivilegeClasses(letters: "B")) else {
      throw CommandMessage(.invalidOption, isPreposed ? preposition : name)
    }
  }

  /// `CTCA 0500 DEFINED`, and whose it is where that was said.
  func channelText(_ device: UInt16, _ state: String) -> String {
    "CTCA \(hexDigits(device, 4)) \(state)" + (isNamed ? " \(name)" : "")
  }

  /// `NIC 0700 is created; devices 0700-0702 defined`: CP counts three devices for an adapter.
  func text(_ device: UInt16, _ state: String, _ what: String) -> String {
    let number = hexDigits(device, 4)
    return "NIC \(number) " + (isNamed ? "of \(name) " : "") + state
      + "; devices \(number)-\(hexDigits(device.addingClamped(2), 4)) \(what)"
  }
}
