import GRDB

// Values of rows by column. The tables are strict, but a damaged file, or one that was changed by hand,
// may hold a value of another kind or none; GRDB's subscripts end the process then.

extension Row {
  /// A column's value as it is stored; null where there is no such column.
  func stored(_ column: String) -> DatabaseValue { self[column]?.databaseValue ?? .null }

  /// A column's value, nil where there is none.
  ///
  /// Throws `RowError` for one of another kind.
  func optional<Value: DatabaseValueConvertible>(
    _ column: String, of name: @autoclosure () -> String
  ) throws -> Value? {
    let stored = stored(column)
    guard !stored.isNull else { return nil }
    // Cannot trap: a value of another kind is nil.
    guard let value = Value.fromDatabaseValue(stored) else {
      throw RowError(row: name(), reason: "\(column) is of another kind: \(stored)")
    }
    return value
  }

  /// A column's value.
  ///
  /// Throws `RowError` for one of another kind, or where there is none.
  func required<Value: DatabaseValueConvertible>(
    _ column: String, of name: @autoclosure () -> String
  ) throws -> Value {
    guard let value: Value = try optional(column, of: name()) else {
      throw RowError(row: name(), reason: "it has no \(column)")
    }
    return value
  }

  /// Nanoseconds, or a count, as the machine has them; what it cannot have counted is refused.
  func counter(_ column: String, of name: @autoclosure () -> String) throws -> UInt64 {
    let value: Int64 = try required(column, of: name())
    guard let counter = UInt64(exactly: value), counter < RowLimit.counter else {
      throw RowError(row: name(), reason: "\(column) is \(value), which cannot have been counted")
    }
    return counter
  }

  /// A number that is small in every machine: of a partition, a processor, a weight.
  func number(_ column: String, of name: @autoclosure () -> String) throws -> Int {
    let value: Int64 = try required(column, of: name())
    guard let number = Int(exactly: value), (0...RowLimit.number).contains(number) else {
      throw RowError(row: name(), reason: "\(column) is \(value), which none has")
    }
    return number
  }

  /// Seconds or milliseconds since 1970.
  func instant(_ column: String, of name: @autoclosure () -> String) throws -> Int64 {
    let instant: Int64 = try required(column, of: name())
    guard (-RowLimit.instant...RowLimit.instant).contains(instant) else {
      throw RowError(row: name(), reason: "\(column) is \(instant), which is no instant")
    }
    return instant
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
