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

  @Flag(
    name: .customLong("warm"),
    help: "Go on from the newest whole checkpoint, if there is one; what is damaged is told.")
  var isWarm = false

  @Flag(help: "Start anew: go on from no checkpoint, and do not ask.")
  var cold = false

  @Flag(
    help: "With --warm or --from: perform again what was asked for after the checkpoint.")
  var replay = false

  @Option(
    help: ArgumentHelp(
      "Take a checkpoint each time so much simulated time has passed: 1s, 500ms, 2m.",
      valueName: "interval"))
  var checkpointEvery: TimeSpan?

  /// Where the machine begins; nil when nothing was said.
  var beginning: MachineBeginning? {
    if let origin { return .checkpoint(origin, isReplayed: replay) }
    if isWarm { return .warm(isReplayed: replay) }
    return cold ? .cold : nil
  }

  /// Whether something is asked for that needs a state folder.
  var needsFolder: Bool {
    state != nil || setsAside || origin != nil || isWarm || checkpointEvery != nil
  }

  func validate() throws {
    guard [origin != nil, isWarm, cold].count(where: { $0 }) <= 1 else {
      throw ValidationError("--from, --warm and --cold exclude each other: leave out all but one")
    }
    guard !replay || origin != nil || isWarm else {
      throw ValidationError("--replay goes on from a checkpoint: add --warm or --from")
    }
  }

  /// Opens the records.
  ///
  /// - Parameter standard: The folder when none was named; nil for no records then.
  /// - Returns: The records.
  /// - Throws: `HostFailure` when they cannot be used.
  func open(standard: String?) throws(HostFailure) -> MachineRecords {
    guard let folder = state ?? standard else { return .none }
    // A file that reached the process's limit is then an error of the write, as a full disk is.
    signal(SIGXFSZ, SIG_IGN)
    do throws(RecordStoreError) {
      let store = try RecordStore(folder: folder, setsAsideDamaged: setsAside)
      if let other = store.setAside {
        writeError("endicott: records: what was damaged is now \(other); new ones begin")
      }
      return MachineRecords(store: store)
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
