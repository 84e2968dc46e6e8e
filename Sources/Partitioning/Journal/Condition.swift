import Quantities

// What an action can change, as values to be compared before and after it.

/// The condition of a partition, or of the machine, at one instant.
struct Condition {
  /// One partition's part.
  struct OfPartition {
    var values: PartitionState
    var storageByteCount: UInt64
    var paths: [PathCondition]
  }

  /// A channel path of a partition.
  struct PathCondition: Equatable {
    var number: UInt8
    var isOnline: Bool
  }

  var partition: OfPartition?
  var settings: MachineSettings
  var profileSettings: MachineSettings
  /// Physical processors that are off line.
  var offlineProcessors: [Int]
  /// Channel paths that are off line for the whole machine.
  var offlinePaths: [UInt8]
}

extension Journal {
  /// The condition of a partition with the settings, or of the machine (nil).
  func condition(of name: String?) -> Condition {
    var condition = Condition(
      settings: settings.running, profileSettings: settings.profile, offlineProcessors: [],
      offlinePaths: [])
    if let name, let partition = try? hardware.partition(name) {
      condition.partition = self.condition(of: partition)
    } else {
      condition.offlineProcessors = hardware.offlineProcessors
      condition.offlinePaths = channels.offlinePaths
    }
    return condition
  }

  private func condition(of partition: Partition) -> Condition.OfPartition {
    Condition.OfPartition(
      values: partition.state,
      storageByteCount: partition.storageByteCount(increment: definition.machine.ledgerIncrement),
      paths: channels.paths(of: partition.number).map {
        Condition.PathCondition(number: $0.number, isOnline: $0.isOnline && partition.isActive)
      })
  }
}

extension Condition {
  /// What is different from an earlier condition, in a fixed order.
  func differences(from earlier: Condition) -> [ValueDifference] {
    var found: [ValueDifference] = []
    found += partitionDifferences(from: earlier)
    found += settings.differences(from: earlier.settings, "")
    found += profileSettings.differences(from: earlier.profileSettings, "PROFILE ")
    compare("PROCESSORS OFFLINE", earlier.offlineProcessors, offlineProcessors, &found) {
      numbers($0)
    }
    compare("CHPIDS OFFLINE", earlier.offlinePaths, offlinePaths, &found) {
      numbers($0.map(Int.init))
    }
    return found
  }

  /// What is different of the partition: whether there is one, or what it is.
  func partitionDifferences(from earlier: Condition) -> [ValueDifference] {
    if let own = partition, let before = earlier.partition { return own.differences(from: before) }
    var found: [ValueDifference] = []
    compare("DEFINED", earlier.partition != nil, partition != nil, &found) { $0 ? "YES" : "NO" }
    return found
  }
}

extension Condition.OfPartition {
  func differences(from earlier: Condition.OfPartition) -> [ValueDifference] {
    var found: [ValueDifference] = []
    let (before, after) = (earlier.values, values)
    compare("STATE", before.status, after.status, &found, \.rawValue)
    compare("STOPPED", before.isStopped, after.isStopped, &found) { $0 ? "YES" : "NO" }
    compare("PROCESSORS ONLINE", before.isOnline, after.isOnline, &found, numbers)
    compare(
      "PROCESSORS STOPPED", before.isProcessorStopped, after.isProcessorStopped, &found, numbers)
    compare("STORAGE", earlier.storageByteCount, storageByteCount, &found) {
      sizeText($0)
    }
    compare("PATHS ONLINE", earlier.paths, paths, &found) {
      numbers($0.filter(\.isOnline).map { Int($0.number) })
    }
    compare("PENDING", before.pending.count, after.pending.count, &found) { "\($0)" }
    compare("NEXT PROFILE", before.nextProfile, after.nextProfile, &found) { $0 }
    found += after.definition.settingDifferences(from: before.definition)
    found += after.profile.settingDifferences(from: before.profile).map {
      ValueDifference(name: "PROFILE " + $0.name, before: $0.before, after: $0.after)
    }
    return found
  }
}

/// Adds a difference when two values are not equal.
private func compare<Value: Equatable>(
  _ name: String, _ before: Value, _ after: Value, _ found: inout [ValueDifference],
  _ text: (Value) -> String
) {
  guard before != after else { return }
  found.append(ValueDifference(name: name, before: text(before), after: text(after)))
}

/// Numbers in hexadecimal, as processors and paths are named; NONE for none.
private func numbers(_ numbers: [Int]) -> String {
  numbers.isEmpty
    ? "NONE"
    : numbers.map { hexDigits($0, 2) }.joined(separator: " ")
}

private func numbers(_ flags: Numbered<Bool>) -> String {
  numbers(flags.indices.filter { flags[$0] })
}
