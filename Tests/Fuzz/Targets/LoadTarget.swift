import Channels
import Foundation
import X86

@testable import Platform

/// Arbitrary bytes as kernels and programs: a refusal leaves storage untouched, and what was loaded
/// runs a little.
enum LoadTarget: FuzzTarget {
  nonisolated(unsafe) private static let cache = CodeCache()

  static func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    let kind = input.byte()
    let storage = UInt64(1 + (input.byte() & 63)) << 20
    guard
      let machine = try? Computer(
        ComputerConfiguration(
          name: "FUZZ", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
          initialStorage: storage, maximumStorage: storage))
    else { fail("the host has no room for \(storage) bytes") }
    do {
      try machine.load(image(kind, &input), at: 0)
    } catch {
      guard machine.memory.writtenPageCount == 0, machine.ending == .notLoaded,
        !error.description.isEmpty
      else { fail("refused by \(error), but something was done") }
      return
    }
    guard machine.ending == nil else { fail("loaded, but \(String(describing: machine.ending))") }
    var placements = [Placement(processor: 0, start: 0, limit: 2000, megahertz: 1000)]
    placements.withUnsafeMutableBufferPointer { machine.run($0, until: 2000, cache: cache) }
  }

  private static func image(_ kind: UInt8, _ input: inout FuzzInput) -> BootImage {
    let entry: LinuxEntry = kind & 0x20 == 0 ? .automatic : kind & 0x40 == 0 ? .bits32 : .bits64
    switch kind & 7 {
    case 0:
      let origin = input.number()
      let entry = input.number()
      return .program(
        GuestProgramImage(
          bytes: input.rest(), origin: kind & 4 == 0 ? 0x10_0000 : origin,
          entry: kind & 8 == 0 ? nil : entry, parameter: kind & 16 == 0 ? "" : "P"))
    case 1:
      let initrd = input.take(Int(input.byte()))
      return .linux(
        kernel: Data(input.rest()), initrd: Data(initrd), commandLine: "quiet", entry: entry)
    case 2:
      // The fuzzer's bytes are the executable; frame and kernel around them are right.
      let executable = input.rest()
      let padding = [UInt8](repeating: 0, count: max(0, 16 - executable.count))
      let kernel = SyntheticKernel(payload: SyntheticKernel.frame(executable + padding))
      return .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: "", entry: entry)
    case 4, 5:
      var modules: [BootModule] = []
      for number in 0..<(kind >> 4 & 3) {
        modules.append(
          BootModule(contents: Data(input.take(Int(input.byte()))), commandLine: "M\(number)"))
      }
      return .multiboot(image: Data(input.rest()), modules: modules, commandLine: "A B")
    default:
      // The fuzzer changes bytes of a right kernel: offset, value, offset, value ...
      var kernel = SyntheticKernel()
      for _ in 0..<(input.byte() & 15) {
        let offset = Int(input.word(UInt16.self)) % max(1, kernel.bytes.count)
        kernel.bytes[offset] = input.byte()
      }
      let cut = input.byte()
      if cut != 0 { kernel.bytes.removeLast(min(kernel.bytes.count, Int(cut) * 41)) }
      return .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: "", entry: entry)
    }
  }

  /// Header and, at choice, address fields, in front of code that loops.
  private static func multiboot(flags: UInt32, addresses: [UInt32] = []) -> [UInt8] {
    let words = [0x1BAD_B002, flags, 0 &- 0x1BAD_B002 &- flags] + addresses
    return words.flatMap { MachineLanguage.littleEndian($0) } + [0xEB, 0xFE]
  }

  /// A Multiboot header inside a 32-bit ELF with one segment, which is the whole file.
  private static var multibootExecutable: [UInt8] {
    let contents = multiboot(flags: 3)
    let half: [UInt16] = [2, 3]
    let words: [UInt32] = [1, 0x10_0060, 52, 0, 0]
    let sizes: [UInt16] = [52, 32, 1, 40, 0, 0]
    let segment: [UInt32] = [1, 0, 0x10_0000, 0x10_0000, 98, 4096, 7, 4096]
    var file: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 1, 1, 1] + [UInt8](repeating: 0, count: 9)
    file += half.flatMap { MachineLanguage.littleEndian($0) }
    file += words.flatMap { MachineLanguage.littleEndian($0) }
    file += sizes.flatMap { MachineLanguage.littleEndian($0) }
    file += segment.flatMap { MachineLanguage.littleEndian($0) }
    return file + contents
  }

  static var seeds: [[UInt8]] {
    [
      [0, 4, 0, 0, 0xEB, 0xFE], [1, 63, 0] + SyntheticKernel().bytes,
      [1, 63, 4, 1, 2, 3, 4] + SyntheticKernel(payload: [1, 2, 3]).bytes,
      [2, 63] + SyntheticKernel.executable(), [3, 63, 2, 0x58, 0x02, 1, 0x60, 0x02, 0],
      [4, 63] + multibootExecutable, [0x24, 63, 3, 1, 2, 3, 2, 1, 2] + multibootExecutable,
      [4, 63]
        + multiboot(flags: 0x10003, addresses: [0x10_0000, 0x10_0000, 0, 0x11_0000, 0x10_0020]),
    ]
  }
}
