import Foundation
import Testing

@testable import Partitioning

/// IPL MULTIBOOT: a partition starts an image and its modules from the machine's folder.
///
/// Oracle: Multiboot Specification 0.6.96, "Machine state" and "Boot information format".
@Suite struct MultibootLoadTests {
  /// A flat image at 1 MiB: adds the first bytes of its module to storage at 2 MiB, and loops.
  private static func image() -> Data {
    let flags: UInt32 = 0x1_0003
    let words: [UInt32] = [
      0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020,
    ]
    // mov edi, [ebx+24]; mov esi, [edi]; mov eax, [esi]; mov [200000h], eax; jmp $
    let code: [UInt8] = [
      0x8B, 0x7B, 0x18, 0x8B, 0x37, 0x8B, 0x06, 0xA3, 0, 0, 0x20, 0, 0xEB, 0xFE,
    ]
    return Data(words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } } + code)
  }

  private func machine(kernel: Data) throws -> GuestMachine {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("endicott-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try kernel.write(to: folder.appendingPathComponent("kernel"))
    try Data([0x78, 0x56, 0x34, 0x12]).write(to: folder.appendingPathComponent("module"))
    var partition = GuestMachine.partition("MULTI", megabytes: 4)
    partition.ipl = .multiboot(
      file: folder.appendingPathComponent("kernel").path,
      modules: [folder.appendingPathComponent("module").path], parameters: "")
    return try GuestMachine(processors: 1, [partition])
  }

  @Test func imageFindsItsModule() throws {
    let machine = try machine(kernel: Self.image())
    try machine.activateAll()
    machine.run(seconds: 0.01)
    #expect(try machine.view("MULTI").state == .operating)
    #expect(machine.word(0x20_0000, of: "MULTI") & 0xFFFF_FFFF == 0x1234_5678)
  }

  @Test func imageThatIsNoneIsRefused() throws {
    let machine = try machine(kernel: Data("text".utf8))
    #expect(throws: ManagementError.self) { try machine.activateAll() }
  }
}
