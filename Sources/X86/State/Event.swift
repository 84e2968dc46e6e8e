/// An exception, interrupt or software interrupt on its way to a handler.
struct Event {
  enum Kind {
    /// Raised by an instruction, INT1 among them.
    case exception
    /// From the interrupt controller, or an NMI.
    case external
    /// INT n, INT3, INTO: the gate's privilege counts.
    case software
  }

  var vector: UInt8
  var errorCode: UInt32?
  var kind: Kind
  /// RIP that the handler returns to.
  var returnPointer: UInt64
  /// RF = 1 is pushed, so that a breakpoint on the instruction does not repeat.
  ///
  /// Source: Intel SDM volume 3, "Instruction-Breakpoint Exception Condition".
  var isFault = false

  /// The EXT bit of error codes that the delivery itself raises.
  var external: UInt32 { kind == .software ? 0 : 1 }

  var isDoubleFault: Bool { kind == .exception && vector == GuestException.doubleFaultVector }

  /// What is delivered after an exception was raised while delivering this event.
  ///
  /// Source: Intel SDM volume 3, "Interrupt 8 - Double Fault Exception".
  ///
  /// `pointer` is the instruction pointer, which a task switch may have changed.
  func followed(by second: GuestException, at pointer: UInt64) -> Event {
    var next = Event(
      vector: second.vector, errorCode: second.errorCode, kind: .exception,
      returnPointer: pointer, isFault: second.isFault)
    guard kind == .exception else { return next }
    let first = GuestException(vector)
    let firstIsPageFault = vector == GuestException.pageFaultVector
    let secondIsPageFault = second.vector == GuestException.pageFaultVector
    if (first.isContributory && second.isContributory)
      || (firstIsPageFault && (secondIsPageFault || second.isContributory))
    {
      next.vector = GuestException.doubleFaultVector
      next.errorCode = 0
      next.isFault = false
    }
    return next
  }
}

/// Counts the events whose handlers were entered, for those who stop at one.
struct EventLog {
  /// The processor stops at the handler when as many events were taken.
  var stopCount = Int.max
  /// Events taken.
  var count = 0
  /// The last of them, or the double fault that became a shutdown.
  var last: Event?
}
