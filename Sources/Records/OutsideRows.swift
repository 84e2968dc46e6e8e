import Channels
import Foundation
import GRDB
import Partitioning
import Quantities

// Rows of what came from outside and is no action: keys for guests' consoles, frames by switches' uplinks. They come
// one by one and are kept by the row that has all of one console, or one switch, between two writes.

/// What came from outside and is no action.
package enum OutsideInput: Sendable, Equatable {
  /// Keys typed at a guest's console.
  case keys(GuestInput)
  /// A frame at a switch's uplink.
  case frame(UplinkInput)

  /// Its number among the machine's inputs.
  package var number: UInt64 {
    switch self {
    case .keys(let input): input.number
    case .frame(let input): input.number
    }
  }

  /// Simulated time since IPL.
  package var time: SimulatedTime {
    switch self {
    case .keys(let input): input.time
    case .frame(let input): input.time
    }
  }

  /// Whose console, or which switch.
  package var subject: String {
    switch self {
    case .keys(let input): input.partition
    case .frame(let input): "VSWITCH " + input.switchName
    }
  }
}

/// What came at one instant, as it stands in a row.
private struct Arrival: Codable {
  var number: UInt64
  var time: SimulatedTime
  var bytes: Data
}

/// An input that is kept by the row that has all of one subject between two writes.
protocol OutsideRow {
  /// Its table.
  static var table: KeptTable { get }
  /// The column of whose it is.
  static var subjectColumn: String { get }
  /// The column of what came.
  static var arrivalsColumn: String { get }

  var number: UInt64 { get }
  var time: SimulatedTime { get }
  var bytes: [UInt8] { get }
  /// Whose it is.
  var subject: String { get }

  init(number: UInt64, time: SimulatedTime, subject: String, bytes: [UInt8])
}

extension GuestInput: OutsideRow {
  static var table: KeptTable { .typed }
  static var subjectColumn: String { "partition" }
  static var arrivalsColumn: String { "keys" }

  var subject: String { partition }

  init(number: UInt64, time: SimulatedTime, subject: String, bytes: [UInt8]) {
    self.init(number: number, time: time, partition: subject, bytes: bytes)
  }
}

extension UplinkInput: OutsideRow {
  static var table: KeptTable { .frame }
  static var subjectColumn: String { "switch" }
  static var arrivalsColumn: String { "frames" }

  var subject: String { switchName }

  init(number: UInt64, time: SimulatedTime, subject: String, bytes: [UInt8]) {
    self.init(number: number, time: time, switchName: subject, bytes: bytes)
  }
}

extension KeptTransaction {
  /// Writes what came from outside.
  func write<Input: OutsideRow>(_ inputs: [Input], start: Int64) throws {
    var rest = inputs[...]
    while let first = rest.first {
      let own = rest.prefix { $0.subject == first.subject }
      rest = rest.dropFirst(own.count)
      let arrivals = own.map { Arrival(number: $0.number, time: $0.time, bytes: Data($0.bytes)) }
      try write(
        Input.table,
        [
          .integer(try next(Input.table)), .integer(start), .text(first.subject),
          .integer(Int64(bitPattern: own.last?.time ?? 0)), .text(try RowJSON.text(arrivals)),
        ])
    }
  }
}

extension RecordReading {
  /// What came from outside in a start, not before an instant, in order.
  ///
  /// - Throws: `RecordStoreError`.
  func outside(
    start: Int64, from time: SimulatedTime
  ) throws(RecordStoreError) -> [OutsideInput] {
    let keys = try inputs(GuestInput.self, start, time).map { OutsideInput.keys($0) }
    let frames = try inputs(UplinkInput.self, start, time).map { OutsideInput.frame($0) }
    return (keys + frames).sorted { $0.number < $1.number }
  }

  private func inputs<Input: OutsideRow>(
    _: Input.Type, _ start: Int64, _ time: SimulatedTime
  ) throws(RecordStoreError) -> [Input] {
    let table = Input.table
    return try read { database in
      // A former program's file has not every table.
      guard try database.tableExists(table.rawValue) else { return [] }
      return try Row.fetchAll(
        database,
        sql: "SELECT * FROM \(table.rawValue) WHERE start = ? AND time >= ? ORDER BY sequence",
        arguments: [start, Int64(clamping: time)]
      ).filter { table.isWhole($0) }.flatMap { row in
        let name = "\(table.rawValue) \(row.stored("sequence"))"
        let subject: String = try row.required(Input.subjectColumn, of: name)
        return try row.json(Input.arrivalsColumn, [Arrival].self, of: name).map {
          Input(number: $0.number, time: $0.time, subject: subject, bytes: Array($0.bytes))
        }
      }
    }
  }
}
