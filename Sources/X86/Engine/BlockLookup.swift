// Finding the block at the instruction pointer: cached jumps, then the cache, then the decoder.
extension Processor {
  /// The block at the instruction pointer; nil after an exception was delivered instead.
  func findBlock(single: Bool) -> Block? {
    let state = self.state
    let pointer = state.instructionPointer
    if !single, let block = cachedJump(pointer) { return block }
    cache.makeRoom()
    if cacheGeneration != cache.generation {
      cacheGeneration = cache.generation
      state.linkSite = nil
      forgetJumps()
    }
    do throws(GuestException) {
      let linear = try linearCodeAddress(pointer)
      let single = single || !isPageInside(pointer, linear)
      let host = try fetchPointer(pointer, linear)
      let offset = host - memory.window
      let page = offset >> 12
      let inPage = UInt64(offset & 0xFFF)
      if let block = cache.block(
        memory, page: page, offset: inPage, mode: state.mode, single: single),
        memory.version(page: page) == block.version
      {
        if block.secondPage < 0 {
          if single { try checkEnd(block, pointer) }
          enterJump(block, pointer, linear, single)
          return block
        }
        if try secondPage(after: linear) == block.secondPage,
          memory.version(page: block.secondPage) == block.secondVersion
        {
          try checkEnd(block, pointer)
          return block
        }
        cache.remove(block, of: memory)
      }
      let block = try decodeBlock(
        pointer: pointer, linear: linear, host: host, page: page, single: single)
      if single || block.secondPage >= 0 { try checkEnd(block, pointer) }
      if block.secondPage < 0 { enterJump(block, pointer, linear, single) }
      return block
    } catch {
      system.wasInstructionCompleted = false
      state.budget &-= 1
      deliver(error)
      return nil
    }
  }

  /// Host address of the code at an address: in the held page, or where the translation buffer says.
  private func fetchPointer(
    _ pointer: UInt64, _ linear: UInt64
  ) throws(GuestException) -> UnsafeMutableRawPointer {
    let inPage = pointer &- state.register(PseudoRegister.page)
    if isFetchHeld && inPage < 4096 { return memory.window + (heldPage << 12 + Int(inPage)) }
    // No operation is running whose block a walk could change.
    state.exitOperation = UnsafeRawPointer(state.base)
    guard case .storage(let host) = try locateCode(linear) else { throw .generalProtection(0) }
    return host
  }

  private func enterJump(
    _ block: Block, _ pointer: UInt64, _ linear: UInt64, _ single: Bool
  ) {
    guard !single else { return }
    if let site = state.linkSite {
      let source = Block(state.block)
      if source.isLive, !source.isSingle, source.page == block.page, source.base != cache.prefix {
        site.storeBytes(of: block.base, as: UnsafeMutableRawPointer.self)
      }
    }
    // The jump lives as long as the translation that leads to the block.
    let view: TranslationView = state.privilege == 3 ? .user : .supervisor
    let translation = state.translations(view) + state.entryOffset(linear)
    let host =
      UInt64(UInt(bitPattern: memory.window)) &+ UInt64(truncatingIfNeeded: block.page) << 12
    guard let flags = state.flags(of: translation, linear), flags & TranslationFlag.fetch != 0,
      translation.load(fromByteOffset: 24, as: UInt64.self) &+ (linear & ~0xFFF) == host
    else { return }
    let entry = state.jumpEntry(pointer)
    entry.storeBytes(of: state.jumpKey(pointer), as: UInt64.self)
    entry.storeBytes(of: block.base, toByteOffset: 8, as: UnsafeMutableRawPointer.self)
    state.jumpLists.add(
      ProcessorState.jumpIndex(pointer), to: TranslationSlot(view, linear).number)
  }

