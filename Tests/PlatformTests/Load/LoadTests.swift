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
    payload: [UInt8]? = nil, entry: LinuxEntry = .automatic,
    _ change: (inout SyntheticKernel) -> Void = { _ in }
  ) -> WrongImage {
    var kernel = payload.map { SyntheticKernel(payload: $0) } ?? SyntheticKernel()
    change(&kernel)
    return WrongImage(
      testDescription: name,
      image: .linux(
        kernel: Data(kernel.bytes), initrd: initrd, commandLine: commandLine, entry: entry),
      error: error)
  }

  static func header(
    _ name: String, _ field: String, _ found: UInt64, _ needed: String,
    _ change: (inout SyntheticKernel) -> Void
  ) -> WrongImage {
    kernel(name, .wrongField(.setupHeader, field, found: found, needed: needed), change)
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
    kernel("old protocol", .protocolTooOld(found: 0x0204, needed: 0x020A)) {
      $0.put(UInt16(0x0204), at: 0x206)
    },
    kernel(
      "protocol without 64-bit entry", .protocolTooOld(found: 0x020A, needed: 0x020C),
      entry: .bits64
    ) { $0.put(UInt16(0x020A), at: 0x206) },
    kernel(
      "a payload that says it is larger than storage",
      .damagedPayload(
        reason: "its unpacked size would be 536870911 bytes, in storage of 67108864"),
      payload: SyntheticKernel.frame(SyntheticKernel.executable()).dropLast(4)
        + MachineLanguage.littleEndian(UInt32(0x1FFF_FFFF))),
    kernel("32-bit kernel", .no64BitEntry, entry: .bits64) { $0.put(UInt16(0), at: 0x236) },
    header("zImage", "loadflags", 0, "bit 0 set (a bzImage, not a zImage)") {
      $0.put(UInt8(0), at: 0x211)
    },
    header("no size", "syssize", 0, "more than 0x100 (units of 16 bytes)") {
      $0.put(UInt32(0), at: 0x1F4)
    },
    kernel(
      "cut off",
      .truncated(
        part: "the protected-mode kernel (setup_sects, syssize)", needed: 9360, actual: 4096)
    ) { $0.bytes = Array($0.bytes[..<4096]) },
    header("address too low", "pref_address", 0x1234, "within 0x100000-0xBFFFFFFF") {
      $0.put(UInt64(0x1234), at: 0x258)
    },
    header("address too high", "pref_address", .max, "within 0x100000-0xBFFFFFFF") {
      $0.put(UInt64.max, at: 0x258)
    },
    header(
      "address unaligned", "pref_address", 0x110_0000, "a multiple of kernel_alignment, 0x200000"
    ) { $0.put(UInt64(0x110_0000), at: 0x258) },
    header(
      "alignment no power of two", "kernel_alignment", 0x3000, "a power of two, at least 0x1000"
    ) { $0.put(UInt32(0x3000), at: 0x230) },
    header("no alignment", "kernel_alignment", 0, "a power of two, at least 0x1000") {
      $0.put(UInt32(0), at: 0x230)
    },
    header("fixed address too low", "code32_start", 0x8000, "within 0x100000-0xBFFFFFFF") {
      $0.put(UInt8(0), at: 0x234)
      $0.put(UInt32(0x8000), at: 0x214)
    },
    header("init_size too small", "init_size", 5, "0x2090 (syssize * 16) to 0x40000000") {
      $0.put(UInt32(5), at: 0x260)
    },
    header(
      "init_size absurd", "init_size", 0xFFFF_FFFF, "0x2090 (syssize * 16) to 0x40000000"
    ) { $0.put(UInt32(0xFFFF_FFFF), at: 0x260) },
    kernel(
      "init_size beyond storage", .storageTooSmall(needed: 0x4100_0000, available: 0x400_0000)
    ) { $0.put(UInt32(0x4000_0000), at: 0x260) },
    header(
      "payload length", "payload_length", 0xFF_FFFF, "at most what follows payload_offset, 0x90"
    ) { $0.put(UInt32(0xFF_FFFF), at: 0x24C) },
    header(
      "payload offset", "payload_offset", 0xFFFF_FFFF,
      "an offset in the 0x2090 bytes of the kernel"
    ) { $0.put(UInt32(0xFFFF_FFFF), at: 0x248) },
    header("header too short", "jump", 0x20, "0x62 to 0x8E, inside the file") {
      $0.put(UInt8(0x20), at: 0x201)
    },
    header("header too long", "jump", 0xFF, "0x62 to 0x8E, inside the file") {
      $0.put(UInt8(0xFF), at: 0x201)
    },
    kernel(
      "initrd below the kernel only",
      .wrongField(
        .setupHeader, "initrd_addr_max", found: 0xFF_FFFF, needed: "at least 0x1200FFF"),
      initrd: Data(count: 5)
    ) { $0.put(UInt32(0xFF_FFFF), at: 0x22C) },
    kernel(
      "long command line", .commandLineTooLong(byteCount: 3000, limit: 2047),
      commandLine: String(repeating: "x", count: 3000)),
    kernel("zero in command line", .commandLineHasZero(position: 1), commandLine: "a\0b"),
    kernel("empty initrd", .emptyInitialDisk, initrd: Data()),
    kernel(
      "initrd too large", .storageTooSmall(needed: 0x420_0000, available: 0x400_0000),
      initrd: Data(count: 0x300_0000)),
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
  static func computer(storage: UInt64 = 64 << 20, processors: Int = 1) throws -> Computer {
    try Computer(
      ComputerConfiguration(
        name: "TEST", partitionNumber: 0, maximumProcessors: processors,
        initialProcessors: processors, initialStorage: storage, maximumStorage: storage))
  }

  @Test(arguments: WrongImage.all)
  func wrongImagesAreNamed(row: WrongImage) throws {
    let computer = try LoadTests.computer()
    #expect(throws: row.error) { try computer.load(row.image) }
    #expect(computer.ending == .notLoaded)
    #expect(computer.memory.writtenPageCount == 0)
    #expect(!row.error.description.isEmpty)
  }

  @Test func kernelIsUnpackedAndPlaced() throws {
    let computer = try LoadTests.computer()
    let disk = Data("initrd".utf8)
    try computer.load(
      .linux(kernel: Data(SyntheticKernel().bytes), initrd: disk, commandLine: "console=ttyS0"))
    #expect(computer.bytes(at: 0x100_0000, count: 4) == [0xF4, 0xEB, 0xFD, 0x90])
    #expect(computer.bytes(at: PCLayout.commandLine, count: 14) == Array("console=ttyS0\0".utf8))
    #expect(computer.bytes(at: 0x3FF_F000, count: 6) == Array("initrd".utf8))
    let page = PCLayout.zeroPage
    #expect(computer.memory.load(page + 0x070, as: UInt64.self) == 0xE_0000)
    #expect(computer.memory.load(page + 0x218, as: UInt32.self) == 0x3FF_F000)
    #expect(computer.memory.load(page + 0x21C, as: UInt32.self) == 6)
    #expect(computer.memory.load(page + 0x228, as: UInt32.self) == 0x2_0000)
    #expect(computer.memory.load(page + 0x1E8, as: UInt8.self) == 2)
    #expect(computer.bytes(at: PCLayout.firmwareTables, count: 8) == Array("RSD PTR ".utf8))
    let processor = computer.processors[0]
    #expect(processor.instructionPointer == 0x100_0000)
    #expect(processor[.rsi] == 0x7000)
    #expect(computer.status(of: 0) == .ready)
  }

  /// Oracle: Documentation/arch/x86/boot.rst, "32-bit Boot Protocol".
  @Test func kernelWithoutLongModeIsEnteredByThe32BitProtocol() throws {
    let computer = try LoadTests.computer()
    var kernel = SyntheticKernel(payload: [UInt8](repeating: 0x1F, count: 64))
    kernel.put(UInt16(0), at: 0x236)
    try computer.load(.linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: ""))
    let processor = computer.processors[0]
    #expect(processor.instructionPointer == 0x100_0000)
    #expect(processor[.rsi] == PCLayout.zeroPage)
    #expect([processor[.rbp], processor[.rdi], processor[.rbx]] == [0, 0, 0])
    #expect(processor.cr0 & 0x8000_0001 == 1)
    #expect(processor.flags & 0x200 == 0)
    #expect(processor.segment(.cs).selector == 0x10)
    for register in [SegmentRegister.ds, .es, .ss] {
      let segment = processor.segment(register)
      #expect(segment.selector == 0x18)
      #expect(segment.base == 0 && segment.limit == 0xFFFF_FFFF)
    }
    let table = PCLayout.bootDescriptorTable
    #expect(computer.memory.load(table + 0x10, as: UInt64.self) == 0x00CF_9B00_0000_FFFF)
    #expect(computer.memory.load(table + 0x18, as: UInt64.self) == 0x00CF_9300_0000_FFFF)
  }

  @Test func kernelThatIsNotRelocatableLiesWhereItsHeaderSays() throws {
    let computer = try LoadTests.computer()
    var kernel = SyntheticKernel(payload: [UInt8](repeating: 0x1F, count: 64))
    kernel.put(UInt8(0), at: 0x234)
    try computer.load(
      .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: "", entry: .bits32))
    #expect(computer.processors[0].instructionPointer == 0x10_0000)
    #expect(computer.bytes(at: 0x10_0000, count: 2) == [0x90, 0x90])
  }

  @Test func unknownCompressionUsesTheKernelsOwnDecompressor() throws {
    let computer = try LoadTests.computer()
    let kernel = SyntheticKernel(payload: [UInt8](repeating: 0x1F, count: 64))
    try computer.load(.linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: ""))
    #expect(computer.processors[0].instructionPointer == 0x100_0200)
    #expect(computer.bytes(at: 0x100_0000, count: 2) == [0x90, 0x90])
  }

  @Test func programFindsItsEntryState() throws {
    let computer = try LoadTests.computer(storage: 2 << 20, processors: 2)
    try computer.load(
      .program(GuestProgramImage(bytes: [0x90, 0xF4], entry: 0x10_0001, parameter: "50 100")))
    let processor = computer.processors[0]
    #expect(processor.instructionPointer == 0x10_0001)
    #expect(processor[.rdi] == 2 << 20)
    #expect(processor[.rsi] == 2)
    #expect(processor[.rdx] == 0)
    #expect(computer.bytes(at: processor[.rcx], count: 7) == Array("50 100\0".utf8))
    #expect(computer.memory.load(0x9000, as: UInt64.self) == 0xA003)
    #expect(computer.memory.load(0xB008, as: UInt64.self) == 0x20_0083)
    #expect(computer.status(of: 1) == .waitingForStartup)
  }
}
