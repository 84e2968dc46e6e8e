import Foundation
import Testing
import X86

@testable import Platform

/// One wrong image and the error that must name it.
struct WrongImage: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let image: BootImage
  let error: LoadError

  static func kernel(
    _ name: String, _ error: LoadError, commandLine: String = "", initrd: Data? = nil,
    payload: [UInt8]? = nil, _ change: (inout SyntheticKernel) -> Void = { _ in }
  ) -> WrongImage {
    var kernel = payload.map { SyntheticKernel(payload: $0) } ?? SyntheticKernel()
    change(&kernel)
    return WrongImage(
      testDescription: name,
      image: .linux(kernel: Data(kernel.bytes), initrd: initrd, commandLine: commandLine),
      error: error)
  }

  static func wrongExecutable(_ offset: Int, _ value: UInt8) -> [UInt8] {
    var file = SyntheticKernel.executable()
    file[offset] = value
    return SyntheticKernel.frame(file)
  }

  static let all: [WrongImage] = [
    kernel(
      "empty file", .truncated(part: "setup header field boot_flag", needed: 0x200, actual: 0)
    ) { $0.bytes = [] },
    kernel("text instead of a kernel", .notAKernel(field: "the boot signature 0xAA55 (boot_flag)"))
    {
      $0.bytes = [UInt8](repeating: 0x41, count: 2048)
    },
    kernel("no HdrS", .notAKernel(field: "the mark \"HdrS\" (header)")) {
      $0.put(UInt32(0), at: 0x202)
    },
    kernel("old protocol", .protocolTooOld(found: 0x0204, needed: 0x020C)) {
      $0.put(UInt16(0x0204), at: 0x206)
    },
    kernel("32-bit kernel", .no64BitEntry) { $0.put(UInt16(0), at: 0x236) },
    kernel("zImage", .invalidField(name: "loadflags", value: 0)) { $0.put(UInt8(0), at: 0x211) },
    kernel("no size", .invalidField(name: "syssize", value: 0)) { $0.put(UInt32(0), at: 0x1F4) },
    kernel(
      "cut off",
      .truncated(
        part: "the protected-mode kernel (setup_sects, syssize)", needed: 9360, actual: 4096)
    ) { $0.bytes = Array($0.bytes[..<4096]) },
    kernel("bad address", .invalidField(name: "pref_address", value: 0x1234)) {
      $0.put(UInt64(0x1234), at: 0x258)
    },
    kernel("bad init_size", .invalidField(name: "init_size", value: 5)) {
      $0.put(UInt32(5), at: 0x260)
    },
    kernel("bad payload length", .invalidField(name: "payload_length", value: 0xFF_FFFF)) {
      $0.put(UInt32(0xFF_FFFF), at: 0x24C)
    },
    kernel("header too short", .invalidField(name: "jump", value: 0x20)) {
      $0.put(UInt8(0x20), at: 0x201)
    },
    kernel(
      "long command line", .commandLineTooLong(byteCount: 3000, limit: 2047),
      commandLine: String(repeating: "x", count: 3000)),
    kernel("zero in command line", .commandLineHasZero(position: 1), commandLine: "a\0b"),
    kernel("empty initrd", .emptyInitialDisk, initrd: Data()),
    kernel(
      "initrd too large", .storageTooSmall(needed: 0x420_0000, available: 0x400_0000),
      initrd: Data(count: 0x300_0000)),
    kernel(
      "not an executable", .invalidExecutable(field: "e_ident", value: 0x464C_4500),
      payload: wrongExecutable(0, 0)),
    kernel(
      "32-bit executable", .invalidExecutable(field: "EI_CLASS", value: 1),
      payload: wrongExecutable(4, 1)),
    kernel(
      "another machine", .invalidExecutable(field: "e_machine", value: 183),
      payload: wrongExecutable(18, 183)),
    kernel(
      "segment below 1 MiB", .invalidExecutable(field: "p_paddr", value: 0),
      payload: wrongExecutable(91, 0)),
    kernel(
      "entry outside", .invalidExecutable(field: "e_entry", value: 0x7F00_0000),
      payload: wrongExecutable(27, 0x7F)),
    kernel(
      "damaged payload", .damagedPayload(reason: "the block at byte 8 does not unpack"),
      payload: SyntheticKernel.frame(SyntheticKernel.executable()).enumerated().map {
        $0.offset == 8 ? 0x0F : $0.element
      }),
    WrongImage(
      testDescription: "empty program", image: .program(GuestProgramImage(bytes: [])),
      error: .programMisplaced(origin: 0x10_0000, byteCount: 0)),
    WrongImage(
      testDescription: "program on the boot areas",
      image: .program(GuestProgramImage(bytes: [0xF4], origin: 0x9000)),
      error: .programMisplaced(origin: 0x9000, byteCount: 1)),
    WrongImage(
      testDescription: "program outside storage",
      image: .program(GuestProgramImage(bytes: [0xF4], origin: 0x4000_0000)),
      error: .programMisplaced(origin: 0x4000_0000, byteCount: 1)),
    WrongImage(
      testDescription: "entry outside program",
      image: .program(GuestProgramImage(bytes: [0xF4], entry: 0x10_0001)),
      error: .entryOutsideProgram(entry: 0x10_0001)),
    WrongImage(
      testDescription: "long parameter",
      image: .program(
        GuestProgramImage(bytes: [0xF4], parameter: String(repeating: "P", count: 256))),
      error: .commandLineTooLong(byteCount: 256, limit: 255)),
  ]
}

