import Foundation
import GRDB

// The tables, as migrations: each brings the file of an older program to the next form and is never
// changed once it was released. `time` and its kin are nanoseconds of simulated time since the IPL
// that `start` names; `wall` is the host's clock in milliseconds since 1970 and reaches no simulated
// state. What has structure of its own is JSON, as the firmware's value types encode themselves.

enum RecordSchema {
  /// Marks the file as ours in SQLite's header: `ENDI`.
  static let applicationID: Int32 = 0x454E_4449

  /// Everything from an empty file to today's form.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1: starts, configuration, changes, accounts, samples") {
      try $0.execute(sql: "PRAGMA application_id = \(applicationID)")
      try $0.execute(sql: starts)
      try $0.execute(sql: configuration)
      try $0.execute(sql: changes)
      try $0.execute(sql: samples)
    }
    migrator.registerMigration("2: checksums of rows, the count of transactions") {
      for table in KeptTable.first {
        try $0.execute(sql: "ALTER TABLE \(table.rawValue) ADD COLUMN checksum INTEGER")
      }
      try $0.execute(sql: keeping)
      try $0.execute(
        sql: "INSERT INTO keeping VALUES (1, 0, ?)", arguments: [UUID().uuidString])
    }
    migrator.registerMigration("3: numbers of inputs, which history a start goes on with") {
      for table in KeptTable.allCases {
        for column in table.addedColumns {
          try $0.execute(sql: "ALTER TABLE \(table.rawValue) ADD COLUMN \(column) INTEGER")
        }
      }
      try $0.execute(sql: typed)
    }
    migrator.registerMigration("4: storage, devices and channel paths in samples") {
      try $0.execute(sql: resources)
    }
    migrator.registerMigration("5: what guests say of their storage in samples") {
      try $0.execute(sql: "ALTER TABLE sampleResources ADD COLUMN available INTEGER")
    }
    migrator.registerMigration("6: frames that came in by uplinks") {
      try $0.execute(sql: frames)
    }
    return migrator
  }

  /// The last instant of which a start has a record, as an expression; `start` says which start, and whether the
  /// file has a table of frames.
  static func lastTime(of start: String, withFrames: Bool = true) -> String {
    let times = (["change", "typed", "sample"] + (withFrames ? ["frame"] : [])).map { table in
      "coalesce((SELECT max(time) FROM \(table) WHERE start = \(start)), 0)"
    }
    return "max(" + times.joined(separator: ", ") + ")"
  }

  /// One row: how many transactions of what is kept twice the file has, and what tells the file from
  /// any other.
  private static let keeping = """
    CREATE TABLE keeping (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      number INTEGER NOT NULL,
      identity TEXT NOT NULL
    ) STRICT;
    """

  /// One row for each IPL of the machine; `ending` is null while it runs, and after a crash until the
  /// next start.
  private static let starts = """
    CREATE TABLE start (
      id INTEGER PRIMARY KEY,
      machine TEXT NOT NULL,
      wall INTEGER NOT NULL,
      timeOfDay INTEGER NOT NULL,
      seed TEXT NOT NULL,
      historyVersion INTEGER NOT NULL,
      capacityUnits TEXT NOT NULL CHECK (json_valid(capacityUnits)),
      endTime INTEGER,
      endWall INTEGER,
      ending TEXT
    ) STRICT;
    """

  /// What runs: one row for the machine, with an empty name, and one for each partition.
  ///
  /// Image profiles are apart, in a partition's order; a partition's first has its own name.
  private static let configuration = """
    CREATE TABLE running (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL CHECK (json_valid(value))
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE profile (
      partition TEXT NOT NULL,
      place INTEGER NOT NULL,
      name TEXT NOT NULL,
      value TEXT NOT NULL CHECK (json_valid(value)),
      PRIMARY KEY (partition, place)
    ) STRICT, WITHOUT ROWID;
    """

  /// The event log, the journal of actions from outside, which is a part of it, and accounting.
  private static let changes = """
    CREATE TABLE change (
      sequence INTEGER PRIMARY KEY,
      start INTEGER NOT NULL REFERENCES start,
      time INTEGER NOT NULL,
      wall INTEGER NOT NULL,
      authorKind TEXT NOT NULL,
      author TEXT NOT NULL,
      partition TEXT,
      action TEXT NOT NULL CHECK (json_valid(action)),
      differences TEXT NOT NULL CHECK (json_valid(differences)),
      refusal TEXT CHECK (refusal IS NULL OR json_valid(refusal))
    ) STRICT;
    CREATE INDEX changeByTime ON change (start, time);
    CREATE VIEW journal AS
      SELECT sequence, start, time, author, action, refusal FROM change WHERE authorKind = 'user';
    CREATE TABLE account (
      sequence INTEGER PRIMARY KEY,
      start INTEGER NOT NULL REFERENCES start,
      partition TEXT NOT NULL,
      reason TEXT NOT NULL,
      fromTime INTEGER NOT NULL,
      toTime INTEGER NOT NULL,
      dispatched INTEGER NOT NULL,
      effective INTEGER NOT NULL,
      requestCount INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX accountByTime ON account (start, toTime);
    """

  /// What came for guests' consoles; a row has what came for one between two writes, and `time` is the last.
  private static let typed = """
    CREATE TABLE typed (
      sequence INTEGER PRIMARY KEY,
      start INTEGER NOT NULL REFERENCES start,
      partition TEXT NOT NULL,
      time INTEGER NOT NULL,
      keys TEXT NOT NULL CHECK (json_valid(keys)),
      checksum INTEGER
    ) STRICT;
    CREATE INDEX typedByTime ON typed (start, time);
    """

  /// What came in by switches' uplinks, as `typed` has what came for guests' consoles.
  private static let frames = """
    CREATE TABLE frame (
      sequence INTEGER PRIMARY KEY,
      start INTEGER NOT NULL REFERENCES start,
      switch TEXT NOT NULL,
      time INTEGER NOT NULL,
      frames TEXT NOT NULL CHECK (json_valid(frames)),
      checksum INTEGER
    ) STRICT;
    CREATE INDEX frameByTime ON frame (start, time);
    """

  /// What came to measurements later: partitions' storage and devices, and the channel paths.
  private static let resources = """
    CREATE TABLE sampleResources (
      sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
      number INTEGER NOT NULL,
      storage INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (sample, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE samplePath (
      sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
      place INTEGER NOT NULL,
      subsystem INTEGER NOT NULL,
      number INTEGER NOT NULL,
      isUsable INTEGER NOT NULL,
      requests INTEGER NOT NULL,
      busy INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (sample, place)
    ) STRICT, WITHOUT ROWID;
    """

  /// Measurements: an instant, its physical processors, its partitions by type.
  private static let samples = """
    CREATE TABLE sample (
      id INTEGER PRIMARY KEY,
      start INTEGER NOT NULL REFERENCES start,
      time INTEGER NOT NULL,
      wall INTEGER NOT NULL,
      UNIQUE (start, time)
    ) STRICT;
    CREATE TABLE sampleProcessor (
      sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
      number INTEGER NOT NULL,
      type TEXT NOT NULL,
      isOnline INTEGER NOT NULL,
      dedicatedTo TEXT,
      effective INTEGER NOT NULL,
      management INTEGER NOT NULL,
      idle INTEGER NOT NULL,
      offline INTEGER NOT NULL,
      PRIMARY KEY (sample, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE samplePartition (
      sample INTEGER NOT NULL REFERENCES sample ON DELETE CASCADE,
      number INTEGER NOT NULL,
      type TEXT NOT NULL,
      partition TEXT NOT NULL,
      isActive INTEGER NOT NULL,
      activated INTEGER,
      isDedicated INTEGER NOT NULL,
      defined INTEGER NOT NULL,
      online INTEGER NOT NULL,
      weight INTEGER,
      entitlement TEXT,
      isCapped INTEGER NOT NULL,
      absoluteCapHundredths INTEGER,
      dispatched INTEGER NOT NULL,
      effective INTEGER NOT NULL,
      waiting INTEGER NOT NULL,
      ready INTEGER NOT NULL,
      capped INTEGER NOT NULL,
      onlineTime INTEGER NOT NULL,
      dispatches INTEGER NOT NULL,
      preemptions INTEGER NOT NULL,
      yields INTEGER NOT NULL,
      PRIMARY KEY (sample, number, type)
    ) STRICT, WITHOUT ROWID;
    """
}
