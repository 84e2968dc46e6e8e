import Channels
import Quantities
import X86

// Calls of a guest to the firmware: VMMCALL or VMCALL at privilege level 0. RAX tells which family:
// 0x4449_0000 + code is DIAGNOSE (the codes of CP), small numbers are KVM's.

/// Which call a guest makes.
enum Hypercall: Equatable {
  case diagnose(code: UInt32)
  case kickProcessor
  case yield
  case unknown

  /// Decodes RAX.
  init(number: UInt64) {
    let low = UInt32(truncatingIfNeeded: number)
    switch (low >> 16, low) {
    case (0x4449, _): self = .diagnose(code: low & 0xFFFF)
    case (_, 5): self = .kickProcessor
    case (_, 11): self = .yield
    default: self = .unknown
    }
  }
}

/// DIAGNOSE codes.
enum DiagnoseCode {
  static let command: UInt32 = 0x08
  static let pseudoTimer: UInt32 = 0x0C
  static let endTimeSlice: UInt32 = 0x44
  static let storageSize: UInt32 = 0x60
  static let directedYield: UInt32 = 0x9C
  static let warningTrack: UInt32 = 0x49C
  static let reconfiguration: UInt32 = 0x600
  static let publishWork: UInt32 = 0x610
  static let polarity: UInt32 = 0x620
}

extension Computer {
  /// What becomes of a processor after its call.
  enum CallOutcome {
    case goesOn
    case givesUpSlice
    case givesPlace(to: Int)
    case acknowledges
    case entersFirmware
  }

  private static let unknownNumber = UInt64(bitPattern: -1000)
  private static let commandLimit: UInt64 = 240
  private static let replyLimit: UInt64 = 8192

  /// Serves the call that ended a slice; the instruction pointer is already past it.
  func serveCall(_ number: Int) -> CallOutcome {
    let processor = processors[number]
    switch Hypercall(number: processor[.rax]) {
    case .kickProcessor:
      if let target = presentProcessor(processor[.rcx]) { kick(target) }
      processor[.rax] = 0
    case .yield:
      processor[.rax] = 0
      return givePlace(of: number, to: presentProcessor(processor[.rbx]))
    case .unknown:
      processor[.rax] = Computer.unknownNumber
    case .diagnose(let code):
      return serveDiagnose(code, number)
    }
    return .goesOn
  }

  /// The number of a processor that a guest names; nil when it is not there.
  func presentProcessor(_ named: UInt64) -> Int? {
    guard let number = Int(exactly: named), isProcessorPresent(number) else {
      return nil
    }
    return number
  }

  private func serveDiagnose(_ code: UInt32, _ number: Int) -> CallOutcome {
    let processor = processors[number]
    switch code {
    case DiagnoseCode.command:
      return startCommand(number)
    case DiagnoseCode.pseudoTimer:
      let stored = store(pseudoTimer(processor.now), at: processor[.rbx])
      processor[.rax] = stored ? 0 : .max
    case DiagnoseCode.endTimeSlice:
      processor[.rax] = 0
      return .givesUpSlice
    case DiagnoseCode.directedYield:
      return yieldDirectedly(number)
    case DiagnoseCode.warningTrack:
      return serveWarningTrack(number)
    case DiagnoseCode.polarity:
      tellPolarity(number)
    case DiagnoseCode.storageSize:
      processor[.rax] = 0
      processor[.rbx] = memory.attachedByteCount
    case DiagnoseCode.reconfiguration:
      return serveReconfiguration(number)
    case DiagnoseCode.publishWork:
      values.publishedWork = processor[.rbx]
      processor[.rax] = 0
    default:
      processor[.rax] = .max
    }
    return .goesOn
  }

  // MARK: X'08', CP command

  /// Cycles that commands cost who gives them, for what CP does.
  ///
  /// By their length, since a text may hold many short ones.
  private enum CommandCost {
    static let textByte = 2_500
    static let replyByte = 4
    /// Of a file that the command had read.
    ///
    /// Only who was refused pays it: a load begins a guest anew.
    static let fileByte = 1

    static func of(_ textByteCount: Int, reply: [UInt8], bytesRead: Int) -> Int {
      textByteCount.multipliedClamped(by: textByte)
        .addingClamped(reply.count.multipliedClamped(by: replyByte))
        .addingClamped(bytesRead.multipliedClamped(by: fileByte))
    }
  }

  private func startCommand(_ number: Int) -> CallOutcome {
    let processor = processors[number]
    let byteCount = processor[.rcx]
    guard byteCount > 0, byteCount <= Computer.commandLimit,
      let text = bytes(at: processor[.rbx], count: Int(clamping: byteCount))
    else {
      processor[.rax] = .max
      return .goesOn
    }
    let capacity =
      processor[.rdx] == 0 ? nil : Int(clamping: min(processor[.rsi], Computer.replyLimit))
    callFirmware(.command(text: text, replyCapacity: capacity), number)
    return .entersFirmware
  }

