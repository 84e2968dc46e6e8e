import Channels
import Platform
import Quantities
import X86

// How simulated time passes, and what becomes of everything that crosses a partition's border.
// Messages of an epoch are taken in (time, partition, sequence) order when it is over; what they cause
// takes effect in the next one.

extension PartitionManager {
  /// CP commands and actions that a guest may give in a second of simulated time.
  static let commandsPerSecond = 100
  /// Refused actions of a guest that are recorded in a second of simulated time.
  static let refusalsPerSecond = 10
  /// Return code of a CP command beyond that, and of one where nobody answers.
  static let commandRefused: UInt64 = 1

  /// The next instant, on the grid of epochs, at which something happens; nil for never.
  package var nextEvent: SimulatedTime? {
    var next = engine.nextEvent
    if let time = channels.nextCompletion { next = min(next ?? .max, gridAfter(time)) }
    if let time = nextRelease { next = min(next ?? .max, gridAfter(time)) }
    if let time = endDue { next = min(next ?? .max, gridAfter(time)) }
    if let time = nextDeadline { next = min(next ?? .max, gridAfter(time)) }
    if let time = state.softCapping.next { next = min(next ?? .max, gridAfter(time)) }
    return next.map { max($0, now) }
  }

  private func gridAfter(_ time: SimulatedTime) -> SimulatedTime {
    let epoch = max(1, engine.epoch)
    return time.addingClamped(epoch &- 1) / epoch &* epoch
  }

  /// Lets simulated time pass, at the pace asked for.
  ///
  /// - Parameters:
  ///   - end: When to stop, taken up to the border of an epoch.
  ///   - stopWhen: Asked after every epoch; true ends the call there.
  package func runEpochs(until end: SimulatedTime, stopWhen: () -> Bool = { false }) {
    let limit = gridAfter(end)
    plan()
    while now < limit {
      guard let next = nextEvent, next < limit else {
        pacer.hold(until: limit)
        jump(to: limit)
        plan()
        break
      }
      pacer.hold(until: max(next, now).addingClamped(engine.epoch))
      jump(to: next)
      plan()
      engine.runEpoch()
      settle()
      plan()
      if stopWhen() { break }
    }
    pacer.note(now)
  }

  /// Lets time pass in which nothing happens.
  ///
  /// The load is sampled on the way when that is due: what is sampled must not depend on where somebody
  /// stopped to look.
  private func jump(to time: SimulatedTime) {
    let border = time &- time % max(1, engine.epoch)
    if state.load.due <= border {
      sampleLoad(at: state.load.due)
      // What lies between is all alike: its last interval is like each.
      let rest = border.subtractingClamped(state.load.due) / LoadMeter.interval
      if rest > 0 {
        sampleLoad(
          at: state.load.due.addingClamped((rest &- 1).multipliedClamped(by: LoadMeter.interval)))
        sampleLoad(at: state.load.due)
      }
    }
    engine.jump(to: time)
  }

  private func sampleLoad(at time: SimulatedTime) {
    engine.jump(to: gridAfter(time))
    if now >= state.load.due { state.load.sample(engine.dispatcher, at: now) }
  }

  // MARK: Plan

  /// Delivers what is due from outside the partitions.
  private func plan() {
    settleShares()
    if let time = channels.nextCompletion, time <= now {
      for completion in channels.takeCompletions(upTo: now) { deliver(completion) }
    }
    release()
    expire()
    endWhenDue()
    judgeSoftCapping()
    settleShares()
    if now >= state.load.due { state.load.sample(engine.dispatcher, at: now) }
  }

  private func deliver(_ completion: ChannelCompletion) {
    guard let partition = partitions[completion.partition],
      let computer = partition.computer
    else { return }
    for request in computer.completeChannel(completion) { channels.start(request) }
    engine.guests[completion.partition].digest.mix(completion.at)
    engine.guests[completion.partition].digest.mix(
      completion.tag << 8 | UInt64(completion.status.rawValue))
    if let first = partition.layout.first?.account,
      !engine.isDispatched(completion.partition)
    {
      let account = engine.dispatcher.accounts[first]
      // A dedicated processor takes its owner's interrupts by itself.
      if !account.isDedicated { engine.dispatcher.takeInterrupt(pool: account.pool, at: now) }
    }
    engine.findWork(of: completion.partition, at: now)
  }

  // MARK: Settle

  private func settle() {
    engine.ran.forEach { number in
      guard let partition = partitions[number], let computer = partition.computer else {
        return
      }
      guardHostStorage(partition, computer)
      guard !computer.outbox.isEmpty else { return }
      for event in computer.outbox {
        crossing.append(CrossingEvent(partition: number, computer: computer, event: event))
      }
      computer.clearOutbox()
    }
    guard !crossing.isEmpty else { return }
    crossing.sort { one, other in
      (one.event.time, one.partition, one.event.sequence)
        < (other.event.time, other.partition, other.event.sequence)
    }
    for message in crossing { settle(message) }
    crossing.removeAll(keepingCapacity: true)
  }

