import GRDB

// The tables, as migrations: each brings the file of an older program to the next form and is never
// changed once it was released. Times are nanoseconds of simulated time since the IPL that `start`
// names; `wall` is the host's clock in milliseconds since 1970 and reaches no simulated state.

enum RecordSchema {
  /// Marks the file as ours in SQLite's header: `ENDI`.
  static let applicationID: Int32 = 0x454E_4449

  /// Everything from an empty file to today's form.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: starts") { database in
      try database.execute(sql: "PRAGMA application_id = \(applicationID)")
      try createStarts(database)
    }
    return migrator
  }

  private static func createStarts(_ database: Database) throws {
    try database.execute(
      sql: """
        CREATE TABLE start (
          id INTEGER PRIMARY KEY, wall INTEGER NOT NULL, machine TEXT NOT NULL,
          timeOfDay INTEGER NOT NULL, seed TEXT NOT NULL, historyVersion INTEGER NOT NULL,
          endTime INTEGER, endWall INTEGER, ending TEXT
        ) STRICT;
        """)
  }
}
