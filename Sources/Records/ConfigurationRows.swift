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

  var isEmpty: Bool { machine == nil && partitions.isEmpty }

  /// Writes the changed rows.
  func write(_ database: Database) throws {
    let running = try database.cachedStatement(
      sql: "INSERT OR REPLACE INTO running (name, value) VALUES (?, ?)")
    if let machine { try running.execute(arguments: ["", try RowJSON.text(machine)]) }
    for partition in partitions {
      var own = partition
      own.profiles = []
      try running.execute(arguments: [partition.name, try RowJSON.text(own)])
      try writeProfiles(of: partition, database)
    }
  }

  private func writeProfiles(of partition: PartitionRecord, _ database: Database) throws {
    let insertion = try database.cachedStatement(
      sql: """
        INSERT INTO profile (partition, place, name, value) VALUES (?, ?, ?, ?)
        ON CONFLICT (partition, place) DO UPDATE SET name = excluded.name, value = excluded.value
          WHERE name <> excluded.name OR value <> excluded.value
        """)
    for (place, profile) in partition.profiles.enumerated() {
      try insertion.execute(arguments: [
        partition.name, place, profile.name, try RowJSON.text(profile),
      ])
    }
    try database.cachedStatement(
      sql: "DELETE FROM profile WHERE partition = ? AND place >= ?"
    ).execute(arguments: [partition.name, partition.profiles.count])
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
      let rows = try Row.fetchAll(database, sql: "SELECT name, value FROM running ORDER BY name")
      for row in rows {
        let name: String = row["name"]
        if name.isEmpty {
          machine = try RowJSON.value(
            MachineRecord.self, row["value"], row: "the machine's row of running")
        } else {
          var partition = try RowJSON.value(
            PartitionRecord.self, row["value"], row: "row \(name) of running")
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

extension ImageProfile {
  fileprivate static func kept(of partition: String, _ database: Database) throws -> [ImageProfile]
  {
    try Row.fetchAll(
      database, sql: "SELECT place, value FROM profile WHERE partition = ? ORDER BY place",
      arguments: [partition]
    ).map {
      let place: Int = $0["place"]
      return try RowJSON.value(
        ImageProfile.self, $0["value"], row: "profile \(place) of \(partition)")
    }
  }
}
