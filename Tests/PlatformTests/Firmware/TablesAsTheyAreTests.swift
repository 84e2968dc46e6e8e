import Channels
import Foundation
import TestSupport
import Testing
import X86

@testable import Platform

/// What a guest finds in storage before it runs, by what its computer consists of.
///
/// Oracle: the sums of what the program before devices were objects of one kind left there. Another value
/// is another history for guests that read the tables: it belongs to the history version.
@Suite("The tables that a guest finds") struct TablesAsTheyAreTests {
  /// A computer, and the sum of its tables.
  struct Row: CustomTestStringConvertible {
    var processors: (initial: Int, maximum: Int) = (1, 1)
    var disks = 0
    var hasLegacyDevices = false
    var sum: UInt64

    var testDescription: String {
      "\(processors.initial) of \(processors.maximum) processors, \(disks) disks"
        + (hasLegacyDevices ? ", PC/AT" : "")
    }
  }

  static let rows = [
    Row(sum: 0xDB7A_FAE4_CC12_A652),
    Row(disks: 3, sum: 0x6954_DE4C_ABD4_2893),
    Row(processors: (2, 4), disks: 1, sum: 0x449E_EBF1_57BE_1636),
    Row(processors: (64, 64), disks: 8, sum: 0x2A2E_2FE6_87F4_8478),
    Row(hasLegacyDevices: true, sum: 0x292D_C8B1_E50B_B6AE),
    Row(processors: (2, 3), disks: 2, hasLegacyDevices: true, sum: 0x24AF_3168_51C1_825B),
  ]

  @Test("are the same as ever", arguments: rows) func sums(row: Row) throws {
    let computer = try Self.computer(row)
    let area = try #require(
      computer.bytes(at: PCLayout.conventionalLimit, count: 0x10_0000 - 0x9_FC00))
    let sum = area.withUnsafeBytes { bytes in
      var digest = HistoryDigest()
      digest.mix(bytes: bytes)
      return digest.value
    }
    #expect(sum == row.sum)
  }

  @Test("are read by iasl, which compiles the DSDT again without a complaint", arguments: rows)
  func compiler(row: Row) throws {
    guard let program = ExternalProgram.path(of: "iasl") else {
      print("SKIPPED: iasl (Debian: acpica-tools) is not here, so no other program read the tables")
      return
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "iasl-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "dsdt.dat")
    try Data(try Self.description(try Self.computer(row))).write(to: file)
    let disassembly = try ExternalProgram.run(program, ["-d", file.path])
    #expect(disassembly.status == 0, "\(disassembly.output)")
    let source = folder.appending(path: "dsdt.dsl").path
    let compilation = try ExternalProgram.run(program, ["-p", folder.path + "/again", source])
    #expect(compilation.output.contains("0 Errors, 0 Warnings"), "\(compilation.output)")
  }

  /// A computer as it is when its guest begins.
  static func computer(_ row: Row) throws -> Computer {
    let computer = try Computer(
      ComputerConfiguration(
        name: "TABLES", partitionNumber: 0, maximumProcessors: row.processors.maximum,
        initialProcessors: row.processors.initial, initialStorage: 4 << 20, maximumStorage: 4 << 20,
        blockDevices: (0..<row.disks).map {
          BlockDeviceConfiguration(deviceNumber: 0x100 + UInt16($0), blockCount: 64)
        }, hasLegacyDevices: row.hasLegacyDevices))
    try computer.load(.program(GuestProgramImage(bytes: [0xF4])), at: 0)
    return computer
  }

  /// The DSDT, by way of XSDT and FADT.
  static func description(_ computer: Computer) throws -> [UInt8] {
    func word(_ address: UInt64) throws -> UInt64 {
      try #require(computer.memory.load(address, as: UInt64.self))
    }
    let fixed = try word(try word(PCLayout.firmwareTables + 24) + 36)
    let description = try word(fixed + 140)
    let count = try #require(computer.memory.load(description + 4, as: UInt32.self))
    return try #require(computer.bytes(at: description, count: Int(count)))
  }
}
