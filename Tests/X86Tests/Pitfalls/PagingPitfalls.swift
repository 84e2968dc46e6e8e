import Testing

@testable import X86

/// Pitfall groups 33, 34 and 36; oracle: Intel SDM volume 3, chapter "Paging".
@Suite("Pitfalls of paging") struct PagingPitfalls {
  private typealias Machine = SystemTestMachine
  private static let page = SystemTestMachine.data
  private static let read: [UInt8] = [0x8B, 0x03]
  private static let write: [UInt8] = [0x89, 0x03]

  // MARK: Group 33

  @Test("33: a refused write sets neither the dirty bit nor, in the leaf, the accessed bit")
  func refusedWrite() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.cr0 |= ControlRegister0.writeProtect
    machine.setPageEntry(Self.page, Self.page | 5)
    machine.processor[.rbx] = Self.page
    machine.run(Self.write)
    #expect(machine.vector == 14)
    #expect(machine.pageEntry(Self.page) == Self.page | 5)
  }

  @Test("33: a reserved bit in an upper level is reported as such, before any right")
  func reservedInUpperLevels() throws {
    for (place, bit) in [
      (0, 7), (0, 45), (0x1000, 45), (0x1000, 7), (0x2000, 45),
    ] as [(UInt64, UInt64)] {
      let machine = try Machine()
      machine.enterLongMode()
      let linear: UInt64 = place == 0 ? 1 << 39 : place == 0x1000 ? 1 << 30 : 1 << 21
      let entry = Machine.pageTables + place + 8
      let next = machine.load64(Machine.pageTables + place) & ~0xFFF
      machine.store64(next | 7 | 1 << bit, at: entry)
      machine.processor[.rbx] = linear
      machine.run(Self.read)
      #expect(machine.vector == 14)
      #expect(machine.stack(1) == [9], "\(place) \(bit)")
    }
  }

  @Test("33: the I/D bit of the error code needs NXE or SMEP")
  func fetchIsReported() throws {
    for (noExecute, prevention, code) in [
      (false, false, 0), (true, false, 0x10), (false, true, 0x10),
    ] as [(Bool, Bool, UInt64)] {
      let machine = try Machine(features: .smep)
      machine.enterLongMode()
      if !noExecute { machine.processor.efer &= ~ExtendedFeatures.noExecuteEnable }
      if prevention {
        for number in 0..<UInt64(1024) {
          machine.store64(
            number << 12 | 3, at: Machine.pageTables + 0x3000 + number * 8)
        }
        machine.processor.cr4 |= ControlRegister4.executionPrevention
      }
      machine.setPageEntry(Self.page, 0)
      machine.processor[.rbx] = Self.page
      machine.run([0xFF, 0xE3])
      #expect(machine.vector == 14)
      #expect(machine.stack(1) == [code])
    }
  }

  // MARK: Group 34

  /// Maps 0x4000_0000 by a 1 GiB page to 0, then changes it, and says which value was read.
  @Test("34: INVLPG anywhere in a 1 GiB page drops all of it; reading without it may find the old")
  func invalidationOfHugePages() throws {
    for (invalidates, expected) in [(true, 0x22), (false, 0x11)] as [(Bool, UInt64)] {
      let machine = try Machine(features: .pages1G)
      machine.enterLongMode()
      let entry = Machine.pageTables + 0x1008
      machine.store64(0x83, at: entry)
      machine.store64(0x11, at: 0x10_0000)
      machine.processor[.rbx] = 0x4010_0000
      machine.processor[.rcx] = 0x7F12_3456
      machine.processor[.rdi] = entry
      // Then by a table of 4 KiB pages that leads elsewhere.
      let tables: UInt64 = 0x18_0000
      machine.store64(tables + 0x1000 | 3, at: tables)
      machine.store64(0x20_0003, at: tables + 0x1000 + 0x100 * 8)
      machine.store64(0x22, at: 0x20_0000)
      machine.processor[.rsi] = tables | 3
      // mov eax, [rbx]; mov [rdi], rsi; (invlpg [rcx] | 3-byte nop); mov edx, [rbx]; hlt
      machine.run(
        Self.read + [0x48, 0x89, 0x37] + (invalidates ? [0x0F, 0x01, 0x39] : [0x0F, 0x1F, 0x00])
          + [0x8B, 0x13, 0xF4])
      #expect(machine.processor[.rax] == 0x11)
      #expect(machine.processor[.rdx] == expected)
    }
  }

  @Test("34: INVLPG anywhere in a 4 MiB page drops all of it")
  func invalidationOfLargePages() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.enablePaging32()
    machine.processor.cr4 = ControlRegister4.pageSizeExtensions
    precondition(machine.memory.store(UInt32(0x83), at: 0xA004))
    machine.store64(0x11, at: 0x10_0000)
    machine.store64(0x22, at: 0x20_0000)
    let table: UInt64 = 0x18_0000
    precondition(machine.memory.store(UInt32(0x20_0003), at: table + 0x100 * 4))
    machine.processor[.rbx] = 0x50_0000
    machine.processor[.rcx] = 0x7F_F123
    machine.processor[.rdi] = 0xA004
    machine.processor[.rsi] = table | 3
    // mov eax, [ebx]; mov [edi], esi; invlpg [ecx]; mov edx, [ebx]; hlt
    machine.run([0x8B, 0x03, 0x89, 0x37, 0x0F, 0x01, 0x39, 0x8B, 0x13, 0xF4])
    #expect(machine.processor[.rax] == 0x11)
    #expect(machine.processor[.rdx] == 0x22)
  }

  @Test("34: PCIDE needs long mode and a clear PCID; PG cannot be cleared with it")
  func processContextRules() throws {
    let machine = try Machine(features: .pcid)
    machine.enterLongMode()
    let processor = machine.processor
    let setPCIDE: [UInt8] = [0x0F, 0x22, 0xE0]
    processor.cr3 = Machine.pageTables | 1
    processor[.rax] = processor.cr4 | ControlRegister4.processContexts
    machine.run(setPCIDE)
    #expect(machine.vector == 13)
    #expect(processor.cr4 & ControlRegister4.processContexts == 0)
    processor.cr3 = Machine.pageTables
    processor[.rsp] = Machine.stackTop
    machine.run(setPCIDE + [0xF4])
    #expect(machine.vector == nil)
    // Bit 63 of CR3 is accepted and not stored; bit 62 is reserved.
    for (value, isAccepted) in [
      (1 << 63 | Machine.pageTables | 5, true), (1 << 62 | Machine.pageTables, false),
    ] as [(UInt64, Bool)] {
      processor[.rax] = value
      machine.run([0x0F, 0x22, 0xD8, 0xF4])
      #expect(machine.vector == (isAccepted ? nil : 13))
      #expect(processor.cr3 == Machine.pageTables | 5)
    }
    let protected = try Machine(features: .pcid)
    protected.enterProtectedMode()
    protected.processor[.rax] = ControlRegister4.processContexts
    protected.run(setPCIDE)
    #expect(protected.vector == 13)
    let older = try Machine()
    older.enterLongMode()
    older.processor[.rax] = 1 << 63 | Machine.pageTables
    older.run([0x0F, 0x22, 0xD8])
    #expect(older.vector == 13)
  }

  @Test("34: a load of CR3 that keeps a PCID's translations brings none of another's")
  func contextsDoNotMix() throws {
    let machine = try Machine(features: .pcid)
    machine.enterLongMode()
    let processor = machine.processor
    processor.cr4 |= ControlRegister4.processContexts
    // A second address space, in which the data page is another.
    for table in 0..<UInt64(5) {
      for entry in 0..<UInt64(512) {
        var value = machine.load64(Machine.pageTables + table * 0x1000 + entry * 8)
        if table < 3, value != 0 { value += 0x20_0000 }
        machine.store64(value, at: Machine.pageTables + 0x20_0000 + table * 0x1000 + entry * 8)
      }
    }
    machine.store64(
      Self.page + 0x1000 | 3, at: Machine.pageTables + 0x20_3000 + (Self.page >> 12) * 8)
    machine.store64(1, at: Self.page)
    machine.store64(2, at: Self.page + 0x1000)
    processor[.rbx] = Self.page
    processor[.rsi] = 1 << 63 | (Machine.pageTables + 0x20_0000) | 1
    processor[.rdi] = 1 << 63 | Machine.pageTables
    // mov eax, [rbx]; mov cr3, rsi; mov ecx, [rbx]; mov cr3, rdi; mov edx, [rbx]; hlt
    machine.run([
      0x8B, 0x03, 0x0F, 0x22, 0xDE, 0x8B, 0x0B, 0x0F, 0x22, 0xDF, 0x8B, 0x13, 0xF4,
    ])
    #expect(processor[.rax] == 1)
    #expect(processor[.rcx] == 2)
    #expect(processor[.rdx] == 1)
  }

  struct Invalidation: Sendable {
    var name: String
    var type: UInt64
    var descriptor: [UInt64]
    var isGlobal = false
    /// The changed page is seen; nil: #GP(0).
    var drops: Bool?
    init(
      _ name: String, _ type: UInt64, _ descriptor: [UInt64], global: Bool = false, drops: Bool?
    ) {
      self.name = name
      self.type = type
      self.descriptor = descriptor
      isGlobal = global
      self.drops = drops
    }
  }

  @Test(
    "34: INVPCID, types 0 to 3, with its checks",
    arguments: [
      Invalidation("address", 0, [5, page], drops: true),
      Invalidation("context", 1, [5, 0], drops: true),
      Invalidation("context keeps global", 1, [5, 0], global: true, drops: false),
      Invalidation("all", 2, [0, 0], drops: true),
      Invalidation("all with global", 2, [0, 0], global: true, drops: true),
      Invalidation("all but global", 3, [0, 0], drops: true),
      Invalidation("all but global keeps global", 3, [0, 0], global: true, drops: false),
      Invalidation("type 4", 4, [0, 0], drops: nil),
      Invalidation("type beyond 32 bits", 1 << 32, [0, 0], drops: nil),
      Invalidation("reserved bit of the descriptor", 2, [1 << 12, 0], drops: nil),
      Invalidation("address not canonical", 0, [5, 1 << 47], drops: nil),
      Invalidation("address not canonical, not looked at", 2, [0, 1 << 47], drops: true),
    ])
  func contextInvalidation(row: Invalidation) throws {
    let machine = try Machine(features: [.pcid, .invpcid])
    machine.enterLongMode()
    let processor = machine.processor
    processor.cr4 |= ControlRegister4.processContexts | ControlRegister4.globalPages
    processor.cr3 = Machine.pageTables | 5
    machine.store64(0x11, at: Self.page)
    machine.store64(0x22, at: Self.page + 0x1000)
    let global: UInt64 = row.isGlobal ? 0x100 : 0
    machine.setPageEntry(Self.page, Self.page | 3 | global)
    let descriptor = Self.page + 0x2000
    for (index, word) in row.descriptor.enumerated() {
      machine.store64(word, at: descriptor + UInt64(index) * 8)
    }
    processor[.rbx] = Self.page
    processor[.rdi] = Machine.pageTables + 0x3000 + (Self.page >> 12) * 8
    processor[.rsi] = Self.page + 0x1000 | 3 | global
    processor[.rcx] = descriptor
    processor[.rdx] = row.type
    // mov eax, [rbx]; mov [rdi], rsi; invpcid rdx, [rcx]; mov eax, [rbx]; hlt
    machine.run([
      0x8B, 0x03, 0x48, 0x89, 0x37, 0x66, 0x0F, 0x38, 0x82, 0x11, 0x8B, 0x03, 0xF4,
    ])
    if let drops = row.drops {
      #expect(machine.vector == nil)
      #expect(processor[.rax] == (drops ? 0x22 : 0x11))
    } else {
      #expect(machine.vector == 13)
      #expect(machine.stack(2) == [0, Machine.code + 5])
    }
  }

  @Test("34: INVPCID is #GP outside privilege 0, #UD where it is not offered or without 66")
  func contextInvalidationPrivilege() throws {
    let machine = try Machine(features: .invpcid)
    machine.enterLongMode(privilege: 3)
    machine.run([0x66, 0x0F, 0x38, 0x82, 0x11])
    #expect(machine.vector == 13)
    machine.enterLongMode()
    machine.run([0x0F, 0x38, 0x82, 0x11])
    #expect(machine.vector == 6)
    // Without PCIDE a PCID that is not 0 is refused.
    machine.store64(1, at: Self.page)
    machine.processor[.rcx] = Self.page
    machine.processor[.rdx] = 1
    machine.run([0x66, 0x0F, 0x38, 0x82, 0x11])
    #expect(machine.vector == 13)
    let older = try Machine()
    older.enterLongMode()
    older.run([0x66, 0x0F, 0x38, 0x82, 0x11])
    #expect(older.vector == 6)
  }

  // MARK: Group 36

  /// Protected mode with PAE paging of 4 MiB by 4 KiB pages: PDPTEs at 0xA000.
  private func extendedMachine() throws -> Machine {
    let machine = try Machine()
    machine.enterProtectedMode()
    let base: UInt64 = 0xA000
    machine.store64(base + 0x1000 | 1, at: base)
    for table in 0..<UInt64(2) {
      machine.store64(base + 0x2000 + table * 0x1000 | 7, at: base + 0x1000 + table * 8)
      for entry in 0..<UInt64(512) {
        machine.store64(
          (table * 512 + entry) << 12 | 7, at: base + 0x2000 + table * 0x1000 + entry * 8)
      }
    }
    machine.processor.cr4 = ControlRegister4.physicalAddressExtension
    machine.processor.cr3 = base
    machine.processor.cr0 |= ControlRegister0.paging
    return machine
  }

  @Test("36: PDPTEs are kept in registers until CR3 is written")
  func pointersAreKept() throws {
    let machine = try extendedMachine()
    machine.store64(0x11, at: Self.page)
    machine.processor[.rbx] = Self.page
    machine.processor[.rdi] = 0xA000
    // Clear the PDPTE; flush by INVLPG; read: the register still leads there.
    // mov dword [rdi], 0; invlpg [ebx]; mov eax, [ebx]; hlt
    machine.run([0xC7, 0x07, 0, 0, 0, 0, 0x0F, 0x01, 0x3B, 0x8B, 0x03, 0xF4])
    #expect(machine.vector == nil)
    #expect(machine.processor[.rax] == 0x11)
  }

  @Test(
    "36: a reserved bit of a present PDPTE is #GP at the write of CR3, of a missing one is not",
    arguments: [
      (0x1 | 1 << 1, false), (0x1 | 1 << 2, false), (0x1 | 1 << 5, false), (0x1 | 1 << 8, false),
      (0x1 | 1 << 41, false), (0x1 | 1 << 63, false), (0x1 | 0xE18, true), (~1, true),
    ] as [(UInt64, Bool)])
  func reservedBitsOfPointers(pointer: UInt64, isAccepted: Bool) throws {
    let machine = try extendedMachine()
    machine.store64(0xB001, at: 0x9000)
    machine.store64(pointer, at: 0x9018)
    machine.processor[.rax] = 0x9000
    machine.run([0x0F, 0x22, 0xD8, 0xF4])
    #expect(machine.vector == (isAccepted ? nil : 13))
    #expect(machine.processor.cr3 == (isAccepted ? 0x9000 : 0xA000))
    if !isAccepted { #expect(machine.stack32(2) == [0, UInt32(Machine.code)]) }
  }

  @Test("36: they are checked where CR0.PG, CR4.PAE and CR4.PGE are changed, too")
  func pointersAreCheckedWherePagingChanges() throws {
    let machine = try extendedMachine()
    machine.store64(0x1E7, at: 0xA008)
    machine.processor[.rax] = machine.processor.cr4 | ControlRegister4.globalPages
    machine.run([0x0F, 0x22, 0xE0])
    #expect(machine.vector == 13)
    #expect(machine.processor.cr4 == ControlRegister4.physicalAddressExtension)
    let paging = machine.processor.cr0
    machine.processor.cr0 = paging & ~ControlRegister0.paging
    machine.processor[.rsp] = Machine.stackTop
    machine.processor[.rax] = paging
    machine.run([0x0F, 0x22, 0xC0])
    #expect(machine.vector == 13)
    #expect(machine.processor.cr0 & ControlRegister0.paging == 0)
  }

  @Test("36: PAE reserves bits 52 to 62 of its entries, 4-level paging ignores them")
  func upperBits() throws {
    let machine = try extendedMachine()
    machine.store64(Self.page | 7 | 1 << 52, at: 0xC000 + (Self.page >> 12) * 8)
    machine.processor[.rbx] = Self.page
    machine.run(Self.read)
    #expect(machine.vector == 14)
    #expect(machine.stack32(1) == [9])
    let long = try Machine()
    long.enterLongMode()
    long.setPageEntry(Self.page, Self.page | 7 | 0x7FF << 52)
    long.processor[.rbx] = Self.page
    long.run(Self.read + [0xF4])
    #expect(long.vector == nil)
  }

  @Test(
    "36: 4 MiB pages: PSE36's address bits, and what is reserved",
    arguments: [
      ([.pse36], 0x83, nil), ([.pse36], 0x83 | 1 << 21, 9), ([.pse36], 0x83 | 1 << 12, nil),
      ([], 0x83, nil), ([], 0x83 | 1 << 13, 9), ([], 0x83 | 1 << 21, 9), ([], 0x83 | 1 << 12, nil),
    ] as [(ProcessorFeatures, UInt32, UInt32?)])
  func largePages(features: ProcessorFeatures, entry: UInt32, code: UInt32?) throws {
    let machine = try Machine(features: features)
    machine.enterProtectedMode()
    machine.enablePaging32()
    machine.processor.cr4 = ControlRegister4.pageSizeExtensions
    machine.store64(0x77, at: Self.page)
    precondition(machine.memory.store(entry, at: 0xA004))
    machine.processor[.rbx] = 0x40_0000 + Self.page
    machine.run(Self.read + [0xF4])
    if let code {
      #expect(machine.vector == 14)
      #expect(machine.stack32(1) == [code])
    } else {
      #expect(machine.processor[.rax] == 0x77)
    }
  }

  @Test("36: PSE36 reaches addresses from 4 GiB on, which are no storage here: reads are ones")
  func wideLargePage() throws {
    let machine = try Machine(features: .pse36)
    machine.enterProtectedMode()
    machine.enablePaging32()
    machine.processor.cr4 = ControlRegister4.pageSizeExtensions
    precondition(machine.memory.store(UInt32(0x83 | 1 << 13), at: 0xA004))
    machine.processor[.rbx] = 0x40_0000
    machine.run(Self.read + [0xF4])
    #expect(machine.processor[.rax] == 0xFFFF_FFFF)
  }

  @Test("36: a 1 GiB page is one where it is offered, else PS is reserved; so are bits 13 to 29")
  func hugePages() throws {
    for (features, bits, code) in [
      (.pages1G, 0x83, nil), ([], 0x83, 9), (.pages1G, 0x83 | 1 << 13, 9),
      (.pages1G, 0x83 | 1 << 29, 9), (.pages1G, 0x83 | 1 << 12 | 0x18, nil),
    ] as [(ProcessorFeatures, UInt64, UInt64?)] {
      let machine = try Machine(features: features)
      machine.enterLongMode()
      machine.store64(bits, at: Machine.pageTables + 0x1008)
      machine.store64(0x77, at: Self.page)
      machine.processor[.rbx] = 0x4000_0000 + Self.page
      machine.run(Self.read + [0xF4])
      if let code {
        #expect(machine.stack(1) == [code])
      } else {
        #expect(machine.processor[.rax] == 0x77)
        #expect(machine.load64(Machine.pageTables + 0x1008) & 0x60 == 0x20)
      }
    }
  }

  @Test("36: PAT, PWT and PCD are legal in every level and change nothing")
  func memoryTypes() throws {
    let machine = try Machine()
    machine.enterLongMode()
    for table in [0, 0x1000, 0x2000] as [UInt64] {
      let place = Machine.pageTables + table
      machine.store64(machine.load64(place) | 0x18, at: place)
    }
    machine.setPageEntry(Self.page, Self.page | 7 | 0x98)
    machine.processor.cr3 = Machine.pageTables | 0x18
    machine.store64(0x77, at: Self.page)
    machine.processor[.rbx] = Self.page
    machine.run(Self.read + [0xF4])
    #expect(machine.processor[.rax] == 0x77)
  }
}
