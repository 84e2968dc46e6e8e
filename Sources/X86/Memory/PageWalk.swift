/// The outcome of a page walk that succeeded.
struct Translation {
  /// Guest-physical address of the 4 KiB page.
  var page: UInt64
  /// log2 of the page's bytes: 12, 21, 22 or 30.
  var sizeBits: UInt64 = 12
  var isGlobal = false
  var rights = PageRights()
  /// The leaf's dirty bit is set.
  var isDirty = false
}

enum WalkResult {
  case found(Translation)
  /// Page-fault error code (Intel SDM volume 3, "Interrupt 14").
  case fault(errorCode: UInt32)
}

/// Bits of a paging-structure entry (Intel SDM volume 3, "4-Level Paging").
enum PageEntry {
  static let present: UInt64 = 1 << 0
  static let writable: UInt64 = 1 << 1
  static let user: UInt64 = 1 << 2
  static let accessed: UInt64 = 1 << 5
  static let dirty: UInt64 = 1 << 6
  static let large: UInt64 = 1 << 7
  static let global: UInt64 = 1 << 8
  static let noExecute: UInt64 = 1 << 63
  static let address: UInt64 = 0x000F_FFFF_FFFF_F000
  /// Address bits beyond the width of physical addresses.
  static let tooHigh: UInt64 = address & ~((1 << PhysicalAddress.bits) - 1)
  /// Bits 52 to 62, which PAE paging reserves and 4-level paging ignores.
  static let upper: UInt64 = 0x7FF << 52
  /// Reserved bits of a PDPTE of PAE paging (Intel SDM volume 3, "PDPTE Registers").
  static let reservedInPointer: UInt64 = tooHigh | upper | noExecute | 0x1E6
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
///
/// A partition's processors never run at once, so that every update is atomic. An entry that is not
/// in storage reads as ones, as nothing answers.
struct PageWalk {
  /// Whoever makes a walk holds the memory as long.
  unowned(unsafe) let memory: GuestMemory
  let state: ProcessorState
  let features: ProcessorFeatures
  let view: TranslationView
  private let cr4: UInt64
  private let efer: UInt64
  private let controls: RightsControls

  init(
    memory: GuestMemory, state: ProcessorState, features: ProcessorFeatures, view: TranslationView
  ) {
    self.memory = memory
    self.state = state
    self.features = features
    self.view = view
    cr4 = state.cr4
    efer = state.efer
    controls = RightsControls(cr0: state.cr0, cr4: cr4)
  }

  /// Translates a linear address for an access; with paging off it is the physical address.
  ///
  /// Source: Intel SDM volume 3, chapter "Paging".
  func translate(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    guard state.cr0 & ControlRegister0.paging != 0 else {
      return .found(Translation(page: linear & ~0xFFF, isGlobal: true, isDirty: true))
    }
    if efer & ExtendedFeatures.longModeActive != 0 {
      return descend(from: state.cr3 & PageEntry.address, level: 3, linear, access)
    }
    guard cr4 & ControlRegister4.physicalAddressExtension != 0 else {
      return walkTwoLevels(linear, access)
    }
    let pointer = state.directoryPointer(Int(linear >> 30 & 3))
    guard pointer & PageEntry.present != 0 else {
      return .fault(errorCode: code(access, present: false))
    }
    return descend(from: pointer & PageEntry.address, level: 1, linear, access)
  }

  /// Walks tables of 512 entries of 8 bytes, `level` levels above the last.
  private func descend(
    from start: UInt64, level top: UInt64, _ linear: UInt64, _ access: AccessKind
  ) -> WalkResult {
    let alwaysReserved = reservedEverywhere
    let hasHugePages = features.contains(.pages1G)
    var table = start
    var level = top
    var rights = PageRights()
    while true {
      let address = table &+ (linear >> (12 &+ 9 &* level) & 511) &* 8
      let entry = memory.loadAligned(address, as: UInt64.self) ?? ~0
      guard entry & PageEntry.present != 0 else {
        return .fault(errorCode: code(access, present: false))
      }
      let isLarge = entry & PageEntry.large != 0 && (level == 1 || level == 2 && hasHugePages)
      if entry & (alwaysReserved | reserved(level, isLarge: isLarge)) != 0 {
        return .fault(errorCode: code(access, present: true) | FaultCode.reserved)
      }
      rights.isWritable = rights.isWritable && entry & PageEntry.writable != 0
      rights.isUser = rights.isUser && entry & PageEntry.user != 0
      rights.isExecutable = rights.isExecutable && entry & PageEntry.noExecute == 0
      if level == 0 || isLarge {
        guard controls.permits(access, rights, view) else {
          return .fault(errorCode: code(access, present: true))
        }
        let updated = entry | PageEntry.accessed | (access.isWrite ? PageEntry.dirty : 0)
        if updated != entry { store(updated, at: address) }
        let sizeBits = 12 &+ 9 &* level
        let offsetMask: UInt64 = (1 << sizeBits) &- 1
        let base = entry & PageEntry.address & ~offsetMask
        return .found(
          Translation(
            page: (base | linear & offsetMask) & ~0xFFF, sizeBits: sizeBits,
            isGlobal: isGlobal(entry), rights: rights, isDirty: updated & PageEntry.dirty != 0))
      }
      if entry & PageEntry.accessed == 0 {
        store(entry | PageEntry.accessed, at: address)
      }
      table = entry & PageEntry.address
      level &-= 1
    }
  }

