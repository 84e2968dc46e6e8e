import Channels
import GRDB
import Partitioning

// Rows of `sample`, `sampleProcessor` and `samplePartition`: one measurement of the machine. Only
// partitions that are active, or were once, have rows: the others have nothing counted.

extension MeasurementSample {
  /// Writes the sample's rows.
  func insert(_ database: Database, start: Int64, wall: Int64) throws {
    try database.execute(
      sql: "INSERT OR IGNORE INTO sample (start, time, wall) VALUES (?, ?, ?)",
      arguments: [start, Int64(bitPattern: time), wall])
    // A second sample of the same instant says nothing new.
    guard database.changesCount > 0 else { return }
    let id = database.lastInsertedRowID
    let processorRow = try database.cachedStatement(
      sql: "INSERT INTO sampleProcessor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    for processor in processors {
      let counters = processor.counters
      try processorRow.execute(arguments: [
        id, processor.number, processor.type.rawValue, processor.isOnline,
        processor.dedicatedTo, Int64(bitPattern: counters.effective),
        Int64(bitPattern: counters.management), Int64(bitPattern: counters.idle),
        Int64(bitPattern: counters.offline),
      ])
    }
    let partitionRow = try database.cachedStatement(
      sql: """
        INSERT INTO samplePartition
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    for partition in partitions where partition.activated != nil {
      for logicals in partition.logicals {
        try partitionRow.execute(arguments: partition.arguments(of: logicals, sample: id))
      }
    }
  }
}

extension MeasurementSample.Partition {
  fileprivate func arguments(
    of logicals: MeasurementSample.Logicals, sample: Int64
  ) -> StatementArguments {
    let counters = logicals.counters
    return [
      sample, number, logicals.type.rawValue, name, isActive,
      activated.map { Int64(bitPattern: $0) }, logicals.isDedicated, logicals.defined,
      logicals.online, logicals.weight,
      logicals.entitlement?.description, logicals.isCapped,
      logicals.absoluteCapHundredths, Int64(bitPattern: counters.dispatched),
      Int64(bitPattern: counters.effective), Int64(bitPattern: counters.waiting),
      Int64(bitPattern: counters.ready), Int64(bitPattern: counters.capped),
      Int64(bitPattern: counters.online), Int64(bitPattern: counters.dispatches),
      Int64(bitPattern: counters.preemptions), Int64(bitPattern: counters.yields),
    ]
  }
}

extension RecordStore {
  /// Writes a measurement in a transaction of its own.
  ///
  /// - Parameters:
  ///   - sample: The measurement; one of an instant that was measured before is left out.
  ///   - start: The number of the IPL that it belongs to.
  ///   - wall: The host's clock in milliseconds since 1970.
  /// - Throws: `RecordStoreError`; nothing was written then.
  package func write(
    _ sample: MeasurementSample, start: Int64, wall: Int64
  ) throws(RecordStoreError) {
    try write { try sample.insert($0, start: start, wall: wall) }
  }
}

// MARK: Reading

extension MeasurementSample {
  /// Reads the sample with a number.
  init(_ database: Database, id: Int64) throws {
    guard
      let time = try Int64.fetchOne(
        database, sql: "SELECT time FROM sample WHERE id = ?", arguments: [id])
    else { throw RowError(row: "sample \(id)", reason: "it is not there") }
    let processors = try Row.fetchCursor(
      database, sql: "SELECT * FROM sampleProcessor WHERE sample = ? ORDER BY number",
      arguments: [id])
    let logicals = try Row.fetchCursor(
      database, sql: "SELECT * FROM samplePartition WHERE sample = ? ORDER BY number, type",
      arguments: [id])
    var partitions: [Partition] = []
    while let row = try logicals.next() {
      let partition = try Partition(row)
      if partitions.last?.number == partition.number {
        partitions[partitions.count - 1].logicals += partition.logicals
      } else {
        partitions.append(partition)
      }
    }
    self.init(
      time: SimulatedTime(bitPattern: time),
      processors: try Array(processors.map(Processor.init)), partitions: partitions)
  }
}

extension ProcessorType {
  fileprivate init(_ row: Row) throws {
    let name: String = row["type"]
    guard let type = ProcessorType(rawValue: name) else {
      let sample: Int64 = row["sample"]
      throw RowError(row: "sample \(sample)", reason: "\"\(name)\" is no type of processor")
    }
    self = type
  }
}

extension Row {
  fileprivate func counter(_ column: String) -> UInt64 {
    UInt64(bitPattern: self[column] as Int64)
  }
}

extension MeasurementSample.Processor {
  fileprivate init(_ row: Row) throws {
    var counters = PhysicalCounters()
    counters.effective = row.counter("effective")
    counters.management = row.counter("management")
    counters.idle = row.counter("idle")
    counters.offline = row.counter("offline")
    self.init(
      number: row["number"], type: try ProcessorType(row), isOnline: row["isOnline"],
      dedicatedTo: row["dedicatedTo"], counters: counters)
  }
}

extension MeasurementSample.Partition {
  fileprivate init(_ row: Row) throws {
    self.init(
      name: row["partition"], number: row["number"], isActive: row["isActive"],
      activated: (row["activated"] as Int64?).map { SimulatedTime(bitPattern: $0) },
      logicals: [try MeasurementSample.Logicals(row)])
  }
}

extension MeasurementSample.Logicals {
  fileprivate init(_ row: Row) throws {
    var counters = ProcessorCounters()
    counters.dispatched = row.counter("dispatched")
    counters.effective = row.counter("effective")
    counters.waiting = row.counter("waiting")
    counters.ready = row.counter("ready")
    counters.capped = row.counter("capped")
    counters.online = row.counter("onlineTime")
    counters.dispatches = row.counter("dispatches")
    counters.preemptions = row.counter("preemptions")
    counters.yields = row.counter("yields")
    self.init(
      type: try ProcessorType(row), isDedicated: row["isDedicated"], defined: row["defined"],
      online: row["online"], weight: row["weight"], entitlement: try Fraction(row),
      isCapped: row["isCapped"], absoluteCapHundredths: row["absoluteCapHundredths"],
      counters: counters)
  }
}

extension Fraction {
  fileprivate init?(_ row: Row) throws {
    guard let text: String = row["entitlement"] else { return nil }
    guard let value = Fraction(text) else {
      let sample: Int64 = row["sample"]
      throw RowError(row: "sample \(sample)", reason: "\"\(text)\" is no entitlement")
    }
    self = value
  }
}
