@testable import Partitioning

extension StandInMachine {
  /// Judges and performs just enough of each action for the answers of commands.
  func perform(
    _ action: ManagementAction, by author: Author
  ) throws(ManagementError) -> ManagementResult {
    do throws(ManagementError) {
      let result = try judge(action)
      journal.append(JournalEntry(time: now, author: author, action: action))
      return result
    } catch {
      journal.append(JournalEntry(time: now, author: author, action: action, refusal: error))
      throw error
    }
  }

  private func judge(_ action: ManagementAction) throws(ManagementError) -> ManagementResult {
    guard case .batch(let actions) = action else { return try judgeOne(action) }
    let before = (states, offlineProcessors, offlinePaths)
    var changes: [PendingChange] = []
    do throws(ManagementError) {
      for action in actions {
        if case .pending(let more) = try judgeOne(action) { changes += more }
      }
    } catch {
      (states, offlineProcessors, offlinePaths) = before
      throw error
    }
    return changes.isEmpty ? .done : .pending(changes)
  }

  private func judgeOne(_ action: ManagementAction) throws(ManagementError) -> ManagementResult {
    guard let name = action.partition else { return try performOnMachine(action) }
    guard let view = states[name] else { throw .partitionNotFound(name) }
    switch action {
    case .logOn(_, let profile, let load, let force):
      _ = try judgeOne(.activate(name, profile: profile, load: load, force: force))
      for command in view.profiles.first?.definition.commands ?? [] {
        guard let answer = interpreter?.give(command, asUserOf: name) else { continue }
        _ = try judgeOne(.deactivate(name, force: true))
        throw .commandFailed(name, command: command, answer: answer)
      }
    case .activate(_, _, let load, _):
      try require(view, [.notActivated])
      let free = machineView.freeByteCount
      if view.definition.storage.initialByteCount > free {
        throw .insufficientStorage(
          name, needed: view.definition.storage.initialByteCount, free: free)
      }
      change(name) { $0 = fresh(view, load ? .operating : .notOperating) }
      events.publish(FirmwareEvent(time: now, partition: name, kind: .activated))
    case .deactivate(_, let force):
      try require(view, PartitionStatus.active)
      if !force, view.state == .operating { throw .forceNeeded(name, is: view.state) }
      takeDown(view)
    case .set(.weight(_, let type, let weight), _):
      try require(view, PartitionStatus.active)
      guard (1...999).contains(weight) else { throw .weightOutOfRange(weight, allowed: 1...999) }
      try setShare(view, type) { $0.setting.amount = .relative(weight) }
    case .set(.weightChange(_, let type, let change), _):
      try require(view, PartitionStatus.active)
      if let weight = change.weight {
        guard (1...999).contains(weight) else {
          throw .weightOutOfRange(weight, allowed: 1...999)
        }
        try setShare(view, type) { $0.setting.amount = .relative(weight) }
      }
    case .set(.share(_, let type, let amount, let limit), _):
      if case .relative(let weight) = amount, !(1...10_000).contains(weight) {
        throw .shareOutOfRange(.relative(weight))
      }
      if case .absolute(let share) = amount, !(10...10_000).contains(share) {
        throw .shareOutOfRange(.absolute(hundredthsOfPercent: share))
      }
      try require(view, PartitionStatus.active)
      try setShare(view, type) { share in
        share.setting.amount = amount ?? share.setting.amount
        share.setting.limit = limit ?? share.setting.limit
      }
    case .set(.initialShare(_, let type), _):
      try require(view, PartitionStatus.active)
      try setShare(view, type) { share in
        share.setting = view.definition.processors[0].share
      }
    case .set(.cap(_, let type, .ownShare(let on)), _):
      try require(view, PartitionStatus.active)
      try setShare(view, type) { $0.setting.limit = on ? .hard(nil) : .none }
    case .set(.cap(_, let type, .absolute(let cap)), _):
      if let cap, !(1...25_500).contains(cap) { throw .capOutOfRange(cap) }
      try require(view, PartitionStatus.active)
      try setShare(view, type) { $0.setting.absoluteCapHundredths = cap }
    default:
      try require(view, PartitionStatus.active)
      return try performOnActive(action, view)
    }
    return .done
  }

