// What can be asked of the networks inside the machine (CP: DEFINE VSWITCH, NIC and CTCA, SET VSWITCH, COUPLE).

import Channels

/// A change of the machine's networks.
package enum NetworkChange: Sendable, Equatable, Codable {
  /// Adds a switch to which nobody may connect yet. `.switchDefined`, `.switchLimit`.
  case define(
    String, defaultVLAN: UInt16?, bytesPerSecond: UInt64?, latencyNanoseconds: UInt64?,
    uplink: UplinkMode? = nil)
  /// Takes a switch away; who is connected is so no more. `.switchNotFound`.
  case remove(String)
  /// Lets a partition connect, in the switch's ordinary VLAN or in others. `.switchNotFound`.
  case grant(String, partition: String, vlan: PortVLAN?)
  /// Lets a partition connect no more, and disconnects what it has connected. `.switchNotFound`,
  /// `.notGranted`.
  case revoke(String, partition: String)
  /// Keeps the ports of a switch apart from each other, or not. `.switchNotFound`.
  case isolate(String, Bool)
  /// Gives a switch an uplink, connected, in place of any; or takes it. `.switchNotFound`.
  case setUplink(String, UplinkMode?)
  /// Connects a switch's uplink, or disconnects it: the outside is gone then. `.switchNotFound`, `.noUplink`,
  /// `.uplinkAlready`.
  case connectUplink(String, Bool)
  /// Gives an active partition a network adapter, which is connected where it says; the guest is told as of
  /// `ManagementAction.attachDevice`. `.wrongState`, `.adapterNumberTaken`, `.noPlaceForAdapter`,
  /// `.switchNotFound`, `.notGranted`.
  case defineAdapter(String, NetworkAdapterDefinition, within: Int? = nil)
  /// Takes a network adapter from an active partition; what it is connected to forgets it. As
  /// `ManagementAction.detachDevice`, but `.adapterNotFound`.
  case detachAdapter(String, device: UInt16, force: Bool = false, within: Int? = nil)
  /// Connects an adapter of an active partition. `.wrongState`, `.adapterNotFound`, `.switchNotFound`,
  /// `.adapterConnected`, `.notGranted`.
  case connect(String, device: UInt16, to: String)
  /// Connects an end of a channel to another, also of the same partition; one that is connected already is so no
  /// more. `.wrongState`, `.channelEndNotFound`, `.channelEndReserved`, `.channelEndBusy`.
  case couple(String, device: UInt16, to: String, otherDevice: UInt16)
  /// Disconnects an adapter. `.wrongState`, `.adapterNotFound`, `.adapterNotConnected`.
  case disconnect(String, device: UInt16)

  /// The partition whose adapter it is about; nil for what is the machine's.
  package var partition: String? {
    switch self {
    case .connect(let name, _, _), .couple(let name, _, _, _), .disconnect(let name, _),
      .defineAdapter(let name, _, _), .detachAdapter(let name, _, _, _):
      name
    case .define, .remove, .grant, .revoke, .isolate, .setUplink, .connectUplink: nil
    }
  }
}
