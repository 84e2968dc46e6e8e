import Testing

@testable import X86

/// Every kind of access to every kind of page under every setting of the control bits.
///
/// Oracle: Intel SDM volume 3, section "Determination of Access Rights" and "Interrupt 14 - Page Fault
/// Exception", written down again here.
@Suite("Rights of pages") struct PageRightsTests {
  private typealias Machine = SystemTestMachine
  private static let page = SystemTestMachine.data

  enum Kind: CaseIterable {
    case read, write, fetch
    /// The processor's own read of a descriptor table.
    case implicitRead
  }

  /// One setting of the bits that decide.
  struct Setting: Sendable {
    var isUserMode: Bool
    var isUserPage: Bool
    var isWritable: Bool
    var isExecutable: Bool
    var writeProtect: Bool
    var executionPrevention: Bool
    var accessPrevention: Bool
    var override: Bool

    init(_ bits: Int) {
      func bit(_ index: Int) -> Bool { bits >> index & 1 != 0 }
      isUserMode = bit(0)
      isUserPage = bit(1)
      isWritable = bit(2)
      isExecutable = bit(3)
      writeProtect = bit(4)
      executionPrevention = bit(5)
      accessPrevention = bit(6)
      override = bit(7)
    }

    /// The sentences of the manual, one a line.
    func isAllowed(_ kind: Kind) -> Bool {
      let isUserAccess = isUserMode && kind != .implicitRead
      if isUserAccess {
        switch kind {
        case .read, .implicitRead: return isUserPage
        case .write: return isUserPage && isWritable
        case .fetch: return isUserPage && isExecutable
        }
      }
      if kind == .fetch {
        if !isUserPage { return isExecutable }
        return executionPrevention ? false : isExecutable
      }
      if isUserPage && accessPrevention {
        if kind == .implicitRead || !override { return false }
      }
      if kind == .write { return writeProtect ? isWritable : true }
      return true
    }

    /// Bits P, W/R, U/S and I/D of the error code; the page is present and NXE is set.
    func errorCode(_ kind: Kind) -> UInt64 {
      1 | (kind == .write ? 2 : 0) | (isUserMode && kind != .implicitRead ? 4 : 0)
        | (kind == .fetch ? 0x10 : 0)
    }
  }

  /// A machine whose pages are the supervisor's but for a user's code and stack.
  private func machine(_ setting: Setting) throws -> Machine {
    let machine = try Machine(features: [.smep, .smap])
    machine.enterLongMode(privilege: setting.isUserMode ? 3 : 0)
    let table = Machine.pageTables + 0x3000
    for number in 0..<UInt64(1024) {
      let isUsers =
        setting.isUserMode && (number == Machine.code >> 12 || number == 0x1F)
      machine.store64(number << 12 | (isUsers ? 7 : 3), at: table + number * 8)
    }
    let rights: UInt64 =
      1 | (setting.isUserPage ? 4 : 0) | (setting.isWritable ? 2 : 0)
      | (setting.isExecutable ? 0 : 1 << 63)
    machine.store64(Self.page | rights, at: table + (Self.page >> 12) * 8)
    let processor = machine.processor
    if setting.writeProtect { processor.cr0 |= ControlRegister0.writeProtect }
    if setting.executionPrevention { processor.cr4 |= ControlRegister4.executionPrevention }
    if setting.accessPrevention { processor.cr4 |= ControlRegister4.accessPrevention }
    if setting.override { processor.flags |= 1 << 18 }
    processor.flushTranslations()
    return machine
  }

