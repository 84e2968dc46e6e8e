// What instructions cost beyond their one cycle. What takes the host long takes the guest long as well,
// so that no guest can slow its neighbours down: an ordinary instruction's host time is the measure
// (`endicott-bench instructions`, Docs/Performance.md). Costs follow from what the guest does alone,
// never from what a cache holds, and are part of the history version. The costs are such that a cycle
// takes the host at most 100 times what an ordinary instruction does.
//
// What an instruction owes is paid by the cycles after it. What is owed in the middle of a block is
// paid from the next slice on: when a block ends depends on what was decoded.

/// Cycles beyond the first.
enum CycleCost {
  /// Delivery of an exception, an interrupt or INT n.
  static let event: Int64 = 6
  /// A switch to another task.
  static let taskSwitch: Int64 = 24
  /// An access to a port, to a device's memory or to a model-specific register of the platform.
  static let bus: Int64 = 8
  /// A transcendental instruction of the x87.
  static let transcendental: Int64 = 16
  /// A write to code that was decoded, or one that ends the decoding of a page that is often written.
  static let codeChange: Int64 = 12

  /// The first decoding of 64 bytes of code since code of their page was last changed.
  static let newCode: Int64 = 24

  /// A system operation of an instruction.
  @inline(__always) static func of(_ fields: SystemFields) -> Int64 {
    guard let operation = SystemOperation(rawValue: fields.operation) else { return 0 }
    // The level, modulo 32, stands behind the size of the frame.
    return operation == .enter ? Int64(fields.immediate >> 16 & 31) : of(operation)
  }

  /// A system operation; ENTER costs its levels.
  static func of(_ operation: SystemOperation) -> Int64 {
    switch operation {
    case .interrupt, .interrupt1, .interrupt3, .interruptOverflow, .boundRange: event
    case .interruptReturn, .farJump, .farCall, .farReturn, .invalidatePage: 2
    case .loadTask, .loadLocalTable, .loadFarPointer, .moveToSegment, .popSegment: 1
    case .writeControl, .loadMachineStatus, .invalidateContext, .writeExtendedControl: 10
    case .writeModelSpecific, .firmwareCall: 8
    case .writeDebug: 16
    case .identify, .saveFloatingPoint, .restoreFloatingPoint: 2
    case .saveExtendedState, .restoreExtendedState: 4
    case .pushAll, .popAll: 2
    case .x87: 2
    default: 0
    }
  }
}

extension ProcessorState {
  /// Cycles to be paid from the next slice on, for what instructions in the middle of blocks did.
  @inline(__always) var cyclesOwedLater: Int64 {
    get { get(StateLayout.cyclesOwedLater, as: Int64.self) }
    nonmutating set { set(StateLayout.cyclesOwedLater, newValue) }
  }
}

extension Processor {
  /// Has the next cycles pay for what the instruction that ends now has done.
  @inline(__always) func owe(_ cycles: Int64) { cyclesOwed &+= cycles }

  /// Spends budget on what is owed.
  @inline(__always) func payCycles() {
    guard _slowPath(cyclesOwed > 0) else { return }
    guard chargesCycles else { return cyclesOwed = 0 }
    cyclesOwed &-= spend(atMost: cyclesOwed)
  }

  /// Spends budget on no instruction, as far as there is some.
  ///
  /// - Returns: How many cycles.
  @discardableResult
  func spend(atMost cycles: Int64) -> Int64 {
    let spent = min(cycles, max(0, state.budget))
    state.budget &-= spent
    cyclesCharged &+= UInt64(bitPattern: spent)
    return spent
  }
}
