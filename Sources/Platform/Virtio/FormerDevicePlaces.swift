// Places of devices as an earlier program saved them: only disks came and went, and a network adapter was a device
// of its own.

import Quantities

extension DevicePlace {
  /// A disk, or a place for one.
  private struct FormerDisk: SavedState {
    static let kind = BlockDevice.State.kind
    static let version = 1

    struct Place: Codable, Equatable, Sendable {
      var disk: BlockDeviceConfiguration?
      var isOffered = false
      var isTaken = false
    }

    var transport: VirtioTransport
    var pending: [BlockDevice.Pending] = []
    /// What was there; nil where disks did not come and go.
    var place: Place?

    var state: State {
      let isEmpty = place.map { $0.disk == nil } ?? false
      return State(
        contents: place?.disk.map(Contents.disk),
        device: isEmpty
          ? .none(transport) : .disk(BlockDevice.State(transport: transport, pending: pending)),
        isOffered: place?.isOffered ?? false, isTaken: place?.isTaken ?? false)
    }
  }

  static func readFormer(_ kind: String, _ decoder: any Decoder) throws -> State? {
    switch kind {
    case FormerDisk.kind: return try StateEnvelope<FormerDisk>(from: decoder).state.state
    case NetworkDevice.State.kind:
      return State(
        device: .adapter(try StateEnvelope<NetworkDevice.State>(from: decoder).state))
    default: return nil
    }
  }
}
