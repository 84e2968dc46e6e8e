import Foundation
import Glibc

@testable import X86

/// What an instruction of the x87, MMX or SSE units reads and changes, host and guest alike.
struct UnitState {
  /// An image of FXSAVE64: control words, registers.
  var image = [UInt8](repeating: 0, count: 512)
  /// The numbers of RAX, RCX, RDX, RDI, the general registers that instructions under test use.
  static let generalNumbers: [UInt8] = [0, 1, 2, 7]
  /// RAX, RCX, RDX, RDI.
  var general: [UInt64] = [0, 0, 0, 0]
  var flags: UInt64 = 0x202
  /// The storage operand.
  var storage = [UInt8](repeating: 0, count: 64)

  /// The first part of the state that differs from another's, in words for a failed test, or nil.
  ///
  /// `flagMask` says which bits of RFLAGS count.
  func difference(from other: UnitState, flagMask: UInt64 = 0x8D5) -> String? {
    if word(0) != other.word(0) { return "control word \(pair(other, 0, 2))" }
    if word(2) != other.word(2) { return "status word \(pair(other, 2, 2))" }
    if image[4] != other.image[4] { return "tag word \(pair(other, 4, 1))" }
    if image[24..<28] != other.image[24..<28] { return "MXCSR \(pair(other, 24, 4))" }
    for index in 0..<8
    where image[32 + index * 16..<42 + index * 16]
      != other.image[32 + index * 16..<42 + index * 16]
    {
      return "ST\(index) \(pair(other, 32 + index * 16, 10))"
    }
    for index in 0..<16
    where image[160 + index * 16..<176 + index * 16]
      != other.image[160 + index * 16..<176 + index * 16]
    {
      return "XMM\(index) \(pair(other, 160 + index * 16, 16))"
    }
    if general != other.general { return "general \(general) \(other.general)" }
    if (flags ^ other.flags) & flagMask != 0 { return "RFLAGS \(flags) \(other.flags)" }
    if storage != other.storage {
      return "storage \(Self.hex(storage[0..<16])) \(Self.hex(other.storage[0..<16]))"
    }
    return nil
  }

  private func pair(_ other: UnitState, _ offset: Int, _ count: Int) -> String {
    Self.hex(image[offset..<offset + count]) + " " + Self.hex(other.image[offset..<offset + count])
  }

