import Platform
import Quantities

// What becomes known of an action: a change with its differences, and a part of the history that the digest
// stands for.

/// The condition of one of the things that an action is about.
struct SubjectCondition {
  /// The partition that its differences are told of, of several; nil for the only one, and the machine.
  var name: String?
  /// The partition; nil for the machine, its groups and its settings.
  var partition: String?
  var condition: Condition
}

extension Journal {
  /// Records what an action changed, or why it was refused.
  ///
  /// - Parameters:
  ///   - action: What was asked.
  ///   - author: Who had it performed.
  ///   - before: The conditions of what it is about, before it.
  ///   - refusal: Why it was refused.
  ///   - isPerformed: Whether it was performed, or a part of it before it was refused.
  ///   - input: Its number among the inputs, when it is one.
  func record(
    _ action: ManagementAction, by author: Author, before: [SubjectCondition],
    refusal: ManagementError? = nil, isPerformed: Bool = true, input: UInt64? = nil
  ) {
    state.changes.publish(
      ChangeRecord(
        time: now, author: author, action: action, partition: action.partition,
        differences: isPerformed ? differences(from: before) : [], refusal: refusal,
        input: input))
  }

  /// Does what nobody asked for at this instant and records it as the action that it amounts to: a
  /// guest's answer, a deadline, a power off.
  func recording(
    _ action: ManagementAction, by author: Author, _ body: () -> Void
  ) {
    let before = conditions(of: action)
    body()
    record(action, by: author, before: before)
  }

  /// Takes an action into the history of the machine and of its partitions, in its written form.
  func mix(_ action: ManagementAction) {
    var text = WrittenForm.text(action)
    engine.progress.digest.mix(now)
    text.withUTF8 { engine.progress.digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    // Nothing in a partition depends on who watches its console.
    if case .set(.consoleWatcher, _) = action { return }
    for name in action.partitions {
      guard let number = layout.numbers[name] else { continue }
      engine.guests[number].digest.mix(now)
      text.withUTF8 { engine.guests[number].digest.mix(bytes: UnsafeRawBufferPointer($0)) }
    }
  }

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
