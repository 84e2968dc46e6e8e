import Channels
import Platform
import Quantities

// What becomes known of an action: an entry in the journal, a change with its differences, a part of the
// history that the digest stands for; and what happens by itself, as events.

extension PartitionManager {
  func note(_ partition: Partition?, _ kind: FirmwareEventKind, at time: SimulatedTime? = nil) {
    state.journal.events.publish(
      FirmwareEvent(time: time ?? now, partition: partition?.name, kind: kind))
  }

  /// Takes an action into the journal, if somebody outside asked for it, and into the changes.
  ///
  /// What was done is performed again where the machine's history is, and so is what was refused after a
  /// part of it: it is an input then.
  func record(
    _ action: ManagementAction, _ author: Author, before: [SubjectCondition],
    refusal: ManagementError? = nil, isInput: Bool = true
  ) {
    if refusal != nil, !isInput, !isRefusalKept() { return }
    var input: UInt64?
    if state.commandingPartition == nil, loggingOn.isEmpty {
      state.journal.entries.append(
        JournalEntry(time: now, author: author, action: action, refusal: refusal))
      if isInput {
        state.journal.inputCount.addClamped(1)
        input = state.journal.inputCount
      }
    }
    state.journal.changes.publish(
      ChangeRecord(
        time: now, author: author, action: action, partition: action.partition,
        differences: isInput ? differences(from: before) : [], refusal: refusal,
        input: input))
  }

  /// Does what nobody asked for at this instant and records it as the action that it amounts to: a
  /// guest's answer, a deadline, a power off.
  func recording(
    _ action: ManagementAction, by author: Author, _ body: () -> Void
  ) {
    let before = conditions(of: action)
    body()
    state.journal.changes.publish(
      ChangeRecord(
        time: now, author: author, action: action, partition: action.partition,
        differences: differences(from: before)))
  }

  /// Takes an action into the history of the machine and of its partitions, in its written form.
  func mix(_ action: ManagementAction) {
    var text = WrittenForm.text(action)
    engine.progress.digest.mix(now)
    text.withUTF8 { engine.progress.digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    for name in action.partitions {
      guard let number = number(of: name) else { continue }
      engine.guests[number].digest.mix(now)
      text.withUTF8 { engine.guests[number].digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    }
  }
}

/// The condition of one of the things that an action is about.
struct SubjectCondition {
  /// The partition that its differences are told of, of several; nil for the only one, and the machine.
  var name: String?
  /// The partition; nil for the machine, its groups and its settings.
  var partition: String?
  var condition: Condition
}

extension PartitionManager {
  /// The condition of everything that an action is about: a partition, several and the machine, or the
  /// machine.
  func conditions(of action: ManagementAction) -> [SubjectCondition] {
    let names = subjects(of: action)
    if names.count <= 1, action.partition == names.first {
      return [SubjectCondition(partition: names.first, condition: condition(of: names.first))]
    }
    let several = names.map {
      SubjectCondition(name: $0, partition: $0, condition: condition(of: $0))
    }
    return several + [SubjectCondition(condition: condition(of: nil))]
  }

  /// The partitions that an action is about.
  private func subjects(of action: ManagementAction) -> [String] {
    switch action {
    case .signalAll, .shutDown: partitions.filter(\.isActive).map(\.name)
    default: action.partitions
    }
  }

  /// What is different from earlier conditions.
  private func differences(from earlier: [SubjectCondition]) -> [ValueDifference] {
    earlier.flatMap { subject in
      let now = condition(of: subject.partition)
      guard let name = subject.name else { return now.differences(from: subject.condition) }
      return now.partitionDifferences(from: subject.condition).map { difference in
        var difference = difference
        difference.partition = name
        return difference
      }
    }
  }
}

// What was published, for those who read it.
extension PartitionManager {
  /// What happened by itself since a reader read last.
  package func events(since position: inout ReaderPosition) -> Reading<FirmwareEvent> {
    state.journal.events.read(&position)
  }

  /// The changes since a reader read last, refused ones included.
  package func changes(since position: inout ReaderPosition) -> Reading<ChangeRecord> {
    state.journal.changes.read(&position)
  }

  /// What came for guests since a reader read last.
  package func typed(since position: inout ReaderPosition) -> Reading<GuestInput> {
    state.journal.typed.read(&position)
  }

  /// The accounting records since a reader read last.
  package func accounting(since position: inout ReaderPosition) -> Reading<AccountingRecord> {
    state.journal.accounting.read(&position)
  }
}
