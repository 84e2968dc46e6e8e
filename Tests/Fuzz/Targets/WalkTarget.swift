@testable import X86

/// Arbitrary paging structures, control registers and accesses.
///
/// A translation is found again with the bits that the first walk set, it names a page below the
/// limit of physical addresses, and a refusal changes no entry's leaf rights.
enum WalkTarget: FuzzTarget {
  private static let tables: UInt64 = 0x4000

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let guest = FuzzGuest()
    let kind = input.byte()
    let paging = ControlRegister0.paging | ControlRegister0.protection
    let cr0 = paging | (kind & 1 != 0 ? ControlRegister0.writeProtect : 0)
    var cr4 = UInt64(input.word(UInt32.self)) & ControlRegister4.supported(.all)
    var efer: UInt64 = kind & 2 != 0 ? ExtendedFeatures.noExecuteEnable : 0
    if kind & 4 != 0 {
      efer |= ExtendedFeatures.longModeEnable | ExtendedFeatures.longModeActive
      cr4 |= ControlRegister4.physicalAddressExtension
    }
    let cr3 = kind & 8 != 0 ? input.word(UInt64.self) : tables
    let accesses = (0..<4).map { _ in (input.number(), input.byte()) }
    var address = tables
    while !input.isAtEnd, address < 0x8000 {
      let skip = input.byte()
      address += UInt64(skip & 0x7F) * 4
      guest.store(input.word(UInt64.self), address)
      address += 8
    }
    let state = guest.processor.state
    (state.cr0, state.cr3, state.cr4, state.efer) = (cr0, cr3, cr4, efer)
    if guest.processor.areDirectoryPointersLegal(at: cr3) {
      guest.processor.loadDirectoryPointers()
    }
    for (linear, rights) in accesses {
      let view: TranslationView =
        rights & 4 != 0 ? .user : rights & 8 != 0 ? .overriding : .supervisor
      let walk = PageWalk(
        memory: guest.memory, state: state, features: kind & 16 != 0 ? .all : .baseline,
        view: view)
      let access = AccessKind(
        isWrite: rights & 1 != 0 && rights & 2 == 0, isFetch: rights & 2 != 0,
        isUser: rights & 4 != 0)
      check(walk, kind & 4 != 0 ? canonical(linear) : linear & 0xFFFF_FFFF, access)
    }
  }

  private static func canonical(_ linear: UInt64) -> UInt64 {
    UInt64(bitPattern: Int64(bitPattern: linear << 16) >> 16)
  }

  private static func check(_ walk: PageWalk, _ linear: UInt64, _ access: AccessKind) {
    switch (walk.translate(linear, access), walk.translate(linear, access)) {
    case (.found(let first), .found(let second)):
      guard first.page == second.page, first.rights == second.rights,

        first.page & 0xFFF == 0, first.page >> PageWalk.physicalAddressBits == 0
      else { fail("\(first), then \(second)") }
      if access.isWrite, !second.isDirty { fail("written and not dirty: \(second)") }
    case (.fault(let first), .fault(let second)):
      guard first == second else { fail("fault \(first), then \(second)") }
    case (let first, let second):
      // Structures that lie in their own pages may change under the walk that sets their bits.
      _ = (first, second)
    }
  }

  static var seeds: [[UInt8]] {
    (0..<32 as Range<UInt8>).map { kind in
      var seed: [UInt8] = [kind, 0xB0, 0, 0, 0]
      if kind & 8 != 0 { seed += [0, 0x40, 0, 0, 0, 0, 0, 0] }
      for rights in [0, 1, 2, 5] as [UInt8] { seed += [4, 0x34, 0x12, rights] }
      for (skip, next) in [(0, 0x50), (0, 0x50), (0x7E, 0x60), (0x7E, 0x60)] as [(UInt8, UInt8)] {
        seed += [skip, 0x07, next, 0, 0, 0, 0, 0, 0]
      }
      return seed
    }
  }
}
