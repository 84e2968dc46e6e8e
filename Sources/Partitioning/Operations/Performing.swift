// Performing an action: it is judged, done by the one owner, taken into the history, and recorded.

extension PartitionManager {
  /// Judges and performs an action, all or nothing, at this instant.
  ///
  /// - Parameters:
  ///   - asked: What.
  ///   - author: Who has it performed, and by what right.
  /// - Returns: Whether it is done or waits for the guest.
  /// - Throws: `ManagementError`; nothing was changed then.
  @discardableResult
  package func perform(
    _ asked: ManagementAction, by author: Author = .user("OPERATOR")
  ) throws(ManagementError) -> ManagementResult {
    firmware.guestCommands.takeAllowance()
    let before = firmware.journal.conditions(of: asked)
    // One that gives commands goes into the history step by step.
    let history = engine.progress.digest
    var action = asked
    defer { firmware.reconfiguration.settleAfterAction() }
    do throws(ManagementError) {
      try authorize(action, author)
      action = try completed(action)
      let result = try carryOut(action, by: author)
      record(action, author, before: before)
      if case .logOn = action {} else { firmware.journal.mix(action) }
      return result
    } catch {
      record(
        action, author, before: before, refusal: error,
        isPerformed: engine.progress.digest != history)
      throw error
    }
  }

  /// Takes an action into the journal, if somebody outside asked for it, and into the changes.
  private func record(
    _ action: ManagementAction, _ author: Author, before: [SubjectCondition],
    refusal: ManagementError? = nil, isPerformed: Bool = true
  ) {
    let (journal, guestCommands) = (firmware.journal, firmware.guestCommands)
    if refusal != nil, !isPerformed, !guestCommands.isRefusalKept() { return }
    // The commands of guests and of definitions follow from something else.
    let input =
      guestCommands.isUnderWay || !loggingOn.isEmpty
      ? nil
      : journal.enter(action, by: author, refusal: refusal, isPerformed: isPerformed)
    journal.record(
      action, by: author, before: before, refusal: refusal, isPerformed: isPerformed, input: input)
  }

  /// An action with what it leaves to the present values filled in, as it is recorded.
  private func completed(
    _ action: ManagementAction
  ) throws(ManagementError) -> ManagementAction {
    if case .logOn(let name, let profile, let load, let force) = action,
      commands(of: name, profile: profile).isEmpty
    {
      return .activate(name, profile: profile, load: load, force: force)
    }
    guard case .set(.weightChange(let name, let type, let change), let scope) = action else {
      return action
    }
    let partition = try partition(name)
    let running = try partition.definition.settings(of: change, type)
    let kept = try partition.profile.settings(of: change, type)
    switch scope {
    case .running: return .together(running.map { .set($0) })
    case .profile: return .together(kept.map { .set($0, .profile) })
    case .both where running == kept: return .together(running.map { .set($0, .both) })
    case .both: return .batch(running.map { .set($0) } + kept.map { .set($0, .profile) })
    }
  }