  /// Gives the answer of the firmware to a processor that is `.inFirmware`; others are left alone.
  package func completeDiagnose(processor number: Int, _ answer: DiagnoseAnswer) {
    guard let call = values.pendingCalls.element(at: number) ?? nil,
      let processor = processors.element(at: number)
    else { return }
    values.pendingCalls[number] = nil
    switch answer {
    case .notice(let returnCode):
      processor[.rax] = returnCode
    case .command(let returnCode, let reply, let bytesRead):
      processor[.rax] = returnCode
      guard case .command(let text, let capacity) = call else { return }
      owe(CommandCost.of(text.count, reply: reply, bytesRead: bytesRead), by: number)
      guard let capacity else {
        processor[.rcx] = 0
        processor[.rdx] = 0
        return
      }
      // Cannot trap: the capacity is 0 to 8,192.
      let shown = Array(reply.prefix(capacity))
      let stored = store(shown, at: processor[.rdx])
      let storedCount = stored ? shown.count : 0
      processor[.rcx] = UInt64(clamping: storedCount)
      processor[.rdx] = UInt64(clamping: reply.count.subtractingClamped(storedCount))
    }
  }

  /// Gives the answer to a CP command that a processor wrote to the port, and has it pay for what CP did, whether
  /// anybody still waits or not.
  package func completePortCommand(
    _ text: [UInt8], tag: UInt64, by number: Int, _ answer: DiagnoseAnswer,
    at time: SimulatedTime
  ) {
    guard case .command(let returnCode, let reply, let bytesRead) = answer else { return }
    owe(CommandCost.of(text.count, reply: reply, bytesRead: bytesRead), by: number)
    commandPort?.complete(tag, returnCode: returnCode, reply, at: time)
  }

  private func callFirmware(_ call: DiagnoseCall, _ number: Int) {
    values.pendingCalls[number] = call
    emit(.diagnose(processor: number, call), at: processors[number].now)
  }

  // MARK: X'600', reconfiguration notices

  private func serveReconfiguration(_ number: Int) -> CallOutcome {
    let processor = processors[number]
    switch processor[.rbx] {
    case 0:
      guard let vector = UInt8(exactly: processor[.rcx]) else { break }
      values.takesNotices = true
      values.noticeVector = vector
      processor[.rax] = 0
      if !values.notices.isEmpty { announceNotice() }
      return .goesOn
    case 1:
      values.takesNotices = true
      let notice = values.notices.isEmpty ? nil : values.notices.removeFirst()
      let words = Computer.words(notice)
      processor[.rax] = 0
      processor[.rbx] = words.kind
      processor[.rcx] = words.first
      processor[.rdx] = words.second
      if let notice, notice != .shutdownSignal { values.takenNotices.append(notice) }
      return .goesOn
    case 2, 3:
      let isAccepted = processor[.rbx] == 2
      guard
        let index = values.takenNotices.firstIndex(where: {
          let words = Computer.words($0)
          return words.first == processor[.rcx] && words.second == processor[.rdx]
        })
      else { break }
      let notice = values.takenNotices.remove(at: index)
      callFirmware(isAccepted ? .accept(notice) : .refuse(notice), number)
      return .entersFirmware
    default: break
    }
    processor[.rax] = .max
    return .goesOn
  }

  private static func words(
    _ notice: ReconfigurationNotice?
  ) -> (kind: UInt64, first: UInt64, second: UInt64) {
    switch notice {
    case nil: (0, 0, 0)
    case .processorOffered(let number): (1, UInt64(clamping: number), 0)
    case .processorRecalled(let number): (2, UInt64(clamping: number), 0)
    case .storageOffered(let range): (3, range.lowerBound, range.upperBound &- range.lowerBound)
    case .storageRecalled(let range): (4, range.lowerBound, range.upperBound &- range.lowerBound)
    case .shutdownSignal: (5, 0, 0)
    }
  }

  // MARK: X'0C', pseudo timer

  /// Date, time, and the processor time used, virtual and total, in microseconds.
  private func pseudoTimer(_ now: SimulatedTime) -> [UInt8] {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let seconds = configuration.timeOfDay.addingClamped(Int64(clamping: now / 1_000_000_000))
    let day = (seconds &- (seconds % 86_400 &+ 86_400) % 86_400) / 86_400
    let second = Int(truncatingIfNeeded: seconds &- day &* 86_400)
    let date = CivilTime.date(daysSince1970: day)
    var text = "\(two(date.month))/\(two(date.day))/\(two(date.year % 100))"
    text += "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    let used = values.busyNanoseconds.reduce(0, &+) / 1000
    return Array(text.utf8) + MachineLanguage.littleEndian(used)
      + MachineLanguage.littleEndian(used)
  }
}
