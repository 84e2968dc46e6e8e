import Channels
import Partitioning
import Quantities

// The machine's networks: DEFINE, DETACH and SET VSWITCH, COUPLE, UNCOUPLE, and QUERY of switches and
// adapters.

let networkCommands: [Command] = [
  Command(
    "COUPLE", module: "COU",
    "Connects a network adapter of your partition to a virtual switch, or two channel-to-channel adapters.",
    notes: [
      "A partition may connect where its NICDEF names the switch, or where SET VSWITCH GRANT lets it.",
      coupleNote,
    ],
    formats: [
      CommandFormat(
        "", "vdev [TO] SYSTEM switch", classes: "G", "Connects an adapter.",
        operands: [.other, .words("TO|SYSTEM"), .words("SYSTEM")], handler: couple),
      CommandFormat(
        "", "vdev1 [TO] userid vdev2", classes: "G", "Connects two channel-to-channel adapters.",
        operands: [.other, .partition, .other], handler: couple),
    ]),
  Command(
    "UNCOUPLE", module: "UNC",
    "Disconnects a network adapter or channel-to-channel adapter of your partition.",
    formats: [
      CommandFormat(
        "", "vdev", classes: "G", "Disconnects an adapter.", operands: [.other],
        handler: uncouple)
    ]),
]

let defineSwitchFormat = CommandFormat(
  "VSWITCH",
  "name [VLAN {UNAWARE|n}] [RATE n{K|M|G}] [LATency n{US|MS}] [UPLINK USERMODE [RESTRICTED]]",
  classes: "B",
  "Adds a virtual switch; RATE is bytes a second of each port, 1.25 GB unless said, LATENCY 50US; UPLINK as in SET VSWITCH.",
  operands: [.other, .words("VLAN|RATE|LATENCY|UPLINK")], handler: defineSwitch)

let detachSwitchFormat = CommandFormat(
  "VSWITCH", "name", classes: "B", "Takes a virtual switch away; adapters are disconnected.",
  operands: [.other], handler: detachSwitch)

let setSwitchFormat = CommandFormat(
  "VSWITCH",
  "name {GRAnt userid [VLAN n ...] [PORTtype {ACCESS|TRUNK}] [NATive n] | REVoke userid | "
    + "ISOLation {ON|OFF} | UPLINK {USERMODE [RESTRICTED]|NONE} | CONnect | DISCONnect}",
  classes: "B",
  "Who may connect to a virtual switch, whether its ports are kept apart, and its way out of the machine: to what the host's user reaches, or RESTRICTED to a network that ends on the host.",
  operands: [
    .other, .words("GRANT|REVOKE|ISOLATION|UPLINK|CONNECT|DISCONNECT"), .partition,
    .words("VLAN|PORTTYPE|NATIVE"),
  ],
  handler: setSwitch)

let queryNetworkFormats = [
  CommandFormat(
    "VSWITCH", "[name] [DETAILS]", classes: "BCE",
    "The virtual switches: VLANs, rates, who may connect, who is connected and what passed.",
    operands: [.other, .words("DETAILS")], handler: querySwitches),
  CommandFormat(
    "NIC", "[vdev] [DETAILS]", classes: "G", "Your partition's network adapters.",
    operands: [.other, .words("DETAILS")], handler: queryAdapters),
  CommandFormat(
    "Virtual NIC", "", classes: "G", "Your partition's network adapters.", handler: queryAdapters),
]

// MARK: Switches

private func defineSwitch(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.userid()
  var vlan: UInt16?
  var rate: UInt64?
  var latency: UInt64?
  var uplink: UplinkMode?
  while let word = call.operands.take(anyOf: "VLAN|RATE|LATency|UPLINK") {
    if word == "UPLINK" {
      uplink = try uplinkMode(call)
      continue
    }
    let value = try call.operands.required()
    switch word {
    case "VLAN": vlan = value == "UNAWARE" ? nil : try vlanNumber(value)
    case "RATE":
      guard let bytes = byteCount(value), VirtualSwitch.rates.contains(bytes) else {
        throw CommandMessage(.invalidOperand, value)
      }
      rate = bytes
    default:
      guard let time = nanoseconds(value), time <= VirtualSwitch.latencyLimit else {
        throw CommandMessage(.invalidOperand, value)
      }
      latency = time
    }
  }
  try call.operands.end()
  try call.perform(
    .network(
      .define(
        name, defaultVLAN: vlan, bytesPerSecond: rate, latencyNanoseconds: latency, uplink: uplink))
  )
  call.reply("VSWITCH SYSTEM \(name) is created")
}

