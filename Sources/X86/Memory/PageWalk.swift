/// What an access wants to do, for rights and error codes.
struct AccessKind {
  var isWrite = false
  var isFetch = false
  /// Rights of CPL 3; false for supervisor accesses, implicit ones (descriptor tables) included.
  var isUser = false
}

/// The outcome of a page walk that succeeded.
struct Translation {
  /// Guest-physical address of the 4 KiB page.
  var page: UInt64
  var isLarge = false
  var isGlobal = false
  var isWritable = false
  var isUser = false
  var isExecutable = false
  /// The leaf's dirty bit is set.
  var isDirty = false
}

enum WalkResult {
  case found(Translation)
  /// Page-fault error code (Intel SDM volume 3, "Interrupt 14").
  case fault(errorCode: UInt32)
}

/// Bits of a paging-structure entry (Intel SDM volume 3, "4-Level Paging").
private enum Entry {
  static let present: UInt64 = 1 << 0
  static let writable: UInt64 = 1 << 1
  static let user: UInt64 = 1 << 2
  static let accessed: UInt64 = 1 << 5
  static let dirty: UInt64 = 1 << 6
  static let large: UInt64 = 1 << 7
  static let global: UInt64 = 1 << 8
  static let noExecute: UInt64 = 1 << 63
  static let address: UInt64 = 0x000F_FFFF_FFFF_F000
}

/// Page-fault error code bits.
private enum FaultCode {
  static let present: UInt32 = 1 << 0
  static let write: UInt32 = 1 << 1
  static let user: UInt32 = 1 << 2
  static let reserved: UInt32 = 1 << 3
  static let fetch: UInt32 = 1 << 4
}

/// Walks the paging structures that CR3 names, setting accessed and dirty bits.
struct PageWalk {
  let memory: GuestMemory
  let cr0: UInt64
  let cr3: UInt64
  let cr4: UInt64
  let efer: UInt64

  /// Width of guest-physical addresses, as CPUID 0x80000008 says it.
  static let physicalAddressBits: UInt64 = 40

  /// Translates a linear address for an access; with paging off it is the physical address.
  ///
  /// Source: Intel SDM volume 3, chapter "Paging".
  func translate(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    guard cr0 & ControlRegister0.paging != 0 else {
      let everything = Translation(
        page: linear & ~0xFFF, isGlobal: true, isWritable: true, isUser: true,
        isExecutable: true, isDirty: true)
      return .found(everything)
    }
    return efer & ExtendedFeatures.longModeActive != 0
      ? walkFourLevels(linear, access) : walkLegacy(linear, access)
  }

  private func walkFourLevels(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    descend(from: cr3 & Entry.address, level: 3, linear, access)
  }

  /// Walks tables of 512 entries of 8 bytes, `level` levels above the last.
  private func descend(
    from start: UInt64, level top: UInt64, _ linear: UInt64, _ access: AccessKind
  ) -> WalkResult {
    let noExecuteEnabled = efer & ExtendedFeatures.noExecuteEnable != 0
    var table = start
    var level = top
    var writable = true
    var user = true
    var executable = true
    while true {
      let address = table + (linear >> (12 + 9 * level) & 511) * 8
      guard let entry = memory.loadAligned(address, as: UInt64.self), entry & Entry.present != 0
      else { return .fault(errorCode: code(access, present: false)) }
      let isLarge = entry & Entry.large != 0 && (level == 1 || level == 2)
      if hasReservedBits(entry, level, isLarge, noExecuteEnabled) {
        return .fault(errorCode: code(access, present: true) | FaultCode.reserved)
      }
      writable = writable && entry & Entry.writable != 0
      user = user && entry & Entry.user != 0
      executable = executable && !(noExecuteEnabled && entry & Entry.noExecute != 0)
      if level == 0 || isLarge {
        guard permits(access, writable, user, executable) else {
          return .fault(errorCode: code(access, present: true))
        }
        let updated = entry | Entry.accessed | (access.isWrite ? Entry.dirty : 0)
        if updated != entry { _ = memory.store(updated, at: address) }
        let offsetMask: UInt64 = (1 << (12 + 9 * level)) - 1
        let base = entry & Entry.address & ~offsetMask
        return .found(
          Translation(
            page: (base | linear & offsetMask) & ~0xFFF, isLarge: isLarge,
            isGlobal: entry & Entry.global != 0 && cr4 & ControlRegister4.globalPages != 0,
            isWritable: writable, isUser: user, isExecutable: executable,
            isDirty: updated & Entry.dirty != 0))
      }
      if entry & Entry.accessed == 0 { _ = memory.store(entry | Entry.accessed, at: address) }
      table = entry & Entry.address
      level -= 1
    }
  }

