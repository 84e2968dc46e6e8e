import Channels
import Foundation
import Testing
import X86

@testable import Platform

/// Firmware images of a few hand-assembled bytes on a computer with the devices of a PC/AT.
///
/// Oracle: Intel SDM volume 3, "First Instruction Executed"; Intel 82441FX and 82371SB datasheets.
@Suite("Firmware") struct FirmwareTests {
  /// An image of `count` bytes: `code` at F000:0000, a far jump there at the reset vector.
  private static func image(_ code: [UInt8], byteCount: Int = 0x2_0000) -> Data {
    var bytes = [UInt8](repeating: 0xF4, count: byteCount)
    let start = byteCount - 0x1_0000
    bytes.replaceSubrange(start..<start + code.count, with: code)
    bytes.replaceSubrange(byteCount - 16..<byteCount - 11, with: [0xEA, 0, 0, 0x00, 0xF0])
    return Data(bytes)
  }

  private static func computer(_ code: [UInt8], processors: Int = 1) throws -> Computer {
    let computer = try emptyMachine(processors: processors)
    try computer.load(.firmware(image(code)))
    return computer
  }

  private static func emptyMachine(processors: Int = 1) throws -> Computer {
    try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: processors,
        initialProcessors: processors, initialStorage: 2 << 20, maximumStorage: 2 << 20,
        hasLegacyDevices: true))
  }

  /// MOV DX, port; MOV AL, value; OUT DX, AL in 16-bit code.
  private static func out(_ port: UInt16, _ value: UInt8) -> [UInt8] {
    [0xBA, UInt8(truncatingIfNeeded: port), UInt8(port >> 8), 0xB0, value, 0xEE]
  }

  /// MOV AX, segment; MOV DS, AX.
  private static func segment(_ value: UInt16) -> [UInt8] {
    [0xB8, UInt8(truncatingIfNeeded: value), UInt8(value >> 8), 0x8E, 0xD8]
  }

  /// MOV EAX, 80000058h; MOV DX, CF8h; OUT DX, EAX; then PAM0 (59h) = `value`.
  private static func attribute(_ value: UInt8) -> [UInt8] {
    [0x66, 0xB8, 0x58, 0x00, 0x00, 0x80, 0xBA, 0xF8, 0x0C, 0x66, 0xEF] + out(0xCFD, value)
  }

  private static func debugBytes(_ computer: Computer) -> [UInt8] {
    computer.outbox.flatMap { event -> [UInt8] in
      if case .debugConsole(let bytes) = event.kind { bytes } else { [] }
    }
  }

  @Test("the processor starts at F000:FFF0 with its base below 4 GiB, in real mode")
  func resetVector() throws {
    let computer = try Self.computer([0xF4])
    #expect(computer.processors[0].instructionPointer == 0xFFF0)
    #expect(computer.processors[0].segment(.cs).base == 0xFFFF_0000)
    ComputerTests.run(computer, until: 1_000)
    // The far jump went to F000:0000, where HLT stands.
    #expect(computer.processors[0].segment(.cs).base == 0xF_0000)
    #expect(computer.processors[0].instructionPointer == 1)
  }

  @Test(
    "an image ends at 4 GiB, and its last 128 KiB show below 1 MiB",
    arguments: [0x1_0000, 0x4_0000])
  func placement(byteCount: Int) throws {
    let computer = try Self.emptyMachine()
    var bytes = [UInt8](repeating: 0, count: byteCount)
    bytes[0] = 0x11
    bytes[byteCount - 0x1_0000] = 0x22
    bytes[byteCount - 1] = 0x33
    try computer.load(.firmware(Data(bytes)))
    let memory = computer.memory
    #expect(memory.load(0x1_0000_0000 - UInt64(byteCount), as: UInt8.self) == bytes[0])
    #expect(memory.load(0xFFFF_0000, as: UInt8.self) == 0x22)
    #expect(memory.load(0xFFFF_FFFF, as: UInt8.self) == 0x33)
    #expect(memory.load(0xF_0000, as: UInt8.self) == 0x22)
    #expect(memory.load(0xF_FFFF, as: UInt8.self) == 0x33)
    #expect(memory.load(0xFFFF_FFFF - UInt64(byteCount), as: UInt8.self) == nil)
    // Below a smaller image nothing answers.
    #expect((memory.load(0xE_0000, as: UInt8.self) != nil) == (byteCount > 0x1_0000))
  }

  @Test(
    "malformed images name the field, and load nothing",
    arguments: [0, 1, 4095, 4097, (16 << 20) + 4096])
  func malformed(byteCount: Int) throws {
    let computer = try Self.emptyMachine()
    let error = #expect(throws: LoadError.self) {
      try computer.load(.firmware(Data(count: byteCount)))
    }
    #expect(error == .invalidFirmware(field: "size", value: UInt64(byteCount)))
    #expect(error?.description.contains("size") == true)
    #expect(computer.ending == .notLoaded)
  }

  @Test("without the devices of a PC/AT firmware is refused")
  func needsDevices() throws {
    let computer = try LoadTests.computer(storage: 2 << 20)
    #expect(throws: LoadError.noFirmwareHardware) {
      try computer.load(.firmware(Self.image([0xF4])))
    }
  }

  @Test("the debug console gathers bytes, and a read tells that it is there")
  func debugConsole() throws {
    // OUT 'A'; IN AL, DX; OUT AL.
    let computer = try Self.computer(Self.out(0x402, 0x41) + [0xEC, 0xEE, 0xF4])
    ComputerTests.run(computer, until: 1_000)
    #expect(Self.debugBytes(computer) == [0x41, 0xE9])
  }

  @Test("writes to read-only memory are lost until the bridge lets them through")
  func shadowing() throws {
    // [F000:8000] = 5 before and after the attributes; what is read goes to the debug console.
    let store: [UInt8] = [0xC6, 0x06, 0x00, 0x80, 0x05]
    let show: [UInt8] = [0xA0, 0x00, 0x80, 0xBA, 0x02, 0x04, 0xEE]
    // Reads from read-only memory, writes to storage: only then the code is copied there.
    let copy: [UInt8] = [
      0x8E, 0xC0, 0x31, 0xF6, 0x31, 0xFF, 0xB9, 0x00, 0x80, 0xF3, 0xA5,
    ]
    let code =
      Self.segment(0xF000) + store + show + Self.attribute(0x20) + Self.segment(0xF000) + copy
      + store + show + Self.attribute(0x30) + show + Self.attribute(0x10) + show + [0xF4]
    let computer = try Self.computer(code)
    ComputerTests.run(computer, until: 1_000_000)
    #expect(Self.debugBytes(computer) == [0xF4, 0xF4, 0x05, 0x05])
    #expect(computer.memory.load(0xFFFF_8000, as: UInt8.self) == 0xF4)
  }

  @Test("the A20 gate masks address bit 20, whoever closes it")
  func addressGate() throws {
    // [FFFF:0510] is 100500 with the gate open, 000500 with it closed.
    let show: [UInt8] = [0xA0, 0x10, 0x05, 0xBA, 0x02, 0x04, 0xEE]
    let code =
      Self.segment(0xFFFF) + show + Self.out(0x92, 0x00) + show + Self.out(0x92, 0x02) + show
      + Self.out(0x64, 0xD1) + Self.out(0x60, 0xCD) + show + Self.out(0x64, 0xD1)
      + Self.out(0x60, 0xCF) + show + [0xF4]
    let computer = try Self.computer(code)
    #expect(computer.memory.store(UInt8(1), at: 0x10_0500))
    #expect(computer.memory.store(UInt8(2), at: 0x500))
    ComputerTests.run(computer, until: 100_000)
    #expect(Self.debugBytes(computer) == [1, 2, 1, 2, 1])
  }

  @Test("the interval timer interrupts through the 8259 and LINT0")
  func timerInterrupts() throws {
    // Vector 8 at 0:20 = F000:0100, which writes 'T' and ends the interrupt; one shot of 100 pulses.
    let handler: [UInt8] = Self.out(0x402, 0x54) + Self.out(0x20, 0x20) + [0xCF]
    var code = Self.segment(0)
    code += [0xC7, 0x06, 0x20, 0x00, 0x00, 0x01, 0xC7, 0x06, 0x22, 0x00, 0x00, 0xF0]
    code += [0x8E, 0xD0, 0xBC, 0x00, 0x70]
    for (port, value) in [
      (UInt16(0x20), UInt8(0x11)), (0x21, 8), (0x21, 4), (0x21, 1), (0x21, 0xFE), (0x43, 0x30),
      (0x40, 100), (0x40, 0),
    ] {
      code += Self.out(port, value)
    }
    code += [0xFB, 0xF4, 0xF4]
    code += [UInt8](repeating: 0xF4, count: 0x100 - code.count) + handler
    let computer = try Self.computer(code)
    computer.connectControllers()
    ComputerTests.run(computer, until: 500_000)
    #expect(Self.debugBytes(computer) == [0x54])
    #expect(computer.processors[0].now >= IntervalTimerChip.time(of: 101))
  }

  @Test("storage sizes stand in the clock's memory")
  func storageSizes() throws {
    // 2 MiB: 640 KiB, 1,024 KiB above 1 MiB, nothing above 16 MiB.
    var code: [UInt8] = []
    for register: UInt8 in [0x15, 0x16, 0x17, 0x18, 0x34] {
      code += Self.out(0x70, register) + [0xE4, 0x71, 0xBA, 0x02, 0x04, 0xEE]
    }
    let computer = try Self.computer(code + [0xF4])
    ComputerTests.run(computer, until: 100_000)
    #expect(Self.debugBytes(computer) == [0x80, 0x02, 0x00, 0x04, 0x00])
  }

  @Test("the text screen is shown row by row")
  func screen() throws {
    let computer = try Self.computer([0xF4])
    let text = Array("Hi".utf8) + [0xB0]
    for (index, byte) in text.enumerated() {
      _ = computer.memory.store(byte, at: 0xB_8000 + UInt64(160 + 2 * index))
    }
    let rows = try #require(computer.screenText())
    #expect(rows.count == 25)
    #expect(rows[0].isEmpty)
    #expect(rows[1] == "Hi░")
  }

  @Test(
    "the keyboard controller's pulse and port 92 reset",
    arguments: [(UInt16(0x64), UInt8(0xFE)), (0x92, 0x03), (0xCF9, 0x06)])
  func resets(port: UInt16, value: UInt8) throws {
    let computer = try Self.computer(Self.out(port, value) + [0xEB, 0xFE])
    ComputerTests.run(computer, until: 10_000)
    #expect(computer.ending == .reset)
  }
}