private func detachSwitch(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.userid()
  try call.operands.end()
  try call.perform(.network(.remove(name)))
  call.reply("VSWITCH SYSTEM \(name) is destroyed")
}

private func setSwitch(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.userid()
  guard let word = call.operands.take(anyOf: "GRAnt|REVoke|ISOLation|UPLINK|CONnect|DISCONnect")
  else {
    throw CommandMessage(.invalidOption, try call.operands.required())
  }
  switch word {
  case "GRANT":
    let user = try call.operands.userid()
    let vlan = try portVLAN(call)
    try call.perform(.network(.grant(name, partition: user, vlan: vlan)))
  case "REVOKE":
    let user = try call.operands.userid()
    try call.operands.end()
    try call.perform(.network(.revoke(name, partition: user)))
  case "UPLINK":
    let mode = call.operands.take("NONE") ? nil : try uplinkMode(call)
    try call.operands.end()
    try call.perform(.network(.setUplink(name, mode)))
  case "CONNECT", "DISCONNECT":
    try call.operands.end()
    try call.perform(.network(.connectUplink(name, word == "CONNECT")))
  default:
    guard let state = call.operands.take(anyOf: "ON|OFF") else {
      throw CommandMessage(.invalidOption, try call.operands.required())
    }
    try call.operands.end()
    try call.perform(.network(.isolate(name, state == "ON")))
  }
  call.reply("Command complete")
}

/// `USERMODE [RESTRICTED]`.
private func uplinkMode(_ call: Invocation) throws(CommandMessage) -> UplinkMode {
  guard call.operands.take("USERMODE") else {
    throw CommandMessage(.invalidOption, try call.operands.required())
  }
  return call.operands.take("RESTRICTED") ? .restricted : .userMode
}

/// `[VLAN n ...] [PORTTYPE {ACCESS|TRUNK}] [NATIVE n]`; nil when nothing is said.
private func portVLAN(_ call: Invocation) throws(CommandMessage) -> PortVLAN? {
  var vlans: [UInt16] = []
  var isTrunk = false
  var native: UInt16 = 0
  while let word = call.operands.take(anyOf: "VLAN|PORTtype|NATive") {
    switch word {
    case "VLAN":
      repeat {
        vlans.append(try vlanNumber(call.operands.required()))
      } while call.operands.peek.flatMap { decimal($0, as: Int.self) } != nil
    case "PORTTYPE":
      guard let type = call.operands.take(anyOf: "ACCESS|TRUNK") else {
        throw CommandMessage(.invalidOption, try call.operands.required())
      }
      isTrunk = type == "TRUNK"
    default: native = try vlanNumber(call.operands.required())
    }
  }
  try call.operands.end()
  if isTrunk { return .trunk(vlans, native: native) }
  guard vlans.count <= 1 else { throw CommandMessage(.conflictingOption, "VLAN") }
  return vlans.first.map { .access($0) }
}

private func vlanNumber(_ word: String) throws(CommandMessage) -> UInt16 {
  guard let value = decimal(word, as: UInt16.self), (1...4094).contains(value) else {
    throw CommandMessage(.invalidOperand, word)
  }
  return value
}

private func querySwitches(_ call: Invocation) throws(CommandMessage) {
  let networks = call.system.networks
  var name: String?
  if let word = call.operands.peek, word != "DETAILS" { name = try call.operands.userid() }
  let hasDetails = call.operands.take("DETAILS")
  try call.operands.end()
  let switches = networks.switches.filter { name == nil || $0.name == name }
  if let name, switches.isEmpty {
    throw CommandMessage(
      ManagementError.switchNotFound(name, known: networks.switches.map(\.name)))
  }
  if switches.isEmpty { call.reply("No virtual switches are defined") }
  for network in switches { reply(network, in: networks, hasDetails, call) }
}