  /// 32-bit paging and PAE paging (Intel SDM volume 3, "32-Bit Paging" and "PAE Paging").
  private func walkLegacy(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    let isPhysicalExtended = cr4 & ControlRegister4.physicalAddressExtension != 0
    return isPhysicalExtended ? walkExtended(linear, access) : walkTwoLevels(linear, access)
  }

  private func walkExtended(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    let pointer = (cr3 & 0xFFFF_FFE0) + (linear >> 30 & 3) * 8
    guard let top = memory.loadAligned(pointer, as: UInt64.self), top & Entry.present != 0 else {
      return .fault(errorCode: code(access, present: false))
    }
    return descend(from: top & Entry.address, level: 1, linear, access)
  }

  private func walkTwoLevels(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    let directory = (cr3 & 0xFFFF_F000) + (linear >> 22 & 1023) * 4
    guard let upper = memory.loadAligned(directory, as: UInt32.self),
      UInt64(upper) & Entry.present != 0
    else { return .fault(errorCode: code(access, present: false)) }
    let upperEntry = UInt64(upper)
    let isLarge = upperEntry & Entry.large != 0 && cr4 & ControlRegister4.pageSizeExtensions != 0
    var address = directory
    var entry = upperEntry
    var writable = upperEntry & Entry.writable != 0
    var user = upperEntry & Entry.user != 0
    if !isLarge {
      if upperEntry & Entry.accessed == 0 {
        _ = memory.store(upper | UInt32(Entry.accessed), at: directory)
      }
      address = (upperEntry & 0xFFFF_F000) + (linear >> 12 & 1023) * 4
      guard let lower = memory.loadAligned(address, as: UInt32.self),
        UInt64(lower) & Entry.present != 0
      else { return .fault(errorCode: code(access, present: false)) }
      entry = UInt64(lower)
      writable = writable && entry & Entry.writable != 0
      user = user && entry & Entry.user != 0
    }
    guard permits(access, writable, user, true) else {
      return .fault(errorCode: code(access, present: true))
    }
    let updated = entry | Entry.accessed | (access.isWrite ? Entry.dirty : 0)
    if updated != entry { _ = memory.store(UInt32(truncatingIfNeeded: updated), at: address) }
    let page = isLarge ? entry & 0xFFC0_0000 | linear & 0x3F_F000 : entry & 0xFFFF_F000
    return .found(
      Translation(
        page: page, isLarge: isLarge,
        isGlobal: entry & Entry.global != 0 && cr4 & ControlRegister4.globalPages != 0,
        isWritable: writable, isUser: user, isExecutable: true,
        isDirty: updated & Entry.dirty != 0))
  }

  private func permits(
    _ access: AccessKind, _ writable: Bool, _ user: Bool, _ executable: Bool
  ) -> Bool {
    if access.isUser && !user { return false }
    if access.isFetch && !executable { return false }
    if access.isWrite && !writable {
      return !access.isUser && cr0 & ControlRegister0.writeProtect == 0
    }
    return true
  }

  private func hasReservedBits(
    _ entry: UInt64, _ level: UInt64, _ isLarge: Bool, _ noExecuteEnabled: Bool
  ) -> Bool {
    if !noExecuteEnabled && entry & Entry.noExecute != 0 { return true }
    if level == 3 && entry & Entry.large != 0 { return true }
    let tooHigh = Entry.address & ~((1 << Self.physicalAddressBits) - 1)
    if entry & tooHigh != 0 { return true }
    // Bit 12 of a large page is its PAT bit.
    let unaligned = ((UInt64(1) << (12 + 9 * level)) - 1) & Entry.address & ~(1 << 12)
    return isLarge && entry & unaligned != 0
  }

  private func code(_ access: AccessKind, present: Bool) -> UInt32 {
    var code: UInt32 = present ? FaultCode.present : 0
    if access.isWrite { code |= FaultCode.write }
    if access.isUser { code |= FaultCode.user }
    let fetchReported =
      efer & ExtendedFeatures.noExecuteEnable != 0
      && (cr4 & ControlRegister4.physicalAddressExtension != 0)
    if access.isFetch && fetchReported { code |= FaultCode.fetch }
    return code
  }
}
