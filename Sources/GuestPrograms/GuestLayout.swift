// The storage of a guest program, in guest-physical addresses (identity-mapped):
//
//   01000  start of further processors (real mode)        03000  interrupt descriptor table
//   02000  counters (GuestCounter)                        04000  console buffers and variables
//   05000  answers of DIAGNOSE X'08'                      08000  stack given at entry, unused later
//   09000  page tables given at entry, up to 0EFFF        10000  the program's own tables
//   20000  stacks, 8 KiB a processor, up to 64            100000  the image, then free storage

/// Where the guest programs keep things, and what they agree with the platform on.
enum GuestLayout {
  static let trampoline: UInt64 = 0x1000
  static let interruptTable: Int32 = 0x3000
  /// Characters typed, not yet read: a ring of 256 bytes.
  static let inputRing: Int32 = 0x4000
  /// The line being typed, NUL-terminated.
  static let line: Int32 = 0x4100
  static let lineLimit: Int32 = 240
  /// The PARM text, NUL-terminated.
  static let parameter: Int32 = 0x4200
  static let parameterLimit: Int32 = 255
  /// Digits of a number being printed.
  static let digits: Int32 = 0x4300
  static let reply: Int32 = 0x5000
  static let replyLimit: Int32 = 0x1000
  static let programArea: Int32 = 0x1_0000
  static let stacks: Int32 = 0x2_0000
  static let stackByteCount: Int32 = 0x2000
  static let image: UInt64 = 0x10_0000
  /// Most processors that a guest program can use.
  static let processorLimit: Int32 = 64

  // Variables, eight bytes each.
  static let inputHead: Int32 = 0x4400
  static let inputTail: Int32 = 0x4408
  static let noticePending: Int32 = 0x4410
  static let deviceBase: Int32 = 0x4418
  static let onlineAtStart: Int32 = 0x4420
  static let nextPublication: Int32 = 0x4428
  static let stopRequested: Int32 = 0x4430
  static let lastCharacter: Int32 = 0x4438
  static let pageTable: Int32 = 0x4440
  /// A byte a processor, not 0 while it waits because it is parked.
  static let parked: Int32 = 0x4480
  /// From here a program keeps its own variables.
  static let programVariables: Int32 = 0x4500
}

/// Ports, registers and vectors of the platform that the guest programs use.
enum GuestPlatform {
  static let serialPort: Int64 = 0x3F8
  static let serialPin: Int32 = 4
  static let ioAPIC: Int64 = 0xFEC0_0000
  static let virtioBase: Int64 = 0xFEB0_0000
  static let virtioPin: Int64 = 16
  /// ACPI sleep control register, and the value that powers off (S5 with SLP_EN).
  static let sleepControl: Int64 = 0x600
  static let powerOff: Int64 = 5 << 2 | 0x20
  /// Model-specific register of KVM's steal time.
  static let stealTime: Int64 = 0x4B56_4D03
  /// DIAGNOSE code 0; the code is added.
  static let diagnose: Int64 = 0x4449_0000

  static let serialVector: Int32 = 0x24
  static let deviceVector: Int32 = 0x28
  static let timerVector: Int32 = 0x40
  static let warningVector: Int32 = 0x62
  static let noticeVector: Int32 = 0x60
  static let wakeVector: Int32 = 0x61
}

/// The counters that every guest program keeps at fixed addresses in its storage, 64 bits each.
///
/// An operator sees them by DISPLAY STORAGE; `work` also by INDICATE USER (DIAGNOSE X'610').
package enum GuestCounter: UInt64, CaseIterable, Sendable {
  /// Work of all processors, as last published.
  case work = 0x2000
  /// Processors that run the program now.
  case processors = 0x2008
  /// Storage in bytes, by the notices accepted.
  case storage = 0x2010
  /// Mismatches, exceptions and failures.
  case errors = 0x2018
  /// Reconfiguration notices accepted.
  case accepted = 0x2020
  /// Reconfiguration notices refused.
  case refused = 0x2028
  /// Address of the first mismatch (storage address, or block number for IODRIVER).
  case mismatchAddress = 0x2030
  case mismatchExpected = 0x2038
  case mismatchFound = 0x2040
  /// Interrupts with a vector that nobody asked for.
  case strayInterrupts = 0x2048
  /// TOUCHER: bytes released; IODRIVER: blocks written.
  case released = 0x2050
  /// TOUCHER: bytes taken; IODRIVER: blocks read and verified.
  case taken = 0x2058
  /// IODRIVER: requests that ended with an error and were repeated.
  case retried = 0x2060

  /// Address of processor n's own work counter: this plus 8 n.
  package static let firstProcessorWork: UInt64 = 0x2100
  /// Address of processor 0's state byte; processor n's follows at + n.
  package static let firstProcessorState: UInt64 = 0x2300

  var address: Int32 { Int32(rawValue) }
}

/// What the state byte of a processor says.
package enum GuestProcessorState: UInt8, Sendable {
  case absent, starting, running, askedToStop, parked
}