private func reply(
  _ network: VirtualSwitch, in networks: VirtualNetworks, _ hasDetails: Bool, _ call: Invocation
) {
  let adapters = networks.adapters.filter { $0.switchName == network.name }
  call.reply(
    "VSWITCH SYSTEM \(padded(network.name, 8)) Type: VIRTUAL Connected: \(adapters.count)")
  let vlan = network.defaultVLAN.map { "Aware  Default VLAN: \(leftZeros($0))" } ?? "Unaware"
  call.reply("  VLAN \(vlan)  Isolation: \(network.isIsolated ? "ON" : "OFF")")
  call.reply(
    "  Rate: \(sizeText(network.bytesPerSecond))B/s  "
      + "Latency: \(fixedPointText(Int(clamping: network.latencyNanoseconds), places: 3)) us")
  if let uplink = network.uplink {
    call.reply(
      "  Uplink: \(uplink.mode.rawValue)  Status: \(uplink.isConnected ? "Connected" : "Disconnected")"
    )
  }
  let granted = network.grants.map { "\($0.partition) VLAN \(vlanText($0.vlan))" }
  call.reply("  Authorized userids:" + (granted.isEmpty ? " none" : ""))
  for text in granted { call.reply("    " + text) }
  guard hasDetails else { return }
  if let uplink = network.uplink {
    call.reply("  Uplink Port:  VLAN \(vlanText(network.ordinaryVLAN))")
    reply(uplink.counters, call)
  }
  for adapter in adapters {
    call.reply(
      "  Adapter Owner: \(padded(call.system.partitionName(of: adapter), 8)) NIC: "
        + "\(hexDigits(adapter.device, 4))  VLAN \(vlanText(adapter.vlan))")
    replyCounters(of: adapter, call)
  }
}

func replyCounters(of adapter: NetworkAdapter, _ call: Invocation) {
  reply(adapter.counters, call)
  call.reply("    MAC: \(adapter.address.text)")
}

private func reply(_ counters: AdapterCounters, _ call: Invocation) {
  call.reply(
    "    RX Packets: \(padded("\(counters.receivedFrames)", 10)) Discarded: "
      + "\(padded("\(counters.receivedDropped)", 10)) Bytes: \(counters.receivedBytes)")
  call.reply(
    "    TX Packets: \(padded("\(counters.sentFrames)", 10)) Discarded: "
      + "\(padded("\(counters.sentDropped)", 10)) Bytes: \(counters.sentBytes)")
}

private func leftZeros(_ vlan: UInt16) -> String { "\(vlan)".zeroPadded(to: 4) }

private func vlanText(_ vlan: PortVLAN) -> String {
  switch vlan {
  case .access(0): "ANY"
  case .access(let number): leftZeros(number)
  case .trunk(let numbers, let native):
    "TRUNK " + numbers.map(leftZeros).joined(separator: " ")
      + (native == 0 ? "" : " NATIVE \(leftZeros(native))")
  }
}

// MARK: Adapters

private func couple(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  _ = call.operands.take("TO")
  guard call.operands.take("SYSTEM") else { return try coupleChannelEnds(call, device) }
  let name = try call.operands.userid()
  try call.operands.end()
  try call.perform(.network(.connect(try call.ownPartition(), device: device, to: name)))
  call.reply("NIC \(hexDigits(device, 4)) is connected to VSWITCH SYSTEM \(name)")
}

private func uncouple(_ call: Invocation) throws(CommandMessage) {
  let device = try call.operands.device(missing: .virtualDeviceMissing)
  try call.operands.end()
  let partition = try call.ownStatus()
  let kind = call.system.networks.adapter(device, of: partition.number)?.kind ?? .network
  try call.perform(.network(.disconnect(partition.name, device: device)))
  call.reply("\(kind.text) \(hexDigits(device, 4)) is disconnected")
}

private func queryAdapters(_ call: Invocation) throws(CommandMessage) {
  let partition = try call.ownStatus()
  let (device, hasDetails) = try call.operands.adapterSelection()
  let all = call.system.networks.adapters(of: partition.number).filter { !$0.kind.isChannel }
  let adapters = all.filter { device == nil || $0.device == device }
  if let device, adapters.isEmpty {
    throw CommandMessage(
      ManagementError.adapterNotFound(partition.name, device, known: all.map(\.device)))
  }
  if adapters.isEmpty { call.reply("No network adapters are defined") }
  for adapter in adapters {
    call.reply(
      "Adapter \(hexDigits(adapter.device, 4))  Type: QDIO      Name: UNASSIGNED  Devices: 3")
    call.reply(
      "  MAC: \(adapter.address.text)         "
        + (adapter.switchName.map { "VSWITCH: SYSTEM \($0)" } ?? "Not coupled")
        + "  MTU: \(adapter.unitByteCount)")
    if hasDetails { replyCounters(of: adapter, call) }
  }
}

extension Operands {
  /// `[vdev] [DETAILS]`: an adapter, or all, and whether its counters are shown.
  mutating func adapterSelection() throws(CommandMessage) -> (device: UInt16?, hasDetails: Bool) {
    let isAll = peek == nil || peek == "DETAILS"
    let number = isAll ? nil : try device(missing: .virtualDeviceMissing)
    let hasDetails = take("DETAILS")
    try end()
    return (number, hasDetails)
  }
}
