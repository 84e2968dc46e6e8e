import Quantities

/// What a request asks of a block device.
package enum ChannelRequestKind: UInt8, Sendable, Codable {
  /// Moves blocks from the device into the partition.
  case read
  /// Moves blocks from the partition to the device.
  case write
  /// Makes earlier writes durable; moves nothing.
  case flush
  /// Says that blocks are needed no more; moves nothing.
  case discard
  /// Has blocks read as zeroes; moves nothing.
  case writeZeroes
  /// What is asked beside blocks; moves nothing.
  case control

  /// Whether blocks are moved over a path.
  var movesData: Bool { self == .read || self == .write }

  /// Whether it is for those only who may write.
  var changesBlocks: Bool { self != .read && self != .flush && self != .control }
}

/// One channel program of a partition: blocks to move to or from one device.
package struct ChannelRequest: Equatable, Sendable, Codable {
  /// Index of the partition that asks, in definition order.
  package var partition: Int
  /// The partition's own number for the device; the real one serves when no own one is the same.
  package var device: UInt16
  /// What is asked.
  package var kind: ChannelRequestKind
  /// First block, in units of 512 bytes.
  package var firstBlock: UInt64
  /// What a write carries, a multiple of 512 bytes; empty for the others.
  package var data: [UInt8]
  /// Bytes that it is about, a multiple of 512; a write's is the length of what it writes, a flush's 0.
  package var byteCount: Int
  /// The partition's own name for the request; comes back in the completion.
  package var tag: UInt64
  /// When the partition issued it.
  package var issued: SimulatedTime
  /// What a request of that kind asks beside blocks.
  package var control: DeviceControl?
  /// Whether what it writes is durable before it ends.
  @Added package var isDurable = false
  /// Whether a write carries one block, which is written again and again.
  @Added package var isRepeated = false
  /// Whether who asks can be told what has happened to the device meanwhile, and is then asked to ask again.
  @Added package var hearsAttention = false

  /// Creates a request; nothing is judged before the subsystem starts it.
  package init(
    partition: Int, device: UInt16, kind: ChannelRequestKind, firstBlock: UInt64,
    data: [UInt8] = [], byteCount: Int, tag: UInt64, issued: SimulatedTime
  ) {
    self.partition = partition
    self.device = device
    self.kind = kind
    self.firstBlock = firstBlock
    self.data = data
    self.byteCount = byteCount
    self.tag = tag
    self.issued = issued
  }

  /// Bytes that it moves over a path, and that the host holds for it.
  package var movedByteCount: Int { kind.movesData ? byteCount : 0 }

  /// Bytes that a write has to carry.
  var carriedByteCount: Int { isRepeated ? Int(ChannelDefaults.blockByteCount) : byteCount }

  /// All that a write writes; one block is multiplied only here, when the write has its turn.
  var written: [UInt8] {
    guard isRepeated, !data.isEmpty else { return data }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(max(0, byteCount))
    while bytes.count < byteCount { bytes += data }
    return bytes
  }

  /// Whether it is for those only who may write.
  var isForWriters: Bool { kind.changesBlocks || control?.isForWriters ?? false }

  /// What it does with the device; nil where what it asks says that.
  var use: DeviceUse? {
    switch kind {
    case .read: .reads
    case .write, .flush, .discard, .writeZeroes: .changes
    case .control: nil
    }
  }
}

/// How a request ended.
package enum ChannelStatus: UInt8, Sendable, Codable {
  /// All blocks were moved.
  case ok
  /// The blocks lie outside the device, or its file could not be read.
  case ioError
  /// The partition has no such device.
  case notOperational
  /// Another partition has reserved the device.
  case reservationConflict
  /// The device does not do it, and says why.
  case refused
  /// Another partition has had it ended.
  case aborted
}

/// The end of a request: status, and for a read the data.
package struct ChannelCompletion: Equatable, Sendable, Codable {
  /// Index of the partition that asked.
  package var partition: Int
  /// The device's number as the request gave it.
  package var device: UInt16
  /// The partition's own name for the request.
  package var tag: UInt64
  /// How it ended.
  package var status: ChannelStatus
  /// What was read; empty unless a read ended well.
  package var data: [UInt8]
  /// When it ended.
  package var at: SimulatedTime
  /// Why a device does not do it.
  package var sense: DeviceSense?

  /// Creates a completion.
  package init(
    partition: Int, device: UInt16, tag: UInt64, status: ChannelStatus, data: [UInt8] = [],
    at: SimulatedTime, sense: DeviceSense? = nil
  ) {
    self.partition = partition
    self.device = device
    self.tag = tag
    self.status = status
    self.data = data
    self.at = at
    self.sense = sense
  }
}

/// How a device ended a request.
struct RequestEnding: Equatable, Sendable {
  var status: ChannelStatus
  var data: [UInt8] = []
  /// Why it does not do it.
  var sense: DeviceSense?

  static let ioError = RequestEnding(status: .ioError)
  static let notOperational = RequestEnding(status: .notOperational)
  static let aborted = RequestEnding(status: .aborted)
}
