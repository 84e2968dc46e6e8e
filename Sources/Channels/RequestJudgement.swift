// Which requests of guests a device refuses, and where on the device those lie that it carries out.

import Quantities

extension ChannelRequest {
  /// Status with which a device refuses the request of a partition that may only read, or write too; nil when it can be carried out.
  ///
  /// Block number and length are the guest's.
  func refusal(
    by disk: DiskDevice, isReadOnly: Bool, within extent: BlockExtent? = nil
  ) -> ChannelStatus? {
    guard disk.byteCount > 0, !isForWriters || !isReadOnly else { return .ioError }
    guard kind != .control else { return control == nil ? .ioError : nil }
    guard kind != .flush else { return nil }
    let block = Int(ChannelDefaults.blockByteCount)
    guard byteCount > 0, byteCount <= ChannelDefaults.requestByteLimit, byteCount % block == 0,
      kind != .write || data.count == carriedByteCount, offset(on: disk, within: extent) != nil
    else { return .ioError }
    return nil
  }

  /// Where on a device the request's blocks begin, in bytes; nil unless all of them lie on the part of it that
  /// the partition has, or on the device when it has it whole.
  ///
  /// The one place that makes a guest's block number one of the device.
  func offset(on disk: DiskDevice, within extent: BlockExtent?) -> UInt64? {
    let blockCount = UInt64(clamping: byteCount) / ChannelDefaults.blockByteCount
    let block = extent.map { $0.place(of: firstBlock, count: blockCount) } ?? firstBlock
    guard let offset = block?.multiplied(by: ChannelDefaults.blockByteCount),
      disk.contains(offset, byteCount)
    else { return nil }
    return offset
  }
}
