import CHost

/// Why a processor returned control to its caller.
package enum ProcessorExit: Equatable, Sendable {
  /// All cycles were used.
  case cyclesSpent
  /// Nothing to do until an interrupt: HLT, or waiting for a start-up message.
  case waiting
  /// VMMCALL or VMCALL at CPL 0; RIP is past it, the call's number in RAX.
  case firmwareCall
  /// The slice ended early at a device's request.
  case yielded
  /// PAUSE ended the slice.
  case paused
  /// Triple fault.
  case shutdown
}

/// What a processor does between its slices.
package enum ProcessorActivity: UInt8, Codable, Sendable {
  case running
  /// In HLT.
  case halted
  /// After INIT, until a start-up message.
  case waitingForStartup
  /// After a triple fault.
  case shutDown
}

/// Kinds of access that a processor asks of its platform.
package enum BusAccess: UInt32, Sendable {
  case portRead
  case portWrite
  case memoryRead
  case memoryWrite
  case msrRead
  case msrWrite
  /// The vector of the interrupt being taken.
  case interruptAcknowledge
  /// FERR#: an x87 exception with CR0.NE clear. True says that IGNNE# lets the instruction run.
  case floatingPointError
  /// Address = RIP, size = code mode, value = the instruction's first 8 bytes.
  case unimplementedInstruction
}

/// The one way from a processor to its platform; synchronous.
///
/// - Returns: False from an MSR access raises #GP; from a read of a port or of memory it means
///   that nothing is there, which reads as ones.
package typealias BusFunction =
  @convention(c) (
    _ context: UnsafeMutableRawPointer, _ processor: Int32, _ access: UInt32, _ address: UInt64,
    _ size: Int32, _ value: UnsafeMutablePointer<UInt64>
  ) -> Bool

