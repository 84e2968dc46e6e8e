// What stands before a frame in a chain of the network device (VIRTIO 1.2, "Device Operation" of the network
// device): 12 bytes that say what of the frame is left to the device.

import Channels
import Quantities
import X86

/// The header of a frame.
enum FrameHeader {
  /// Bytes of a header.
  static let byteCount = 12
  private static let needsChecksum: UInt8 = 1

  /// The frame in a chain that the driver sends; nil when it is none, or wants what is not offered.
  static func frame(in chain: VirtQueue.Chain, _ memory: GuestMemory) -> EthernetFrame? {
    let count = VirtQueue.byteCount(chain.readable)
    guard count <= byteCount.addingClamped(EthernetFrame.byteLimit) else { return nil }
    let bytes = chain.bytes(skipping: 0, count: count, memory)
    guard let flags = bytes.first, let kind = bytes.element(at: 1), bytes.count >= byteCount
    else { return nil }
    func half(_ place: Int) -> Int {
      Int(bytes.element(at: place) ?? 0) | Int(bytes.element(at: place &+ 1) ?? 0) << 8
    }
    let open =
      flags & needsChecksum == 0
      ? nil : EthernetFrame.OpenChecksum(start: half(6), offset: half(8))
    let segmentation = EthernetFrame.Segmentation.Network(rawValue: kind).map {
      EthernetFrame.Segmentation(network: $0, byteCount: half(4))
    }
    // A frame of a kind that is not offered, or that is to be cut up without its checksum being left open, is none.
    guard kind == 0 || segmentation != nil && open != nil else { return nil }
    // Cannot trap: a constant.
    let frame = EthernetFrame(
      Array(bytes.dropFirst(byteCount)), openChecksum: open, segmentation: segmentation)
    // What a receiver's driver is told of a frame it may rely on.
    return frame?.segmentCount == nil ? nil : frame
  }

  /// The header of a frame that lies in so many buffers.
  static func bytes(of frame: EthernetFrame, buffers: Int) -> [UInt8] {
    var bytes: [UInt8] = [
      frame.openChecksum == nil ? 0 : needsChecksum, frame.segmentation?.network.rawValue ?? 0,
    ]
    // The length of the headers is a hint that nobody needs (VIRTIO 1.2): none is given.
    bytes +=
      [0, 0] + MachineLanguage.littleEndian(UInt16(clamping: frame.segmentation?.byteCount ?? 0))
    bytes += MachineLanguage.littleEndian(UInt16(clamping: frame.openChecksum?.start ?? 0))
    bytes += MachineLanguage.littleEndian(UInt16(clamping: frame.openChecksum?.offset ?? 0))
    return bytes + MachineLanguage.littleEndian(UInt16(clamping: buffers))
  }
}
