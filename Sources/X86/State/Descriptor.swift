/// A descriptor as it stands in a table (Intel SDM volume 3, "Segment Descriptors").
struct Descriptor {
  /// The first eight bytes.
  let raw: UInt64
  /// The next eight, of system descriptors in long mode.
  var upper: UInt64 = 0

  var type: UInt8 { UInt8(raw >> 40 & 0xF) }
  /// Code or data; else a system descriptor or gate.
  var isSegment: Bool { raw >> 44 & 1 != 0 }
  var privilege: UInt32 { UInt32(raw >> 45 & 3) }
  var isPresent: Bool { raw >> 47 & 1 != 0 }
  var isCode: Bool { isSegment && type & 8 != 0 }
  var isConforming: Bool { isCode && type & 4 != 0 }
  var isReadable: Bool { !isCode || type & 2 != 0 }
  var isWritableData: Bool { isSegment && type & 0b1010 == 0b0010 }
  var isLong: Bool { raw >> 53 & 1 != 0 }
  var isBig: Bool { raw >> 54 & 1 != 0 }

  var limit: UInt32 {
    let pages = UInt32(raw & 0xFFFF) | UInt32(raw >> 48 & 0xF) << 16
    return raw >> 55 & 1 != 0 ? pages << 12 | 0xFFF : pages
  }

  var base: UInt64 { raw >> 16 & 0xFF_FFFF | (raw >> 56 & 0xFF) << 24 | upper << 32 }

  var attributes: UInt16 { UInt16(truncatingIfNeeded: raw >> 40) & 0xF0FF }

  /// Target of a gate.
  var gateSelector: UInt16 { UInt16(truncatingIfNeeded: raw >> 16) }
  var gateOffset: UInt64 {
    raw & 0xFFFF | (raw >> 48 & 0xFFFF) << 16 | (upper & 0xFFFF_FFFF) << 32
  }
  /// Entry of the interrupt stack table that a long-mode gate names, or 0.
  var gateStack: Int { Int(raw >> 32 & 7) }
  /// Parameters that a call gate copies.
  var gateParameterCount: Int { Int(raw >> 32 & 0x1F) }

  func segment(_ selector: UInt16) -> SegmentState {
    SegmentState(selector: selector, base: base, limit: limit, attributes: attributes)
  }
}

/// Types of system descriptors and gates.
enum SystemType {
  static let task16: UInt8 = 1
  static let localTable: UInt8 = 2
  static let callGate16: UInt8 = 4
  static let taskGate: UInt8 = 5
  static let interruptGate16: UInt8 = 6
  static let trapGate16: UInt8 = 7
  static let task: UInt8 = 9
  static let callGate: UInt8 = 12
  static let interruptGate: UInt8 = 14
  static let trapGate: UInt8 = 15
  static let busy: UInt8 = 2
}
