import Channels
import Foundation
import GRDB
import Partitioning
import Quantities

// Rows of `typed`: keys for guests' consoles. They come one by one and are kept by the row that has all of
// one guest's between two writes.

/// Keys of one instant, as they stand in a row.
private struct Keys: Codable {
  var number: UInt64
  var time: SimulatedTime
  var bytes: Data
}

extension KeptTransaction {
  /// Writes what came for guests' consoles.
  func write(_ typed: [GuestInput], start: Int64) throws {
    var rest = typed[...]
    while let first = rest.first {
      let own = rest.prefix { $0.partition == first.partition }
      rest = rest.dropFirst(own.count)
      let keys = own.map { Keys(number: $0.number, time: $0.time, bytes: Data($0.bytes)) }
      try write(
        .typed,
        [
          .integer(try next(.typed)), .integer(start), .text(first.partition),
          .integer(Int64(bitPattern: own.last?.time ?? 0)), .text(try RowJSON.text(keys)),
        ])
    }
  }
}

extension RecordReading {
  /// What came for guests' consoles in a start, not before an instant, in order.
  ///
  /// - Throws: `RecordStoreError`.
  package func typed(
    start: Int64, from time: SimulatedTime
  ) throws(RecordStoreError) -> [GuestInput] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM typed WHERE start = ? AND time >= ? ORDER BY sequence",
        arguments: [start, Int64(clamping: time)]
      ).filter { KeptTable.typed.isWhole($0) }.flatMap { row in
        let name = "typed \(row.stored("sequence"))"
        let partition: String = try row.required("partition", of: name)
        return try row.json("keys", [Keys].self, of: name).map { keys in
          GuestInput(
            number: keys.number, time: keys.time, partition: partition, bytes: Array(keys.bytes))
        }
      }
    }
  }
}