  func type(_ bytes: [UInt8], at name: String, by author: Author) throws(ManagementError) {
    _ = try perform(.sendConsole(name, bytes: bytes), by: author)
  }

  private func performOnActive(
    _ action: ManagementAction, _ view: PartitionView
  ) throws(ManagementError) -> ManagementResult {
    let name = view.name
    switch action {
    case .load(_, let image, _, _, _):
      if case .program(let program, _) = image, !["SPIN", "TALKER"].contains(program) {
        throw .programNotFound(name, program: program, known: ["SPIN", "TALKER"])
      }
      change(name) {
        $0.state = .operating; $0.isStopped = false
      }
    case .stop: change(name) { $0.isStopped = true }
    case .start: change(name) { $0.isStopped = false }
    case .resetNormal, .resetClear: change(name) { $0.state = .notOperating }
    case .signalShutdown(_, let within, let thenForce):
      guard view.listensToNotices else {
        guard thenForce else { throw .shutdownSignalNotEnabled(name) }
        takeDown(view)
        return .done
      }
      if let earlier = view.pending.first(where: { $0.kind == .shutdown }) {
        throw .changePending(name, earlier)
      }
      return pend(view, .shutdown(thenForce: thenForce), online: false, within: within)
    case .cancelShutdown, .cancelPending:
      if view.pending.isEmpty { throw .noPendingChange(name) }
      change(name) { $0.pending = [] }
    case .configureProcessor(_, let number, let online, let insistence, let within):
      try judgeProcessor(view, number, online: online)
      if insistence == .polite, view.listensToNotices {
        return pend(view, .processor(number), online: online, within: within ?? 60)
      }
      if !online, insistence == .polite { throw .guestNotListening(name) }
      setProcessor(name, number, online ? .waiting : .reserved)
    case .defineProcessor(_, let number):
      try judgeProcessor(view, number, online: true)
      setProcessor(name, number, .stopped)
    case .detachProcessor(_, let number):
      try judgeProcessor(view, number, online: false)
      setProcessor(name, number, .reserved)
    case .configureStorage(_, let size, let online, _, let within):
      if size % (64 << 20) != 0 {
        throw .notMultipleOfIncrement(size, increment: 64 << 20)
      }
      if online, size > view.reservedByteCount {
        throw .storageLimit(
          name, requested: view.storageByteCount + size,
          limit: view.storageByteCount + view.reservedByteCount)
      }
      return pend(
        view, .storage(address: 0, byteCount: size), online: online, within: within ?? 60)
    case .defineStorage(_, let size): change(name) { $0.storageByteCount = size }
    case .configurePath(_, let path, let online, let insistence):
      guard let index = view.paths.firstIndex(where: { $0.path == path }) else {
        throw .pathNotAllowed(name, path: path)
      }
      if view.paths[index].isOnline == online {
        throw .pathAlready(name, path: path, online: online)
      }
      if !online, insistence == .polite, view.paths.count(where: \.isOnline) == 1 {
        throw .lastPath(name, path: path, devices: [0x200])
      }
      change(name) { $0.paths[index].isOnline = online }
    case .sendConsole(_, let bytes): typed[name, default: []] += bytes
    case .storeStorage(_, let address, let bytes):
      var all = storage[name] ?? [UInt8](repeating: 0, count: 0x2000)
      guard address + UInt64(bytes.count) <= UInt64(all.count) else {
        throw .notStorage(name, address: address, byteCount: bytes.count)
      }
      all.replaceSubrange(Int(address)..<Int(address) + bytes.count, with: bytes)
      storage[name] = all
    case .storeRegister(_, _, let register, let value): registers[register] = value
    default: break
    }
    return .done
  }

