// The software translation buffer: two tables (supervisor, user) of 1024 direct-mapped entries of
// 32 bytes: tag for reads, tag for writes, tag for fetches, addend (host address - linear address).
// A valid tag is the linear page with its low 12 bits set, so that zeroed memory matches nothing.
// The write tag stands only for dirty pages without decoded code. Devices are never entered.
//
// Geometry and replacement are visible to guests through accessed bits: part of history version 1.

extension ProcessorState {
  static let translationEntryCount: UInt64 = 1024

  @inline(__always) var currentTranslations: UnsafeMutableRawPointer {
    get { get(StateLayout.currentTranslations, as: UnsafeMutableRawPointer.self) }
    nonmutating set { set(StateLayout.currentTranslations, newValue) }
  }

  @inline(__always) func translationEntry(_ address: UInt64) -> UnsafeMutableRawPointer {
    currentTranslations + Int((address >> 7) & ((Self.translationEntryCount - 1) << 5))
  }

  /// Host address of guest bytes to read, or nil after a fault was recorded.
  ///
  /// Bytes that straddle pages or belong to a device come through the scratch area.
  @inline(__always)
  func readPointer(
    _ operation: UnsafeRawPointer, _ address: UInt64, _ byteCount: Int
  ) -> UnsafeMutableRawPointer? {
    let entry = translationEntry(address)
    let tag = address &+ UInt64(byteCount &- 1) | 0xFFF
    if _fastPath(entry.load(as: UInt64.self) == tag) {
      return UnsafeMutableRawPointer(
        bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
    }
    return readPointerSlowly(operation, address, byteCount)
  }

  /// Host address of guest bytes to change, or nil after a fault was recorded.
  ///
  /// After changing them the caller calls `finishWrite` with the pointer.
  @inline(__always)
  func writePointer(
    _ operation: UnsafeRawPointer, _ address: UInt64, _ byteCount: Int, reads: Bool
  ) -> UnsafeMutableRawPointer? {
    let entry = translationEntry(address)
    let tag = address &+ UInt64(byteCount &- 1) | 0xFFF
    if _fastPath(entry.load(fromByteOffset: 8, as: UInt64.self) == tag) {
      return UnsafeMutableRawPointer(
        bitPattern: UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self)))
    }
    return writePointerSlowly(operation, address, byteCount, reads)
  }

  /// Carries out a write that went to the scratch area.
  @inline(__always)
  func finishWrite(_ pointer: UnsafeMutableRawPointer) {
    if _slowPath(pointer == scratch) { commitScratch() }
  }

  @inline(never)
  private func readPointerSlowly(
    _ operation: UnsafeRawPointer, _ address: UInt64, _ byteCount: Int
  ) -> UnsafeMutableRawPointer? {
    exitOperation = operation
    return owner.readSlowly(address, byteCount, stackFault: usesStackSegment(operation))
  }

  @inline(never)
  private func writePointerSlowly(
    _ operation: UnsafeRawPointer, _ address: UInt64, _ byteCount: Int, _ reads: Bool
  ) -> UnsafeMutableRawPointer? {
    exitOperation = operation
    return owner.writeSlowly(
      address, byteCount, reads: reads, stackFault: usesStackSegment(operation))
  }

  @inline(never)
  private func commitScratch() { owner.commitScratch() }

  /// Whether an operation's address is by default in the stack segment: base RSP or RBP.
  private func usesStackSegment(_ operation: UnsafeRawPointer) -> Bool {
    let register = operation.load(fromByteOffset: 9, as: UInt8.self)
    if register == PseudoRegister.address {
      return get(StateLayout.addressSegment, as: UInt32.self) == 2
    }
    return register == 4 || register == 5
  }
}

extension Processor {
  private var isUser: Bool { state.privilege == 3 }

  func readSlowly(
    _ address: UInt64, _ byteCount: Int, stackFault: Bool
  ) -> UnsafeMutableRawPointer? {
    do {
      try checkAlignment(address, byteCount, stackFault: stackFault)
      noteAccess(address, byteCount, write: false)
      let inPage = Int(4096 - address & 0xFFF)
      if inPage >= byteCount {
        switch try locate(address, AccessKind(isUser: isUser), stackFault: stackFault) {
        case .storage(let host): return host
        case .device(let physical):
          guard state.mayTouchDevices() else { return nil }
          readDevice(physical, byteCount, into: state.scratch)
          return state.scratch
        }
      }
      let first = try locate(address, AccessKind(isUser: isUser), stackFault: stackFault)
      let second = try locate(
        address &+ UInt64(inPage), AccessKind(isUser: isUser), stackFault: stackFault)
      guard isStoragePair(first, second) || state.mayTouchDevices() else { return nil }
      copyFrom(first, inPage, state.scratch)
      copyFrom(second, byteCount - inPage, state.scratch + inPage)
      return state.scratch
    } catch {
      recordFault(error)
      return nil
    }
  }

