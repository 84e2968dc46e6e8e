import CNativeStep
import TestSupport

@testable import X86

/// Makes random instructions over all opcode maps, with states that make them meet their limits.
///
/// A case is composed (prefixes, an opcode of any map, ModRM, displacement, immediate), then its
/// memory operand is aimed at a place of the window by setting the base register; one in sixteen is
/// made of random bytes.
struct StepGenerator {
  static let paletteCount = 8
  private static let floatingCount = 256

  var random: RandomNumbers
  private let floatingImages: [[UInt8]]
  private var composer = InstructionComposer()
  private var palette: UInt32 = 0
  private var madeCount = 0

  init(seed: UInt64) {
    random = RandomNumbers(seed: seed)
    floatingImages = Self.floatingImages(seed: seed)
  }

  static func floatingImages(seed: UInt64) -> [[UInt8]] {
    var images = FloatingImages(seed: seed)
    return (0..<floatingCount).map { _ in images.next() }
  }

  /// Images of the two data pages and the top page, then one of the read-only page.
  static func palettes(seed: UInt64) -> [UInt8] {
    var random = RandomNumbers(seed: seed)
    let pages = paletteCount * Int(native_palette_pages) + 1
    var bytes: [UInt8] = []
    bytes.reserveCapacity(pages * Int(native_page_bytes))
    for _ in 0..<pages * Int(native_page_bytes) / 8 {
      let value = random.oneIn(3) ? FloatingImages.vectorWord(&random) : random.value()
      withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Makes the next case in place.
  mutating func next(_ test: StepCase) {
    if madeCount % 512 == 0 { palette = UInt32(random.below(Self.paletteCount)) }
    madeCount += 1
    test.raw.pointee.palette = palette
    let mode: StepMode = random.oneIn(2) ? .long : random.oneIn(3) ? .protected16 : .protected32
    let start = test.start
    chooseSegments(mode, start)
    if random.oneIn(16) { composeRandomBytes(mode) } else { composer.compose(mode, &random) }
    choosePlace(mode, test)
    chooseRegisters(mode, test)
    aim(mode, test)
    test.setCode(composer.bytes)
    chooseData(test)
    var flags = random.next() & 0xCD5 | 0x202
    if !composer.isRepeatedString || random.oneIn(4) { flags |= 0x100 }
    start.flags = flags
    let number = random.below(Self.floatingCount)
    test.raw.pointee.floating_number = UInt32(number)
    floatingImages[number].withUnsafeBytes {
      guard let source = $0.baseAddress else { return }
      start.floating.copyMemory(from: source, byteCount: StepState.floatingByteCount)
    }
  }

  private mutating func composeRandomBytes(_ mode: StepMode) {
    composer.reset()
    for _ in 0..<16 { composer.bytes.append(UInt8(truncatingIfNeeded: random.next())) }
    let codeMode = [CodeMode.long64, CodeMode.protected32, CodeMode.protected16][mode.rawValue]
    let length = composer.bytes.withUnsafeBytes { bytes -> Int in
      guard let start = bytes.baseAddress,
        let instruction = try? Decoder.decode(
          start, available: 16, mode: codeMode, features: .baseline)
      else { return 16 }
      return Int(instruction.length)
    }
    composer.bytes.removeLast(16 - length)
  }

  // MARK: Segments and place

  private mutating func chooseSegments(_ mode: StepMode, _ start: StepState) {
    let local = StepSelector.local
    switch mode {
    case .long:
      start.setSelector(1, StepSelector.code64)
      start.setSelector(2, StepSelector.data)
      for index in [0, 3] { start.setSelector(index, random.oneIn(4) ? StepSelector.data : 0) }
      for index in [4, 5] { start.setSelector(index, random.oneIn(4) ? local(10) : 0) }
    case .protected32:
      start.setSelector(1, random.pick([StepSelector.code32, local(0), local(0), local(1)]))
      start.setSelector(
        2, random.pick([StepSelector.data, local(4), local(4), local(5), local(6)]))
      for index in [0, 3, 4, 5] {
        start.setSelector(
          index,
          random.oneIn(2) ? StepSelector.data : random.oneIn(12) ? 0 : readable())
      }
    case .protected16:
      start.setSelector(1, random.pick([local(2), local(2), local(3)]))
      start.setSelector(
        2, random.pick([local(6), local(6), local(6), local(7), local(4), local(5)]))
      for index in [0, 3, 4, 5] {
        start.setSelector(
          index, random.oneIn(2) ? local(6) : random.oneIn(12) ? 0 : readable())
      }
    }
    for index in 0..<2 {
      let selector = start.selector(4 + index)
      let bases: [UInt64] = [0, UInt64(native_data_page), 0x30, 0x7FFF_0000_0000]
      start.setBase(
        index,
        selector & ~3 == 0
          ? mode == .long ? random.pick(bases) : 0 : StepSelector.base(selector))
    }
  }

  /// A local segment that a data segment register may hold: not one of execute-only code.
  private mutating func readable() -> UInt16 {
    let index = 4 + random.below(12)
    return StepSelector.local(index == 12 ? 8 : index)
  }

  /// The code lies anywhere in its pages; often across the border of the two, or where the second
  /// ends.
  private mutating func choosePlace(_ mode: StepMode, _ test: StepCase) {
    let page = Int(native_page_bytes)
    let selector = test.start.selector(1)
    let base = StepSelector.base(selector)
    let offset: Int
    switch random.below(16) {
    case 0, 1: offset = page - 1 - random.below(15)
    case 2, 3: offset = 2 * page - 1 - random.below(15)
    case 4...6: offset = random.below(2 * page - 32)
    default: offset = random.below(128) * 8
    }
    var place = UInt64(native_code_page) + UInt64(offset)
    let limit: UInt64 =
      StepSelector.segment(selector).map { $0.in_pages != 0 ? .max : UInt64($0.limit) } ?? .max
    if limit != .max, place - base > limit { place = base + limit - UInt64(random.below(16)) }
    test.raw.pointee.place = place
    test.start.pointer = place - base
  }

  // MARK: Registers

  /// A linear address: mostly of the data pages, else of what lies around them, or of nowhere.
  private mutating func target(_ mode: StepMode) -> UInt64 {
    let data = UInt64(native_data_page)
    let page = UInt64(native_page_bytes)
    switch random.below(40) {
    case 0..<12: return data + UInt64(random.below(512)) * 16
    case 12..<24: return data + UInt64(random.below(8192))
    case 24..<27: return data + page - UInt64(random.below(20))
    case 27..<30: return data + 2 * page - UInt64(random.below(20))
    case 30, 31: return data + 2 * page + UInt64(random.below(4096))
    case 32: return data + 3 * page - UInt64(random.below(20))
    case 33: return data - UInt64(random.below(20))
    case 34: return data - page + UInt64(random.below(4096))
    case 35: return UInt64(NATIVE_TOP_PAGE) + page - UInt64(random.below(40))
    case 36: return UInt64(native_code_page) + UInt64(random.below(8192))
    case 37: return 0x7FFF_FFFF_FFFF &- UInt64(random.below(20)) &+ 10
    case 38: return random.oneIn(2) ? 0x8000_0000_0000 : 0xFFFF_8000_0000_0000 &- 8
    default: return random.value()
    }
  }

  private mutating func offset(_ mode: StepMode, in segment: Int, _ start: StepState) -> UInt64 {
    let linear = target(mode)
    if mode == .long {
      return segment < 4 ? linear : linear &- start.base(segment - 4)
    }
    return (linear &- StepSelector.base(start.selector(segment))) & 0xFFFF_FFFF
  }

  private mutating func chooseRegisters(_ mode: StepMode, _ test: StepCase) {
    let start = test.start
    for register in 0..<16 { start[register] = random.value() }
    if random.oneIn(2) { start[1] = UInt64(random.below(40)) }
    if !random.oneIn(16) { start[4] = offset(mode, in: 2, start) }
    if random.oneIn(2) { start[5] = offset(mode, in: 2, start) }
    if random.oneIn(2) { start[3] = offset(mode, in: 3, start) }
    if !random.oneIn(4) { start[6] = offset(mode, in: 3, start) }
    if !random.oneIn(4) { start[7] = offset(mode, in: composer.isString ? 0 : 3, start) }
    if composer.namesSelector, !random.oneIn(4) {
      start[composer.rm] = UInt64(selector(mode))
    }
  }

  /// A selector as programs might load it: of the tables, null, out of reach, for the supervisor.
  private mutating func selector(_ mode: StepMode) -> UInt16 {
    random.oneIn(3)
      ? UInt16(random.below(0x90))
      : StepSelector.local(random.below(18)) & ~UInt16(random.oneIn(8) ? 3 : 0)
  }

  /// Sets the base register so that the memory operand lies where it is wanted.
  private mutating func aim(_ mode: StepMode, _ test: StepCase) {
    guard let memory = composer.memory, !random.oneIn(24) else { return }
    let start = test.start
    let wanted = offset(mode, in: memory.segment(isLong: mode == .long), start)
    if memory.isPointerRelative {
      let next = test.raw.pointee.place &+ UInt64(composer.bytes.count)
      composer.patchDisplacement(UInt64(wanted &- next))
      return
    }
    guard let base = memory.base else {
      composer.patchDisplacement(wanted)
      return
    }
    var rest = wanted &- UInt64(bitPattern: memory.displacement)
    if let index = memory.index {
      if index == base {
        rest /= (1 << UInt64(memory.scale)) + 1
      } else {
        if random.oneIn(2) { start[index] = UInt64(bitPattern: Int64(random.below(64)) - 16) }
        rest &-= start[index] &<< UInt64(memory.scale)
      }
    }
    switch memory.addressBytes {
    case 2: start[base] = start[base] & ~0xFFFF | rest & 0xFFFF
    case 4: start[base] = rest & 0xFFFF_FFFF | (random.oneIn(2) ? random.next() << 32 : 0)
    default: start[base] = rest
    }
  }

  private mutating func chooseData(_ test: StepCase) {
    test.raw.pointee.patch_count = 0
    guard composer.namesSelector || composer.usesFarPointer, let memory = composer.memory else {
      return
    }
    _ = memory
    var bytes: [UInt8] = []
    for _ in 0..<8 {
      let value = selector(.long)
      bytes += [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
    }
    let patch = test.patches
    patch.pointee.offset = UInt32(random.below(500)) * 16
    withUnsafeMutableBytes(of: &patch.pointee.bytes) { $0.copyBytes(from: bytes) }
    test.raw.pointee.patch_count = 1
  }
}
