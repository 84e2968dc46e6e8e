import CNativeStep

/// The state of a user program inside a case, field by field.
struct StepState {
  private static let pointerOffset = MemoryLayout<native_state>.offset(of: \.pointer) ?? 0
  private static let flagsOffset = MemoryLayout<native_state>.offset(of: \.flags) ?? 0
  private static let basesOffset = MemoryLayout<native_state>.offset(of: \.bases) ?? 0
  private static let selectorsOffset = MemoryLayout<native_state>.offset(of: \.selectors) ?? 0
  private static let floatingOffset = MemoryLayout<native_state>.offset(of: \.floating) ?? 0
  /// Bytes of an FXSAVE image that matter: up to XMM15.
  static let floatingByteCount = 416

  let base: UnsafeMutableRawPointer

  /// A general register, as instructions number it.
  subscript(_ register: Int) -> UInt64 {
    get { base.load(fromByteOffset: 8 * register, as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8 * register, as: UInt64.self) }
  }

  var pointer: UInt64 {
    get { base.load(fromByteOffset: Self.pointerOffset, as: UInt64.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: Self.pointerOffset, as: UInt64.self)
    }
  }

  var flags: UInt64 {
    get { base.load(fromByteOffset: Self.flagsOffset, as: UInt64.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: Self.flagsOffset, as: UInt64.self)
    }
  }

  /// Base of FS (0) or GS (1).
  func base(_ index: Int) -> UInt64 {
    base.load(fromByteOffset: Self.basesOffset + 8 * index, as: UInt64.self)
  }

  func setBase(_ index: Int, _ value: UInt64) {
    base.storeBytes(of: value, toByteOffset: Self.basesOffset + 8 * index, as: UInt64.self)
  }

  /// Selector of ES, CS, SS, DS, FS, GS.
  func selector(_ index: Int) -> UInt16 {
    base.load(fromByteOffset: Self.selectorsOffset + 2 * index, as: UInt16.self)
  }

  func setSelector(_ index: Int, _ value: UInt16) {
    base.storeBytes(of: value, toByteOffset: Self.selectorsOffset + 2 * index, as: UInt16.self)
  }

  /// The first part of FXSAVE's image.
  var floating: UnsafeMutableRawPointer { base + Self.floatingOffset }
}

/// One instruction in the state that it starts from, and what it leaves.
struct StepCase {
  private static let startOffset = MemoryLayout<native_case>.offset(of: \.start) ?? 0
  private static let endOffset = MemoryLayout<native_case>.offset(of: \.end) ?? 0
  private static let codeOffset = MemoryLayout<native_case>.offset(of: \.code) ?? 0
  private static let changesOffset = MemoryLayout<native_case>.offset(of: \.changes) ?? 0
  private static let patchesOffset = MemoryLayout<native_case>.offset(of: \.patches) ?? 0

  let raw: UnsafeMutablePointer<native_case>

  private var bytes: UnsafeMutableRawPointer { UnsafeMutableRawPointer(raw) }
  var start: StepState { StepState(base: bytes + Self.startOffset) }
  var end: StepState { StepState(base: bytes + Self.endOffset) }

  /// The bytes of the code, INT3 behind them.
  var code: UnsafeMutableBufferPointer<UInt8> {
    UnsafeMutableBufferPointer(
      start: (bytes + Self.codeOffset).assumingMemoryBound(to: UInt8.self),
      count: Int(native_code_limit))
  }

  var codeBytes: [UInt8] { Array(code.prefix(Int(raw.pointee.code_count))) }

  func setCode(_ source: [UInt8]) {
    raw.pointee.code_count = UInt32(source.count)
    for (index, byte) in source.enumerated() { code[index] = byte }
  }

  var changes: UnsafeMutablePointer<native_change> {
    (bytes + Self.changesOffset).assumingMemoryBound(to: native_change.self)
  }

  var patches: UnsafeMutablePointer<native_patch> {
    (bytes + Self.patchesOffset).assumingMemoryBound(to: native_patch.self)
  }

  /// The changes that were kept.
  var keptChanges: Int { min(Int(raw.pointee.change_count), Int(native_change_limit)) }

  /// The code mode that CS stands for.
  var mode: StepMode {
    switch start.selector(1) {
    case StepSelector.code64: .long
    case StepSelector.code32: .protected32
    case let selector: StepSelector.isBig(selector) ? .protected32 : .protected16
    }
  }

  /// Runs by single step; else up to the INT3 behind the code.
  var isStepped: Bool { start.flags & 0x100 != 0 }

  /// Ended by completing the instruction: a single step, or INT3 behind it.
  var isCompleted: Bool { raw.pointee.vector == 1 || raw.pointee.vector == 3 }
}

/// Code modes that a user program can be in.
enum StepMode: Int, CaseIterable {
  case long, protected32, protected16

  var name: String { ["64-bit", "32-bit", "16-bit"][rawValue] }
}

/// Selectors that both sides know: those of Linux, and of the local table.
enum StepSelector {
  static let code64: UInt16 = 0x33
  static let code32: UInt16 = 0x23
  static let data: UInt16 = 0x2B
  /// The global table's entry that holds the processor's number.
  static let number: UInt16 = 0x7B

  static func local(_ index: Int) -> UInt16 { UInt16(index) * 8 + 7 }

  static func segment(_ selector: UInt16) -> native_segment? {
    let index = Int(selector >> 3)
    guard selector & 4 != 0, index < Int(native_segment_count) else { return nil }
    return native_segments()[index]
  }

  static func isBig(_ selector: UInt16) -> Bool { segment(selector)?.is_big == 1 }

  /// Base of a segment that is loaded by its selector.
  static func base(_ selector: UInt16) -> UInt64 { UInt64(segment(selector)?.base ?? 0) }
}
