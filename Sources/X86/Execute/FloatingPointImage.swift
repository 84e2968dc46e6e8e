import CHost

// The x87 state in storage: FNSTENV, FNSAVE, FXSAVE and the instructions that take it back.

extension FloatingPointUnit {
  var image: UnsafeMutableRawPointer { base + FloatingPointLayout.image }

  private var opcode: UInt16 {
    get { base.load(fromByteOffset: StateLayout.x87Opcode, as: UInt16.self) }
    nonmutating set {
      base.storeBytes(of: newValue & 0x7FF, toByteOffset: StateLayout.x87Opcode, as: UInt16.self)
    }
  }

  private var instructionPointer: UInt64 {
    get { base.load(fromByteOffset: StateLayout.x87InstructionPointer, as: UInt64.self) }
    nonmutating set {
      base.storeBytes(
        of: newValue, toByteOffset: StateLayout.x87InstructionPointer, as: UInt64.self)
    }
  }

  private var dataPointer: UInt64 {
    get { base.load(fromByteOffset: StateLayout.x87DataPointer, as: UInt64.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: StateLayout.x87DataPointer, as: UInt64.self)
    }
  }

  /// Bytes of an environment: 14 or 28.
  static func environmentByteCount(wide: Bool) -> Int { wide ? 28 : 14 }

  /// Bytes that FNSAVE writes.
  static func saveAreaByteCount(wide: Bool) -> Int { environmentByteCount(wide: wide) + 80 }

  /// Writes the environment into the image area, in the format of protected mode.
  func buildEnvironment(wide: Bool) {
    let step = wide ? 4 : 2
    let words: [7 of UInt32] = [
      0xFFFF_0000 | UInt32(control), 0xFFFF_0000 | UInt32(statusWord),
      0xFFFF_0000 | UInt32(fullTag), UInt32(truncatingIfNeeded: instructionPointer),
      wide ? UInt32(opcode) << 16 : 0, UInt32(truncatingIfNeeded: dataPointer), 0xFFFF_0000,
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

  /// Takes an environment out of the image area.
  func applyEnvironment(wide: Bool) {
    let step = wide ? 4 : 2
    func word(_ index: Int) -> UInt16 {
      image.loadUnaligned(fromByteOffset: index * step, as: UInt16.self)
    }
    control = word(0)
    statusWord = word(1)
    setFullTag(word(2))
    if wide {
      instructionPointer = UInt64(image.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
      opcode = image.loadUnaligned(fromByteOffset: 18, as: UInt16.self)
      dataPointer = UInt64(image.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    } else {
      instructionPointer = UInt64(word(3))
      dataPointer = UInt64(word(5))
    }
  }

  /// Writes environment and registers, ST(0) first, into the image area.
  func buildSaveArea(wide: Bool) {
    buildEnvironment(wide: wide)
    let start = Self.environmentByteCount(wide: wide)
    for index in 0..<8 {
      (image + start + index * 10).copyMemory(from: register(index), byteCount: 10)
    }
  }

  /// Takes environment and registers out of the image area.
  func applySaveArea(wide: Bool) {
    applyEnvironment(wide: wide)
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
    image.storeBytes(of: opcode, toByteOffset: 6, as: UInt16.self)
    let mask: UInt64 = pointersAre64 ? .max : 0xFFFF_FFFF
    image.storeBytes(of: instructionPointer & mask, toByteOffset: 8, as: UInt64.self)
    image.storeBytes(of: dataPointer & mask, toByteOffset: 16, as: UInt64.self)
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
    (image + 160).copyMemory(from: base + FloatingPointLayout.vectors, byteCount: vectorCount * 16)
  }

  /// Takes FXSAVE's image out of the image area.
  ///
  /// - Returns: False, with nothing changed, when MXCSR has reserved bits: #GP(0).
  func applyExtendedImage(pointersAre64: Bool, vectorCount: Int) -> Bool {
    let image = image
    let mxcsr = image.load(fromByteOffset: 24, as: UInt32.self)
    guard mxcsr & ~MXCSR.supported == 0 else { return false }
    ProcessorState(base).mxcsr = mxcsr
    control = image.load(as: UInt16.self)
    statusWord = image.load(fromByteOffset: 2, as: UInt16.self)
    let valid = image.load(fromByteOffset: 4, as: UInt16.self) & 0xFF
    opcode = image.load(fromByteOffset: 6, as: UInt16.self)
    let mask: UInt64 = pointersAre64 ? .max : 0xFFFF_FFFF
    instructionPointer = image.load(fromByteOffset: 8, as: UInt64.self) & mask
    dataPointer = image.load(fromByteOffset: 16, as: UInt64.self) & mask
    for index in 0..<8 { set(index, from: image + (32 + index * 16)) }
    tag = valid
    (base + FloatingPointLayout.vectors).copyMemory(
      from: image + 160, byteCount: vectorCount * 16)
    return true
  }
}

/// Bits of MXCSR.
enum MXCSR {
  /// The bits that may be set (MXCSR_MASK): flags, DAZ, masks, rounding, FTZ.
  static let supported: UInt32 = 0xFFFF
  static let initial: UInt32 = 0x1F80
  static let flags: UInt32 = 0x3F
  static let early: UInt32 = 0x07
  static let underflow: UInt32 = 0x10
  static let flushToZero: UInt32 = 0x8000
}
