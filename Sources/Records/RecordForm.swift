import GRDB

// Whether tables are those that the migrations make. Rows are read in the trust that a column is there
// and has its type, which a table made by something else would break.

extension RecordSchema {
  /// Throws unless every table, index and view is as the migrations that the file had make it.
  static func requireForm(_ database: Database, file: String) throws {
    let found = try statements(database)
    let expected = try expectedStatements(upTo: migrator.appliedMigrations(database).last)
    for name in Set(found.keys).union(expected.keys).sorted() where found[name] != expected[name] {
      let what = found[name] == nil ? "is missing" : "is not as Endicott makes it"
      throw RecordStoreError.damaged(file: file, finding: "\(name) \(what)")
    }
  }

  private static func expectedStatements(upTo last: String?) throws -> [String: String] {
    guard let last else { return [:] }
    let pattern = try DatabaseQueue()
    try migrator.migrate(pattern, upTo: last)
    return try pattern.read(statements)
  }

  /// The statement that made each table, index or view, by kind and name.
  private static func statements(_ database: Database) throws -> [String: String] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT type, name, sql FROM sqlite_master
        WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name <> 'grdb_migrations'
        """)
    return rows.reduce(into: [:]) { statements, row in
      // As they are written matters; how they are set does not.
      func text(_ column: String) -> String { String.fromDatabaseValue(row.stored(column)) ?? "" }
      let words = text("sql").split { $0 == " " || $0 == "\n" }
      statements["\(text("type")) \(text("name"))"] = words.joined(separator: " ")
    }
  }
}
