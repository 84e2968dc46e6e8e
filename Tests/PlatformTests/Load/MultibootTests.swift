import Foundation
import Testing
import X86

@testable import Platform

/// Oracle: Multiboot Specification 0.6.96, "Computer state" and "Boot information format".
@Suite struct MultibootTests {
  private static func text(_ computer: Computer, _ address: UInt64) -> String {
    var bytes: [UInt8] = []
    while let byte = computer.memory.load(address + UInt64(bytes.count), as: UInt8.self), byte != 0
    {
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private struct Information {
    let computer: Computer
    var base: UInt64 { computer.processors[0][.rbx] }

    subscript(offset: UInt64) -> UInt64 {
      UInt64(computer.memory.load(base + offset, as: UInt32.self) ?? 0)
    }
  }

  private static func loaded(
    _ image: [UInt8], modules: [BootModule] = [], commandLine: String = ""
  ) throws -> (Computer, Information) {
    let computer = try LoadTests.computer()
    try computer.load(
      .multiboot(image: Data(image), modules: modules, commandLine: commandLine))
    return (computer, Information(computer: computer))
  }

  @Test func machineStateIsFlatProtectedMode() throws {
    let (computer, information) = try Self.loaded(SyntheticMultiboot().bytes)
    let processor = computer.processors[0]
    #expect(processor[.rax] == 0x2BAD_B002)
    #expect(information.base % 4 == 0 && information.base < 0x9_FC00)
    #expect(processor.instructionPointer == 0x10_0000 + UInt64(SyntheticMultiboot.code))
    #expect(processor.cr0 & 0x8000_0001 == 1)
    #expect(processor.flags & (1 << 9 | 1 << 17) == 0)
    for register in [SegmentRegister.cs, .ds, .es, .fs, .gs, .ss] {
      #expect(processor.segment(register).base == 0)
      #expect(processor.segment(register).limit == 0xFFFF_FFFF)
    }
  }

  @Test func segmentIsLoadedAndItsRestIsZero() throws {
    let image = SyntheticMultiboot().bytes
    let computer = try LoadTests.computer()
    #expect(computer.store([UInt8](repeating: 0xAA, count: 16384), at: 0x10_0000))
    try computer.load(.multiboot(image: Data(image), modules: [], commandLine: ""))
    #expect(computer.bytes(at: 0x10_0000, count: image.count) == image)
    let rest = try #require(computer.bytes(at: 0x10_0000 + UInt64(image.count), count: 8192))
    #expect(rest.allSatisfy { $0 == 0 })
    #expect(computer.memory.load(0x10_0000 + UInt64(image.count) + 8192, as: UInt8.self) == 0xAA)
  }

  @Test func informationTellsMemoryTextsModulesAndMap() throws {
    let modules = [
      BootModule(contents: Data("first".utf8), commandLine: "one 1"),
      BootModule(contents: Data("second".utf8)),
    ]
    let (computer, information) = try Self.loaded(
      SyntheticMultiboot().bytes, modules: modules, commandLine: "a b=c")
    // Memory, command line, modules, ELF sections, memory map, loader name.
    #expect(information[0] == 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 9)
    #expect(information[4] == 639)
    #expect(information[8] == 63 << 10)
    #expect(Self.text(computer, information[16]) == "a b=c")
    #expect(information[20] == 2)
    #expect(Self.text(computer, information[64]) == "endicott")
    let list = information[24] - information.base
    let expected = [("first", "one 1"), ("second", "")]
    for (index, (contents, text)) in expected.enumerated() {
      let entry = list + UInt64(index) * 16
      #expect(information[entry] % 4096 == 0)
      #expect(information[entry + 4] - information[entry] == UInt64(contents.utf8.count))
      #expect(
        computer.bytes(at: information[entry], count: contents.utf8.count) == Array(contents.utf8))
      #expect(Self.text(computer, information[entry + 8]) == text)
      #expect(information[entry + 12] == 0)
    }
  }

  @Test func memoryMapHasStorageAndTheBIOSArea() throws {
    let (computer, information) = try Self.loaded(SyntheticMultiboot().bytes)
    var entries: [[UInt64]] = []
    var address = information[48]
    while address < information[48] + information[44] {
      let size = try #require(computer.memory.load(address, as: UInt32.self))
      #expect(size == 20)
      entries.append([
        computer.memory.load(address + 4, as: UInt64.self) ?? 0,
        computer.memory.load(address + 12, as: UInt64.self) ?? 0,
        UInt64(computer.memory.load(address + 20, as: UInt32.self) ?? 0),
      ])
      address += UInt64(size) + 4
    }
    #expect(
      entries == [
        [0, 0x9_FC00, 1], [0x9_FC00, 0x6_0400, 2], [0x10_0000, 63 << 20, 1],
      ])
  }

  @Test func symbolsAreLoadedAndTheirHeaderSaysWhere() throws {
    let (computer, information) = try Self.loaded(SyntheticMultiboot().bytes)
    #expect(information[28] == 3)
    #expect(information[32] == 40)
    #expect(information[40] == 2)
    let symbols = information[36] - information.base + 2 * 40
    let address = information[symbols + 12]
    #expect(address >= 0x10_0000 && address % 16 == 0)
    #expect(computer.bytes(at: address, count: 8) == Array("symbols!".utf8))
    let code = information[36] - information.base + 40
    #expect(information[code + 12] == 0x10_0000 + UInt64(SyntheticMultiboot.code))
  }

  @Test func addressesOfTheHeaderPlaceAFlatFile() throws {
    let image = SyntheticMultiboot.addressed(
      header: 0x20_0010, load: 0x20_0008, loadEnd: 0x20_0040, zeroEnd: 0x20_2000,
      entry: 0x20_0030, code: [UInt8](repeating: 0x90, count: 64))
    let file = [UInt8](repeating: 0xEE, count: 16) + image
    let (computer, information) = try Self.loaded(file)
    #expect(computer.processors[0].instructionPointer == 0x20_0030)
    #expect(computer.bytes(at: 0x20_0008, count: 0x38) == Array(file[8..<0x40]))
    #expect(computer.memory.load(0x20_0040, as: UInt64.self) == 0)
    #expect(information[0] & 1 << 5 == 0)
  }

  @Test func informationMakesRoomForAnImageThatLiesLow() throws {
    let image = SyntheticMultiboot.addressed(
      header: 0x8000, load: 0x8000, zeroEnd: 0x9_FC00, entry: 0x8020)
    let (computer, information) = try Self.loaded(image, commandLine: "low")
    #expect(information.base >= 0x10_0000)
    #expect(Self.text(computer, information[16]) == "low")
    #expect(computer.memory.load(0x8000, as: UInt32.self) == 0x1BAD_B002)
  }

  @Test func entryThatIsALinearAddressIsFoundInItsSegment() throws {
    var file = SyntheticMultiboot()
    file.put(UInt32(0xC010_0000), at: SyntheticMultiboot.programHeader + 8)
    file.put(UInt32(0xC010_0000) + UInt32(SyntheticMultiboot.code), at: 24)
    let (computer, _) = try Self.loaded(file.bytes)
    #expect(
      computer.processors[0].instructionPointer == 0x10_0000 + UInt64(SyntheticMultiboot.code))
  }
}
