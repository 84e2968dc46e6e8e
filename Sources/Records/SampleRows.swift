import Channels
import GRDB
import Partitioning

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
    return id
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
    var partitions: [Partition] = []
    while let row = try logicals.next() {
      let partition = try Partition(row)
      if var last = partitions.popLast() {
        if last.number == partition.number {
          last.logicals += partition.logicals
          partitions.append(last)
          continue
        }
        partitions.append(last)
      }
      partitions.append(partition)
    }
    self.init(
      time: try row.counter("time", of: "sample \(id)"),
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
  /// Nanoseconds, or a count, as the machine has them; what it cannot have counted is refused.
  func counter(_ column: String, of name: String) throws -> UInt64 {
    let value: Int64 = self[column]
    guard let counter = UInt64(exactly: value), counter < RowLimit.counter else {
      throw RowError(row: name, reason: "\(column) is \(value), which cannot have been counted")
    }
    return counter
  }

  /// As `counter`, of a row of a sample.
  fileprivate func counter(_ column: String) throws -> UInt64 {
    try counter(column, of: "sample \(self["sample"] as Int64)")
  }

  /// A number that is small in every machine: of a partition, a processor, a weight.
  fileprivate func number(_ column: String) throws -> Int {
    let value: Int64 = self[column]
    guard let number = Int(exactly: value), (0...RowLimit.number).contains(number) else {
      throw RowError(
        row: "sample \(self["sample"] as Int64)", reason: "\(column) is \(value), which none has")
    }
    return number
  }
}

/// What numbers in rows can be; a file that was changed by hand may hold any.
enum RowLimit {
  /// Nanoseconds, or what is counted: 36 years.
  static let counter: UInt64 = 1 << 60
  /// Numbers of things, weights, hundredths of processors.
  static let number = 1 << 30
  /// Seconds or milliseconds since 1970, before and after.
  static let instant: Int64 = 1 << 50
}

extension MeasurementSample.Processor {
  fileprivate init(_ row: Row) throws {
    var counters = PhysicalCounters()
    counters.effective = try row.counter("effective")
    counters.management = try row.counter("management")
    counters.idle = try row.counter("idle")
    counters.offline = try row.counter("offline")
    self.init(
      number: try row.number("number"), type: try ProcessorType(row), isOnline: row["isOnline"],
      dedicatedTo: row["dedicatedTo"], counters: counters)
  }
}

extension MeasurementSample.Partition {
  fileprivate init(_ row: Row) throws {
    self.init(
      name: row["partition"], number: try row.number("number"), isActive: row["isActive"],
      activated: row["activated"] as Int64? == nil ? nil : try row.counter("activated"),
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
      type: try ProcessorType(row), isDedicated: row["isDedicated"],
      defined: try row.number("defined"), online: try row.number("online"),
      weight: row["weight"] as Int64? == nil ? nil : try row.number("weight"),
      entitlement: try Fraction(row), isCapped: row["isCapped"],
      absoluteCapHundredths: row["absoluteCapHundredths"] as Int64? == nil
        ? nil : try row.number("absoluteCapHundredths"),
      counters: counters)
  }
}

extension Fraction {
  fileprivate init?(_ row: Row) throws {
    guard let text: String = row["entitlement"] else { return nil }
    guard let value = Fraction(text), value.numerator.magnitude < RowLimit.counter,
      value.denominator.magnitude < RowLimit.counter
    else {
      let sample: Int64 = row["sample"]
      throw RowError(row: "sample \(sample)", reason: "\"\(text)\" is no entitlement")
    }
    self = value
  }
}
