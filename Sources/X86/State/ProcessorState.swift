/// Offsets, in bytes, of a logical processor's state inside its one raw allocation.
///
/// The interpreter and, later, translated code address the state by these numbers. What stands
/// from `translations` on is a cache: it is not part of a saved state.
enum StateLayout {
  static let generalRegisters = 0x000
  static let flagsOperand = 0x0A0
  static let flagsResult = 0x0A8
  static let flagsKind = 0x0B0
  static let flagsRest = 0x0B8
  static let budget = 0x0C0
  static let block = 0x0C8
  static let currentTranslations = 0x0D0
  static let jumpKeyLow = 0x0E0
  static let jumpKeyHigh = 0x0E8
  static let instructionPointer = 0x0F0
  static let nextInstructionPointer = 0x0F8
  static let exitReason = 0x100
  static let faultVector = 0x104
  static let faultErrorCode = 0x108
  static let exitOperation = 0x118
  static let linkSite = 0x120
  static let scratch = 0x130
  static let segmentBases = 0x180
  static let segmentLimits = 0x1B0
  static let segmentAttributes = 0x1C8
  static let segmentSelectors = 0x1D4
  static let cr0 = 0x1E0
  static let cr2 = 0x1E8
  static let cr3 = 0x1F0
  static let cr4 = 0x1F8
  static let efer = 0x200
  static let mode = 0x208
  static let privilege = 0x20C
  static let timeBase = 0x210
  static let timeRemainder = 0x218
  static let megahertz = 0x21C
  static let sliceCycles = 0x220
  static let timestampOffset = 0x228
  static let lastTimestamp = 0x230
  static let owner = 0x238
  static let attention = 0x240
  static let addressSegment = 0x244
  /// `Processor.cyclesOwedLater`.
  static let cyclesOwedLater = 0x250
  /// What translated code keeps of an instruction while it works at it.
  static let translationSpill = 0x258
  /// The way into translated code of the cache that runs.
  static let translationEntry = 0x260
  /// Not 0: translated code runs and has MXCSR and the XMM registers in the host's own.
  static let vectorsLoaded = 0x268
  static let directoryPointers = 0x300
  static let fxImage = 0x400
  static let x87Registers = 0x600
  static let x87Control = 0x680
  static let x87Status = 0x682
  static let x87Tag = 0x684
  static let x87Top = 0x686
  static let x87Opcode = 0x688
  static let x87CodeSelector = 0x68A
  static let x87DataSelector = 0x68C
  static let x87IgnoresErrors = 0x68E
  static let x87InstructionPointer = 0x690
  static let x87DataPointer = 0x698
  static let architecturalByteCount = 0x1000
  static let translations = 0x1000
  static let translationTableByteCount = 1024 * 32
  static let jumpCache = translations + 3 * translationTableByteCount
  static let jumpCacheByteCount = 2048 * 16
  /// A translation table that stays empty: used while alignment is checked.
  static let emptyTranslations = jumpCache + jumpCacheByteCount
  /// Lists of the cached jumps that came by each translation, and of translations of large pages.
  static let jumpLists = emptyTranslations + translationTableByteCount
  static let largeLists = jumpLists + IndexLists.byteCount(lists: 2 * 1024, numbers: 2048)
  static let byteCount = largeLists + IndexLists.byteCount(lists: 3 * 256, numbers: 3 * 1024)
}

/// Indices past the sixteen general registers that an operation's address fields may name.
enum PseudoRegister {
  /// Always zero: the index of an address without one, the base of an absolute address.
  static let zero: UInt8 = 16
  /// Instruction pointer of the first byte of the page that the current block lies in.
  static let page: UInt8 = 17
  /// An address that the preceding address operation worked out, segment base included.
  static let address: UInt8 = 18
  /// ESP as it will be after the pop that is being carried out.
  static let popped: UInt8 = 19
}

/// Why a chain of operations returned to the run loop.
enum ExitReason {
  /// The next block must be looked up at `instructionPointer`.
  static let lookup: UInt32 = 0
  /// An exception is described by the fault fields; its operation is `exitOperation`.
  static let fault: UInt32 = 1
  /// The operation at `exitOperation` is carried out by `Processor.executeSystemOperation`.
  static let system: UInt32 = 2
  /// The budget does not cover the block at `block`.
  static let budget: UInt32 = 3
  /// The instruction at `exitOperation` must be run alone (it touches a device).
  static let isolate: UInt32 = 4
  /// The block being run was changed; go on at the operation at `exitOperation`.
  static let resume: UInt32 = 5
  /// As `lookup`, behind an instruction after which fetches ask the translation buffer again.
  static let asking: UInt32 = 6
}

