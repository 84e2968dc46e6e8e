// VSWITCH in machine.config: the switches that the machine has from the start.

import Channels
import Partitioning

extension MachineConfigurationReader {
  /// VLANs that there can be (IEEE 802.1Q).
  static let vlanRange = 1...4094

  /// `VSWITCH name [VLAN n] [RATE rate] [LATENCY time] [ISOLATED] [UPLINK USERMODE [RESTRICTED]]`.
  mutating func virtualSwitch(_ operands: inout OperandReader) {
    guard let name = operands.name("the name of a switch") else { return }
    let key = "VSWITCH " + name.folded
    if let first = parsed.places[key] {
      log.report(.duplicateName("switch", name.folded, first: first), at: name.place)
      operands.skip()
      return
    }
    parsed.places[key] = name.place
    var network = VirtualSwitch(name: name.folded)
    while operands.peek != nil {
      guard
        let word = operands.keyword(
          of: "VSWITCH", from: ["VLAN", "RATE", "LATENCY", "ISOLATED", "UPLINK"])
      else { return }
      switch word.folded {
      case "VLAN":
        guard let vlan = operands.number("VLAN", in: Self.vlanRange) else { continue }
        network.defaultVLAN = UInt16(clamping: vlan)
      case "RATE":
        guard let rate = operands.rate("RATE") else { continue }
        network.bytesPerSecond = min(
          max(rate, VirtualSwitch.rates.lowerBound), VirtualSwitch.rates.upperBound)
      case "LATENCY":
        guard let time = operands.duration("LATENCY", in: 0...VirtualSwitch.latencyLimit) else {
          continue
        }
        network.latencyNanoseconds = time
      case "UPLINK":
        guard operands.peek != nil else {
          _ = operands.word("USERMODE")
          return
        }
        guard operands.keyword(of: "UPLINK", from: ["USERMODE"]) != nil else { return }
        let isRestricted = operands.take("RESTRICTED")
        network.uplink = Uplink(isRestricted ? .restricted : .userMode)
      default: network.isIsolated = true
      }
    }
    guard parsed.machine.switches.count < VirtualNetworks.switchLimit else {
      log.report(
        .value(
          name.text, what: "VSWITCH", remedy: "define at most \(VirtualNetworks.switchLimit)"),
        at: name.place)
      return
    }
    parsed.machine.switches.append(network)
  }
}
