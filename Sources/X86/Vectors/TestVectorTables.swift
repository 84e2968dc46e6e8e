// What stands in storage before a vector's own bytes: descriptor tables, page tables and handlers that
// halt, so that events are told without the vector's having tables of its own.

/// Places and contents of the default tables.
enum TestVectorTables {
  /// Guest-physical address of the tables' first byte, in the last mebibyte of storage.
  static let base: UInt64 = 0xBFF0_0000
  static let globalTable = base
  static let interruptTable = base + 0x1000
  static let longInterruptTable = base + 0x2000
  /// Task-state segments: 32-bit, 64-bit.
  static let task = base + 0x3000
  static let longTask = base + 0x3100
  /// The handler of vector v is the HLT at this address plus v.
  static let handlers = base + 0x4000
  /// First address above the supervisor's stack.
  static let supervisorStack = base + 0x10000
  static let pageTables = base + 0x10000
  /// Bytes from `base` on.
  static let byteCount = 0x16000

  /// In real mode and virtual-8086 mode: the segment of the handlers, and the first one's offset.
  static let realHandlerSegment: UInt64 = 0xF000
  static let realHandlerOffset: UInt64 = 0xFE00

  /// Selectors of the default global table.
  enum Selector {
    static let code32: UInt16 = 0x08
    static let data32: UInt16 = 0x10
    static let code16: UInt16 = 0x18
    static let data16: UInt16 = 0x20
    static let code64: UInt16 = 0x28
    static let task: UInt16 = 0x30
    static let tableLimit: UInt16 = 0x67
  }

  /// Everything from `base` on.
  static func contents() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    func store(_ value: UInt64, at address: UInt64, count: Int = 8) {
      for index in 0..<count {
        // Cannot trap: everything here has its place below `byteCount`.
        bytes[Int(address - base) + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
      }
    }
    for (index, descriptor) in descriptors.enumerated() {
      store(descriptor, at: globalTable + UInt64(index) * 8)
    }
    for vector in 0..<UInt64(256) {
      let handler = handlers + vector
      store(0xF4, at: handler, count: 1)
      store(gate(handler, Selector.code32), at: interruptTable + vector * 8)
      store(gate(handler, Selector.code64), at: longInterruptTable + vector * 16)
    }
    store(supervisorStack, at: task + 4, count: 4)
    store(UInt64(Selector.data32), at: task + 8, count: 4)
    // The I/O permission map lies behind the limit: there is none.
    store(0x68, at: task + 0x66, count: 2)
    store(supervisorStack, at: longTask + 4)
    store(0x68, at: longTask + 0x66, count: 2)
    storePages(store)
    return bytes
  }

  /// 0 to 4 GiB mapped to itself in pages of 2 MiB, for users too, accessed and dirty.
  private static func storePages(_ store: (UInt64, UInt64, Int) -> Void) {
    store(pageTables + 0x1000 | 0x27, pageTables, 8)
    for directory in 0..<UInt64(4) {
      let table = pageTables + 0x2000 + directory * 0x1000
      store(table | 0x27, pageTables + 0x1000 + directory * 8, 8)
      for entry in 0..<UInt64(512) {
        store((directory << 30 | entry << 21) | 0xE7, table + entry * 8, 8)
      }
    }
  }

  /// Flat code and data of 32 and 16 bits and code of 64 bits, the task, then all again for users.
  private static let descriptors: [UInt64] = [
    0, 0x00CF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF, 0x0000_9B00_0000_FFFF, 0x0000_9300_0000_FFFF,
    0x00AF_9B00_0000_FFFF, taskDescriptor, 0, 0x00CF_FB00_0000_FFFF, 0x00CF_F300_0000_FFFF,
    0x0000_FB00_0000_FFFF, 0x0000_F300_0000_FFFF, 0x00AF_FB00_0000_FFFF,
  ]

  private static var taskDescriptor: UInt64 {
    0x0000_8B00_0000_0067 | (task & 0xFF_FFFF) << 16 | (task >> 24) << 56
  }

  /// An interrupt gate that software may use at any privilege.
  private static func gate(_ handler: UInt64, _ selector: UInt16) -> UInt64 {
    handler & 0xFFFF | UInt64(selector) << 16 | 0xEE00 << 32 | (handler >> 16) << 48
  }

  /// The interrupt table of real mode, for address 0.
  static func realInterruptTable() -> [UInt8] {
    (0..<UInt64(256)).flatMap { vector in
      let entry = realHandlerSegment << 16 | realHandlerOffset + vector
      return (0..<4).map { UInt8(truncatingIfNeeded: entry >> UInt64(8 * $0)) }
    }
  }
}
