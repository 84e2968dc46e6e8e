// Storage that a guest takes and gives back in blocks (VIRTIO 1.2, "Memory Device"), as a value: which blocks
// are plugged, and how the guest's requests are judged. What a request names is the guest's: everything in it
// is checked, and no request changes anything but in whole.

import Quantities

/// The blocks of a region of a partition's addresses, and which of them are storage.
struct PluggableStorage: Codable, Equatable, Sendable {
  /// What a driver asks for.
  enum Request: Equatable {
    case plug(address: UInt64, blockCount: UInt16)
    case unplug(address: UInt64, blockCount: UInt16)
    case unplugAll
    case state(address: UInt64, blockCount: UInt16)
    /// A type that is none of these.
    case unknown

    /// Bytes of a request.
    static let byteCount = 24

    /// Reads a request; what is missing of it is zeros.
    init(_ bytes: [UInt8]) {
      func field(_ offset: Int, _ count: Int) -> UInt64 {
        // Cannot trap: no negative offset or count.
        bytes.dropFirst(offset).prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
      }
      let (address, blockCount) = (field(8, 8), UInt16(truncatingIfNeeded: field(16, 2)))
      self =
        switch field(0, 2) {
        case 0: .plug(address: address, blockCount: blockCount)
        case 1: .unplug(address: address, blockCount: blockCount)
        case 2: .unplugAll
        case 3: .state(address: address, blockCount: blockCount)
        default: .unknown
        }
    }

    /// How many blocks it names; all, when it names none.
    var blockCount: Int {
      switch self {
      case .plug(_, let count), .unplug(_, let count), .state(_, let count): Int(count)
      case .unplugAll: .max
      case .unknown: 0
      }
    }
  }

  /// What becomes of a request.
  enum Answer: Equatable {
    /// Done.
    case done
    /// More than was asked for.
    case denied
    /// Not blocks of the region, or not in the state that the request needs.
    case wrong
    /// Whether blocks are plugged; nil when some are.
    case state(isPlugged: Bool?)

    /// Bytes of an answer.
    static let byteCount = 10

    /// As the driver reads it.
    var bytes: [UInt8] {
      let (type, state): (UInt16, UInt16) =
        switch self {
        case .done: (0, 0)
        case .denied: (1, 0)
        case .wrong: (3, 0)
        case .state(let isPlugged): (0, isPlugged.map { $0 ? 0 : 1 } ?? 2)
        }
      return MachineLanguage.littleEndian(UInt64(type)) + MachineLanguage.littleEndian(state)
    }
  }

  /// Blocks whose state changes.
  enum Change: Equatable {
    case none
    case attach(Range<UInt64>)
    case detach([Range<UInt64>])
  }

  /// The region's first address.
  let start: UInt64
  /// How many blocks the region has.
  let blockCount: Int
  /// How much of it the guest is to have plugged, in bytes.
  private(set) var requestedByteCount: UInt64 = 0
  /// How much of it is plugged, in bytes.
  private(set) var pluggedByteCount: UInt64 = 0
  /// A bit for each block: whether it is plugged.
  private var words: [UInt64]

  /// A region of which nothing is plugged; blocks that do not lie wholly in it are not there.
  init(_ region: Range<UInt64>) {
    start = region.lowerBound
    blockCount = Int(
      clamping: (region.upperBound &- region.lowerBound) / PCLayout.pluggableBlock)
    words = [UInt64](repeating: 0, count: blockCount.addingClamped(63) / 64)
  }

  /// Whether it is a state of the same region, in which the numbers say what the bits say.
  func fits(_ other: PluggableStorage) -> Bool {
    let plugged = other.words.reduce(0) { $0.addingClamped($1.nonzeroBitCount) }
    return start == other.start && blockCount == other.blockCount
      && words.count == other.words.count && other.requestedByteCount <= byteCount
      && other.requestedByteCount % PCLayout.pluggableBlock == 0
      && other.pluggedByteCount == bytes(plugged)
      && (other.words.last ?? 0) & ~lastMask == 0
  }

  /// Bits of the last word that are blocks.
  private var lastMask: UInt64 {
    let rest = UInt64(clamping: blockCount % 64)
    return rest == 0 ? .max : (1 << rest) &- 1
  }

