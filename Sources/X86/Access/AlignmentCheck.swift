// Alignment checking: CR0.AM, EFLAGS.AC, privilege 3 (Intel SDM volume 3, "Interrupt 17"). While it is
// on, the translation table of the fast paths is an empty one, so that every access comes to the slow
// paths, which ask here. Accesses of the supervisor to descriptor tables and the like are not checked.
extension ProcessorState {
  var checksAlignment: Bool {
    privilege == 3 && flagsRest & Flag.alignment != 0
      && cr0 & ControlRegister0.alignmentMask != 0
  }
}

extension Processor {
  /// #AC(0) for an operand that is not naturally aligned, while alignment is checked.
  ///
  /// It comes before page faults, but after the check of the address itself. Source: AMD EPYC
  /// silicon; the alignments are those of the Intel SDM volume 3, table "Alignment Requirements by
  /// Data Type".
  @inline(__always) func checkAlignment(
    _ address: UInt64, _ byteCount: Int, stackFault: Bool = false
  ) throws(GuestException) {
    if _slowPath(state.checksAlignment) {
      guard isCanonical(address) else {
        throw stackFault ? .stackFault(0) : .generalProtection(0)
      }
      guard address & (Self.alignment(byteCount) &- 1) == 0 else { throw .alignmentCheck }
    }
  }

  /// Bytes: the largest power of two in the operand's size, but 8 for a number of 80 bits.
  ///
  /// State images of the x87 unit (14, 28, 94 and 108 bytes) so have 2 or 4.
  private static func alignment(_ byteCount: Int) -> UInt64 {
    byteCount == 10 ? 8 : UInt64(truncatingIfNeeded: min(16, byteCount & (0 &- byteCount)))
  }
}
