/// A segment register, numbered as instructions encode it; then LDTR and TR.
package enum SegmentRegister: Int, CaseIterable, Sendable {
  case es, cs, ss, ds, fs, gs, ldtr, tr
}

/// Bits of `SegmentState.attributes`.
enum SegmentAttribute {
  static let accessed: UInt16 = 1 << 0
  /// Writable data, readable code.
  static let writable: UInt16 = 1 << 1
  /// Expand-down data, conforming code.
  static let direction: UInt16 = 1 << 2
  static let code: UInt16 = 1 << 3
  static let isSegment: UInt16 = 1 << 4
  static let present: UInt16 = 1 << 7
  static let long: UInt16 = 1 << 13
  /// D of a code segment, B of a stack.
  static let big: UInt16 = 1 << 14

  /// Present, writable, accessed data of privilege 0: what real mode loads.
  static let realMode: UInt16 = 0x93
  /// The same of privilege 3: every segment of virtual-8086 mode.
  static let virtual8086: UInt16 = 0xF3
}

/// A segment register or LDTR, TR: selector and the descriptor behind it.
package struct SegmentState: Codable, Equatable, Sendable {
  package var selector: UInt16 = 0
  package var base: UInt64 = 0
  /// In bytes, granularity applied.
  package var limit: UInt32 = 0xFFFF
  /// Type, S, DPL, P in bits 0-7; AVL, L, D/B, G in bits 12-15 (Intel SDM volume 3,
  /// "Segment Descriptors", bits 40-47 and 52-55).
  package var attributes: UInt16 = 0

  /// Creates a segment that is not present.
  package init(
    selector: UInt16 = 0, base: UInt64 = 0, limit: UInt32 = 0xFFFF, attributes: UInt16 = 0
  ) {
    self.selector = selector
    self.base = base
    self.limit = limit
    self.attributes = attributes
  }
}

extension SegmentState {
  var privilege: UInt32 { UInt32(attributes >> 5 & 3) }
  var isPresent: Bool { attributes & SegmentAttribute.present != 0 }
  var isCode: Bool { attributes & SegmentAttribute.code != 0 }
  var isExpandDown: Bool {
    attributes & (SegmentAttribute.code | SegmentAttribute.direction) == SegmentAttribute.direction
  }
  var isNull: Bool { selector & ~3 == 0 }

  /// Whether bytes of the segment may be used, by its limit alone.
  ///
  /// Source: Intel SDM volume 3, "Limit Checking".
  func contains(_ offset: UInt64, _ count: Int) -> Bool {
    let last = offset &+ UInt64(truncatingIfNeeded: count &- 1)
    if isExpandDown {
      let top: UInt64 = attributes & SegmentAttribute.big != 0 ? 0xFFFF_FFFF : 0xFFFF
      return offset > UInt64(limit) && last <= top
    }
    return last <= UInt64(limit)
  }
}
