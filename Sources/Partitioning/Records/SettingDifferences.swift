// What settings say before and after, in the words of the definition files.

extension PartitionDefinition {
  /// What is set otherwise than in an earlier state of the same partition.
  func settingDifferences(from earlier: PartitionDefinition) -> [ValueDifference] {
    guard self != earlier else { return [] }
    var found: [ValueDifference] = []
    for (entry, processors) in processors.enumerated() {
      guard let before = earlier.processors.firstIndex(where: { $0.type == processors.type })
      else { continue }
      let pairs = zip(earlier.settingValues(of: before), settingValues(of: entry))
      for (old, new) in pairs where old.text != new.text {
        found.append(
          ValueDifference(
            name: "\(processors.type.rawValue) \(new.name)", before: old.text, after: new.text))
      }
    }
    for (old, new) in zip(earlier.settingValues, settingValues) where old.text != new.text {
      found.append(ValueDifference(name: new.name, before: old.text, after: new.text))
    }
    return found
  }

  private func settingValues(of entry: Int) -> [(name: String, text: String)] {
    let share = share(of: entry)
    let processors = processors[entry]
    return [
      ("SHARE", share.amount.text), ("LIMIT", share.limit.text),
      ("MINWEIGHT", processors.minimumWeight.map { "\($0)" } ?? "NONE"),
      ("MAXWEIGHT", processors.maximumWeight.map { "\($0)" } ?? "NONE"),
      ("ABSCAP", hundredthsText(share.absoluteCapHundredths)),
      ("GROUP", processors.group ?? "NONE"),
    ]
  }

  private var settingValues: [(name: String, text: String)] {
    [
      ("DEFINEDCAP", definedCapacity.map { "\($0)" } ?? "NONE"), ("POLARITY", polarity.rawValue),
    ]
      + SecuritySwitch.allCases.map { ("SECURITY \($0.rawValue)", security[$0] ? "ON" : "OFF") }
  }
}

extension MachineSettings {
  /// What is set otherwise than in an earlier state; the names begin with a prefix.
  func differences(from earlier: MachineSettings, _ prefix: String) -> [ValueDifference] {
    guard self != earlier else { return [] }
    return zip(earlier.values, values).filter { $0.text != $1.text }.map {
      ValueDifference(name: prefix + $1.name, before: $0.text, after: $1.text)
    }
  }

  private var values: [(name: String, text: String)] {
    var values = [
      ("RUNNINGTIME", runningTime.map { "\($0 / 1_000_000)MS" } ?? "DYNAMIC"),
      ("WAITCOMPLETION", waitCompletion ? "YES" : "NO"),
    ]
    for group in groups {
      for type in ProcessorType.allCases {
        let cap = group.absoluteCaps.first { $0.type == type }?.hundredths
        values.append(("GROUP \(group.name) ABSCAP \(type.rawValue)", hundredthsText(cap)))
      }
      values.append(("GROUP \(group.name) MSU", group.capacityUnits.map { "\($0)" } ?? "NONE"))
    }
    return values
  }
}

extension ShareAmount {
  /// As SET SHARE says it.
  fileprivate var text: String {
    switch self {
    case .relative(let share): "RELATIVE \(share)"
    case .absolute(let hundredths): "ABSOLUTE \(hundredthsText(hundredths))%"
    }
  }
}

extension ShareLimit {
  /// As SET SHARE says it.
  fileprivate var text: String {
    switch self {
    case .none: "NOLIMIT"
    case .soft(let amount): (amount.map { $0.text + " " } ?? "") + "LIMITSOFT"
    case .hard(let amount): (amount.map { $0.text + " " } ?? "") + "LIMITHARD"
    }
  }
}

/// Hundredths with two decimals; NONE for none.
private func hundredthsText(_ hundredths: Int?) -> String {
  guard let hundredths else { return "NONE" }
  return "\(hundredths / 100)." + (hundredths % 100 < 10 ? "0" : "") + "\(hundredths % 100)"
}
