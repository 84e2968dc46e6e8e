import Channels
import Foundation
import GRDB
import Partitioning
import Quantities

// Rows of `frame`: frames that came in by switches' uplinks. Those of one switch between two writes are a row, as keys
// of one guest are.

/// A frame as it stands in a row.
private struct Frame: Codable {
  var number: UInt64
  var time: SimulatedTime
  var bytes: Data
}

extension KeptTransaction {
  /// Writes what came in by uplinks.
  func write(_ frames: [UplinkInput], start: Int64) throws {
    var rest = frames[...]
    while let first = rest.first {
      let own = rest.prefix { $0.switchName == first.switchName }
      rest = rest.dropFirst(own.count)
      let values = own.map { Frame(number: $0.number, time: $0.time, bytes: Data($0.bytes)) }
      try write(
        .frame,
        [
          .integer(try next(.frame)), .integer(start), .text(first.switchName),
          .integer(Int64(bitPattern: own.last?.time ?? 0)), .text(try RowJSON.text(values)),
        ])
    }
  }
}

extension RecordReading {
  /// What came in by uplinks in a start, not before an instant, in order.
  ///
  /// - Throws: `RecordStoreError`.
  package func frames(
    start: Int64, from time: SimulatedTime
  ) throws(RecordStoreError) -> [UplinkInput] {
    try read { database in
      // A former program's file has no such table.
      guard try database.tableExists(KeptTable.frame.rawValue) else { return [] }
      return try Row.fetchAll(
        database, sql: "SELECT * FROM frame WHERE start = ? AND time >= ? ORDER BY sequence",
        arguments: [start, Int64(clamping: time)]
      ).filter { KeptTable.frame.isWhole($0) }.flatMap { row in
        let name = "frame \(row.stored("sequence"))"
        let network: String = try row.required("switch", of: name)
        return try row.json("frames", [Frame].self, of: name).map { frame in
          UplinkInput(
            number: frame.number, time: frame.time, switchName: network, bytes: Array(frame.bytes))
        }
      }
    }
  }
}
