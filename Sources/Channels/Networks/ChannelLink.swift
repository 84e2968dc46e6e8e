// Channels between two partitions (z/VM: virtual channel-to-channel adapters): what one end sends comes to the other
// and to nobody else, at the rate and the latency of a channel path.

import Quantities

/// What an adapter can be connected to.
package enum AdapterKind: Equatable, Sendable, Codable, Blank {
  /// A virtual switch (z/VM: NIC).
  case network
  /// One adapter like it (z/VM: CTCA), of the partition that is named, `*` for its own, or of any.
  case channel(user: String?)

  package static var blank: AdapterKind { .network }

  /// As CP calls it.
  package var text: String { isChannel ? "CTCA" : "NIC" }

  /// Whether it is the end of a channel.
  package var isChannel: Bool { if case .channel = self { true } else { false } }

  /// To whose ends alone one may be connected; nil for anybody's.
  package var user: String? { if case .channel(let user) = self { user } else { nil } }

  /// Whether an adapter of a partition may be connected to one of another's.
  package func mayCouple(of own: String, to other: String) -> Bool {
    isChannel && (user == nil || (user == "*" ? own : user) == other)
  }
}

/// How fast frames are on their way from an adapter.
struct FrameCarrier {
  /// Bytes a second in each direction.
  var bytesPerSecond: UInt64
  /// Time of a frame to the other side.
  var latencyNanoseconds: UInt64

  /// A channel path between two partitions.
  static let channel = FrameCarrier(
    bytesPerSecond: ChannelDefaults.pathBytesPerSecond,
    latencyNanoseconds: ChannelDefaults.pathLatencyNanoseconds)

  /// How long so many bytes keep the sender's port busy, in nanoseconds.
  func transmission(of byteCount: UInt64) -> UInt64 {
    byteCount.multipliedClamped(by: 1_000_000_000).addingClamped(bytesPerSecond &- 1)
      / max(1, bytesPerSecond)
  }
}

extension VirtualNetworks {
  /// The end to which an end of a channel is connected.
  package func partner(of adapter: NetworkAdapter) -> NetworkAdapter? {
    adapter.partner.flatMap { number in adapters.first { $0.number == number } }
  }

  /// Connects two ends of channels; what they were connected to before they are no more.
  package mutating func couple(
    _ device: UInt16, of partition: Int, to otherDevice: UInt16, of otherPartition: Int
  ) {
    guard let one = adapter(device, of: partition),
      let other = adapter(otherDevice, of: otherPartition), one.number != other.number
    else { return }
    disconnect(device, of: partition)
    disconnect(otherDevice, of: otherPartition)
    changeAdapter(device, of: partition) { $0.partner = other.number }
    changeAdapter(otherDevice, of: otherPartition) { $0.partner = one.number }
  }

  /// Disconnects both ends of a channel; what is on its way through it is lost.
  mutating func uncouple(_ adapter: NetworkAdapter) {
    guard let partner = partner(of: adapter) else { return }
    for end in [adapter, partner] {
      forgetCrossing(from: end.number)
      changeAdapter(end.device, of: end.partition) {
        $0.partner = nil
        $0.transitByteCount = 0
      }
    }
  }

  /// What carries an adapter's frames; nil where it is connected to nothing.
  func carrier(of adapter: NetworkAdapter) -> FrameCarrier? {
    if adapter.partner != nil { return .channel }
    return adapter.switchName.flatMap(virtualSwitch)?.carrier
  }

  /// Whether ends of channels name each other, as a state from a file may not have it.
  var hasConsistentChannels: Bool {
    adapters.allSatisfy { adapter in
      guard adapter.partner != nil else { return true }
      return adapter.kind.isChannel && adapter.switchName == nil
        && adapter.partner != adapter.number
        && partner(of: adapter)?.partner == adapter.number
    }
  }
}
