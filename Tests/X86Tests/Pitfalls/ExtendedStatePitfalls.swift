import Testing

@testable import X86

/// Pitfall group 44; oracle: Intel SDM volume 1, chapter "Managing State Using the XSAVE Feature Set",
/// and volume 2, the instructions' pages.
@Suite("Pitfalls of XSAVE and FXSAVE") struct ExtendedStatePitfalls {
  private typealias Machine = SystemTestMachine
  private static let area = SystemTestMachine.data
  private static let save: [UInt8] = [0x48, 0x0F, 0xAE, 0x23]  // xsave64 [rbx]
  private static let restore: [UInt8] = [0x48, 0x0F, 0xAE, 0x2B]  // xrstor64 [rbx]

  private func machine(enabled: UInt64 = 3) throws -> Machine {
    let machine = try Machine(features: [.xsave, .xsaveopt])
    machine.enterLongMode()
    let processor = machine.processor
    processor.cr4 |=
      ControlRegister4.extendedStates | ControlRegister4.fxSave | ControlRegister4.simdExceptions
    processor[.rax] = enabled
    machine.run([0x31, 0xC9, 0x31, 0xD2, 0x0F, 0x01, 0xD1, 0xF4])  // xsetbv
    #expect(machine.vector == nil)
    processor[.rax] = 3
    processor[.rbx] = Self.area
    return machine
  }

  @Test("44: XSTATE_BV tells what is not in its initial state; other bits of it are kept")
  func initialStates() throws {
    let machine = try machine()
    machine.store64(1 << 2, at: Self.area + 512)
    // fninit (registers are zero after reset); xsave
    machine.run([0xDB, 0xE3] + Self.save + [0xF4])
    #expect(machine.load64(Self.area + 512) == 1 << 2)
    // fld1; xsave
    machine.run([0xD9, 0xE8] + Self.save + [0xF4])
    #expect(machine.load64(Self.area + 512) == 1 << 2 | 1)
    // pcmpeqd xmm9, xmm9; xsave
    machine.run([0x66, 0x45, 0x0F, 0x76, 0xC9] + Self.save + [0xF4])
    #expect(machine.load64(Self.area + 512) == 1 << 2 | 3)
    #expect(machine.load64(Self.area + 160 + 9 * 16) == ~0)
    #expect(machine.load32(Self.area + 24) == 0x1F80)
  }

  @Test("44: XSAVE writes only what is asked for and enabled; XSAVEOPT not what is initial")
  func untouchedParts() throws {
    for (requested, code, x87, sse) in [
      (0, Self.save, false, false), (1, Self.save, true, false), (2, Self.save, false, true),
      (3, Self.save, true, true), (3, [0x48, 0x0F, 0xAE, 0x33], false, false),
    ] as [(UInt64, [UInt8], Bool, Bool)] {
      let machine = try machine()
      for offset in stride(from: UInt64(0), to: 512, by: 8) {
        machine.store64(0xAAAA_AAAA_AAAA_AAAA, at: Self.area + offset)
      }
      machine.processor[.rax] = requested
      machine.run([0xDB, 0xE3] + code + [0xF4])
      #expect((machine.load16(Self.area) == 0x037F) == x87)
      #expect((machine.load64(Self.area + 32) == 0) == x87)
      #expect((machine.load32(Self.area + 24) == 0x1F80) == (requested & 2 != 0))
      #expect((machine.load64(Self.area + 160) == 0) == sse)
      #expect(machine.load64(Self.area + 416) == 0xAAAA_AAAA_AAAA_AAAA)
    }
  }

  @Test("44: XRSTOR initialises what XSTATE_BV leaves out, and loads MXCSR all the same")
  func restoreOfInitialStates() throws {
    let machine = try machine()
    machine.store64(0x1FA0, at: Self.area + 24)
    machine.store64(0, at: Self.area + 512)
    // fld1; pcmpeqd xmm1, xmm1; xrstor
    machine.run([0xD9, 0xE8, 0x66, 0x0F, 0x76, 0xC9] + Self.restore + [0xF4])
    #expect(machine.vector == nil)
    let image = machine.processor.saveFloatingPoint()
    #expect(Array(image[0..<6]) == [0x7F, 0x03, 0, 0, 0, 0])
    #expect(Array(image[24..<28]) == [0xA0, 0x1F, 0, 0])
    #expect(image[32..<416].allSatisfy { $0 == 0 })
  }

  struct Refused: Sendable {
    var name: String
    var offset: UInt64
    var value: UInt64
    init(_ name: String, _ offset: UInt64, _ value: UInt64) {
      self.name = name
      self.offset = offset
      self.value = value
    }
  }

  @Test(
    "44: a malformed area is #GP(0), with nothing loaded",
    arguments: [
      Refused("component that is not enabled", 512, 1 << 2), Refused("XCOMP_BV", 520, 1),
      Refused("compacted form", 520, 1 << 63), Refused("reserved bytes", 528, 1),
      Refused("reserved bits of MXCSR", 24, 1 << 16),
    ])
  func malformedAreas(row: Refused) throws {
    let machine = try machine()
    machine.store64(3, at: Self.area + 512)
    machine.store64(row.value, at: Self.area + row.offset)
    machine.run([0xD9, 0xE8, 0xF4])
    let before = machine.processor.saveFloatingPoint()
    machine.run(Self.restore)
    #expect(machine.vector == 13)
    #expect(machine.stack(2) == [0, Machine.code])
    #expect(machine.processor.saveFloatingPoint() == before)
  }

