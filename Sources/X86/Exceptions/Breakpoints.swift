/// Bits of DR6 (Intel SDM volume 3, "Debug Status Register").
enum DebugStatus {
  /// B0 to B3.
  static let breakpoints: UInt64 = 0xF
  static let generalDetect: UInt64 = 1 << 13
  static let singleStep: UInt64 = 1 << 14
  static let taskSwitch: UInt64 = 1 << 15
  static let writable: UInt64 = breakpoints | generalDetect | singleStep | taskSwitch
  /// Reserved bits that read as ones.
  static let fixed: UInt64 = 0xFFFF_0FF0
}

/// Bits of DR7 (Intel SDM volume 3, "Debug Control Register").
enum DebugControl {
  /// L0 to L3, G0 to G3.
  static let enabling: UInt64 = 0xFF
  /// L0 to L3 and LE, which a task switch clears.
  static let local: UInt64 = 0x155
  static let generalDetect: UInt64 = 1 << 13
  static let writable: UInt64 = 0xFFFF_23FF
  /// Reserved bit that reads as one.
  static let fixed: UInt64 = 0x400
}

/// One of the four breakpoints, as DR7 describes it.
struct Breakpoint {
  enum Kind: UInt64 {
    case execution
    case write
    /// With CR4.DE; else it means nothing.
    case port
    case readOrWrite
  }

  /// Linear address or port, aligned to `byteCount`.
  let address: UInt64
  let kind: Kind
  let byteCount: UInt64

  /// Breakpoint `index` of DR0-DR3 and DR7, or nil when it is not enabled.
  init?(_ index: Int, addresses: [UInt64], control: UInt64) {
    guard control >> UInt64(truncatingIfNeeded: index &* 2) & 3 != 0 else { return nil }
    let field = control >> UInt64(truncatingIfNeeded: index &* 4 &+ 16)
    let sizes: [UInt64] = [1, 2, 8, 4]
    kind = Kind(rawValue: field & 3) ?? .execution
    byteCount = sizes[Int(field >> 2 & 3)]
    // Cannot trap: there are four addresses, and `index` is below four.
    address = addresses[index] & ~(byteCount &- 1)
  }

  /// Whether bytes that are accessed are among the watched ones.
  func meets(_ start: UInt64, _ count: UInt64) -> Bool {
    start &- address < byteCount || address &- start < count
  }
}

// Breakpoints cost nothing until DR7 enables one: then `Attention.breakpoints` makes each instruction
// run alone, and pages with watched data are never entered in the translation buffer.
extension Processor {
  private func breakpoint(_ index: Int) -> Breakpoint? {
    Breakpoint(index, addresses: system.debugAddresses, control: system.debugControl)
  }

  private var isWatching: Bool { state.attention & Attention.breakpoints != 0 }

  /// Takes notice of new contents of DR0-DR3 or DR7.
  func updateBreakpoints() {
    let isArmed = system.debugControl & DebugControl.enabling != 0
    setAttention(Attention.breakpoints, isArmed)
    if isArmed { state.flushTranslations(global: true) }
  }

  /// A task switch disables the local breakpoints.
  func clearLocalBreakpoints() {
    system.debugControl &= ~DebugControl.local
    updateBreakpoints()
  }

  /// Bits of DR6 for the enabled breakpoints of some kinds that meet an access.
  private func breakpoints(
    _ kinds: [Breakpoint.Kind], _ start: UInt64, _ count: UInt64
  ) -> UInt64 {
    var bits: UInt64 = 0
    for index in 0..<4 {
      guard let point = breakpoint(index), kinds.contains(point.kind), point.meets(start, count)
      else { continue }
      bits |= 1 << UInt64(truncatingIfNeeded: index)
    }
    return bits
  }

  /// Instruction breakpoints at the instruction pointer, unless RF holds them off.
  ///
  /// On AMD's processors MOV SS and POP SS do not hold them off, on Intel's they do (Linux, KVM's
  /// `kvm_is_code_breakpoint_inhibited`).
  func instructionBreakpoints() -> UInt64 {
    guard isWatching, !isResuming else { return 0 }
    let pointer = state.instructionPointer
    let linear =
      state.mode == CodeMode.long64
      ? pointer : (pointer &+ state.segmentBase(1)) & 0xFFFF_FFFF
    return breakpoints([.execution], linear, 1)
  }

  /// Notes that an instruction reads or writes data.
  @inline(__always) func noteAccess(_ address: UInt64, _ count: Int, write: Bool) {
    if _slowPath(isWatching) { meetData(address, count, write: write) }
  }

  private func meetData(_ address: UInt64, _ count: Int, write: Bool) {
    metBreakpoints |= breakpoints(
      write ? [.write, .readOrWrite] : [.readOrWrite], address, UInt64(truncatingIfNeeded: count))
  }

  /// Notes that an instruction reads or writes a port.
  func notePort(_ port: UInt16, _ size: UInt8) {
    guard isWatching, state.cr4 & ControlRegister4.debuggingExtensions != 0 else { return }
    metBreakpoints |= breakpoints([.port], UInt64(port), UInt64(size))
  }

  /// Whether data of an address's page is watched.
  func isWatched(_ address: UInt64) -> Bool {
    guard isWatching else { return false }
    for index in 0..<4 {
      guard let point = breakpoint(index), point.address >> 12 == address >> 12,
        point.kind == .write || point.kind == .readOrWrite
      else { continue }
      return true
    }
    return false
  }

  // MARK: Debug traps

  /// Adds bits of DR6 to the debug trap that is delivered before the next instruction.
  func holdDebugTrap(_ bits: UInt64) {
    system.heldDebugStatus |= bits
    setAttention(Attention.debugTrap, true)
  }

  /// Forgets bits of DR6 of the debug trap that is held; without any there is none.
  func dropHeldDebugTrap(_ bits: UInt64) {
    system.heldDebugStatus &= ~bits
    if system.heldDebugStatus == 0 { setAttention(Attention.debugTrap, false) }
  }

  /// Delivers the debug trap that is held.
  func deliverHeldDebugTrap() {
    let bits = system.heldDebugStatus
    system.heldDebugStatus = 0
    setAttention(Attention.debugTrap, false)
    enterDebugStatus(bits)
    deliverDebugEvent()
  }

  /// Puts bits in DR6: B0 to B3 are those of the last breakpoint, the others accumulate.
  ///
  /// Source: AMD APM volume 2, "Debug-Status Register (DR6)".
  func enterDebugStatus(_ bits: UInt64) {
    if bits & DebugStatus.breakpoints != 0 { system.debugStatus &= ~DebugStatus.breakpoints }
    system.debugStatus |= bits
  }

  // What MOV SS or POP SS holds comes after the next instruction, if that completes. An exception of
  // it, INT1 among them, ends it for good; INT n, INT3, INTO and SYSCALL enter the supervisor with
  // what a breakpoint raised, but no single step reaches it, as TF is the program's (Linux' selftest
  // mov_ss_trap, which was written from silicon).

  /// An exception comes where the instruction after MOV SS or POP SS would have completed.
  func endStackShadow() {
    guard isInStackShadow else { return }
    isInStackShadow = false
    dropHeldDebugTrap(~0)
  }

  /// After MOV SS and POP SS; of several in a row the first counts.
  func beginStackShadow() {
    if !isInStackShadow { setAttention(Attention.stackShadow, true) }
  }
}
