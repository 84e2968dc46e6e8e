// The translation buffer as a value. Its architectural part is history: a guest that clears an accessed
// bit without a flush sees whether the translation was still there. The host part, the addresses of
// this process and the cached jumps are a cache, and come back by themselves.

import Quantities

/// What the translation buffer holds, in columns.
struct TranslationData: Codable, Equatable, Sendable {
  /// Numbers of the entries that translate something, ascending: table and index.
  var slots: [UInt16] = []
  /// Of each its linear page and `TranslationFlag`s.
  var words: [UInt64] = []
  /// Of each the page of the storage window to which it leads.
  var pages: [UInt64] = []
  /// Of each the list of large pages in which it is, plus 1; 0 for none.
  var lists: [UInt16] = []
  /// Entries filled for pages that are not global, in the order in which they were.
  var local: [UInt16] = []
  /// There were more of them than the log has room for.
  var isLocalFull = false
  /// Some executable page in the upper half of the address space is not global.
  var hasLocalHighCode = false
  /// The table of the supervisor that overrides SMAP has entries.
  var hasOverriding = false
}

extension Processor {
  private static var slotCount: Int { 3 &* Int(ProcessorState.translationEntryCount) }

  /// What the translation buffer holds.
  var translationData: TranslationData {
    var data = TranslationData()
    let lists = state.largeLists.memberships(numbers: Self.slotCount, lists: LargePages.listCount)
    for number in Range(uncheckedBounds: (0, Self.slotCount)) {
      let entry = state.entry(TranslationSlot(number: number))
      let word = entry.load(fromByteOffset: 16, as: UInt64.self)
      guard word & TranslationFlag.any != 0 else { continue }
      let host = (word & ~0xFFF) &+ entry.load(fromByteOffset: 24, as: UInt64.self)
      data.slots.append(UInt16(truncatingIfNeeded: number))
      data.words.append(word)
      data.pages.append((host &- UInt64(UInt(bitPattern: memory.window))) >> 12)
      data.lists.append(lists.element(at: number) ?? 0)
    }
    fillLog.forEach { data.local.append(UInt16(truncatingIfNeeded: $0.number)) }
    data.isLocalFull = fillLog.isFull
    data.hasLocalHighCode = fillLog.hasLocalHighCode
    data.hasOverriding = fillLog.hasOverriding
    return data
  }

  /// Fills the empty translation buffer; fast paths and cached jumps come back by themselves.
  ///
  /// - Throws: `StateRefusal.inconsistent` when an entry does not exist or leads out of the storage.
  func restoreTranslations(_ data: TranslationData) throws(StateRefusal) {
    let count = data.slots.count
    guard data.words.count == count, data.pages.count == count, data.lists.count == count,
      data.local.allSatisfy({ Int($0) < Self.slotCount }), fillLog.hasRoom(for: data.local.count)
    else { throw ProcessorData.unfit("the columns of the translations differ") }
    let large = state.largeLists
    for (index, slot) in data.slots.enumerated() {
      let number = Int(slot)
      guard number < Self.slotCount, let word = data.words.element(at: index),
        let page = data.pages.element(at: index), let list = data.lists.element(at: index),
        page < memory.windowPageCount, list <= LargePages.listCount,
        word >> 12 & (ProcessorState.translationEntryCount &- 1) == UInt64(slot & 1023)
      else { throw ProcessorData.unfit("translation \(slot) leads nowhere") }
      let host = UInt64(UInt(bitPattern: memory.window)) &+ page << 12
      let entry = state.entry(TranslationSlot(number: number))
      entry.storeBytes(of: word, toByteOffset: 16, as: UInt64.self)
      entry.storeBytes(of: host &- word & ~0xFFF, toByteOffset: 24, as: UInt64.self)
      if list > 0 { large.add(number, to: Int(list) &- 1) }
    }
    for number in data.local { fillLog.append(TranslationSlot(number: Int(number))) }
    fillLog.restore(
      isFull: data.isLocalFull, hasLocalHighCode: data.hasLocalHighCode,
      hasOverriding: data.hasOverriding)
  }
}