@Suite struct LoadTests {
  static func machine(storage: UInt64 = 64 << 20, processors: Int = 1) throws -> Machine {
    try Machine(
      MachineConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: processors,
        initialProcessors: processors, initialStorage: storage, maximumStorage: storage))
  }

  @Test(arguments: WrongImage.all)
  func wrongImagesAreNamed(row: WrongImage) throws {
    let machine = try LoadTests.machine()
    #expect(throws: row.error) { try machine.load(row.image) }
    #expect(machine.ending == .notLoaded)
    #expect(machine.memory.writtenPageCount == 0)
    #expect(!row.error.description.isEmpty)
  }

  @Test func kernelIsUnpackedAndPlaced() throws {
    let machine = try LoadTests.machine()
    let disk = Data("initrd".utf8)
    try machine.load(
      .linux(kernel: Data(SyntheticKernel().bytes), initrd: disk, commandLine: "console=ttyS0"))
    #expect(machine.bytes(at: 0x100_0000, count: 4) == [0xF4, 0xEB, 0xFD, 0x90])
    #expect(machine.bytes(at: PCLayout.commandLine, count: 14) == Array("console=ttyS0\0".utf8))
    #expect(machine.bytes(at: 0x3FF_F000, count: 6) == Array("initrd".utf8))
    let page = PCLayout.zeroPage
    #expect(machine.memory.load(page + 0x070, as: UInt64.self) == 0xE_0000)
    #expect(machine.memory.load(page + 0x218, as: UInt32.self) == 0x3FF_F000)
    #expect(machine.memory.load(page + 0x21C, as: UInt32.self) == 6)
    #expect(machine.memory.load(page + 0x228, as: UInt32.self) == 0x2_0000)
    #expect(machine.memory.load(page + 0x1E8, as: UInt8.self) == 2)
    #expect(machine.bytes(at: PCLayout.firmwareTables, count: 8) == Array("RSD PTR ".utf8))
    let processor = machine.processors[0]
    #expect(processor.instructionPointer == 0x100_0000)
    #expect(processor[.rsi] == 0x7000)
    #expect(machine.status(of: 0) == .ready)
  }

  @Test func unknownCompressionUsesTheKernelsOwnDecompressor() throws {
    let machine = try LoadTests.machine()
    let kernel = SyntheticKernel(payload: [UInt8](repeating: 0x1F, count: 64))
    try machine.load(.linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: ""))
    #expect(machine.processors[0].instructionPointer == 0x100_0200)
    #expect(machine.bytes(at: 0x100_0000, count: 2) == [0x90, 0x90])
  }

  @Test func programFindsItsEntryState() throws {
    let machine = try LoadTests.machine(storage: 2 << 20, processors: 2)
    try machine.load(
      .program(GuestProgramImage(bytes: [0x90, 0xF4], entry: 0x10_0001, parameter: "50 100")))
    let processor = machine.processors[0]
    #expect(processor.instructionPointer == 0x10_0001)
    #expect(processor[.rdi] == 2 << 20)
    #expect(processor[.rsi] == 2)
    #expect(processor[.rdx] == 0)
    #expect(machine.bytes(at: processor[.rcx], count: 7) == Array("50 100\0".utf8))
    #expect(machine.memory.load(0x9000, as: UInt64.self) == 0xA003)
    #expect(machine.memory.load(0xB008, as: UInt64.self) == 0x20_0083)
    #expect(machine.status(of: 1) == .waitingForStartup)
  }
}
