@testable import X86

/// Arbitrary paging structures, control registers that MOV accepts, and accesses.
///
/// A translation is found again with the same rights, it names a page below the limit of physical
/// addresses, what was written is dirty, and a refusal is refused again with the same error code.
enum WalkTarget: FuzzTarget {
  private static let tables: UInt64 = 0x4000

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let kind = input.byte()
    let guest = FuzzGuest(features: kind & 1 != 0 ? .all : .baseline)
    let controls = UInt64(input.word(UInt32.self))
    let pointer = kind & 8 != 0 ? input.word(UInt64.self) : tables
    let accesses = (0..<4).map { _ in (input.number(), input.byte()) }
    var address = tables
    while !input.isAtEnd, address < 0x8000 {
      address += UInt64(input.byte() & 0x7F) * 4
      guest.store(input.word(UInt64.self), address)
      address += 8
    }
    enter(guest.processor, kind, controls, pointer)
    for (linear, rights) in accesses {
      guest.processor.state.privilege = rights & 4 != 0 ? 3 : 0
      let access = AccessKind(
        isWrite: rights & 3 == 1, isFetch: rights & 2 != 0, isUser: rights & 4 != 0)
      check(guest.processor, kind & 4 != 0 ? linear : linear & 0xFFFF_FFFF, access)
    }
  }

  private static func enter(
    _ processor: Processor, _ kind: UInt8, _ controls: UInt64, _ pointer: UInt64
  ) {
    if kind & 4 != 0 {
      processor.enterLongMode(instructionPointer: FuzzGuest.code, pageTable: tables)
    } else {
      processor.enterProtectedFlat32(instructionPointer: FuzzGuest.code)
    }
    if kind & 2 != 0 { processor.efer |= ExtendedFeatures.noExecuteEnable }
    try? processor.writeControl4(processor.cr4 | controls & 0x3F_07FF)
    try? processor.writeControl3(pointer)
    let paging = ControlRegister0.paging | ControlRegister0.protection
    let protect = kind & 16 != 0 ? ControlRegister0.writeProtect : 0
    try? processor.writeControl0(processor.cr0 | paging | protect)
  }

  private static func check(_ processor: Processor, _ linear: UInt64, _ access: AccessKind) {
    _ = try? processor.locate(linear, access, stackFault: false)
    guard processor.isCanonical(linear) else { return }
    let view = processor.state.view(of: access)
    let first = processor.pageWalk(view).translate(linear, access)
    let second = processor.pageWalk(view).translate(linear, access)
    switch (first, second) {
    case (.found(let first), .found(let second)):
      guard first.page == second.page, first.rights == second.rights,
        first.sizeBits == second.sizeBits, first.page & 0xFFF == 0,
        first.page >> PhysicalAddress.bits == 0
      else { fail("\(first), then \(second)") }
      if access.isWrite, !second.isDirty { fail("written and not dirty: \(second)") }
    case (.fault(let first), .fault(let second)):
      guard first == second else { fail("fault \(first), then \(second)") }
    default:
      // Structures that lie in their own pages may change under the walk that sets their bits.
      return
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
