import Channels
import Quantities
import X86

// What a guest and the firmware tell each other about dispatching: DIAGNOSE X'9C', X'49C' and X'620'.

/// What is known of one processor's dispatching, on both sides.
struct ProcessorDispatching: Codable, Equatable, Sendable {
  /// How much of a processor it is for, in SMF's code.
  var polarity: UInt8 = 0
  /// The guest should not use it.
  var isParked = false
  /// The interrupt that tells the end of a time slice, 0 for none.
  var warningVector: UInt8 = 0
  /// When the time slice of which the guest was told ends; 0 when it was told of none.
  var warnedUntil: SimulatedTime = 0

  /// Forgets what the guest asked for.
  mutating func forget() {
    warningVector = 0
    warnedUntil = 0
  }
}

extension Computer {
  /// Directed yields that a partition may make in a second of simulated time; one more does nothing.
  static let directedYieldsPerSecond = 1_000

  // MARK: From the firmware

  /// Says how much of a processor a processor is for, and whether the guest should not use it.
  package func setPolarity(processor number: Int, code: UInt8, isParked: Bool) {
    guard values.dispatching.indices.contains(number) else { return }
    values.dispatching[number].polarity = code
    values.dispatching[number].isParked = isParked
  }

  /// Tells a processor whose guest wants to know that its time slice ends at a time.
  package func warn(processor number: Int, until time: SimulatedTime) {
    guard let vector = values.dispatching.element(at: number)?.warningVector, values.ending == nil,
      vector > 0,
      isProcessorPresent(number)
    else { return }
    values.dispatching[number].warnedUntil = time
    network.requestVector(vector, on: number)
  }

  // MARK: From the guest

  /// X'9C': the processor in RBX gets the place of this one, if it has work and no place.
  ///
  /// RAX = 0, all ones when there is no such processor.
  func yieldDirectedly(_ number: Int) -> CallOutcome {
    let processor = processors[number]
    guard let target = presentProcessor(processor[.rbx]) else {
      processor[.rax] = .max
      return .goesOn
    }
    processor[.rax] = 0
    return givePlace(of: number, to: target)
  }

  /// A processor's place goes to another that has work and no place.
  func givePlace(of number: Int, to target: Int?) -> CallOutcome {
    guard let target, target != number, places[target] < 0, status(of: target) == .ready,
      takeYield(at: processors[number].now)
    else { return .goesOn }
    return .givesPlace(to: target)
  }

  private func takeYield(at time: SimulatedTime) -> Bool {
    let second = time / 1_000_000_000
    if values.yieldSecond != second {
      values.yieldSecond = second
      values.yieldAllowance = Computer.directedYieldsPerSecond
    }
    guard values.yieldAllowance > 0 else { return false }
    values.yieldAllowance -= 1
    return true
  }

  /// X'49C': RBX = 1 asks for the interrupt in RCX before a time slice ends, 0 as vector for none;
  /// RBX = 0 acknowledges it and gives the place up.
  ///
  /// RAX = 0; 1 when there is nothing to acknowledge any more; all ones for anything else.
  func serveWarningTrack(_ number: Int) -> CallOutcome {
    let processor = processors[number]
    switch (processor[.rbx], processor[.rcx]) {
    case (1, let vector) where vector == 0 || (16...255).contains(vector):
      values.dispatching[number].warningVector = UInt8(truncatingIfNeeded: vector)
      processor[.rax] = 0
    case (0, _):
      let isInTime = processor.now < values.dispatching[number].warnedUntil
      values.dispatching[number].warnedUntil = 0
      processor[.rax] = isInTime ? 0 : 1
      if isInTime { return .acknowledges }
    default:
      processor[.rax] = .max
    }
    return .goesOn
  }

  /// X'620': RBX = polarity in SMF's code and RCX = 1 if parked, of the processor in RBX.
  ///
  /// RAX = 0, all ones when there is no such processor.
  func tellPolarity(_ number: Int) {
    let processor = processors[number]
    guard let target = presentProcessor(processor[.rbx]) else {
      processor[.rax] = .max
      return
    }
    let asked = values.dispatching[target]
    processor[.rax] = 0
    processor[.rbx] = UInt64(asked.polarity)
    processor[.rcx] = asked.isParked ? 1 : 0
  }
}
