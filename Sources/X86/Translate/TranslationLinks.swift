/// Direct jumps from translations to those of other blocks of their page, which is dropped as one.
///
/// A jump goes by the operation's link until the other block is translated; then it is overwritten.
struct TranslationLinks {
  /// Where the code is written of jumps that wait for a block's translation.
  private var waiting: [UnsafeMutableRawPointer: [UnsafeMutableRawPointer]] = [:]

  /// Notes a jump, written at a place, that is to lead to a block's translation.
  mutating func wait(for block: UnsafeMutableRawPointer, at site: UnsafeMutableRawPointer) {
    waiting[block, default: []].append(site)
  }

  /// Leads the jumps that wait for a block to its translation.
  mutating func settle(
    _ block: UnsafeMutableRawPointer, at code: UnsafeMutableRawPointer, shift: Int
  ) {
    for site in waiting.removeValue(forKey: block) ?? [] {
      var jump = HostCode(site, byteCount: HostCode.jumpByteCount, shift: shift)
      jump.jump(to: code)
    }
  }

  /// Forgets all; called where all translations are forgotten.
  mutating func removeAll() { waiting.removeAll() }
}