  @Test("44: bytes 24 to 63 of the header are not looked at")
  func ignoredHeaderBytes() throws {
    let machine = try machine()
    machine.store64(0x1F80, at: Self.area + 24)
    for offset in stride(from: UInt64(536), to: 576, by: 8) {
      machine.store64(~0, at: Self.area + offset)
    }
    machine.run(Self.restore + [0xF4])
    #expect(machine.vector == nil)
  }

  @Test("44: #UD without OSXSAVE, then #NM, then #GP for the alignment, then #PF")
  func orderOfFaults() throws {
    for code in [Self.save, Self.restore] {
      let machine = try machine()
      let processor = machine.processor
      machine.setMissing(Self.area)
      processor[.rbx] = Self.area + 8
      let control = processor.cr4
      processor.cr4 &= ~ControlRegister4.extendedStates
      processor.cr0 |= ControlRegister0.taskSwitched
      machine.run(code)
      #expect(machine.vector == 6)
      processor.cr4 = control
      machine.run(code)
      #expect(machine.vector == 7)
      processor.cr0 &= ~ControlRegister0.taskSwitched
      machine.run(code)
      #expect(machine.vector == 13)
      processor[.rbx] = Self.area
      machine.run(code)
      #expect(machine.vector == 14)
    }
  }

  @Test("44: a fault in the second page leaves the first as it was, and the instruction restarts")
  func restart() throws {
    let machine = try machine()
    let area = Self.area + 0x1000 - 256
    machine.processor[.rbx] = area
    machine.setMissing(Self.area + 0x1000)
    machine.store64(0x5555, at: area)
    machine.run([0xDB, 0xE3, 0xD9, 0xE8] + Self.save)
    #expect(machine.vector == 14)
    #expect(machine.processor.cr2 == Self.area + 0x1000)
    #expect(machine.load64(area) == 0x5555)
    machine.setPageEntry(Self.area + 0x1000, Self.area + 0x1000 | 7)
    machine.processor.instructionPointer = Machine.code + 4
    machine.store([0xF4], at: Machine.code + 8)
    machine.processor.activity = .running
    machine.run()
    #expect(machine.load64(area + 512) == 1)
    #expect(machine.load16(area) == 0x037F)
  }

  @Test(
    "XSETBV: #UD without OSXSAVE, #GP for users and for values without x87 or with others",
    arguments: [(0, 1, nil), (0, 3, nil), (0, 0, 13), (0, 2, 13), (0, 7, 13), (1, 1, 13)]
      as [(UInt64, UInt64, Int?)])
  func extendedControl(number: UInt64, value: UInt64, vector: Int?) throws {
    let machine = try machine(enabled: 1)
    machine.processor[.rcx] = number
    machine.processor[.rax] = value
    machine.processor[.rdx] = 0
    machine.run([0x0F, 0x01, 0xD1, 0x0F, 0x01, 0xD0, 0xF4])
    #expect(machine.vector == vector)
    #expect(machine.processor.system.extendedControl == (vector == nil ? value : 1))
    let users = try Machine(features: .xsave)
    users.enterLongMode(privilege: 3)
    users.processor[.rax] = 1
    users.run([0x0F, 0x01, 0xD1])
    #expect(users.vector == 6)
    users.enterLongMode(privilege: 3)
    users.processor.cr4 |= ControlRegister4.extendedStates
    users.run([0x0F, 0x01, 0xD1])
    #expect(users.vector == 13)
  }

  @Test(
    "44: FXSAVE and XSAVE have the x87 pointers while an exception is pending, else zeros",
    arguments: [true, false])
  func pointers(isPending: Bool) throws {
    // As AMD's processors do (CPUID 0x80000008 EBX bit 2); seen on an EPYC.
    let machine = try machine()
    let control: UInt64 = isPending ? 0x1_037E : 0x1_037F
    for (offset, value) in [
      (0, 0x0123_0000_0000_0000 | control), (8, 0x1234_5678), (16, 0x9ABC_DEF0), (24, 0x1F80),
      (512, 3),
    ] as [(UInt64, UInt64)] {
      machine.store64(value, at: Self.area + offset)
    }
    for pair in [[0x0B, 0x83], [0x2B, 0xA3]] as [[UInt8]] {
      // fxrstor64 [rbx]; fxsave64 [rbx + 0x400], and then xrstor64 and xsave64
      machine.run([0x48, 0x0F, 0xAE, pair[0], 0x48, 0x0F, 0xAE, pair[1], 0, 4, 0, 0, 0xF4])
      #expect(machine.vector == nil)
      #expect(machine.load16(Self.area + 0x406) == (isPending ? 0x123 : 0))
      #expect(machine.load64(Self.area + 0x408) == (isPending ? 0x1234_5678 : 0))
      #expect(machine.load64(Self.area + 0x410) == (isPending ? 0x9ABC_DEF0 : 0))
    }
  }
}
