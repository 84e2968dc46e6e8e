import Channels
import Partitioning
import Quantities

// The clock that a script needs: time passes as fast as the pace allows, and nothing else happens meanwhile. The
// firmware itself is one.

/// Lets simulated time pass; a front end provides it, because it decides pace and input meanwhile.
package protocol SimulationClock: AnyObject {
  /// Runs the machine until an instant, or until the condition holds, whichever is first.
  ///
  /// The condition is asked after every epoch; it must not be kept.
  func pass(until: SimulatedTime, orWhen condition: () -> Bool)
}

extension PartitionManager: SimulationClock {
  package func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    runEpochs(until: end, stopWhen: condition)
  }
}

extension PartitionManager {
  /// Nanoseconds from an instant to now; 0 for one to come.
  func elapsed(since instant: SimulatedTime) -> UInt64 { now.subtractingClamped(instant) }
}

extension ControlProgram {
  /// The control program of a machine in which SLEEP and WAIT run the firmware until a front end puts its own
  /// clock in place.
  package convenience init(manager: PartitionManager) {
    self.init(system: manager)
    clock = manager
  }
}
