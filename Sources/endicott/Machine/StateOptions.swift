import ArgumentParser
import Foundation
import Records

/// Where a machine begins.
enum MachineBeginning {
  /// Nothing is active.
  case cold
  /// The newest whole checkpoint; cold when there is none.
  case warm
  /// The checkpoint of this name.
  case checkpoint(String)
}

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

  @Flag(
    name: .customLong("warm"),
    help: "Go on from the newest whole checkpoint, if there is one; what is damaged is told.")
  var isWarm = false

  /// Where the machine begins.
  var beginning: MachineBeginning {
    if let origin { return .checkpoint(origin.uppercased()) }
    return isWarm ? .warm : .cold
  }

  func validate() throws {
    guard origin == nil || !isWarm else {
      throw ValidationError("--warm takes the newest checkpoint: leave out --warm or --from")
    }
  }

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
