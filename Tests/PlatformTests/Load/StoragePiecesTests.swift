import Foundation
import Testing
import X86

@testable import Platform

/// Storage in many pieces: what Linux can be told, and what is refused.
///
/// Oracle: Linux Documentation/arch/x86/zero-page.rst: `e820_table` has 128 entries.
@Suite struct StoragePiecesTests {
  /// A computer with 64 MiB from 0 on and single MiB behind it, so that the map has `count` entries.
  private func computer(pieces count: Int) throws -> Computer {
    let computer = try Computer(
      ComputerConfiguration(
        name: "PIECES", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
        initialStorage: 64 << 20, maximumStorage: 1 << 30))
    // The BIOS area divides the first piece.
    for index in 0..<UInt64(count - 2) {
      let address = (66 + 2 * index) << 20
      computer.attachStorage(address..<address + 1 << 20)
    }
    return computer
  }

  @Test func theMapHasAtMost128Entries() throws {
    let kernel = Data(SyntheticKernel().bytes)
    let computer = try computer(pieces: 128)
    try computer.load(.linux(kernel: kernel, initrd: nil, commandLine: ""))
    #expect(computer.memory.load(PCLayout.zeroPage + 0x1E8, as: UInt8.self) == 128)
    let last = PCLayout.zeroPage + 0x2D0 + 127 * 20
    #expect(computer.memory.load(last, as: UInt64.self) == (66 + 2 * 125) << 20)
    for count in [129, 340] {
      #expect(throws: LoadError.storageInPieces(count: count, limit: 128)) {
        try self.computer(pieces: count).load(.linux(kernel: kernel, initrd: nil, commandLine: ""))
      }
    }
  }

  @Test func theTablesOfTheLargestComputerFit() throws {
    let computer = try Computer(
      ComputerConfiguration(
        name: "LARGEST", partitionNumber: 0, maximumProcessors: 64, initialProcessors: 1,
        initialStorage: 1 << 20, maximumStorage: 1 << 20,
        blockDevices: (0..<PCLayout.virtioLimit).map {
          BlockDeviceConfiguration(deviceNumber: UInt16($0), blockCount: 8)
        }))
    let count = computer.firmwareTables.bytes().count
    #expect(count <= PCLayout.firmwareTableLimit(hasBoard: false))
  }
}