/// One logical processor of a partition: architectural state and the engine that runs it.
///
/// Used by one host thread at a time, together with its `GuestMemory`.
package final class Processor {
  /// Number in its partition, which is its initial APIC ID.
  package let number: Int
  let state: ProcessorState
  let memory: GuestMemory
  let identification: Identification
  private(set) var bus: BusFunction
  private(set) var busContext: UnsafeMutableRawPointer
  let fillLog = FillLog()
  /// The cache of the host thread that runs it; set by `run`.
  var cache: CodeCache
  var cacheGeneration: UInt64 = 0
  var codeEpoch: UInt64 = 0
  /// Control has not left the page of the running block since its translation was asked for.
  var isFetchHeld = false
  /// That page, by its number in the memory's window.
  var heldPage = 0
  /// Cycles to be paid before the next instruction.
  var cyclesOwed: Int64 = 0
  /// Instructions cost what `CycleCost` says; otherwise a cycle is an instruction, for experiments that
  /// run so many of them.
  package var chargesCycles = true
  var jumpGenerationLow: UInt64 = 1
  var jumpGenerationHigh: UInt64 = 1
  /// Cycles since power-on at which the budget of the running slice ends.
  var cycleBase: UInt64 = 0
  /// The system operation being carried out has entered another task.
  var hasSwitchedTask = false
  /// The running instruction follows MOV SS or POP SS.
  var isInStackShadow = false
  /// Breakpoints that the running instruction has met, as bits of DR6.
  var metBreakpoints: UInt64 = 0
  /// A system operation is being carried out: devices may be touched.
  var isInSystemOperation = false
  var pendingFirst: Location = .device(0)
  var pendingFirstCount = 0
  var pendingSecond: Location?
  var pendingSecondCount = 0
  /// System-register state that the hot path never reads.
  var system = SystemRegisters()
  /// The events that were taken.
  var eventLog = EventLog()
  /// Set by an operation that makes `run` return.
  var exitRequest: ProcessorExit?
  /// PAUSE makes `run` return `.paused`: another processor of the partition can run.
  package var pauseEndsSlice = false
  /// Cycles used by the last `run`.
  package internal(set) var cyclesUsed = 0
  /// Cycles used since power-on.
  package internal(set) var cycleCount: UInt64 = 0
  /// Those of them that instructions cost beyond their one.
  var cyclesCharged: UInt64 = 0
  /// Instructions run since power-on; each element of a repeated one counts.
  package var instructionsRetired: UInt64 { cycleCount &- cyclesCharged }

  /// Creates a processor in its power-on state.
  ///
  /// Until it is connected nothing answers on its bus.
  /// - Throws: `HostMemoryError` when the host has no room for its state.
  package init(
    number: Int, memory: GuestMemory, identification: Identification,
    bus: @escaping BusFunction = { _, _, _, _, _, _ in false },
    context: UnsafeMutableRawPointer? = nil
  ) throws(HostMemoryError) {
    guard let raw = endicott_reserve(StateLayout.byteCount) else {
      throw .windowRefused(byteCount: UInt64(StateLayout.byteCount))
    }
    self.number = number
    self.memory = memory
    self.identification = identification
    self.bus = bus
    busContext = context ?? raw
    state = ProcessorState(raw)
    cache = CodeCache.none
    state.set(StateLayout.owner, UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()))
    memory.addHolder(state)
    reset()
  }

  deinit {
    memory.removeHolder(state)
    endicott_release(state.base, StateLayout.byteCount)
  }

  /// Says who answers on its bus from now on.
  package func connect(to bus: @escaping BusFunction, context: UnsafeMutableRawPointer) {
    self.bus = bus
    busContext = context
  }

  /// What the processor does.
  package var activity: ProcessorActivity = .running {
    didSet { setAttention(Attention.notRunning, activity != .running) }
  }

  /// The local APIC has an interrupt to deliver.
  package var interruptRequested: Bool {
    get { state.attention & Attention.interrupt != 0 }
    set { setAttention(Attention.interrupt, newValue) }
  }

  /// A non-maskable interrupt is pending.
  package var nonMaskableRequested: Bool { state.attention & Attention.nonMaskable != 0 }

  /// Requests a non-maskable interrupt.
  ///
  /// One can be served while one waits; of more that come meanwhile nothing is kept (Intel SDM volume
  /// 3, "Handling Multiple NMIs"). So two may wait where none is served: the processor would have
  /// taken the first at once.
  package func requestNonMaskable() {
    if nonMaskableRequested && !system.areNonMaskableBlocked {
      system.isNonMaskableLatched = true
    }
    setAttention(Attention.nonMaskable, true)
  }

  /// Takes a non-maskable interrupt: further ones wait for IRET.
  func takeNonMaskable() {
    setAttention(Attention.nonMaskable, system.isNonMaskableLatched)
    system.isNonMaskableLatched = false
    system.areNonMaskableBlocked = true
    deliverInterrupt(2)
  }

  /// Forgets the non-maskable interrupts that wait.
  package func dropNonMaskable() {
    setAttention(Attention.nonMaskable, false)
    system.isNonMaskableLatched = false
  }

  /// A non-maskable interrupt is pending, and none is being served.
  package var canTakeNonMaskable: Bool { nonMaskableRequested && !system.areNonMaskableBlocked }

  /// An interrupt is pending that the processor would take now.
  package var canTakeInterrupt: Bool {
    canTakeNonMaskable || (interruptRequested && state.flagsRest & Flag.interrupt != 0)
  }

  /// Makes `run` return `.yielded` after the current instruction; called inside a bus access.
  package func endSlice() { setAttention(Attention.yield, true) }

  func setAttention(_ bit: UInt32, _ on: Bool) {
    state.attention = on ? state.attention | bit : state.attention & ~bit
  }

  // MARK: Time

  /// Says when cycle 0 of the next `run` is: `at` nanoseconds plus `remainder` / `megahertz`.
  package func beginSlice(at time: UInt64, remainder: UInt32, megahertz: UInt32) {
    state.set(StateLayout.timeBase, time)
    state.set(StateLayout.timeRemainder, remainder)
    state.set(StateLayout.megahertz, megahertz)
    state.set(StateLayout.sliceCycles, Int64(0))
    state.budget = 0
    cycleBase = cycleCount
  }

  var cyclesInSlice: UInt64 {
    UInt64(max(0, state.get(StateLayout.sliceCycles, as: Int64.self) &- state.budget))
  }

  private var scaledTime: UInt64 {
    cyclesInSlice &* 1000 &+ UInt64(state.get(StateLayout.timeRemainder, as: UInt32.self))
  }

  /// Simulated nanoseconds at the current instruction.
  package var now: UInt64 {
    let megahertz = UInt64(max(1, state.get(StateLayout.megahertz, as: UInt32.self)))
    return state.get(StateLayout.timeBase, as: UInt64.self) &+ scaledTime / megahertz
  }

  /// What `now` leaves over, in units of 1 / megahertz nanoseconds.
  package var remainder: UInt32 {
    UInt32(
      truncatingIfNeeded:
        scaledTime % UInt64(max(1, state.get(StateLayout.megahertz, as: UInt32.self))))
  }

  /// Guest TSC = `now` plus this, wrapping; TSC_ADJUST is part of it.
  package var timestampOffset: UInt64 {
    get { state.get(StateLayout.timestampOffset, as: UInt64.self) }
    set { state.set(StateLayout.timestampOffset, newValue) }
  }

  /// Where the partition keeps the last time stamp that any of its processors returned.
  package var lastTimestamp: UnsafeMutablePointer<UInt64>? {
    get { state.get(StateLayout.lastTimestamp, as: UnsafeMutablePointer<UInt64>?.self) }
    set { state.set(StateLayout.lastTimestamp, newValue) }
  }

  /// The time-stamp counter as RDTSC returns it.
  package func readTimestamp() -> UInt64 {
    let value = now &+ timestampOffset
    guard let last = lastTimestamp else { return value }
    last.pointee = max(last.pointee, value)
    return last.pointee
  }
}

extension ProcessorState {
  /// The class that owns this state; only slow paths ask for it.
  var owner: Processor {
    Unmanaged<Processor>.fromOpaque(get(StateLayout.owner, as: UnsafeRawPointer.self))
      .takeUnretainedValue()
  }
}
