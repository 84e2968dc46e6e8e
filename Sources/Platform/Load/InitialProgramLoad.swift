import Channels
import Foundation
import X86

// Initial program load: judge everything, then reset, then place. A `LoadError` leaves the
// partition as it was. Linux is started at its 64-bit entry: as an unpacked executable where the
// host can unpack it, else through the decompressor inside the bzImage.
extension Machine {
  /// What a judged Linux kernel puts into storage.
  private enum KernelPlacement {
    case executable(ExecutableImage, [UInt8])
    case compressed(base: UInt64)
  }

  /// Loads an image and makes processor 0 ready to run it.
  ///
  /// - Parameters:
  ///   - image: What to load.
  ///   - time: When; the partition's own time begins here.
  /// - Throws: `LoadError`; the partition is then unchanged.
  package func load(_ image: BootImage, at time: SimulatedTime? = nil) throws(LoadError) {
    switch image {
    case .linux(let kernel, let initrd, let commandLine):
      try loadLinux(kernel, initrd, Array(commandLine.utf8), time)
    case .program(let program):
      try loadProgram(program, time)
    }
    ending = nil
  }

  // MARK: Programs

  private static let parameterLimit = 255

  private func loadProgram(
    _ program: GuestProgramImage, _ time: SimulatedTime?
  ) throws(LoadError) {
    let count = UInt64(program.bytes.count)
    let (end, overflow) = program.origin.addingReportingOverflow(count)
    guard count > 0, !overflow, program.origin >= PCLayout.extendedBase,
      memory.isStorage(0..<PCLayout.extendedBase), memory.isStorage(program.origin..<end)
    else { throw .programMisplaced(origin: program.origin, byteCount: count) }
    guard (program.origin..<end).contains(program.entry) else {
      throw .entryOutsideProgram(entry: program.entry)
    }
    let parameter = Array(program.parameter.utf8)
    guard parameter.count <= Machine.parameterLimit else {
      throw .commandLineTooLong(byteCount: parameter.count, limit: Machine.parameterLimit)
    }
    if let position = parameter.firstIndex(of: 0) { throw .commandLineHasZero(position: position) }
    prepare(time)
    _ = store(parameter + [0], at: PCLayout.programParameter)
    _ = store(program.bytes, at: program.origin)
    enter(program.entry)
    let processor = processors[0]
    processor[.rdi] = memory.attachedByteCount
    processor[.rsi] = UInt64(network.isPresent.count { $0 })
    processor[.rdx] = blockDevices.isEmpty ? 0 : PCLayout.virtioBase
    processor[.rcx] = PCLayout.programParameter
  }

  // MARK: Linux

  private func loadLinux(
    _ kernel: Data, _ initrd: Data?, _ commandLine: [UInt8], _ time: SimulatedTime?
  ) throws(LoadError) {
    let header = try Machine.judge(kernel) { file throws(LoadError) in try LinuxImage(file) }
    try header.check(commandLine: commandLine)
    if let initrd, initrd.isEmpty { throw .emptyInitialDisk }
    let placement = try judgeKernel(kernel, header)
    let disk = try placeInitialDisk(initrd, placement, header)
    prepare(time)
    let parameters = BootParameters(
      setupHeader: header.setupHeader, initialDisk: disk, storage: attachedRanges())
    _ = store(parameters.bytes(), at: PCLayout.zeroPage)
    _ = store(commandLine + [0], at: PCLayout.commandLine)
    _ = initrd?.withUnsafeBytes { memory.write(disk.lowerBound, from: $0) }
    switch placement {
    case .executable(let executable, let bytes):
      place(executable, bytes)
      enter(executable.entry)
    case .compressed(let base):
      _ = kernel.withUnsafeBytes { file in
        let start = header.protectedModeOffset
        let end = min(file.count, start + header.protectedModeByteCount)
        return memory.write(base, from: UnsafeRawBufferPointer(rebasing: file[start..<end]))
      }
      enter(base + 0x200)
    }
    processors[0][.rsi] = PCLayout.zeroPage
  }

  private static func judge<T>(
    _ data: Data, _ body: (UnsafeRawBufferPointer) throws(LoadError) -> T
  ) throws(LoadError) -> T {
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
    try Machine.judge(kernel) { file throws(LoadError) in
      let payload = UnsafeRawBufferPointer(rebasing: file[header.payload])
      guard KernelPayload.isKnown(payload) else {
        return .compressed(base: header.preferredAddress)
      }
      let bytes = try KernelPayload.unpack(payload)
      var executable: ExecutableImage?
      var failure: LoadError?
      bytes.withUnsafeBytes { file in
        do throws(LoadError) { executable = try ExecutableImage(file) } catch { failure = error }
      }
      if let failure { throw failure }
      guard let executable else { return .compressed(base: header.preferredAddress) }
      return .executable(executable, bytes)
    }
  }

