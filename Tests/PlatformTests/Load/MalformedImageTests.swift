import Foundation
import Testing
import X86

@testable import Platform

/// A right image with one field changed, and what the message must say.
struct MalformedImage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let image: BootImage
  /// Words of the message: the field, what was found, what would be right.
  let words: [String]

  /// A Multiboot ELF with 16, 32 bits or some bytes put at an offset.
  static func multiboot(
    _ name: String, _ words: [String], modules: [BootModule] = [], commandLine: String = "",
    _ change: (inout SyntheticMultiboot) -> Void = { _ in }
  ) -> MalformedImage {
    var file = SyntheticMultiboot()
    change(&file)
    return MalformedImage(
      testDescription: name,
      image: .multiboot(
        image: Data(file.bytes), modules: modules, commandLine: commandLine), words: words)
  }

  static func word(
    _ name: String, _ words: [String], _ offset: Int, _ value: UInt32
  ) -> MalformedImage {
    multiboot(name, words) { $0.put(value, at: offset) }
  }

  static func half(
    _ name: String, _ words: [String], _ offset: Int, _ value: UInt16
  ) -> MalformedImage {
    multiboot(name, words) { $0.put(value, at: offset) }
  }

  static func flat(_ name: String, _ words: [String], _ bytes: [UInt8]) -> MalformedImage {
    MalformedImage(
      testDescription: name,
      image: .multiboot(image: Data(bytes), modules: [], commandLine: ""), words: words)
  }

  /// A bzImage whose unpacked kernel has bytes put at an offset.
  static func executable(
    _ name: String, _ words: [String], _ offset: Int, _ bytes: [UInt8]
  ) -> MalformedImage {
    var file = SyntheticKernel.executable()
    file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    let kernel = SyntheticKernel(payload: SyntheticKernel.frame(file))
    return MalformedImage(
      testDescription: name,
      image: .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: ""), words: words)
  }

  private static let program = SyntheticMultiboot.programHeader
  private static let header = SyntheticMultiboot.header
  private static let ranges = "0x0-0x9FBFF or 0x100000-0x3FFFFFF"

  static let multibootHeaders: [MalformedImage] = [
    flat("empty", ["no magic 0x1BADB002", "first 8192 bytes"], []),
    flat("no header", ["no magic 0x1BADB002"], [UInt8](repeating: 0x41, count: 9000)),
    flat(
      "header beyond the search", ["no magic 0x1BADB002"],
      [UInt8](repeating: 0, count: 8192) + SyntheticMultiboot.addressed()),
    flat(
      "header unaligned", ["no magic 0x1BADB002"], [0, 0] + SyntheticMultiboot.addressed()),
    flat("cut after the magic", ["field flags", "8 bytes"], [0x02, 0xB0, 0xAD, 0x1B]),
    flat(
      "cut before the checksum", ["field checksum", "12 bytes"],
      [0x02, 0xB0, 0xAD, 0x1B, 3, 0, 0, 0]),
    word("checksum", ["field checksum", "0x1", "0xE4524FFB"], header + 8, 1),
    multiboot("video mode", ["field flags", "0x7", "bit 2 is a video mode"]) {
      $0.put([0x1BAD_B002, 7, 0 &- 0x1BAD_B002 &- 7], at: header)
    },
    multiboot("unknown bit", ["field flags", "0x8003"]) {
      $0.put([0x1BAD_B002, 0x8003, 0 &- 0x1BAD_B002 &- 0x8003], at: header)
    },
    flat(
      "addresses cut off", ["field entry_addr", "32 bytes"],
      Array(SyntheticMultiboot.addressed()[..<30])),
    flat(
      "header below load", ["field load_addr", "0x100010"],
      SyntheticMultiboot.addressed(load: 0x10_0010)),
    flat(
      "load before the file", ["field load_addr", "0xFF000", "header_addr minus at most"],
      SyntheticMultiboot.addressed(load: 0xF_F000)),
    flat(
      "end before load", ["field load_end_addr", "0x1000", "above load_addr"],
      SyntheticMultiboot.addressed(loadEnd: 0x1000)),
    flat(
      "end beyond the file", ["load_end_addr", "512 bytes are needed, it has 34"],
      SyntheticMultiboot.addressed(loadEnd: 0x10_0200)),
    flat(
      "zeros end before the data", ["field bss_end_addr", "0x100001"],
      SyntheticMultiboot.addressed(zeroEnd: 0x10_0001)),
    flat(
      "absurd zeros", ["field load_addr", "0xFFE00000 bytes", ranges],
      SyntheticMultiboot.addressed(zeroEnd: 0xFFF0_0000)),
    flat(
      "on the BIOS area", ["field load_addr", "0xA0000", ranges],
      SyntheticMultiboot.addressed(header: 0xA_0000, load: 0xA_0000, entry: 0xA_0020)),
    flat(
      "entry outside", ["field entry_addr", "0x200000", "0x100000-0x100021"],
      SyntheticMultiboot.addressed(entry: 0x20_0000)),
  ]

  static let multibootExecutables: [MalformedImage] = [
    word("no ELF", ["ELF field e_ident", "0x464C4500", "0x464C457F"], 0, 0x464C_4500),
    multiboot("64-bit", ["field EI_CLASS", "0x2", "1 (32-bit)"]) { $0.put(UInt8(2), at: 4) },
    multiboot("class 0", ["field EI_CLASS", "0x0", "1 (32-bit)"]) { $0.put(UInt8(0), at: 4) },
    multiboot("big-endian", ["field EI_DATA", "0x2", "little"]) { $0.put(UInt8(2), at: 5) },
    multiboot("version", ["field EI_VERSION", "0x0", "1"]) { $0.put(UInt8(0), at: 6) },
    half("object file", ["field e_type", "0x1", "2 (executable)"], 16, 1),
    half("core file", ["field e_type", "0x4", "2 (executable)"], 16, 4),
    half("another machine", ["field e_machine", "0x28", "3 (Intel 80386)"], 18, 40),
    half("64-bit machine", ["field e_machine", "0x3E", "3 (Intel 80386)"], 18, 62),
    word("entry outside", ["field e_entry", "0x200000", "inside a loaded"], 24, 0x20_0000),
    word("headers outside", ["field e_phoff", "0x7FFFFFFF", "below"], 28, 0x7FFF_FFFF),
    word("headers cut off", ["program headers (e_phoff, e_phnum)"], 28, 220),
    half("small headers", ["field e_phentsize", "0x10", "32"], 42, 16),
    half("no headers", ["field e_phnum", "0x0"], 44, 0),
    half("too many headers", ["program headers (e_phoff, e_phnum)"], 44, 5000),
    half("count elsewhere", ["field e_phnum", "0xFFFF"], 44, 0xFFFF),
    word("nothing to load", ["field e_phnum", "0x1", "PT_LOAD"], program, 4),
    word("offset outside", ["field p_offset", "0x10000"], program + 4, 0x1_0000),
    word("offset absurd", ["field p_offset", "0xFFFFFFFF"], program + 4, 0xFFFF_FFFF),
    word("contents cut off", ["(p_offset, p_filesz)", "it has 230"], program + 4, 200),
    word(
      "memory below contents", ["field p_memsz", "0x10", "at least p_filesz"], program + 20, 16),
    word("absurd memory", ["field p_paddr", "0x100000", ranges], program + 20, 0xFFFF_FFFF),
    word("on the BIOS area", ["field p_paddr", "0xB8000", ranges], program + 12, 0xB_8000),
    word("into the BIOS area", ["field p_paddr", "0x9F000", ranges], program + 12, 0x9_F000),
    word("beyond storage", ["field p_paddr", "0x4000000", ranges], program + 12, 0x400_0000),
    word("across the end", ["field p_paddr", "0x3FFF000", ranges], program + 12, 0x3FF_F000),
    word("at the top", ["field p_paddr", "0xFFFFFFFF", ranges], program + 12, 0xFFFF_FFFF),
    multiboot("overlapping segments", ["0x100010-", "overlaps segment 0x100000-"]) {
      $0.put(UInt16(2), at: 44)
      $0.put([1, 0, 0x10_0010, 0x10_0010, 4, 4, 7, 1], at: program + 32)
    },
    half("section size", ["field e_shentsize", "0x14", "40"], 46, 20),
    half("section names", ["field e_shstrndx", "0x9", "below e_shnum, 3"], 50, 9),
    word("sections cut off", ["section headers (e_shoff, e_shnum)"], 32, 0x1000),
    word("section outside", ["ELF section 2 (sh_offset, sh_size)"], 164 + 16, 0x1000),
    word("section alignment", ["field sh_addralign", "0x3"], 164 + 32, 3),
    multiboot(
      "no module", ["module 2 is empty"],
      modules: [
        BootModule(contents: Data([1])), BootModule(contents: Data()),
      ]),
    multiboot(
      "modules do not fit", ["65 MB of storage are needed, the partition has 64 MB"],
      modules: [
        BootModule(contents: Data(count: 40 << 20)), BootModule(contents: Data(count: 23 << 20)),
      ]),
    multiboot(
      "too many modules", ["65 modules; at most 64"],
      modules: [BootModule](repeating: BootModule(contents: Data([1])), count: 65)),
    multiboot(
      "long command line", ["5000 bytes; at most 4095"],
      commandLine: String(repeating: "x", count: 5000)),
    multiboot("zero in the command line", ["zero byte at position 1"], commandLine: "a\0b"),
    multiboot(
      "zero in a module's text", ["zero byte at position 0"],
      modules: [BootModule(contents: Data([1]), commandLine: "\0")]),
  ]

  static let kernelExecutables: [MalformedImage] = [
    executable("no ELF", ["unpacked kernel's ELF field e_ident", "0x464C4500"], 0, [0]),
    executable("32-bit", ["field EI_CLASS", "0x1", "2 (64-bit)"], 4, [1]),
    executable("big-endian", ["field EI_DATA", "0x2"], 5, [2]),
    executable("another machine", ["field e_machine", "0xB7", "62 (x86-64)"], 18, [183]),
    executable("object file", ["field e_type", "0x1"], 16, [1]),
    executable("segment below 1 MiB", ["field p_paddr", "0x0"], 91, [0]),
    executable("segment above 3 GiB", ["field p_paddr", "0xFF000000"], 88, [0, 0, 0, 0xFF]),
    executable("segment at the top", ["field p_paddr"], 88, [UInt8](repeating: 0xFF, count: 8)),
    executable("entry outside", ["field e_entry", "0x7F000000"], 27, [0x7F]),
    executable(
      "absurd memory", ["field p_memsz", "0xFFFFFFFFFFFFFFFF"], 104,
      [UInt8](repeating: 0xFF, count: 8)),
    executable(
      "absurd contents", ["field p_memsz", "at least p_filesz"], 96,
      [UInt8](repeating: 0xFF, count: 8)),
    executable(
      "offset absurd", ["field p_offset"], 72, [UInt8](repeating: 0xFF, count: 8)),
    executable("headers absurd", ["field e_phoff"], 32, [UInt8](repeating: 0xFF, count: 8)),
    executable("no headers", ["field e_phnum", "0x0"], 56, [0]),
    executable("small headers", ["field e_phentsize", "0x20", "56"], 54, [32]),
  ]
}

