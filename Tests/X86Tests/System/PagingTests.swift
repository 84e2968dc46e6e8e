import Testing

@testable import X86

/// Page walks and the translation buffer as guests see them; oracle: Intel SDM volume 3, chapter
/// "Paging".
@Suite struct PagingTests {
  private typealias Machine = SystemTestMachine
  private static let page = SystemTestMachine.data

  private static let read: [UInt8] = [0x8B, 0x03]
  private static let write: [UInt8] = [0x89, 0x03]
  private static let present: UInt64 = 1
  private static let writable: UInt64 = 2
  private static let user: UInt64 = 4
  private static let accessed: UInt64 = 0x20
  private static let dirty: UInt64 = 0x40
  private static let global: UInt64 = 0x100
  private static let noExecute: UInt64 = 1 << 63

  struct Access: Sendable {
    var name: String
    var code: [UInt8]
    var entry: UInt64
    var privilege: UInt16
    var writeProtect: Bool
    /// Page-fault error code; nil: allowed.
    var error: UInt64?

    init(
      _ name: String, _ code: [UInt8], _ entry: UInt64, user: Bool = false,
      writeProtect: Bool = true, error: UInt64? = nil
    ) {
      self.name = name
      self.code = code
      self.entry = entry
      privilege = user ? 3 : 0
      self.writeProtect = writeProtect
      self.error = error
    }
  }

