import Channels
import GRDB
import Partitioning
import Quantities

// Rows of `sampleResources` and `samplePath`: what partitions have beside processors, and what the channel paths
// did. Samples of an older program have none.

extension MeasurementSample {
  /// Writes the rows that belong to a sample.
  func insertResources(_ database: Database, sample id: Int64) throws {
    let row = try database.cachedStatement(
      sql: "INSERT INTO sampleResources VALUES (?, ?, ?, ?, ?, ?)")
    for partition in partitions where partition.activated != nil {
      guard let resources = partition.resources else { continue }
      try row.execute(arguments: [
        id, partition.number, Int64(bitPattern: resources.storageByteCount),
        Int64(bitPattern: resources.inputOutput.requestCount),
        Int64(bitPattern: resources.inputOutput.byteCount),
        // A guest may say anything; what is no amount of storage is not kept.
        resources.availableByteCount.flatMap { $0 < RowLimit.counter ? Int64(exactly: $0) : nil },
      ])
    }
    let pathRow = try database.cachedStatement(
      sql: "INSERT INTO samplePath VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
    for (place, path) in paths.enumerated() {
      try pathRow.execute(arguments: [
        id, place, path.subsystem, path.number, path.isUsable,
        Int64(bitPattern: path.counters.requestCount),
        Int64(bitPattern: path.counters.busyNanoseconds),
        Int64(bitPattern: path.counters.byteCount),
      ])
    }
  }

  /// Reads what `insertResources` writes.
  mutating func readResources(_ database: Database, sample id: Int64) throws {
    let name = "sample \(id)"
    let rows = try Row.fetchCursor(
      database, sql: "SELECT * FROM sampleResources WHERE sample = ? ORDER BY number",
      arguments: [id])
    var places = partitions.indices
    while let row = try rows.next() {
      let number = try row.number("number", of: name)
      places = places.drop { partitions.element(at: $0)?.number ?? 0 < number }
      guard let index = places.first, partitions.element(at: index)?.number == number else {
        continue
      }
      var inputOutput = InputOutputMeasurement()
      inputOutput.requestCount = try row.counter("requests", of: name)
      inputOutput.byteCount = try row.counter("bytes", of: name)
      let resources = Resources(
        storageByteCount: try row.counter("storage", of: name),
        availableByteCount: row.stored("available").isNull
          ? nil : try row.counter("available", of: name), inputOutput: inputOutput)
      partitions.change(at: index) { $0.resources = resources }
    }
    paths = try Array(
      Row.fetchCursor(
        database, sql: "SELECT * FROM samplePath WHERE sample = ? ORDER BY place",
        arguments: [id]
      ).map { try PathSample($0, of: name) })
  }
}

extension PathSample {
  fileprivate init(_ row: Row, of name: String) throws {
    var counters = PathMeasurement()
    counters.requestCount = try row.counter("requests", of: name)
    counters.busyNanoseconds = try row.counter("busy", of: name)
    counters.byteCount = try row.counter("bytes", of: name)
    func byte(_ column: String) throws -> UInt8 {
      let number = try row.number(column, of: name)
      guard let value = UInt8(exactly: number) else {
        throw RowError(row: name, reason: "\(column) \(number) is none of a channel path")
      }
      return value
    }
    self.init(
      subsystem: try byte("subsystem"), number: try byte("number"),
      isUsable: try row.required("isUsable", of: name), counters: counters)
  }
}
