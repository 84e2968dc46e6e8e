// Which requests of guests a device refuses.

import Quantities

extension ChannelRequest {
  /// Status with which a device refuses the request of a partition that may only read, or write too; nil when it can be carried out.
  ///
  /// Block number and length are the guest's.
  func refusal(by disk: DiskDevice, isReadOnly: Bool) -> ChannelStatus? {
    guard disk.byteCount > 0, !kind.changesBlocks || !isReadOnly else { return .ioError }
    guard kind != .flush else { return nil }
    let block = Int(ChannelDefaults.blockByteCount)
    guard byteCount > 0, byteCount <= ChannelDefaults.requestByteLimit, byteCount % block == 0,
      kind != .write || data.count == byteCount,
      let offset = firstBlock.multiplied(by: ChannelDefaults.blockByteCount),
      disk.contains(offset, byteCount)
    else { return .ioError }
    return nil
  }
}
