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

  /// The flags of an entry that translates an address's page, else nil.
  @inline(__always)
  func flags(of entry: UnsafeMutableRawPointer, _ address: UInt64) -> UInt64? {
    let translation = entry.load(fromByteOffset: 16, as: UInt64.self)
    guard (translation ^ address) < 4096, translation & TranslationFlag.any != 0 else {
      return nil
    }
    return translation & 0xFFF
  }

  var jumpLists: IndexLists { IndexLists(base + StateLayout.jumpLists, lists: 2 * 1024) }

  var largeLists: IndexLists {
    IndexLists(base + StateLayout.largeLists, lists: LargePages.listCount)
  }

  /// Drops the translation of one page, or of the large page around it (INVLPG).
  ///
  /// Of large pages those go as well whose numbers agree in the last 8 bits: that is as quick for
  /// many as for one, and each that goes was filled by a walk.
  func invalidate(_ address: UInt64) {
    for view in TranslationView.allCases {
      let slot = TranslationSlot(view, address)
      if flags(of: entry(slot), address) != nil { clear(slot) }
    }
    let large = largeLists
    for sizeBits in LargePages.sizes {
      guard let list = LargePages.list(of: address, sizeBits: sizeBits) else { continue }
      while let number = large.takeFirst(list) { clear(TranslationSlot(number: number)) }
    }
  }

  func entry(_ slot: TranslationSlot) -> UnsafeMutableRawPointer {
    base + (StateLayout.translations &+ slot.number &* 32)
  }

  private func clear(_ slot: TranslationSlot) {
    entry(slot).initializeMemory(as: UInt64.self, repeating: 0, count: 3)
    forgetJumps(of: slot)
  }

  /// Forgets the cached jumps that came by a translation.
  func forgetJumps(of slot: TranslationSlot) {
    guard slot.number < 2 * 1024 else { return }
    let lists = jumpLists
    while let jump = lists.takeFirst(slot.number) {
      (base + (StateLayout.jumpCache + jump &* 16)).storeBytes(of: 0, as: UInt64.self)
    }
  }

  /// Drops every translation that is not global, or every one, and the jumps that came by them.
  func flushTranslations(global: Bool) {
    let log = owner.fillLog
    if global || log.isFull {
      owner.forgetJumps()
      let tables = log.hasOverriding ? 3 : 2
      translations(.supervisor).initializeMemory(
        as: UInt64.self, repeating: 0,
        count: tables * StateLayout.translationTableByteCount / 8)
    } else {
      // Before the log forgets whether code in the upper half was local.
      owner.forgetLocalJumps()
      log.forEach { clear($0) }
    }
    log.removeAll(global: global)
  }

  /// Drops the host part of every translation.
  func dropFastPaths() {
    for number in 0..<3 * Int(Self.translationEntryCount) {
      entry(TranslationSlot(number: number)).initializeMemory(
        as: UInt64.self, repeating: 0, count: 2)
    }
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

/// Number of an entry of the translation buffer, its table included.
struct TranslationSlot {
  let number: Int

  init(number: Int) { self.number = number }

  init(_ view: TranslationView, _ address: UInt64) {
    let index = address >> 12 & (ProcessorState.translationEntryCount - 1)
    number = view.rawValue &* Int(ProcessorState.translationEntryCount) &+ Int(index)
  }
}

/// What a translation is good for: low bits of the architectural part of an entry.
enum TranslationFlag {
  static let read: UInt64 = 1 << 0
  /// The page's dirty bit is set as well.
  static let write: UInt64 = 1 << 1
  static let fetch: UInt64 = 1 << 2
  static let any: UInt64 = read | write | fetch

  @inline(__always) static func needed(_ access: AccessKind) -> UInt64 {
    access.isWrite ? write : access.isFetch ? fetch : read
  }
}

/// Lists of the entries that translate large pages: by size, and by the last 8 bits of the page's
/// number.
enum LargePages {
  /// log2 of the bytes of a large page: 2 MiB, 4 MiB, 1 GiB.
  static let sizes: [UInt64] = [21, 22, 30]
  static let listCount = 3 * 256

  /// The list of a page of 2 to the power of `sizeBits` bytes; nil for a page of 4 KiB.
  @inline(__always) static func list(of address: UInt64, sizeBits: UInt64) -> Int? {
    if sizeBits == 12 { return nil }
    let kind = sizeBits == 21 ? 0 : sizeBits == 22 ? 1 : 2
    return kind &* 256 &+ Int(address >> sizeBits & 255)
  }
}

/// Which entries were filled for pages that are not global.
final class FillLog {
  private static let capacity = 2048
  private let entries = UnsafeMutablePointer<UInt16>.allocate(capacity: capacity)
  private var count = 0
  private(set) var isFull = false
  /// Some executable page in the upper half of the address space is not global.
  var hasLocalHighCode = false
  /// The table of the supervisor that overrides SMAP has entries.
  var hasOverriding = false

  deinit { entries.deallocate() }

  func append(_ slot: TranslationSlot) {
    guard count < Self.capacity else {
      isFull = true
      return
    }
    entries[count] = UInt16(truncatingIfNeeded: slot.number)
    count += 1
  }

  func forEach(_ body: (TranslationSlot) -> Void) {
    for index in Range(uncheckedBounds: (0, count)) {
      body(TranslationSlot(number: Int(entries[index])))
    }
  }

  /// Whether so many entries can be noted.
  func hasRoom(for count: Int) -> Bool { count <= Self.capacity }

  /// Takes up what else is known of the entries.
  func restore(isFull: Bool, hasLocalHighCode: Bool, hasOverriding: Bool) {
    self.isFull = isFull
    self.hasLocalHighCode = hasLocalHighCode
    self.hasOverriding = hasOverriding
  }

  /// Forgets the entries; `global` says that those of global pages are gone as well.
  func removeAll(global: Bool) {
    count = 0
    if global || isFull { hasOverriding = false }
    hasLocalHighCode = false
    isFull = false
  }
}