/// Why the run loop must look before the next block; bits of `attention`.
enum Attention {
  static let interrupt: UInt32 = 1 << 0
  static let nonMaskable: UInt32 = 1 << 1
  static let notRunning: UInt32 = 1 << 2
  /// One instruction is protected from interrupts (after STI).
  static let shadow: UInt32 = 1 << 3
  static let yield: UInt32 = 1 << 4
  /// One instruction is protected from debug exceptions too (after MOV SS, POP SS).
  static let stackShadow: UInt32 = 1 << 5
  /// A breakpoint of DR7 is enabled: each instruction runs alone.
  static let breakpoints: UInt32 = 1 << 6
  /// A debug trap is to be delivered before anything else.
  static let debugTrap: UInt32 = 1 << 7
}

/// How code at the instruction pointer is decoded.
enum CodeMode {
  static let real16: UInt32 = 0
  static let protected16: UInt32 = 1
  static let protected32: UInt32 = 2
  static let long64: UInt32 = 3
}

/// A typed view of a processor's raw state: one pointer, no reference counting.
struct ProcessorState {
  let base: UnsafeMutableRawPointer

  @inline(__always) init(_ base: UnsafeMutableRawPointer) { self.base = base }

  @inline(__always) func get<T>(_ offset: Int, as type: T.Type) -> T {
    base.load(fromByteOffset: offset, as: type)
  }

  @inline(__always) func set<T>(_ offset: Int, _ value: T) {
    // Cannot trap: no value has a negative size.
    base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  @inline(__always) func register(_ index: UInt8) -> UInt64 {
    base.load(fromByteOffset: Int(index) &* 8, as: UInt64.self)
  }

  @inline(__always) func setRegister(_ index: UInt8, _ value: UInt64) {
    base.storeBytes(of: value, toByteOffset: Int(index) &* 8, as: UInt64.self)
  }

  @inline(__always) var budget: Int64 {
    get { get(StateLayout.budget, as: Int64.self) }
    nonmutating set { set(StateLayout.budget, newValue) }
  }

  @inline(__always) var block: UnsafeMutableRawPointer {
    get { get(StateLayout.block, as: UnsafeMutableRawPointer.self) }
    nonmutating set { set(StateLayout.block, newValue) }
  }

  @inline(__always) var instructionPointer: UInt64 {
    get { get(StateLayout.instructionPointer, as: UInt64.self) }
    nonmutating set { set(StateLayout.instructionPointer, newValue) }
  }

  @inline(__always) var nextInstructionPointer: UInt64 {
    get { get(StateLayout.nextInstructionPointer, as: UInt64.self) }
    nonmutating set { set(StateLayout.nextInstructionPointer, newValue) }
  }

  @inline(__always) var exitReason: UInt32 {
    get { get(StateLayout.exitReason, as: UInt32.self) }
    nonmutating set { set(StateLayout.exitReason, newValue) }
  }

  @inline(__always) var exitOperation: UnsafeRawPointer {
    get { get(StateLayout.exitOperation, as: UnsafeRawPointer.self) }
    nonmutating set { set(StateLayout.exitOperation, newValue) }
  }

  /// Where the run loop writes the address of the next block, or nil.
  @inline(__always) var linkSite: UnsafeMutableRawPointer? {
    get { get(StateLayout.linkSite, as: UnsafeMutableRawPointer?.self) }
    nonmutating set { set(StateLayout.linkSite, newValue) }
  }

  @inline(__always) var scratch: UnsafeMutableRawPointer { base + StateLayout.scratch }

  @inline(__always) var cr0: UInt64 {
    get { get(StateLayout.cr0, as: UInt64.self) }
    nonmutating set {
      set(StateLayout.cr0, newValue)
      updateVectorGate()
    }
  }

  @inline(__always) var cr3: UInt64 {
    get { get(StateLayout.cr3, as: UInt64.self) }
    nonmutating set { set(StateLayout.cr3, newValue) }
  }

  @inline(__always) var cr4: UInt64 {
    get { get(StateLayout.cr4, as: UInt64.self) }
    nonmutating set {
      set(StateLayout.cr4, newValue)
      updateVectorGate()
    }
  }

  @inline(__always) var efer: UInt64 {
    get { get(StateLayout.efer, as: UInt64.self) }
    nonmutating set { set(StateLayout.efer, newValue) }
  }

  @inline(__always) var mode: UInt32 {
    get { get(StateLayout.mode, as: UInt32.self) }
    nonmutating set { set(StateLayout.mode, newValue) }
  }

  /// Current privilege level, 0 to 3.
  @inline(__always) var privilege: UInt32 {
    get { get(StateLayout.privilege, as: UInt32.self) }
    nonmutating set { set(StateLayout.privilege, newValue) }
  }

  @inline(__always) func segmentBase(_ index: Int) -> UInt64 {
    get(StateLayout.segmentBases &+ index &* 8, as: UInt64.self)
  }

  @inline(__always) var attention: UInt32 {
    get { get(StateLayout.attention, as: UInt32.self) }
    nonmutating set { set(StateLayout.attention, newValue) }
  }
}