  private func performOnMachine(
    _ action: ManagementAction
  ) throws(ManagementError) -> ManagementResult {
    switch action {
    case .signalAll(let within):
      let listening = states.values.filter { $0.isActive && $0.listensToNotices }
      for view in listening {
        _ = pend(view, .shutdown(thenForce: false), online: false, within: within)
      }
      return .each(listening.map { PartitionOutcome(partition: $0.name) })
    case .shutDown(let within?): return try performOnMachine(.signalAll(within: within))
    case .shutDown:
      for (_, view) in states.sorted(by: { $0.key < $1.key }) where view.isActive { takeDown(view) }
      events.publish(FirmwareEvent(time: now, partition: nil, kind: .machineShutDown))
    case .varyProcessor(let number, let online):
      if number > 4 { throw .physicalProcessorNotFound(number, installed: 5) }
      if offlineProcessors.contains(number) != online {
        throw .physicalProcessorAlready(number, online: online)
      }
      if number == 4 { throw .physicalProcessorNeeded(number, by: "LINUX1") }
      if online { offlineProcessors.remove(number) } else { offlineProcessors.insert(number) }
    case .varyPath(let path, let online, _):
      if ![0x10, 0x11].contains(path) { throw .pathNotFound(path) }
      if online { offlinePaths.remove(path) } else { offlinePaths.insert(path) }
    default: break
    }
    return .done
  }

  func require(
    _ view: PartitionView, _ states: [PartitionStatus]
  ) throws(ManagementError) {
    if !states.contains(view.state) {
      throw .wrongState(view.name, is: view.state, needs: states)
    }
  }

  private func takeDown(_ view: PartitionView) {
    change(view.name) { $0 = Self.view(view.definition, number: view.number) }
    events.publish(FirmwareEvent(time: now, partition: view.name, kind: .deactivated))
  }

  private func fresh(_ view: PartitionView, _ state: PartitionStatus) -> PartitionView {
    var view = view
    view.state = state
    view.activated = now
    view.processors[0].state = .waiting
    view.processors[0].isStarted = true
    view.shares[0].online = 1
    view.storageByteCount = view.definition.storage.initialByteCount
    view.reservedByteCount = view.definition.storage.reservedByteCount
    return view
  }

  private func setShare(
    _ view: PartitionView, _ type: ProcessorType?, _ body: (inout ShareView) -> Void
  ) throws(ManagementError) {
    guard type == nil || view.shares[0].type == type else {
      throw .noSharedProcessors(view.name, type)
    }
    change(view.name) { body(&$0.shares[0]) }
  }

  private func pend(
    _ view: PartitionView, _ subject: PendingChange.Subject, online: Bool, within: Int
  ) -> ManagementResult {
    let change = PendingChange(
      subject: subject, online: online, asked: now,
      deadline: now + UInt64(within) * 1_000_000_000)
    self.change(view.name) { $0.pending.append(change) }
    return .pending([change])
  }

  private func judgeProcessor(
    _ view: PartitionView, _ number: Int, online: Bool
  ) throws(ManagementError) {
    guard number < view.processors.count else {
      throw .processorNotDefined(view.name, processor: number, defined: view.processors.count)
    }
    let isOnline = view.processors[number].state != .reserved
    if online, isOnline { throw .processorOnline(view.name, processor: number) }
    if !online, !isOnline { throw .processorNotOnline(view.name, processor: number) }
    if !online, number == 0 { throw .lastProcessor(view.name, processor: number) }
  }

  private func setProcessor(_ name: String, _ number: Int, _ state: LogicalProcessorState) {
    change(name) { view in
      view.processors[number].state = state
      view.shares[0].online = view.processors.count { $0.state != .reserved }
    }
  }
}
