import Foundation
import Testing
import X86

@testable import Platform

/// Oracle: Intel MultiProcessor Specification 1.4, chapter 4; IBM's BIOS Interface Technical Reference,
/// "BIOS Data Area".
@Suite("What a BIOS leaves") struct MultiprocessorTableTests {
  private static func word(_ computer: Computer, _ address: UInt64) -> UInt64 {
    UInt64(computer.memory.load(address, as: UInt16.self) ?? 0)
  }

  /// Searches as the specification says: the extended BIOS data area, the end of conventional storage,
  /// the BIOS's own segment.
  private static func pointer(_ computer: Computer) -> UInt64? {
    let extended = word(computer, 0x40E) << 4
    let top = word(computer, 0x413) << 10
    for start in [extended, top &- 1024, 0xF_0000] where start != 0 {
      let length: UInt64 = start == 0xF_0000 ? 0x1_0000 : 1024
      for address in stride(from: start, to: start + length, by: 16) {
        guard let bytes = computer.bytes(at: address, count: 16),
          bytes.starts(with: Array("_MP_".utf8)), bytes.reduce(0, &+) == 0
        else { continue }
        return address
      }
    }
    return nil
  }

  @Test("a Multiboot image finds the end of conventional storage, with the board and without it")
  func dataArea() throws {
    let plain = try LoadTests.computer()
    try plain.load(
      .multiboot(image: Data(SyntheticMultiboot().bytes), modules: [], commandLine: ""))
    for computer in [plain, try FixedHardwareTests.computer()] {
      #expect(Self.word(computer, 0x40E) == 0x9FC0)
      #expect(Self.word(computer, 0x413) == 639)
      #expect(Self.word(computer, 0x400) == 0x3F8)
      #expect(computer.memory.load(0x9_FC00, as: UInt8.self) == 1)
    }
    #expect(Self.pointer(plain) == nil)
  }

  @Test("the table has every processor, bus, I/O APIC and wire", arguments: [1, 2, 64])
  func table(processors: Int) throws {
    let computer = try FixedHardwareTests.computer(processors: processors)
    let pointer = try #require(Self.pointer(computer))
    #expect(computer.memory.load(pointer + 9, as: UInt8.self) == 4)
    let base = UInt64(try #require(computer.memory.load(pointer + 4, as: UInt32.self)))
    let count = Int(Self.word(computer, base + 4))
    let bytes = try #require(computer.bytes(at: base, count: count))
    #expect(bytes.reduce(0, &+) == 0)
    #expect(bytes.starts(with: Array("PCMP".utf8)))
    #expect(Array(bytes[36..<40]) == [0, 0, 0xE0, 0xFE])
    var entries: [Int: [[UInt8]]] = [:]
    var at = 44
    for _ in 0..<Int(Self.word(computer, base + 34)) {
      let length = bytes[at] == 0 ? 20 : 8
      entries[Int(bytes[at]), default: []].append(Array(bytes[at..<at + length]))
      at += length
    }
    #expect(at == count)
    let found = entries[0] ?? []
    #expect(found.map { Int($0[1]) } == Array(0..<processors))
    #expect(found.map { $0[3] } == [3] + [UInt8](repeating: 1, count: processors - 1))
    // The version is the local APIC's own.
    #expect(
      found.allSatisfy { UInt32($0[2]) == computer.network.readLocal(0, 0x30, now: 0) & 0xFF })
    #expect(
      (entries[1] ?? []).map { String(decoding: $0[2...], as: UTF8.self) } == ["PCI   ", "ISA   "])
    #expect((entries[2] ?? []).map { Array($0[3...]) } == [[1, 0, 0, 0xC0, 0xFE]])
    let wires = Dictionary(
      uniqueKeysWithValues: (entries[3] ?? []).map { (Int($0[5]), Int($0[7])) })
    #expect(wires.count == 15 && wires[0] == 2 && wires[2] == nil)
    #expect(wires.allSatisfy { $0.key == 0 || $0.key == $0.value })
    #expect((entries[4] ?? []).map { [$0[1], $0[7]] } == [[3, 0], [1, 1]])
  }
}
