import Quantities

// What an action needs of a partition, and the refusal when that is not so.

extension Partition {
  /// Throws unless it is in one of the states.
  func require(_ states: [PartitionStatus]) throws(ManagementError) {
    guard states.contains(state.status) else {
      throw .wrongState(name, is: state.status, needs: states)
    }
  }

  /// Throws unless it is active.
  func requireActive() throws(ManagementError) { try require(PartitionStatus.active) }

  /// Throws when the action would end a running guest and nobody insists.
  func requireForce(_ force: Bool) throws(ManagementError) {
    guard force || state.status != .operating else { throw .forceNeeded(name, is: state.status) }
  }

  /// Throws unless it has a logical processor.
  func requireDefined(_ processor: Int) throws(ManagementError) {
    guard entry(of: processor) != nil else {
      throw .processorNotDefined(
        name, processor: processor,
        defined: definition.processors.reduce(0) {
          $0.addingClamped($1.initial).addingClamped($1.reserved)
        })
    }
  }

  /// Throws unless a logical processor of it is on line.
  func requireOnline(_ processor: Int) throws(ManagementError) {
    try requireDefined(processor)
    guard isOnline[processor] else { throw .processorNotOnline(name, processor: processor) }
  }

  /// Throws unless the processor is on line at which everything begins.
  func requireFirstProcessor() throws(ManagementError) {
    guard isOnline.first == true else { throw .noFirstProcessor(name) }
  }

  /// One of its image profiles.
  func requireProfile(_ profile: String) throws(ManagementError) -> PartitionDefinition {
    guard let found = state.profiles.first(where: { $0.name == profile }) else {
      throw .profileNotFound(name, profile: profile, known: state.profiles.map(\.name))
    }
    return found.definition
  }
}
