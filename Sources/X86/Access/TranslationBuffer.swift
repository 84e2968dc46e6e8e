// The software translation buffer: a table for each view (supervisor, user, and the supervisor that
// overrides SMAP) of 1024 direct-mapped entries of 32 bytes.
//
//   0  tag for reads   8  tag for writes    the host part: what the fast paths compare. A valid tag is
//                                           the linear page with its low 12 bits set
//   16 translation                          the architectural part: linear page and `TranslationFlag`s
//   24 addend                               host address - linear address
//
// The architectural part is filled and evicted by the guest's own accesses alone. The host part may be
// dropped at any time: an access that misses it finds the translation and goes on without a walk. The
// tag for writes stands only while no code is decoded from the page. Devices are never entered.
//
// Fetches ask the buffer when control enters a page and after every system operation, event and begin
// of a slice; while control stays in the page its translation is held, whatever is evicted. A cached
// jump stands for an answer of the buffer: it goes when its translation goes.
//
// There are no tags of address spaces: with CR4.PCIDE a load of CR3 drops what is not global, whatever
// its bit 63 says, so that only translations of the current PCID are ever there. To keep less than
// one may is legal (Intel SDM volume 3, "Caching Translation Information").
//
// Geometry and replacement are visible to guests through accessed bits: part of the history version.

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
    let tag = address &+ UInt64(truncatingIfNeeded: byteCount &- 1) | 0xFFF
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
    let tag = address &+ UInt64(truncatingIfNeeded: byteCount &- 1) | 0xFFF
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
      try requireCanonical(wrapped(address, UInt64(inPage)), stackFault: stackFault)
      let first = try locate(address, AccessKind(isUser: isUser), stackFault: stackFault)
      let second = try locate(
        wrapped(address, UInt64(inPage)), AccessKind(isUser: isUser), stackFault: stackFault)
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
      try requireCanonical(wrapped(address, UInt64(inPage)), stackFault: stackFault)
      let first = try locate(address, access, stackFault: stackFault)
      let second = try locate(
        wrapped(address, UInt64(inPage)), access, stackFault: stackFault)
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
    switch memory.useOfCode(page: page, offset: offset & 0xFFF, byteCount: byteCount) {
    case .elsewhere: return
    case .tooOften: memory.clearCode(page: page)
    case .hit: memory.voidCode(page: page)
    }
    state.cyclesOwedLater &+= CycleCost.codeChange
    cache.invalidate(memory, page: page)
    leaveChangedBlock(page: page)
  }

  /// Where a linear address leads, entering the translation in the buffer when it is storage.
  func locate(
    _ address: UInt64, _ access: AccessKind, stackFault: Bool
  ) throws(GuestException) -> Location {
    guard isCanonical(address) else {
      throw stackFault ? .stackFault(0) : .generalProtection(0)
    }
    let view = state.view(of: access)
    let entry = state.translations(view) + state.entryOffset(address)
    if let flags = state.flags(of: entry, address), flags & TranslationFlag.needed(access) != 0 {
      let host = hostPointer(entry, address)
      if !access.isFetch { openFastPaths(entry, address, host, flags) }
      return .storage(host)
    }
    switch pageWalk(view).translate(address, access) {
    case .fault(let code):
      state.set(StateLayout.cr2, address)
      state.invalidate(address)
      throw .pageFault(code)
    case .found(let translation):
      return enter(translation, address, access, view, entry)
    }
  }

  private func enter(
    _ translation: Translation, _ address: UInt64, _ access: AccessKind, _ view: TranslationView,
    _ entry: UnsafeMutableRawPointer
  ) -> Location {
    let physical = (translation.page | address & 0xFFF) & memory.addressMask
    guard let offset = memory.storageOffset(physical, writing: access.isWrite) else {
      return .device(physical)
    }
    let place = Int(truncatingIfNeeded: offset)
    let host = memory.window + place
    if access.isWrite { memory.markWritten(page: place >> 12) }
    if isWatched(address) { return .storage(host) }
    let controls = RightsControls(cr0: state.cr0, cr4: state.cr4)
    var flags: UInt64 = 0
    if controls.mayRead(translation.rights, view) { flags |= TranslationFlag.read }
    if access.isWrite && translation.isDirty { flags |= TranslationFlag.write }
    if controls.mayFetch(translation.rights, view) { flags |= TranslationFlag.fetch }
    let addend = UInt64(UInt(bitPattern: host)) &- address
    let slot = TranslationSlot(view, address)
    if !state.jumpLists.isEmpty(slot.number),
      flags & TranslationFlag.fetch == 0 || state.flags(of: entry, address) == nil
        || entry.load(fromByteOffset: 24, as: UInt64.self) != addend
    {
      state.forgetJumps(of: slot)
    }
    entry.initializeMemory(as: UInt64.self, repeating: 0, count: 2)
    entry.storeBytes(of: address & ~0xFFF | flags, toByteOffset: 16, as: UInt64.self)
    entry.storeBytes(of: addend, toByteOffset: 24, as: UInt64.self)
    openFastPaths(entry, address, host, flags)
    noteFill(address, view, translation, slot, flags)
    return .storage(host)
  }

  /// Lets the fast paths take what a translation permits.
  private func openFastPaths(
    _ entry: UnsafeMutableRawPointer, _ address: UInt64, _ host: UnsafeMutableRawPointer,
    _ flags: UInt64
  ) {
    let tag = address | 0xFFF
    if flags & TranslationFlag.read != 0 { entry.storeBytes(of: tag, as: UInt64.self) }
    guard flags & TranslationFlag.write != 0,
      memory.permitsFastWrites(page: (host - memory.window) >> 12)
    else { return }
    entry.storeBytes(of: tag, toByteOffset: 8, as: UInt64.self)
  }

  private func hostPointer(
    _ entry: UnsafeMutableRawPointer, _ address: UInt64
  ) -> UnsafeMutableRawPointer {
    let value = UInt(address &+ entry.load(fromByteOffset: 24, as: UInt64.self))
    return memory.window + Int(bitPattern: value &- UInt(bitPattern: memory.window))
  }

  /// Notes what filling an entry means for the next flush and for INVLPG.
  private func noteFill(
    _ address: UInt64, _ view: TranslationView, _ translation: Translation,
    _ slot: TranslationSlot, _ flags: UInt64
  ) {
    if !translation.isGlobal {
      fillLog.append(slot)
      if flags & TranslationFlag.fetch != 0 && address >> 63 != 0 {
        fillLog.hasLocalHighCode = true
      }
    }
    if view == .overriding { fillLog.hasOverriding = true }
    let large = state.largeLists
    if let list = LargePages.list(of: address, sizeBits: translation.sizeBits) {
      large.add(slot.number, to: list)
    } else {
      large.remove(slot.number)
    }
  }

  func pageWalk(_ view: TranslationView) -> PageWalk {
    PageWalk(memory: memory, state: state, features: identification.features, view: view)
  }

  /// Whether an address has its upper bits equal; always true outside long mode.
  func isCanonical(_ address: UInt64) -> Bool {
    guard state.efer & ExtendedFeatures.longModeActive != 0 else { return true }
    return UInt64(bitPattern: Int64(bitPattern: address << 16) >> 16) == address
  }
}