  /// Writes an entry back; code that was decoded from it is void.
  private func store<T: FixedWidthInteger>(_ entry: T, at address: UInt64) {
    if let offset = memory.storageOffset(address) {
      state.owner.noteWrite(memory.window + Int(truncatingIfNeeded: offset), MemoryLayout<T>.size)
    }
    _ = memory.store(entry, at: address)
  }

  private func isGlobal(_ entry: UInt64) -> Bool {
    entry & PageEntry.global != 0 && cr4 & ControlRegister4.globalPages != 0
  }

  /// Bits that no present entry of 8 bytes may have, whatever its level.
  private var reservedEverywhere: UInt64 {
    var bits = PageEntry.tooHigh
    if efer & ExtendedFeatures.noExecuteEnable == 0 { bits |= PageEntry.noExecute }
    if efer & ExtendedFeatures.longModeActive == 0 { bits |= PageEntry.upper }
    return bits
  }

  /// Reserved bits of an entry by its level and kind; bit 12 of a large page is its PAT bit.
  private func reserved(_ level: UInt64, isLarge: Bool) -> UInt64 {
    if isLarge { return ((1 << (12 &+ 9 &* level)) &- 1) & ~0x1FFF }
    return level >= 2 ? PageEntry.large : 0
  }

  /// 32-bit paging (Intel SDM volume 3, "32-Bit Paging").
  private func walkTwoLevels(_ linear: UInt64, _ access: AccessKind) -> WalkResult {
    var address = (state.cr3 & 0xFFFF_F000) + (linear >> 22 & 1023) * 4
    var entry = UInt64(memory.loadAligned(address, as: UInt32.self) ?? ~0)
    guard entry & PageEntry.present != 0 else {
      return .fault(errorCode: code(access, present: false))
    }
    var rights = PageRights(
      isUser: entry & PageEntry.user != 0, isWritable: entry & PageEntry.writable != 0)
    let isLarge =
      entry & PageEntry.large != 0 && cr4 & ControlRegister4.pageSizeExtensions != 0
    var page: UInt64
    if isLarge {
      let isWide = features.contains(.pse36)
      guard entry & (isWide ? 1 << 21 : 0x1FF << 13) == 0 else {
        return .fault(errorCode: code(access, present: true) | FaultCode.reserved)
      }
      page = entry & 0xFFC0_0000 | linear & 0x3F_F000 | (entry >> 13 & 0xFF) << 32
    } else {
      if entry & PageEntry.accessed == 0 {
        store(UInt32(truncatingIfNeeded: entry | PageEntry.accessed), at: address)
      }
      address = (entry & 0xFFFF_F000) + (linear >> 12 & 1023) * 4
      entry = UInt64(memory.loadAligned(address, as: UInt32.self) ?? ~0)
      guard entry & PageEntry.present != 0 else {
        return .fault(errorCode: code(access, present: false))
      }
      rights.isUser = rights.isUser && entry & PageEntry.user != 0
      rights.isWritable = rights.isWritable && entry & PageEntry.writable != 0
      page = entry & 0xFFFF_F000
    }
    guard controls.permits(access, rights, view) else {
      return .fault(errorCode: code(access, present: true))
    }
    let updated = entry | PageEntry.accessed | (access.isWrite ? PageEntry.dirty : 0)
    if updated != entry { store(UInt32(truncatingIfNeeded: updated), at: address) }
    return .found(
      Translation(
        page: page, sizeBits: isLarge ? 22 : 12, isGlobal: isGlobal(entry), rights: rights,
        isDirty: updated & PageEntry.dirty != 0))
  }

  private func code(_ access: AccessKind, present: Bool) -> UInt32 {
    var code: UInt32 = present ? FaultCode.present : 0
    if access.isWrite { code |= FaultCode.write }
    if access.isUser { code |= FaultCode.user }
    let reportsFetches =
      cr4 & ControlRegister4.executionPrevention != 0
      || (efer & ExtendedFeatures.noExecuteEnable != 0
        && cr4 & ControlRegister4.physicalAddressExtension != 0)
    if access.isFetch && reportsFetches { code |= FaultCode.fetch }
    return code
  }
}

// The four PDPTEs of PAE paging, which the processor reads when CR3 is written and keeps (Intel SDM
// volume 3, "PDPTE Registers").
extension ProcessorState {
  func directoryPointer(_ index: Int) -> UInt64 {
    get(StateLayout.directoryPointers &+ index &* 8, as: UInt64.self)
  }

  func setDirectoryPointer(_ index: Int, _ value: UInt64) {
    set(StateLayout.directoryPointers &+ index &* 8, value)
  }
}

/// What a linear address leads to.
enum Location {
  case storage(UnsafeMutableRawPointer)
  /// A guest-physical address that is not storage.
  case device(UInt64)
}