  /// Finds room for the initial RAM disk at the top of low storage, above the kernel.
  private func placeInitialDisk(
    _ initrd: Data?, _ placement: KernelPlacement, _ header: LinuxImage
  ) throws(LoadError) -> Range<UInt64> {
    var kernelEnd = header.preferredAddress + header.initialByteCount
    if case .executable(let executable, _) = placement {
      kernelEnd = max(kernelEnd, executable.end)
    }
    let byteCount = UInt64(initrd?.count ?? 0)
    let needed = (kernelEnd + byteCount + 0xFFF) & ~0xFFF
    // Storage without a gap from 0 on; what lies beyond a gap does not hold the kernel.
    let available = attachedRanges().first.map { $0.lowerBound == 0 ? $0.upperBound : 0 } ?? 0
    guard needed <= available else {
      throw .storageTooSmall(needed: needed, available: available)
    }
    guard byteCount > 0 else { return 0..<0 }
    let top = min(available, header.initialDiskLimit + 1)
    guard top >= needed else {
      throw .invalidField(name: "initrd_addr_max", value: header.initialDiskLimit)
    }
    let start = (top - byteCount) & ~0xFFF
    return start..<start + byteCount
  }

  private func place(_ executable: ExecutableImage, _ bytes: [UInt8]) {
    bytes.withUnsafeBytes { file in
      for segment in executable.segments {
        _ = memory.write(
          segment.address, from: UnsafeRawBufferPointer(rebasing: file[segment.fileRange]))
        let end = segment.address + UInt64(segment.fileRange.count)
        clear(end..<segment.address + segment.byteCount)
      }
    }
  }

  /// Makes a range of storage zero, writing only pages that are not.
  private func clear(_ range: Range<UInt64>) {
    let zeros = [UInt8](repeating: 0, count: 4096)
    var address = range.lowerBound
    while address < range.upperBound {
      let count = Int(min(4096 - address % 4096, range.upperBound - address))
      if let found = bytes(at: address, count: count), found.contains(where: { $0 != 0 }) {
        _ = store(Array(zeros[..<count]), at: address)
      }
      address += UInt64(count)
    }
  }

  // MARK: The entry state

  /// Resets the computer, starts its time, and stores what every image finds: tables and page map.
  private func prepare(_ time: SimulatedTime?) {
    reset(clear: false)
    startTime(at: time ?? currentTime)
    let tables = ACPITables(isPresent: network.isPresent, virtioDevices: blockDevices.count)
    let bytes = tables.bytes()
    precondition(bytes.count <= PCLayout.firmwareTableLimit)
    _ = store(bytes, at: PCLayout.firmwareTables)
    _ = store(Machine.resetCode, at: PCLayout.resetVector)
    _ = store(Machine.descriptorTable, at: PCLayout.bootDescriptorTable)
    _ = store(Machine.pageTables, at: PCLayout.bootPageTable)
  }

  /// MOV AL, FEh; OUT 64h, AL; HLT; and again: pulses the reset line.
  ///
  /// Linux on reduced hardware without EFI reboots by a jump to the reset vector.
  private static let resetCode: [UInt8] = [0xB0, 0xFE, 0xE6, 0x64, 0xF4, 0xEB, 0xF9]

  private static let descriptorTable: [UInt8] = [
    0, 0x00CF_9B00_0000_FFFF, 0x00AF_9B00_0000_FFFF, 0x00CF_9300_0000_FFFF,
  ].flatMap { (entry: UInt64) in MachineLanguage.littleEndian(entry) }

  /// PML4, PDPT and four page directories that map 4 GiB one to one in pages of 2 MiB.
  private static let pageTables: [UInt8] = {
    var words = [UInt64](repeating: 0, count: 6 * 512)
    let base = PCLayout.bootPageTable
    words[0] = base + 0x1000 | 3
    for directory in 0..<4 {
      words[512 + directory] = base + 0x2000 + UInt64(directory) * 0x1000 | 3
    }
    for index in 0..<2048 { words[1024 + index] = UInt64(index) << 21 | 0x83 }
    return words.flatMap { MachineLanguage.littleEndian($0) }
  }()

  private func enter(_ entry: UInt64) {
    let processor = processors[0]
    processor.enterLongMode(instructionPointer: entry, pageTable: PCLayout.bootPageTable)
    processor.setGlobalDescriptorTable(
      base: PCLayout.bootDescriptorTable, limit: UInt16(Machine.descriptorTable.count - 1))
    processor[.rsp] = PCLayout.bootStack
  }
}
