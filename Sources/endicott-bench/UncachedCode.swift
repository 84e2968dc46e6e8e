// Code that is decoded each time it runs, as it is when a host thread's cache of decoded code is full.
extension InstructionSequence {
  /// 12 MiB full of the same 16 bytes of code, of which each is decoded where it is met, uncharged.
  private init(uncached name: String, mode: InstructionBench.Mode = .long64, _ unit: [UInt8]) {
    self.init("decoded each time: \(name)") { bench in
      bench.processor.chargesCycles = false
      let filled = unit + [UInt8](repeating: 0x90, count: max(0, 16 - unit.count))
      let megabyte = Array(repeatElement(filled, count: 1 << 16).joined())
      for number in UInt64(2)..<14 { bench.store(megabyte, at: number << 20) }
      for (from, target) in [(14, 2), (1, 2)] {
        let distance = UInt32(truncatingIfNeeded: (target - from) << 20 - 5)
        bench.store([0xE9] + Self.little(distance), at: UInt64(from) << 20)
      }
      bench.processor[.rsp] = 15 << 20
      bench.processor[.rbx] = 15 << 20
    }
    self.mode = mode
    cycles = 1 << 20
    cacheByteCount = 32 << 20
  }

  static var uncached: [InstructionSequence] {
    let modes = [InstructionBench.Mode.long64, .protected32]
    return modes.flatMap { mode in
      [
        InstructionSequence(uncached: "JMP, \(mode.rawValue)", mode: mode, [0xEB, 0x0E]),
        InstructionSequence(uncached: "JZ, \(mode.rawValue)", mode: mode, [0x74, 0x0E]),
        InstructionSequence(
          uncached: "CALL, POP, \(mode.rawValue)", mode: mode, [0xE8, 0, 0, 0, 0, 0x58, 0xEB, 8]),
        InstructionSequence(
          uncached: "register instructions, \(mode.rawValue)", mode: mode,
          [
            0x01, 0xC8, 0x31, 0xC2, 0xC1, 0xE2, 3, 0x8D, 0x74, 0x0A, 5, 0x41, 0x85, 0xC0, 0x90,
            0x90,
          ]),
        InstructionSequence(
          uncached: "BTS of storage with prefixes, \(mode.rawValue)", mode: mode,
          [0x64, 0x67, 0x66, 0x0F, 0xAB, 0x43, 0x10, 0x90]),
        InstructionSequence(
          uncached: "CPUID, \(mode.rawValue)", mode: mode, [0x0F, 0xA2, 0xEB, 12]),
        InstructionSequence(
          uncached: "LOCK XADD of storage, \(mode.rawValue)", mode: mode,
          [0xF0, 0x0F, 0xC1, 0x03, 0xF0, 0x0F, 0xC1, 0x43, 8]),
      ]
    } + [acrossPages]
  }

  /// An instruction on each border of pages, which each needs two.
  private static var acrossPages: InstructionSequence {
    var sequence = InstructionSequence(
      "decoded each time: jumps across pages, 64-bit"
    ) { bench in
      bench.processor.chargesCycles = false
      for page in UInt64(0x201)..<0xE00 {
        // JMP rel32 to where the next one begins, two bytes before the page's end.
        bench.store([0xE9] + little(4096 - 5), at: page << 12 - 2)
      }
      bench.store(
        [0xE9] + little(UInt32(truncatingIfNeeded: (0x201 - 0xE00) << 12 - 5)), at: 0xE00 << 12 - 2)
      bench.store([0xE9] + little((0x201 - 0x100) << 12 - 2 - 5), at: 1 << 20)
    }
    sequence.cycles = 1 << 18
    sequence.cacheByteCount = 1 << 17
    return sequence
  }
}
