import Channels
import Platform
import Quantities
import X86

// What becomes of everything that crosses a partition's border, from outside before an epoch and from within
// after it. Messages of an epoch are taken in (time, partition, sequence) order when it is over; what they
// cause takes effect in the next one.

extension Passage {
  // MARK: Plan

  /// Delivers what is due from outside the partitions.
  func plan() {
    entitlements.settleShares()
    if let time = channels.nextCompletion, time <= now {
      for completion in channels.takeCompletions(upTo: now) { deliver(completion) }
      for missing in channels.takeMissingInterrupts() {
        journal.note(
          partitions[missing.partition],
          .missingInterrupt(
            device: missing.device, path: missing.path, isRetried: missing.isRetried))
      }
    }
    if let time = hardware.networks.nextEvent, time <= now {
      var departures: [NetworkDeparture] = []
      let arrivals = hardware.networks.takeArrivals(upTo: now) { departures.append($0) }
      for arrival in arrivals { deliver(arrival) }
      for departure in departures { outside?.take(departure) }
    }
    restarts.release()
    reconfiguration.managePaths()
    reconfiguration.expire()
    shutdown.endWhenDue()
    // After all that ends requests.
    reconfiguration.settleClosingPaths()
    entitlements.judgeSoftCapping()
    entitlements.settleShares()
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
    interrupt(partition)
  }

  private func deliver(_ arrival: NetworkArrival) {
    guard let partition = partitions[arrival.partition], let computer = partition.computer else {
      return
    }
    engine.guests[arrival.partition].digest.mix(arrival.at)
    switch arrival.kind {
    case .sent(let tag):
      let waited = computer.completeFrame(device: arrival.device, tag: tag, at: arrival.at)
      for request in waited { hardware.networks.send(request, now: now) }
    case .frame(let frame):
      if !computer.receiveFrame(frame, device: arrival.device) {
        hardware.networks.noteDropped(arrival.device, of: arrival.partition, frames: 1)
      }
    }
    interrupt(partition)
  }

  /// Lets a partition that was interrupted from outside have a processor.
  private func interrupt(_ partition: Partition) {
    let number = partition.number
    if let first = partition.layout.first?.account, !engine.isDispatched(number) {
      let account = engine.dispatcher.accounts[first]
      // A dedicated processor takes its owner's interrupts by itself.
      if !account.isDedicated { engine.dispatcher.takeInterrupt(pool: account.pool, at: now) }
    }
    engine.findWork(of: number, at: now)
  }

  // MARK: Settle

