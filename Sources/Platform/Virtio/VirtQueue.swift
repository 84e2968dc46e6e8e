// The device's side of a virtqueue, as a value.

import Quantities
import X86

/// What is wrong with a ring that a guest set up.
enum VirtQueueError: Error, Equatable, Sendable {
  /// A ring or a descriptor's buffer is not wholly storage.
  case outsideStorage(address: UInt64)
  /// A descriptor index is not below the queue's size.
  case indexTooLarge(UInt16)
  /// A chain is longer than the queue, so it loops.
  case loop(head: UInt16)
  /// A readable descriptor follows a writable one, or an indirect table was not negotiated.
  case wrongDescriptor(flags: UInt16)
  /// More buffers are made available than the queue has.
  case tooManyAvailable(UInt16)
  /// A chain is made available again before the device gave it back.
  case headInUse(UInt16)
  /// A chain has no room for a request's header, or none for its status.
  case incompleteRequest(head: UInt16)
}

/// The device's side of a split virtqueue (VIRTIO 1.2, "Split Virtqueues").
///
/// Everything in the rings is the guest's: addresses, lengths and indices are checked at each use.
struct VirtQueue: Codable, Equatable, Sendable {
  /// A piece of guest storage; it does not pass the end of addresses.
  struct Segment: Codable, Equatable, Sendable {
    var address: UInt64
    var byteCount: UInt32
  }

  /// A chain of descriptors: first what the device reads, then what it writes.
  struct Chain: Codable, Equatable, Sendable {
    var head: UInt16
    var readable: [Segment] = []
    var writable: [Segment] = []

    /// Descriptors in the chain.
    var descriptorCount: Int { readable.count &+ writable.count }
  }

  /// Most entries that a queue may have: a bit of `heads` each.
  static let maximumSize: UInt32 = 64

  /// Most entries that the device lets it have, a power of two.
  let limit: UInt32
  /// Entries: a power of two, 0 until the driver has said it.
  private(set) var size: UInt32 = 0
  var isReady = false
  var descriptors: UInt64 = 0
  var available: UInt64 = 0
  var used: UInt64 = 0
  private(set) var nextAvailable: UInt16 = 0
  private(set) var nextUsed: UInt16 = 0
  /// Heads of the chains that the device has, a bit each: at most `size` are in flight.
  private(set) var heads: UInt64 = 0

  /// A queue that the driver has not set up.
  init(limit: UInt32) { self.limit = min(limit, Self.maximumSize) }

  /// Whether the size is one that a queue of so many entries can have.
  func isValid(limit: UInt32) -> Bool {
    self.limit == limit && size <= limit && size.nonzeroBitCount <= 1
  }

  /// Sets the size; one that the queue cannot have leaves it without.
  mutating func setSize(_ value: UInt32) {
    size = value <= limit && value.nonzeroBitCount == 1 ? value : 0
  }

  /// Takes the next chain that the driver made available; nil when there is none.
  mutating func take(_ memory: GuestMemory) throws(VirtQueueError) -> Chain? {
    guard isReady, size > 0 else { return nil }
    let index: UInt16 = try VirtQueue.load(memory, available &+ 2)
    guard index != nextAvailable else { return nil }
    guard UInt32(index &- nextAvailable) <= size else {
      throw .tooManyAvailable(index &- nextAvailable)
    }
    let slot = UInt64(UInt32(nextAvailable) & (size &- 1))
    let head: UInt16 = try VirtQueue.load(memory, available &+ 4 &+ slot &* 2)
    let chain = try self.chain(head, memory)
    guard heads & bit(head) == 0 else { throw .headInUse(head) }
    heads |= bit(head)
    nextAvailable &+= 1
    return chain
  }

  /// The bit of a head below `maximumSize`.
  private func bit(_ head: UInt16) -> UInt64 { 1 &<< UInt64(head) }

  private func chain(
    _ head: UInt16, _ memory: GuestMemory
  ) throws(VirtQueueError) -> Chain {
    var chain = Chain(head: head)
    var index = head
    for _ in 0..<size {
      guard UInt32(index) < size else { throw .indexTooLarge(index) }
      let entry = descriptors &+ UInt64(index) &* 16
      let address: UInt64 = try VirtQueue.load(memory, entry)
      let byteCount: UInt32 = try VirtQueue.load(memory, entry &+ 8)
      let flags: UInt16 = try VirtQueue.load(memory, entry &+ 12)
      guard let range = AddressRange(start: address, byteCount: UInt64(byteCount)),
        memory.isStorage(range.addresses)
      else { throw .outsideStorage(address: address) }
      guard flags & 4 == 0 else { throw .wrongDescriptor(flags: flags) }
      let segment = Segment(address: address, byteCount: byteCount)
      if flags & 2 != 0 {
        chain.writable.append(segment)
      } else {
        guard chain.writable.isEmpty else { throw .wrongDescriptor(flags: flags) }
        chain.readable.append(segment)
      }
      guard flags & 1 != 0 else { return chain }
      index = try VirtQueue.load(memory, entry &+ 14)
    }
    throw .loop(head: head)
  }

  /// Gives a chain back with the number of bytes written; true when the driver wants an interrupt.
  ///
  /// To a driver that has taken its queue away nothing is given.
  mutating func give(
    head: UInt16, byteCount: UInt32, _ memory: GuestMemory
  ) throws(VirtQueueError) -> Bool {
    heads &= ~bit(head)
    guard isReady, size > 0 else { return false }
    let slot = UInt64(UInt32(nextUsed) & (size &- 1))
    let entry = used &+ 4 &+ slot &* 8
    try VirtQueue.store(memory, UInt32(head), entry)
    try VirtQueue.store(memory, byteCount, entry &+ 4)
    nextUsed &+= 1
    try VirtQueue.store(memory, nextUsed, used &+ 2)
    let flags: UInt16 = try VirtQueue.load(memory, available)
    return flags & 1 == 0
  }

  private static func load<T: FixedWidthInteger>(
    _ memory: GuestMemory, _ address: UInt64
  ) throws(VirtQueueError) -> T {
    guard let value = memory.load(address, as: T.self) else {
      throw .outsideStorage(address: address)
    }
    return value
  }

  private static func store<T: FixedWidthInteger>(
    _ memory: GuestMemory, _ value: T, _ address: UInt64
  ) throws(VirtQueueError) {
    guard memory.store(value, at: address) else { throw .outsideStorage(address: address) }
  }
}
