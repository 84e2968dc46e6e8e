// The commands of a SCSI disk (SPC-4, SBC-3; RESERVE and RELEASE of SPC-2), from the bytes that name them. What a
// command has that is not served is refused as an invalid field.

import Channels
import Quantities

/// A command of a disk.
enum SCSICommand: Equatable {
  case inquiry(page: UInt8?, allocation: Int)
  case reportUnits(allocation: Int)
  case requestSense(allocation: Int)
  /// Asks nothing but whether the disk may be used so.
  case test(DeviceUse)
  case readCapacity
  case readLongCapacity(allocation: Int)
  case modeSense(ModeRequest)
  case read(BlockSpan)
  case write(BlockSpan, isDurable: Bool)
  case synchronize(BlockSpan)
  case unmap(listLength: Int)
  case writeSame(BlockSpan, hasData: Bool)
  case reserveIn(ReservationReport, allocation: Int)
  case reserveOut(ReserveAction)
  case reserveUnit
  case releaseUnit

  /// Consecutive blocks.
  struct BlockSpan: Equatable {
    var first: UInt64
    var count: UInt64
  }

  /// Which pages of parameters are wanted, and in which form.
  struct ModeRequest: Equatable {
    var page: UInt8
    /// Whether it is asked what can be changed of them.
    var isChangeable: Bool
    var hasDescriptor: Bool
    var isLong: Bool
    var allocation: Int
  }

  /// What of PERSISTENT RESERVE OUT stands in the command.
  struct ReserveAction: Equatable {
    var action: UInt8
    var type: ReservationType?
    var listLength: Int
  }

  /// Commands that are answered whatever has happened to the disk (SPC-4, "Unit attention condition").
  static func isAlwaysAnswered(_ code: UInt8) -> Bool { [0x12, 0xA0, 0x03].contains(code) }

  /// Reads a command.
  ///
  /// - Throws: The sense of one that is not served.
  init(_ bytes: [UInt8]) throws(SCSISense) {
    let fields = Fields(bytes)
    switch fields.byte(0) {
    case 0x00: self = .test(.inquires)
    case 0x03: self = .requestSense(allocation: Int(fields.byte(4)))
    case 0x12: self = try Self.inquiry(fields)
    case 0x1A, 0x5A: self = try Self.modeSense(fields)
    case 0x1B: self = .test(fields.byte(4) & 0xF1 == 1 ? .inquires : .changes)
    case 0x25: self = .readCapacity
    case 0x9E:
      guard fields.byte(1) & 0x1F == 0x10 else { throw .invalidField }
      self = .readLongCapacity(allocation: fields.number(10, 4))
    case 0xA0:
      guard fields.byte(2) <= 2, fields.number(6, 4) >= 16 else { throw .invalidField }
      self = .reportUnits(allocation: fields.number(6, 4))
    case 0x08, 0x28, 0x88: self = .read(try Self.moved(fields))
    case 0x0A, 0x2A, 0x8A:
      let isDurable = fields.byte(0) != 0x0A && fields.byte(1) & 8 != 0
      self = .write(try Self.moved(fields), isDurable: isDurable)
    case 0x35, 0x91: self = .synchronize(fields.span)
    case 0x41, 0x93: self = try Self.writeSame(fields)
    case 0x42:
      guard fields.byte(1) & 1 == 0 else { throw .invalidField }
      self = .unmap(listLength: fields.number(7, 2))
    case 0x5E:
      guard let report = ReservationReport(rawValue: fields.byte(1) & 0x1F) else {
        throw .invalidField
      }
      self = .reserveIn(report, allocation: fields.number(7, 2))
    case 0x5F: self = .reserveOut(try Self.reserveAction(fields))
    case 0x16, 0x56:
      try Self.requireWhole(fields)
      self = .reserveUnit
    case 0x17, 0x57:
      try Self.requireWhole(fields)
      self = .releaseUnit
    default: throw .invalidCommand
    }
  }

  private static func inquiry(_ fields: Fields) throws(SCSISense) -> SCSICommand {
    let hasPage = fields.byte(1) & 1 != 0
    guard hasPage || fields.byte(2) == 0 else { throw .invalidField }
    return .inquiry(page: hasPage ? fields.byte(2) : nil, allocation: fields.number(3, 2))
  }

  private static func modeSense(_ fields: Fields) throws(SCSISense) -> SCSICommand {
    let isLong = fields.byte(0) == 0x5A
    guard fields.byte(2) >> 6 != 3 else { throw .notSaved }
    // All subpages of a page are the page.
    guard [0, 0xFF].contains(fields.byte(3)) else { throw .invalidField }
    return .modeSense(
      ModeRequest(
        page: fields.byte(2) & 0x3F, isChangeable: fields.byte(2) >> 6 == 1,
        hasDescriptor: fields.byte(1) & 8 == 0, isLong: isLong,
        allocation: isLong ? fields.number(7, 2) : Int(fields.byte(4))))
  }

  /// The blocks of READ and WRITE, whose protection information nobody has.
  private static func moved(_ fields: Fields) throws(SCSISense) -> BlockSpan {
    guard fields.byte(0) & 0xE0 == 0 || fields.byte(1) & 0xE0 == 0 else { throw .invalidField }
    return fields.span
  }

  private static func writeSame(_ fields: Fields) throws(SCSISense) -> SCSICommand {
    let isLong = fields.byte(0) == 0x93
    // Neither protection information, anchors, nor data that change from block to block; a number of blocks.
    guard fields.byte(1) & 0xF6 == 0, fields.byte(1) & 1 == 0 || isLong, fields.span.count > 0
    else { throw .invalidField }
    return .writeSame(fields.span, hasData: fields.byte(1) & 1 == 0)
  }

  private static func reserveAction(_ fields: Fields) throws(SCSISense) -> ReserveAction {
    let action = fields.byte(1) & 0x1F
    let type = ReservationType(rawValue: fields.byte(2) & 0xF)
    // Those that register, and that clear, have no type.
    let needsType = [1, 2, 4, 5].contains(action)
    guard action <= 6, !needsType || type != nil && fields.byte(2) >> 4 == 0 else {
      throw .invalidField
    }
    return ReserveAction(
      action: action, type: needsType ? type : nil, listLength: fields.number(5, 4))
  }

  /// Refuses to reserve a part, or for a third party.
  private static func requireWhole(_ fields: Fields) throws(SCSISense) {
    guard fields.byte(1) & 0x11 == 0 else { throw .invalidField }
  }

  /// Bytes of a command by their places.
  private struct Fields {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func byte(_ place: Int) -> UInt8 { bytes.element(at: place) ?? 0 }

    /// A number of up to eight bytes.
    func wide(_ place: Int, _ count: Int) -> UInt64 {
      // Cannot trap: places and counts of this file.
      UInt64(bigEndianBytes: bytes.dropFirst(place).prefix(count))
    }

    func number(_ place: Int, _ count: Int) -> Int { Int(clamping: wide(place, count)) }

    /// The blocks that a command names, by the form that its group has.
    var span: BlockSpan {
      switch byte(0) >> 5 {
      case 0:
        BlockSpan(first: wide(1, 3) & 0x1F_FFFF, count: byte(4) == 0 ? 256 : UInt64(byte(4)))
      case 4: BlockSpan(first: wide(2, 8), count: wide(10, 4))
      default: BlockSpan(first: wide(2, 4), count: wide(7, 2))
      }
    }
  }
}
