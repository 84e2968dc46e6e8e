import Channels
import Partitioning
import Quantities

// The firmware as the control program sees it, and the clock that a script needs: time passes as
// fast as the pace allows, and nothing else happens meanwhile.

extension PartitionManager: SystemPort {
  package func setPace(_ pace: Pace) {
    pacer.set(pace)
  }

  package func rehearse() -> any SystemPort {
    rehearsal()
  }
}

extension PartitionManager: SimulationClock {
  package func pass(until end: SimulatedTime, orWhen condition: () -> Bool) {
    runEpochs(until: end, stopWhen: condition)
  }
}

extension ControlProgram {
  /// The control program of a machine's firmware: guests' commands are answered, and SLEEP and WAIT
  /// run the firmware until a front end puts its own clock in place.
  package convenience init(manager: PartitionManager) {
    self.init(system: manager)
    clock = manager
    manager.commandHandler = { [weak self, weak manager] number, text in
      let result = self?.guestCommand(text, from: manager?.name(of: number) ?? "")
      let reply = result?.lines.map { $0 + "\n" }.joined() ?? ""
      return (reply, UInt64(clamping: result?.returnCode ?? 1))
    }
  }
}
