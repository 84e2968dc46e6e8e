// What a computer remembers beside its parts, as a value.

import Channels
import Quantities
import X86

/// What a computer keeps itself, beside its processors, its storage and its devices.
struct ComputerValues: Codable, Equatable, Sendable {
  /// What crossed the partition's border; the firmware takes it at Settle.
  var outbox: [ComputerEvent] = []
  /// Why nothing runs; nil while the computer operates.
  var ending: Computer.Ending? = .notLoaded
  /// The counter that the guest publishes with DIAGNOSE X'610'.
  var publishedWork: UInt64 = 0
  /// Time that each processor has run, in nanoseconds.
  var busyNanoseconds: Numbered<SimulatedTime>
  /// Uses of instructions that are not implemented, since the last load.
  var unimplementedCount: UInt64 = 0
  /// What each processor shares with the firmware by KVM's interface.
  var clocks: Numbered<ParavirtualClock>
  /// Processors that were woken whatever their interrupt flags say.
  var isKicked: Numbered<Bool>
  /// Calls that the firmware has not answered.
  var pendingCalls: Numbered<DiagnoseCall?>
  /// How far each processor has come in simulated time, and what that leaves over of a nanosecond, at
  /// which rate.
  var localTimes: Numbered<SimulatedTime>
  var remainders: Numbered<UInt32>
  var rates: Numbered<UInt32>
  /// What the firmware has told of each processor's dispatching, and what the guest wants to know.
  var dispatching: Numbered<ProcessorDispatching>
  /// Directed yields that the partition may still make in this second of its time, and the second.
  var yieldAllowance = Computer.directedYieldsPerSecond
  var yieldSecond: UInt64 = 0
  /// Cycles that each processor owes for what the host did at its request.
  var debts: Numbered<Int>
  /// Turns of a spin loop that each processor has just made, one after another.
  var spins: Numbered<Int>
  /// Time outside `run`: the latest that the firmware has told.
  var currentTime: SimulatedTime = 0
  /// Simulated time at which the partition's own time began.
  var originTime: SimulatedTime = 0
  /// Every dispatch, interrupt and event so far.
  var history = HistoryDigest()
  /// Tag of the next request to the channel subsystem.
  var nextTag: UInt64 = 1
  /// What waits to be told to the guest, and what it was told and has not answered.
  var notices: [ReconfigurationNotice] = []
  var takenNotices: [ReconfigurationNotice] = []
  var takesNotices = false
  var noticeVector: UInt8 = 0
  /// Order of the next event.
  var sequence: UInt64 = 0
  /// Instructions already reported as not implemented, in that order.
  var reportedInstructions: [UInt64] = []
  var hasReportedStorage = false

  /// The values of a computer of so many processors at which nothing has happened.
  init(processorCount count: Int) {
    clocks = Numbered(repeating: ParavirtualClock(), count: count)
    isKicked = Numbered(repeating: false, count: count)
    pendingCalls = Numbered(repeating: nil, count: count)
    localTimes = Numbered(repeating: 0, count: count)
    busyNanoseconds = localTimes
    remainders = Numbered(repeating: 0, count: count)
    rates = remainders
    dispatching = Numbered(repeating: ProcessorDispatching(), count: count)
    spins = Numbered(repeating: 0, count: count)
    debts = spins
  }

  /// How many processors each list has, when all have as many; nil otherwise.
  var processorCount: Int? {
    let counts = [
      busyNanoseconds.count, clocks.count, isKicked.count, pendingCalls.count, localTimes.count,
      remainders.count, rates.count, dispatching.count, debts.count, spins.count,
    ]
    return counts.allSatisfy { $0 == counts.first } ? counts.first : nil
  }
}