/// Whatever is wrong with an image is told by its field, and nothing is loaded.
///
/// Oracle: Multiboot Specification 0.6.96, "System V ABI", Documentation/arch/x86/boot.rst.
@Suite struct MalformedImageTests {
  @Test(
    arguments: MalformedImage.multibootHeaders + MalformedImage.multibootExecutables
      + MalformedImage.kernelExecutables)
  func isNamedAndNothingIsLoaded(row: MalformedImage) throws {
    let computer = try LoadTests.computer()
    let error = #expect(throws: LoadError.self) { try computer.load(row.image) }
    let message = try #require(error).description
    for word in row.words { #expect(message.contains(word), "\(message)") }
    #expect(computer.ending == .notLoaded)
    #expect(computer.memory.writtenPageCount == 0)
  }

  /// Cut at every byte, each kind of image is refused or loads what it needs, and never half of it.
  @Test func everyTruncationIsToldOrComplete() throws {
    let multiboot = SyntheticMultiboot().bytes
    let kernel = SyntheticKernel().bytes
    let computer = try LoadTests.computer()
    for count in 0..<multiboot.count {
      #expect(throws: LoadError.self, "\(count) bytes") {
        try computer.load(
          .multiboot(image: Data(multiboot[..<count]), modules: [], commandLine: ""))
      }
    }
    // The padding behind the last paragraph may be missing.
    for count in Array(0..<0x300) + Array(stride(from: 0x300, to: kernel.count - 16, by: 61)) {
      #expect(throws: LoadError.self, "\(count) bytes") {
        try computer.load(.linux(kernel: Data(kernel[..<count]), initrd: nil, commandLine: ""))
      }
    }
    #expect(computer.memory.writtenPageCount == 0)
  }
}
