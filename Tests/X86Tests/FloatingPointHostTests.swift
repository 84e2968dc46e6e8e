import Testing

@testable import X86

/// x87 instructions against the host's own unit: results, status word with TOP, tags, storage.
///
/// Oracle: the processor that the tests run on, an AMD one where it matters (C1 after FCMOV and
/// FCOMI). The transcendental functions are compared by value in another suite.
struct FloatingPointHostTests {
  /// F2XM1 FYL2X FPTAN FPATAN FYL2XP1 FSINCOS FSIN FCOS: D9 with these low bits.
  static let transcendental: Set<UInt8> = [0x30, 0x31, 0x32, 0x33, 0x39, 0x3B, 0x3E, 0x3F]

  private static func forms() -> [[UInt8]] {
    var forms: [[UInt8]] = []
    for opcode in UInt8(0xD8)...0xDF {
      for form in UInt8(0)..<64 {
        guard FloatingPointUnit.isDefined(opcode: opcode, form: form) else { continue }
        if opcode == 0xD9 && transcendental.contains(form) { continue }
        if opcode == 0xDB && form == 0x24 { continue }  // FSETPM
        forms.append([opcode, 0xC0 | form])
      }
      for group in UInt8(0)..<8 {
        switch FloatingPointUnit.access(opcode: opcode, group: group) {
        case .load, .store, .storeControl, .storeStatus: forms.append([opcode, group << 3 | 6])
        default: break
        }
      }
    }
    return forms
  }

  /// Fills the storage operand with a number of one of the formats.
  private static func fill(_ state: inout UnitState, _ source: inout OperandSource) {
    switch source.below(3) {
    case 0:
      let (fraction, exponent) = source.extended()
      for byte in 0..<8 { state.storage[byte] = UInt8(truncatingIfNeeded: fraction >> (byte * 8)) }
      state.storage[8] = UInt8(truncatingIfNeeded: exponent)
      state.storage[9] = UInt8(truncatingIfNeeded: exponent >> 8)
    case 1:
      for byte in 0..<9 { state.storage[byte] = UInt8(source.below(10) | source.below(10) << 4) }
      state.storage[9] = source.below(2) == 0 ? 0x80 : 0
    default: break
    }
  }

  @Test(arguments: [UInt64(0x5EED_8701), 0x5EED_8702])
  func matchesTheHost(seed: UInt64) throws {
    let native = try #require(NativeUnits())
    let guest = try GuestUnits()
    var source = OperandSource(seed: seed)
    var cases = 0
    let forms = Self.forms()
    for bytes in forms {
      #expect(try guest.prepare(bytes), "not decoded: \(bytes)")
      for repetition in 0..<(bytes[1] < 0xC0 ? 600 : 120) {
        var before = source.state(unmasks: true)
        if bytes[1] < 0xC0 { Self.fill(&before, &source) }
        let expected = repetition == 0 ? native.run(bytes, before) : native.runAgain(before)
        cases += 1
        if let difference = guest.run(before).difference(from: expected) {
          Issue.record(
            "seed \(seed), \(UnitState.hex(ArraySlice(bytes.reversed()))): \(difference)")
          break
        }
      }
    }
    print("x87 forms: \(forms.count), cases: \(cases), seed \(seed)")
    #expect(cases >= 50_000)
  }

  /// FNSTENV and FLDENV in both sizes, with the pointers that FXRSTOR loaded before.
  @Test(arguments: [[0xD9, 0x36], [0x66, 0xD9, 0x36], [0xD9, 0x26], [0x66, 0xD9, 0x26]])
  func movesEnvironmentsLikeTheHost(bytes: [UInt8]) throws {
    let native = try #require(NativeUnits())
    let guest = try GuestUnits()
    #expect(try guest.prepare(bytes))
    var source = OperandSource(seed: 0x5EED_00E7)
    for repetition in 0..<2000 {
      var before = source.state(unmasks: true)
      for index in [6, 8, 9, 10, 11, 16, 17, 18, 19] {
        before.image[index] = UInt8(truncatingIfNeeded: source.next())
      }
      before.image[7] = UInt8(source.below(8))
      let expected = repetition == 0 ? native.run(bytes, before) : native.runAgain(before)
      let actual = guest.run(before)
      var difference = actual.difference(from: expected)
      // The host's kernel loses the pointers when it switches threads in between (AMD's FXSAVE).
      for _ in 0..<4 where difference != nil {
        difference = actual.difference(from: native.run(bytes, before))
      }
      if let difference {
        Issue.record("\(UnitState.hex(ArraySlice(bytes.reversed()))): \(difference)")
        break
      }
    }
  }
}
