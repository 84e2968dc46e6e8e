import Channels

/// The firmware's permission for one logical processor to run, and what it made of it.
package struct Placement: Sendable {
  /// Why a processor ran no further.
  package enum Stop: Equatable, Sendable {
    /// It could still run: its limit is reached.
    case ranOut
    /// It waits for an interrupt.
    case waiting
    /// It gave up the rest of its time slice (DIAGNOSE X'44', X'9C').
    case yielded
    /// It was told that its time slice ends, and gave its place up (DIAGNOSE X'49C').
    case acknowledged
    /// It spins while another processor of its partition has work and no place.
    case spinning
    /// It called the firmware.
    case inFirmware
    /// It, or the whole computer, has stopped.
    case shutdown
  }

  /// The logical processor.
  package var processor: Int
  /// When it may start.
  package var start: SimulatedTime
  /// Rate of the physical processor, in MHz.
  package var megahertz: UInt32
  /// When it must have ended.
  package var limit: SimulatedTime
  /// Result: its local time when it stopped.
  package var end: SimulatedTime
  /// Result: cycles that it consumed.
  package var cyclesUsed: UInt64 = 0
  /// Result: nanoseconds inside start..<end that it waited and was woken again.
  package var waited: SimulatedTime = 0
  /// Result: why it stopped.
  package var stop: Stop = .ranOut
  /// Result: the processor that is to have its place, when it yielded to one; otherwise -1.
  package var yieldTarget = -1
  /// It may still run in this phase.
  var isOpen = false
  /// When a pause ends, in a spin loop; 0 when it does not pause.
  var pausedUntil: SimulatedTime = 0

  /// Rate of the physical processor in MHz, at least 1.
  var rate: UInt64 { UInt64(max(1, megahertz)) }

  /// Places a processor from `start` to `limit` on a physical processor of a rate.
  package init(
    processor: Int, start: SimulatedTime, limit: SimulatedTime, megahertz: UInt32
  ) {
    self.processor = processor
    self.start = start
    self.limit = limit
    self.megahertz = megahertz
    end = start
  }
}

/// What a logical processor can do now.
package enum ProcessorStatus: Equatable, Sendable {
  /// It waits for an interrupt.
  case waiting
  /// It has something to do.
  case ready
  /// It called the firmware, which has not answered.
  case inFirmware
  /// It is not present, or waits to be started by another processor.
  case waitingForStartup
  /// It, or the whole computer, has stopped.
  case shutDown
}
