import Channels
import Platform
import Quantities

// How simulated time passes: from the border of one epoch to the next, or to that where something happens.

/// The passage of time.
final class Passage: FirmwareObject {
  /// What is kept.
  struct State: Equatable, Sendable, Codable {
    var load = LoadMeter()
  }

  let hardware: MachineHardware
  let storage: StorageBook
  let pending: PendingChanges
  let journal: Journal
  let entitlements: Entitlements
  let restarts: Restarts
  let life: Life
  let reconfiguration: Reconfiguration
  let shutdown: MachineShutdown
  let guestCommands: GuestCommands
  /// How time follows the wall clock.
  let pacer: Pacer
  var state: State
  /// Who takes the frames that leave the machine; nil for nobody.
  weak var outside: (any NetworkOutside)?
  /// Messages of an epoch on their way to Settle.
  var crossing: [CrossingEvent] = []

  /// The passage of time over everything that happens in it.
  init(
    _ reconfiguration: Reconfiguration, _ shutdown: MachineShutdown, _ guestCommands: GuestCommands,
    _ pacer: Pacer, _ state: State
  ) {
    let life = reconfiguration.life
    hardware = life.hardware
    storage = life.storage
    pending = life.pending
    journal = life.journal
    entitlements = life.entitlements
    restarts = life.restarts
    self.life = life
    self.reconfiguration = reconfiguration
    self.shutdown = shutdown
    self.guestCommands = guestCommands
    self.pacer = pacer
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(
      state: ["state"],
      wiring: [
        "hardware", "storage", "pending", "journal", "entitlements", "restarts", "life",
        "reconfiguration", "shutdown", "guestCommands", "pacer", "outside",
      ],
      // Filled and emptied when an epoch is settled.
      caches: ["crossing"])
  }

  /// The next instant, on the grid of epochs, at which something happens; nil for never.
  var nextEvent: SimulatedTime? {
    var next = engine.nextEvent
    if let time = channels.nextCompletion { next = min(next ?? .max, gridAfter(time)) }
    if let time = hardware.networks.nextEvent { next = min(next ?? .max, gridAfter(time)) }
    if let time = restarts.nextRelease { next = min(next ?? .max, gridAfter(time)) }
    if let time = shutdown.endDue { next = min(next ?? .max, gridAfter(time)) }
    if let time = pending.nextDeadline { next = min(next ?? .max, gridAfter(time)) }
    if let time = reconfiguration.nextManagement { next = min(next ?? .max, gridAfter(time)) }
    if let time = entitlements.nextJudgement { next = min(next ?? .max, gridAfter(time)) }
    return next.map { max($0, now) }
  }

  private func gridAfter(_ time: SimulatedTime) -> SimulatedTime {
    let epoch = max(1, engine.epoch)
    return time.addingClamped(epoch &- 1) / epoch &* epoch
  }

  /// Lets simulated time pass, at the pace asked for.
  ///
  /// - Parameters:
  ///   - end: When to stop, taken up to the border of an epoch.
  ///   - stopWhen: Asked after every epoch; true ends the call there.
  func runEpochs(until end: SimulatedTime, stopWhen: () -> Bool) {
    let limit = gridAfter(end)
    plan()
    while now < limit {
      guard let next = nextEvent, next < limit else {
        pacer.hold(until: limit)
        jump(to: limit)
        plan()
        break
      }
      pacer.hold(until: max(next, now).addingClamped(engine.epoch))
      jump(to: next)
      plan()
      engine.runEpoch()
      settle()
      plan()
      if stopWhen() { break }
    }
    pacer.note(now)
  }

  /// Lets time pass in which nothing happens.
  ///
  /// The load is sampled on the way when that is due: what is sampled must not depend on where somebody
  /// stopped to look.
  private func jump(to time: SimulatedTime) {
    let border = time &- time % max(1, engine.epoch)
    if state.load.due <= border {
      sampleLoad(at: state.load.due)
      // What lies between is all alike: its last interval is like each.
      let rest = border.subtractingClamped(state.load.due) / LoadMeter.interval
      if rest > 0 {
        sampleLoad(
          at: state.load.due.addingClamped((rest &- 1).multipliedClamped(by: LoadMeter.interval)))
        sampleLoad(at: state.load.due)
      }
    }
    engine.jump(to: time)
  }

  private func sampleLoad(at time: SimulatedTime) {
    engine.jump(to: gridAfter(time))
    if now >= state.load.due { state.load.sample(engine.dispatcher, at: now) }
  }
}
