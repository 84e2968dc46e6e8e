// The run loop: runs blocks one after another and deals with the reason why each came back.
import Quantities

extension Processor {
  /// Runs for at most this many cycles, exact to the instruction.
  ///
  /// `beginSlice` was called before.
  package func run(cycles: Int, cache: CodeCache) -> ProcessorExit {
    let start = Int64(max(0, cycles))
    attach(cache)
    state.set(
      StateLayout.sliceCycles, start.addingClamped(Int64(truncatingIfNeeded: cyclesInSlice)))
    state.budget = start
    cycleBase = cycleCount &+ UInt64(start)
    owe(state.cyclesOwedLater)
    state.cyclesOwedLater = 0
    let exit = runLoop()
    cyclesUsed = Int(start &- state.budget)
    cycleCount &+= UInt64(truncatingIfNeeded: cyclesUsed)
    return exit
  }

  private func attach(_ cache: CodeCache) {
    memory.noteRun(by: ObjectIdentifier(cache))
    cache.prepareTranslator()
    if cache.isDropped {
      cache.removeAll()
      state.dropFastPaths()
    }
    if self.cache !== cache || cacheGeneration != cache.generation || codeEpoch != memory.codeEpoch
    {
      self.cache = cache
      cacheGeneration = cache.generation
      codeEpoch = memory.codeEpoch
      forgetJumps()
    }
    state.set(StateLayout.translationEntry, cache.translationEntry)
    // A link would lead from a block of another cache; and a slice begins with asking.
    state.linkSite = nil
    isFetchHeld = false
    exitRequest = nil
  }

  private func runLoop() -> ProcessorExit {
    while true {
      payCycles()
      var single = false
      if state.attention != 0 || state.flagsRest & Flag.trap != 0 {
        switch takeEvents() {
        case .leave(let exit): return exit
        case .single: single = true
        case .again:
          guard let exit = exitRequest else { continue }
          exitRequest = nil
          return exit
        case .go: break
        }
      }
      // What was delivered is paid before its handler runs: when the handler comes back here depends on
      // what is linked.
      payCycles()
      if state.budget <= 0 { return .cyclesSpent }
      if single {
        stepAlone()
      } else {
        step(single: false)
      }
      if let exit = exitRequest {
        exitRequest = nil
        return exit
      }
    }
  }

  private enum EventOutcome {
    case leave(ProcessorExit)
    case single
    /// Something was delivered; look again.
    case again
    case go
  }

  /// Runs one instruction, with the debug exceptions before and after it.
  private func stepAlone() {
    let breakpoints = instructionBreakpoints()
    guard breakpoints == 0 else {
      state.budget &-= 1
      enterDebugStatus(breakpoints)
      deliverDebugEvent()
      return
    }
    let traps = state.flagsRest & Flag.trap != 0
    metBreakpoints = 0
    step(single: true)
    isInStackShadow = false
    guard system.wasInstructionCompleted else { return }
    let status = metBreakpoints | (traps ? DebugStatus.singleStep : 0)
    if status != 0 { holdDebugTrap(status) }
  }

  private func takeEvents() -> EventOutcome {
    let attention = state.attention
    if attention & Attention.yield != 0 {
      setAttention(Attention.yield, false)
      return .leave(.yielded)
    }
    let wantsInterrupt =
      attention & Attention.interrupt != 0 && state.flagsRest & Flag.interrupt != 0
    let wantsNonMaskable =
      attention & Attention.nonMaskable != 0 && !system.areNonMaskableBlocked
    let wantsDebug = attention & Attention.debugTrap != 0
    switch activity {
    case .running: break
    case .halted:
      guard wantsInterrupt || wantsNonMaskable || wantsDebug else { return .leave(.waiting) }
      activity = .running
    case .waitingForStartup: return .leave(.waiting)
    case .shutDown: return .leave(.shutdown)
    }
    // The shadow lasts until the next instruction was run, which may be in the next slice.
    if state.budget <= 0 { return .leave(.cyclesSpent) }
    if attention & Attention.stackShadow != 0 {
      setAttention(Attention.stackShadow, false)
      isInStackShadow = true
      return .single
    }
    if wantsDebug {
      deliverHeldDebugTrap()
      return .again
    }
    if attention & Attention.shadow != 0 {
      setAttention(Attention.shadow, false)
      return .single
    }
    if wantsNonMaskable {
      takeNonMaskable()
      return afterDelivery
    }
    if wantsInterrupt {
      var vector: UInt64 = 0
      if callBus(.interruptAcknowledge, 0, 1, &vector) {
        deliverInterrupt(UInt8(truncatingIfNeeded: vector))
      } else {
        interruptRequested = false
      }
      return afterDelivery
    }
    return isAlone ? .single : .go
  }

