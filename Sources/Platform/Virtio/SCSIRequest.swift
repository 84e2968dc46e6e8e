// What lies in a chain of the SCSI adapter (VIRTIO 1.2, "SCSI Host Device"): of a command a header, then data for the
// device; then the answer, then data for the driver. A driver may cut them into descriptors as it likes. The sizes
// of command and sense are those that the device proposes.

import Quantities
import X86

/// Why a command is not done, as SCSI says it: key, and additional code with its qualifier.
struct SCSISense: Error, Equatable, Sendable {
  var key: UInt8
  var code: UInt16

  static let readError = SCSISense(key: 3, code: 0x1100)
  static let writeError = SCSISense(key: 3, code: 0x0C00)
  static let notReady = SCSISense(key: 2, code: 0x0400)
  static let wrongListLength = SCSISense(key: 5, code: 0x1A00)
  static let invalidCommand = SCSISense(key: 5, code: 0x2000)
  static let blockOutOfRange = SCSISense(key: 5, code: 0x2100)
  static let invalidField = SCSISense(key: 5, code: 0x2400)
  static let noSuchUnit = SCSISense(key: 5, code: 0x2500)
  static let invalidParameter = SCSISense(key: 5, code: 0x2600)
  static let notSaved = SCSISense(key: 5, code: 0x3900)
  static let writeProtected = SCSISense(key: 7, code: 0x2700)
  /// It was switched on, or reset.
  static let fresh = SCSISense(key: 6, code: 0x2900)
  static let none = SCSISense(key: 0, code: 0)

  /// In the fixed format.
  var bytes: [UInt8] {
    [0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0] + code.bigEndianBytes + [0, 0, 0, 0]
  }
}

/// Which logical unit of which target is meant.
struct SCSIAddress: Equatable {
  /// The unit's number; nil where there is no such target.
  let unit: UInt16?

  init(_ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    let isTarget = bytes.first == 1 && bytes.element(at: 1) == 0
    let level = UInt16(bigEndianBytes: bytes.dropFirst(2).prefix(2))
    // A second level, or another way of addressing, names nothing here.
    let isPlain = level & 0x8000 == 0 && bytes.dropFirst(4).allSatisfy { $0 == 0 }
    unit = isTarget ? (isPlain ? level & 0x3FFF : 0x3FFF) : nil
  }
}

/// The header of a command.
struct SCSIRequestHeader {
  /// Bytes of a command.
  static let commandByteCount = 32
  /// Bytes of the header.
  static let byteCount = 19 + commandByteCount

  let address: SCSIAddress
  /// The driver's name for it.
  let identifier: UInt64
  let command: [UInt8]

  /// Reads the first bytes of what a chain has for the device; nil when there are too few.
  init?(_ chain: VirtQueue.Chain, _ memory: GuestMemory) {
    let bytes = chain.bytes(skipping: 0, count: Self.byteCount, memory)
    guard bytes.count == Self.byteCount else { return nil }
    address = SCSIAddress(bytes.prefix(8))
    identifier = UInt64(bigEndianBytes: bytes.dropFirst(8).prefix(8).reversed())
    command = Array(bytes.suffix(Self.commandByteCount))
  }

  /// Bytes behind the header.
  static func dataByteCount(_ chain: VirtQueue.Chain) -> Int {
    max(0, VirtQueue.byteCount(chain.readable).subtractingClamped(byteCount))
  }
}

/// How a command ended, as the driver reads it.
struct SCSIResponse: Equatable {
  /// What the adapter says.
  enum Code: UInt8 {
    case ok = 0
    case overrun = 1
    case aborted = 2
    case badTarget = 3
    case reset = 4
    /// To be asked again.
    case busy = 5
    case failure = 9
    case functionSucceeded = 10
    case functionRejected = 11
    case incorrectUnit = 12
  }

  /// What the disk says.
  enum Status: UInt8 {
    case good = 0
    case checkCondition = 2
    case reservationConflict = 0x18
    case taskAborted = 0x40
  }

  /// Most bytes of sense.
  static let senseByteCount = 96
  /// Bytes before the data.
  static let byteCount = 12 + senseByteCount

  var code = Code.ok
  var status = Status.good
  var sense: SCSISense?
  var data: [UInt8] = []

  /// Whether a chain has room for an answer.
  static func isPlaced(in chain: VirtQueue.Chain) -> Bool {
    VirtQueue.byteCount(chain.writable) >= byteCount
  }

  /// Bytes that a chain has for data.
  static func room(in chain: VirtQueue.Chain) -> Int {
    max(0, VirtQueue.byteCount(chain.writable).subtractingClamped(byteCount))
  }

  /// Stores the answer and as much data as there is room for.
  ///
  /// - Returns: Bytes written.
  func store(in chain: VirtQueue.Chain, _ memory: GuestMemory) throws(VirtQueueError) -> Int {
    let (sent, room) = (SCSIRequestHeader.dataByteCount(chain), Self.room(in: chain))
    let isDone = code == .ok && status == .good
    let left = isDone ? (sent > 0 ? 0 : room.subtractingClamped(data.count)) : max(sent, room)
    let senseBytes = sense?.bytes ?? []
    let padding = Self.senseByteCount.subtractingClamped(senseBytes.count)
    let head =
      MachineLanguage.littleEndian(UInt32(clamping: senseBytes.count))
      + MachineLanguage.littleEndian(UInt32(clamping: left))
      + [0, 0, status.rawValue, code.rawValue] + senseBytes
      // Cannot trap: no negative count.
      + [UInt8](repeating: 0, count: max(0, padding))
    return try chain.store(head + data, memory)
  }
}

/// What the driver asks of the adapter beside commands.
enum SCSIFunction: Equatable {
  case abortTask(UInt64)
  case abortTasks
  case resetNexus
  case resetUnit
  case queryTask(UInt64)
  case queryTasks
  /// Which events there are, or which are to be told: none are.
  case events
  case unknown

  /// Reads it from a chain of the control queue; nil when it is too short.
  ///
  /// - Returns: What is asked, and of which unit.
  static func read(
    _ chain: VirtQueue.Chain, _ memory: GuestMemory
  ) -> (function: SCSIFunction, address: SCSIAddress)? {
    let bytes = chain.bytes(skipping: 0, count: 24, memory)
    let type = UInt32(bigEndianBytes: bytes.prefix(4).reversed())
    guard bytes.count >= 16 else { return nil }
    guard type == 0 else {
      return (type <= 2 ? .events : .unknown, SCSIAddress(bytes.dropFirst(4).prefix(8)))
    }
    guard bytes.count == 24 else { return nil }
    let identifier = UInt64(bigEndianBytes: bytes.suffix(8).reversed())
    let function: SCSIFunction =
      switch UInt32(bigEndianBytes: bytes.dropFirst(4).prefix(4).reversed()) {
      case 0: .abortTask(identifier)
      case 1, 3: .abortTasks
      case 4: .resetNexus
      case 5: .resetUnit
      case 6: .queryTask(identifier)
      case 7: .queryTasks
      default: .unknown
      }
    return (function, SCSIAddress(bytes.dropFirst(8).prefix(8)))
  }
}