  private func settle(_ message: CrossingEvent) {
    guard let partition = partitions[message.partition] else { return }
    let event = message.event
    engine.guests[message.partition].digest.mix(event.time)
    engine.guests[message.partition].digest.mix(event.sequence)
    // An earlier message may have taken the partition down, or loaded it again.
    guard let computer = partition.computer, computer === message.computer else { return }
    switch event.kind {
    case .console(let bytes):
      bytes.withUnsafeBytes { engine.guests[message.partition].digest.mix(bytes: $0) }
      note(partition, .console(bytes), at: event.time)
    case .debugConsole: break
    case .channelRequest(let request):
      partition.state.requestCount &+= 1
      channels.start(request)
    case .diagnose(let processor, let call):
      answer(partition, computer, processor, call)
    case .powerOff, .debugExit:
      recording(.deactivate(partition.name, force: true), by: .partition(partition.name)) {
        takeDown(partition, because: .poweredOff)
      }
    case .reset: restartItself(partition)
    case .shutdown(let processor, let address):
      except(partition)
      note(
        partition, .tripleFault(processor: processor, instructionPointer: address),
        at: event.time)
    case .disabledWait(let processor, let address):
      // A guest that a non-maskable interrupt wakes now and then waits again: that is said once.
      guard partition.status == .operating else { return }
      except(partition)
      note(
        partition, .disabledWait(processor: processor, instructionPointer: address),
        at: event.time)
    case .unimplemented(let processor, let address, let bytes):
      note(
        partition,
        .unimplemented(
          "instruction \(hexDigits(bytes, 16)) at \(hexDigits(address, 16))"
            + " on processor \(processor)"), at: event.time)
    case .outsideStorage(let processor, let address, let storage):
      note(
        partition,
        .unassigned(
          "storage \(hexDigits(storage, 16)) by the instruction at"
            + " \(hexDigits(address, 16)) on processor \(processor)"), at: event.time)
    case .processorEjected(let processor): eject(processor, from: partition)
    }
  }

  /// The guest's operating system has given a processor up: as it was asked to, or unasked.
  private func eject(_ processor: Int, from partition: Partition) {
    guard !accepted(partition, .processorRecalled(processor)) else { return }
    do throws(ManagementError) {
      try requireOnline(partition, processor)
      try judgeProcessor(partition, processor, online: false)
    } catch {
      // The computer's register tells no more of this processor until it is asked for.
      return note(partition, .processorKept(processor))
    }
    let action = ManagementAction.configureProcessor(
      partition.name, processor: processor, online: false, insistence: .polite, within: nil)
    recording(action, by: .partition(partition.name)) {
      setProcessor(partition, processor, online: false)
    }
    note(partition, .processorGivenBack(processor))
  }

  private func except(_ partition: Partition) {
    if partition.status == .operating { partition.move(to: .exceptions) }
  }

  private func restartItself(_ partition: Partition) {
    let action = ManagementAction.load(
      partition.name, image: partition.loaded, parameters: partition.loadedParameters,
      force: true)
    recording(action, by: .partition(partition.name)) {
      do throws(ManagementError) {
        try reload(partition)
        note(partition, .restarted)
      } catch {
        except(partition)
        note(partition, .restartFailed(error))
      }
    }
  }

  private func answer(
    _ partition: Partition, _ computer: Computer, _ processor: Int, _ call: DiagnoseCall
  ) {
    switch call {
    case .command(let text, let capacity):
      state.bytesRead = 0
      let answer = command(partition, text)
      // The command may have taken the partition down or loaded it again.
      guard partition.computer === computer else { return }
      if capacity == nil, !answer.reply.isEmpty { note(partition, .commandReply(answer.reply)) }
      computer.completeDiagnose(
        processor: processor,
        .command(
          returnCode: answer.returnCode, reply: Array(answer.reply.utf8), bytesRead: state.bytesRead
        ))
    case .accept(let notice):
      let isDone = accepted(partition, notice)
      computer.completeDiagnose(processor: processor, .notice(returnCode: isDone ? 0 : 1))
    case .refuse(let notice):
      let isDone = refused(partition, notice)
      computer.completeDiagnose(processor: processor, .notice(returnCode: isDone ? 0 : 1))
    }
    engine.findWork(of: partition.number, at: now)
  }

  private func command(
    _ partition: Partition, _ text: [UInt8]
  ) -> (reply: String, returnCode: UInt64) {
    let second = now / 1_000_000_000
    if partition.commandSecond != second {
      partition.commandSecond = second
      partition.refusalAllowance = PartitionManager.refusalsPerSecond
      // What the last command's actions were too many is taken off.
      partition.commandAllowance = min(
        PartitionManager.commandsPerSecond,
        partition.commandAllowance.addingClamped(PartitionManager.commandsPerSecond))
    }
    guard let commandHandler, partition.commandAllowance > 0 else {
      return ("", PartitionManager.commandRefused)
    }
    // Each command of a text is one of those that the guest may give in a second.
    let commandCount = max(1, text.split(separator: 0x15).count)
    partition.commandAllowance = partition.commandAllowance.subtractingClamped(commandCount)
    let before = state.commandingPartition
    state.commandingPartition = partition.number
    defer { state.commandingPartition = before }
    let printable = String(decoding: text.map { $0 == 0x15 ? 0x0A : $0 }, as: UTF8.self)
    return commandHandler(partition.number, printable)
  }
}

extension PartitionManager {
  /// Takes an action of a guest's command off what the guest may do in this second.
  func takeAllowance() {
    guard let partition = state.commandingPartition.flatMap({ partitions[$0] }) else {
      return
    }
    takeAllowance(of: partition)
  }

  private func takeAllowance(of partition: Partition) {
    partition.commandAllowance = partition.commandAllowance.subtractingClamped(1)
  }

  /// Whether a refusal is recorded: of a guest's own, only so many in a second.
  func isRefusalKept() -> Bool {
    guard let partition = state.commandingPartition.flatMap({ partitions[$0] }) else {
      return true
    }
    guard partition.refusalAllowance > 0 else { return false }
    partition.refusalAllowance = partition.refusalAllowance.subtractingClamped(1)
    return true
  }
}

extension Computer: PartitionHardware {
  func mixState(of processor: Int, into digest: inout HistoryDigest) {
    guard let processor = processors.element(at: processor) else { return }
    digest.mix(processor.cycleCount)
    processor.mixState(into: &digest)
  }
}
