import ArgumentParser
import X86

/// What each instruction costs the host, a simulated cycle, beside an ordinary instruction.
struct InstructionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instructions",
    abstract: "Host time of every instruction by simulated cycle, beside an ordinary one.",
    discussion: """
      Every opcode of the four maps runs in a loop in 64-bit, 32-bit and 16-bit code, with each \
      prefix that selects an instruction, with each value of ModRM.reg, with a register and with an \
      operand in storage; where it faults, the exception belongs to it. Then come sequences that were \
      thought out to be slow, and loops that keep the devices of a computer of 64 processors busy. \
      Shown are the worst.
      """)

  @Option(help: "Simulated cycles of each loop.")
  var cycles = 4_000

  @Option(help: "How many to show.")
  var worst = 10

  @Flag(help: "Leave the opcode maps out.")
  var sequences = false

  @Flag(help: "Show the devices only.")
  var devices = false

  @Option(help: "Show the sequences only whose names contain this.")
  var only: String?

  func run() throws {
    let bench = try InstructionBench()
    let ordinary = try ordinaryNanoseconds(bench)
    print("an ordinary instruction: \(text(ordinary)) ns")
    if !devices { try showInstructions(bench, ordinary) }
    guard only == nil else { return }
    let loops = try DeviceLoop.all.compactMap { loop in
      try loop.nanosecondsPerCycle(epochs: 5).map {
        Finding(name: loop.name, bytes: [], cost: $0)
      }
    }
    print("devices: \(loops.count) of \(DeviceLoop.all.count)")
    show(loops, ordinary, all: true)
  }

  private func showInstructions(_ bench: InstructionBench, _ ordinary: Double) throws {
    if !sequences, only == nil { showMaps(bench, ordinary) }
    let chosen = InstructionSequence.all.filter { only.map($0.name.contains) ?? true }
    let sequences = try chosen.compactMap { sequence -> Finding? in
      try bench.limitCache(to: sequence.cacheByteCount)
      bench.prepare(sequence.mode, code: [])
      sequence.build(bench)
      return bench.nanosecondsPerCycle(cycles: sequence.cycles ?? cycles * 25).map {
        Finding(name: sequence.name, bytes: [], cost: $0)
      }
    }
    print("sequences: \(sequences.count) of \(chosen.count)")
    show(sequences, ordinary, all: true)
  }

  private func showMaps(_ bench: InstructionBench, _ ordinary: Double) {
    for mode in InstructionBench.Mode.allCases {
      let forms = InstructionForm.all
      var found: [Finding] = []
      for form in forms {
        guard let cost = measure(bench, mode, form.bytes, cycles) else { continue }
        found.append(Finding(name: form.name, bytes: form.bytes, cost: cost))
      }
      print("\(mode.rawValue) code: \(found.count) of \(forms.count) go on for ever")
      // The worst again, for longer: one measurement may have met an interruption.
      let again = found.sorted { $0.cost > $1.cost }.prefix(worst * 4).compactMap { finding in
        measure(bench, mode, finding.bytes, cycles * 10).map {
          Finding(name: finding.name, bytes: finding.bytes, cost: $0)
        }
      }
      show(Array(again), ordinary)
    }
  }

  /// The mean of a mix of register instructions, without storage.
  private func ordinaryNanoseconds(_ bench: InstructionBench) throws -> Double {
    bench.prepare(
      .long64,
      code: [
        0x48, 0x01, 0xC8,  // add rax, rcx
        0x48, 0x31, 0xC2,  // xor rdx, rax
        0x48, 0xC1, 0xE2, 0x03,  // shl rdx, 3
        0x48, 0x8D, 0x74, 0x0A, 0x05,  // lea rsi, [rdx + rcx + 5]
        0x48, 0xFF, 0xC9,  // dec rcx
        0xEB, 0xEC,  // jmp to the start
      ])
    guard let cost = bench.nanosecondsPerCycle(cycles: 1_000_000) else {
      throw ValidationError("the loop stopped")
    }
    return cost
  }

  private func measure(
    _ bench: InstructionBench, _ mode: InstructionBench.Mode, _ bytes: [UInt8], _ cycles: Int
  ) -> Double? {
    var code = bytes
    if let length = bench.length(mode, bytes + [UInt8](repeating: 0x90, count: 15)) {
      code = Array((bytes + [UInt8](repeating: 0x90, count: 15)).prefix(length))
      // JMP rel8 back, where it reaches.
      code += [0xEB, UInt8(truncatingIfNeeded: -(code.count + 2))]
    }
    bench.prepare(mode, code: code)
    return bench.nanosecondsPerCycle(cycles: cycles)
  }

  private func show(_ findings: [Finding], _ ordinary: Double, all: Bool = false) {
    let sorted = findings.sorted { $0.cost > $1.cost }
    for finding in all ? sorted[...] : sorted.prefix(worst) {
      print(
        "  \(text(finding.cost / ordinary, 0)) times, \(text(finding.cost, 0)) ns: \(finding.name)")
    }
  }

  private struct Finding {
    let name: String
    let bytes: [UInt8]
    /// Host nanoseconds a cycle.
    let cost: Double
  }
}

/// One form of an instruction: prefixes, opcode, ModRM.
struct InstructionForm {
  let name: String
  let bytes: [UInt8]

  /// Every opcode of the maps with no prefix, 66, F3 and F2, REX.W before the first, each ModRM.reg,
  /// R/M = RCX or [RBX].
  static let all: [InstructionForm] = {
    var forms: [InstructionForm] = []
    let maps: [[UInt8]] = [[], [0x0F], [0x0F, 0x38], [0x0F, 0x3A]]
    let prefixes: [[UInt8]] = [[], [0x66], [0xF3], [0xF2], [0x48]]
    for map in maps {
      for opcode in UInt8.min...UInt8.max {
        for prefix in prefixes {
          for register in UInt8(0)..<8 {
            // Memory by [RBX] or 16-bit [BP + DI]; a register.
            for modRM in [register << 3 | 3, 0xC1 | register << 3] {
              let bytes = prefix + map + [opcode, modRM]
              let name = bytes.map { String($0, radix: 16, uppercase: true) }.joined(separator: " ")
              forms.append(InstructionForm(name: name, bytes: bytes))
            }
          }
        }
      }
    }
    return forms
  }()
}