  /// Judges an action and does it.
  func carryOut(
    _ action: ManagementAction, by author: Author = .firmware
  ) throws(ManagementError) -> ManagementResult {
    let (life, reconfiguration) = (firmware.life, firmware.reconfiguration)
    switch action {
    case .logOn(let name, let profile, let load, let force):
      try logOn(name, profile: profile, load: load, force: force, by: author)
    case .activate(let name, let profile, let load, let force):
      try activate(partition(name), profile: profile, load: load, force: force)
    case .recover(let name): try recover(partition(name))
    case .deactivate(let name, let force): try life.deactivate(partition(name), force: force)
    case .load(let name, let image, let parameters, let clear, let force):
      try life.load(
        partition(name), image: image, parameters: parameters, clear: clear, force: force,
        isOwnWish: firmware.guestCommands.isUnderWay)
    case .stop(let name, let processor): try life.stop(partition(name), processor: processor)
    case .start(let name, let processor): try life.start(partition(name), processor: processor)
    case .resetNormal(let name, let force):
      try life.reset(partition(name), clear: false, force: force)
    case .resetClear(let name, let force):
      try life.reset(partition(name), clear: true, force: force)
    case .restart(let name): try life.restart(partition(name))
    case .signalShutdown(let name, let within, let thenForce):
      return try reconfiguration.signalShutdown(
        partition(name), within: within, thenForce: thenForce)
    case .signalAll(let within): return .each(firmware.shutdown.signalAll(within: within))
    case .shutDown(let within): return firmware.shutdown.shutDown(within: within)
    case .cancelShutdown(let name):
      try reconfiguration.cancelPending(partition(name), kind: .shutdown)
    case .set(let setting, let scope): try set([ScopedSetting(setting: setting, scope: scope)])
    case .batch(let actions): return try carryOut(together: actions)
    case .setNextProfile(let name, let profile):
      try firmware.settings.setNextProfile(partition(name), profile)
    case .saveProfile(let name): try firmware.settings.saveProfile(partition(name))
    case .definePartition(let name, let last, let model):
      try define(name, through: last, like: model)
    case .deletePartition(let name, let last): try delete(name, through: last)
    case .configureProcessor(let name, let processor, let online, let insistence, let within):
      return try reconfiguration.configureProcessor(
        partition(name), processor, online: online, insistence: insistence, within: within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      return try reconfiguration.configureStorage(
        partition(name), bytes, online: online, insistence: insistence, within: within)
    case .configurePath(let name, let path, let online, let insistence):
      return try reconfiguration.configurePath(
        partition(name), path, online: online, insistence: insistence)
    case .varyDevicePath(let name, let device, let path, let online, let insistence):
      try reconfiguration.varyPath(
        path, to: device, of: partition(name), online: online, insistence: insistence)
    case .attachDevice(let name, let device, let virtual, let isReadOnly, let options, let within):
      return try reconfiguration.attachDevice(
        partition(name),
        DeviceAssignment(
          virtualDevice: virtual, realDevice: device, isReadOnly: isReadOnly,
          options: options ?? []),
        within: within)
    case .detachDevice(let name, let device, let force, let within):
      return try reconfiguration.detachDevice(
        partition(name), device, force: force, within: within)
    case .link(let name, let owner, let device, let virtual, let mode, let within):
      return try reconfiguration.link(
        partition(name),
        MinidiskLink(
          virtualDevice: virtual, owner: owner == name ? nil : owner, ownerDevice: device,
          mode: mode),
        within: within)
    case .countWrongPassword(let userid): firmware.life.wrongPasswords.count(userid)
    case .varyDevice(let device, let online):
      try reconfiguration.varyDevice(device, online: online)
    case .haltDevice(let device): try reconfiguration.haltDevice(device)
    case .releaseReservations(let device): try reconfiguration.releaseReservations(of: device)
    case .releasePath(let name, let path): try reconfiguration.releasePath(partition(name), path)
    case .cancelPending(let name, let kind):
      try reconfiguration.cancelPending(partition(name), kind: kind)
    case .account(let name): try account(name)
    case .varyProcessor(let number, let online):
      try reconfiguration.varyProcessor(number, online: online)
    case .varyPath(let path, let online, let insistence):
      return try reconfiguration.varyPath(path, online: online, insistence: insistence)
    case .activateDeck(let request, let force):
      try reconfiguration.activateDeck(request, force: force)
      onDisksChanged?()
    case .moveManagedPath(let move): try reconfiguration.moveManagedPath(move)
    case .inject(let change): try reconfiguration.inject(change)
    case .network(let change): return try self.change(change)
    case .defineProcessor(let name, let processor):
      try reconfiguration.defineProcessor(partition(name), processor)
    case .detachProcessor(let name, let processor):
      try reconfiguration.detachProcessor(partition(name), processor)
    case .defineStorage(let name, let bytes):
      try reconfiguration.defineStorage(partition(name), bytes)
    case .sendConsole(let name, let bytes): try sendConsole(partition(name), bytes)
    case .storeStorage(let name, let address, let bytes):
      try storeStorage(partition(name), address, bytes)
    case .storeRegister(let name, let processor, let register, let value):
      try storeRegister(partition(name), processor, register, value)
    }
    return .done
  }

  /// Makes settings, and has spent what follows from them.
  func set(_ changes: [ScopedSetting]) throws(ManagementError) {
    for type in try firmware.settings.set(changes) { firmware.entitlements.applyShares(of: type) }
  }

  /// Activates a partition; what that would be refused for once it were taken down, a rehearsal says.
  func activate(
    _ partition: Partition, profile: String?, load: Bool, force: Bool
  ) throws(ManagementError) {
    let name = partition.name
    try firmware.life.activate(
      partition, profile: profile, load: load, force: force
    ) { profile throws(ManagementError) in
      let rehearsal = rehearsal()
      try rehearsal.perform(.deactivate(name, force: true))
      try rehearsal.perform(.activate(name, profile: profile, load: false))
    }
  }

  /// Writes an accounting record of an active partition, which goes on; the next begins here.
  ///
  /// - Throws: `.partitionNotFound`, `.wrongState`.
  package func account(
    _ name: String, reason: AccountingReason = .request
  ) throws(ManagementError) {
    let partition = try partition(name)
    try partition.requireActive()
    firmware.journal.account(partition, reason)
  }
}
