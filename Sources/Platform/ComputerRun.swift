import Channels
import Quantities
import X86

// The Run phase of an epoch for one partition. The placed processor with the least local time runs
// next, ties by number; a slice ends after `sliceCycles` or when the next one's turn is, whichever is
// later, on HLT, on sending an interrupt, at the processor's own next timer, and at the placement's
// limit. Times are exact to the instruction.
//
// Where others run too, PAUSE is the rest of a slice in which the processor does nothing but spend
// its cycles: a spin loop costs the host a few instructions a slice. One that goes on spinning pauses
// longer, up to eight slices; an interrupt ends a pause. One that spins while a sibling has work and
// no place gives its own up.
//
// What the host does at a processor's request (it walks a device's ring, it takes a message to many, it
// performs a command) is charged in cycles when the slice is over, so that no instruction costs the host
// much more than its cycles.
extension Computer {
  /// Cycles of a slice while more than one processor of the partition can run.
  static let sliceCycles = 500

  /// What a processor can do now.
  package func status(of number: Int) -> ProcessorStatus {
    guard values.ending == nil else { return .shutDown }
    guard isProcessorPresent(number) else { return .waitingForStartup }
    guard values.pendingCalls[number] == nil else { return .inFirmware }
    let processor = processors[number]
    switch processor.activity {
    case .running: return .ready
    case .waitingForStartup: return .waitingForStartup
    case .shutDown: return .shutDown
    case .halted:
      return values.isKicked[number] || processor.canTakeInterrupt ? .ready : .waiting
    }
  }

  private static let interruptFlag: UInt64 = 0x200

  /// Wakes a processor whatever its interrupt flag says (KVM's PV_UNHALT).
  func kick(_ number: Int) {
    values.isKicked[number] = true
    network.touch(number)
  }

  /// Runs the placed processors up to `end`; results are left in the placements.
  package func run(
    _ placements: UnsafeMutableBufferPointer<Placement>, until end: SimulatedTime, cache: CodeCache
  ) {
    for index in placements.indices {
      places[placements[index].processor] = index
      open(&placements[index], until: end)
      arrange(placements[index])
    }
    _ = network.takeTouched()
    hasUnplacedWork = tellPlaces()
    while let turn = turns.next() {
      let index = places[turn.processor]
      advance(&placements[index], turn, cache)
      if values.ending != nil { break }
      arrange(placements[index])
      wakeTouched(placements, by: turn.processor, at: placements[index].end)
    }
    var frontier: SimulatedTime = 0
    for index in placements.indices {
      close(&placements[index])
      frontier = max(frontier, placements[index].end)
      places[placements[index].processor] = -1
      turns.set(placements[index].processor, nil)
    }
    flushConsole(at: frontier)
  }

  /// Tells the guest which processors run and which have work and no place; true if there are such.
  private func tellPlaces() -> Bool {
    var isWorkUnplaced = false
    for number in processors.indices {
      if places[number] >= 0 {
        if values.clocks[number].noteRunning(memory) { processors[number].flushTranslations() }
      } else if !isWorkUnplaced || values.clocks[number].canBePreempted,
        status(of: number) == .ready
      {
        isWorkUnplaced = true
        values.clocks[number].notePreempted(memory)
      }
    }
    return isWorkUnplaced
  }

  private func open(_ placement: inout Placement, until end: SimulatedTime) {
    let number = placement.processor
    placement.limit = min(placement.limit, end)
    placement.end = max(placement.start, values.localTimes[number])
    placement.cyclesUsed = 0
    placement.waited = 0
    placement.stop = .ranOut
    placement.yieldTarget = -1
    placement.isOpen = true
    placement.pausedUntil = 0
    // The part of a nanosecond that is left over belongs to an unbroken run at one rate.
    if placement.end != values.localTimes[number] || values.rates[number] != placement.megahertz {
      values.remainders[number] = 0
    }
    values.rates[number] = placement.megahertz
    if placement.end >= placement.limit {
      placement.isOpen = false
    } else if values.debts[number] > 0 {
      payDebt(&placement)
    }
  }