  /// Bytes as one number, the last byte first.
  static func hex(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.reversed().map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  func word(_ offset: Int) -> UInt16 { UInt16(image[offset]) | UInt16(image[offset + 1]) << 8 }

  mutating func setWord(_ offset: Int, _ value: UInt16) {
    image[offset] = UInt8(truncatingIfNeeded: value)
    image[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
  }
}

/// Runs single instructions on the host's own units.
///
/// The instruction addresses its storage operand by RSI, and must not fault.
final class NativeUnits {
  private let page: UnsafeMutableRawPointer
  private let context: UnsafeMutableRawPointer
  private static let input = 0
  private static let output = 512
  private static let general = 1024
  private static let defaultControl = 1064
  private static let outputGeneral = 1088
  private static let storage = 1280

  init?() {
    let start = mmap(
      nil, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start, start != MAP_FAILED else { return nil }
    page = start
    context = start + 4096
    context.storeBytes(of: 0x1F80, toByteOffset: Self.defaultControl, as: UInt32.self)
  }

  deinit { munmap(page, 8192) }

  /// Whether the host's CPUID shows a feature, by the first line of flags that Linux prints.
  static func has(_ feature: ProcessorFeatures) -> Bool {
    let names: [(ProcessorFeatures, String)] = [
      (.sse3, "pni"), (.ssse3, "ssse3"), (.sse41, "sse4_1"), (.sse42, "sse4_2"),
    ]
    guard let name = names.first(where: { $0.0 == feature })?.1 else { return false }
    return hostFlags.contains(name)
  }

  private static let hostFlags: Set<String> = {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return [] }
    return Set(line.split(separator: " ").map(String.init))
  }()

  private static func displacement(_ offset: Int) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: offset >> ($0 * 8)) }
  }

  private static func code(around instruction: [UInt8]) -> [UInt8] {
    var code: [UInt8] = [0x41, 0x57, 0x49, 0x89, 0xFF]  // push r15; mov r15, rdi
    code += [0x49, 0x0F, 0xAE, 0x8F] + displacement(input)  // fxrstor64 [r15+...]
    for (index, modrm) in [0x87, 0x8F, 0x97, 0xBF].enumerated() {  // mov rax, rcx, rdx, rdi
      code += [0x49, 0x8B, UInt8(modrm)] + displacement(general + index * 8)
    }
    code += [0x41, 0xFF, 0xB7] + displacement(general + 32) + [0x9D]  // push [..]; popfq
    code += instruction
    for (index, modrm) in [0x87, 0x8F, 0x97, 0xBF].enumerated() {
      code += [0x49, 0x89, UInt8(modrm)] + displacement(outputGeneral + index * 8)
    }
    code += [0x9C, 0x41, 0x8F, 0x87] + displacement(outputGeneral + 32)  // pushfq; pop [..]
    code += [0x49, 0x0F, 0xAE, 0x87] + displacement(output)  // fxsave64
    code += [0xDB, 0xE3, 0x41, 0x0F, 0xAE, 0x97] + displacement(defaultControl)  // fninit; ldmxcsr
    return code + [0xFC, 0x41, 0x5F, 0xC3]  // cld; pop r15; ret
  }

  private static func copy(_ bytes: [UInt8], to target: UnsafeMutableRawPointer) {
    UnsafeMutableRawBufferPointer(start: target, count: bytes.count).copyBytes(from: bytes)
  }

  /// The state after one instruction.
  func run(_ instruction: [UInt8], _ state: UnitState) -> UnitState {
    Self.copy(Self.code(around: instruction), to: page)
    return runAgain(state)
  }

  /// The state after the same instruction as last time.
  func runAgain(_ state: UnitState) -> UnitState {
    let operand = context + Self.storage
    Self.copy(state.image, to: context)
    Self.copy(state.storage, to: operand)
    for index in 0..<4 {
      context.storeBytes(
        of: state.general[index], toByteOffset: Self.general + index * 8, as: UInt64.self)
    }
    context.storeBytes(of: state.flags, toByteOffset: Self.general + 32, as: UInt64.self)
    typealias Entry = @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> Void
    unsafeBitCast(page, to: Entry.self)(context, operand)
    var after = state
    after.image = [UInt8](UnsafeRawBufferPointer(start: context + Self.output, count: 512))
    after.storage = [UInt8](UnsafeRawBufferPointer(start: operand, count: state.storage.count))
    for index in 0..<4 {
      after.general[index] = context.load(
        fromByteOffset: Self.outputGeneral + index * 8, as: UInt64.self)
    }
    after.flags = context.load(fromByteOffset: Self.outputGeneral + 32, as: UInt64.self)
    return after
  }
}

/// A reproducible source of operands, special values among them.
struct OperandSource {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  /// Sixteen bytes for an XMM register: singles, doubles, integers or anything.
  mutating func vector() -> [UInt8] {
    var words: [UInt64]
    switch below(5) {
    case 0, 1:
      words = (0..<2).map { _ in UInt64(single()) | UInt64(single()) << 32 }
    case 2, 3: words = [double(), double()]
    default:
      words = [next(), next()]
      if below(2) == 0 { words = words.map { $0 & 0x0000_0040_0000_007F } }
    }
    return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
  }

  /// A state with every register filled and no exception pending.
  ///
  /// `unmasks` lets some x87 exceptions be unmasked.
  mutating func state(unmasks: Bool = false) -> UnitState {
    var state = UnitState()
    let mask: UInt16 = unmasks && below(4) == 0 ? UInt16(below(64)) : 0x3F
    let precision: [UInt16] = [0x300, 0x300, 0, 0x200, 0x100]
    state.setWord(0, mask | 0x40 | UInt16(below(4)) << 10 | precision[below(5)])
    let bits = UInt16(truncatingIfNeeded: next())
    let flags = bits & mask & UInt16(truncatingIfNeeded: next())
    state.setWord(
      2,
      flags | (flags & 1 != 0 ? UInt16(below(2)) << 6 : 0)
        | UInt16(truncatingIfNeeded: next()) & 0x7F00)
    state.image[4] = tags(top: Int(state.word(2) >> 11 & 7))
    for index in 0..<8 {
      let (fraction, exponent) = extended()
      for byte in 0..<8 {
        state.image[32 + index * 16 + byte] = UInt8(truncatingIfNeeded: fraction >> (byte * 8))
      }
      state.setWord(40 + index * 16, exponent)
    }
    for index in 0..<16 {
      state.image.replaceSubrange(160 + index * 16..<176 + index * 16, with: vector())
    }
    let controls: [UInt16] = [0x1F80, 0x1F80, 0x1FA0, 0x1FA0, 0x1F80 | bits & 0xE07F]
    state.setWord(24, controls[below(5)])
    state.general = (0..<4).map { _ in
      below(2) == 0 ? next() : UInt64(bitPattern: Int64(below(4000) - 2000))
    }
    state.flags = 0x202 | next() & 0x8D5
    state.storage = (0..<4).flatMap { _ in vector() }
    return state
  }

