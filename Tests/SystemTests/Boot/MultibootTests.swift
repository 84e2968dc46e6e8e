import Foundation
import Testing

/// Multiboot images by the command line, as people who test their own kernels use it.
///
/// Oracle: Multiboot Specification 0.6.96; QEMU's documentation of "isa-debug-exit" for the status.
@Suite("A Multiboot image")
struct MultibootTests {
  /// A flat image with address fields at 1 MiB that runs code.
  private static func image(_ code: [UInt8]) -> Data {
    let flags: UInt32 = 0x1_0003
    let words: [UInt32] = [
      0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags, 0x10_0000, 0x10_0000, 0, 0, 0x10_0020,
    ]
    return Data(words.flatMap { word in (0..<4).map { UInt8(word >> (8 * $0) & 0xFF) } } + code)
  }

  /// Writes the text at ESI to the serial line.
  ///
  /// mov dx, 3F8h; again: lodsb; test al, al; jz done; out dx, al; jmp again; done:
  private static let print: [UInt8] = [
    0x66, 0xBA, 0xF8, 0x03, 0xAC, 0x84, 0xC0, 0x74, 0x03, 0xEE, 0xEB, 0xF8,
  ]

  @Test("gets its command line and modules, and ends the run with its own status")
  func runs() throws {
    let folder = try TemporaryFolder()
    // mov esi, [ebx+16]; print; mov edi, [ebx+24]; mov esi, [edi+8]; print; mov esi, [edi]; print;
    // mov al, 10h; out 0F4h, al; hlt
    let code: [UInt8] =
      [0x8B, 0x73, 0x10] + Self.print + [0x8B, 0x7B, 0x18, 0x8B, 0x77, 0x08] + Self.print
      + [0x8B, 0x37] + Self.print + [0xB0, 0x10, 0xE6, 0xF4, 0xF4]
    let kernel = try folder.write("kernel", Self.image(code))
    let module = try folder.write("module", "contents\n\0")
    let run = try ProgramRun([
      "boot", "--multiboot", kernel, "--module", "\(module)=a=b ", "--append", "line ",
      "--memory", "2M", "--debug-exit", "0xF4",
    ])
    #expect(run.output == "line a=b contents\n")
    #expect(run.errors.isEmpty)
    #expect(run.status == 0x10 << 1 | 1)
  }

  @Test("gets the files' names before its texts when it is asked for")
  func namesFirst() throws {
    let folder = try TemporaryFolder()
    // mov esi, [ebx+16]; print; mov edi, [ebx+24]; mov esi, [edi+8]; print; mov esi, [edi+24]; print;
    // out 0F4h, al; hlt
    let code: [UInt8] =
      [0x8B, 0x73, 0x10] + Self.print + [0x8B, 0x7B, 0x18, 0x8B, 0x77, 0x08] + Self.print
      + [0x8B, 0x77, 0x18] + Self.print + [0xE6, 0xF4, 0xF4]
    let kernel = try folder.write("kernel", Self.image(code))
    let module = try folder.write("module", "contents")
    let run = try ProgramRun([
      "boot", "--multiboot", kernel, "--multiboot-name", "--module", "\(module)=a=b", "--module",
      module, "--append", "line", "--memory", "2M", "--debug-exit", "0xF4",
    ])
    #expect(run.output == "\(kernel) line\(module) a=b\(module)")
  }

  @Test("an access to nothing is told, with the devices of a PC/AT too", arguments: [true, false])
  func accessToNothing(isLegacy: Bool) throws {
    let folder = try TemporaryFolder()
    // mov eax, [0D0000000h]; mov al, 10h; out 0F4h, al; hlt
    let code: [UInt8] = [0xA1, 0, 0, 0, 0xD0, 0xB0, 0x10, 0xE6, 0xF4, 0xF4]
    let kernel = try folder.write("kernel", Self.image(code))
    let run = try ProgramRun(
      ["boot", "--multiboot", kernel, "--memory", "2M", "--debug-exit", "0xF4"]
        + (isLegacy ? ["--legacy"] : []))
    #expect(
      run.errors
        == "endicott: access to 0xD0000000, where nothing is, at 0x100020, processor 0\n")
    #expect(run.status == 0x21)
  }

  @Test(
    "a guest's own 1 is not a triple fault nor a wait for ever",
    // mov al, 1; out 0F4h, al | int3 without a table | cli; hlt
    arguments: [([0xB0, 1, 0xE6, 0xF4], 3), ([0xCC], 4), ([0xFA, 0xF4], 4)] as [([UInt8], Int32)])
  func statuses(code: [UInt8], status: Int32) throws {
    let folder = try TemporaryFolder()
    let kernel = try folder.write("kernel", Self.image(code + [0xF4]))
    let run = try ProgramRun([
      "boot", "--multiboot", kernel, "--memory", "2M", "--debug-exit", "0xF4",
    ])
    #expect(run.status == status, "\(run.errors)")
  }

  @Test("finds the test device only when it is asked for", arguments: [true, false])
  func testDevice(isPresent: Bool) throws {
    let folder = try TemporaryFolder()
    // mov al, 15h; out 0E1h, al; in al, 0E1h; out 0F4h, al; hlt
    let kernel = try folder.write(
      "kernel", Self.image([0xB0, 0x15, 0xE6, 0xE1, 0xE4, 0xE1, 0xE6, 0xF4, 0xF4]))
    let run = try ProgramRun(
      ["boot", "--multiboot", kernel, "--memory", "2M", "--debug-exit", "244"]
        + (isPresent ? ["--test-device"] : []))
    #expect(run.status == (isPresent ? 0x15 << 1 | 1 : 0xFF))
  }
}
