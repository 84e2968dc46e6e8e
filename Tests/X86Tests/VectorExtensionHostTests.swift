import Testing

@testable import X86

/// SSE3, SSSE3, SSE4.1 and SSE4.2 instructions against the host's own units, in register and memory
/// forms, under random rounding, DAZ and FTZ.
///
/// Oracle: the processor that the tests run on; what it does not have is not compared.
struct VectorExtensionHostTests {
  /// One opcode after 0F, under one prefix.
  struct Form: CustomTestStringConvertible {
    enum Registers { case vectors, narrow, toGeneral, fromGeneral, generals, memoryOnly }

    let feature: ProcessorFeatures
    let prefix: UInt8?
    let opcode: [UInt8]
    var hasImmediate = false
    var registers = Registers.vectors

    var testDescription: String {
      (prefix.map { [$0] } ?? []).map { hex(UInt64($0)) }.joined()
        + opcode.map { " " + hex(UInt64($0)) }.joined()
    }
  }

  private static func forms(
    _ feature: ProcessorFeatures, _ prefix: UInt8?, _ opcodes: [UInt8], map: UInt8? = 0x38,
    _ registers: Form.Registers = .vectors
  ) -> [Form] {
    opcodes.map {
      Form(
        feature: feature, prefix: prefix, opcode: (map.map { [$0] } ?? []) + [$0],
        hasImmediate: map == 0x3A, registers: registers)
    }
  }

  private static let supplemental = Array(UInt8(0)...0x0B) + [0x1C, 0x1D, 0x1E]
  private static let packed: [UInt8] =
    [0x10, 0x14, 0x15, 0x17] + Array(0x20...0x25) + [0x28, 0x29, 0x2B] + Array(0x30...0x35)
    + Array(0x38...0x41)

  static let all: [Form] =
    forms(.sse3, 0xF2, [0x12, 0x7C, 0x7D, 0xD0], map: nil)
    + forms(.sse3, 0xF3, [0x12, 0x16], map: nil)
    + forms(.sse3, 0x66, [0x7C, 0x7D, 0xD0], map: nil)
    + forms(.sse3, 0xF2, [0xF0], map: nil, .memoryOnly)
    + forms(.ssse3, nil, supplemental, .narrow) + forms(.ssse3, 0x66, supplemental)
    + forms(.ssse3, nil, [0x0F], map: 0x3A, .narrow) + forms(.ssse3, 0x66, [0x0F], map: 0x3A)
    + forms(.sse41, 0x66, packed) + forms(.sse41, 0x66, [0x2A], .memoryOnly)
    + forms(.sse41, 0x66, Array(0x08...0x0E) + [0x21, 0x40, 0x41, 0x42], map: 0x3A)
    + forms(.sse41, 0x66, Array(0x14...0x17), map: 0x3A, .toGeneral)
    + forms(.sse41, 0x66, [0x20, 0x22], map: 0x3A, .fromGeneral)
    + forms(.sse42, 0x66, [0x37]) + forms(.sse42, 0x66, Array(0x60...0x63), map: 0x3A)
    + forms(.sse42, 0xF2, [0xF0, 0xF1], .generals)

  /// Bytes of one instruction with random operands.
  private static func instruction(
    _ form: Form, inMemory: Bool, _ source: inout OperandSource
  ) -> [UInt8] {
    let general: [UInt8] = [0, 1, 2, 7]
    let rm: UInt8 = inMemory ? 6 : general[source.below(4)]
    // REX.W where it chooses the width of a general register, REX.R and REX.B where both are XMM.
    let rexes: [UInt8] =
      switch form.registers {
      case .vectors: [0, 0, 0x44, inMemory ? 0x44 : 0x41, inMemory ? 0 : 0x45, 0x48]
      case .narrow: [0, 0x40]
      case .toGeneral, .fromGeneral: [0, 0x48, 0x44, 0x4C]
      case .generals: [0, 0x48, 0x40]
      case .memoryOnly: [0, 0x44]
      }
    var bytes = form.prefix.map { [$0] } ?? []
    if form.registers == .generals, form.opcode.last == 0xF1, source.below(3) == 0 {
      bytes = [0x66] + bytes
    }
    let rex = rexes[source.below(rexes.count)]
    if rex != 0 { bytes.append(rex) }
    bytes += [0x0F] + form.opcode + [(inMemory ? 0 : 0xC0) | general[source.below(4)] << 3 | rm]
    if form.hasImmediate { bytes.append(UInt8(truncatingIfNeeded: source.next())) }
    return bytes
  }

  /// Lengths for PCMPESTR*, and strings with zeros and common bytes in them.
  private static func adapt(_ state: inout UnitState, _ source: inout OperandSource) {
    state.general = state.general.map {
      source.below(2) == 0 ? UInt64(bitPattern: Int64(source.below(40) - 20)) : $0
    }
    guard source.below(2) == 0 else { return }
    for index in Array(160..<416) where source.below(8) != 0 {
      state.image[index] = UInt8(source.below(4)) + (source.below(16) == 0 ? 0x7F : 0)
    }
    for index in state.storage.indices { state.storage[index] = UInt8(source.below(4)) }
  }

  @Test(
    .enabled(if: HostFeatures.isOurMake, HostFeatures.isOtherMake),
    arguments: all)
  func matchesTheHost(_ form: Form) throws {
    let native = try #require(NativeUnits())
    guard NativeUnits.has(form.feature) else {
      print("SKIPPED: this host does not have \(form)")
      return
    }
    let guest = try GuestUnits(features: form.feature)
    let without = try GuestUnits(features: ProcessorFeatures.all.subtracting(form.feature))
    let seed = form.opcode.reduce(UInt64(form.prefix ?? 0)) { $0 << 8 | UInt64($1) }
    var source = OperandSource(seed: seed)
    for inMemory in form.registers == .memoryOnly ? [true] : [false, true] {
      for _ in 0..<24 {
        let bytes = Self.instruction(form, inMemory: inMemory, &source)
        #expect(try guest.prepare(bytes), "not decoded: \(bytes)")
        #expect(try !without.prepare(bytes), "decoded without its feature: \(bytes)")
        _ = try guest.prepare(bytes)
        for repetition in 0..<25 {
          var before = source.state()
          Self.adapt(&before, &source)
          let expected = repetition == 0 ? native.run(bytes, before) : native.runAgain(before)
          if let difference = guest.run(before).difference(from: expected) {
            Issue.record(
              "seed \(seed), \(UnitState.hex(ArraySlice(bytes.reversed()))): \(difference)")
            return
          }
        }
      }
    }
  }
}
