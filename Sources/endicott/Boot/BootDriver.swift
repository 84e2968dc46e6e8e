import Foundation
import Platform
import Quantities
import X86

/// Why a run of `endicott boot` is over.
enum BootEnding: Equatable {
  /// The guest switched itself off.
  case poweredOff
  /// The guest wrote a value to the debug exit port.
  case debugExit(UInt32)
  /// The user left at the terminal.
  case left
  /// A triple fault, at an address.
  case tripleFault(processor: Int, address: UInt64)
  /// Nothing can wake the guest any more.
  case waitsForEver(address: UInt64)
  /// A signal asked the process to end.
  case signal(Int32)
  /// The text that was waited for has been written.
  case textSeen
  /// Standard output can no longer be written.
  case outputClosed
  /// The guest restarted itself and the host has no room for it.
  case cannotRestart(String)

  /// The process's exit status.
  var status: Int32 {
    switch self {
    case .poweredOff, .left, .textSeen: ExitStatus.done
    case .debugExit(let value): ExitStatus.debugExit(value)
    case .tripleFault, .waitsForEver: ExitStatus.guestEnded
    case .signal(let number): ExitStatus.signalBase.addingClamped(number)
    case .outputClosed, .cannotRestart: ExitStatus.hostFailed
    }
  }

  /// What is told about it, nil when there is nothing to tell.
  var message: String? {
    switch self {
    case .poweredOff, .debugExit, .left, .textSeen: nil
    case .signal(let number): "ended by signal \(number)"
    case .tripleFault(let processor, let address):
      "triple fault on processor \(processor) at \(hexadecimal(address)): the guest has stopped"
    case .waitsForEver(let address):
      "all processors wait for interrupts that cannot come, the first at \(hexadecimal(address))"
    case .outputClosed: "standard output: \(systemReason())"
    case .cannotRestart(let reason): "the guest restarted itself, which failed: \(reason)"
    }
  }
}

/// Drives one partition's computer, single-threaded, as fast as the host goes.
///
/// Time jumps to the next timer when all processors wait; at a terminal it then goes no faster than
/// the wall clock, so that a guest that waits for a key does not occupy the host.
final class BootDriver {
  /// Rate of the processors in MHz: an instruction takes a nanosecond.
  private static let megahertz: UInt32 = 1000
  /// Simulated time between two looks at input and output.
  private static let step: UInt64 = 1_000_000
  /// 2026-01-01T00:00:00Z, the guest's time of day at its start.
  private static let timeOfDay: Int64 = 1_767_225_600

  private let configuration: ComputerConfiguration
  private var computer: Computer
  private let image: BootImage
  private let engine: ExecutionEngine
  private var cache: CodeCache
  private var input: BootInput
  private var outputs: BootOutputs
  private var now: UInt64 = 0
  private var ending: BootEnding?

  /// Builds and loads the computer.
  ///
  /// - Throws: `HostFailure` that names the file.
  init(
    image: BootImage, file: String, byteCount: UInt64, processors: Int,
    features: ProcessorFeatures, testHardware: TestHardware, hasLegacyDevices: Bool,
    outputs: BootOutputs, engine: ExecutionEngine
  ) throws(HostFailure) {
    self.image = image
    self.engine = engine
    self.outputs = outputs
    configuration = ComputerConfiguration(
      name: "BOOT", partitionNumber: 0, maximumProcessors: processors,
      initialProcessors: processors, initialStorage: byteCount, maximumStorage: byteCount,
      timeOfDay: BootDriver.timeOfDay, features: features, testHardware: testHardware,
      hasLegacyDevices: hasLegacyDevices)
    do {
      cache = try CodeCache(fitting: .ordinary, engine: engine)
      computer = try Computer(configuration)
    } catch {
      throw .noMemory(for: "--memory and decoded code")
    }
    do {
      try computer.load(image, at: 0)
    } catch {
      throw HostFailure(subject: file, reason: error.description)
    }
    input = try BootInput()
  }

  /// Runs until the guest, the user or a signal ends it; the terminal is restored then.
  func run() -> BootEnding {
    defer {
      outputs.close()
      input.close()
    }
    // Cannot trap: at most 64 processors.
    let placements = UnsafeMutableBufferPointer<Placement>.allocate(
      capacity: computer.processors.count)
    defer { placements.deallocate() }
    while true {
      takeInput(waitingAtMost: 0)
      if let ending { return ending }
      let limit = now.addingClamped(BootDriver.step)
      computer.deliverTimers(upTo: now)
      for number in placements.indices {
        placements.initializeElement(
          at: number,
          to: Placement(
            processor: number, start: now, limit: limit, megahertz: BootDriver.megahertz))
      }
      computer.run(placements, until: limit, cache: cache)
      now = limit
      takeEvents()
      if let ending { return ending }
      if isWaiting { waitForEvent() }
    }
  }

