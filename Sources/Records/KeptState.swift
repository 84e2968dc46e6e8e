import Partitioning
import Quantities

/// What the records had of the machine that ran before, and what became of it.
package struct KeptState: Sendable {
  /// The start before this one.
  package var previous: StartRecord
  /// What was put back and what was not.
  package var report: RestoreReport
  /// Entries of the event log, accounting records and samples of all starts.
  package var counts: (changes: Int, accounts: Int, samples: Int)

  /// Whether the machine ended without a word.
  package var isLost: Bool { previous.ending != .clean }

  /// What was found damaged, and what was put back.
  package var salvage: Salvage

  /// What an operator should know, in lines; none after an end in good order that left nothing to say.
  ///
  /// - Parameter words: An action in the words of its command.
  /// - Returns: The lines.
  package func lines(_ words: (ManagementAction) -> String = { "\($0)" }) -> [String] {
    var lines = salvage.lines(words)
    if isLost {
      lines.append(
        "IPL \(previous.id) OF \(timestamp(milliseconds: previous.wall)) WAS LOST: THE MACHINE WAS"
          + " NOT SHUT DOWN")
      lines += KeptState.lines("LOST: GUESTS OF ", KeptState.ranges(report.lost))
      if report.lost.isEmpty { lines.append("LOST: NO GUEST WAS ACTIVE") }
    }
    lines += KeptState.lines("KEPT: DEFINED AGAIN ", KeptState.ranges(report.defined))
    lines += KeptState.lines("KEPT: STILL DELETED ", KeptState.ranges(report.deleted))
    lines += KeptState.lines("KEPT: PROFILES OF ", KeptState.ranges(report.keptProfiles))
    if let deck = report.deck { lines.append("KEPT: I/O CONFIGURATION \(deck)") }
    if let deck = report.lostDeck {
      lines.append("NOT KEPT: I/O CONFIGURATION \(deck); THE FOLDER'S OR A FILE HAS CHANGED")
    }
    if report.keepsSettings { lines.append("KEPT: SETTINGS OF THE MACHINE AND ITS GROUPS") }
    let offline =
      report.offlineProcessors.map { "PROCESSOR \(hexDigits($0, 2))" }
      + report.offlinePaths.map { "CHPID \(hexDigits($0, 2))" }
      + report.offlineDevices.map { "DASD \(hexDigits($0, 4))" }
    lines += KeptState.lines("KEPT OFFLINE: ", offline)
    if isLost {
      lines.append(
        "KEPT: \(counts.changes) CHANGES, \(counts.accounts) ACCOUNTING RECORDS,"
          + " \(counts.samples) SAMPLES")
    }
    lines += KeptState.lines("DEFINED ANEW, THE FILES COUNT: ", report.changedDefinitions)
    lines += KeptState.lines("DAMAGED IN THE RECORDS, THE FILES COUNT: ", report.damaged)
    lines += KeptState.lines("DEFINED NO MORE: ", report.undefined)
    return lines
  }

  /// Names with each run of three or more that are numbered on as one: `PULSE001-PULSE120`.
  package static func ranges(_ names: [String]) -> [String] {
    var ranges: [String] = []
    var run: [String] = []
    func close() {
      if run.count > 2, let first = run.first, let last = run.last {
        ranges.append("\(first)-\(last)")
      } else {
        ranges += run
      }
      run = []
    }
    for name in names {
      if let last = run.last, !follows(name, last) { close() }
      run.append(name)
    }
    close()
    return ranges
  }

  /// Whether a name is another with its number, of as many digits, one higher.
  private static func follows(_ name: String, _ earlier: String) -> Bool {
    func parts(_ name: String) -> (stem: Substring, digits: Substring) {
      let digits = name.reversed().prefix { $0.isASCII && $0.isNumber }.count
      return (name.dropLast(digits), name.suffix(digits))
    }
    let (one, other) = (parts(name), parts(earlier))
    guard one.stem == other.stem, one.digits.count == other.digits.count,
      let number = Int(one.digits), let before = Int(other.digits)
    else { return false }
    return number == before.adding(1)
  }

  /// One line, or more when there are many names; none without names.
  private static func lines(_ beginning: String, _ names: [String]) -> [String] {
    var lines: [String] = []
    var rest = names[...]
    while !rest.isEmpty {
      lines.append(beginning + rest.prefix(8).joined(separator: " "))
      rest = rest.dropFirst(8)
    }
    return lines
  }
}

extension Recorder {
  /// Puts what was kept back into a machine that has nothing active.
  ///
  /// After an end in good order only profiles count, the reset and group profiles too: the next IPL begins
  /// with what they hold, with everything on line and nothing active.
  static func restore(
    _ manager: PartitionManager, from store: RecordStore
  ) throws(RecordStoreError) -> KeptState? {
    guard var configuration = try store.runningConfiguration(),
      let previous = try store.starts().last
    else { return nil }
    if previous.ending == .clean {
      configuration.machine.end()
      configuration.partitions.changeEach { $0.end() }
    }
    configuration.sort(by: manager.partitionNames)
    return KeptState(
      previous: previous, report: manager.restore(configuration),
      counts: (
        changes: try store.count(of: "change"), accounts: try store.count(of: "account"),
        samples: try store.count(of: "sample")
      ), salvage: store.salvage)
  }
}

extension RunningConfiguration {
  /// Puts the partitions in definition order; those that are defined no more come last.
  fileprivate mutating func sort(by names: [String]) {
    let places = Dictionary(
      names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { $1 })
    partitions.sort {
      (places[$0.name] ?? .max, $0.name) < (places[$1.name] ?? .max, $1.name)
    }
  }
}
