import Channels
import X86

// The Run phase of an epoch for one partition. The placed processor with the least local time runs
// next, ties by number; a slice ends after `sliceCycles`, on HLT, on sending an interrupt, at the
// processor's own next timer, and at the placement's limit. Times are exact to the instruction.
extension Machine {
  /// Cycles of a slice while more than one processor of the partition can run.
  static let sliceCycles = 500

  /// What a processor can do now.
  package func status(of number: Int) -> ProcessorStatus {
    guard ending == nil else { return .shutDown }
    guard network.isPresent[number] else { return .waitingForStartup }
    guard pendingCalls[number] == nil else { return .inFirmware }
    let processor = processors[number]
    switch processor.activity {
    case .running: return .ready
    case .waitingForStartup: return .waitingForStartup
    case .shutDown: return .shutDown
    case .halted:
      let isWoken =
        isKicked[number] || processor.nonMaskableRequested
        || (processor.interruptRequested && processor.flags & Machine.interruptFlag != 0)
      return isWoken ? .ready : .waiting
    }
  }

  private static let interruptFlag: UInt64 = 0x200

  /// Wakes a processor whatever its interrupt flag says (KVM's PV_UNHALT).
  func kick(_ number: Int) {
    isKicked[number] = true
  }

  /// Runs the placed processors up to `end`; results are left in the placements.
  package func run(
    _ placements: UnsafeMutableBufferPointer<Placement>, until end: SimulatedTime, cache: CodeCache
  ) {
    for index in placements.indices { open(&placements[index], until: end) }
    while let (index, isAlone) = nextPlacement(placements) {
      noteWaiting(placements)
      advance(&placements[index], isAlone: isAlone, cache)
      if ending != nil { break }
      wakeSiblings(placements, at: placements[index].end)
    }
    var frontier: SimulatedTime = 0
    for index in placements.indices {
      close(&placements[index])
      frontier = max(frontier, placements[index].end)
    }
    flushConsole(at: frontier)
  }

  private func open(_ placement: inout Placement, until end: SimulatedTime) {
    let number = placement.processor
    placement.limit = min(placement.limit, end)
    placement.end = max(placement.start, localTimes[number])
    placement.cyclesUsed = 0
    placement.waited = 0
    placement.stop = .ranOut
    placement.isOpen = true
    // The part of a nanosecond that is left over belongs to an unbroken run at one rate.
    if placement.end != localTimes[number] || rates[number] != placement.megahertz {
      remainders[number] = 0
    }
    rates[number] = placement.megahertz
    if placement.end >= placement.limit { placement.isOpen = false }
  }

  private func close(_ placement: inout Placement) {
    let number = placement.processor
    if ending != nil {
      placement.stop = .shutdown
    } else if placement.isOpen {
      placement.stop = status(of: number) == .inFirmware ? .inFirmware : .waiting
    }
    placement.isOpen = false
    localTimes[number] = placement.end
    guard placement.cyclesUsed > 0 else { return }
    busyNanoseconds[number] += placement.cyclesUsed * 1000 / UInt64(placement.megahertz)
    history.mix(UInt64(number))
    history.mix(placement.cyclesUsed)
    history.mix(placement.end)
    history.mix(processors[number].instructionsRetired)
    processors[number].mixState(into: &history)
  }

  /// The open placement to run next, and whether no other could run in this phase.
  private func nextPlacement(
    _ placements: UnsafeMutableBufferPointer<Placement>
  ) -> (index: Int, isAlone: Bool)? {
    var best: Int?
    var bestTime = SimulatedTime.max
    var candidates = 0
    for index in placements.indices where placements[index].isOpen {
      let placement = placements[index]
      var time = placement.end
      switch status(of: placement.processor) {
      case .ready: break
      case .waiting:
        guard let deadline = timerDeadline(of: placement.processor), deadline < placement.limit
        else { continue }
        time = max(time, deadline)
      default: continue
      }
      candidates += 1
      if let other = best {
        guard
          time < bestTime
            || (time == bestTime && placement.processor < placements[other].processor)
        else { continue }
      }
      best = index
      bestTime = time
    }
    return best.map { ($0, candidates == 1) }
  }

  private func noteWaiting(_ placements: UnsafeMutableBufferPointer<Placement>) {
    for index in placements.indices where placements[index].isOpen {
      placements[index].isWaiting = status(of: placements[index].processor) != .ready
    }
  }

