import Channels
import Foundation
import GRDB
import Partitioning

// Rows of `change` and `account`: the event log, of which the journal is a part, and accounting.

/// A change of the event log with its place there.
package struct LoggedChange: Sendable, Equatable {
  /// Its number in the file, ascending.
  package var sequence: Int64
  /// The host's clock when it was kept, in milliseconds since 1970.
  package var wall: Int64
  /// The change.
  package var change: ChangeRecord
}

/// JSON as it stands in rows: one line, keys in alphabetical order.
enum RowJSON {
  /// Writes them.
  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  static func text(_ value: some Encodable) throws -> String {
    String(data: try encoder.encode(value), encoding: .utf8) ?? ""
  }
}

extension Row {
  /// Reads a value back that a column holds as JSON.
  ///
  /// Throws `RowError` for JSON that is none of the type.
  func json<Value: Decodable>(
    _ column: String, _ type: Value.Type, of name: @autoclosure () -> String
  ) throws -> Value {
    let text: String = try required(column, of: name())
    let json = FormerJSON.present(Data(text.utf8))
    do {
      return try JSONDecoder().decode(type, from: json)
    } catch {
      if let renewed = FormerActions.renewed(json),
        let value = try? JSONDecoder().decode(type, from: renewed)
      {
        return value
      }
      throw RowError(row: name(), reason: "it holds no \(type)")
    }
  }
}

extension Author {
  /// Kind and name, as they stand in rows.
  fileprivate var columns: (kind: String, name: String) {
    switch self {
    case .user(let name, _): ("user", name)
    case .partition(let name): ("partition", name)
    case .firmware: ("firmware", "FIRMWARE")
    }
  }

  fileprivate init?(kind: String, name: String) {
    switch kind {
    case "user": self = .user(name)
    case "partition": self = .partition(name)
    case "firmware": self = .firmware
    default: return nil
    }
  }
}

extension ChangeRecord {
  /// Writes the change's row.
  func insert(_ transaction: KeptTransaction, start: Int64, wall: Int64) throws {
    let author = author.columns
    try transaction.write(
      .change,
      [
        .integer(try transaction.next(.change)), .integer(start),
        .integer(Int64(bitPattern: time)), .integer(wall), .text(author.kind),
        .text(author.name), KeptValue(partition), .text(try RowJSON.text(action)),
        .text(try RowJSON.text(differences)),
        KeptValue(try refusal.map { try RowJSON.text($0) }),
        KeptValue(input.map { Int64(clamping: $0) }),
      ])
  }
}

extension LoggedChange {
  /// Reads a row.
  init(_ row: Row) throws {
    let sequence: Int64 = try row.required("sequence", of: "a change")
    let name = "change \(sequence)"
    guard
      let author = Author(
        kind: try row.required("authorKind", of: name), name: try row.required("author", of: name))
    else {
      throw RowError(row: name, reason: "its author is of no kind that there is")
    }
    let refusal =
      row.stored("refusal").isNull ? nil : try row.json("refusal", ManagementError.self, of: name)
    self.init(
      sequence: sequence, wall: try row.required("wall", of: name),
      change: ChangeRecord(
        time: try row.counter("time", of: name), author: author,
        action: try row.json("action", ManagementAction.self, of: name),
        partition: try row.optional("partition", of: name),
        differences: try row.json("differences", [ValueDifference].self, of: name),
        refusal: refusal,
        input: row.stored("input").isNull ? nil : try row.counter("input", of: name)))
  }
}

extension AccountingRecord {
  /// Writes the record's row.
  func insert(_ transaction: KeptTransaction, start: Int64) throws {
    let counters = [from, to, dispatched, effective, requestCount]
    try transaction.write(
      .account,
      [
        .integer(try transaction.next(.account)), .integer(start), .text(partition),
        .text(reason.rawValue),
      ] + counters.map { .integer(Int64(bitPattern: $0)) })
  }

  fileprivate init(_ row: Row) throws {
    let name = "account \(row.stored("sequence"))"
    let reason: String = try row.required("reason", of: name)
    guard let known = AccountingReason(rawValue: reason) else {
      throw RowError(row: name, reason: "\"\(reason)\" is no reason")
    }
    func counter(_ column: String) throws -> UInt64 { try row.counter(column, of: name) }
    self.init(
      partition: try row.required("partition", of: name), reason: known,
      from: try counter("fromTime"),
      to: try counter("toTime"), dispatched: try counter("dispatched"),
      effective: try counter("effective"), requestCount: try counter("requestCount"))
  }
}

extension RecordStore {
  /// Writes changes in a transaction of their own.
  ///
  /// - Parameters:
  ///   - changes: The changes, in order.
  ///   - start: The number of the IPL that they belong to.
  ///   - wall: The host's clock in milliseconds since 1970.
  /// - Throws: `RecordStoreError`; nothing was written then.
  package func write(
    _ changes: [ChangeRecord], start: Int64, wall: Int64
  ) throws(RecordStoreError) {
    try keep { transaction in
      for change in changes { try change.insert(transaction, start: start, wall: wall) }
    }
  }
}

// MARK: Reading

/// Which rows of one start are wanted: those within an interval, the last so many of them.
package struct RowSelection: Sendable {
  /// The number of the start.
  package var start: Int64
  /// About one partition, or about all and the machine.
  package var partition: String?
  /// Not before.
  package var from: SimulatedTime = 0
  /// Not after.
  package var to: SimulatedTime = SimulatedTime(Int64.max)
  /// The last so many.
  package var count = Int.max

  /// Selects all rows of a start.
  package init(start: Int64) { self.start = start }
}

extension RecordReading {
  /// Changes of the event log, oldest first.
  package func changes(
    _ selection: RowSelection
  ) throws(RecordStoreError) -> [LoggedChange] {
    // A change of several partitions names each in its differences.
    try rows(
      .change, time: "time", selection,
      orWhere: "instr(differences, '\"partition\":\"' || :partition || '\"') > 0"
    ).map { row throws(RecordStoreError) in
      try RecordStoreError.naming(file) { try LoggedChange(row) }
    }
  }

  /// Accounting records by the end of their interval, oldest first.
  package func accounting(
    _ selection: RowSelection
  ) throws(RecordStoreError) -> [AccountingRecord] {
    try rows(.account, time: "toTime", selection).map { row throws(RecordStoreError) in
      try RecordStoreError.naming(file) { try AccountingRecord(row) }
    }
  }

  /// Rows of a table; those that are damaged are left out, and told of when the machine starts.
  private func rows(
    _ table: KeptTable, time: String, _ selection: RowSelection, orWhere other: String = "FALSE"
  ) throws(RecordStoreError) -> [Row] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT * FROM \(table.rawValue) WHERE start = :start AND \(time) BETWEEN :from AND :to
            AND (:partition IS NULL OR partition = :partition OR \(other))
          ORDER BY sequence DESC LIMIT :count
          """,
        arguments: [
          "start": selection.start, "partition": selection.partition,
          "from": Int64(clamping: selection.from), "to": Int64(clamping: selection.to),
          "count": selection.count,
        ]
      ).reversed().filter { table.isWhole($0) }
    }
  }
}