  func settle() {
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
      journal.note(partition, .console(bytes), at: event.time)
    case .debugConsole: break
    case .channelRequest(let request):
      partition.state.requestCount &+= 1
      channels.start(request)
    case .channelCleared(let device):
      channels.clear(device, of: message.partition, at: event.time)
    case .requestsEnded(let device):
      channels.endRequests(to: device, of: message.partition, at: event.time)
    case .frame(let request): hardware.networks.send(request, now: now)
    case .diagnose(let processor, let call):
      answer(partition, computer, processor, call)
    case .portCommand(let processor, let tag, let text):
      answer(partition, computer, text, tag: tag, by: processor)
    case .powerOff, .debugExit:
      journal.recording(.deactivate(partition.name, force: true), by: .partition(partition.name)) {
        life.takeDown(partition, because: .poweredOff)
      }
    case .reset: restartItself(partition)
    case .shutdown(let processor, let address):
      except(partition)
      journal.note(
        partition, .tripleFault(processor: processor, instructionPointer: address),
        at: event.time)
    case .disabledWait(let processor, let address):
      // A guest that a non-maskable interrupt wakes now and then waits again: that is said once.
      guard partition.status == .operating else { return }
      except(partition)
      journal.note(
        partition, .disabledWait(processor: processor, instructionPointer: address),
        at: event.time)
    case .unimplemented(let processor, let address, let bytes):
      journal.note(
        partition,
        .unimplemented(
          "instruction \(hexDigits(bytes, 16)) at \(hexDigits(address, 16))"
            + " on processor \(processor)"), at: event.time)
    case .outsideStorage(let processor, let address, let storage):
      journal.note(
        partition,
        .unassigned(
          "storage \(hexDigits(storage, 16)) by the instruction at"
            + " \(hexDigits(address, 16)) on processor \(processor)"), at: event.time)
    case .processorEjected(let processor): eject(processor, from: partition)
    case .deviceAnswered(let device, let isTaken):
      reconfiguration.answered(partition, device, isTaken: isTaken)
    case .deviceEjected(let device): reconfiguration.ejected(partition, device)
    case .deviceKept(let device): reconfiguration.kept(partition, device)
    case .processorRefused(let processor):
      _ = reconfiguration.refused(partition, .processorRecalled(processor))
    case .storagePlugged(let byteCount): reconfiguration.plugged(partition, byteCount)
    case .storageRefused(let byteCount): reconfiguration.refusedStorage(partition, byteCount)
    case .storageKept: reconfiguration.keptStorage(partition)
    case .storageGivenBack(let byteCount): reconfiguration.givenBack(partition, byteCount)
    }
  }

  /// The guest's operating system has given a processor up: as it was asked to, or unasked.
  private func eject(_ processor: Int, from partition: Partition) {
    guard !reconfiguration.accepted(partition, .processorRecalled(processor)) else { return }
    do throws(ManagementError) {
      try partition.requireOnline(processor)
      try reconfiguration.judgeProcessor(partition, processor, online: false)
    } catch {
      // The computer's register tells no more of this processor until it is asked for.
      return journal.note(partition, .processorKept(processor))
    }
    let action = ManagementAction.configureProcessor(
      partition.name, processor: processor, online: false, insistence: .polite, within: nil)
    journal.recording(action, by: .partition(partition.name)) {
      reconfiguration.setProcessor(partition, processor, online: false)
    }
    journal.note(partition, .processorGivenBack(processor))
  }

  private func except(_ partition: Partition) {
    if partition.status == .operating { partition.move(to: .exceptions) }
  }

  private func restartItself(_ partition: Partition) {
    let action = ManagementAction.load(
      partition.name, image: partition.loaded, parameters: partition.loadedParameters,
      force: true)
    journal.recording(action, by: .partition(partition.name)) {
      do throws(ManagementError) {
        try life.reload(partition)
        journal.note(partition, .restarted)
      } catch {
        except(partition)
        journal.note(partition, .restartFailed(error))
      }
    }
  }

  private func answer(
    _ partition: Partition, _ computer: Computer, _ processor: Int, _ call: DiagnoseCall
  ) {
    switch call {
    case .command(let text, let capacity):
      let (answer, bytesRead) = life.countingBytesRead {
        guestCommands.perform(text, of: partition, by: .call)
      }
      // The command may have taken the partition down or loaded it again.
      guard partition.computer === computer else { return }
      if capacity == nil, !answer.reply.isEmpty {
        journal.note(partition, .commandReply(answer.reply))
      }
      computer.completeDiagnose(
        processor: processor,
        .command(
          returnCode: answer.returnCode, reply: Array(answer.reply.utf8), bytesRead: bytesRead))
    case .accept(let notice):
      let isDone = reconfiguration.accepted(partition, notice)
      computer.completeDiagnose(processor: processor, .notice(returnCode: isDone ? 0 : 1))
    case .refuse(let notice):
      let isDone = reconfiguration.refused(partition, notice)
      computer.completeDiagnose(processor: processor, .notice(returnCode: isDone ? 0 : 1))
    }
    hardware.findWork(of: partition)
  }

  private func answer(
    _ partition: Partition, _ computer: Computer, _ text: [UInt8], tag: UInt64, by processor: Int
  ) {
    let (answer, bytesRead) = life.countingBytesRead {
      guestCommands.perform(text, of: partition, by: .port)
    }
    // The command may have taken the partition down; loaded again it has forgotten who asked.
    guard partition.computer === computer else { return }
    computer.completePortCommand(
      text, tag: tag, by: processor,
      .command(
        returnCode: answer.returnCode, reply: Array(answer.reply.utf8), bytesRead: bytesRead),
      at: now)
    hardware.findWork(of: partition)
  }
}

extension Passage {
  /// Stops a partition that wrote new pages in this epoch when HOSTSTORAGE is used up.
  private func guardHostStorage(_ partition: Partition, _ computer: Computer) {
    guard computer.memory.writtenPageCount != partition.countedPages else { return }
    let grew = storage.countPages(of: partition)
    let (used, limit) = (storage.hostStorageCommitted, storage.hostStorageLimit)
    guard grew, used > limit, !partition.isPaused else { return }
    journal.recording(.stop(partition.name, processor: nil), by: .firmware) {
      partition.isPaused = true
      partition.isStopped = true
      hardware.turnOff(partition)
    }
    engine.guests[partition.number].digest.mix(used)
    journal.note(partition, .hostStorageUsedUp(used: used, limit: limit))
  }
}

extension Computer: PartitionHardware {}
