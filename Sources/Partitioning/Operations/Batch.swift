// Several actions as one: all of them are done, in order, at this instant, or nothing is. They are judged on
// one rehearsal, each as the ones before it leave the machine.

/// What of a batch is done at once: an action, or settings of one partition that follow each other, whose
/// values are judged together.
private struct BatchStep {
  /// Place in the batch, from 0.
  var position: Int
  var actions: [ManagementAction]

  /// The steps of a batch.
  static func steps(of actions: [ManagementAction]) -> [BatchStep] {
    var steps: [BatchStep] = []
    var subject: SettingSubject?
    for (position, action) in actions.enumerated() {
      let own: SettingSubject? =
        if case .set(let setting, _) = action { setting.subject } else { nil }
      if let last = steps.indices.last, own != nil, own == subject {
        steps.change(at: last) { $0.actions.append(action) }
      } else {
        steps.append(BatchStep(position: position, actions: [action]))
      }
      subject = own
    }
    return steps
  }

  /// Its settings and where they are made; none for another action.
  var settings: [ScopedSetting] {
    actions.compactMap { action in
      guard case .set(let setting, let scope) = action else { return nil }
      return ScopedSetting(setting: setting, scope: scope)
    }
  }
}

extension PartitionManager {
  /// Performs a batch.
  ///
  /// The computers of what it activates are made before anything is done: whether the host has the memory
  /// for them shows only then.
  ///
  /// - Throws: `.inBatch`, which names the first action that cannot be done; nothing was changed then.
  func carryOut(together actions: [ManagementAction]) throws(ManagementError) -> ManagementResult {
    let steps = BatchStep.steps(of: actions)
    defer { firmware.life.prepared = nil }
    if steps.count > 1 {
      try rehearsing(.batch(actions)) { copy throws(ManagementError) in
        copy.firmware.life.prepared = [:]
        for step in steps {
          try requireGuest(for: step)
          _ = try copy.carryOut(step)
        }
        firmware.life.prepared = copy.firmware.life.prepared
      }
    }
    var changes: [PendingChange] = []
    for step in steps {
      if case .pending(let more) = try carryOut(step) { changes += more }
    }
    return changes.isEmpty ? .done : .pending(changes)
  }

  private func carryOut(_ step: BatchStep) throws(ManagementError) -> ManagementResult {
    do throws(ManagementError) {
      let settings = step.settings
      if !settings.isEmpty {
        try set(settings)
        return .done
      }
      guard let action = step.actions.first else { return .done }
      return try carryOut(action)
    } catch {
      throw .inBatch(position: step.position, error)
    }
  }

  /// Throws what only the guest itself shows, which a rehearsal does not have.
  private func requireGuest(for step: BatchStep) throws(ManagementError) {
    guard case .restart(let name)? = step.actions.first, let partition = try? partition(name),
      partition.computer?.ending != nil
    else { return }
    throw .inBatch(
      position: step.position,
      .wrongState(partition.name, is: partition.status, needs: [.operating]))
  }
}
