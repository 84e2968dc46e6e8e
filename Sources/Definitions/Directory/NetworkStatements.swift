// NICDEF and SPECIAL CTCA: the network adapters of a partition and its ends of channels, as the CP directory has them.

import Channels
import Partitioning
import Quantities

extension PartitionBuilder {
  private static let adapterKeywords = [
    "TYPE", "LAN", "MACID", "VLAN", "PORTTYPE", "NATIVE", "MTU", "DEVICES", "CHPID",
  ]
  private static let vlans = 1...4094

  /// What a NICDEF says of VLANs.
  private struct VLANOperands {
    var vlans: [UInt16] = []
    var isTrunk = false
    var native: UInt16 = 0

    /// The port's VLANs; nil when nothing is said.
    var port: PortVLAN? {
      guard isTrunk else { return vlans.first.map { .access($0) } }
      return .trunk(vlans, native: native)
    }
  }

  /// `NICDEF vdev [TYPE type] [LAN SYSTEM switch] [MACID hex] [VLAN n ...] [PORTTYPE ACCESS|TRUNK]
  /// [NATIVE n] [MTU n]`; several statements of one vdev complete each other.
  mutating func networkAdapter(_ operands: inout OperandReader) {
    let place = operands.place
    guard let device = operands.deviceNumber("a virtual device number") else { return }
    let known = parsed.definition.networkAdapters.first {
      $0.virtualDevice == device && !$0.kind.isChannel
    }
    var adapter = known ?? NetworkAdapterDefinition(virtualDevice: device)
    parsed.places[adapter.statement] = place
    var said = VLANOperands()
    while operands.peek != nil {
      guard let word = operands.keyword(of: "NICDEF", from: Self.adapterKeywords) else { return }
      switch word.folded {
      case "TYPE": _ = operands.keyword(of: "TYPE", from: ["QDIO", "HIPERS", "IEDN", "INMN"])
      case "LAN":
        guard let name = switchName(&operands) else { return operands.skip() }
        adapter.switchName = name
      case "MACID":
        guard let word = operands.word("six hexadecimal digits") else { return }
        guard let number = hexadecimal(word.text, digits: 6, as: UInt32.self) else {
          log.report(.hexadecimal(word.text, what: "MACID", digits: 6), at: word.place)
          continue
        }
        adapter.addressNumber = number
      case "VLAN":
        repeat {
          guard let vlan = operands.number("VLAN", in: Self.vlans) else { break }
          said.vlans.append(UInt16(clamping: vlan))
        } while operands.peek.map { decimal($0.text, as: Int.self) != nil } ?? false
      case "PORTTYPE":
        let type = operands.keyword(of: "PORTTYPE", from: ["ACCESS", "TRUNK"])
        said.isTrunk = type?.folded == "TRUNK"
      case "NATIVE":
        said.native = UInt16(clamping: operands.number("NATIVE", in: Self.vlans) ?? 0)
      case "MTU":
        let range = NetworkAdapterDefinition.unitByteCounts
        guard let count = operands.number("MTU", in: range) else { continue }
        adapter.unitByteCount = UInt16(clamping: count)
      // Of the channel that a real adapter would be on, and its three devices.
      default: _ = operands.word("a number")
      }
    }
    adapter.vlan = said.port ?? adapter.vlan
    put(adapter)
  }

  /// Takes an adapter in the place of one of its kind and number.
  private mutating func put(_ adapter: NetworkAdapterDefinition) {
    parsed.definition.networkAdapters.removeAll {
      $0.virtualDevice == adapter.virtualDevice && $0.kind.isChannel == adapter.kind.isChannel
    }
    parsed.definition.networkAdapters.append(adapter)
    parsed.definition.networkAdapters.sort { $0.virtualDevice < $1.virtualDevice }
  }

  /// `SPECIAL vdev CTCA [userid|*]`, what follows CTCA: an end of a channel to a partition.
  mutating func channelEnd(_ device: UInt16, at place: Place, _ operands: inout OperandReader) {
    var user: String?
    if operands.take("*") {
      user = "*"
    } else if operands.peek != nil {
      guard let word = operands.name("a userid") else { return operands.skip() }
      user = word.folded
    }
    let adapter = NetworkAdapterDefinition(virtualDevice: device, kind: .channel(user: user))
    guard isFirst(adapter.statement, at: place) else { return }
    parsed.places[adapter.statement] = place
    put(adapter)
  }

  /// Takes `SYSTEM name`, a switch; LANs of a user's own there are none.
  private func switchName(_ operands: inout OperandReader) -> String? {
    guard operands.keyword(of: "LAN", from: ["SYSTEM"]) != nil else { return nil }
    return operands.name("the name of a switch")?.folded
  }
}
