import Channels
import Testing
import X86

@testable import Platform

/// What the host does at a processor's request takes that processor's time.
///
/// The oracle is the rule of Docs/Performance.md, "What an instruction costs its host": how often a loop
/// can turn in its time follows from what one turn costs.
struct ServiceCostTests {
  private static let cycles: UInt64 = 100_000

  /// Turns of a loop on processor 0 in 100,000 cycles.
  private static func turns(
    processors: Int, hasLegacyDevices: Bool = false, _ body: (inout Assembler) -> Void
  ) throws -> UInt64 {
    var configuration = ComputerConfiguration(
      name: "COST", partitionNumber: 0, maximumProcessors: processors,
      initialProcessors: processors, initialStorage: 8 << 20, maximumStorage: 8 << 20)
    configuration.hasLegacyDevices = hasLegacyDevices
    let computer = try Computer(configuration)
    var code = Assembler(origin: 0x10_0000)
    code.mov(.rbx, .bits(PCLayout.localAPICBase))
    let loop = code.placedLabel()
    body(&code)
    code.inc(.rcx)
    code.jmp(loop)
    try computer.load(.program(GuestProgramImage(bytes: code.finish())))
    computer.processors[0][.rcx] = 0
    var placement = Placement(processor: 0, start: 0, limit: cycles, megahertz: 1000)
    withUnsafeMutablePointer(to: &placement) {
      computer.run(
        UnsafeMutableBufferPointer(start: $0, count: 1), until: cycles, cache: CodeCache())
    }
    #expect(placement.cyclesUsed == cycles)
    return computer.processors[0][.rcx]
  }

  @Test(arguments: [
    // What is written to the command register, and cycles for all receivers.
    // INIT, NMI and a fixed interrupt, to all others; a fixed one to itself.
    (0xC_4500 as Int64, 63 * 32 as UInt64), (0xC_4400, 63), (0xC_4080, 63), (0x4_4080, 1),
  ])
  func messageCostsItsSenderForEachReceiver(command: Int64, cost: UInt64) throws {
    let turns = try Self.turns(processors: 64) {
      $0.mov(.at(.rbx, 0x300, .dword), .immediate(command))
    }
    // Three instructions, an access to the bus, a message.
    let turn = 3 + 8 + 4 + cost
    // The first turn decodes its code, and the last may be cut off.
    #expect(turns >= Self.cycles / turn - 8)
    #expect(turns <= Self.cycles / turn + 1)
  }

  @Test("where storage leads costs for each processor whose translations go", arguments: [1, 64])
  func shadowsCostForEachProcessor(processors: Int) throws {
    let turns = try Self.turns(processors: processors, hasLegacyDevices: true) { code in
      // PAM0 (59h): read-only memory at F0000, and storage there again.
      code.mov(.edx, .immediate(0xCF8))
      code.mov(.eax, .immediate(0x8000_0058))
      code.out(.dx, .eax)
      code.mov(.edx, .immediate(0xCFD))
      for value in [Int64(0), 0x30] {
        code.mov(.eax, .immediate(value))
        code.out(.dx, .al)
      }
    }
    // Ten instructions, three accesses to the bus, two changes.
    let turn = 10 + 3 * 8 + 2 * 32 * UInt64(processors)
    #expect(turns >= Self.cycles / turn - 8)
    #expect(turns <= Self.cycles / turn + 1)
  }

  @Test func configurationTransferCostsByItsLength() throws {
    // Control: select item 19h and read; 1 MiB; to 3 MiB: highest byte first.
    let turns = try Self.turns(processors: 1, hasLegacyDevices: true) { code in
      code.mov(.absolute(0x20_0000, .dword), .immediate(0x0A00_1900))
      code.mov(.absolute(0x20_0004, .dword), .immediate(0x0000_1000))
      code.mov(.absolute(0x20_0008, .dword), .immediate(0))
      code.mov(.absolute(0x20_000C, .dword), .immediate(0x0000_3000))
      code.mov(.edx, .immediate(0x518))
      code.mov(.eax, .immediate(0x2000))
      code.out(.dx, .eax)
    }
    // A cycle for 256 bytes.
    #expect((23...25).contains(turns))
  }

  @Test func commandCostsByItsTextAndItsAnswer() throws {
    let computer = try LoadTests.computer(storage: 8 << 20)
    var code = Assembler(origin: 0x10_0000)
    // DIAGNOSE 08 of ten bytes, its answer to storage; then turns of two instructions.
    code.mov(.rax, .immediate(0x4449_0008))
    code.mov(.rbx, .immediate(0x20_0000))
    code.mov(.rcx, .immediate(10))
    code.mov(.rdx, .immediate(0x21_0000))
    code.mov(.rsi, .immediate(8192))
    code.xor(.rdi, .rdi)
    code.vmmcall()
    let loop = code.placedLabel()
    code.inc(.rdi)
    code.jmp(loop)
    try computer.load(.program(GuestProgramImage(bytes: code.finish())))
    let cache = CodeCache()
    func run(from start: SimulatedTime) -> Placement {
      let end = start + Self.cycles
      var placement = Placement(processor: 0, start: start, limit: end, megahertz: 1000)
      withUnsafeMutablePointer(to: &placement) {
        computer.run(UnsafeMutableBufferPointer(start: $0, count: 1), until: end, cache: cache)
      }
      return placement
    }
    #expect(run(from: 0).stop == .inFirmware)
    computer.completeDiagnose(
      processor: 0,
      .command(returnCode: 0, reply: [UInt8](repeating: 0x2E, count: 250), bytesRead: 3_000))
    #expect(run(from: Self.cycles).cyclesUsed == Self.cycles)
    let turns = computer.processors[0][.rdi]
    // 2,500 cycles for each byte of the text, 4 for each of the answer, 1 for each of files.
    let left = Self.cycles - 10 * 2_500 - 250 * 4 - 3_000
    #expect((left / 2 - 100...left / 2).contains(turns))
  }
}
