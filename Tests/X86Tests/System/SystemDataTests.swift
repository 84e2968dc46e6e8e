import Testing

@testable import X86

/// Ports, identification, CMPXCHG8B/16B, decimal arithmetic, stack frames, firmware calls; oracle:
/// Intel SDM volume 2 at the instruction's name.
@Suite struct SystemDataTests {
  private typealias Machine = SystemTestMachine
  private static let data = SystemTestMachine.data

  // MARK: Ports

  @Test func portsReadAndWriteTheirWidth() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.platform.pointee.portValue = 0x1122_3344
    machine.processor[.rax] = 0xFFFF_FFFF_FFFF_FFFF
    // in al, 0x10; mov rbx, rax; mov edx, 0x3f8; in eax, dx; out dx, ax; hlt
    machine.run([
      0xE4, 0x10, 0x48, 0x89, 0xC3, 0xBA, 0xF8, 3, 0, 0, 0xED, 0x66, 0xEF, 0xF4,
    ])
    #expect(machine.processor[.rbx] == 0xFFFF_FFFF_FFFF_FF44)
    #expect(machine.processor[.rax] == 0x1122_3344)
    #expect(machine.platform.pointee.writes.first?.value == 0x3344)
    #expect(machine.platform.pointee.writes.first?.size == 2)
  }

  @Test(arguments: [(UInt64(0x10), true), (0x11, false), (0x3F8, true), (0x2000, false)])
  func usersNeedThePermissionMap(port: UInt64, isAllowed: Bool) throws {
    let machine = try Machine()
    machine.enterLongMode(privilege: 3)
    // A map at 0x68 with the bits of port 0x11 set, for 0x400 ports.
    machine.processor.setSegment(
      .tr, selector: 0x38, base: Machine.task, limit: 0x68 + 0x80, attributes: 0x8B)
    machine.store([0x68, 0], at: Machine.task + 0x66)
    machine.store([0, 0, 0x02], at: Machine.task + 0x68)
    machine.processor[.rdx] = port
    machine.run([0xEC, 0x0F, 0x0B])  // in al, dx
    #expect(machine.vector == (isAllowed ? 6 : 13))
  }

  // MARK: Identification

  private func identify(_ leaf: UInt32, _ part: UInt32 = 0) -> Identification.Leaf {
    Identification(processorCount: 4, processorNumber: 2).leaf(leaf, part)
  }

  private func text(_ words: [UInt32]) -> String {
    String(
      decoding: words.flatMap { word in (0..<4).map { UInt8(word >> ($0 * 8) & 0xFF) } },
      as: UTF8.self)
  }

  @Test func signatures() {
    let vendor = identify(0)
    #expect(text([vendor.ebx, vendor.edx, vendor.ecx]) == "AuthenticAMD")
    let hypervisor = identify(0x4000_0000)
    #expect(text([hypervisor.ebx, hypervisor.ecx, hypervisor.edx]) == "KVMKVMKVM\0\0\0")
    let firmware = identify(0x4000_0100)
    #expect(text([firmware.ebx, firmware.ecx, firmware.edx]) == "EndicottCP  ")
    #expect(firmware.eax == 0x4000_0101)
    #expect(identify(0x4000_0101).eax == 14)
  }

  @Test func theBaselineIsAllThatIsOffered() {
    let features = identify(1)
    #expect(features.edx == 0x0789_FBF9)
    #expect(features.ecx == 0x8120_2000)
    #expect(features.ebx >> 24 == 2)
    #expect(identify(0x8000_0001).edx == 0x2191_FBF9)
    #expect(identify(0x8000_0007).edx == 1 << 8)
    #expect(identify(0x8000_0008).eax == 0x3028)
    #expect(identify(7).ebx == 2)
    #expect(identify(6).eax == 4)
  }

  @Test func oneProcessorAPackageOfFourCores() {
    #expect(identify(0xB, 0) == (0, 1, 0x100, 2))
    #expect(identify(0xB, 1) == (2, 4, 0x201, 2))
    #expect(identify(0x8000_0008).ecx == 0x2003)
  }

  @Test func identificationClearsUpperHalves() throws {
    let machine = try Machine()
    machine.enterLongMode()
    for register in [GeneralRegister.rbx, .rdx] { machine.processor[register] = ~0 }
    machine.processor[.rax] = 0xFFFF_FFFF_0000_0000
    machine.run([0x0F, 0xA2, 0xF4])
    #expect(machine.processor[.rax] == 0xB)
    #expect(machine.processor[.rbx] == 0x6874_7541)
    #expect(machine.processor[.rdx] == 0x6974_6E65)
  }

  // MARK: Storage that is not there

  @Test(
    "bytes that nobody answers for are ones, however many; oracle: a bus whose lines nobody drives",
    arguments: [
      ("MOVUPS", [0x0F, 0x10, 0x03, 0x0F, 0x11, 0x07], 16),
      ("MOVQ", [0xF3, 0x0F, 0x7E, 0x03, 0x0F, 0x11, 0x07], 8),
      ("FLD and FSTP m80", [0xDB, 0xE3, 0xDB, 0x2B, 0xDB, 0x3F], 10),
      ("LDDQU", [0xF2, 0x0F, 0xF0, 0x03, 0x0F, 0x11, 0x07], 16),
    ] as [(String, [UInt8], UInt64)])
  func absentStorage(name: String, code: [UInt8], count: UInt64) throws {
    let machine = try Machine(features: .sse3)
    machine.enterLongMode()
    machine.processor.cr4 |= ControlRegister4.fxSave
    machine.store([UInt8](repeating: 0x5A, count: 32), at: Self.data)
    machine.store([UInt8](repeating: 0x5A, count: 16), at: 0x3F_EFF0)
    machine.setPageEntry(0x3F_F000, 0x4000_0003)
    machine.processor[.rdi] = Self.data
    // A page that leads to no storage, and across its beginning.
    for (distance, ones) in [(UInt64(0), count), (4, count - 4)] {
      machine.processor[.rbx] = 0x3F_F000 - distance
      machine.run(code + [0xF4])
      #expect(machine.vector == nil)
      for index in 0..<count {
        let byte = machine.load64(Self.data + index) & 0xFF
        #expect(byte == (index < count - ones ? 0x5A : 0xFF), "\(distance) \(index)")
      }
    }
  }

  // MARK: Compare and exchange

  @Test func sixteenBytesMustBeAligned() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor[.rdi] = Self.data + 8
    machine.run([0x48, 0x0F, 0xC7, 0x0F])
    #expect(machine.vector == 13)
  }

  @Test func sixteenBytesAreExchangedOrLoaded() throws {
    let machine = try Machine()
    machine.enterLongMode()
    let processor = machine.processor
    machine.store64(1, at: Self.data)
    machine.store64(2, at: Self.data + 8)
    processor[.rdi] = Self.data
    (processor[.rax], processor[.rdx], processor[.rbx], processor[.rcx]) = (1, 2, 3, 4)
    machine.run([0xF0, 0x48, 0x0F, 0xC7, 0x0F, 0xF4])
    #expect(processor.flags & 0x40 != 0)
    #expect([machine.load64(Self.data), machine.load64(Self.data + 8)] == [3, 4])
    machine.run([0xF0, 0x48, 0x0F, 0xC7, 0x0F, 0xF4])
    #expect(processor.flags & 0x40 == 0)
    #expect([processor[.rax], processor[.rdx]] == [3, 4])
  }

  @Test(arguments: [[UInt8]([0x48, 0x0F, 0xC7, 0x0F]), [0x0F, 0xC7, 0x0F]])
  func anUnequalComparisonWritesAllTheSame(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.cr0 |= ControlRegister0.writeProtect
    machine.setPageEntry(Self.data, Self.data | 5)
    machine.store64(99, at: Self.data)
    machine.processor[.rdi] = Self.data
    machine.run(code)
    #expect(machine.vector == 14)
    #expect(machine.stack(1) == [3])
  }

  // MARK: Decimal arithmetic

  struct Decimal: Sendable {
    var code: [UInt8]
    var accumulator: UInt64
    var flags: UInt64
    var result: UInt64
    /// CF and AF.
    var carries: UInt64
    init(
      _ code: [UInt8], _ accumulator: UInt64, _ flags: UInt64, _ result: UInt64, _ carries: UInt64
    ) {
      self.code = code
      self.accumulator = accumulator
      self.flags = flags
      self.result = result
      self.carries = carries
    }
  }

  @Test(arguments: [
    Decimal([0x27], 0xAE, 0x02, 0x14, 0x11),  // DAA: the manual's example 79 + 35
    Decimal([0x27], 0x2E, 0x02, 0x34, 0x10),  // and its second step
    Decimal([0x27], 0x99, 0x02, 0x99, 0x00),
    Decimal([0x2F], 0xEE, 0x13, 0x88, 0x11),  // DAS: the manual's example 35 - 47
    Decimal([0x37], 0x00_0B, 0x02, 0x01_01, 0x11),  // AAA
    Decimal([0x3F], 0x02_0F, 0x12, 0x01_09, 0x11),  // AAS
    Decimal([0xD4, 0x0A], 0x3F, 0x02, 0x06_03, 0),  // AAM
    Decimal([0xD5, 0x0A], 0x06_03, 0x02, 0x3F, 0),  // AAD
  ])
  func decimalArithmetic(row: Decimal) throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor[.rax] = row.accumulator
    machine.processor.flags = row.flags
    machine.run(row.code + [0xF4])
    #expect(machine.processor[.rax] == row.result)
    if row.code.count == 1 { #expect(machine.processor.flags & 0x11 == row.carries) }
  }

  @Test func adjustingByZeroIsADivideError() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.run([0xD4, 0])
    #expect(machine.vector == 0)
  }

  @Test(arguments: [UInt8(0x27), 0x2F, 0x37, 0x3F, 0x60, 0x61, 0x06, 0xCE, 0x62])
  func legacyInstructionsAreUndefinedInLongMode(code: UInt8) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([code, 0, 0])
    #expect(machine.vector == 6)
  }

  @Test(arguments: [(UInt64(5), 0), (4, 1), (11, 1)])
  func bounds(index: UInt64, isOutside: Int) throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.store64(10 << 32 | 5, at: Self.data)
    machine.processor[.rax] = index
    machine.processor[.rbx] = Self.data
    machine.run([0x62, 0x03, 0xF4])
    #expect(machine.vector == (isOutside == 1 ? 5 : nil))
  }

  // MARK: Stack

  @Test func nestedFramesCopyTheirLinks() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    let processor = machine.processor
    let old: UInt64 = 0x18000
    precondition(machine.memory.store(UInt32(0xAAAA), at: old - 4))
    precondition(machine.memory.store(UInt32(0xBBBB), at: old - 8))
    processor[.rbp] = old
    machine.run([0xC8, 0x10, 0, 3, 0xF4])  // enter 16, 3
    let frame = Machine.stackTop - 4
    #expect(processor[.rbp] == frame)
    #expect(processor[.rsp] == frame - 12 - 16)
    let links = [4, 8, 12].map { machine.load32(frame - $0) }
    #expect(machine.load32(frame) == UInt32(old))
    #expect(links == [0xAAAA, 0xBBBB, UInt32(frame)])
    machine.run([0xC9, 0xF4])
    #expect(processor[.rsp] == Machine.stackTop)
    #expect(processor[.rbp] == old)
  }

  @Test func aFrameWhoseLastByteFaultsChangesNothing() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.setLongGate(14, stack: 1)
    machine.setPageEntry(Machine.stackTop - 0x2000, 0)
    machine.processor[.rbp] = 0x1234
    machine.run([0xC8, 0x00, 0x10, 0])  // enter 4096, 0
    #expect(machine.vector == 14)
    #expect(machine.processor[.rbp] == 0x1234)
    #expect(machine.stack(5)[4] == Machine.stackTop)
  }

  @Test func allRegistersAreSavedAndRestored() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    let processor = machine.processor
    for (index, register) in GeneralRegister.allCases.prefix(8).enumerated() where index != 4 {
      processor[register] = UInt64(index + 0x100)
    }
    machine.run([0x60, 0x31, 0xC0, 0x31, 0xED, 0x61, 0xF4])
    #expect(machine.load32(Machine.stackTop - 20) == UInt32(Machine.stackTop))
    #expect(processor[.rax] == 0x100)
    #expect(processor[.rbp] == 0x105)
    #expect(processor[.rsp] == Machine.stackTop)
  }

  @Test func poppingToMemoryUsesTheIncrementedPointer() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    precondition(machine.memory.store(UInt32(0x77), at: Machine.stackTop - 8))
    machine.processor[.rsp] = Machine.stackTop - 8
    machine.run([0x8F, 0x44, 0x24, 0x04, 0xF4])  // pop [esp + 4]
    #expect(machine.load32(Machine.stackTop) == 0x77)
    #expect(machine.processor[.rsp] == Machine.stackTop - 4)
  }

  @Test func pushingTheStackPointerPushesItsOldValue() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.run([0x54, 0xF4])
    #expect(machine.load32(Machine.stackTop - 4) == UInt32(Machine.stackTop))
  }

  @Test func callsOutsideTheSegmentFaultBeforeThePush() throws {
    let machine = try Machine()
    machine.enterProtectedMode()
    machine.processor.setSegment(.cs, selector: 8, base: 0, limit: 0x4FFFF, attributes: 0x409B)
    machine.run([0xE8, 0x00, 0x00, 0x10, 0x00])
    #expect(machine.vector == 13)
    #expect(machine.processor[.rsp] == Machine.stackTop - 16)
  }

  // MARK: Firmware

  @Test(arguments: [[UInt8]([0x0F, 0x01, 0xD9]), [0x0F, 0x01, 0xC1]])
  func firmwareCallsLeaveAfterTheInstruction(code: [UInt8]) throws {
    let machine = try Machine()
    machine.enterLongMode()
    #expect(machine.run(code) == .firmwareCall)
    #expect(machine.processor.instructionPointer == Machine.code + 3)
    #expect(machine.processor.cyclesUsed == 1)
    machine.enterLongMode(privilege: 3)
    machine.run(code)
    #expect(machine.vector == 6)
  }

  @Test func pauseCostsFiftyCyclesOrEndsTheSlice() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.processor.chargesCycles = false
    machine.store([0xF3, 0x90, 0xF4], at: Machine.code)
    machine.processor.instructionPointer = Machine.code
    machine.runSlice()
    #expect(machine.processor.cyclesUsed == 51)
    machine.enterLongMode()
    machine.processor.pauseEndsSlice = true
    #expect(machine.runSlice() == .paused)
    #expect(machine.processor.cyclesUsed == 1)
    machine.enterLongMode()
    machine.processor.pauseEndsSlice = false
    #expect(machine.runSlice(cycles: 20) == .cyclesSpent)
    #expect(machine.processor.cyclesUsed == 20)
  }

  @Test func whatIsNotImplementedIsReported() throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run([0x0F, 0x38, 0x00, 0xC1])  // pshufb: SSSE3
    #expect(machine.vector == 6)
    #expect(machine.platform.pointee.unimplemented.count == 1)
    #expect(machine.platform.pointee.unimplemented.first?.pointer == Machine.code)
    #expect((machine.platform.pointee.unimplemented.first?.bytes ?? 0) & 0xFFFF_FFFF == 0xC100_380F)
  }

  /// Oracle: Intel SDM volume 2, "VEX Prefix": 66, F2, F3, LOCK or REX before it is #UD, whatever the
  /// processor has; LES and LDS of a register outside protected mode are.
  @Test(
    "what no processor has is not missing",
    arguments: [
      ([0xC5, 0xF8, 0x58, 0xC1], true), ([0xC4, 0xE2, 0x70, 0xF2, 0xC1], true),
      ([0x48, 0xC5, 0xF8, 0x58, 0xC1], false), ([0x40, 0xC4, 0xE2, 0x70, 0xF2, 0xC1], false),
      ([0x66, 0xC5, 0xF8, 0x58, 0xC1], false), ([0xF3, 0xC5, 0xF8, 0x58, 0xC1], false),
      ([0xF2, 0xC5, 0xF8, 0x58, 0xC1], false), ([0xF0, 0xC5, 0xF8, 0x58, 0xC1], false),
    ] as [([UInt8], Bool)])
  func illegalPrefixes(code: [UInt8], isMissing: Bool) throws {
    let machine = try Machine()
    machine.enterLongMode()
    machine.run(code)
    #expect(machine.vector == 6)
    #expect(machine.platform.pointee.unimplemented.count == (isMissing ? 1 : 0))
  }
}
