import Testing

@testable import X86

/// Rules of CR0, CR3, CR4, CR8, EFER and other model-specific registers: a refused value is #GP(0)
/// and changes nothing.
///
/// Oracle: Intel SDM volume 3, "Control Registers"; volume 2, "MOV", "WRMSR".
@Suite struct ControlRegisterTests {
  private typealias Machine = SystemTestMachine

  struct Refused: Sendable {
    var name: String
    /// MOV CRn, RAX.
    var code: [UInt8]
    var value: UInt64
    init(_ name: String, _ code: [UInt8], _ value: UInt64) {
      self.name = name
      self.code = code
      self.value = value
    }
  }

  @Test(arguments: [
    Refused("PG without PE", [0x0F, 0x22, 0xC0], 0x8000_0010),
    Refused("NW without CD", [0x0F, 0x22, 0xC0], 0xA000_0011),
    Refused("upper half of CR0", [0x0F, 0x22, 0xC0], 0x1_8000_0011),
    Refused("paging off in 64-bit mode", [0x0F, 0x22, 0xC0], 0x11),
    Refused("PAE off in long mode", [0x0F, 0x22, 0xE0], 0),
    Refused("reserved bit of CR4", [0x0F, 0x22, 0xE0], 0x20 | 1 << 11),
    Refused("VMXE", [0x0F, 0x22, 0xE0], 0x20 | 1 << 13),
    Refused("upper half of CR4", [0x0F, 0x22, 0xE0], 0x20 | 1 << 40),
    Refused("address beyond 40 bits in CR3", [0x0F, 0x22, 0xD8], 1 << 41),
    Refused("CR8 above 15", [0x44, 0x0F, 0x22, 0xC0], 16),
    Refused("upper half of DR7", [0x0F, 0x23, 0xF8], 1 << 33),
  ])
  func refusedValuesChangeNothing(row: Refused) throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    let before = [processor.cr0, processor.cr3, processor.cr4, processor.system.debugControl]
    processor[.rax] = row.value
    machine.run(row.code)
    #expect(machine.vector == 13)
    #expect(machine.stack(2) == [0, Machine.code])
    #expect(
      [processor.cr0, processor.cr3, processor.cr4, processor.system.debugControl] == before)
  }

  @Test func pagingWithLongModeNeedsPhysicalAddressExtension() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor.efer = 0x100
    machine.processor[.rax] = 0x8000_0011
    machine.run([0x0F, 0x22, 0xC0])
    #expect(machine.vector == 13)
    #expect(machine.processor.efer == 0x100)
    #expect(machine.processor.cr0 == 0x11)
  }

  @Test(arguments: [[UInt8]([0x0F, 0x20, 0xC8]), [0x0F, 0x22, 0xE8], [0x0F, 0x20, 0xF8]])
  func controlRegistersThatDoNotExist(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run(code)
    #expect(machine.vector == 6)
  }

  @Test(arguments: [
    [UInt8]([0x0F, 0x20, 0xC0]), [0x0F, 0x22, 0xC0], [0xF4], [0x0F, 0x30], [0x0F, 0x32],
    [0x0F, 0x01, 0x3F], [0x0F, 0x09], [0x0F, 0x06], [0x0F, 0x01, 0xF8], [0x0F, 0x23, 0xC0],
    [0x0F, 0x01, 0x17], [0x0F, 0x00, 0xD8], [0x0F, 0x00, 0xD0], [0xFA], [0xFB],
    [0x48, 0x0F, 0x07], [0xE4, 0x10], [0xE6, 0x10],
  ])
  func privilegedInstructionsAreRefusedToUsers(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.run(code)
    #expect(machine.vector == 13)
    #expect(machine.stack(2) == [0, Machine.code])
  }

  @Test func taskPriorityGoesToTheController() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.modelSpecific[0x808] = 0
    machine.processor[.rax] = 0xB
    machine.run([0x44, 0x0F, 0x22, 0xC0, 0x44, 0x0F, 0x20, 0xC3, 0xF4])
    #expect(machine.platform.pointee.modelSpecific[0x808] == 0xB0)
    #expect(machine.processor[.rbx] == 0xB)
  }

  struct Register: Sendable {
    var number: UInt64
    var value: UInt64
    var isAccepted: Bool
    init(_ number: UInt64, _ value: UInt64, _ isAccepted: Bool) {
      self.number = number
      self.value = value
      self.isAccepted = isAccepted
    }
  }

  @Test(arguments: [
    Register(0xC000_0100, 0x8000_0000_0000, false),
    Register(0xC000_0101, 0xFFFF_8000_0000_0000, true),
    Register(0xC000_0102, 0x1_0000_0000_0000, false),
    Register(0xC000_0082, 0xFFFF_FFFF_8000_0000, true),
    Register(0xC000_0082, 0x7FFF_FFFF_FFFF_FFFF, false),
    Register(0xC000_0083, 0x8000_0000_0000, false),
    Register(0x175, 0x8000_0000_0000, false),
    Register(0x277, 0x0007_0406_0007_0401, true),
    Register(0x277, 0x0007_0406_0007_0402, false),
    Register(0x277, 0x0807_0406_0007_0406, false),
    Register(0xC000_0080, 0xD01, true),
    Register(0xC000_0080, 0xD03, false),
    Register(0xC000_0080, 0xC01, false),  // LME off while paging is on.
    Register(0xC000_0084, 0x257FD5, true),
    Register(0x808, 0x20, true),
    Register(0x999, 0, false),
    // Memory types: two ranges, their reserved bits, and the registers of fixed ranges.
    Register(0x200, 0xFF_F000_0006, true),
    Register(0x20F, 0xFF_F000_0800, true),
    Register(0x20F, 0xFF_F000_0001, false),
    Register(0x201, 0x100_0000_0800, false),
    Register(0x200, 2, false),
    Register(0x2FF, 0xC06, true),
    Register(0x2FF, 0x1000, false),
    Register(0x2FF, 3, false),
    Register(0x250, 0x0605_0401_0006_0606, true),
    Register(0x26F, 0x0606_0606_0606_0607, false),
    Register(0x26F, 0x0606_0606_0606_0606, true),
    Register(0xFE, 0x508, false),
    // Machine checks: a bank's control and address, a status that can only be cleared.
    Register(0x179, 0x106, false),
    Register(0x17A, 4, true),
    Register(0x17B, 0xFFFF_FFFF_FFFF_FFFF, true),
    Register(0x400, 0xFFFF_FFFF_FFFF_FFFF, true),
    Register(0x401, 0, true),
    Register(0x415, 1, false),
    Register(0x416, 0x1234_5678, true),
    Register(0x418, 0, false),
    // Performance counters: none, as with KVM.
    Register(0xC001_0000, 0, true),
    Register(0xC001_0007, 0, true),
    Register(0xC001_0008, 0, false),
  ])
  func modelSpecificRegisters(row: Register) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.modelSpecific[0x808] = 0
    let processor = machine.processor
    processor[.rcx] = row.number
    processor[.rax] = row.value & 0xFFFF_FFFF
    processor[.rdx] = row.value >> 32
    machine.run([0x0F, 0x30, 0x31, 0xC0, 0x31, 0xD2, 0x0F, 0x32, 0xF4])
    if row.isAccepted {
      #expect(machine.vector == nil)
      #expect(processor[.rdx] << 32 | processor[.rax] == row.value)
    } else {
      #expect(machine.vector == 13)
      #expect(machine.stack(2)[1] == Machine.code)
    }
  }

  private static func read(_ number: UInt64, _ machine: Machine) -> UInt64? {
    machine.processor[.rcx] = number
    machine.run([0x0F, 0x32, 0xF4])
    guard machine.vector == nil else { return nil }
    return machine.processor[.rdx] << 32 | machine.processor[.rax]
  }

  /// Oracle: AMD APM volume 2, "MTRRs" and "Machine Check Architecture"; what SeaBIOS sets up.
  @Test("memory types start as firmware leaves them, machine checks without an error")
  func plainRegistersAtReset() throws {
    let machine = try Machine()
    machine.enterLongMode()
    for (number, value) in [
      (0xFE, 0x508), (0x2FF, 0xC06), (0x200, 0xC000_0000), (0x201, 0xFF_C000_0800), (0x202, 0),
      (0x250, 0x0606_0606_0606_0606), (0x258, 0x0606_0606_0606_0606), (0x259, 0),
      (0x268, 0x0505_0505_0505_0505), (0x26F, 0x0505_0505_0505_0505), (0x179, 0x106), (0x17A, 0),
      (0x17B, 0), (0x401, 0), (0x417, 0),
    ] as [(UInt64, UInt64)] {
      #expect(Self.read(number, machine) == value, "\(String(number, radix: 16))")
    }
  }

  @Test("performance counters take what is written and count nothing")
  func performanceCounters() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    for number in 0xC001_0000...0xC001_0007 as ClosedRange<UInt64> {
      (processor[.rcx], processor[.rax], processor[.rdx]) = (number, 0x53_0076, 0)
      machine.run([0x0F, 0x30, 0xF4])
      #expect(machine.vector == nil)
      #expect(Self.read(number, machine) == 0)
    }
  }

  /// Oracle: AMD APM volume 3, CPUID function 1, EDX bit 9.
  @Test("CPUID shows the local APIC while it is enabled", arguments: [UInt64(1), 0x8000_0001])
  func interruptControllerInCPUID(leaf: UInt64) throws {
    let machine = try Machine()
    machine.enterLongMode()
    for (base, bit) in [(0xFEE0_0900, 1), (0xFEE0_0100, 0)] as [(UInt64, UInt64)] {
      machine.platform.pointee.modelSpecific[0x1B] = base
      machine.processor[.rax] = leaf
      machine.run([0x0F, 0xA2, 0xF4])
      #expect(machine.processor[.rdx] >> 9 & 1 == bit)
    }
  }

  @Test func writingTheCounterMovesTheAdjustment() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    processor[.rcx] = 0x10
    processor[.rax] = 0x1000_0000
    processor[.rdx] = 0
    // wrmsr; mov ecx, 0x3b; rdmsr; hlt: the write happens at cycle 1.
    machine.run([0x0F, 0x30, 0xB9, 0x3B, 0, 0, 0, 0x0F, 0x32, 0xF4])
    #expect(processor[.rax] == 0x1000_0000 - 1)
    #expect(processor.timestampOffset == 0x1000_0000 - 1)
    processor.reset()
    #expect(processor.timestampOffset == 0)
  }

  @Test func timestampCountsNanosecondsOfTheSlice() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.store([0x90, 0x90, 0x0F, 0x31, 0xF4], at: Machine.code)
    machine.processor.beginSlice(at: 5000, remainder: 0, megahertz: 100)
    _ = machine.processor.run(cycles: 100, cache: machine.cache)
    // RDTSC is the third instruction, at 10 ns each.
    #expect(machine.processor[.rax] == 5030)
  }

  @Test func timestampOfUsersObeysTSD() throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    machine.processor.cr4 |= ControlRegister4.timestampDisable
    machine.run([0x0F, 0x31])
    #expect(machine.vector == 13)
  }

  @Test func debugRegistersFourAndFiveAreAliases() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([0x0F, 0x21, 0xE0, 0xF4])
    #expect(machine.processor[.rax] == 0xFFFF_0FF0)
    machine.processor.cr4 |= ControlRegister4.debuggingExtensions
    machine.run([0x0F, 0x21, 0xE0])
    #expect(machine.vector == 6)
  }
}
