import Channels
import GRDB
import Partitioning

// Rows of `start`.

extension StartRecord {
  init(_ row: Row) throws {
    let seed: String = row["seed"]
    let ending: String? = row["ending"]
    let id: Int64 = row["id"]
    guard KeptTable.start.isWhole(row) else {
      throw RowError(row: "start \(id)", reason: "its checksum is wrong")
    }
    for column in ["wall", "timeOfDay"] {
      let instant: Int64 = row[column]
      guard (-RowLimit.instant...RowLimit.instant).contains(instant) else {
        throw RowError(row: "start \(id)", reason: "\(column) is \(instant), which is no instant")
      }
    }
    guard let seed = UInt64(seed) else {
      throw RowError(row: "start \(id)", reason: "seed \"\(seed)\" is no number")
    }
    self.init(
      id: id, machine: row["machine"], wall: row["wall"], timeOfDay: row["timeOfDay"],
      seed: seed, historyVersion: Int(row["historyVersion"] as Int64),
      capacityUnits: try RowJSON.value(
        [String: Int].self, row["capacityUnits"], row: "start \(id)"
      ).reduce(into: [:]) { units, entry in
        if let type = ProcessorType(rawValue: entry.key) { units[type] = entry.value }
      },
      endTime: row["endTime"] as Int64? == nil
        ? nil : try row.counter("endTime", of: "start \(id)"),
      ending: ending.flatMap(Ending.init))
  }

  /// The last start, whether it has ended or not.
  static func last(_ database: Database) throws -> StartRecord? {
    try Row.fetchOne(database, sql: "SELECT * FROM start ORDER BY id DESC LIMIT 1")
      .map(StartRecord.init)
  }

  /// Every start, oldest first.
  static func all(_ database: Database) throws -> [StartRecord] {
    try Row.fetchAll(database, sql: "SELECT * FROM start ORDER BY id").map(StartRecord.init)
  }
}

extension RecordStore {
  /// Begins the records of an IPL; a start before it without an end is marked as lost.
  ///
  /// - Parameters:
  ///   - machine: Name of the machine.
  ///   - timeOfDay: The simulated time of day in seconds since 1970.
  ///   - seed: Seed of what is varied on purpose.
  ///   - historyVersion: Version of the history that guests can see.
  ///   - capacityUnits: MSU of one physical processor, by type, where it is defined.
  ///   - wall: The host's clock in milliseconds since 1970.
  /// - Returns: The number of the start, with which everything is written.
  /// - Throws: `RecordStoreError`; nothing was written then.
  package func begin(
    machine: String, timeOfDay: Int64, seed: UInt64, historyVersion: Int,
    capacityUnits: [ProcessorType: Int] = [:], wall: Int64
  ) throws(RecordStoreError) -> Int64 {
    try keep { transaction in
      try transaction.perform(.lost, [.text(StartRecord.Ending.lost.rawValue)])
      let id = try transaction.next(.start)
      try transaction.write(
        .start,
        [
          .integer(id), .text(machine), .integer(wall), .integer(timeOfDay),
          .text(String(seed)), .integer(Int64(historyVersion)),
          .text(
            try RowJSON.text(
              Dictionary(
                capacityUnits.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { $1 }))),
        ])
      return id
    }
  }

  /// Marks a start as ended in good order.
  package func end(
    start: Int64, time: SimulatedTime, wall: Int64
  ) throws(RecordStoreError) {
    try keep { transaction in
      try transaction.perform(
        .end,
        [
          .text(StartRecord.Ending.clean.rawValue), .integer(Int64(bitPattern: time)),
          .integer(wall), .integer(start),
        ])
    }
  }
}
