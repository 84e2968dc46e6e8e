import ArgumentParser
import Foundation
import Records

/// Where what outlives a machine is kept.
struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder where what outlives the machine is kept: profiles, configuration, records.",
      valueName: "folder"))
  var state: String?

  @Flag(
    name: .customLong("set-aside-state"),
    help: "Give records that are damaged another name and begin new ones.")
  var setsAside = false

  @Option(
    name: .customLong("from"),
    help: ArgumentHelp(
      "Go on from this checkpoint of the state folder instead of starting anew.",
      valueName: "checkpoint"))
  var origin: String?

  /// Opens the records.
  ///
  /// - Parameter standard: The folder when none was named; nil for no records then.
  /// - Returns: The records, nil when none are kept.
  /// - Throws: `HostFailure` when they cannot be used.
  func open(standard: String?) throws(HostFailure) -> RecordStore? {
    guard let folder = state ?? standard else { return nil }
    // A file that reached the process's limit is then an error of the write, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    do throws(RecordStoreError) {
      let store = try RecordStore(folder: folder, setsAsideDamaged: setsAside)
      if let other = store.setAside {
        writeError("endicott: records: what was damaged is now \(other); new ones begin")
      }
      return store
    } catch {
      throw HostFailure(error)
    }
  }
}

extension HostFailure {
  /// What is wrong with a machine's records.
  init(_ error: RecordStoreError) {
    self.init(subject: "records", reason: error.description)
  }
}