  private func cachedJump(_ pointer: UInt64) -> Block? {
    let entry = state.jumpEntry(pointer)
    guard entry.load(as: UInt64.self) == state.jumpKey(pointer),
      let base = entry.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self),
      Block(base).isLive, state.linkSite == nil
    else { return nil }
    return Block(base)
  }

  func locateCode(_ linear: UInt64) throws(GuestException) -> Location {
    // SMAP, and what overrides it, is no affair of fetches.
    try locate(
      linear, AccessKind(isFetch: true, isUser: state.privilege == 3, isImplicit: true),
      stackFault: false)
  }

  /// Number of the window page that follows a linear address's page.
  func secondPage(after linear: UInt64) throws(GuestException) -> Int {
    let next = (linear | 0xFFF) &+ 1
    guard case .storage(let host) = try locateCode(next) else { throw .generalProtection(0) }
    return (host - memory.window) >> 12
  }

  private func linearCodeAddress(_ pointer: UInt64) throws(GuestException) -> UInt64 {
    if state.mode == CodeMode.long64 { return pointer }
    if pointer > codeLimit { throw .generalProtection(0) }
    return (pointer &+ state.segmentBase(1)) & 0xFFFF_FFFF
  }

  /// Limit of CS, in bytes.
  var codeLimit: UInt64 {
    UInt64(state.get(StateLayout.segmentLimits + 4, as: UInt32.self))
  }

  /// Whether no way through the page leaves the code segment; where one may, instructions run alone
  /// and each is checked.
  ///
  /// In 16-bit code every jump checks its target, so that only the page's end counts.
  private func isPageInside(_ pointer: UInt64, _ linear: UInt64) -> Bool {
    if state.mode == CodeMode.long64 { return true }
    let offset = linear & 0xFFF
    let startsInside = pointer >= offset || state.mode != CodeMode.protected32
    return startsInside && pointer &- offset &+ 0xFFF <= codeLimit
  }

  /// The block's first instruction must end inside the code segment.
  private func checkEnd(_ block: Block, _ pointer: UInt64) throws(GuestException) {
    if state.mode == CodeMode.long64 { return }
    guard pointer &+ block.place(of: 0).length &- 1 <= codeLimit else {
      throw .generalProtection(0)
    }
  }

  /// Voids the cached jumps into pages that are not global.
  func forgetLocalJumps() {
    jumpGenerationLow &+= 1
    if fillLog.hasLocalHighCode { jumpGenerationHigh &+= 1 }
    updateJumpKeys()
  }

  /// Voids all cached jumps.
  func forgetJumps() {
    jumpGenerationLow &+= 1
    jumpGenerationHigh &+= 1
    updateJumpKeys()
  }

  /// Jumps are cached for each privilege: a user's must not reach the supervisor's pages.
  ///
  /// The upper half's key has a bit that the lower's never has, so that no pointer of one half is found by
  /// the key of the other.
  func updateJumpKeys() {
    if jumpGenerationLow > 0x1FF0 || jumpGenerationHigh > 0x1FF0 {
      (state.base + StateLayout.jumpCache).initializeMemory(
        as: UInt64.self, repeating: 0, count: StateLayout.jumpCacheByteCount / 8)
      jumpGenerationLow = 1
      jumpGenerationHigh = 1
    }
    let user: UInt64 = state.privilege == 3 ? 1 : 0
    state.set(StateLayout.jumpKeyLow, (jumpGenerationLow << 1 | user) << 48)
    state.set(StateLayout.jumpKeyHigh, 1 << 63 | (jumpGenerationHigh << 1 | user) << 48)
  }
}

extension ProcessorState {
  @inline(__always) func jumpEntry(_ pointer: UInt64) -> UnsafeMutableRawPointer {
    base + (StateLayout.jumpCache + Self.jumpIndex(pointer) << 4)
  }

  @inline(__always) static func jumpIndex(_ pointer: UInt64) -> Int {
    Int((pointer ^ pointer >> 11) & 2047)
  }

  @inline(__always) func jumpKey(_ pointer: UInt64) -> UInt64 {
    let offset =
      Int64(bitPattern: pointer) < 0 ? StateLayout.jumpKeyHigh : StateLayout.jumpKeyLow
    return pointer ^ get(offset, as: UInt64.self)
  }

  /// Whether the running instruction stands alone, so that a device may be touched; else it is
  /// made to.
  func mayTouchDevices() -> Bool {
    if owner.isInSystemOperation || Block(block).isSingle { return true }
    exitReason = ExitReason.isolate
    return false
  }
}
