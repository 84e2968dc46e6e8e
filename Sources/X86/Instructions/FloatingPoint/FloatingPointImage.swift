import CHost

// The x87 state in storage: FNSTENV, FNSAVE, FXSAVE and the instructions that take it back.

extension FloatingPointUnit {
  var image: UnsafeMutableRawPointer { base + FloatingPointLayout.image }

  /// The field of the last instruction's opcode, its place, and its operand's place.
  private func pointerField<T: BitwiseCopyable>(_ offset: Int, as type: T.Type) -> T {
    base.load(fromByteOffset: offset, as: type)
  }

  private func setPointerField<T>(_ offset: Int, _ value: T) {
    base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  private var opcode: UInt16 {
    get { pointerField(StateLayout.x87Opcode, as: UInt16.self) }
    nonmutating set { setPointerField(StateLayout.x87Opcode, newValue & 0x7FF) }
  }

  private var instructionPointer: UInt64 {
    get { pointerField(StateLayout.x87InstructionPointer, as: UInt64.self) }
    nonmutating set { setPointerField(StateLayout.x87InstructionPointer, newValue) }
  }

  private var dataPointer: UInt64 {
    get { pointerField(StateLayout.x87DataPointer, as: UInt64.self) }
    nonmutating set { setPointerField(StateLayout.x87DataPointer, newValue) }
  }

  private var codeSelector: UInt16 {
    get { pointerField(StateLayout.x87CodeSelector, as: UInt16.self) }
    nonmutating set { setPointerField(StateLayout.x87CodeSelector, newValue) }
  }

  private var dataSelector: UInt16 {
    get { pointerField(StateLayout.x87DataSelector, as: UInt16.self) }
    nonmutating set { setPointerField(StateLayout.x87DataSelector, newValue) }
  }

  /// Bytes of an environment: 14 or 28.
  static func environmentByteCount(wide: Bool) -> Int { wide ? 28 : 14 }

  /// Bytes that FNSAVE writes.
  static func saveAreaByteCount(wide: Bool) -> Int { environmentByteCount(wide: wide) + 80 }

  /// Writes the environment into the image area (Intel SDM volume 1, "x87 State" figures).
  ///
  /// `isReal` chooses the formats of real and virtual-8086 mode, with linear addresses.
  func buildEnvironment(wide: Bool, isReal: Bool) {
    let step = wide ? 4 : 2
    let pointers = isReal ? realPointers(wide: wide) : protectedPointers(wide: wide)
    let words: [7 of UInt32] = [
      0xFFFF_0000 | UInt32(control), 0xFFFF_0000 | UInt32(statusWord),
      0xFFFF_0000 | UInt32(fullTag), pointers[0], pointers[1], pointers[2], pointers[3],
    ]
    for index in 0..<7 {
      let place = image + index * step
      if wide {
        place.storeBytes(of: words[index], as: UInt32.self)
      } else {
        place.storeBytes(of: UInt16(truncatingIfNeeded: words[index]), as: UInt16.self)
      }
    }
  }

  private func protectedPointers(wide: Bool) -> [4 of UInt32] {
    [
      UInt32(truncatingIfNeeded: instructionPointer),
      UInt32(codeSelector) | (wide ? UInt32(opcode) << 16 : 0),
      UInt32(truncatingIfNeeded: dataPointer), 0xFFFF_0000 | UInt32(dataSelector),
    ]
  }

  private func realPointers(wide: Bool) -> [4 of UInt32] {
    let code = UInt32(codeSelector) << 4 &+ UInt32(truncatingIfNeeded: instructionPointer)
    let data = UInt32(dataSelector) << 4 &+ UInt32(truncatingIfNeeded: dataPointer)
    let upper: UInt32 = wide ? 0xFFFF : 0xF
    return [
      0xFFFF_0000 | code & 0xFFFF, (code >> 16 & upper) << 12 | UInt32(opcode),
      0xFFFF_0000 | data & 0xFFFF, (data >> 16 & upper) << 12,
    ]
  }

  /// Takes an environment out of the image area.
  func applyEnvironment(wide: Bool, isReal: Bool) {
    let step = wide ? 4 : 2
    func word(_ index: Int) -> UInt32 {
      wide
        ? image.loadUnaligned(fromByteOffset: index * step, as: UInt32.self)
        : UInt32(image.loadUnaligned(fromByteOffset: index * step, as: UInt16.self))
    }
    control = UInt16(truncatingIfNeeded: word(0))
    statusWord = UInt16(truncatingIfNeeded: word(1))
    setFullTag(UInt16(truncatingIfNeeded: word(2)))
    if isReal {
      instructionPointer = UInt64(word(3) & 0xFFFF | (word(4) & 0xFFF_F000) << 4)
      dataPointer = UInt64(word(5) & 0xFFFF | (word(6) & 0xFFF_F000) << 4)
      opcode = UInt16(truncatingIfNeeded: word(4))
      (codeSelector, dataSelector) = (0, 0)
    } else {
      instructionPointer = UInt64(word(3))
      dataPointer = UInt64(word(5))
      codeSelector = UInt16(truncatingIfNeeded: word(4))
      dataSelector = UInt16(truncatingIfNeeded: word(6))
      if wide { opcode = UInt16(truncatingIfNeeded: word(4) >> 16) }
    }
  }

  /// Writes environment and registers, ST(0) first, into the image area.
  func buildSaveArea(wide: Bool, isReal: Bool) {
    buildEnvironment(wide: wide, isReal: isReal)
    let start = Self.environmentByteCount(wide: wide)
    for index in 0..<8 {
      (image + start + index * 10).copyMemory(from: register(index), byteCount: 10)
    }
  }

  /// Takes environment and registers out of the image area.
  func applySaveArea(wide: Bool, isReal: Bool) {
    applyEnvironment(wide: wide, isReal: isReal)
    let start = Self.environmentByteCount(wide: wide)
    let valid = tag
    for index in 0..<8 { set(index, from: image + start + index * 10) }
    tag = valid
  }

  /// Writes the first 160 bytes of FXSAVE's image, and the XMM registers, into the image area.
  func buildExtendedImage(pointersAre64: Bool, vectorCount: Int) {
    let image = image
    image.storeBytes(of: control, as: UInt16.self)
    image.storeBytes(of: statusWord, toByteOffset: 2, as: UInt16.self)
    image.storeBytes(of: tag & 0xFF, toByteOffset: 4, as: UInt16.self)
    buildExtendedPointers(are64: pointersAre64)
    image.storeBytes(
      of: base.load(fromByteOffset: FloatingPointLayout.mxcsr, as: UInt32.self), toByteOffset: 24,
      as: UInt32.self)
    image.storeBytes(of: MXCSR.supported, toByteOffset: 28, as: UInt32.self)
    for index in 0..<8 {
      let place = image + (32 + index * 16)
      place.copyMemory(from: register(index), byteCount: 10)
      place.storeBytes(of: 0, toByteOffset: 10, as: UInt16.self)
      place.storeBytes(of: 0, toByteOffset: 12, as: UInt32.self)
    }
    (image + 160).copyMemory(
      from: base + FloatingPointLayout.vectors, byteCount: max(0, vectorCount &* 16))
  }

  /// The pointers are saved only while an exception is pending, as AMD's processors do.
  private func buildExtendedPointers(are64: Bool) {
    var (code, data) = (instructionPointer, dataPointer)
    if !are64 {
      code = code & 0xFFFF_FFFF | UInt64(codeSelector) << 32
      data = data & 0xFFFF_FFFF | UInt64(dataSelector) << 32
    }
    image.storeBytes(of: isPending ? opcode : 0, toByteOffset: 6, as: UInt16.self)
    image.storeBytes(of: isPending ? code : 0, toByteOffset: 8, as: UInt64.self)
    image.storeBytes(of: isPending ? data : 0, toByteOffset: 16, as: UInt64.self)
  }

  private func applyExtendedPointers(are64: Bool) {
    opcode = image.load(fromByteOffset: 6, as: UInt16.self)
    let code = image.load(fromByteOffset: 8, as: UInt64.self)
    let data = image.load(fromByteOffset: 16, as: UInt64.self)
    instructionPointer = are64 ? code : code & 0xFFFF_FFFF
    dataPointer = are64 ? data : data & 0xFFFF_FFFF
    codeSelector = are64 ? 0 : UInt16(truncatingIfNeeded: code >> 32)
    dataSelector = are64 ? 0 : UInt16(truncatingIfNeeded: data >> 32)
  }

  /// Takes FXSAVE's image out of the image area.
  ///
  /// - Returns: False, with nothing changed, when MXCSR has reserved bits: #GP(0).
  func applyExtendedImage(pointersAre64: Bool, vectorCount: Int) -> Bool {
    let image = image
    let mxcsr = image.load(fromByteOffset: 24, as: UInt32.self)
    guard mxcsr & ~MXCSR.supported == 0 else { return false }
    ProcessorState(base).mxcsr = mxcsr
    applyStackImage(pointersAre64: pointersAre64)
    (base + FloatingPointLayout.vectors).copyMemory(
      from: image + 160, byteCount: max(0, vectorCount &* 16))
    return true
  }

  /// Takes the x87 part of FXSAVE's image out of the image area.
  func applyStackImage(pointersAre64: Bool) {
    let image = image
    control = image.load(as: UInt16.self)
    statusWord = image.load(fromByteOffset: 2, as: UInt16.self)
    let valid = image.load(fromByteOffset: 4, as: UInt16.self) & 0xFF
    applyExtendedPointers(are64: pointersAre64)
    for index in 0..<8 { set(index, from: image + (32 + index * 16)) }
    tag = valid
  }
}

/// Bits of MXCSR.
enum MXCSR {
  /// The bits that may be set (MXCSR_MASK): flags, DAZ, masks, rounding, FTZ.
  static let supported: UInt32 = 0xFFFF
  static let initial: UInt32 = 0x1F80
  static let flags: UInt32 = 0x3F
}
