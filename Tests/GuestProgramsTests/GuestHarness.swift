import Channels
import GuestPrograms
import Platform
import Testing
import X86

/// A firmware of a few lines around one machine: epochs, notices, a disk in memory, the console.
final class GuestHarness {
  static let epoch: SimulatedTime = 100_000

  let machine: Computer
  let megahertz: UInt32
  let blockCount: UInt64
  private(set) var now: SimulatedTime = 0
  /// What the guest has printed.
  private(set) var console = ""
  /// Events other than console output and calls.
  private(set) var events: [ComputerEvent.Kind] = []
  /// CP commands that the guest has given.
  private(set) var commands: [String] = []
  private(set) var accepted: [ReconfigurationNotice] = []
  private(set) var refused: [ReconfigurationNotice] = []
  /// Requests wait while the path is off line.
  var isPathOnline = true
  /// The next requests that end with an I/O error.
  var failures = 0
  /// The next writes that are lost without a word.
  var lostWrites = 0
  private(set) var completedRequests = 0
  private var disk: [UInt64: [UInt8]] = [:]
  private var waitingRequests: [ChannelRequest] = []
  private let cache = CodeCache()

  init(
    _ program: GuestProgram, parameter: String = "", processors: Int = 1, most: Int = 4,
    megabytes: UInt64 = 4, mostMegabytes: UInt64 = 8, blockCount: UInt64 = 0,
    megahertz: UInt32 = 10
  ) throws {
    self.megahertz = megahertz
    self.blockCount = blockCount
    let devices =
      blockCount == 0
      ? [] : [BlockDeviceConfiguration(deviceNumber: 0x191, blockCount: blockCount)]
    machine = try Computer(
      ComputerConfiguration(
        name: "GUEST", partitionNumber: 0, maximumProcessors: most,
        initialProcessors: processors, initialStorage: megabytes << 20,
        maximumStorage: mostMegabytes << 20, timeOfDay: 1_767_225_600, blockDevices: devices))
    let image = program.image
    try machine.load(
      .program(
        Platform.GuestProgramImage(
          bytes: image.bytes, origin: image.origin, entry: image.entry, parameter: parameter)))
  }

  func counter(_ counter: GuestCounter) -> UInt64 {
    machine.memory.load(counter.rawValue, as: UInt64.self) ?? 0
  }

  func work(of processor: UInt64) -> UInt64 {
    machine.memory.load(GuestCounter.firstProcessorWork + 8 * processor, as: UInt64.self) ?? 0
  }

  /// Simulated processor time that the guest has used, in nanoseconds.
  var busy: SimulatedTime { machine.busyNanoseconds.reduce(0, +) }

  /// Lets simulated time pass.
  func advance(milliseconds: UInt64) {
    advance(until: now + milliseconds * 1_000_000) { false }
  }

  /// Lets time pass until a condition holds; false if it does not within the limit.
  @discardableResult
  func advance(limitMilliseconds: UInt64 = 5000, until condition: () -> Bool) -> Bool {
    advance(until: now + limitMilliseconds * 1_000_000, stopWhen: condition)
    return condition()
  }

  /// Waits for a text on the console.
  func wait(for text: String, limitMilliseconds: UInt64 = 5000) -> Bool {
    advance(limitMilliseconds: limitMilliseconds) { console.contains(text) }
  }

  func type(_ text: String) { machine.type(Array(text.utf8)) }

  private func advance(until limit: SimulatedTime, stopWhen condition: () -> Bool) {
    while now < limit, !condition() {
      let end = min(limit, now + Self.epoch)
      machine.deliverTimers(upTo: now)
      var placements: [Placement] = []
      var next = limit
      for number in machine.processors.indices {
        let deadline = machine.nextDeadline(of: number)
        switch machine.status(of: number) {
        case .ready: next = now
        case .waiting:
          guard let deadline else { continue }
          next = min(next, max(now, deadline))
        default: continue
        }
        placements.append(
          Placement(processor: number, start: now, limit: end, megahertz: megahertz))
      }
      if next >= end, machine.outbox.isEmpty, waitingRequests.isEmpty {
        now = max(end, min(limit, next))
        continue
      }
      placements.withUnsafeMutableBufferPointer { machine.run($0, until: end, cache: cache) }
      now = end
      settle()
    }
  }

  private func settle() {
    let outbox = machine.outbox
    machine.clearOutbox()
    for event in outbox {
      switch event.kind {
      case .console(let bytes): console += String(decoding: bytes, as: UTF8.self)
      case .channelRequest(let request): waitingRequests.append(request)
      case .diagnose(let processor, let call): answer(call, processor)
      default: events.append(event.kind)
      }
    }
    guard isPathOnline else { return }
    let requests = waitingRequests
    waitingRequests = []
    for request in requests { complete(request) }
  }

  private func answer(_ call: DiagnoseCall, _ processor: Int) {
    switch call {
    case .command(let text, _):
      commands.append(String(decoding: text, as: UTF8.self))
      machine.completeDiagnose(
        processor: processor,
        .command(returnCode: 3, reply: Array("FIRST LINE\u{15}SECOND LINE".utf8)))
    case .refuse(let notice):
      refused.append(notice)
      machine.completeDiagnose(processor: processor, .notice(returnCode: 0))
    case .accept(let notice):
      accepted.append(notice)
      switch notice {
      case .processorOffered(let number): machine.setProcessorPresent(number, true)
      case .processorRecalled(let number): machine.setProcessorPresent(number, false)
      case .storageOffered(let range): machine.attachStorage(range)
      case .storageRecalled(let range): machine.detachStorage(range)
      case .shutdownSignal: break
      }
      machine.completeDiagnose(processor: processor, .notice(returnCode: 0))
    }
  }

  private func complete(_ request: ChannelRequest) {
    completedRequests += 1
    var completion = ChannelCompletion(
      partition: 0, device: request.device, tag: request.tag, status: .ok, at: now)
    let count = request.kind == .write ? request.data.count : request.byteCount
    let blocks = request.firstBlock..<request.firstBlock + UInt64(count / 512)
    if failures > 0 {
      failures -= 1
      completion.status = .ioError
    } else if blocks.upperBound > blockCount {
      completion.status = .ioError
    } else if request.kind == .write {
      if lostWrites > 0 {
        lostWrites -= 1
      } else {
        for (index, block) in blocks.enumerated() {
          disk[block] = Array(request.data[512 * index..<512 * index + 512])
        }
      }
    } else if request.kind == .read {
      completion.data = blocks.flatMap { disk[$0] ?? [UInt8](repeating: 0, count: 512) }
    }
    machine.completeChannel(completion)
  }
}
