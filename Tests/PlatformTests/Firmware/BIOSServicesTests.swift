import Testing
import X86

@testable import Platform

/// Oracle: IBM's BIOS Interface Technical Reference, "Interrupts": a service that a BIOS does not have
/// returns AH = 86h with the carry flag; a device's interrupt is ended at its controllers.
@Suite("Calls of a BIOS that is not there") struct BIOSServicesTests {
  /// Runs code in real mode at 0:8000 up to a HLT.
  private static func run(_ code: [UInt8]) throws -> Processor {
    let computer = try FixedHardwareTests.computer(processors: 1)
    let processor = computer.processors[0]
    processor.initialize()
    for register in [SegmentRegister.cs, .ss, .ds, .es] {
      processor.setSegment(register, selector: 0, base: 0, limit: 0xFFFF, attributes: 0x93)
    }
    processor[.rsp] = 0x7000
    processor.instructionPointer = 0x8000
    processor.activity = .running
    _ = computer.store(code, at: 0x8000)
    ComputerTests.run(computer, until: 100_000)
    return processor
  }

  @Test("a service is refused and keeps the other registers", arguments: [0x10, 0x13, 0x15, 0x16])
  func service(vector: UInt8) throws {
    // MOV AX, E820h; MOV BP, 1234h; CLC; INT n; HLT.
    let processor = try Self.run([
      0xB8, 0x20, 0xE8, 0xBD, 0x34, 0x12, 0xF8, 0xCD, vector, 0xF4,
    ])
    #expect(processor[.rax] & 0xFFFF == 0x8620)
    #expect(processor[.rbp] & 0xFFFF == 0x1234)
    #expect(processor.flags & 1 == 1)
    #expect(processor.instructionPointer == 0x800A)
    #expect(processor[.rsp] & 0xFFFF == 0x7000)
  }

  @Test(
    "exceptions and devices come back and change nothing",
    arguments: [0x03, 0x08, 0x0F, 0x70, 0xFF])
  func interrupt(vector: UInt8) throws {
    // MOV AX, 1234h; CLC; INT n; HLT.
    let processor = try Self.run([0xB8, 0x34, 0x12, 0xF8, 0xCD, vector, 0xF4])
    #expect(processor[.rax] & 0xFFFF == 0x1234)
    #expect(processor.flags & 1 == 0)
    #expect(processor.instructionPointer == 0x8007)
  }
}
