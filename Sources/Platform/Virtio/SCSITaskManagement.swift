// What a driver asks of the SCSI adapter beside commands: to end them, to reset, to say which are under way.

import Channels
import Quantities
import X86

extension SCSIDevice {
  /// Does what a chain of the control queue asks.
  func manage(_ chain: VirtQueue.Chain, _ access: DeviceAccess) throws(VirtQueueError) {
    guard let (function, address) = SCSIFunction.read(chain, bus.memory),
      chain.writable.contains(where: { $0.byteCount > 0 })
    else { throw .incompleteRequest(head: chain.head) }
    guard let unit = address.unit, !isCutOff else {
      return try finishFunction(chain, .badTarget, function)
    }
    guard unit == 0 else { return try finishFunction(chain, .incorrectUnit, function) }
    var code = SCSIResponse.Code.ok
    switch function {
    case .abortTask(let identifier):
      // The subchannel is cleared as a whole: those beside it are to be asked again.
      if isUnderWay(identifier) {
        endRequests(access)
        try endTasks { $0 == identifier ? .aborted : .busy }
      }
    case .abortTasks:
      if isUnderWay(nil) { endRequests(access) }
      try endTasks { _ in .aborted }
    case .resetNexus: try startAnew(access)
    case .resetUnit:
      try startAnew(access)
      if !configuration.isReadOnly { return resetUnit(chain, access) }
    case .queryTask(let identifier): if isUnderWay(identifier) { code = .functionSucceeded }
    case .queryTasks: if isUnderWay(nil) { code = .functionSucceeded }
    case .events: break
    case .unknown: code = .functionRejected
    }
    try finishFunction(chain, code, function)
  }

  /// Whether a command is under way, or any.
  private func isUnderWay(_ identifier: UInt64?) -> Bool {
    pending.contains { item in
      item.chain != nil && isCommand(item)
        && (identifier == nil || item.task?.identifier == identifier)
    }
  }

  /// Is as after a reset, but for the queues.
  private func startAnew(_ access: DeviceAccess) throws(VirtQueueError) {
    if !isFresh { clear(access) }
    isFresh = true
    try endTasks { _ in .reset }
  }

  /// Gives all commands under way back, each with what the driver is to be told of it.
  private func endTasks(
    _ code: (_ identifier: UInt64) -> SCSIResponse.Code
  ) throws(VirtQueueError) {
    let ended = pending
    pending.changeEach { if isCommand($0) { $0.chain = nil } }
    for item in ended where isCommand(item) {
      guard let chain = item.chain, let task = item.task else { continue }
      try finish(chain, SCSIResponse(code: code(task.identifier)))
    }
  }

  /// Whether it is a command, and not a function of the control queue.
  private func isCommand(_ item: Pending) -> Bool { item.task?.queue == requestQueue }

  /// Has the disk reset; the function ends when that is done.
  private func resetUnit(_ chain: VirtQueue.Chain, _ access: DeviceAccess) {
    var request = request(now: access.time)
    request.kind = .control
    request.control = .resetUnit
    let begun = begin(
      request, for: chain, task: SCSITask(identifier: 0, queue: Self.controlQueue))
    bus.owner?.emit(.channelRequest(begun), at: access.time)
  }

  /// Answers a function: which events there are comes before how it went.
  func finishFunction(
    _ chain: VirtQueue.Chain, _ code: SCSIResponse.Code, _ function: SCSIFunction = .unknown
  ) throws(VirtQueueError) {
    let bytes = (function == .events ? [0, 0, 0, 0] : []) + [code.rawValue]
    try give(chain.head, in: Self.controlQueue, written: try chain.store(bytes, bus.memory))
  }
}