  /// A processor that was woken by a sibling goes on no earlier than the sibling's time.
  private func wakeSiblings(
    _ placements: UnsafeMutableBufferPointer<Placement>, at time: SimulatedTime
  ) {
    for index in placements.indices where placements[index].isOpen && placements[index].isWaiting {
      guard placements[index].end < time, status(of: placements[index].processor) == .ready else {
        continue
      }
      wait(&placements[index], until: min(time, placements[index].limit))
    }
  }

  /// Lets one placement do its next thing: fire a timer, or run a slice.
  private func advance(_ placement: inout Placement, isAlone: Bool, _ cache: CodeCache) {
    let number = placement.processor
    let deadline = timerDeadline(of: number)
    if let deadline, deadline <= placement.end {
      network.fireTimer(number, deadline: deadline, now: placement.end)
      return
    }
    if status(of: number) == .waiting {
      guard let deadline else { return }
      wait(&placement, until: deadline)
      return
    }
    let toLimit = cycles(placement, until: placement.limit, roundedUp: false)
    guard toLimit > 0 else {
      placement.end = placement.limit
      remainders[number] = 0
      placement.isOpen = false
      return
    }
    var budget = isAlone ? toLimit : min(toLimit, Machine.sliceCycles)
    if let deadline, deadline < placement.limit {
      budget = min(budget, max(1, cycles(placement, until: deadline, roundedUp: true)))
    }
    runSlice(&placement, budget: budget, isAlone: isAlone, cache)
  }

  /// Moves a waiting processor's local time on, without running it.
  private func wait(_ placement: inout Placement, until time: SimulatedTime) {
    placement.waited += time - placement.end
    placement.end = time
    remainders[placement.processor] = 0
  }

  /// Cycles from a placement's local time to a later time.
  private func cycles(
    _ placement: Placement, until time: SimulatedTime, roundedUp: Bool
  ) -> Int {
    let thousandths = (time - placement.end).multipliedReportingOverflow(
      by: UInt64(placement.megahertz))
    guard !thousandths.overflow, thousandths.partialValue < UInt64(Int.max) else { return Int.max }
    let left = Int(thousandths.partialValue) - Int(remainders[placement.processor])
    return max(0, (left + (roundedUp ? 999 : 0)) / 1000)
  }

  private func runSlice(
    _ placement: inout Placement, budget: Int, isAlone: Bool, _ cache: CodeCache
  ) {
    let number = placement.processor
    let processor = processors[number]
    if processor.activity == .halted {
      processor.activity = .running
      isKicked[number] = false
    }
    sliceEnd = time(placement, after: budget)
    processor.pauseEndsSlice = !isAlone
    processor.beginSlice(
      at: placement.end, remainder: remainders[number], megahertz: placement.megahertz)
    network.running = number
    let exit = processor.run(cycles: budget, cache: cache)
    network.running = nil
    placement.end = processor.now
    remainders[number] = processor.remainder
    placement.cyclesUsed += UInt64(processor.cyclesUsed)
    switch exit {
    case .yielded: break
    case .cyclesSpent:
      // A processor that can do nothing with its budget must not hold the loop.
      if processor.cyclesUsed == 0 { placement.isOpen = false }
    case .waiting:
      noteWait(number)
    case .firmwareCall:
      switch serveCall(number) {
      case .goesOn: break
      case .givesUpSlice: stop(&placement, .yielded)
      case .entersFirmware: stop(&placement, .inFirmware)
      }
    case .shutdown:
      end(
        .shutdown,
        .shutdown(processor: number, address: processor.instructionPointer), at: placement.end)
    }
  }

  private func stop(_ placement: inout Placement, _ reason: Placement.Stop) {
    placement.stop = reason
    placement.isOpen = false
  }

  /// Simulated time after a number of cycles of a placement.
  private func time(_ placement: Placement, after cycles: Int) -> SimulatedTime {
    let (scaled, overflow) = UInt64(cycles).multipliedReportingOverflow(by: 1000)
    guard !overflow else { return .max }
    let thousandths = scaled + UInt64(remainders[placement.processor])
    return placement.end + thousandths / UInt64(placement.megahertz)
  }

  /// A processor halted: a kick that came before is taken now; a computer asleep for good is told.
  private func noteWait(_ number: Int) {
    guard processors[number].activity == .halted,
      processors[number].flags & Machine.interruptFlag == 0, !isKicked[number]
    else { return }
    for other in processors.indices where network.isPresent[other] {
      switch status(of: other) {
      case .ready, .inFirmware: return
      case .waiting where processors[other].flags & Machine.interruptFlag != 0: return
      default: continue
      }
    }
    emit(
      .disabledWait(processor: number, address: processors[number].instructionPointer),
      at: processors[number].now)
  }
}
