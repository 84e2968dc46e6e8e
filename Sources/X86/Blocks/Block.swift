/// A decoded run of instructions inside one page, in raw memory of a `CodeCache`.
///
/// Layout: a header, operations of 16 bytes, then 4 bytes for each operation: offset of its
/// instruction in the page (16 bits), number of the instruction in the block (8 bits), its byte
/// length (8 bits); then 2 bytes for each instruction: its offset in the page. Holds no linear and no host address, so that any partition may run it.
struct Block {
  static let headerByteCount = 80
  static let operationByteCount = 16

  /// Longest block, in instructions.
  static let maximumInstructionCount = 64
  /// Most operations that one block may have.
  static let maximumOperationCount = 224
  /// Most operations of a block that belong to no instruction: ways into its translation.
  static let maximumEntryCount = maximumInstructionCount + 1
  /// Most operations that are put together before a block is known to be too long.
  static let mostBuilt = maximumOperationCount + 16 + maximumEntryCount
  /// Bytes of the room in which a block is put together.
  static let builderByteCount =
    mostBuilt * (operationByteCount + MemoryLayout<InstructionPlace>.stride)
    + (maximumInstructionCount + 1) * MemoryLayout<Int>.stride

  // Where translated code finds what it needs of a header.
  static let costOffset: Int32 = 0
  static let isLiveOffset: Int32 = 8
  static let offsetOffset: Int32 = 32
  static let enteredCodeOffset: Int32 = 64
  static let linkedCodeOffset: Int32 = 72

  let base: UnsafeMutableRawPointer

  @inline(__always) init(_ base: UnsafeMutableRawPointer) { self.base = base }

  /// Cycles that the block costs: its number of instructions.
  @inline(__always) var cost: Int64 {
    get { Int64(base.load(as: Int32.self)) }
    nonmutating set { base.storeBytes(of: Int32(truncatingIfNeeded: newValue), as: Int32.self) }
  }

  @inline(__always) var operationCount: Int {
    get { Int(base.load(fromByteOffset: 4, as: Int32.self)) }
    nonmutating set {
      base.storeBytes(of: Int32(truncatingIfNeeded: newValue), toByteOffset: 4, as: Int32.self)
    }
  }

  /// False once its page changed.
  @inline(__always) var isLive: Bool {
    get { base.load(fromByteOffset: 8, as: UInt32.self) != 0 }
    nonmutating set {
      base.storeBytes(of: newValue ? 1 : 0, toByteOffset: 8, as: UInt32.self)
    }
  }

  var mode: UInt32 {
    get { base.load(fromByteOffset: 12, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 12, as: UInt32.self) }
  }

  var memoryIdentifier: UInt64 {
    get { base.load(fromByteOffset: 16, as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: UInt64.self) }
  }

  /// Number of the page in the memory's window.
  var page: Int {
    get { base.load(fromByteOffset: 24, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: Int.self) }
  }

  /// Offset of the first byte in the page.
  @inline(__always) var offset: UInt64 {
    get { UInt64(base.load(fromByteOffset: 32, as: UInt32.self)) }
    nonmutating set {
      base.storeBytes(of: UInt32(truncatingIfNeeded: newValue), toByteOffset: 32, as: UInt32.self)
    }
  }

  /// The block is one instruction that may touch devices.
  var isSingle: Bool {
    get { base.load(fromByteOffset: 36, as: UInt32.self) != 0 }
    nonmutating set {
      base.storeBytes(of: newValue ? 1 : 0, toByteOffset: 36, as: UInt32.self)
    }
  }

  /// The next block that begins in the same 64 bytes.
  var nextInPiece: UnsafeMutableRawPointer? {
    get { base.load(fromByteOffset: 40, as: UnsafeMutableRawPointer?.self) }
    nonmutating set {
      base.storeBytes(of: newValue, toByteOffset: 40, as: UnsafeMutableRawPointer?.self)
    }
  }

  /// Version of the page that was decoded.
  var version: UInt32 {
    get { base.load(fromByteOffset: 48, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 48, as: UInt32.self) }
  }

  /// Version of the second page that was decoded.
  var secondVersion: UInt32 {
    get { base.load(fromByteOffset: 52, as: UInt32.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 52, as: UInt32.self) }
  }

  /// Page in the window that the last instruction runs over into, or -1.
  var secondPage: Int {
    get { base.load(fromByteOffset: 56, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 56, as: Int.self) }
  }

  /// Translated code for who has paid for the block, and for who comes by a link and has not.
  func setCode(entered: UnsafeMutableRawPointer?, linked: UnsafeMutableRawPointer?) {
    base.storeBytes(
      of: entered, toByteOffset: Int(Self.enteredCodeOffset), as: UnsafeMutableRawPointer?.self)
    base.storeBytes(
      of: linked, toByteOffset: Int(Self.linkedCodeOffset), as: UnsafeMutableRawPointer?.self)
  }

  /// Code for who comes by a link; nil where the cache has no translator.
  var linkedCode: UnsafeMutableRawPointer? {
    base.load(fromByteOffset: Int(Self.linkedCodeOffset), as: UnsafeMutableRawPointer?.self)
  }

  @inline(__always) var operations: UnsafeMutableRawPointer { base + Self.headerByteCount }

  private var side: UnsafeMutableRawPointer {
    operations + operationCount &* Self.operationByteCount
  }

  /// Index of an operation of this block.
  @inline(__always) func index(of operation: UnsafeRawPointer) -> Int {
    (operation - UnsafeRawPointer(operations)) >> 4
  }

  /// Where the instruction of an operation stands: offset in the page, number, byte length.
  func place(of index: Int) -> InstructionPlace {
    let word = (side + index &* 4).load(as: UInt32.self)
    return InstructionPlace(word: word)
  }

  func setPlace(of index: Int, _ place: InstructionPlace) {
    (side + index &* 4).storeBytes(of: place.word, as: UInt32.self)
  }

  /// Offset in the page of instruction `number`; instructions without operations included.
  func boundary(_ number: Int) -> UInt64 {
    UInt64((side + (operationCount &* 4 &+ number &* 2)).load(as: UInt16.self))
  }

  func setBoundary(_ number: Int, _ offset: Int) {
    (side + (operationCount &* 4 &+ number &* 2)).storeBytes(
      of: UInt16(truncatingIfNeeded: offset), as: UInt16.self)
  }

  static func byteCount(operations: Int, instructions: Int) -> Int {
    (headerByteCount &+ operations &* (operationByteCount + 4) &+ instructions &* 2 &+ 15) & ~15
  }
}

/// Where an operation's instruction stands in its block.
struct InstructionPlace: Equatable {
  var word: UInt32

  init(word: UInt32) { self.word = word }

  init(offset: Int, number: Int, length: Int) {
    word = UInt32(truncatingIfNeeded: offset | number << 16 | length << 24)
  }

  /// Offset of the first byte in the page.
  var offset: UInt64 { UInt64(word & 0xFFFF) }
  /// Number of the instruction in the block, from 0.
  var number: Int { Int(word >> 16 & 0xFF) }
  /// Bytes.
  var length: UInt64 { UInt64(word >> 24) }
}
