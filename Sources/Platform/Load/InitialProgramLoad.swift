import Channels
import Foundation
import Quantities
import X86

// Initial program load: judge everything, then reset, then place. A `LoadError` leaves the
// partition as it was. Linux is started at its 64-bit entry: as an unpacked executable where the
// host can unpack it, else through the decompressor inside the bzImage; a kernel without a 64-bit
// entry at its 32-bit one.
extension Computer {
  /// What a judged Linux kernel puts into storage.
  private enum KernelPlacement {
    case executable(ExecutableImage, [UInt8])
    case compressed
  }

  /// Loads an image and makes processor 0 ready to run it.
  ///
  /// - Parameters:
  ///   - image: What to load.
  ///   - time: When; the partition's own time begins here.
  /// - Throws: `LoadError`; the partition is then unchanged.
  package func load(_ image: BootImage, at time: SimulatedTime? = nil) throws(LoadError) {
    switch image {
    case .linux(let kernel, let initrd, let commandLine, let entry):
      try loadLinux(kernel, initrd, Array(commandLine.utf8), entry, time)
    case .multiboot(let image, let modules, let commandLine):
      try loadMultiboot(image, modules, Array(commandLine.utf8), time)
    case .program(let program):
      try loadProgram(program, time)
    case .firmware(let image):
      try loadFirmware(image, time)
    }
    values.ending = nil
  }

  // MARK: Programs

  private static let parameterLimit = 255

  private func loadProgram(
    _ program: GuestProgramImage, _ time: SimulatedTime?
  ) throws(LoadError) {
    let count = UInt64(clamping: program.bytes.count)
    let end = program.origin.addingClamped(count)
    let range = Range(uncheckedBounds: (program.origin, end))
    guard count > 0, program.origin.adding(count) == end, program.origin >= PCLayout.extendedBase,
      memory.isStorage(0..<PCLayout.extendedBase), memory.isStorage(range)
    else { throw .programMisplaced(origin: program.origin, byteCount: count) }
    guard range.contains(program.entry) else {
      throw .entryOutsideProgram(entry: program.entry)
    }
    let parameter = Array(program.parameter.utf8)
    guard parameter.count <= Computer.parameterLimit else {
      throw .commandLineTooLong(byteCount: parameter.count, limit: Computer.parameterLimit)
    }
    if let position = parameter.firstIndex(of: 0) { throw .commandLineHasZero(position: position) }
    prepare(time, .long)
    _ = store(parameter + [0], at: PCLayout.programParameter)
    _ = store(program.bytes, at: program.origin)
    enter(program.entry, .long)
    guard let processor = processors.first else { return }
    processor[.rdi] = memory.attachedByteCount
    // Cannot trap: a number of processors.
    processor[.rsi] = UInt64(clamping: network.state.isPresent.count { $0 })
    processor[.rdx] = devicePlaces.first(where: \.hasDisk)?.address ?? 0
    processor[.rcx] = PCLayout.programParameter
  }

  // MARK: Linux

  private func loadLinux(
    _ kernel: Data, _ initrd: Data?, _ commandLine: [UInt8], _ entry: LinuxEntry,
    _ time: SimulatedTime?
  ) throws(LoadError) {
    let header = try Computer.judge(kernel) { file throws(LoadError) in
      try LinuxImage(file, entry: entry)
    }
    try header.check(commandLine: commandLine)
    if let initrd, initrd.isEmpty { throw .emptyInitialDisk }
    let pieces = BootParameters.storageMap(attachedRanges()).count
    guard pieces <= BootParameters.mapLimit else {
      throw .storageInPieces(count: pieces, limit: BootParameters.mapLimit)
    }
    let placement = try judgeKernel(kernel, header)
    let disk = try placeInitialDisk(initrd, placement, header)
    let mode: EntryMode = header.isLongMode ? .long : .linux32
    prepare(time, mode)
    let parameters = BootParameters(
      setupHeader: header.setupHeader, initialDisk: disk, storage: attachedRanges())
    _ = store(parameters.bytes(), at: PCLayout.zeroPage)
    _ = store(commandLine + [0], at: PCLayout.commandLine)
    // Cannot trap: the bytes of a file.
    _ = initrd?.withUnsafeBytes { memory.write(disk.lowerBound, from: $0) }
    switch placement {
    case .executable(let executable, let bytes):
      bytes.withUnsafeBytes { place(executable, $0) }
      enter(executable.entry, mode)
    case .compressed:
      let start = header.protectedModeOffset
      let end = start.addingClamped(header.protectedModeByteCount)
      let range = Range(uncheckedBounds: (start, end))
      // Cannot trap: the bytes of a file.
      _ = kernel.withUnsafeBytes { memory.write(header.loadAddress, from: $0.part(range)) }
      let offset = header.isLongMode ? LinuxImage.longModeEntryOffset : 0
      // The header has judged the address to be in low storage.
      enter(header.loadAddress &+ offset, mode)
    }
    processors.first?[.rsi] = PCLayout.zeroPage
  }

