// What a SCSI disk says of itself: INQUIRY and its pages, sizes, parameters (SPC-4 and SBC-3, the tables of the same
// names).

import Channels
import Quantities

/// A disk as its answers describe it.
struct SCSIDiskDescription {
  let configuration: BlockDeviceConfiguration

  /// Most blocks of a request.
  static let blockLimit = UInt32(clamping: ChannelDefaults.requestByteLimit / 512)

  private var number: UInt16 { configuration.unitNumber ?? configuration.deviceNumber }

  /// INQUIRY; of a unit that is not there only that.
  static func inquiry(isPresent: Bool) -> [UInt8] {
    // A disk by SPC-4, its answers in this form, 31 bytes behind this one; commands queue.
    [isPresent ? 0 : 0x7F, 0, 6, 2, 31, 0, 0, 2] + Array("ENDICOTTFBA DISK        1.0 ".utf8)
  }

  /// A page of vital product data; nil when there is none of the number.
  func page(_ number: UInt8) -> [UInt8]? {
    let data: [UInt8]
    switch number {
    case 0x00: data = [0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2]
    case 0x80: data = DiskFace.serialNumber(self.number)
    case 0x83: data = identification
    case 0xB0: data = limits
    // No rotation; what else there is to say is not said.
    case 0xB1: data = [0, 1] + [UInt8](repeating: 0, count: 58)
    // Blocks are given back by UNMAP and both WRITE SAME, one by one; what they have then is not said.
    case 0xB2: data = [0, isProvisioned ? 0xE0 : 0, isProvisioned ? 2 : 0, 0]
    default: return nil
    }
    return [0, number] + UInt16(clamping: data.count).bigEndianBytes + data
  }

  private var isProvisioned: Bool { !configuration.isReadOnly }

  /// A name of the vendor's; one as SAS has them, of its own making (NAA 3); the number of the port.
  private var identification: [UInt8] {
    let name = Array("ENDICOTT".utf8) + DiskFace.serialNumber(number)
    return [2, 1, 0, UInt8(clamping: name.count)] + name
      + [1, 3, 0, 8] + (3 << 60 | 1 << 32 | UInt64(number)).bigEndianBytes
      + [0x61, 0x94, 0, 4, 0, 0, 0, 1]
  }

  /// Block limits: a number of blocks is always said; one range to be given back at a time.
  private var limits: [UInt8] {
    let unmap: [UInt32] = isProvisioned ? [Self.blockLimit, 1, 128] : [0, 0, 0]
    return [1, 0, 0, 0]
      + [Self.blockLimit, 0, 0].flatMap(\.bigEndianBytes) + unmap.flatMap(\.bigEndianBytes)
      + [0, 0, 0, 0] + UInt64(Self.blockLimit).bigEndianBytes
      + [UInt8](repeating: 0, count: 20)
  }

  /// READ CAPACITY (10): the last block, and how long blocks are.
  var capacity: [UInt8] {
    UInt32(clamping: lastBlock).bigEndianBytes + UInt32(512).bigEndianBytes
  }

  /// READ CAPACITY (16): also whether blocks can be given back.
  var longCapacity: [UInt8] {
    lastBlock.bigEndianBytes + UInt32(512).bigEndianBytes
      + [0, 0, isProvisioned ? 0x80 : 0, 0] + [UInt8](repeating: 0, count: 16)
  }

  private var lastBlock: UInt64 { configuration.blockCount.subtractingClamped(1) }

  /// MODE SENSE; nil when there is no such page.
  func parameters(_ request: SCSICommand.ModeRequest) -> [UInt8]? {
    var pages: [UInt8] = []
    for (number, page) in [(UInt8(0x08), caching), (0x0A, control)]
    where request.page == number || request.page == 0x3F {
      // Nothing can be changed.
      pages += page.prefix(2) + page.dropFirst(2).map { request.isChangeable ? 0 : $0 }
    }
    guard !pages.isEmpty else { return nil }
    let descriptor =
      request.hasDescriptor
      ? UInt32(clamping: configuration.blockCount).bigEndianBytes + UInt32(512).bigEndianBytes : []
    // That it is protected; that writes can be had durable.
    let specific: UInt8 = (configuration.isReadOnly ? 0x80 : 0) | 0x10
    let behind = descriptor.count.addingClamped(pages.count)
    let head =
      request.isLong
      ? UInt16(clamping: behind.addingClamped(6)).bigEndianBytes + [0, specific, 0, 0]
        + UInt16(clamping: descriptor.count).bigEndianBytes
      : [UInt8(clamping: behind.addingClamped(3)), 0, specific, UInt8(clamping: descriptor.count)]
    return head + descriptor + pages
  }

  /// Writes are durable when the host says so: a cache that is written back.
  private var caching: [UInt8] { [0x08, 18, 4] + [UInt8](repeating: 0, count: 17) }

  /// Each partition has tasks of its own, and is told when another ends them.
  private var control: [UInt8] { [0x0A, 10, 0x20, 0, 0, 0x40, 0, 0, 0, 0, 0, 0] }
}
