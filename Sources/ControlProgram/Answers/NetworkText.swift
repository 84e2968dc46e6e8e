// Changes of networks in the words of the commands that ask for them.

import Channels
import Partitioning
import Quantities

extension NetworkChange {
  /// The change in the words of its command.
  var commandText: String {
    switch self {
    case .define(let name, let vlan, let rate, let latency, let uplink):
      commandWords(
        "DEFINE VSWITCH", name, vlan.map { "VLAN \($0)" }, rate.map { "RATE \(sizeText($0))" },
        latency.map { "LATENCY \(fixedPointText(Int(clamping: $0), places: 3))US" },
        uplink.map { "UPLINK " + $0.rawValue })
    case .remove(let name): commandWords("DETACH VSWITCH", name)
    case .grant(let name, let partition, let vlan):
      commandWords("SET VSWITCH", name, "GRANT \(partition)", vlan.map(\.text))
    case .revoke(let name, let partition):
      commandWords("SET VSWITCH", name, "REVOKE \(partition)")
    case .isolate(let name, let isIsolated):
      commandWords("SET VSWITCH", name, "ISOLATION \(isIsolated ? "ON" : "OFF")")
    case .setUplink(let name, let mode):
      commandWords("SET VSWITCH", name, "UPLINK " + (mode?.rawValue ?? "NONE"))
    case .connectUplink(let name, let isConnected):
      commandWords("SET VSWITCH", name, isConnected ? "CONNECT" : "DISCONNECT")
    case .defineAdapter(let name, let adapter, _):
      commandWords(
        "DEFINE \(adapter.kind.text)", hexDigits(adapter.virtualDevice, 4), "TO \(name)",
        adapter.kind.user.map { "USER \($0)" },
        adapter.unitByteCount == 1500 ? nil : "MTU \(adapter.unitByteCount)")
    case .detachAdapter(let name, let device, let isForced, _):
      commandWords(
        "DETACH NIC", hexDigits(device, 4), "FROM \(name)", isForced ? "FORCE" : nil)
    case .connect(let name, let device, let network):
      commandWords("FOR \(name) CMD COUPLE", hexDigits(device, 4), "TO SYSTEM \(network)")
    case .couple(let name, let device, let other, let otherDevice):
      commandWords(
        "FOR \(name) CMD COUPLE", hexDigits(device, 4), "TO \(other)", hexDigits(otherDevice, 4))
    case .disconnect(let name, let device):
      commandWords("FOR \(name) CMD UNCOUPLE", hexDigits(device, 4))
    }
  }
}
