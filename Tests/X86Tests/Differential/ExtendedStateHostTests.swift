import TestSupport
import Testing
import X86

/// XRSTOR and XSAVE of random areas; oracle: the host's processor.
@Suite("Extended states against the host's", .serialized)
struct ExtendedStateHostTests {
  private static let restores: [[UInt8]] = [[0x0F, 0xAE, 0x2E], [0x48, 0x0F, 0xAE, 0x2E]]
  private static let saves: [[UInt8]] = [
    [0x0F, 0xAE, 0x27], [0x48, 0x0F, 0xAE, 0x27], [0x0F, 0xAE, 0x37], [0x48, 0x0F, 0xAE, 0x37],
  ]

  /// An area whose x87 part is one that FXSAVE could have written.
  private static func area(_ random: inout RandomNumbers, present: UInt8) -> [UInt8] {
    var area = (0..<512).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let control = UInt16(truncatingIfNeeded: random.next()) & 0x0F3F | 0x40
    let status = UInt16(truncatingIfNeeded: random.next()) & 0x7F00
    let mxcsr: UInt32 = 0x1F80 | UInt32(truncatingIfNeeded: random.next()) & 0xE03F
    let words: [(Int, UInt32, Int)] = [
      (0, UInt32(control), 2), (2, UInt32(status), 2), (24, mxcsr, 4),
    ]
    for (offset, value, count) in words {
      for index in 0..<count { area[offset + index] = UInt8(value >> UInt32(8 * index) & 0xFF) }
    }
    for index in 5..<24 { area[index] = 0 }
    for register in 0..<8 {
      for index in 42..<48 { area[16 * register + index] = 0 }
    }
    if random.oneIn(4) { for index in 160..<416 { area[index] = 0 } }
    return area + [present] + [UInt8](repeating: 0, count: 63)
  }

  @Test(
    "what XRSTOR loads and XSAVE writes, oracle: the host's processor",
    .enabled(if: HostFeatures.isOurMake, HostFeatures.isOtherMake))
  func restoreAndSave() throws {
    guard let native = NativeProcessor(), Self.hasXSAVE(native) else {
      print("SKIPPED: this host has no XSAVE")
      return
    }
    let simulated = try SimulatedProcessor(features: .all)
    simulated.processor.cr4 |= 1 << 18
    var setup = UserState(
      registers: [UInt64](repeating: 0, count: 16), flags: 0, data: [0])
    setup.registers[0] = 3
    setup.registers[4] = UserLayout.data + 2048
    #expect(simulated.run([0x0F, 0x01, 0xD1], &setup) == .completed)
    let seed = DifferentialTests.setting("ENDICOTT_SEED", otherwise: 20_260_110)
    var random = RandomNumbers(seed: seed)
    let image = Array(Self.area(&random, present: 0).prefix(512))
    for number in 0..<4000 {
      var start = UserState(
        registers: [UInt64](repeating: 0, count: 16), flags: 0,
        data: [UInt8](repeating: 0xAA, count: 4096), floatingPoint: image)
      start.registers[0] = random.next() << 2 | UInt64(random.below(4))
      start.registers[2] = 0
      start.registers[0] &= 3
      start.registers[4] = UserLayout.data + 4000
      start.registers[6] = UserLayout.data + 1024
      start.registers[7] = UserLayout.data
      let area = Self.area(&random, present: UInt8(random.below(4)))
      start.data.replaceSubrange(1024..<1024 + area.count, with: area)
      // The header of the area that XSAVE writes into.
      for index in 512..<576 { start.data[index] = index == 512 ? UInt8(random.below(4)) : 0 }
      let code = random.pick(Self.restores) + random.pick(Self.saves)
      var actual = start
      #expect(simulated.run(code, &actual) == .completed)
      let test = DifferentialCase(form: "case \(number)", code: code, state: start)
      var difference: String?
      // The host's kernel may switch threads in between, which changes what is in use.
      for _ in 0..<5 {
        var expected = start
        native.run(code, &expected)
        // MXCSR_MASK belongs to the make of the processor.
        for index in 28..<32 {
          expected.data[index] = 0
          actual.data[index] = 0
        }
        difference = test.difference(expected: expected, actual: actual)
        if difference == nil { break }
      }
      if let difference {
        Issue.record("seed \(seed) \(test.description)\n  expected \(difference)")
        return
      }
    }
  }

  /// CPUID leaf 1, ECX bit 27: the host's system has enabled XSAVE.
  private static func hasXSAVE(_ native: NativeProcessor) -> Bool {
    var state = UserState(
      registers: [UInt64](repeating: 0, count: 16), flags: 0, data: [UInt8](repeating: 0, count: 64)
    )
    state.registers[0] = 1
    state.registers[4] = UserLayout.data + 64
    native.run([0x0F, 0xA2], &state)
    return state.registers[1] >> 27 & 1 != 0
  }
}
