import Channels
import GRDB
import Partitioning
import Quantities

// Rows of `sample`, `sampleProcessor` and `samplePartition`: one measurement of the machine. Only
// partitions that are active, or were once, have rows: the others have nothing counted.

extension MeasurementSample {
  /// Writes the sample's rows.
  ///
  /// - Returns: Its number; nil when there is one of this instant already.
  @discardableResult
  func insert(_ database: Database, start: Int64, wall: Int64) throws -> Int64? {
    try database.execute(
      sql: "INSERT OR IGNORE INTO sample (start, time, wall) VALUES (?, ?, ?)",
      arguments: [start, Int64(bitPattern: time), wall])
    // A second sample of the same instant says nothing new.
    guard database.changesCount > 0 else { return nil }
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
    try insertResources(database, sample: id)
    return id
  }
}

extension MeasurementSample.PartitionSample {
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
    try writeSample { try sample.insert($0, start: start, wall: wall) }
  }
}

// MARK: Reading

extension MeasurementSample {
  /// Reads the sample with a number.
  init(_ database: Database, id: Int64) throws {
    guard
      let row = try Row.fetchOne(
        database, sql: "SELECT time FROM sample WHERE id = ?", arguments: [id])
    else { throw RowError(row: "sample \(id)", reason: "it is not there") }
    let processors = try Row.fetchCursor(
      database, sql: "SELECT * FROM sampleProcessor WHERE sample = ? ORDER BY number",
      arguments: [id])
    let logicals = try Row.fetchCursor(
      database, sql: "SELECT * FROM samplePartition WHERE sample = ? ORDER BY number, type",
      arguments: [id])
    var partitions: [PartitionSample] = []
    while let row = try logicals.next() {
      let partition = try PartitionSample(row)
      // Rows of one partition, one for each of its types, follow each other.
      guard let last = partitions.indices.last, partitions.last?.number == partition.number else {
        partitions.append(partition)
        continue
      }
      partitions.change(at: last) { $0.logicals += partition.logicals }
    }
    self.init(
      time: try row.counter("time", of: "sample \(id)"),
      processors: try Array(processors.map(Processor.init)), partitions: partitions)
    try readResources(database, sample: id)
  }
}

extension ProcessorType {
  fileprivate init(_ row: Row) throws {
    let name: String = try row.required("type")
    guard let type = ProcessorType(rawValue: name) else {
      throw RowError(row: row.sampleName, reason: "\"\(name)\" is no type of processor")
    }
    self = type
  }
}

extension Row {
  /// What tells the row of a sample.
  fileprivate var sampleName: String { "sample \(stored("sample"))" }

  fileprivate func counter(_ column: String) throws -> UInt64 {
    try counter(column, of: sampleName)
  }

  fileprivate func number(_ column: String) throws -> Int { try number(column, of: sampleName) }

  fileprivate func numberIfAny(_ column: String) throws -> Int? {
    stored(column).isNull ? nil : try number(column)
  }

  fileprivate func required<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
    try required(column, of: sampleName)
  }
}

extension MeasurementSample.Processor {
  fileprivate init(_ row: Row) throws {
    var counters = PhysicalCounters()
    counters.effective = try row.counter("effective")
    counters.management = try row.counter("management")
    counters.idle = try row.counter("idle")
    counters.offline = try row.counter("offline")
    self.init(
      number: try row.number("number"), type: try ProcessorType(row),
      isOnline: try row.required("isOnline"),
      dedicatedTo: try row.optional("dedicatedTo", of: row.sampleName), counters: counters)
  }
}

extension MeasurementSample.PartitionSample {
  fileprivate init(_ row: Row) throws {
    self.init(
      name: try row.required("partition"), number: try row.number("number"),
      isActive: try row.required("isActive"),
      activated: row.stored("activated").isNull ? nil : try row.counter("activated"),
      logicals: [try MeasurementSample.Logicals(row)])
  }
}

extension MeasurementSample.Logicals {
  fileprivate init(_ row: Row) throws {
    var counters = ProcessorCounters()
    counters.dispatched = try row.counter("dispatched")
    counters.effective = try row.counter("effective")
    counters.waiting = try row.counter("waiting")
    counters.ready = try row.counter("ready")
    counters.capped = try row.counter("capped")
    counters.online = try row.counter("onlineTime")
    counters.dispatches = try row.counter("dispatches")
    counters.preemptions = try row.counter("preemptions")
    counters.yields = try row.counter("yields")
    self.init(
      type: try ProcessorType(row), isDedicated: try row.required("isDedicated"),
      defined: try row.number("defined"), online: try row.number("online"),
      weight: try row.numberIfAny("weight"),
      entitlement: try Fraction(row), isCapped: try row.required("isCapped"),
      absoluteCapHundredths: try row.numberIfAny("absoluteCapHundredths"),
      counters: counters)
  }
}

extension Fraction {
  fileprivate init?(_ row: Row) throws {
    guard let text: String = try row.optional("entitlement", of: row.sampleName) else { return nil }
    guard let value = Fraction(text), value.numerator.magnitude < RowLimit.counter,
      value.denominator.magnitude < RowLimit.counter
    else {
      throw RowError(row: row.sampleName, reason: "\"\(text)\" is no entitlement")
    }
    self = value
  }
}
