@testable import X86

extension GuestMemory {
  /// 16 MiB with page tables at an address that map them to themselves by pages of 4 KiB, for all.
  static func mappedToItself(tables: UInt64) throws -> GuestMemory {
    let memory = try GuestMemory(maximumByteCount: 16 << 20)
    memory.attach(0..<16 << 20)
    _ = memory.store(tables + 0x1007, at: tables)
    _ = memory.store(tables + 0x2007, at: tables + 0x1000)
    for table in 0..<UInt64(8) {
      _ = memory.store(tables + 0x3007 + table << 12, at: tables + 0x2000 + table * 8)
    }
    for page in 0..<UInt64(4096) {
      _ = memory.store(page << 12 | 7, at: pageEntry(tables: tables, page << 12))
    }
    return memory
  }

  /// Where the page-table entry of an address stands.
  static func pageEntry(tables: UInt64, _ address: UInt64) -> UInt64 {
    tables + 0x3000 + (address >> 12) * 8
  }
}