  private func close(_ placement: inout Placement) {
    let number = placement.processor
    if values.ending != nil {
      placement.stop = .shutdown
    } else if placement.isOpen {
      placement.stop = status(of: number) == .inFirmware ? .inFirmware : .waiting
    }
    placement.isOpen = false
    values.localTimes[number] = placement.end
    guard placement.cyclesUsed > 0 else { return }
    values.busyNanoseconds[number] &+=
      placement.cyclesUsed.multipliedClamped(by: 1000) / placement.rate
    values.history.mix(UInt64(clamping: number))
    values.history.mix(placement.cyclesUsed)
    values.history.mix(placement.end)
    values.history.mix(processors[number].cycleCount)
    processors[number].mixState(into: &values.history)
  }

  // MARK: Turns

  /// Finds when a placement's next turn is.
  private func arrange(_ placement: Placement) {
    let number = placement.processor
    guard placement.isOpen else { return turns.set(number, nil) }
    switch status(of: number) {
    case .ready:
      turns.set(number, max(placement.end, placement.pausedUntil), isContending: true)
    case .waiting:
      let deadline = timerDeadline(of: number).flatMap { $0 < placement.limit ? $0 : nil }
      turns.set(number, deadline.map { max($0, placement.end) })
    default: turns.set(number, nil)
    }
  }

  /// Looks again at the processors to which something came from a sibling at a time.
  ///
  /// One that waited goes on no earlier than that.
  private func wakeTouched(
    _ placements: UnsafeMutableBufferPointer<Placement>, by sender: Int, at time: SimulatedTime
  ) {
    var touched = network.takeTouched()
    touched.remove(sender)
    while let number = touched.popFirst() {
      let index = places[number]
      guard index >= 0 else {
        if status(of: number) == .ready { hasUnplacedWork = true }
        continue
      }
      guard placements[index].isOpen else { continue }
      if !turns.isContending(number) {
        placements[index].pausedUntil = 0
        if placements[index].end < time, status(of: number) == .ready {
          wait(&placements[index], until: min(time, placements[index].limit))
        }
      } else if processors[number].canTakeInterrupt {
        placements[index].pausedUntil = min(placements[index].pausedUntil, time)
      }
      arrange(placements[index])
    }
  }

  /// Lets one placement do its next thing: fire a timer, or run a slice.
  private func advance(_ placement: inout Placement, _ turn: TurnOrder.Turn, _ cache: CodeCache) {
    let number = placement.processor
    if placement.pausedUntil > placement.end { spendPause(&placement) }
    let deadline = timerDeadline(of: number)
    if let deadline, deadline <= placement.end {
      fireTimers(number, now: placement.end)
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
      values.remainders[number] = 0
      placement.isOpen = false
      return
    }
    var budget = toLimit
    if turn.next < placement.limit {
      let toNext =
        turn.next > placement.end ? cycles(placement, until: turn.next, roundedUp: true) : 0
      budget = min(budget, max(Computer.sliceCycles, toNext))
    }
    if let deadline, deadline < placement.limit {
      budget = min(budget, max(1, cycles(placement, until: deadline, roundedUp: true)))
    }
    runSlice(&placement, budget: budget, cache)
  }

  /// Moves a waiting processor's local time on, without running it.
  private func wait(_ placement: inout Placement, until time: SimulatedTime) {
    placement.waited &+= time.subtractingClamped(placement.end)
    placement.end = time
    values.remainders[placement.processor] = 0
  }

  /// Cycles from a placement's local time to a later time.
  private func cycles(
    _ placement: Placement, until time: SimulatedTime, roundedUp: Bool
  ) -> Int {
    let thousandths = time.subtractingClamped(placement.end).multipliedClamped(by: placement.rate)
    guard let all = Int(exactly: thousandths) else { return Int.max }
    // A remainder has 32 bits.
    let left = all &- Int(values.remainders[placement.processor])
    return max(0, left.addingClamped(roundedUp ? 999 : 0) / 1000)
  }