  func writeSlowly(
    _ address: UInt64, _ byteCount: Int, reads: Bool, stackFault: Bool
  ) -> UnsafeMutableRawPointer? {
    do {
      try checkAlignment(address, byteCount, stackFault: stackFault)
      noteAccess(address, byteCount, write: true)
      let access = AccessKind(isWrite: true, isUser: isUser)
      let inPage = Int(4096 - address & 0xFFF)
      if inPage >= byteCount {
        switch try locate(address, access, stackFault: stackFault) {
        case .storage(let host):
          noteWrite(host, byteCount)
          return host
        case .device(let physical):
          guard state.mayTouchDevices() else { return nil }
          if reads { readDevice(physical, byteCount, into: state.scratch) }
          pendingFirst = .device(physical)
          pendingSecond = nil
          pendingFirstCount = byteCount
          return state.scratch
        }
      }
      let first = try locate(address, access, stackFault: stackFault)
      let second = try locate(address &+ UInt64(inPage), access, stackFault: stackFault)
      guard isStoragePair(first, second) || state.mayTouchDevices() else { return nil }
      if reads {
        copyFrom(first, inPage, state.scratch)
        copyFrom(second, byteCount - inPage, state.scratch + inPage)
      }
      pendingFirst = first
      pendingFirstCount = inPage
      pendingSecond = second
      pendingSecondCount = byteCount - inPage
      return state.scratch
    } catch {
      recordFault(error)
      return nil
    }
  }

  func commitScratch() {
    copyTo(pendingFirst, pendingFirstCount, state.scratch)
    if let second = pendingSecond {
      copyTo(second, pendingSecondCount, state.scratch + pendingFirstCount)
    }
  }

  private func isStoragePair(_ first: Location, _ second: Location) -> Bool {
    if case .storage = first, case .storage = second { return true }
    return false
  }

  /// Voids decoded code that a write to storage is about to change.
  func noteWrite(_ host: UnsafeMutableRawPointer, _ byteCount: Int) {
    let offset = host - memory.window
    let page = offset >> 12
    guard memory.hasCode(page: page) else { return }
    switch cache.useOfCode(memory, page: page, offset: offset & 0xFFF, byteCount: byteCount) {
    case .elsewhere: return
    case .none: memory.clearCode(page: page)
    case .hit:
      memory.bumpVersion(page: page)
      cache.invalidate(memory, page: page)
      leaveChangedBlock(page: page)
    }
  }

  /// Where a linear address leads, entering the translation in the buffer when it is storage.
  func locate(
    _ address: UInt64, _ access: AccessKind, stackFault: Bool
  ) throws(GuestException) -> Location {
    guard isCanonical(address) else {
      throw stackFault ? .stackFault(0) : .generalProtection(0)
    }
    let entry = state.translations(user: access.isUser) + state.entryOffset(address)
    let tag = address | 0xFFF
    let tagOffset = access.isWrite ? 8 : access.isFetch ? 16 : 0
    if entry.load(fromByteOffset: tagOffset, as: UInt64.self) == tag {
      return .storage(hostPointer(entry, address))
    }
    switch pageWalk().translate(address, access) {
    case .fault(let code):
      state.set(StateLayout.cr2, address)
      state.invalidate(address)
      throw .pageFault(code)
    case .found(let translation):
      return enter(translation, address, access, entry)
    }
  }

  private func enter(
    _ translation: Translation, _ address: UInt64, _ access: AccessKind,
    _ entry: UnsafeMutableRawPointer
  ) -> Location {
    let physical = translation.page | address & 0xFFF
    guard let offset = memory.storageOffset(physical) else { return .device(physical) }
    let host = memory.window + Int(offset)
    let tag = address | 0xFFF
    let page = Int(offset >> 12)
    if access.isWrite { memory.markWritten(page: page) }
    if isWatched(address) { return .storage(host) }
    let mayWrite =
      translation.isWritable || (!access.isUser && state.cr0 & ControlRegister0.writeProtect == 0)
    let hasCode = memory.hasCode(page: page)
    entry.storeBytes(of: tag, as: UInt64.self)
    entry.storeBytes(
      of: access.isWrite && translation.isDirty && mayWrite && !hasCode ? tag : 0,
      toByteOffset: 8, as: UInt64.self)
    entry.storeBytes(
      of: translation.isExecutable ? tag : 0, toByteOffset: 16, as: UInt64.self)
    entry.storeBytes(
      of: UInt64(UInt(bitPattern: host)) &- address, toByteOffset: 24, as: UInt64.self)
    state.noteFill(
      address, user: access.isUser, translation)
    return .storage(host)
  }

