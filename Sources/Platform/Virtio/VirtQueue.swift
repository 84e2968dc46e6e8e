// The device's side of a virtqueue, as a value.

import Quantities
import X86

/// What is wrong with a ring that a guest set up.
enum VirtQueueError: Error, Equatable, Sendable {
  /// A ring or a descriptor's buffer is not wholly storage.
  case outsideStorage(address: UInt64)
  /// A descriptor index is not below the queue's size.
  case indexTooLarge(UInt16)
  /// A chain is longer than the queue or than any may be, so it loops.
  case loop(head: UInt16)
  /// A readable descriptor follows a writable one, or an indirect table was not negotiated, is not the last of its
  /// chain, is in another, or has a length that none can have.
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

  /// A table of descriptors: the queue's own, or one that a descriptor of it stands for.
  private struct Table {
    var address: UInt64
    var count: UInt32
  }

  /// Most entries of a queue whose device needs no more: a bit of `heads` each.
  static let maximumSize: UInt32 = 64
  /// Most entries that any queue may have.
  static let largestSize: UInt32 = 256
  /// VIRTIO_F_INDIRECT_DESC.
  static let tables: UInt64 = 1 << 28
  /// Most descriptors of a chain, with those of a table: each is work of the host.
  static let chainLimit = 128

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
  /// Heads from 64 on, 64 in each; none where no queue of so many entries can have them.
  @Added private(set) var furtherHeads: [UInt64] = []

  /// A queue that the driver has not set up.
  init(limit: UInt32) {
    self.limit = min(limit, Self.largestSize)
    // Cannot trap: three words at most.
    furtherHeads = [UInt64](repeating: 0, count: Self.furtherWords(limit: self.limit))
  }

  /// How many words the heads from 64 on take.
  private static func furtherWords(limit: UInt32) -> Int {
    // Cannot trap: a quotient, of which the first word is left out.
    max(0, (Int(limit).addingClamped(63) / 64) &- 1)
  }

  /// Whether the size is one that a queue of so many entries can have.
  func isValid(limit: UInt32) -> Bool {
    self.limit == limit && size <= limit && size.nonzeroBitCount <= 1
      && furtherHeads.count == Self.furtherWords(limit: limit)
  }

  /// Sets the size; one that the queue cannot have leaves it without.
  mutating func setSize(_ value: UInt32) {
    size = value <= limit && value.nonzeroBitCount == 1 ? value : 0
  }

  /// Takes the next chain that the driver made available.
  ///
  /// - Parameters:
  ///   - memory: Where the rings are.
  ///   - hasTables: Whether the driver may put the end of a chain into a table of its own
  ///     (VIRTIO_F_INDIRECT_DESC).
  /// - Returns: The chain; nil when there is none.
  /// - Throws: What is wrong with the rings or the chain.
  mutating func take(
    _ memory: GuestMemory, hasTables: Bool = false
  ) throws(VirtQueueError) -> Chain? {
    guard isReady, size > 0 else { return nil }
    let index: UInt16 = try VirtQueue.load(memory, available &+ 2)
    guard index != nextAvailable else { return nil }
    guard UInt32(index &- nextAvailable) <= size else {
      throw .tooManyAvailable(index &- nextAvailable)
    }
    let slot = UInt64(UInt32(nextAvailable) & (size &- 1))
    let head: UInt16 = try VirtQueue.load(memory, available &+ 4 &+ slot &* 2)
    let chain = try chain(head, memory, hasTables: hasTables)
    guard !isHeld(head) else { throw .headInUse(head) }
    hold(head, true)
    nextAvailable &+= 1
    return chain
  }

  /// Whether the device has the chain of a head.
  private func isHeld(_ head: UInt16) -> Bool {
    let word = head < 64 ? heads : furtherHeads.element(at: Int(head) / 64 &- 1) ?? 0
    return word & bit(head) != 0
  }

  private mutating func hold(_ head: UInt16, _ isHeld: Bool) {
    let bit = bit(head)
    if head < 64 {
      heads = isHeld ? heads | bit : heads & ~bit
    } else {
      furtherHeads.change(at: Int(head) / 64 &- 1) { $0 = isHeld ? $0 | bit : $0 & ~bit }
    }
  }

  /// The bit of a head in its word.
  private func bit(_ head: UInt16) -> UInt64 { 1 &<< UInt64(head & 63) }

  private func chain(
    _ head: UInt16, _ memory: GuestMemory, hasTables: Bool
  ) throws(VirtQueueError) -> Chain {
    var chain = Chain(head: head)
    let own = Table(address: descriptors, count: size)
    guard let table = try walk(own, from: head, &chain, memory) else { return chain }
    // A table cannot lead to another (VIRTIO 1.2, "Indirect Descriptors").
    guard hasTables, try walk(table, from: 0, &chain, memory) == nil else {
      throw .wrongDescriptor(flags: Flag.table)
    }
    return chain
  }

  /// What a descriptor says beside its place.
  private enum Flag {
    static let more: UInt16 = 1
    static let writable: UInt16 = 2
    static let table: UInt16 = 4
  }

  /// Adds the descriptors of a table to a chain.
  ///
  /// - Returns: The table that the last of them stands for; nil when the chain ends with it.
  private func walk(
    _ table: Table, from first: UInt16, _ chain: inout Chain, _ memory: GuestMemory
  ) throws(VirtQueueError) -> Table? {
    var index = first
    // Cannot trap: no negative count.
    for _ in 0..<table.count {
      guard chain.descriptorCount < Self.chainLimit else { break }
      guard UInt32(index) < table.count else { throw .indexTooLarge(index) }
      let entry = table.address &+ UInt64(index) &* 16
      let address: UInt64 = try VirtQueue.load(memory, entry)
      let byteCount: UInt32 = try VirtQueue.load(memory, entry &+ 8)
      let flags: UInt16 = try VirtQueue.load(memory, entry &+ 12)
      guard let range = AddressRange(start: address, byteCount: UInt64(byteCount)),
        memory.isStorage(range.addresses)
      else { throw .outsideStorage(address: address) }
      if flags & Flag.table != 0 {
        // Who may write it says nothing of a table.
        let count = byteCount / 16
        guard flags & Flag.more == 0, byteCount % 16 == 0, count > 0, count <= Self.chainLimit
        else { throw .wrongDescriptor(flags: flags) }
        return Table(address: address, count: count)
      }
      let segment = Segment(address: address, byteCount: byteCount)
      if flags & Flag.writable != 0 {
        chain.writable.append(segment)
      } else {
        guard chain.writable.isEmpty else { throw .wrongDescriptor(flags: flags) }
        chain.readable.append(segment)
      }
      guard flags & Flag.more != 0 else { return nil }
      index = try VirtQueue.load(memory, entry &+ 14)
    }
    throw .loop(head: chain.head)
  }

  /// Gives a chain back with the number of bytes written; true when the driver wants an interrupt.
  ///
  /// To a driver that has taken its queue away nothing is given.
  mutating func give(
    head: UInt16, byteCount: UInt32, _ memory: GuestMemory
  ) throws(VirtQueueError) -> Bool {
    hold(head, false)
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
