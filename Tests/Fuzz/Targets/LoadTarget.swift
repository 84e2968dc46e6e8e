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
      let machine = try? Machine(
        MachineConfiguration(
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
    switch kind & 3 {
    case 0:
      let origin = input.number()
      let entry = input.number()
      return .program(
        GuestProgramImage(
          bytes: input.rest(), origin: kind & 4 == 0 ? 0x10_0000 : origin,
          entry: kind & 8 == 0 ? nil : entry, parameter: kind & 16 == 0 ? "" : "P"))
    case 1:
      let initrd = input.take(Int(input.byte()))
      return .linux(kernel: Data(input.rest()), initrd: Data(initrd), commandLine: "quiet")
    case 2:
      // The fuzzer's bytes are the executable; frame and kernel around them are right.
      let kernel = SyntheticKernel(payload: SyntheticKernel.frame(input.rest()))
      return .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: "")
    default:
      // The fuzzer changes bytes of a right kernel: offset, value, offset, value ...
      var kernel = SyntheticKernel()
      for _ in 0..<(input.byte() & 15) {
        let offset = Int(input.word(UInt16.self)) % max(1, kernel.bytes.count)
        kernel.bytes[offset] = input.byte()
      }
      let cut = input.byte()
      if cut != 0 { kernel.bytes.removeLast(min(kernel.bytes.count, Int(cut) * 41)) }
      return .linux(kernel: Data(kernel.bytes), initrd: nil, commandLine: "")
    }
  }

  static var seeds: [[UInt8]] {
    [
      [0, 4, 0, 0, 0xEB, 0xFE], [1, 63, 0] + SyntheticKernel().bytes,
      [1, 63, 4, 1, 2, 3, 4] + SyntheticKernel(payload: [1, 2, 3]).bytes,
      [2, 63] + SyntheticKernel.executable(), [3, 63, 2, 0x58, 0x02, 1, 0x60, 0x02, 0],
    ]
  }
}
