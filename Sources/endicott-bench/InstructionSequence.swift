import X86

/// A loop that was thought out to cost the host much.
struct InstructionSequence {
  let name: String
  var mode = InstructionBench.Mode.long64
  /// Simulated cycles of a round; nil means what the command says.
  var cycles: Int?
  /// Bytes of decoded code that are kept, at most.
  var cacheByteCount = Int.max
  /// Writes the loop and what it needs; the processor stands before it.
  let build: (InstructionBench) -> Void

  /// A loop of these bytes in 64-bit code, which come back by JMP rel8.
  init(_ name: String, _ bytes: [UInt8], _ change: ((Processor) -> Void)? = nil) {
    self.name = name
    build = { bench in
      let back: [UInt8] = [0xEB, UInt8(truncatingIfNeeded: -(bytes.count + 2))]
      bench.store(bytes + back, at: InstructionBench.start(.long64))
      change?(bench.processor)
    }
  }

  init(_ name: String, build: @escaping (InstructionBench) -> Void) {
    self.name = name
    self.build = build
  }

  static var all: [InstructionSequence] {
    translations + control + exceptions + code + floating + [taskSwitches] + uncached
  }

  /// Two tasks that jump to each other.
  private static var taskSwitches: InstructionSequence {
    var sequence = InstructionSequence("a switch to another task") { bench in
      let (first, second) = (UInt64(0x1_3000), UInt64(0x1_4000))
      let start = InstructionBench.start(.protected32)
      for (task, selector) in [(first, UInt64(0x28)), (second, 0x30)] {
        let type: UInt64 = task == first ? 0x8B : 0x89
        let descriptor = 0x67 | task << 16 & 0xFF_FFFF_0000 | type << 40
        _ = bench.memory.store(descriptor, at: 0x1_0000 + selector)
      }
      bench.processor.setSegment(.tr, selector: 0x28, base: first, limit: 103, attributes: 0x8B)
      for (offset, value) in [(32, start + 64), (36, 2), (56, InstructionBench.data - 0x2000)] {
        _ = bench.memory.store(UInt32(value), at: second + UInt64(offset))
      }
      for (index, selector) in [0x18, 0x08, 0x18, 0x18, 0x18, 0x18].enumerated() {
        _ = bench.memory.store(UInt32(selector), at: second + 72 + UInt64(index) * 4)
      }
      // JMP FAR to the other, and again.
      bench.store([0xEA, 0, 0, 0, 0, 0x30, 0, 0xEB, 0xF7], at: start)
      bench.store([0xEA, 0, 0, 0, 0, 0x28, 0, 0xEB, 0xF7], at: start + 64)
    }
    sequence.mode = .protected32
    return sequence
  }

  private static var translations: [InstructionSequence] {
    [
      InstructionSequence("INVLPG of a 2 MiB page, and a load", [0x0F, 0x01, 0x3B, 0x8B, 0x03]),
      InstructionSequence("INVLPG of a 4 KiB page, and a load", [0x0F, 0x01, 0x3B, 0x8B, 0x03]) {
        $0[.rbx] = 16 << 20
      },
      InstructionSequence(
        "MOV CR3, and three loads",
        [
          0x0F, 0x22, 0xD8, 0x8B, 0x13, 0x8B, 0x93, 0, 0x10, 0, 0, 0x8B, 0x93, 0, 0x20, 0, 0,
        ]
      ) { $0[.rax] = InstructionBench.pageTable },
      InstructionSequence("MOV CR3 alone", [0x0F, 0x22, 0xD8]) {
        $0[.rax] = InstructionBench.pageTable
      },
      InstructionSequence(
        "loads that evict each other",
        [
          0x8B, 0x03, 0x8B, 0x8B, 0, 0, 0x40, 0,
        ]),
      InstructionSequence(
        "stores that evict each other",
        [
          0x89, 0x03, 0x89, 0x8B, 0, 0, 0x40, 0,
        ]),
      InstructionSequence(
        "stores that evict each other, pages of 4 KiB",
        [
          0x89, 0x03, 0x89, 0x8B, 0, 0, 0x40, 0,
        ]
      ) { $0[.rbx] = 12 << 20 },
      InstructionSequence("a load over a page's end", [0x8B, 0x83, 0xFE, 0x0F, 0, 0]),
      InstructionSequence("a load where no storage is", [0x8B, 0x03]) { $0[.rbx] = 1 << 30 },
      InstructionSequence("a store where no storage is", [0x89, 0x03]) { $0[.rbx] = 1 << 30 },
      InstructionSequence("a locked store where no storage is", [0xF0, 0x01, 0x03]) {
        $0[.rbx] = 1 << 30
      },
      InstructionSequence("INVPCID of everything", [0x66, 0x0F, 0x38, 0x82, 0x03]) {
        $0[.rax] = 2
      },
    ]
  }

