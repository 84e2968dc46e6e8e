import Foundation
import Platform
import X86

/// How fast this host runs guests' instructions.
enum HostSpeed {
  private static let cycles: UInt64 = 60_000_000
  /// A loop of arithmetic, a store, a load and a jump, as plain programs are made of.
  private static let loop: [UInt8] = [
    0xBB, 0x00, 0x00, 0x20, 0x00,  // mov ebx, 0x200000
    0x48, 0x01, 0xC8,  // add rax, rcx
    0x48, 0x31, 0xC2,  // xor rdx, rax
    0x48, 0x89, 0x13,  // mov [rbx], rdx
    0x48, 0x8B, 0x33,  // mov rsi, [rbx]
    0x48, 0x0F, 0xAF, 0xF1,  // imul rsi, rcx
    0x48, 0xFF, 0xC9,  // dec rcx
    0xEB, 0xEB,  // jmp add
  ]

  /// Runs the loop for a moment.
  ///
  /// - Returns: Million instructions a second on one core.
  /// - Throws: `HostFailure` when the host has no room for a small partition.
  static func measure() throws(HostFailure) -> Double {
    let computer: Computer
    let cache: CodeCache
    do {
      cache = try CodeCache(fitting: .ordinary, atMost: CachePolicy.shortRunByteCount)
      computer = try Computer(
        ComputerConfiguration(
          name: "SPEED", partitionNumber: 0, maximumProcessors: 1, initialProcessors: 1,
          initialStorage: 4 << 20, maximumStorage: 4 << 20))
      try computer.load(
        .program(GuestProgramImage(bytes: loop, origin: 0x10_0000, entry: 0x10_0000)), at: 0)
    } catch {
      throw .noMemory(for: "a small partition")
    }
    var placement = Placement(processor: 0, start: 0, limit: cycles, megahertz: 1000)
    let began = DispatchTime.now().uptimeNanoseconds
    withUnsafeMutablePointer(to: &placement) {
      computer.run(UnsafeMutableBufferPointer(start: $0, count: 1), until: cycles, cache: cache)
    }
    let nanoseconds = DispatchTime.now().uptimeNanoseconds &- began
    return Double(computer.processors.first?.instructionsRetired ?? 0) * 1000
      / Double(max(nanoseconds, 1))
  }
}
