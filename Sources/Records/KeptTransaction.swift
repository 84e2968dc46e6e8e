import GRDB
import Quantities

// What is kept twice: every row of the event log, of accounting and of the configuration goes into the
// database and, behind it, into the copy (`RecordCopy`), in the same words. The database counts the
// transactions that it has; what the copy has beyond that can be put back, or at least be named.

/// A value in a row.
enum KeptValue: Sendable, Equatable, Codable {
  case null
  case integer(Int64)
  case text(String)

  init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
  init(_ value: String?) { self = value.map { .text($0) } ?? .null }

  init(_ value: DatabaseValue) {
    switch value.storage {
    case .int64(let number): self = .integer(number)
    case .string(let text): self = .text(text)
    // No table has others: they are as wrong as a value that differs.
    case .null, .double, .blob: self = .null
    }
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let number = try? container.decode(Int64.self) {
      self = .integer(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .integer(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }

  /// The value as SQLite takes it.
  var databaseValue: (any DatabaseValueConvertible)? {
    switch self {
    case .null: nil
    case .integer(let number): number
    case .text(let text): text
    }
  }
}

/// A table whose rows carry a checksum of their own.
enum KeptTable: String, CaseIterable, Sendable, Codable {
  case start, change, account, running, profile, typed, frame

  /// Those that the first form of the records had.
  static let first: [KeptTable] = [.start, .change, .account, .running, .profile]

  /// The columns that a row is written with, in the order of its checksum.
  var columns: [String] { firstColumns + addedColumns }

  /// Whole numbers that came later, null in older rows.
  var addedColumns: [String] {
    switch self {
    case .start: ["parent", "parentTime", "parentInput"]
    case .change: ["input"]
    case .account, .running, .profile, .typed, .frame: []
    }
  }

  private var firstColumns: [String] {
    switch self {
    case .start:
      ["id", "machine", "wall", "timeOfDay", "seed", "historyVersion", "capacityUnits"]
    case .change:
      [
        "sequence", "start", "time", "wall", "authorKind", "author", "partition", "action",
        "differences", "refusal",
      ]
    case .account:
      [
        "sequence", "start", "partition", "reason", "fromTime", "toTime", "dispatched",
        "effective", "requestCount",
      ]
    case .typed: ["sequence", "start", "partition", "time", "keys"]
    case .frame: ["sequence", "start", "switch", "time", "frames"]
    case .running: ["name", "value"]
    case .profile: ["partition", "place", "name", "value"]
    }
  }

  /// Writes a row: the values of `columns`, then the checksum.
  var insertion: String {
    let names = columns + ["checksum"]
    let insertion =
      "INSERT INTO \(rawValue) (\(names.joined(separator: ", "))) VALUES ("
      + names.map { _ in "?" }.joined(separator: ", ") + ")"
    return switch self {
    case .start, .change, .account, .typed, .frame: insertion
    case .running:
      insertion + " ON CONFLICT (name) DO UPDATE SET value = excluded.value,"
        + " checksum = excluded.checksum"
    case .profile:
      insertion + " ON CONFLICT (partition, place) DO UPDATE SET name = excluded.name,"
        + " value = excluded.value, checksum = excluded.checksum"
        + " WHERE name <> excluded.name OR value <> excluded.value"
    }
  }

  /// Whether a row is what was written; rows of a program that wrote no checksums are taken as they are.
  func isWhole(_ row: Row) -> Bool {
    let checksum = row.stored("checksum")
    guard !checksum.isNull else { return true }
    let computed = self.checksum(columns.map { KeptValue(row.stored($0)) })
    return checksum == computed.databaseValue
  }

  /// The sum of a row's values; a column that came later counts where it has a value, so that older rows
  /// keep the sum that they have.
  func checksum(_ values: [KeptValue]) -> Int64 {
    var values = values[...]
    while values.count > firstColumns.count, values.last == .null { values = values.dropLast() }
    return rowChecksum(Array(values))
  }
}

/// FNV-1a of a row's values: one changed bit always changes it.
func rowChecksum(_ values: [KeptValue]) -> Int64 {
  var hash = Checksum()
  for value in values {
    switch value {
    case .null: hash.take(0)
    case .integer(let number):
      hash.take(1)
      withUnsafeBytes(of: number.littleEndian) { hash.take($0) }
    case .text(let text):
      hash.take(2)
      var text = text
      text.withUTF8 { hash.take(UnsafeRawBufferPointer($0)) }
      hash.take(0)
    }
  }
  return Int64(bitPattern: hash.value)
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo): each step is a bijection of what came before.
struct Checksum {
  /// The sum of what was taken.
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  /// Takes a byte.
  mutating func take(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  /// Takes bytes.
  mutating func take(_ bytes: UnsafeRawBufferPointer) { for byte in bytes { take(byte) } }
}

/// One write, as it stands in the copy.
struct KeptStep: Sendable, Equatable, Codable {
  /// What is done.
  enum Kind: String, Sendable, Codable {
    /// A row is written.
    case row
    /// Starts without an end are marked as lost.
    case lost
    /// A start has ended.
    case end
    /// A partition has fewer profiles.
    case fewerProfiles
    /// A partition is defined no more.
    case noPartition
  }

  var kind: Kind
  /// The row's table.
  var table: KeptTable?
  var values: [KeptValue]

  /// Does it.
  func perform(_ database: Database) throws {
    let sql =
      switch kind {
      case .row: table?.insertion ?? ""
      case .lost:
        """
        UPDATE start SET ending = ?, endTime = \(RecordSchema.lastTime(of: "start.id"))
        WHERE ending IS NULL
        """
      case .end: "UPDATE start SET ending = ?, endTime = ?, endWall = ? WHERE id = ?"
      case .fewerProfiles: "DELETE FROM profile WHERE partition = ? AND place >= ?"
      case .noPartition: "DELETE FROM running WHERE name = ?"
      }
    var arguments = values.map(\.databaseValue)
    if kind == .row, let table {
      // An older program's copy has no values for columns that came later.
      while arguments.count < table.columns.count { arguments.append(nil) }
      arguments.append(table.checksum(values))
    }
    try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
  }
}

/// A transaction while it is written: what is done to the database is noted for the copy.
final class KeptTransaction {
  /// The database, for reading within the transaction.
  let database: Database
  /// What was done.
  private(set) var steps: [KeptStep] = []

  init(_ database: Database) { self.database = database }

  /// Writes a row: the values of the table's columns in their order.
  func write(_ table: KeptTable, _ values: [KeptValue]) throws {
    try perform(KeptStep(kind: .row, table: table, values: values))
  }

  /// Does something that writes no row.
  func perform(_ kind: KeptStep.Kind, _ values: [KeptValue]) throws {
    try perform(KeptStep(kind: kind, values: values))
  }

  /// The number of the next row of a table whose rows are numbered.
  func next(_ table: KeptTable) throws -> Int64 {
    let last = try Int64.fetchOne(
      database, sql: "SELECT max(\(table.columns.first ?? "")) FROM \(table.rawValue)")
    return (last ?? 0).addingClamped(1)
  }

  private func perform(_ step: KeptStep) throws {
    try step.perform(database)
    steps.append(step)
  }
}
