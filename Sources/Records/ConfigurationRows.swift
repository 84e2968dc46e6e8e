import GRDB
import Partitioning

// Rows of `running` and `profile`: what of the machine outlives it, a row for each part, so that a
// change rewrites its own part only.

/// Changed parts of a running configuration.
struct ConfigurationChange: Sendable {
  /// The machine as a whole, when it changed.
  var machine: MachineRecord?
  /// Partitions that changed.
  var partitions: [PartitionRecord] = []
  /// Partitions that are defined no more.
  var deleted: [String] = []

  var isEmpty: Bool { machine == nil && partitions.isEmpty && deleted.isEmpty }

  /// Writes the changed rows.
  func write(_ transaction: KeptTransaction) throws {
    if let machine {
      try transaction.write(.running, [.text(""), .text(try RowJSON.text(machine))])
    }
    for name in deleted {
      try transaction.perform(.noPartition, [.text(name)])
      try transaction.perform(.fewerProfiles, [.text(name), .integer(0)])
    }
    for partition in partitions {
      var own = partition
      own.profiles = []
      try transaction.write(.running, [.text(partition.name), .text(try RowJSON.text(own))])
      try writeProfiles(of: partition, transaction)
    }
  }

  private func writeProfiles(
    of partition: PartitionRecord, _ transaction: KeptTransaction
  ) throws {
    for (place, profile) in partition.profiles.enumerated() {
      try transaction.write(
        .profile,
        [
          .text(partition.name), .integer(Int64(place)), .text(profile.name),
          .text(try RowJSON.text(profile)),
        ])
    }
    try transaction.perform(
      .fewerProfiles, [.text(partition.name), .integer(Int64(partition.profiles.count))])
  }
}

extension RecordReading {
  /// What was kept of the machine that ran last; nil when nothing was.
  ///
  /// Partitions come in name order.
  package func runningConfiguration() throws(RecordStoreError) -> RunningConfiguration? {
    try read { database in
      var machine: MachineRecord?
      var partitions: [PartitionRecord] = []
      let rows = try Row.fetchAll(database, sql: "SELECT * FROM running ORDER BY name")
      for row in rows {
        let name: String = try row.required("name", of: "a row of running")
        try KeptTable.running.require(row, "row \(name) of running")
        if name.isEmpty {
          machine = try row.json("value", MachineRecord.self, of: "the machine's row of running")
        } else {
          var partition = try row.json(
            "value", PartitionRecord.self, of: "row \(name) of running")
          partition.profiles = try ImageProfile.kept(of: name, database)
          partitions.append(partition)
        }
      }
      return machine.map { RunningConfiguration(machine: $0, partitions: partitions) }
    }
  }

  /// How many rows a table has.
  func count(of table: String) throws(RecordStoreError) -> Int {
    try read { try Int.fetchOne($0, sql: "SELECT count(*) FROM \(table)") ?? 0 }
  }
}

extension KeptTable {
  /// Throws unless a row is what was written.
  fileprivate func require(_ row: Row, _ name: String) throws {
    guard isWhole(row) else { throw RowError(row: name, reason: "its checksum is wrong") }
  }
}

extension ImageProfile {
  fileprivate static func kept(of partition: String, _ database: Database) throws -> [ImageProfile]
  {
    try Row.fetchAll(
      database, sql: "SELECT * FROM profile WHERE partition = ? ORDER BY place",
      arguments: [partition]
    ).map {
      let name = "profile \($0.stored("place")) of \(partition)"
      try KeptTable.profile.require($0, name)
      return try $0.json("value", ImageProfile.self, of: name)
    }
  }
}
