import ArgumentParser
import X86

/// Simulated instructions a second of small loops, by what they do.
struct LoopsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "loops", abstract: "MIPS of small loops on the bare processor.")

  @Option(help: "Millions of instructions of each loop.")
  var millions = 200

  func run() throws {
    for loop in Loop.all {
      let start = HostUse.processorSeconds
      let done = try loop.run(cycles: millions * 1_000_000)
      let seconds = HostUse.processorSeconds - start
      print("\(loop.name): \(text(Double(done) / seconds / 1e6, 0)) MIPS")
    }
  }
}

/// An endless loop of machine code, run in 64-bit mode at privilege level 0.
private struct Loop {
  let name: String
  let code: [UInt8]

  static let all = [
    Loop(
      name: "registers",
      code: [
        0x48, 0x01, 0xC8,  // add rax, rcx
        0x48, 0x31, 0xC2,  // xor rdx, rax
        0x48, 0xC1, 0xE2, 0x03,  // shl rdx, 3
        0x48, 0x8D, 0x74, 0x0A, 0x05,  // lea rsi, [rdx + rcx + 5]
        0x48, 0xFF, 0xC9,  // dec rcx
        0x75, 0xEC,  // jnz to the start
        0xEB, 0xEA,  // jmp to the start
      ]),
    Loop(
      name: "storage",
      code: [
        0x48, 0x8B, 0x03,  // mov rax, [rbx]
        0x48, 0x01, 0x43, 0x08,  // add [rbx + 8], rax
        0x8B, 0x53, 0x10,  // mov edx, [rbx + 16]
        0x88, 0x53, 0x18,  // mov [rbx + 24], dl
        0xEB, 0xF1,  // jmp to the start
      ]),
    Loop(
      name: "calls",
      code: [
        0xE8, 0x02, 0x00, 0x00, 0x00,  // call over the jump
        0xEB, 0xF9,  // jmp to the start
        0x55,  // push rbp
        0x5D,  // pop rbp
        0xC3,  // ret
      ]),
  ]

  func run(cycles: Int) throws -> Int {
    let memory = try GuestMemory(maximumByteCount: 4 << 20)
    memory.attach(0..<(4 << 20))
    _ = memory.store(UInt64(0xA003), at: 0x9000)
    _ = memory.store(UInt64(0xB003), at: 0xA000)
    _ = memory.store(UInt64(0x83), at: 0xB000)
    _ = memory.store(UInt64(0x20_0083), at: 0xB008)
    code.withUnsafeBytes { _ = memory.write(0x10_0000, from: $0) }
    let context = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
    defer { context.deallocate() }
    let processor = try Processor(
      number: 0, memory: memory,
      identification: Identification(processorCount: 1, processorNumber: 0), bus: nothingThere,
      context: context)
    processor.enterLongMode(instructionPointer: 0x10_0000, pageTable: 0x9000)
    processor[.rbx] = 0x20_0000
    processor[.rsp] = 0x20_1000
    processor.beginSlice(at: 0, remainder: 0, megahertz: 1000)
    _ = processor.run(cycles: cycles, cache: CodeCache())
    return processor.cyclesUsed
  }
}

/// A bus without devices.
private func nothingThere(
  _ context: UnsafeMutableRawPointer, _ processor: Int32, _ access: UInt32, _ address: UInt64,
  _ size: Int32, _ value: UnsafeMutablePointer<UInt64>
) -> Bool { false }