  private func hostPointer(
    _ entry: UnsafeMutableRawPointer, _ address: UInt64
  ) -> UnsafeMutableRawPointer {
    let value = UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self))
    guard let pointer = UnsafeMutableRawPointer(bitPattern: value) else {
      preconditionFailure("a translation without a host address")
    }
    return pointer
  }

  func pageWalk() -> PageWalk {
    PageWalk(memory: memory, cr0: state.cr0, cr3: state.cr3, cr4: state.cr4, efer: state.efer)
  }

  /// Whether an address has its upper bits equal; always true outside long mode.
  func isCanonical(_ address: UInt64) -> Bool {
    guard state.efer & ExtendedFeatures.longModeActive != 0 else { return true }
    return UInt64(bitPattern: Int64(bitPattern: address << 16) >> 16) == address
  }
}

/// What a linear address leads to.
enum Location {
  case storage(UnsafeMutableRawPointer)
  /// A guest-physical address that is not storage.
  case device(UInt64)
}

// Filling and emptying. The fill log names the entries of pages that are not global, so that a load
// of CR3 empties those alone.
extension ProcessorState {
  @inline(__always) func entryOffset(_ address: UInt64) -> Int {
    Int((address >> 7) & ((Self.translationEntryCount - 1) << 5))
  }

  @inline(__always) func translations(user: Bool) -> UnsafeMutableRawPointer {
    base + StateLayout.translations + (user ? StateLayout.translationTableByteCount : 0)
  }

  func noteFill(_ address: UInt64, user: Bool, _ translation: Translation) {
    let log = owner.fillLog
    if !translation.isGlobal {
      log.append(entryOffset(address), user: user)
      if translation.isExecutable && address >> 63 != 0 { log.hasLocalHighCode = true }
    }
    if translation.isLarge { log.noteLarge(address) }
  }

  /// Drops the translation of one page, or of the large page around it (INVLPG).
  func invalidate(_ address: UInt64) {
    let tag = address | 0xFFF
    for user in [false, true] {
      let entry = translations(user: user) + entryOffset(address)
      if holds(entry, tag) { clear(entry) }
    }
    guard owner.fillLog.mayBeLarge(address) else { return }
    for user in [false, true] {
      for index in 0..<Int(Self.translationEntryCount) {
        let entry = translations(user: user) + index * 32
        let entryTag = entry.load(as: UInt64.self) | entry.load(fromByteOffset: 8, as: UInt64.self)
        if entryTag >> 21 == address >> 21 { clear(entry) }
      }
    }
  }

  private func holds(_ entry: UnsafeMutableRawPointer, _ tag: UInt64) -> Bool {
    entry.load(as: UInt64.self) == tag
  }

  private func clear(_ entry: UnsafeMutableRawPointer) {
    entry.initializeMemory(as: UInt64.self, repeating: 0, count: 3)
  }

  /// Drops every translation that is not global, or every one.
  func flushTranslations(global: Bool) {
    let log = owner.fillLog
    if global || log.isFull {
      translations(user: false).initializeMemory(
        as: UInt64.self, repeating: 0, count: 2 * StateLayout.translationTableByteCount / 8)
    } else {
      log.forEach { offset, user in clear(translations(user: user) + offset) }
    }
    log.removeAll(global: global)
  }

  /// Withdraws the write tag of every translation of a window page: code was decoded from it.
  func withdrawWriteTags(host: UnsafeMutableRawPointer) {
    let page = UInt64(UInt(bitPattern: host)) & ~0xFFF
    for index in 0..<Int(2 * Self.translationEntryCount) {
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
  /// Hashed set of 2 MiB regions with entries of large pages.
  private var largeRegions: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

  deinit { entries.deallocate() }

  func append(_ offset: Int, user: Bool) {
    guard count < Self.capacity else {
      isFull = true
      return
    }
    entries[count] = UInt32(offset) | (user ? 1 << 31 : 0)
    count += 1
  }

  func forEach(_ body: (Int, Bool) -> Void) {
    for index in 0..<count {
      body(Int(entries[index] & 0x7FFF_FFFF), entries[index] >> 31 != 0)
    }
  }

  func removeAll(global: Bool) {
    count = 0
    hasLocalHighCode = false
    if global || isFull { largeRegions = (0, 0, 0, 0) }
    isFull = false
  }

  func noteLarge(_ address: UInt64) {
    let bit = address >> 21 & 255
    let mask: UInt64 = 1 << (bit & 63)
    switch bit >> 6 {
    case 0: largeRegions.0 |= mask
    case 1: largeRegions.1 |= mask
    case 2: largeRegions.2 |= mask
    default: largeRegions.3 |= mask
    }
  }

  func mayBeLarge(_ address: UInt64) -> Bool {
    let bit = address >> 21 & 255
    let mask: UInt64 = 1 << (bit & 63)
    switch bit >> 6 {
    case 0: return largeRegions.0 & mask != 0
    case 1: return largeRegions.1 & mask != 0
    case 2: return largeRegions.2 & mask != 0
    default: return largeRegions.3 & mask != 0
    }
  }
}
