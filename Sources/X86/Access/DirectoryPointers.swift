// The four pointers of PAE paging, which the processor loads with CR3.

extension Processor {
  /// Whether control register values select PAE paging.
  func isExtendedPaging(cr0: UInt64, cr4: UInt64) -> Bool {
    cr0 & ControlRegister0.paging != 0
      && cr4 & ControlRegister4.physicalAddressExtension != 0
      && state.efer & ExtendedFeatures.longModeEnable == 0
  }

  /// Whether no present PDPTE that a CR3 value names has a reserved bit.
  func areDirectoryPointersLegal(at cr3: UInt64) -> Bool {
    var illegal: UInt64 = 0
    for index in 0..<4 as Range<UInt64> {
      let pointer = storedDirectoryPointer(index, at: cr3)
      if pointer & PageEntry.present != 0 { illegal |= pointer & PageEntry.reservedInPointer }
    }
    return illegal == 0
  }

  /// Loads the PDPTEs that CR3 names, if paging is PAE's.
  func loadDirectoryPointers() {
    guard isExtendedPaging(cr0: state.cr0, cr4: state.cr4) else { return }
    for index in 0..<4 as Range<UInt64> {
      state.setDirectoryPointer(Int(index), storedDirectoryPointer(index, at: state.cr3))
    }
  }

  private func storedDirectoryPointer(_ index: UInt64, at cr3: UInt64) -> UInt64 {
    let address = (cr3 & 0xFFFF_FFE0) &+ index &* 8
    guard let pointer = memory.loadAligned(address, as: UInt64.self) else { return ~0 }
    return pointer
  }
}
