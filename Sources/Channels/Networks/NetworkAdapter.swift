// A partition's network adapter (z/VM: NIC, CTCA), and what goes out of it and into it.

import Quantities

/// A network adapter of a partition.
package struct NetworkAdapter: Equatable, Sendable, Codable {
  /// Its number, by which nothing else was ever known.
  package let number: Int
  /// Index of the partition.
  package let partition: Int
  /// The partition's number for it.
  package let device: UInt16
  /// Its address.
  package let address: AdapterAddress
  /// Most bytes of a frame's payload (MTU).
  package let unitByteCount: UInt16
  /// What it can be connected to.
  @Added package internal(set) var kind: AdapterKind
  /// The switch that it is connected to; nil for none.
  package internal(set) var switchName: String?
  /// Number of the adapter to which it is connected by a channel; nil for none.
  package internal(set) var partner: Int?
  /// Whether it is connected to something.
  package var isLinked: Bool { switchName != nil || partner != nil }
  /// Its VLANs there.
  package internal(set) var vlan: PortVLAN = .access(0)
  /// What it did.
  package internal(set) var counters = AdapterCounters()
  /// Until when what it has sent keeps its port busy.
  var busyUntil: SimulatedTime = 0
  /// Bytes that are on their way from it.
  var transitByteCount: UInt64 = 0
}

/// What a network adapter did.
package struct AdapterCounters: Equatable, Sendable, Codable {
  /// Frames that left the partition.
  package var sentFrames: UInt64 = 0
  /// Bytes of them.
  package var sentBytes: UInt64 = 0
  /// Frames of the partition that the switch did not take.
  package var sentDropped: UInt64 = 0
  /// Frames that came for the partition.
  package var receivedFrames: UInt64 = 0
  /// Bytes of them.
  package var receivedBytes: UInt64 = 0
  /// Frames for the partition for which it had no room.
  package var receivedDropped: UInt64 = 0

  /// Counters at zero.
  package init() {}
}

/// A frame that a partition sends.
package struct FrameRequest: Equatable, Sendable, Codable {
  /// Index of the partition.
  package var partition: Int
  /// The partition's number for the adapter.
  package var device: UInt16
  /// The frame.
  package var frame: EthernetFrame
  /// The partition's own name for the request; comes back when the frame has left.
  package var tag: UInt64
  /// When the partition issued it.
  package var issued: SimulatedTime

  /// A frame that leaves by an adapter.
  package init(
    partition: Int, device: UInt16, frame: EthernetFrame, tag: UInt64, issued: SimulatedTime
  ) {
    self.partition = partition
    self.device = device
    self.frame = frame
    self.tag = tag
    self.issued = issued
  }
}

/// What a network brings to a partition's adapter.
package struct NetworkArrival: Equatable, Sendable, Codable {
  /// What it brings.
  package enum Kind: Equatable, Sendable, Codable {
    /// The frame that was sent with this tag has left.
    case sent(tag: UInt64)
    /// A frame came.
    case frame(EthernetFrame)
  }

  /// Index of the partition.
  package var partition: Int
  /// The partition's number for the adapter.
  package var device: UInt16
  /// What it brings.
  package var kind: Kind
  /// When.
  package var at: SimulatedTime
}
