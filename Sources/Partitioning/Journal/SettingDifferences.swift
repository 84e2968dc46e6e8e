// What settings say before and after, in the words of the definition files.
import Quantities

extension PartitionDefinition {
  /// What is set otherwise than in an earlier state of the same partition.
  package func settingDifferences(from earlier: PartitionDefinition) -> [ValueDifference] {
    guard self != earlier else { return [] }
    return differences(from: earlier).map {
      ValueDifference(name: $0.field, before: $0.old ?? "NONE", after: $0.new ?? "NONE")
    }
  }
}

extension MachineSettings {
  /// What is set otherwise than in an earlier state; the names begin with a prefix.
  func differences(from earlier: MachineSettings, _ prefix: String) -> [ValueDifference] {
    guard self != earlier else { return [] }
    return zip(earlier.items, items).filter { $0.text != $1.text }.map {
      ValueDifference(name: prefix + $1.name, before: $0.text, after: $1.text)
    }
  }

  /// Every value of the machine and of its groups that a SET changes, its name first.
  package var items: [(name: String, text: String)] {
    var values = [
      ("RUNNINGTIME", runningTime.map { "\($0 / 1_000_000)MS" } ?? "DYNAMIC"),
      ("WAITCOMPLETION", waitCompletion ? "YES" : "NO"),
    ]
    for group in groups {
      for type in ProcessorType.allCases {
        let cap = group.absoluteCaps.first { $0.type == type }?.hundredths
        values.append(
          ("GROUP \(group.name) ABSCAP \(type.rawValue)", cap.map(hundredthsText) ?? "NONE"))
      }
      values.append(("GROUP \(group.name) MSU", group.capacityUnits.map { "\($0)" } ?? "NONE"))
    }
    return values
  }
}
