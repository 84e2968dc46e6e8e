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
    takeAllowance()
    let before = conditions(of: asked)
    // One that gives commands goes into the history step by step.
    let history = engine.progress.digest
    var action = asked
    do throws(ManagementError) {
      try authorize(action, author)
      action = try completed(action)
      let result = try carryOut(action, by: author)
      record(action, author, before: before)
      if case .logOn = action {} else { mix(action) }
      return result
    } catch {
      record(
        action, author, before: before, refusal: error,
        isInput: engine.progress.digest != history)
      throw error
    }
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
    switch action {
    case .logOn(let name, let profile, let load, let force):
      try logOn(name, profile: profile, load: load, force: force, by: author)
    case .activate(let name, let profile, let load, let force):
      try activate(partition(name), profile: profile, load: load, force: force)
    case .recover(let name): try recover(partition(name))
    case .deactivate(let name, let force): try deactivate(partition(name), force: force)
    case .load(let name, let image, let parameters, let clear, let force):
      try load(
        partition(name), image: image, parameters: parameters, clear: clear, force: force)
    case .stop(let name, let processor): try stop(partition(name), processor: processor)
    case .start(let name, let processor): try start(partition(name), processor: processor)
    case .resetNormal(let name, let force):
      try reset(partition(name), clear: false, force: force)
    case .resetClear(let name, let force): try reset(partition(name), clear: true, force: force)
    case .restart(let name): try restart(partition(name))
    case .signalShutdown(let name, let within, let thenForce):
      return try signalShutdown(partition(name), within: within, thenForce: thenForce)
    case .signalAll(let within): return .each(signalAll(within: within))
    case .shutDown(let within): return shutDown(within: within)
    case .cancelShutdown(let name): try cancelPending(partition(name), kind: .shutdown)
    case .set(let setting, let scope): try set([ScopedSetting(setting: setting, scope: scope)])
    case .batch(let actions): return try carryOut(together: actions)
    case .setNextProfile(let name, let profile): try setNextProfile(partition(name), profile)
    case .saveProfile(let name): try saveProfile(partition(name))
    case .definePartition(let name, let last, let model):
      try define(name, through: last, like: model)
    case .deletePartition(let name, let last): try delete(name, through: last)
    case .configureProcessor(let name, let processor, let online, let insistence, let within):
      return try configureProcessor(
        partition(name), processor, online: online, insistence: insistence, within: within)
    case .configureStorage(let name, let bytes, let online, let insistence, let within):
      return try configureStorage(
        partition(name), bytes, online: online, insistence: insistence, within: within)
    case .configurePath(let name, let path, let online, let insistence):
      try configurePath(partition(name), path, online: online, insistence: insistence)
    case .releasePath(let name, let path): try releasePath(partition(name), path)
    case .cancelPending(let name, let kind): try cancelPending(partition(name), kind: kind)
    case .account(let name): try account(name)
    case .varyProcessor(let number, let online): try varyProcessor(number, online: online)
    case .varyPath(let path, let online, let insistence):
      try varyPath(path, online: online, insistence: insistence)
    case .defineProcessor(let name, let processor):
      try defineProcessor(partition(name), processor)
    case .detachProcessor(let name, let processor):
      try detachProcessor(partition(name), processor)
    case .defineStorage(let name, let bytes): try defineStorage(partition(name), bytes)
    case .sendConsole(let name, let bytes): try sendConsole(partition(name), bytes)
    case .storeStorage(let name, let address, let bytes):
      try storeStorage(partition(name), address, bytes)
    case .storeRegister(let name, let processor, let register, let value):
      try storeRegister(partition(name), processor, register, value)
    }
    return .done
  }
}
