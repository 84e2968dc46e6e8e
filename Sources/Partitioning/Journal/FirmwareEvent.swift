import Channels

/// Something that happened by itself and that an operator may want to see, in the order it happened.
package struct FirmwareEvent: Sendable, Equatable, Codable {
  /// When it happened.
  package var time: SimulatedTime
  /// The partition it is about, nil for the machine.
  package var partition: String?
  /// What happened.
  package var kind: FirmwareEventKind

  /// Creates an event.
  package init(time: SimulatedTime, partition: String?, kind: FirmwareEventKind) {
    self.time = time
    self.partition = partition
    self.kind = kind
  }
}

/// The kinds of firmware events; front ends map every case to a message.
package enum FirmwareEventKind: Sendable, Equatable, Codable {
  /// Bytes a guest wrote to its console, as they are. Show them beside other text only through
  /// `ConsoleText`, which strips what could forge a message or drive a terminal.
  case console([UInt8])
  /// A partition became active.
  case activated
  /// A partition was loaded; the text says from what.
  case loaded(String)
  /// A partition ended: taken down by an operator or by the end of a shutdown signal's time.
  case deactivated
  /// The guest switched itself off; the partition is not active any more.
  case poweredOff
  /// The guest restarted itself.
  case restarted
  /// The guest loaded itself again too soon, for the `count`th time in a row, and begins after a wait.
  case restartHeld(count: Int, nanoseconds: UInt64)
  /// The guest asked for a restart, which was refused.
  case restartFailed(ManagementError)
  /// The guest gave a logical processor back unasked.
  case processorGivenBack(Int)
  /// The guest ejected a logical processor that cannot go.
  case processorKept(Int)
  /// The guest gave a device back unasked, by the partition's own number.
  case deviceGivenBack(UInt16)
  /// The guest's operating system has given a network adapter back unasked, by the partition's own number.
  case adapterGivenBack(UInt16)
  /// A device of the partition's definition was not to be had, by its real number.
  case deviceNotAttached(UInt16)
  /// A minidisk that the partition is to be linked to, by its own number, it is not, and why.
  case linkNotGiven(UInt16, ManagementError)
  /// A minidisk that the partition is linked to to read only, as others have it; it was to write.
  case linkReadOnly(UInt16)
  /// A network adapter that a recovered partition had cannot be had again.
  case adapterNotDefined(UInt16)
  /// A recovered partition's adapter cannot be connected again to what it was.
  case adapterNotConnected(UInt16, to: String)
  /// Another partition has connected an end of a channel to one of this partition's, the first.
  case channelCoupled(UInt16, by: String, UInt16)
  /// Another partition has disconnected its end of a channel from one of this partition's, the first.
  case channelDropped(UInt16, by: String, UInt16)
  /// All processors wait with interrupts disabled; the instruction pointer of the first.
  case disabledWait(processor: Int, instructionPointer: UInt64)
  /// A processor met a triple fault; the partition is in exceptions.
  case tripleFault(processor: Int, instructionPointer: UInt64)
  /// An instruction that the processor does not have, at its first use; the text names bytes,
  /// mode and address.
  case unimplemented(String)
  /// An access the platform does not have, at its first use.
  case unassigned(String)
  /// A pending change ended as asked.
  case changeCompleted(PendingChange)
  /// The guest refused a pending change.
  case changeRefused(PendingChange)
  /// A pending change's time was over before the guest agreed; nothing was changed.
  case changeExpired(PendingChange)
  /// It was ended, by its deadline or by a cancel, when the guest had done a part of it.
  case changeStopped(PendingChange)
  /// The guest gives nothing more of the storage that is wanted back; the change is pending all the same.
  case storageKept(PendingChange)
  /// The guest gave storage back unasked, in bytes.
  case storageGivenBack(UInt64)
  /// A shutdown signal's time was over before the guest ended.
  case shutdownTimeExpired(seconds: Int)
  /// The guest gave a CP command with its answer going to its console.
  case commandReply(String)
  /// The last path to a device of the partition is gone, and requests wait.
  case requestsWait(device: UInt16)
  /// A path that is to go off line is busy with requests of the partition to devices, by its own numbers; `isLong`
  /// when an operator should decide.
  case pathBusy(path: UInt8, devices: [UInt16], isLong: Bool)
  /// The machine has given a managed path to a control unit, from another or from none.
  case pathMoved(ManagedPath, from: UInt16?)
  /// An interrupt of a device of the partition did not come in time, and its subchannel was cleared; `path` is nil
  /// for a request that the device had not begun. By the device's real number.
  case missingInterrupt(device: UInt16, path: UInt8?, isRetried: Bool)
  /// The partition was stopped: what guests have written came to more than HOSTSTORAGE, in bytes.
  case hostStorageUsedUp(used: UInt64, limit: UInt64)
  /// The machine was taken down: no partition is active.
  case machineShutDown
  /// The partition, or those of a range up to `last`, are defined no more: what is kept of them by name
  /// is another's from now on.
  case partitionsDeleted(first: String, last: String?)
  /// An external clock reading was taken into the history: seconds since 1970.
  case clockRead(Int64)
}

/// Text of guests made fit to be shown.
package enum ConsoleText {
  /// As `stripped`, and control sequences (ECMA-48) are left out as a whole.
  ///
  /// For text that is to look as it did; where it must not pass for another's, `stripped` shows
  /// that something was there.
  package static func plain(_ bytes: [UInt8]) -> String {
    var kept: [UInt8] = []
    var sequence = ControlSequence.none
    for byte in bytes where !sequence.takes(byte) { kept.append(byte) }
    return stripped(kept)
  }

  /// How far into a control sequence a byte stands.
  private enum ControlSequence {
    case none, escape, parameters, text

    /// Whether a byte belongs to a sequence.
    mutating func takes(_ byte: UInt8) -> Bool {
      switch (self, byte) {
      case (_, 0x1B): self = .escape
      case (.none, _): return false
      case (.escape, 0x5B): self = .parameters
      case (.escape, 0x5D), (.escape, 0x50), (.escape, 0x58), (.escape, 0x5E), (.escape, 0x5F):
        self = .text
      case (.escape, 0x20...0x2F): break
      case (.parameters, 0x20...0x3F): break
      case (.text, 0x07): self = .none
      case (.text, _): break
      default: self = .none
      }
      return true
    }
  }

  /// Replaces control characters other than line ends and tabs by `.`; keeps well-formed UTF-8.
  package static func stripped(_ bytes: [UInt8]) -> String {
    var text = ""
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      switch scalar.value {
      case 0x0A: text.unicodeScalars.append("\n")
      case 0x0D: continue
      case 0x09: text += " "
      case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF:
        text += "."
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