  /// The next instruction must run alone.
  private var isAlone: Bool {
    state.flagsRest & Flag.trap != 0 || state.attention & Attention.breakpoints != 0
  }

  /// The first instruction of the handler runs next, unless a task was entered that traps.
  private var afterDelivery: EventOutcome {
    activity != .running || isAlone || state.attention & Attention.debugTrap != 0 ? .again : .go
  }

  func callBus(
    _ access: BusAccess, _ address: UInt64, _ size: Int, _ value: inout UInt64
  ) -> Bool {
    // An ordinary instruction goes on to whatever block is linked behind it.
    if isInSystemOperation {
      owe(CycleCost.bus)
    } else {
      state.cyclesOwedLater &+= CycleCost.bus
    }
    let answer = bus(
      busContext, Int32(truncatingIfNeeded: number), access.rawValue, address,
      Int32(truncatingIfNeeded: size), &value)
    // A device may have written code.
    if codeEpoch != memory.codeEpoch {
      codeEpoch = memory.codeEpoch
      forgetJumps()
    }
    return answer
  }

  /// Runs from one block until control comes back, and deals with the reason.
  private func step(single: Bool) {
    system.wasInstructionCompleted = true
    guard let block = findBlock(single: single) else { return }
    let state = self.state
    let cost = block.cost
    state.setRegister(PseudoRegister.page, state.instructionPointer &- block.offset)
    state.exitReason = ExitReason.lookup
    state.linkSite = nil
    if cost > state.budget {
      Prefix.build(of: block, count: Int(state.budget), in: cache.prefix)
      start(Block(cache.prefix))
    } else {
      start(block)
    }
    heldPage = Block(state.block).page
    isFetchHeld = true
    switch state.exitReason {
    case ExitReason.lookup, ExitReason.budget: break
    case ExitReason.asking: isFetchHeld = false
    case ExitReason.system:
      runSystemOperation()
      isFetchHeld = false
    case ExitReason.fault:
      let place = returnTo(state.exitOperation, chargingIt: true)
      state.instructionPointer = place
      deliverFault()
    default:
      state.linkSite = nil
      state.instructionPointer = returnTo(state.exitOperation, chargingIt: false)
      if state.exitReason == ExitReason.isolate { step(single: true) }
    }
  }

  @inline(__always) private func start(_ block: Block) {
    state.block = block.base
    state.budget &-= block.cost
    let first = UnsafeRawPointer(block.operations)
    first.load(as: Handler.self)(state.base, first)
  }

  /// Gives back the cycles of the instructions that were not run; returns the instruction's RIP.
  private func returnTo(_ operation: UnsafeRawPointer, chargingIt: Bool) -> UInt64 {
    let block = Block(state.block)
    let place = block.place(of: block.index(of: operation))
    let done = Int64(place.number &+ (chargingIt ? 1 : 0))
    state.budget &+= block.cost &- done
    return state.register(PseudoRegister.page) &+ place.offset
  }