  /// Bytes of the region.
  var byteCount: UInt64 { bytes(blockCount) }

  /// The region's blocks.
  var blocks: Range<Int> { Range(uncheckedBounds: (0, blockCount)) }

  /// Whether a block is plugged; one that is not there is not.
  func isPlugged(_ block: Int) -> Bool {
    block >= 0 && (words.element(at: block / 64) ?? 0) >> UInt64(block % 64) & 1 != 0
  }

  /// The addresses of blocks.
  func addresses(_ blocks: Range<Int>) -> Range<UInt64> {
    let first = start.addingClamped(bytes(blocks.lowerBound))
    return first..<max(first, start.addingClamped(bytes(blocks.upperBound)))
  }

  /// What the driver reads of it in the device's configuration space.
  var configuration: [UInt8] {
    let values = [
      PCLayout.pluggableBlock, 0, start, byteCount, byteCount, pluggedByteCount, requestedByteCount,
    ]
    return values.flatMap(MachineLanguage.littleEndian)
  }

  // MARK: What the firmware wants

  /// Sets how much the guest is to have plugged; at most the region.
  mutating func request(_ byteCount: UInt64) {
    requestedByteCount =
      min(byteCount, self.byteCount) / PCLayout.pluggableBlock
      &* PCLayout.pluggableBlock
  }

  /// Unplugs the highest blocks until no more than so many bytes are plugged.
  mutating func limit(to byteCount: UInt64) -> Change {
    guard pluggedByteCount > byteCount else { return .none }
    var gone: [Range<UInt64>] = []
    for block in blocks.reversed() where isPlugged(block) {
      guard pluggedByteCount > byteCount else { break }
      let blocks = block..<max(block, block.addingClamped(1))
      set(blocks, false)
      gone.append(addresses(blocks))
    }
    return .detach(gone)
  }

  // MARK: What the guest asks for

  /// Performs a request.
  mutating func perform(_ request: Request) -> (answer: Answer, change: Change) {
    switch request {
    case .plug(let address, let count):
      guard let blocks = blocks(address, count), isPlugged(blocks) == false else { break }
      guard
        pluggedByteCount.addingClamped(bytes(blocks.upperBound &- blocks.lowerBound))
          <= requestedByteCount
      else {
        return (.denied, .none)
      }
      set(blocks, true)
      return (.done, .attach(addresses(blocks)))
    case .unplug(let address, let count):
      guard let blocks = blocks(address, count), isPlugged(blocks) == true else { break }
      set(blocks, false)
      return (.done, .detach([addresses(blocks)]))
    case .unplugAll: return (.done, limit(to: 0))
    case .state(let address, let count):
      guard let blocks = blocks(address, count) else { break }
      return (.state(isPlugged: isPlugged(blocks)), .none)
    case .unknown: break
    }
    return (.wrong, .none)
  }

  /// The blocks that a request names; nil unless all of them are the region's.
  private func blocks(_ address: UInt64, _ count: UInt16) -> Range<Int>? {
    guard count > 0, address >= start, (address &- start) % PCLayout.pluggableBlock == 0 else {
      return nil
    }
    let first = Int(clamping: (address &- start) / PCLayout.pluggableBlock)
    let end = first.addingClamped(Int(count))
    return end <= blockCount ? first..<max(first, end) : nil
  }

  /// Whether blocks are plugged; nil when some are and some are not.
  private func isPlugged(_ blocks: Range<Int>) -> Bool? {
    let count = blocks.count { isPlugged($0) }
    return count == blocks.upperBound &- blocks.lowerBound ? true : count == 0 ? false : nil
  }

  private mutating func set(_ blocks: Range<Int>, _ value: Bool) {
    for block in blocks where isPlugged(block) != value {
      words.change(at: block / 64) { $0 ^= 1 << UInt64(block % 64) }
      pluggedByteCount =
        value
        ? pluggedByteCount &+ PCLayout.pluggableBlock : pluggedByteCount &- PCLayout.pluggableBlock
    }
  }

  private func bytes(_ blocks: Int) -> UInt64 {
    UInt64(clamping: blocks).multipliedClamped(by: PCLayout.pluggableBlock)
  }
}
