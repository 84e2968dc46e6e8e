import Foundation
import TestSupport
import Testing

@testable import Platform

/// The ACPI memory devices in the tables that a guest finds.
///
/// Oracle: `iasl` (Debian: acpica-tools), which reads the DSDT, names its objects, and compiles it again.
@Suite("The tables of a guest with memory devices") struct MemoryDeviceTablesTests {
  private func computer(
    processors: Int = 1, initial: UInt64, reserved: UInt64, unit: UInt64 = 128 << 20
  ) throws -> Computer {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TABLES", partitionNumber: 0, maximumProcessors: processors, initialProcessors: 1,
        initialStorage: initial, maximumStorage: initial,
        pluggableStorage: reserved, memoryDeviceByteCount: unit))
    try computer.load(.program(GuestProgramImage(bytes: [0xF4])), at: 0)
    return computer
  }

  /// The DSDT in words; nil where there is no `iasl`.
  private func source(_ computer: Computer) throws -> String? {
    guard let program = ExternalProgram.path(of: "iasl") else {
      print("SKIPPED: iasl (Debian: acpica-tools) is not here, so no other program read the tables")
      return nil
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "iasl-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "dsdt.dat")
    try Data(try TablesAsTheyAreTests.description(computer)).write(to: file)
    let disassembly = try ExternalProgram.run(program, ["-d", file.path])
    #expect(disassembly.status == 0, "\(disassembly.output)")
    let source = folder.appending(path: "dsdt.dsl")
    let compilation = try ExternalProgram.run(
      program, ["-p", folder.path + "/again", source.path])
    #expect(compilation.output.contains("0 Errors, 0 Warnings"), "\(compilation.output)")
    return try String(contentsOf: source, encoding: .utf8)
  }

  @Test("have each by its identifier and addresses, and tell it by the event device") func devices()
    throws
  {
    // Initial storage ends inside a memory block: the devices begin at the next.
    guard let source = try source(computer(initial: 200 << 20, reserved: 512 << 20)) else { return }
    func count(_ text: String) -> Int { source.components(separatedBy: text).count - 1 }
    #expect(count("EisaId (\"PNP0C80\")") == 4, "\(source)")
    let device = try #require(source.components(separatedBy: "Device (M002)").dropFirst().first)
      .components(separatedBy: "Device (M003)")[0]
    for text in [
      "Name (_UID, 0x02)",
      "QWordMemory (ResourceConsumer, PosDecode, MinFixed, MaxFixed, Cacheable,",
      "0x0000000020000000, // Range Minimum", "0x0000000027FFFFFF, // Range Maximum",
      "0x0000000008000000, // Length", "MSTA (0x02)", "MEJ0 (0x02)", "MOST (0x02, Arg0, Arg1)",
    ] {
      #expect(device.contains(text), "\(text) in \(device)")
    }
    for number in 0..<4 {
      #expect(count("Notify (M00\(number), One)") == 1)
      #expect(count("Notify (M00\(number), 0x03)") == 1)
    }
    #expect(source.contains("OperationRegion (MREG, SystemIO, 0x0640, 0x10)"))
    let event = try #require(source.components(separatedBy: "Device (GED)").dropFirst().first)
    #expect(event.contains("Local0 & 0x08") && event.contains("\\_SB.MSCN ()"), "\(event)")
  }

  @Test("have room for the most of them, beside the most processors") func most() throws {
    // What does not fit into the tables' place ends the load. Small devices: the host keeps books of storage.
    let computer = try computer(
      processors: 64, initial: 4 << 20, reserved: 1 << 30, unit: 2 << 20)
    #expect(computer.firmwareTables.bytes().count < PCLayout.firmwareTableLimit(hasBoard: true))
    guard let source = try source(computer) else { return }
    #expect(source.components(separatedBy: "EisaId (\"PNP0C80\")").count == 257)
  }
}