  @Test("follow the manual's formula", arguments: Kind.allCases)
  func formula(kind: Kind) throws {
    for bits in 0..<256 {
      let setting = Setting(bits)
      let machine = try machine(setting)
      machine.processor[.rbx] = Self.page
      var code: [UInt8]
      switch kind {
      case .read: code = [0x8B, 0x03]
      case .write: code = [0x89, 0x03]
      case .fetch:
        machine.store([0x0F, 0x0B], at: Self.page)
        code = [0xFF, 0xE3]
      case .implicitRead:
        // LAR of a selector whose descriptor would be at the page.
        machine.processor.setGlobalDescriptorTable(base: Self.page - 0x100, limit: 0x107)
        machine.processor[.rax] = 0x100
        code = [0x0F, 0x02, 0xC8]
        if setting.isAllowed(kind) { code = [0x0F, 0x02, 0xC8, 0x48, 0x89, 0xC8, 0xEB, 0xFE] }
      }
      if kind == .implicitRead {
        // Faults could not be delivered through the moved table: what was recorded is looked at.
        machine.run(code, instructions: 3)
        let isFault = machine.processor.cr2 == Self.page
        #expect(isFault == !setting.isAllowed(kind), "\(setting)")
        continue
      }
      machine.run(code + [0x0F, 0x0B])
      if setting.isAllowed(kind) {
        #expect(machine.vector == 6, "\(setting)")
      } else {
        #expect(machine.vector == 14, "\(setting)")
        #expect(machine.stack(1) == [setting.errorCode(kind)], "\(setting)")
        #expect(machine.processor.cr2 == Self.page)
      }
      let entry = machine.pageEntry(Self.page)
      #expect((entry & 0x40 != 0) == (kind == .write && setting.isAllowed(kind)), "\(setting)")
    }
  }

  @Test("hold for translations that are kept, when SMAP's override comes and goes")
  func overrideOfKeptTranslations() throws {
    var setting = Setting(0)
    setting.isUserPage = true
    setting.isWritable = true
    setting.accessPrevention = true
    let machine = try machine(setting)
    machine.processor[.rbx] = Self.page
    // stac; mov eax, [rbx]; clac; mov ecx, [rbx]
    machine.run([0x0F, 0x01, 0xCB, 0x8B, 0x03, 0x0F, 0x01, 0xCA, 0x8B, 0x0B])
    #expect(machine.vector == 14)
    #expect(machine.stack(2) == [1, Machine.code + 8])
    // clac; then stac; mov eax, [rbx]; stac again; mov [rbx], eax; ud2
    machine.run([
      0x0F, 0x01, 0xCA, 0x0F, 0x01, 0xCB, 0x8B, 0x03, 0x0F, 0x01, 0xCB, 0x89, 0x03, 0x0F, 0x0B,
    ])
    #expect(machine.vector == 6)
  }

  @Test("POPF and IRET bring SMAP's override back")
  func overrideByFlags() throws {
    var setting = Setting(0)
    setting.isUserPage = true
    setting.accessPrevention = true
    let machine = try machine(setting)
    machine.processor[.rbx] = Self.page
    // push 0x40002; popfq; mov eax, [rbx]; push 2; popfq; mov eax, [rbx]
    machine.run([
      0x68, 2, 0, 4, 0, 0x9D, 0x8B, 0x03, 0x6A, 2, 0x9D, 0x8B, 0x03,
    ])
    #expect(machine.vector == 14)
    #expect(machine.stack(2) == [1, Machine.code + 11])
  }

  @Test("STAC and CLAC: #UD outside privilege 0, without SMAP, and with a prefix")
  func accessOverrideInstructions() throws {
    for code in [[0x0F, 0x01, 0xCA], [0x0F, 0x01, 0xCB]] as [[UInt8]] {
      let machine = try Machine(features: .smap)
      machine.enterLongMode(privilege: 3)
      machine.run(code)
      #expect(machine.vector == 6)
      machine.enterLongMode()
      machine.run([0x66] + code)
      #expect(machine.vector == 6)
      machine.run([0xF3] + code)
      #expect(machine.vector == 6)
      // SMAP need not be on.
      machine.run(code + [0xF4])
      #expect(machine.vector == nil)
      let older = try Machine()
      older.enterLongMode()
      older.run(code)
      #expect(older.vector == 6)
    }
  }
}