  private static var control: [InstructionSequence] {
    [
      InstructionSequence(
        "MOV CR0 with another WP each time",
        [
          0x0F, 0x20, 0xC0, 0x35, 0, 0, 1, 0, 0x0F, 0x22, 0xC0,
        ]),
      InstructionSequence(
        "MOV CR4 with another PGE each time",
        [
          0x0F, 0x20, 0xE0, 0x35, 0x80, 0, 0, 0, 0x0F, 0x22, 0xE0,
        ]),
      InstructionSequence(
        "WRMSR EFER with another NXE each time",
        [
          0xB9, 0x80, 0, 0, 0xC0, 0x0F, 0x32, 0x35, 0, 8, 0, 0, 0x0F, 0x30,
        ]),
      InstructionSequence("MOV DR7 that arms a breakpoint", [0x0F, 0x23, 0xF8]) {
        $0[.rax] = 0xD_0402
      },
      InstructionSequence(
        "NOP while a breakpoint is armed",
        [
          0x0F, 0x23, 0xF8, 0x90, 0x90, 0x90, 0x90, 0xEB, 0xFA,
        ]
      ) { $0[.rax] = 0xD_0402 },
      InstructionSequence(
        "a load while a breakpoint is armed",
        [
          0x0F, 0x23, 0xF8, 0x8B, 0x13, 0x8B, 0x13, 0xEB, 0xFA,
        ]
      ) { $0[.rax] = 0xD_0402 },
      InstructionSequence("CPUID 0", [0x31, 0xC0, 0x0F, 0xA2]),
      InstructionSequence("CPUID 7", [0xB8, 7, 0, 0, 0, 0x0F, 0xA2]),
      InstructionSequence("CPUID 0x80000002", [0xB8, 2, 0, 0, 0x80, 0x0F, 0xA2]),
      InstructionSequence("CPUID 0x40000100", [0xB8, 0, 1, 0, 0x40, 0x0F, 0xA2]),
      InstructionSequence(
        "far return to the same privilege",
        [
          0x6A, 0x10, 0x8D, 0x05, 4, 0, 0, 0, 0x50, 0x48, 0xCB, 0x90,
        ]),
      InstructionSequence(
        "IRETQ to the same privilege",
        [
          0x6A, 0x18, 0x55, 0x9C, 0x6A, 0x10, 0x8D, 0x05, 4, 0, 0, 0, 0x50, 0x48, 0xCF, 0x90,
        ]
      ) { $0[.rbp] = InstructionBench.data - 0x1000 },
      InstructionSequence("STI, NOP", [0xFB, 0x90]),
      InstructionSequence("MOV SS, NOP", [0xB8, 0x18, 0, 0, 0, 0x8E, 0xD0, 0x90]),
      InstructionSequence("POPF with TF, NOP", [0x68, 2, 1, 0, 0, 0x9D, 0x90, 0x90, 0x90]),
    ]
  }

  private static var exceptions: [InstructionSequence] {
    [
      InstructionSequence("INT 80h", [0xCD, 0x80]),
      InstructionSequence("INT3", [0xCC]),
      InstructionSequence("UD2", [0x0F, 0x0B]),
      InstructionSequence("#PF", [0x8B, 0x04, 0x25, 0, 0, 0, 0x60]),
      InstructionSequence("#DE", [0xF7, 0xF1]) { $0[.rcx] = 0 },
      InstructionSequence("#GP by RDMSR", [0x0F, 0x32]) { $0[.rcx] = 0x1234_5678 },
      InstructionSequence("#GP by an address that is not canonical", [0x8B, 0x03]) {
        $0[.rbx] = 1 << 60
      },
    ]
  }

