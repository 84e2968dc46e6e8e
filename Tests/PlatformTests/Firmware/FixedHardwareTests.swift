import Foundation
import TestSupport
import Testing
import X86

@testable import Platform

/// What a system that is loaded on a partition with the devices of a PC/AT finds in low storage.
///
/// Oracles: ACPI specification 6.3 ("Fixed ACPI Description Table", "Interrupt Source Override
/// Structure"); Intel 82371AB datasheet; `iasl`, which disassembles and recompiles what a guest finds.
@Suite("Tables of fixed hardware") struct FixedHardwareTests {
  private static let base = PCLayout.firmwareTables

  /// A computer with the board on which a Multiboot image is loaded.
  static func computer(_ code: [UInt8] = [0xF4], processors: Int = 2) throws -> Computer {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: processors,
        initialProcessors: processors, initialStorage: 2 << 20, maximumStorage: 2 << 20,
        hasLegacyDevices: true))
    try computer.load(
      .multiboot(
        image: Data(SyntheticMultiboot.addressed(code: code)), modules: [], commandLine: ""))
    return computer
  }

  private static func integer(_ computer: Computer, _ address: UInt64, _ size: Int) -> UInt64 {
    (computer.bytes(at: address, count: size) ?? []).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The tables that the RSDT or the XSDT leads to, and the DSDT and FACS that the FADT does.
  private static func tables(_ computer: Computer, narrow: Bool) -> [String: [UInt8]] {
    let root = integer(computer, base + (narrow ? 16 : 24), narrow ? 4 : 8)
    let width = narrow ? 4 : 8
    var addresses = [root]
    var at = root + 36
    while at < root + integer(computer, root + 4, 4) {
      addresses.append(integer(computer, at, width))
      at += UInt64(width)
    }
    var found: [String: [UInt8]] = [:]
    func add(_ address: UInt64) {
      let bytes = computer.bytes(at: address, count: Int(integer(computer, address + 4, 4))) ?? []
      found[String(decoding: bytes.prefix(4), as: UTF8.self)] = bytes
    }
    for address in addresses { add(address) }
    if let fixed = found["FACP"] {
      for offset in [36, 40] {
        add(fixed[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt64($1) })
      }
    }
    return found
  }

  private static func field(_ table: [UInt8], _ offset: Int, _ size: Int) -> Int {
    table[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  @Test("RSDT and XSDT lead to the same tables, each with a sum of zero", arguments: [true, false])
  func roots(narrow: Bool) throws {
    let tables = Self.tables(try Self.computer(), narrow: narrow)
    let names = [narrow ? "RSDT" : "XSDT", "FACP", "APIC", "DSDT", "FACS"]
    #expect(Set(tables.keys) == Set(names))
    for name in names where name != "FACS" {
      #expect(tables[name]?.reduce(0, &+) == 0, "\(name)")
    }
  }

  @Test("the FADT names the PIIX4's registers, the SCI, and no reduced hardware")
  func fixedDescription() throws {
    let computer = try Self.computer()
    let table = try #require(Self.tables(computer, narrow: false)["FACP"])
    let power = Int(try #require(computer.bridge?.state.powerPort))
    #expect(table.count == 276 && table[8] == 6)
    #expect(Self.field(table, 46, 2) == 9)
    #expect(Self.field(table, 48, 4) == 0xB2 && table[52] == 0xF1 && table[53] == 0xF0)
    let blocks = [(56, 0, 88, 4, 148), (64, 4, 89, 2, 172), (76, 8, 91, 4, 208)]
    for (at, offset, lengthAt, length, extended) in blocks {
      #expect(Self.field(table, at, 4) == power + offset)
      #expect(Int(table[lengthAt]) == length)
      #expect(table[extended] == 1 && Int(table[extended + 1]) == 8 * length)
      #expect(Self.field(table, extended + 4, 8) == power + offset)
    }
    let flags = Self.field(table, 112, 4)
    // Not hardware-reduced, a timer of 24 bits, a fixed power button.
    #expect(flags & (1 << 20 | 1 << 8 | 1 << 4) == 0)
    #expect(flags & (1 << 10) != 0)
    #expect(Self.field(table, 36, 4) % 64 == 0)
  }

  @Test("the MADT has 8259s, request 0 on pin 2 and a level on 9")
  func interrupts() throws {
    let table = try #require(Self.tables(try Self.computer(), narrow: false)["APIC"])
    #expect(Self.field(table, 40, 4) == 1)
    var overrides: [[Int]] = []
    var at = 44
    while at < table.count {
      if table[at] == 2 {
        overrides.append([
          Int(table[at + 2]), Int(table[at + 3]), Self.field(table, at + 4, 4),
          Self.field(table, at + 8, 2),
        ])
      }
      at += Int(table[at + 1])
    }
    #expect(overrides == [[0, 0, 2, 0], [0, 9, 9, 0x0D]])
  }

  @Test("a sleep of the type that _S5 names switches off, through the register that the FADT names")
  func softOff() throws {
    let dsdt = try #require(Self.tables(try Self.computer(), narrow: false)["DSDT"])
    let name = Array("_S5_".utf8)
    let at = try #require(dsdt.indices.first { dsdt[$0...].starts(with: name) })
    // Package of four: the first element is ZeroOp.
    #expect(Array(dsdt[at + 4..<at + 8]) == [0x12, 0x06, 0x04, 0x00])
    // mov dx, B004h; mov ax, 2000h; out dx, ax
    let computer = try Self.computer([
      0x66, 0xBA, 0x04, 0xB0, 0x66, 0xB8, 0x00, 0x20, 0x66, 0xEF, 0xF4,
    ])
    ComputerTests.run(computer, until: 10_000)
    #expect(computer.ending == .powerOff)
  }

  @Test("iasl disassembles the tables and compiles the DSDT again without a complaint")
  func compiler() throws {
    guard let program = ExternalProgram.path(of: "iasl") else {
      print("SKIPPED: iasl (Debian: acpica-tools) is not here, so no other program read the tables")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "iasl-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in Self.tables(try Self.computer(), narrow: false) {
      let file = folder.appending(path: name.lowercased() + ".dat")
      try Data(bytes).write(to: file)
      let disassembly = try ExternalProgram.run(program, ["-d", file.path])
      #expect(disassembly.status == 0, "\(name): \(disassembly.output)")
      for word in ["Error", "Invalid", "Warning", "incorrect", "Unknown"] {
        #expect(!disassembly.output.contains(word), "\(name): \(disassembly.output)")
      }
    }
    let source = folder.appending(path: "dsdt.dsl").path
    let compilation = try ExternalProgram.run(program, ["-p", folder.path + "/again", source])
    #expect(compilation.status == 0, "\(compilation.output)")
    #expect(compilation.output.contains("0 Errors, 0 Warnings"), "\(compilation.output)")
  }

  // MARK: Power management

  /// MOV DX, port; MOV AX, value; OUT DX, AX.
  private static func outWord(_ port: UInt16, _ value: UInt16) -> [UInt8] {
    [0x66, 0xBA] + MachineLanguage.littleEndian(port) + [0x66, 0xB8]
      + MachineLanguage.littleEndian(value) + [0x66, 0xEF]
  }

  /// MOV AL, F1h; OUT B2h, AL.
  private static let acpiOn: [UInt8] = [0xB0, 0xF1, 0xE6, 0xB2]

  @Test("the power button interrupts whoever enabled it, and nobody else hears it")
  func powerButton() throws {
    let computer = try Self.computer(Self.acpiOn + Self.outWord(0xB002, 0x100) + [0xF4])
    #expect(!computer.hearsSignals && !computer.signalShutdown())
    ComputerTests.run(computer, until: 10_000)
    #expect(computer.hearsSignals)
    #expect(computer.network.state.ioAPIC.lines & 1 << 9 == 0)
    #expect(computer.signalShutdown())
    #expect(computer.network.state.ioAPIC.lines & 1 << 9 != 0)
    var power = try #require(computer.power).state.chip
    #expect(power.read(0, now: 10_000) & 0x100 != 0)
  }

  @Test("the power management timer interrupts when its bit 23 changes, and not while it is masked")
  func timer() throws {
    var chip = PowerManagementChip()
    #expect(chip.nextInterrupt(after: 0) == nil)
    _ = chip.write(2, 1, now: 0)
    // 2^23 pulses of 3.579545 MHz are 2.3435 s.
    let first = try #require(chip.nextInterrupt(after: 0))
    #expect(first / 1_000_000 == 2343)
    chip.settle(now: first - 1)
    #expect(chip.status == 0)
    chip.settle(now: first)
    #expect(chip.status == 1 && !chip.isInterrupting)
    chip.command(0xF1)
    #expect(chip.isInterrupting && chip.nextInterrupt(after: first) == nil)
    _ = chip.write(0, 1, now: first)
    #expect(!chip.isInterrupting)
    let second = try #require(chip.nextInterrupt(after: first))
    #expect((second - first) / 1_000_000 == 2343)
    // The end of time: no later interrupt, and no trap.
    _ = chip.nextInterrupt(after: .max)
    chip.settle(now: .max)
  }

  @Test("the timer's interrupt reaches a processor that waits for it through the 8259")
  func timerWakes() throws {
    // Only request 9 of the 8259 is open; HLT with interrupts off: the request shows in its IRR.
    let computer = try Self.computer(Self.acpiOn + Self.outWord(0xB002, 1) + [0xF4])
    ComputerTests.run(computer, until: 10_000)
    let due = try #require(computer.nextDeadline(of: 0))
    #expect(due / 1_000_000 == 2343)
    computer.deliverTimers(upTo: due)
    #expect(computer.network.state.ioAPIC.lines & 1 << 9 != 0)
    #expect(computer.nextDeadline(of: 0) == nil)
  }
}