  @Test(arguments: [
    Access("missing, read", read, 0, error: 0),
    Access("missing, write of a user", write, 0, user: true, error: 6),
    Access("supervisor's page, read of a user", read, 3, user: true, error: 5),
    Access("read-only, write of a user", write, 5, user: true, error: 7),
    Access("read-only, write with WP", write, 5, error: 3),
    Access("read-only, write without WP", write, 5, writeProtect: false),
    Access(
      "read-only, write of a user without WP", write, 5, user: true, writeProtect: false, error: 7),
    Access("reserved address bit", read, 7 | 1 << 45, error: 9),
    Access("fetch with NX", [0xFF, 0xE3], 7 | noExecute, error: 0x11),
    Access("read with NX", read, 7 | noExecute),
    Access("all rights, write of a user", write, 7, user: true),
  ])
  func rights(row: Access) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: row.privilege)
    if row.writeProtect { machine.processor.cr0 |= ControlRegister0.writeProtect }
    machine.setPageEntry(Self.page, row.entry == 0 ? 0 : Self.page | row.entry)
    machine.processor[.rbx] = Self.page + 0x10
    machine.run(row.code + [0x0F, 0x0B])
    if let error = row.error {
      #expect(machine.vector == 14)
      #expect(machine.stack(1) == [error])
      #expect(machine.processor.cr2 == Self.page + 0x10)
      #expect(machine.pageEntry(Self.page) & Self.dirty == 0)
    } else {
      #expect(machine.vector == 6)
      let entry = machine.pageEntry(Self.page)
      #expect(entry & Self.accessed != 0)
      #expect((entry & Self.dirty != 0) == (row.code == Self.write))
    }
  }

  @Test func noExecuteIsReservedWithoutItsEnableBit() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.efer &= ~ExtendedFeatures.noExecuteEnable
    machine.setPageEntry(Self.page, Self.page | 7 | Self.noExecute)
    machine.processor[.rbx] = Self.page
    machine.run(Self.read)
    #expect(machine.vector == 14)
    #expect(machine.stack(1) == [9])
  }

  @Test func accessedBitsAreSetInEveryLevel() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rbx] = Self.page
    machine.run(Self.read + [0xF4])
    for table in [0, 0x1000, 0x2000] as [UInt64] {
      #expect(machine.load64(Machine.pageTables + table) & Self.accessed != 0)
    }
  }

  @Test func aReadAndThenAWriteSetTheDirtyBit() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rbx] = Self.page
    machine.run(Self.read + [0xF4])
    #expect(machine.pageEntry(Self.page) & Self.dirty == 0)
    machine.run(Self.write + [0xF4])
    #expect(machine.pageEntry(Self.page) & Self.dirty != 0)
  }

  /// Reads RBX's page, whose entry was changed behind the buffer, after `between`.
  private func valueAfter(
    _ between: [UInt8], global: Bool, enabled: Bool = true
  ) throws -> UInt64 {
    let machine = try Machine()
    machine.enterLongMode()
    if enabled { machine.processor.cr4 |= ControlRegister4.globalPages }
    machine.store64(0x11, at: Self.page)
    machine.store64(0x22, at: Self.page + 0x1000)
    machine.setPageEntry(Self.page, Self.page | 3 | (global ? Self.global : 0))
    machine.processor[.rbx] = Self.page
    machine.processor[.rdi] = Machine.pageTables + 0x3000 + (Self.page >> 12) * 8
    machine.processor[.rsi] = Self.page + 0x1000 | 3
    // mov eax, [rbx]; mov [rdi], rsi; between; mov eax, [rbx]; hlt
    machine.run([0x8B, 0x03, 0x48, 0x89, 0x37] + between + [0x8B, 0x03, 0xF4])
    return machine.processor[.rax]
  }

  private static let loadCR3: [UInt8] = [0x0F, 0x20, 0xD8, 0x0F, 0x22, 0xD8]
  private static let toggleGlobal: [UInt8] = [
    0x0F, 0x20, 0xE0, 0x34, 0x80, 0x0F, 0x22, 0xE0, 0x34, 0x80, 0x0F, 0x22, 0xE0,
  ]

  @Test func staleTranslationsLastUntilTheyAreDropped() throws {
    #expect(try valueAfter([], global: false) == 0x11)
    #expect(try valueAfter([0x0F, 0x01, 0x3B], global: false) == 0x22)  // invlpg [rbx]
    #expect(try valueAfter(Self.loadCR3, global: false) == 0x22)
  }

  @Test func globalPagesSurviveCR3ButNotPGE() throws {
    #expect(try valueAfter(Self.loadCR3, global: true) == 0x11)
    #expect(try valueAfter(Self.loadCR3, global: true, enabled: false) == 0x22)
    #expect(try valueAfter([0x0F, 0x01, 0x3B], global: true) == 0x22)
    #expect(try valueAfter(Self.toggleGlobal, global: true) == 0x22)
  }

  @Test func missingPagesAreNeverKept() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setPageEntry(Self.page, 0)
    machine.processor[.rbx] = Self.page
    machine.run(Self.read)
    #expect(machine.vector == 14)
    machine.store64(Self.page | 3, at: Machine.pageTables + 0x3000 + (Self.page >> 12) * 8)
    machine.run(Self.read + [0xF4])
    #expect(machine.vector == nil)
  }

  @Test(arguments: [UInt64(0), 0x1000, 0x1F_F000])
  func invalidatingAnyPartDropsALargePage(part: UInt64) throws {
    let machine = try Machine()
    machine.enterLongMode()
    // 2 MiB pages at 4 MiB of linear space: first to 0x200000, then to 0.
    let directory = Machine.pageTables + 0x2000 + 2 * 8
    machine.store64(0x20_0000 | 0x83, at: directory)
    machine.store64(0x22, at: 0x10_0000)
    machine.store64(0x11, at: 0x30_0000)
    machine.processor[.rbx] = 0x50_0000
    machine.processor[.rcx] = 0x40_0000 + part
    machine.processor[.rdi] = directory
    machine.processor[.rsi] = 0x83
    // mov eax, [rbx]; mov [rdi], rsi; invlpg [rcx]; mov edx, [rbx]; hlt
    machine.run([0x8B, 0x03, 0x48, 0x89, 0x37, 0x0F, 0x01, 0x39, 0x8B, 0x13, 0xF4])
    #expect(machine.processor[.rax] == 0x11)
    #expect(machine.processor[.rdx] == 0x22)
  }

  @Test func codeIsFetchedThroughTheNewTranslation() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let place: UInt64 = 0x12_0000
    machine.store([0xB8, 1, 0, 0, 0, 0xC3], at: place)
    machine.store([0xB8, 2, 0, 0, 0, 0xC3], at: place + 0x1000)
    machine.processor[.rbx] = place
    machine.processor[.rdi] = Machine.pageTables + 0x3000 + (place >> 12) * 8
    machine.processor[.rsi] = place + 0x1000 | 3
    // call rbx; mov ecx, eax; mov [rdi], rsi; invlpg [rbx]; call rbx; hlt
    machine.run([
      0xFF, 0xD3, 0x89, 0xC1, 0x48, 0x89, 0x37, 0x0F, 0x01, 0x3B, 0xFF, 0xD3, 0xF4,
    ])
    #expect(machine.processor[.rcx] == 1)
    #expect(machine.processor[.rax] == 2)
  }

  @Test func usersDoNotReachCodeThatTheSupervisorJumpedTo() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let place: UInt64 = 0x12_0000
    machine.store([0xC3], at: place)
    machine.setPageEntry(place, place | 3)
    machine.processor[.rbx] = place
    machine.run([0xFF, 0xD3, 0xF4])
    #expect(machine.vector == nil)
    let table = machine.pageEntry(place)
    machine.enterLongMode(privilege: 3)
    machine.setPageEntry(place, table)
    machine.run([0xFF, 0xD3])
    #expect(machine.vector == 14)
    #expect(machine.stack(1) == [0x15])
    #expect(machine.processor.cr2 == place)
  }
}
