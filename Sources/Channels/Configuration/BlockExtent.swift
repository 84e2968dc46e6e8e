// A part of a device: the blocks that a minidisk lies on.

import Quantities

/// Consecutive blocks of a device, of 512 bytes each.
package struct BlockExtent: Equatable, Sendable, Codable {
  /// The first block.
  package var first: UInt64
  /// How many there are.
  package var count: UInt64

  /// Creates an extent.
  package init(first: UInt64, count: UInt64) {
    self.first = first
    self.count = count
  }

  /// Whether there are such blocks on a device with so many.
  package func fits(_ blockCount: UInt64) -> Bool {
    count > 0 && first < blockCount && count <= blockCount &- first
  }

  /// Whether a block lies on both; no extent is the whole device.
  package static func overlap(_ one: BlockExtent?, _ other: BlockExtent?) -> Bool {
    guard let one, let other else { return true }
    return one.first < other.first.addingClamped(other.count)
      && other.first < one.first.addingClamped(one.count)
  }

  /// The device's number of one of its blocks, when so many from there on are all the extent's.
  func place(of block: UInt64, count blocks: UInt64) -> UInt64? {
    guard block <= count, blocks <= count &- block else { return nil }
    return first.adding(block)
  }
}
