import Testing

@testable import X86

/// MMX, SSE and SSE2 instructions against the host's own units.
///
/// Oracle: the processor that the tests run on. RCPPS and RSQRTPS are not compared: their last bits
/// are each maker's own, and ours are defined in CHost.
struct VectorHostTests {
  private static let prefixes: [[UInt8]] = [[], [0x66], [0xF3], [0xF2]]

  /// Opcodes whose ModRM.rm (first list) or ModRM.reg is a general register, by prefix number.
  private static func usesGeneralRegister(_ prefix: Int, _ opcode: UInt8) -> Bool {
    switch opcode {
    case 0x2A, 0x2C, 0x2D: prefix > 1
    case 0x50, 0x6E, 0xC3, 0xC4, 0xC5, 0xD7: true
    case 0x7E: prefix < 2
    default: false
    }
  }

  private static func hasImmediate(_ opcode: UInt8) -> Bool {
    (0x70...0x73).contains(opcode) || opcode == 0xC2 || (0xC4...0xC6).contains(opcode)
  }

  private static func isOurs(_ opcode: UInt8) -> Bool {
    switch opcode {
    case 0x10...0x17, 0x28...0x2F, 0x50, 0x51, 0x54...0x76, 0x7E, 0x7F, 0xC2...0xC6, 0xD1...0xEF,
      0xF1...0xF6, 0xF8...0xFE:
      true
    default: false
    }
  }

  /// Bytes of one instruction with random operands.
  private static func instruction(
    _ prefix: Int, _ opcode: UInt8, inMemory: Bool, _ source: inout OperandSource
  ) -> [UInt8] {
    let general = usesGeneralRegister(prefix, opcode)
    let registers: [UInt8] = [0, 1, 2, 7]
    var rex: UInt8 = general && source.below(2) == 0 ? 0x48 : 0
    if !general { rex = [0, 0, 0x41, 0x44, 0x45][source.below(5)] }
    if inMemory { rex &= ~1 }
    let reg: UInt8 =
      (0x71...0x73).contains(opcode)
      ? [2, 3, 4, 6, 7][source.below(5)] : registers[source.below(4)]
    let rm: UInt8 = inMemory ? 6 : registers[source.below(4)]
    var bytes = prefixes[prefix]
    if rex != 0 { bytes.append(rex | 0x40) }
    bytes += [0x0F, opcode, (inMemory ? 0 : 0xC0) | reg << 3 | rm]
    if hasImmediate(opcode) {
      let choices = opcode == 0xC2 ? 8 : opcode < 0x74 && opcode > 0x70 ? 72 : 256
      bytes.append(UInt8(source.below(choices)))
    }
    return bytes
  }

  @Test(arguments: [UInt64(0x5EED_0001), 0x5EED_0002])
  func matchesTheHost(seed: UInt64) throws {
    let native = try #require(NativeUnits())
    let guest = try GuestUnits(features: .baseline)
    var source = OperandSource(seed: seed)
    var forms = 0
    var cases = 0
    for prefix in 0..<4 {
      for opcode in UInt8(0x10)...0xFE where Self.isOurs(opcode) {
        for inMemory in [false, true] {
          var isForm = false
          for _ in 0..<12 {
            let bytes = Self.instruction(prefix, opcode, inMemory: inMemory, &source)
            guard try guest.prepare(bytes) else { continue }
            isForm = true
            for repetition in 0..<16 {
              let before = source.state()
              let expected =
                repetition == 0 ? native.run(bytes, before) : native.runAgain(before)
              let actual = guest.run(before)
              cases += 1
              if let difference = actual.difference(from: expected) {
                Issue.record(
                  "seed \(seed), \(UnitState.hex(ArraySlice(bytes.reversed()))): \(difference)")
                break
              }
            }
          }
          if isForm { forms += 1 }
        }
      }
    }
    print("vector forms: \(forms), cases: \(cases), seed \(seed)")
    #expect(forms > 300)
    #expect(cases >= 50_000)
  }
}