  private func runSystemOperation() {
    let operation = state.exitOperation
    let block = Block(state.block)
    let place = block.place(of: block.index(of: operation))
    let start = returnTo(operation, chargingIt: true)
    let fields = (operation + Block.operationByteCount).load(as: SystemFields.self)
    state.instructionPointer = start
    state.nextInstructionPointer = behind(start &+ place.length)
    isInSystemOperation = true
    hasSwitchedTask = false
    owe(CycleCost.of(fields))
    do throws(GuestException) {
      try execute(fields)
      state.instructionPointer = state.nextInstructionPointer
    } catch {
      if !hasSwitchedTask { state.instructionPointer = start }
      system.wasInstructionCompleted = false
      isInSystemOperation = false
      raise(error)
      return
    }
    isInSystemOperation = false
  }

  private func deliverFault() {
    system.wasInstructionCompleted = false
    let code = state.get(StateLayout.faultErrorCode, as: UInt32.self)
    let word = state.get(StateLayout.faultVector, as: UInt32.self)
    raise(GuestException(UInt8(word & 0xFF), word & 0x100 != 0 ? code : nil))
  }

  /// Delivers an instruction's fault, or reports an x87 error the old way.
  private func raise(_ exception: GuestException) {
    if exception == .floatingPoint, state.cr0 & ControlRegister0.numericError == 0 {
      reportFloatingPointError()
    } else {
      deliver(exception)
    }
  }

  /// RIP behind an instruction: 64 bits in 64-bit mode, else 32, from where 16-bit code faults.
  private func behind(_ pointer: UInt64) -> UInt64 {
    state.mode == CodeMode.long64 ? pointer : pointer & 0xFFFF_FFFF
  }
}

// What slow paths of operations call.
extension Processor {
  func recordFault(_ exception: GuestException) {
    state.exitReason = ExitReason.fault
    let word = UInt32(exception.vector) | (exception.errorCode == nil ? 0 : 0x100)
    state.set(StateLayout.faultVector, word)
    state.set(StateLayout.faultErrorCode, exception.errorCode ?? 0)
  }

  /// Makes the operations after the current instruction return, if the running block lies in a
  /// page that was changed.
  func leaveChangedBlock(page: Int) {
    guard !isInSystemOperation, let raw = currentBlock, raw.page == page,
      raw.memoryIdentifier == memory.identifier
    else { return }
    let index = raw.index(of: state.exitOperation)
    guard index >= 0, index < raw.operationCount else { return }
    let place = raw.place(of: index)
    // The next instruction may be one without an operation of its own.
    let resume = InstructionPlace(
      offset: Int(truncatingIfNeeded: place.offset &+ place.length), number: place.number &+ 1,
      length: 1)
    for later in index..<raw.operationCount where raw.place(of: later).number > place.number {
      (raw.operations + later &* Block.operationByteCount).storeBytes(
        of: resumeElsewhere, as: Handler.self)
      raw.setPlace(of: later, resume)
    }
  }

  private var currentBlock: Block? {
    state.get(StateLayout.block, as: UnsafeMutableRawPointer?.self).map(Block.init)
  }

  /// Reads bytes that are not storage, by accesses of at most 8; ones where nothing answers.
  func readDevice(_ physical: UInt64, _ count: Int, into target: UnsafeMutableRawPointer) {
    var done = 0
    while done < count {
      let size = min(8, count &- done)
      var value: UInt64 = 0
      let address = physical &+ UInt64(truncatingIfNeeded: done)
      if !callBus(.memoryRead, address, size, &value) { value = ~0 }
      withUnsafeBytes(of: value) {
        guard let bytes = $0.baseAddress else { return }
        // Cannot trap: 1 to 8 bytes.
        (target + done).copyMemory(from: bytes, byteCount: size)
      }
      done &+= size
    }
  }

  /// Writes bytes that are not storage, by accesses of at most 8.
  func writeDevice(_ physical: UInt64, _ count: Int, from source: UnsafeRawPointer) {
    var done = 0
    while done < count {
      let size = min(8, count &- done)
      var value: UInt64 = 0
      withUnsafeMutableBytes(of: &value) {
        // Cannot trap: 1 to 8 bytes.
        $0.baseAddress?.copyMemory(from: source + done, byteCount: size)
      }
      _ = callBus(.memoryWrite, physical &+ UInt64(truncatingIfNeeded: done), size, &value)
      done &+= size
    }
  }
}