  private static var code: [InstructionSequence] {
    [
      InstructionSequence(
        "a store into the loop itself",
        [
          0xFF, 0x05, 1, 0, 0, 0, 0xB8, 0, 0, 0, 0,
        ]),
      InstructionSequence(
        "a store into the loop itself, much code behind",
        build: { bench in
          var bytes: [UInt8] = [0xFE, 0x05, 0x0B, 0, 0, 0]
          for _ in 0..<60 { bytes += [0x83, 0xC2, 1] }
          bytes += [0xE9] + little(UInt32(truncatingIfNeeded: -(bytes.count + 5)))
          bench.store(bytes, at: InstructionBench.start(.long64))
        }),
      InstructionSequence(
        "a store into code that is left at once",
        build: { bench in
          // inc dword [rip + t + 1]; jmp t ... t: mov eax, imm32; jmp start; 60 more instructions.
          var bytes: [UInt8] = [0xFF, 0x05, 0x3B, 0, 0, 0, 0xEB, 0x38]
          bytes += [UInt8](repeating: 0x90, count: 64 - bytes.count)
          bytes += [0xB8, 0, 0, 0, 0, 0x39, 0xC0, 0x74, UInt8(truncatingIfNeeded: -73)]
          for _ in 0..<60 { bytes += [0x83, 0xC2, 1] }
          bench.store(bytes, at: InstructionBench.start(.long64))
        }),
      InstructionSequence(
        "jumps through code that never repeats",
        build: { bench in
          // 2 to 14 MiB full of short jumps over 14 bytes.
          var chunk: [UInt8] = []
          while chunk.count < 1 << 20 {
            chunk += [0xEB, 0x0E] + [UInt8](repeating: 0x90, count: 14)
          }
          for megabyte in UInt64(2)..<14 { bench.store(chunk, at: megabyte << 20) }
          bench.store(
            [0xE9] + little(UInt32(truncatingIfNeeded: (1 << 20) - (14 << 20) - 5)), at: 14 << 20)
          bench.store([0xE9] + little(UInt32((1 << 20) - 5)), at: 1 << 20)
        }),
      InstructionSequence(
        "jumps from page to page, more than the buffer holds",
        build: { bench in
          var chunk: [UInt8] = []
          while chunk.count < 1 << 20 {
            chunk += [0xE9] + little(4096 - 5 + 16)
            chunk += [UInt8](repeating: 0x90, count: 16 - 5)
          }
          for megabyte in UInt64(2)..<14 { bench.store(chunk, at: megabyte << 20) }
          // Past the end all lead back.
          for target in stride(from: UInt64(14 << 20), to: 14 << 20 + 8192, by: 16) {
            bench.store(
              [0xE9] + little(UInt32(truncatingIfNeeded: (1 << 20) - Int(target) - 5)), at: target)
          }
          bench.store([0xE9] + little(UInt32((1 << 20) - 5)), at: 1 << 20)
        }),
      InstructionSequence(
        "code that crosses pages",
        build: { bench in
          // The jump back lies on both sides of a page's end.
          let start = InstructionBench.start(.long64)
          bench.store([0xE9] + little(0xFF9), at: start)
          bench.store([0xE9] + little(UInt32(truncatingIfNeeded: -(0xFFE + 5))), at: start + 0xFFE)
        }),
    ]
  }

  private static var floating: [InstructionSequence] {
    [
      InstructionSequence("FLDPI, FSIN, FSTP", [0xD9, 0xEB, 0xD9, 0xFE, 0xDD, 0xD8]),
      InstructionSequence("FLDL2E, FCOS, FSTP", [0xD9, 0xEA, 0xD9, 0xFF, 0xDD, 0xD8]),
      InstructionSequence(
        "FLDPI, FPTAN, FSTP, FSTP",
        [
          0xD9, 0xEB, 0xD9, 0xF2, 0xDD, 0xD8, 0xDD, 0xD8,
        ]),
      InstructionSequence(
        "FLDPI, FLDL2E, FPATAN, FSTP",
        [
          0xD9, 0xEB, 0xD9, 0xEA, 0xD9, 0xF3, 0xDD, 0xD8,
        ]),
      InstructionSequence(
        "FLDPI, FLDL2E, FYL2X, FSTP",
        [
          0xD9, 0xEB, 0xD9, 0xEA, 0xD9, 0xF1, 0xDD, 0xD8,
        ]),
      InstructionSequence("FLDLN2, F2XM1, FSTP", [0xD9, 0xED, 0xD9, 0xF0, 0xDD, 0xD8]),
      InstructionSequence(
        "FLDPI, FLDL2E, FPREM, FSTP, FSTP",
        [
          0xD9, 0xEB, 0xD9, 0xEA, 0xD9, 0xF8, 0xDD, 0xD8, 0xDD, 0xD8,
        ]),
      InstructionSequence("FLDPI, FBSTP", [0xD9, 0xEB, 0xDF, 0x33]),
      InstructionSequence("FBLD, FSTP", [0xDF, 0x23, 0xDD, 0xD8]),
      InstructionSequence("FXSAVE, FXRSTOR", [0x0F, 0xAE, 0x03, 0x0F, 0xAE, 0x0B]),
      InstructionSequence(
        "DIV of 128 bits",
        [
          0x31, 0xD2, 0xFF, 0xC2, 0x48, 0xF7, 0xF6,
        ]
      ) { $0[.rsi] = 0xFFFF_FFFF_FFFF_FFFE },
    ]
  }

  static func little(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }
}
