// What leaves a partition, and what the firmware tells it.

import Channels

/// Something that leaves a partition: it takes effect at Settle, in order of time and sequence.
package struct ComputerEvent: Codable, Equatable, Sendable {
  /// What happened.
  package enum Kind: Codable, Equatable, Sendable {
    /// The guest wrote bytes to its serial line.
    case console([UInt8])
    /// Firmware wrote bytes to the debug console.
    case debugConsole([UInt8])
    /// The guest started a request on a block device.
    case channelRequest(ChannelRequest)
    /// The driver reset the disk of a number, or had it reset: what was under way ends, and what RESERVE gave goes.
    case channelCleared(UInt16)
    /// The driver had the requests ended that were under way at the disk of a number, and did not reset it.
    case requestsEnded(UInt16)
    /// The guest sends a frame by a network adapter.
    case frame(FrameRequest)
    /// A processor called the firmware and stays `.inFirmware` until `completeDiagnose`.
    case diagnose(processor: Int, DiagnoseCall)
    /// A processor wrote a CP command to the partition's port, which waits for `completePortCommand`.
    case portCommand(processor: Int, tag: UInt64, text: [UInt8])
    /// The guest switched its computer off.
    case powerOff
    /// The guest wrote a value to the debug exit port: the run is over.
    case debugExit(UInt32)
    /// The guest asked for a reset: the firmware loads it again.
    case reset
    /// A triple fault stopped the computer at an address.
    case shutdown(processor: Int, address: UInt64)
    /// All started processors wait with interrupts off: nothing can wake them but the operator.
    case disabledWait(processor: Int, address: UInt64)
    /// The first use of an instruction that is not implemented; its bytes lowest first.
    case unimplemented(processor: Int, address: UInt64, bytes: UInt64)
    /// The first access outside storage and devices since the load.
    case outsideStorage(processor: Int, address: UInt64, storageAddress: UInt64)
    /// The guest's operating system has given a processor back (ACPI eject).
    case processorEjected(Int)
    /// A driver has set up the device of a number of which the guest was told, or the guest's operating system
    /// could not take it.
    case deviceAnswered(UInt16, isTaken: Bool)
    /// The guest's operating system has given the device of a number back (ACPI eject).
    case deviceEjected(UInt16)
    /// The guest's operating system cannot give the device of a number back.
    case deviceKept(UInt16)
    /// The guest's operating system does not give a processor back that it was asked for (ACPI `_OST`).
    case processorRefused(Int)
    /// The guest has plugged or unplugged storage and has so much plugged now.
    case storagePlugged(byteCount: UInt64)
    /// The guest's operating system could not take so much of the storage that it was offered (ACPI `_OST`).
    case storageRefused(byteCount: UInt64)
    /// The guest's operating system gives nothing of the storage that is still wanted back (ACPI `_OST`).
    case storageKept
    /// The guest's operating system has given so much storage back unasked (ACPI eject).
    case storageGivenBack(byteCount: UInt64)
  }

  /// When it happened.
  package var time: SimulatedTime
  /// Order among the partition's events.
  package var sequence: UInt64
  /// What happened.
  package var kind: Kind
}

/// A call that only the firmware can answer.
package enum DiagnoseCall: Codable, Equatable, Sendable {
  /// X'08': a CP command, X'15' between commands; `replyCapacity` nil sends the reply to the console.
  case command(text: [UInt8], replyCapacity: Int?)
  /// X'600' subcode 2: the guest accepts a notice.
  case accept(ReconfigurationNotice)
  /// X'600' subcode 3: the guest refuses a notice.
  case refuse(ReconfigurationNotice)
}

/// The firmware's answer to a `DiagnoseCall`.
package enum DiagnoseAnswer: Equatable, Sendable {
  /// Answer to a command: the message number, or 0, the reply's text, and how many bytes of files were
  /// read for it.
  case command(returnCode: UInt64, reply: [UInt8], bytesRead: Int = 0)
  /// Answer to an accepted or refused notice: 0 when done.
  case notice(returnCode: UInt64)
}

/// What the firmware offers to a guest or wants back from it.
package enum ReconfigurationNotice: Equatable, Sendable, Codable {
  case processorOffered(Int)
  case processorRecalled(Int)
  case storageOffered(Range<UInt64>)
  case storageRecalled(Range<UInt64>)
  case shutdownSignal

  /// The names under which the first program wrote notices that wait for a guest.
  private enum CodingKeys: String, CodingKey {
    case processorOffered, storageOffered, shutdownSignal
    case processorRecalled = "processorRequested"
    case storageRecalled = "storageRequested"
  }
}

/// What can become of a notice.
package enum NoticeDelivery: Equatable, Sendable {
  /// The guest takes notices by DIAGNOSE X'600' and will accept or refuse this one.
  case queued
  /// The guest's operating system was told through ACPI.
  case signalled
  /// The guest does not listen; the notice was not kept.
  case nobodyListens
}
