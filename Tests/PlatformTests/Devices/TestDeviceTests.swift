import Channels
import Foundation
import Testing

@testable import Platform
@testable import X86

/// Multiboot kernels of a few instructions that use the test hardware as QEMU documents it
/// ("isa-debug-exit", "pc-testdev").
@Suite struct TestDeviceTests {
  private static func computer(
    exitPort: UInt16? = nil, hasTestDevice: Bool = true
  ) throws -> Computer {
    try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 2 << 20, maximumStorage: 2 << 20,
        testHardware: TestHardware(debugExitPort: exitPort, hasTestDevice: hasTestDevice)))
  }

  /// Loads a kernel and lets it run for 20,000 instructions at most.
  private static func run(_ computer: Computer, _ code: (inout Assembler) -> Void) throws {
    let origin = UInt64(SyntheticMultiboot.loadAddress) + UInt64(SyntheticMultiboot.code)
    var assembler = Assembler(origin: origin, mode: .protected32)
    // The stack pointer is the kernel's own to set.
    assembler.mov(.esp, 0x9_0000)
    code(&assembler)
    try computer.load(
      .multiboot(
        image: Data(SyntheticMultiboot(code: assembler.finish()).bytes), modules: [],
        commandLine: ""))
    ComputerTests.run(computer, until: 20_000)
  }

  @Test(arguments: [Assembler.Operand.al, .ax, .eax])
  func writeToTheExitPortEndsTheRun(accumulator: Assembler.Operand) throws {
    let computer = try Self.computer(exitPort: 0xF4, hasTestDevice: false)
    try Self.run(computer) {
      $0.mov(.eax, 0x21)
      $0.mov(.edx, 0xF4)
      $0.out(.dx, accumulator)
      $0.mov(.ebx, 1)
      $0.hlt()
    }
    #expect(computer.outbox.map(\.kind) == [.debugExit(0x21)])
    #expect(computer.ending == .powerOff)
    #expect(computer.processors[0][.rbx] != 1)
  }

  @Test func neighboursOfTheExitPortAndAnAbsentOneDoNothing() throws {
    for port in [0xF3, 0xF5] as [Int64] {
      let computer = try Self.computer(exitPort: 0xF4, hasTestDevice: false)
      try Self.run(computer) {
        $0.mov(.edx, .immediate(port))
        $0.out(.dx, .al)
        $0.hlt()
      }
      #expect(computer.ending == nil)
    }
    let computer = try Self.computer(hasTestDevice: false)
    try Self.run(computer) {
      $0.mov(.edx, 0xF4)
      $0.out(.dx, .al)
      $0.out(0xE0, .eax)
      $0.in(.eax, 0xE0)
      $0.hlt()
    }
    #expect(computer.ending == nil)
    #expect(computer.processors[0][.rax] == 0xFFFF_FFFF)
  }

  @Test func scratchRegisterHasBytesWordsAndDoublewords() throws {
    let computer = try Self.computer()
    try Self.run(computer) {
      $0.mov(.eax, 0x1234_5678)
      $0.out(0xE0, .eax)
      $0.mov(.eax, 0)
      $0.in(.al, 0xE1)
      $0.mov(.ebx, .eax)
      $0.in(.ax, 0xE2)
      $0.mov(.ecx, .eax)
      $0.mov(.eax, 0xAB)
      $0.out(0xE3, .al)
      $0.mov(.eax, 0xCDEF)
      $0.out(0xE0, .ax)
      $0.in(.eax, 0xE0)
      $0.hlt()
    }
    let processor = computer.processors[0]
    #expect(processor[.rbx] == 0x56)
    #expect(processor[.rcx] == 0x1234)
    #expect(processor[.rax] == 0xAB34_CDEF)
  }

  @Test func linesAreRaisedAndLowered() throws {
    let computer = try Self.computer()
    try Self.run(computer) {
      $0.mov(.edx, 0x2005)
      $0.mov(.eax, 1)
      $0.out(.dx, .al)
      $0.mov(.edx, 0x2017)
      $0.mov(.eax, 0x80)
      $0.out(.dx, .al)
      $0.hlt()
    }
    #expect(computer.network.state.ioAPIC.lines & 0x80_0020 == 0x80_0020)
    try Self.run(computer) {
      $0.mov(.edx, 0x2005)
      $0.mov(.eax, 1)
      $0.out(.dx, .al)
      $0.mov(.eax, 0)
      $0.out(.dx, .al)
      $0.hlt()
    }
    #expect(computer.network.state.ioAPIC.lines & 0x80_0020 == 0)
  }

  @Test func raisedLineInterruptsTheProcessor() throws {
    let computer = try Self.computer()
    try Self.run(computer) {
      let (handler, table, gates, descriptors) = ($0.label(), $0.label(), $0.label(), $0.label())
      let (start, globalTable) = ($0.label(), $0.label())
      $0.jmp(start)
      $0.place(handler)
      $0.mov(.ebx, 0x45)
      $0.hlt()
      $0.align(8)
      $0.place(descriptors)
      for word in [0, 0, 0xFFFF, 0x00CF_9B00] as [UInt32] { $0.emit32(word) }
      $0.place(globalTable)
      $0.emit16(15)
      $0.address32(descriptors)
      $0.place(table)
      $0.emit16(0x45 * 8 + 7)
      $0.address32(gates)
      $0.place(start)
      $0.lgdt(.at(globalTable))
      $0.lidt(.at(table))
      for (register, value) in [(0x10 + 10, 0x45), (0x10 + 11, 0)] as [(Int64, Int64)] {
        $0.mov(.absolute(Int32(bitPattern: 0xFEC0_0000), .dword), .immediate(register))
        $0.mov(.absolute(Int32(bitPattern: 0xFEC0_0010), .dword), .immediate(value))
      }
      $0.mov(.absolute(Int32(bitPattern: 0xFEE0_00F0), .dword), 0x1FF)
      $0.sti()
      $0.mov(.edx, 0x2005)
      $0.mov(.eax, 1)
      $0.out(.dx, .al)
      $0.mov(.ecx, 1)
      $0.hlt()
      $0.align(8)
      $0.place(gates)
      for _ in 0..<0x45 { $0.emit64(0) }
      // The handler lies below 2 MiB: its address is in the low half and in bits 16-31.
      let address = $0.address(of: handler) ?? 0
      $0.emit64(address & 0xFFFF | 8 << 16 | 0x8E00 << 32 | (address >> 16) << 48)
    }
    #expect(computer.processors[0][.rbx] == 0x45)
    #expect(computer.processors[0].activity == .halted)
  }

  @Test func flushedPageIsDecodedAgainAndRunsOn() throws {
    let computer = try Self.computer()
    let page = 0x10_0000 >> 12
    try Self.run(computer) {
      $0.mov(.ebx, 1)
      $0.hlt()
    }
    let version = computer.memory.version(page: page)
    try Self.run(computer) {
      $0.mov(.ebx, 0)
      let again = $0.placedLabel()
      $0.mov(.eax, 0x10_0123)
      $0.out(0xE4, .eax)
      $0.add(.ebx, 1)
      $0.cmp(.ebx, 3)
      $0.jump(.notEqual, again)
      $0.mov(.eax, 0x7FFF_F000)
      $0.out(0xE4, .eax)
      $0.hlt()
    }
    #expect(computer.processors[0][.rbx] == 3)
    #expect(computer.processors[0].activity == .halted)
    #expect(computer.memory.version(page: page) > version + 1)
  }
}