  /// What was executed, in one line.
  var statistics: String {
    let instructions = computer.processors.map(\.instructionsRetired)
    let total = instructions.reduce(0, &+)
    let seconds = Double(now) / 1e9
    return "endicott: \(total) instructions (\(instructions)), \(seconds) simulated seconds, "
      + "\(computer.memory.writtenPageCount) pages written" + translations
  }

  /// What was translated, where that is done.
  private var translations: String {
    guard let blocks = cache.translatedBlockCount, let bytes = cache.translatedByteCount
    else { return "" }
    let exits = cache.translationExits.prefix(20).map { "\nendicott: \($0.count) \($0.reason)" }
    return ", \(blocks) blocks translated, \(bytes >> 10) KiB of code; left for"
      + exits.joined()
  }

  // MARK: Time

  private var isWaiting: Bool {
    !computer.processors.indices.contains { computer.status(of: $0) == .ready }
  }

  /// Lets time pass to the next timer; input may come first.
  private func waitForEvent() {
    let deadlines = computer.processors.indices.compactMap { computer.nextDeadline(of: $0) }
    guard let next = deadlines.min() else {
      guard input.isOpen else {
        ending = .waitsForEver(address: computer.processors.first?.instructionPointer ?? 0)
        return
      }
      takeInput(waitingAtMost: nil)
      return
    }
    guard next > now else { return }
    if input.isTerminal {
      let began = DispatchTime.now().uptimeNanoseconds
      takeInput(waitingAtMost: next.subtractingClamped(now))
      let passed = DispatchTime.now().uptimeNanoseconds.subtractingClamped(began)
      now = min(next, now.addingClamped(passed))
    } else {
      now = next
    }
  }

  // MARK: Input and output

  private func takeInput(waitingAtMost nanoseconds: UInt64?) {
    let isListening = computer.takesConsoleInput
    switch input.take(isWanted: isListening, waitingAtMost: nanoseconds) {
    case .bytes(let bytes): if !bytes.isEmpty { computer.type(bytes) }
    case .leave: ending = .left
    case .signal(let number): ending = .signal(number)
    }
  }

  private func takeEvents() {
    guard !computer.outbox.isEmpty else { return }
    let events = computer.outbox
    computer.clearOutbox()
    // Cannot trap: each element once.
    for event in events {
      switch event.kind {
      case .console(let bytes):
        if !outputs.writeSerial(bytes) { ending = .outputClosed }
      case .debugConsole(let bytes):
        if !outputs.writeDebug(bytes) { ending = .outputClosed }
      case .powerOff: ending = .poweredOff
      case .debugExit(let value): ending = .debugExit(value)
      case .reset: restart()
      case .shutdown(let processor, let address):
        ending = .tripleFault(processor: processor, address: address)
      case .disabledWait(_, let address): ending = .waitsForEver(address: address)
      case .unimplemented(let processor, let address, let bytes):
        let text = withUnsafeBytes(of: bytes.littleEndian) { Array($0) }
        let shown = text.map { hexDigits($0, 2) }.joined(separator: " ")
        tell(
          "instruction not implemented: \(shown) at \(hexadecimal(address)), "
            + "processor \(processor)")
      case .outsideStorage(let processor, let address, let storageAddress):
        tell(
          "access to \(hexadecimal(storageAddress)), where nothing is, "
            + "at \(hexadecimal(address)), processor \(processor)")
      case .diagnose(let processor, let call):
        // There is no firmware and no control program beside this partition.
        switch call {
        case .command:
          computer.completeDiagnose(processor: processor, .command(returnCode: 1, reply: []))
        case .accept, .refuse:
          computer.completeDiagnose(processor: processor, .notice(returnCode: .max))
        }
      case .channelRequest, .channelCleared, .requestsEnded, .frame, .portCommand,
        .processorEjected, .processorRefused,
        .storagePlugged, .storageRefused, .storageKept, .storageGivenBack, .deviceAnswered,
        .deviceEjected,
        .deviceKept:
        break
      }
    }
    if ending == nil, outputs.hasSeenText { ending = .textSeen }
  }

  /// What stands on the guest's text screen; nil when it has none.
  var screen: [String]? { computer.screenText() }

  private func tell(_ text: String) {
    writeError("endicott: \(text)" + (input.isTerminal ? "\r" : ""))
  }

  /// The guest restarted itself: it gets a new computer, as after power-on.
  private func restart() {
    do {
      computer = try Computer(configuration)
      cache = try CodeCache(fitting: .ordinary, engine: engine)
      try computer.load(image, at: now)
    } catch {
      ending = .cannotRestart("\(error)")
    }
  }
}

/// `0x1A2B`.
private func hexadecimal(_ value: UInt64) -> String {
  "0x" + hexDigits(value)
}