  private func runSlice(_ placement: inout Placement, budget: Int, _ cache: CodeCache) {
    let number = placement.processor
    let processor = processors[number]
    if processor.activity == .halted {
      processor.activity = .running
      values.isKicked[number] = false
    }
    sliceEnd = time(placement, after: budget)
    processor.pauseEndsSlice = turns.hasCompany(number) || hasUnplacedWork
    processor.beginSlice(
      at: placement.end, remainder: values.remainders[number], megahertz: placement.megahertz)
    network.running = number
    let exit = processor.run(cycles: budget, cache: cache)
    network.running = nil
    placement.end = processor.now
    values.remainders[number] = processor.remainder
    placement.cyclesUsed &+= UInt64(clamping: processor.cyclesUsed)
    owe(network.takeMessageCycles(), by: number)
    if values.debts[number] > 0 { payDebt(&placement) }
    network.initializeItself(number)
    if processor.cyclesUsed >= Computer.spinCycles { values.spins[number] = 0 }
    switch exit {
    case .paused: pause(&placement)
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
      case .givesPlace(let target):
        placement.yieldTarget = target
        stop(&placement, .yielded)
      case .acknowledges: stop(&placement, .acknowledged)
      case .entersFirmware: stop(&placement, .inFirmware)
      }
    case .shutdown:
      end(
        .shutdown(processor: number, address: processor.instructionPointer), at: placement.end)
    }
  }

  // MARK: Pauses

  /// A slice of fewer cycles that ends with PAUSE is a turn of a spin loop.
  private static let spinCycles = 64
  /// Turns of a spin loop after which pauses double, three times at most.
  private static let patience = 16

  /// The processor does nothing for the rest of its slice, longer if it has been spinning.
  private func pause(_ placement: inout Placement) {
    let number = placement.processor
    values.spins[number] = min(values.spins[number] &+ 1, 4 * Computer.patience)
    if hasUnplacedWork, values.spins[number] >= 2 * Computer.patience {
      values.spins[number] = 0
      return stop(&placement, .spinning)
    }
    let length = Computer.sliceCycles << min(values.spins[number] / Computer.patience, 3)
    let used = min(processors[number].cyclesUsed, Computer.sliceCycles - 1)
    placement.pausedUntil = min(time(placement, after: length &- used), placement.limit)
    if let deadline = timerDeadline(of: number) {
      placement.pausedUntil = min(placement.pausedUntil, deadline)
    }
  }

  /// Charges a pause that is over.
  private func spendPause(_ placement: inout Placement) {
    let spent = min(
      cycles(placement, until: placement.pausedUntil, roundedUp: true),
      cycles(placement, until: placement.limit, roundedUp: false))
    spend(spent, &placement)
    placement.pausedUntil = 0
  }

  /// Cycles pass in which the processor does nothing.
  private func spend(_ cycles: Int, _ placement: inout Placement) {
    let number = placement.processor
    let spent = UInt64(clamping: cycles)
    let thousandths = spent.multipliedClamped(by: 1000).addingClamped(
      UInt64(values.remainders[number]))
    placement.cyclesUsed &+= spent
    placement.end = placement.end.addingClamped(thousandths / placement.rate)
    values.remainders[number] = UInt32(truncatingIfNeeded: thousandths % placement.rate)
  }

  // MARK: Service

  /// Has a processor pay for what the host did at its request, when the slice that runs is over.
  func charge(_ cycles: Int, to number: Int) {
    guard cycles > 0 else { return }
    owe(cycles, by: number)
    processors[number].endSlice()
  }

  /// Has a processor whose slice is over pay for what was done for it.
  func owe(_ cycles: Int, by number: Int) {
    values.debts[number] = values.debts[number].addingClamped(cycles)
  }

  /// Charges what a processor owes, up to the end of its time; the rest later.
  private func payDebt(_ placement: inout Placement) {
    let number = placement.processor
    let paid = min(
      values.debts[number], cycles(placement, until: placement.limit, roundedUp: false))
    guard paid > 0 else { return }
    values.debts[number] &-= paid
    spend(paid, &placement)
  }

  private func stop(_ placement: inout Placement, _ reason: Placement.Stop) {
    placement.stop = reason
    placement.isOpen = false
  }

  /// Simulated time after a number of cycles of a placement.
  private func time(_ placement: Placement, after cycles: Int) -> SimulatedTime {
    guard let scaled = UInt64(clamping: cycles).multiplied(by: 1000) else { return .max }
    let thousandths = scaled.addingClamped(UInt64(values.remainders[placement.processor]))
    return placement.end.addingClamped(thousandths / placement.rate)
  }

  /// A processor halted: a kick that came before is taken now; a computer asleep for good is told.
  private func noteWait(_ number: Int) {
    guard processors[number].activity == .halted,
      processors[number].flags & Computer.interruptFlag == 0, !values.isKicked[number]
    else { return }
    for other in processors.indices where network.state.isPresent[other] {
      switch status(of: other) {
      case .ready, .inFirmware: return
      case .waiting where processors[other].flags & Computer.interruptFlag != 0: return
      default: continue
      }
    }
    emit(
      .disabledWait(processor: number, address: processors[number].instructionPointer),
      at: processors[number].now)
  }
}