  /// Tags of a stack of some depth, of a full or an empty one, or of anything.
  private mutating func tags(top: Int) -> UInt8 {
    switch below(8) {
    case 0: return UInt8(truncatingIfNeeded: next())
    case 1: return 0xFF
    case 2: return 0
    default:
      return (0...below(7)).reduce(0) { $0 | 1 << UInt8((top + $1) & 7) }
    }
  }

  mutating func single() -> UInt32 {
    let special: [UInt32] = [
      0, 0x8000_0000, 0x7F80_0000, 0xFF80_0000, 0x7FC0_1234, 0xFFC0_0000, 0x7F80_0001, 0xFFA0_0000,
      1, 0x8000_0003, 0x007F_FFFF, 0x0080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x3F80_0000, 0xBF80_0000,
      0x4F00_0000, 0xCF00_0000, 0x4EFF_FFFF, 0x3F00_0000, 0x3FC0_0000, 0x4020_0000, 0x5F00_0000,
    ]
    let bits = UInt32(truncatingIfNeeded: next())
    switch below(8) {
    case 0, 1, 2: return special[below(special.count)]
    case 3: return bits
    case 4: return bits & 0x80FF_FFFF  // small and denormal
    case 5: return bits & 0xFF80_0000
    default: return bits & 0x807F_FFFF | UInt32(100 + below(56)) << 23
    }
  }

  mutating func double() -> UInt64 {
    let special: [UInt64] = [
      0, 1 << 63, 0x7FF0 << 48, 0xFFF0 << 48, 0x7FF8_0000_1234_0000, 0xFFF8 << 48,
      0x7FF0_0000_0000_0001, 0xFFF4 << 48, 1, 1 << 63 | 7, 0x000F_FFFF_FFFF_FFFF, 0x0010 << 48,
      0x7FEF_FFFF_FFFF_FFFF, 0xFFEF_FFFF_FFFF_FFFF, 0x3FF0 << 48, 0xBFF0 << 48, 0x41E0 << 48,
      0xC1E0 << 48, 0x41DF_FFFF_FFC0_0000, 0x43E0 << 48, 0xC3E0 << 48, 0x3FE0 << 48, 0x3FF8 << 48,
      0x4004 << 48, 0x36A0 << 48, 0x380F_FFFF_FFFF_FFFF, 0x47EF_FFFF_FFFF_FFFF,
    ]
    let bits = next()
    switch below(8) {
    case 0, 1, 2: return special[below(special.count)]
    case 3: return bits
    case 4: return bits & 0x801F_FFFF_FFFF_FFFF
    case 5: return bits & 0xFFF0_0000_0000_0000
    case 6: return bits & 0x800F_FFFF_FFFF_FFFF | UInt64(895 + below(260)) << 52
    default: return bits & 0x800F_FFFF_FFFF_FFFF | UInt64(1000 + below(90)) << 52
    }
  }

  /// Ten bytes of an x87 register: significand, sign and exponent.
  mutating func extended() -> (UInt64, UInt16) {
    let bits = next()
    let sign = UInt16(below(2)) << 15
    let fractions: [UInt64] = [
      1 << 63, .max, 1 << 63 | 1, 0xC000 << 48, bits | 1 << 63, bits | 1 << 63,
      (bits | 1 << 63) & ~0x7FF, (bits | 1 << 63) & ~0xFF_FFFF_FFFF,
    ]
    let fraction = fractions[below(fractions.count)]
    switch below(16) {
    case 0: return (0, sign)
    case 1: return (1 << 63, sign | 0x7FFF)
    case 2: return (fraction, sign | 0x7FFF)
    case 3: return (bits | 1 << 63, sign | 0x7FFF)
    case 4: return (bits >> UInt64(1 + below(63)), sign)
    case 5: return (fraction, sign)  // pseudo-denormal
    case 6: return (bits & ~(1 << 63), sign | UInt16(below(0x8000)))  // unnormal and its kin
    case 7: return (fraction, sign | UInt16(1 + below(70)))
    case 8: return (fraction, sign | UInt16(0x7FFE - below(70)))
    case 9: return (fraction, sign | UInt16(below(0x7FFF)))
    case 10: return (1 << 63, sign | UInt16(0x3FFF - 2 + below(5)))
    case 11: return (fraction, sign | UInt16(0x3FFF - 140 + below(280)))
    case 12: return (fraction, sign | UInt16(0x3FFF - 1080 + below(2160)))
    default: return (fraction, sign | UInt16(0x3FFF - 5 + below(70)))
    }
  }
}
