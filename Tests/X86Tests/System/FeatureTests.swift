import Testing

@testable import X86

/// What is behind CPUID bits: there with its bit, as before without it.
///
/// Oracle: Intel SDM volume 2, the instructions' pages; volume 3, "Control Registers".
@Suite("Features behind CPUID bits") struct FeatureTests {
  private typealias Machine = SystemTestMachine
  private static let data = SystemTestMachine.data

  // MARK: Names and CPUID

  @Test("each has a name, and shows in CPUID where the manual says")
  func names() {
    for name in ProcessorFeatures.names { #expect(ProcessorFeatures(name: name) != nil) }
    #expect(ProcessorFeatures(name: "avx512") == nil)
    let places: [(String, UInt32, UInt32)] = [
      ("popcnt", 1, 23), ("movbe", 1, 22), ("xsave", 1, 26), ("pcid", 1, 17),
    ]
    for (name, leaf, bit) in places {
      let feature = ProcessorFeatures(name: name) ?? []
      let with = Identification(processorCount: 1, processorNumber: 0, features: feature)
      let without = Identification(processorCount: 1, processorNumber: 0)
      #expect(with.leaf(leaf, 0).ecx ^ without.leaf(leaf, 0).ecx == 1 << bit, "\(name)")
    }
    let structured: ProcessorFeatures = [.bmi1, .invpcid, .fsgsbase, .smep, .smap]
    let all = Identification(processorCount: 1, processorNumber: 0, features: structured)
    #expect(all.leaf(7, 0).ebx == 2 | 1 << 3 | 1 << 10 | 1 << 0 | 1 << 7 | 1 << 20)
    #expect(all.leaf(7, 1).ebx == 0)
    let extended = Identification(
      processorCount: 1, processorNumber: 0, features: [.lzcnt, .pages1G, .pse36, .umip])
    #expect(extended.leaf(0x8000_0001, 0).ecx >> 5 & 1 == 1)
    #expect(extended.leaf(0x8000_0001, 0).edx >> 26 & 1 == 1)
    #expect(extended.leaf(1, 0).edx >> 17 & 1 == 1)
    #expect(extended.leaf(7, 0).ecx == 4)
    let older = Identification(
      processorCount: 1, processorNumber: 0, features: [.vme, .debuggingExtensions])
    #expect(older.leaf(1, 0).edx & 6 == 6)
    #expect(older.leaf(0x8000_0001, 0).edx & 6 == 6)
  }

  @Test("leaf 0xD describes XSAVE's area; OSXSAVE follows CR4")
  func extendedStateLeaf() throws {
    let features: ProcessorFeatures = [.xsave, .xsaveopt]
    let offered = Identification(processorCount: 1, processorNumber: 0, features: features)
    #expect(offered.leaf(0, 0).eax == 0xD)
    #expect(offered.leaf(0xD, 0) == (3, 576, 576, 0))
    #expect(offered.leaf(0xD, 1) == (1, 0, 0, 0))
    #expect(Identification(processorCount: 1, processorNumber: 0).leaf(0xD, 0) == (0, 0, 0, 0))
    let machine = try Machine(features: features)
    machine.enterLongMode()
    for isOn in [false, true] {
      if isOn { machine.processor.cr4 |= ControlRegister4.extendedStates }
      machine.processor[.rax] = 1
      machine.run([0x0F, 0xA2, 0xF4])
      #expect((machine.processor[.rcx] >> 27 & 1 != 0) == isOn)
    }
  }

  // MARK: Group 30

  @Test(
    "30: a bit of CR4 is reserved until its feature is offered",
    arguments: [
      (.vme, 0), (.vme, 1), (.debuggingExtensions, 3), (.umip, 11), (.fsgsbase, 16), (.pcid, 17),
      (.xsave, 18), (.smep, 20), (.smap, 21), ([], 12), ([], 13), ([], 14), ([], 19), ([], 22),
      ([], 23), ([], 24), ([], 31),
    ] as [(ProcessorFeatures, UInt64)])
  func reservedBitsOfCR4(feature: ProcessorFeatures, bit: UInt64) throws {
    let everything = ProcessorFeatures(rawValue: ~0)
    for features in [everything.subtracting(feature), everything] {
      let machine = try Machine(features: features)
      machine.enterLongMode()
      // SMEP and SMAP would refuse the test's own pages, which are users'.
      for number in 0..<UInt64(1024) {
        machine.store64(number << 12 | 3, at: Machine.pageTables + 0x3000 + number * 8)
      }
      machine.processor.flushTranslations()
      let old = machine.processor.cr4
      machine.processor[.rax] = old | 1 << bit
      machine.run([0x0F, 0x22, 0xE0, 0xF4])
      let isAccepted = features == everything && !feature.isEmpty
      #expect(machine.vector == (isAccepted ? nil : 13))
      #expect(machine.processor.cr4 == (isAccepted ? old | 1 << bit : old))
    }
  }

  @Test(
    "30: refused combinations of CR0, CR4 and EFER change nothing",
    arguments: [
      // MOV CR0 in compatibility mode would clear PG; here from 64-bit mode.
      ([0x0F, 0x22, 0xC0], 0x11), ([0x0F, 0x22, 0xC0], 0x8000_0010),
      ([0x0F, 0x22, 0xC0], 0xA000_0011), ([0x0F, 0x22, 0xC0], 0x1_8000_0011),
      ([0x0F, 0x22, 0xE0], 0), ([0x0F, 0x22, 0xE0], 1 << 12 | 0x20),
    ] as [([UInt8], UInt64)])
  func refusedCombinations(code: [UInt8], value: UInt64) throws {
    let machine = try Machine(features: .all)
    machine.enterLongMode()
    let processor = machine.processor
    let before = [processor.cr0, processor.cr3, processor.cr4, processor.efer]
    processor[.rax] = value
    machine.run(code)
    #expect(machine.vector == 13)
    #expect([processor.cr0, processor.cr3, processor.cr4, processor.efer] == before)
  }

  // MARK: UMIP

  @Test(
    "UMIP refuses SGDT, SIDT, SLDT, STR and SMSW to users with #GP(0), and only to them",
    arguments: [
      [0x0F, 0x01, 0x03], [0x0F, 0x01, 0x0B], [0x0F, 0x00, 0xC0], [0x0F, 0x00, 0xC8],
      [0x0F, 0x01, 0xE0], [0x0F, 0x01, 0x23],
    ] as [[UInt8]])
  func userInstructionPrevention(code: [UInt8]) throws {
    for (isOn, privilege) in [(true, 3), (false, 3), (true, 0)] as [(Bool, UInt16)] {
      let machine = try Machine(features: .umip)
      machine.enterLongMode(privilege: privilege)
      if isOn { machine.processor.cr4 |= ControlRegister4.userInstructionPrevention }
      machine.processor[.rbx] = Self.data
      machine.run(code + [0x0F, 0x0B])
      let isRefused = isOn && privilege == 3
      #expect(machine.vector == (isRefused ? 13 : 6))
      if isRefused { #expect(machine.stack(2) == [0, Machine.code]) }
    }
  }

  // MARK: FSGSBASE

  @Test("RDFSBASE and its kin: 64-bit mode with CR4.FSGSBASE, canonical bases, 32-bit forms")
  func baseInstructions() throws {
    let machine = try Machine(features: .fsgsbase)
    machine.enterLongMode(privilege: 3)
    let processor = machine.processor
    processor[.rax] = 0x7FFF_1234_5678_9000
    let writeFS: [UInt8] = [0xF3, 0x48, 0x0F, 0xAE, 0xD0]
    machine.run(writeFS)
    #expect(machine.vector == 6)
    machine.enterLongMode(privilege: 3)
    processor.cr4 |= ControlRegister4.baseInstructions
    machine.run(writeFS)
    #expect(machine.vector == 13)
    machine.enterLongMode(privilege: 3)
    processor.cr4 |= ControlRegister4.baseInstructions
    processor[.rax] = 0xFFFF_8234_5678_9ABC
    // wrfsbase rax; wrgsbase eax; rdfsbase rcx; rdgsbase rdx; rdfsbase esi; ud2
    machine.run(
      writeFS + [
        0xF3, 0x0F, 0xAE, 0xD8, 0xF3, 0x48, 0x0F, 0xAE, 0xC1, 0xF3, 0x48, 0x0F, 0xAE, 0xCA, 0xF3,
        0x0F, 0xAE, 0xC6, 0x0F, 0x0B,
      ])
    #expect(machine.vector == 6)
    #expect(processor[.rcx] == 0xFFFF_8234_5678_9ABC)
    #expect(processor[.rdx] == 0x5678_9ABC)
    #expect(processor[.rsi] == 0x5678_9ABC)
    let protected = try Machine(features: .fsgsbase)
    protected.enterProtectedMode()
    protected.processor.cr4 |= ControlRegister4.baseInstructions
    protected.run([0xF3, 0x0F, 0xAE, 0xC1])
    #expect(protected.vector == 6)
  }

  // MARK: Bit counts and VEX

  @Test("without their bits TZCNT is BSF, LZCNT is BSR and POPCNT does not exist")
  func olderMeanings() throws {
    let older = try Machine()
    older.enterLongMode()
    older.processor[.rbx] = 0x10
    // rep bsf eax, ebx; rep bsr ecx, ebx; popcnt edx, ebx
    let code: [UInt8] = [0xF3, 0x0F, 0xBC, 0xC3, 0xF3, 0x0F, 0xBD, 0xCB, 0xF3, 0x0F, 0xB8, 0xD3]
    older.run(code)
    #expect(older.vector == 6)
    #expect(older.processor[.rax] == 4)
    #expect(older.processor[.rcx] == 4)
    let machine = try Machine(features: [.popcnt, .lzcnt, .bmi1])
    machine.enterLongMode()
    machine.processor[.rbx] = 0x10
    machine.run(code + [0xF4])
    #expect(machine.processor[.rax] == 4)
    #expect(machine.processor[.rcx] == 27)
    #expect(machine.processor[.rdx] == 1)
    machine.run([0x0F, 0xB8, 0xD3])
    #expect(machine.vector == 6)
  }

  private static let andNot: [UInt8] = [0xC4, 0xE2, 0x60, 0xF2, 0xC1]  // andn eax, ebx, ecx

  @Test(
    "a VEX prefix after 66, F2, F3, LOCK or REX is #UD, and so are VEX.L and other prefixes in it",
    arguments: [
      [0x66] + andNot, [0xF2] + andNot, [0xF3] + andNot, [0xF0] + andNot, [0x40] + andNot,
      [0xC4, 0xE2, 0x64, 0xF2, 0xC1], [0xC4, 0xE2, 0x61, 0xF2, 0xC1],
      [0xC4, 0xE2, 0x60, 0xF3, 0xC1], [0xC4, 0xE2, 0x60, 0xF3, 0xE1],
    ] as [[UInt8]])
  func illegalPrefixes(code: [UInt8]) throws {
    let machine = try Machine(features: .bmi1)
    machine.enterLongMode()
    machine.run(code)
    #expect(machine.vector == 6)
    #expect(machine.stack(1) == [Machine.code])
  }

  @Test("VEX is LES and LDS outside 64-bit mode with a memory operand, and in real mode")
  func olderMeaningOfVEX() throws {
    let machine = try Machine(features: .bmi1)
    machine.enterProtectedMode()
    machine.processor[.rbx] = 0xF0F0
    machine.processor[.rcx] = 0xFF00
    machine.run(Self.andNot + [0xF4])
    #expect(machine.vector == nil)
    #expect(machine.processor[.rax] == 0x0F00)
    machine.processor[.rbx] = Self.data
    machine.store([0x78, 0x56, 0x34, 0x12, UInt8(Machine.Selector.data), 0], at: Self.data)
    machine.run([0xC4, 0x03, 0xF4])  // les eax, [ebx]
    #expect(machine.vector == nil)
    #expect(machine.processor[.rax] == 0x1234_5678)
    #expect(machine.processor.segment(.es).selector == Machine.Selector.data)
    machine.run([0xC5, 0xC3])
    #expect(machine.vector == 6)
    let older = try Machine()
    older.enterLongMode()
    older.run(Self.andNot)
    #expect(older.vector == 6)
  }
}