  /// Judges the bytes of a file with a function that may fail.
  static func judge<T>(
    _ data: Data, _ body: (UnsafeRawBufferPointer) throws(LoadError) -> T
  ) throws(LoadError) -> T {
    // Cannot trap: the bytes of a file.
    let result = data.withUnsafeBytes { file in
      do throws(LoadError) {
        return Result<T, LoadError>.success(try body(file))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func judgeKernel(
    _ kernel: Data, _ header: LinuxImage
  ) throws(LoadError) -> KernelPlacement {
    // What the kernel says that it needs is judged before anything is unpacked, and bounds it.
    let available = lowestStorage
    let needed = header.initialEnd.addingClamped(0xFFF) & ~0xFFF
    guard needed <= available else {
      throw .storageTooSmall(needed: needed, available: available)
    }
    return try Computer.judge(kernel) { file throws(LoadError) in
      let payload = file.part(header.payload)
      guard KernelPayload.isKnown(payload) else { return .compressed }
      let bytes = try KernelPayload.unpack(payload, limit: available)
      let format: ExecutableImage.Format = header.isLongMode ? .x86Long : .x86
      let executable = try Computer.judge(Data(bytes)) {
        file throws(LoadError) -> ExecutableImage? in
        // A 64-bit kernel that is entered by the 32-bit protocol unpacks itself.
        if !header.isLongMode, ExecutableImage.format(of: file) == .x86Long { return nil }
        return try ExecutableImage(
          file, format, .kernelExecutable,
          storage: [PCLayout.extendedBase..<PCLayout.lowStorageLimit])
      }
      return executable.map { .executable($0, bytes) } ?? .compressed
    }
  }

  /// The end of storage without a gap from 0 on; what lies beyond a gap does not hold the kernel.
  private var lowestStorage: UInt64 {
    attachedRanges().first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0
  }

  /// Finds room for the initial RAM disk at the top of low storage, above the kernel.
  private func placeInitialDisk(
    _ initrd: Data?, _ placement: KernelPlacement, _ header: LinuxImage
  ) throws(LoadError) -> Range<UInt64> {
    var kernelEnd = header.initialEnd
    if case .executable(let executable, _) = placement {
      kernelEnd = max(kernelEnd, executable.end)
    }
    // Cannot trap: the number of a file's bytes.
    let byteCount = UInt64(clamping: initrd?.count ?? 0)
    let needed = kernelEnd.addingClamped(byteCount).addingClamped(0xFFF) & ~0xFFF
    let available = lowestStorage
    guard needed <= available else {
      throw .storageTooSmall(needed: needed, available: available)
    }
    guard byteCount > 0 else { return 0..<0 }
    let top = min(available, header.initialDiskLimit.addingClamped(1))
    guard top >= needed, let last = top.subtracting(byteCount) else {
      throw .wrongField(
        .setupHeader, "initrd_addr_max", found: header.initialDiskLimit,
        needed: "at least \(LoadError.hexadecimal(needed &- 1))")
    }
    let start = last & ~0xFFF
    return Range(uncheckedBounds: (start, start &+ byteCount))
  }

  /// Puts an executable's segments into storage.
  func place(_ executable: ExecutableImage, _ file: UnsafeRawBufferPointer) {
    for segment in executable.segments {
      let contents = file.part(segment.fileRange)
      _ = memory.write(segment.address, from: contents)
      let end = segment.address.addingClamped(UInt64(clamping: contents.count))
      clear(from: end, to: segment.range.upperBound)
    }
  }

  /// Makes a range of storage zero, writing only pages that are not.
  private func clear(from start: UInt64, to end: UInt64) {
    var address = start
    while address < end {
      let count = min(4096 &- address % 4096, end &- address)
      let isClear = bytes(at: address, count: Int(clamping: count))?.allSatisfy { $0 == 0 }
      if isClear == false {
        _ = store([UInt8](repeating: 0, count: Int(clamping: count)), at: address)
      }
      address &+= count
    }
  }

  // MARK: The entry state

  /// The state in which an image is entered.
  enum EntryMode {
    /// 64-bit mode with CS 0x10 and DS 0x18, paging one to one.
    case long
    /// Flat 32-bit protected mode with CS 0x10 and DS 0x18 (Linux 32-bit boot protocol).
    case linux32
    /// Flat 32-bit protected mode; the image brings its own descriptor table.
    case flat32
  }

  /// Resets the computer, starts its time, and stores what every image finds, and what the entry
  /// state needs.
  func prepare(_ time: SimulatedTime?, _ mode: EntryMode) {
    reset(clear: false)
    startTime(at: time ?? values.currentTime)
    storeFirmwareTables(withBIOSData: mode == .flat32)
    _ = store(Computer.resetCode, at: PCLayout.resetVector)
    if mode != .flat32 {
      _ = store(Computer.descriptorTable(mode), at: PCLayout.bootDescriptorTable)
    }
    if mode == .long { _ = store(Computer.pageTables, at: PCLayout.bootPageTable) }
    connectControllers()
  }

  /// MOV AL, FEh; OUT 64h, AL; HLT; and again: pulses the reset line.
  ///
  /// Linux on reduced hardware without EFI reboots by a jump to the reset vector.
  private static let resetCode: [UInt8] = [0xB0, 0xFE, 0xE6, 0x64, 0xF4, 0xEB, 0xF9]

  /// Null, 32-bit code, code of the entry's width, data.
  private static func descriptorTable(_ mode: EntryMode) -> [UInt8] {
    let code32: UInt64 = 0x00CF_9B00_0000_FFFF
    let code: UInt64 = mode == .long ? 0x00AF_9B00_0000_FFFF : code32
    // Cannot trap: four elements.
    return [0, code32, code, 0x00CF_9300_0000_FFFF].flatMap { MachineLanguage.littleEndian($0) }
  }

  /// PML4, PDPT and four page directories that map 4 GiB one to one in pages of 2 MiB.
  private static let pageTables: [UInt8] = {
    let base = PCLayout.bootPageTable
    // A page of the table at an offset: its first entries, the others zero.
    func page(_ entries: [UInt64]) -> [UInt64] {
      // Cannot trap: a count that is not negative.
      entries + [UInt64](repeating: 0, count: max(0, 512 &- entries.count))
    }
    let directories = (0..<4).map { base &+ 0x2000 &+ UInt64($0) &* 0x1000 | 3 }
    let pages = (0..<2048).map { UInt64($0) << 21 | 0x83 }
    return (page([base &+ 0x1000 | 3]) + page(directories) + pages)
      // Cannot trap: 24 KiB.
      .flatMap { MachineLanguage.littleEndian($0) }
  }()

  private func enter(_ entry: UInt64, _ mode: EntryMode) {
    guard let processor = processors.first else { return }
    switch mode {
    case .long:
      processor.enterLongMode(instructionPointer: entry, pageTable: PCLayout.bootPageTable)
    case .linux32, .flat32:
      processor.enterProtectedFlat32(instructionPointer: entry)
      for register in [SegmentRegister.es, .ss, .ds, .fs, .gs] {
        processor.setSegment(
          register, selector: 0x18, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC093)
      }
      processor.setSegment(
        .cs, selector: 0x10, base: 0, limit: 0xFFFF_FFFF, attributes: 0xC09B)
    }
    processor.setGlobalDescriptorTable(
      base: PCLayout.bootDescriptorTable,
      limit: UInt16(clamping: Computer.descriptorTable(mode).count &- 1))
    processor[.rsp] = PCLayout.bootStack
  }
}
