// What is kept of one partition, so that it outlives the machine: its own value, whole. What a lost machine
// cannot give back is decided where the value is taken up again, and by no copy.

/// What one partition was set to and had, each of its values by its name.
@dynamicMemberLookup
package struct PartitionRecord: Sendable, Equatable, Codable {
  /// Its name.
  package var name: String
  /// What its definition file said; a record of another definition is not put back.
  package var base: PartitionDefinition
  /// All its values.
  package var state: PartitionState
  /// Channel paths that were on line to it, as the channel subsystem has them; nil in a record of an older
  /// program.
  package var onlinePaths: [UInt8]?
  /// What its adapters were connected to, as the networks have it; nil for none, and in a record of an older program.
  package var couplings: [AdapterCoupling]?

  /// One of its values.
  package subscript<Value>(dynamicMember value: WritableKeyPath<PartitionState, Value>) -> Value {
    get { state[keyPath: value] }
    set { state[keyPath: value] = newValue }
  }

  /// One of its values, to read.
  package subscript<Value>(dynamicMember value: KeyPath<PartitionState, Value>) -> Value {
    state[keyPath: value]
  }
}

extension PartitionRecord {
  /// Its number, when it was defined while the machine ran; nil for one that the folder defines.
  var number: Int? { state.definedAs?.number }

  /// What it was when it was active last and nobody ended it; nil when it is not to be recovered.
  package var unended: PartitionRecord? { state.isActive ? self : state.lost }

  /// The machine came to an end in good order: nothing is to be recovered.
  package mutating func end() {
    state.status = .notActivated
    state.lost = nil
  }

  /// Whether no machine of its definition has left it: it was damaged or edited.
  var isDamaged: Bool {
    !state.definition.hasForm(of: base)
      || unended.map { !$0.state.definition.hasForm(of: base) } ?? false
  }
}

extension PartitionDefinition {
  /// Whether what no setting changes is as another definition says it: processors by type and mode, and
  /// storage.
  func hasForm(of defined: PartitionDefinition) -> Bool {
    storage == defined.storage && processors.count == defined.processors.count
      && zip(processors, defined.processors).allSatisfy { own, other in
        own.type == other.type && own.mode == other.mode && own.initial >= 0 && own.reserved >= 0
          && own.initial.adding(own.reserved) == other.initial.adding(other.reserved)
      }
  }
}
