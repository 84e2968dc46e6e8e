// Emptying the translation buffer. The fill log names the entries of pages that are not global, so that
// a load of CR3 empties those alone.
extension ProcessorState {
  @inline(__always) func entryOffset(_ address: UInt64) -> Int {
    Int((address >> 7) & ((Self.translationEntryCount - 1) << 5))
  }

  @inline(__always) func translations(_ view: TranslationView) -> UnsafeMutableRawPointer {
    base + (StateLayout.translations + view.rawValue &* StateLayout.translationTableByteCount)
  }

  /// EFLAGS.AC lets the supervisor's explicit accesses reach users' pages in spite of SMAP.
  private var overridesAccessPrevention: Bool {
    cr4 & ControlRegister4.accessPrevention != 0 && flagsRest & Flag.alignment != 0
  }

  /// Whose rights an access has.
  func view(of access: AccessKind) -> TranslationView {
    if access.isUser { return .user }
    return !access.isImplicit && overridesAccessPrevention ? .overriding : .supervisor
  }

  /// Chooses the table of the running code's own accesses, an empty one while alignment is checked;
  /// called after every change of the privilege, of CR0.AM, of CR4 and of EFLAGS.AC.
  func selectTranslations() {
    currentTranslations =
      checksAlignment
      ? base + StateLayout.emptyTranslations
      : translations(view(of: AccessKind(isUser: privilege == 3)))
  }

  /// Drops the translation of one page, or of the large page around it (INVLPG).
  func invalidate(_ address: UInt64) {
    let tag = address | 0xFFF
    for view in TranslationView.allCases {
      let entry = translations(view) + entryOffset(address)
      if anyTag(entry) == tag { clear(entry) }
    }
    let bits = owner.fillLog.largeBits(around: address)
    guard bits != 0 else { return }
    for view in TranslationView.allCases {
      for index in 0..<Int(Self.translationEntryCount) {
        let entry = translations(view) + index * 32
        if anyTag(entry) >> bits == address >> bits { clear(entry) }
      }
    }
  }

  /// The tag of an entry, whatever accesses it is for; 0 when it is empty.
  private func anyTag(_ entry: UnsafeMutableRawPointer) -> UInt64 {
    entry.load(as: UInt64.self) | entry.load(fromByteOffset: 8, as: UInt64.self)
      | entry.load(fromByteOffset: 16, as: UInt64.self)
  }

  private func clear(_ entry: UnsafeMutableRawPointer) {
    entry.initializeMemory(as: UInt64.self, repeating: 0, count: 3)
  }

  /// Drops every translation that is not global, or every one.
  func flushTranslations(global: Bool) {
    let log = owner.fillLog
    if global || log.isFull {
      let tables = log.hasOverriding ? 3 : 2
      translations(.supervisor).initializeMemory(
        as: UInt64.self, repeating: 0,
        count: tables * StateLayout.translationTableByteCount / 8)
    } else {
      log.forEach { offset, view in clear(translations(view) + offset) }
    }
    log.removeAll(global: global)
  }

  /// Withdraws the write tag of every translation of a window page: code was decoded from it.
  func withdrawWriteTags(host: UnsafeMutableRawPointer) {
    let page = UInt64(UInt(bitPattern: host)) & ~0xFFF
    let tables = owner.fillLog.hasOverriding ? 3 : 2
    for index in 0..<tables * Int(Self.translationEntryCount) {
      let entry = base + StateLayout.translations + index * 32
      let tag = entry.load(fromByteOffset: 8, as: UInt64.self)
      guard tag != 0 else { continue }
      let linear = tag & ~0xFFF
      if linear &+ entry.load(fromByteOffset: 24, as: UInt64.self) == page {
        entry.storeBytes(of: 0, toByteOffset: 8, as: UInt64.self)
      }
    }
  }
}

/// Which entries were filled for pages that are not global, and which regions have large pages.
final class FillLog {
  private static let capacity = 2048
  private let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
  private var count = 0
  private(set) var isFull = false
  /// Some executable page in the upper half of the address space is not global.
  var hasLocalHighCode = false
  /// The table of the supervisor that overrides SMAP has entries.
  var hasOverriding = false
  /// Hashed set of 2 MiB regions with entries of 2 MiB pages.
  private var largeRegions: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  /// Hashed set of 1 GiB regions with entries of pages of 4 MiB or 1 GiB.
  private var hugeRegions: UInt64 = 0
  /// log2 of the bytes of those pages; there is one kind in a paging mode.
  private var hugeBits: UInt64 = 0

  deinit { entries.deallocate() }

  func append(_ offset: Int, _ view: TranslationView) {
    guard count < Self.capacity else {
      isFull = true
      return
    }
    entries[count] = UInt32(offset) | UInt32(view.rawValue) << 30
    count += 1
  }

  func forEach(_ body: (Int, TranslationView) -> Void) {
    for index in 0..<count {
      let view = TranslationView(rawValue: Int(entries[index] >> 30)) ?? .supervisor
      body(Int(entries[index] & 0x3FFF_FFFF), view)
    }
  }

  /// Forgets the entries; `global` says that those of global pages are gone as well.
  func removeAll(global: Bool) {
    count = 0
    hasLocalHighCode = false
    if global || isFull {
      largeRegions = (0, 0, 0, 0)
      hugeRegions = 0
      hasOverriding = false
    }
    isFull = false
  }

  func noteLarge(_ address: UInt64, sizeBits: UInt64) {
    guard sizeBits == 21 else {
      hugeRegions |= 1 << (address >> 30 & 63)
      hugeBits = sizeBits
      return
    }
    let bit = address >> 21 & 255
    let mask: UInt64 = 1 << (bit & 63)
    switch bit >> 6 {
    case 0: largeRegions.0 |= mask
    case 1: largeRegions.1 |= mask
    case 2: largeRegions.2 |= mask
    default: largeRegions.3 |= mask
    }
  }

  /// log2 of the bytes of the largest page that may be around an address; 0 when it is 4 KiB.
  func largeBits(around address: UInt64) -> UInt64 {
    if hugeRegions >> (address >> 30 & 63) & 1 != 0 { return hugeBits }
    let bit = address >> 21 & 255
    let mask: UInt64 = 1 << (bit & 63)
    let region =
      switch bit >> 6 {
      case 0: largeRegions.0
      case 1: largeRegions.1
      case 2: largeRegions.2
      default: largeRegions.3
      }
    return region & mask != 0 ? 21 : 0
  }
}
