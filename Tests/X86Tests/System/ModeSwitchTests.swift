import Testing

@testable import X86

/// The way of a second processor from INIT and SIPI to 64-bit mode; the oracle is the Intel SDM
/// volume 3, "Processor Management and Initialization".
@Suite struct ModeSwitchTests {
  private typealias Machine = SystemTestMachine

  /// Real mode at 0x9000: GDTR, PE, a far jump to 32-bit code, PAE, CR3, LME, PG, a far jump to
  /// 64-bit code that loads RBX and halts (assembled with GNU as).
  private static let trampoline: [UInt8] = [
    0xFA, 0x8C, 0xC8, 0x8E, 0xD8, 0x66, 0x0F, 0x01, 0x16, 0x80, 0x00, 0x0F, 0x20, 0xC0, 0x66, 0x83,
    0xC8, 0x01, 0x0F, 0x22, 0xC0, 0x66, 0xEA, 0x20, 0x90, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00,
    0xB8, 0x18, 0x00, 0x00, 0x00, 0x8E, 0xD8, 0x8E, 0xD0, 0x0F, 0x20, 0xE0, 0x83, 0xC8, 0x20, 0x0F,
    0x22, 0xE0, 0xB8, 0x00, 0x40, 0x00, 0x00, 0x0F, 0x22, 0xD8, 0xB9, 0x80, 0x00, 0x00, 0xC0, 0x0F,
    0x32, 0x0D, 0x00, 0x01, 0x00, 0x00, 0x0F, 0x30, 0x0F, 0x20, 0xC0, 0x0D, 0x00, 0x00, 0x00, 0x80,
    0x0F, 0x22, 0xC0, 0xEA, 0x60, 0x90, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x48, 0xBB, 0xF0, 0xDE, 0xBC, 0x9A, 0x78, 0x56, 0x34, 0x12, 0xF4, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0xFF, 0x01, 0x00, 0x10, 0x00, 0x00,
  ]

  @Test(arguments: [1, 3, 1000])
  func startUpReachesLongMode(slice: Int) throws {
    let machine = try Machine()
    machine.enterLongMode()  // Builds the page tables.
    machine.store(Self.trampoline, at: 0x9000)
    let processor = machine.processor
    processor.initialize()
    #expect(machine.run() == .waiting)
    processor.startUp(vector: 9)
    #expect(processor.segment(.cs).selector == 0x900)
    #expect(processor.cr0 == 0x10)
    for _ in 0..<40 where processor.activity == .running { machine.run(instructions: slice) }
    #expect(processor.activity == .halted)
    #expect(processor[.rbx] == 0x1234_5678_9ABC_DEF0)
    #expect(processor.efer & 0x500 == 0x500)
    #expect(processor.segment(.cs).selector == 0x10)
  }

  @Test func startUpIsIgnoredByARunningProcessor() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.startUp(vector: 9)
    #expect(machine.processor.instructionPointer == Machine.code)
  }

  @Test func powerOnState() throws {
    let machine = try Machine()
    let processor = machine.processor
    processor.reset()
    #expect(processor.cr0 == 0x6000_0010)
    #expect(processor.instructionPointer == 0xFFF0)
    #expect(processor.segment(.cs).base == 0xFFFF_0000)
    #expect(processor.flags == 2)
  }

  @Test func initialisationKeepsModelSpecificRegisters() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    processor.system.longStar = 0x1234
    processor.initialize()
    #expect(processor.system.longStar == 0x1234)
    #expect(processor.efer == 0)
    #expect(processor.activity == .waitingForStartup)
  }
}
