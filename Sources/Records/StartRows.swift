import Channels
import GRDB
import Partitioning

// Rows of `start`.

extension StartRecord {
  init(_ row: Row) throws {
    let id: Int64 = try row.required("id", of: "a start")
    let name = "start \(id)"
    guard KeptTable.start.isWhole(row) else {
      throw RowError(row: name, reason: "its checksum is wrong")
    }
    let seedText: String = try row.required("seed", of: name)
    guard let seed = UInt64(seedText) else {
      throw RowError(row: name, reason: "seed \"\(seedText)\" is no number")
    }
    let ending: String? = try row.optional("ending", of: name)
    self.init(
      id: id, machine: try row.required("machine", of: name),
      wall: try row.instant("wall", of: name), timeOfDay: try row.instant("timeOfDay", of: name),
      seed: seed, historyVersion: try row.required("historyVersion", of: name),
      capacityUnits: try row.json("capacityUnits", [String: Int].self, of: name)
        .reduce(into: [:]) { units, entry in
          if let type = ProcessorType(rawValue: entry.key) { units[type] = entry.value }
        },
      endTime: row.stored("endTime").isNull ? nil : try row.counter("endTime", of: name),
      ending: ending.flatMap(Ending.init), parent: try RecordsPosition(parentIn: row, of: name))
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
  ///   - parent: Where it goes on from; nil when it starts anew.
  ///   - wall: The host's clock in milliseconds since 1970.
  /// - Returns: The number of the start, with which everything is written.
  /// - Throws: `RecordStoreError`; nothing was written then.
  package func begin(
    machine: String, timeOfDay: Int64, seed: UInt64, historyVersion: Int,
    capacityUnits: [ProcessorType: Int] = [:], parent: RecordsPosition? = nil, wall: Int64
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
          KeptValue(parent?.start), KeptValue(parent.map { Int64(clamping: $0.time) }),
          KeptValue(parent.map { Int64(clamping: $0.input) }),
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
