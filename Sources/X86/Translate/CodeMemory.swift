import CHost

/// Memory for translated code: written through one mapping, run through another, so that nothing is
/// ever writable and executable at one address.
///
/// Belongs to one code cache and is emptied with it.
final class CodeMemory {
  /// Bytes that are reserved for it unless asked otherwise.
  static let defaultByteCount = 64 << 20
  /// More bytes than the code of one block takes.
  static let roomByteCount = 1 << 16

  private let writable: UnsafeMutableRawPointer
  private let executable: UnsafeMutableRawPointer
  private let byteCount: Int
  private var used = 0
  /// Bytes of the routines, which stay when all else goes.
  private var kept = 0
  /// What all translations share.
  private(set) var routines: TranslationRoutines
  /// Why translations were left.
  let exits = TranslationExits()
  /// Blocks that were translated since the process began.
  private(set) var blockCount = 0

  /// Reserves memory for code; nil where the host runs no code of ours or has no room.
  init?(byteCount: Int = defaultByteCount) {
    #if arch(x86_64)
      var views = endicott_code_views()
      guard endicott_map_code(byteCount, &views), let writable = views.writable,
        let executable = views.executable
      else { return nil }
      self.writable = writable
      self.executable = executable
      self.byteCount = byteCount
      var code = HostCode(writable, byteCount: Self.roomByteCount, shift: executable - writable)
      routines = TranslationRoutines(&code, exits)
      kept = Self.aligned(code.cursor - writable)
      used = kept
    #else
      return nil
    #endif
  }

  deinit {
    endicott_release(writable, byteCount)
    endicott_release(executable, byteCount)
  }

  private static func aligned(_ count: Int) -> Int { (count &+ 15) & ~15 }

  /// There is no room for another block.
  var isFull: Bool { used > byteCount &- Self.roomByteCount }

  /// Bytes of code that it holds.
  var usedByteCount: Int { used }

  /// Where the next block's code goes; `isFull` was asked before.
  var nextCode: HostCode {
    HostCode(writable + used, byteCount: Self.roomByteCount, shift: executable - writable)
  }

  /// Keeps what was written since `nextCode`.
  func keep(_ code: HostCode) {
    used = Self.aligned(code.cursor - writable)
    blockCount &+= 1
  }

  /// Forgets all translations; called where none runs.
  func removeAll() { used = kept }
}
