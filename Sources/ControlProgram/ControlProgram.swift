import Channels
import Partitioning
import Quantities

/// The control program of one machine: its command table, its consoles, what they are shown.
///
/// Owner thread only. A front end creates it, logs consoles on, gives it the clock, and calls
/// `collectEvents` after it has let time pass.
package final class ControlProgram {
  /// The product and its level, as QUERY CPLEVEL and --version say it.
  package static let level = "Endicott Version 1 Release 1.0"

  /// The firmware of its machine.
  package let system: PartitionManager
  /// Its command language.
  package let table: CommandTable
  /// What lets time pass for SLEEP and WAIT; nil refuses them.
  package weak var clock: (any SimulationClock)?
  /// Where reports of the past come from; nil when the machine keeps no records.
  package var records: (any RecordsPort)?
  /// Where checkpoints are kept; nil when nothing outlives the machine.
  package var checkpoints: (any CheckpointsPort)?
  /// Where consoles' files are kept; nil when nothing outlives the machine.
  package var consoleFiles: (any ConsoleFilesPort)?
  /// Who has the consoles of all guests before him.
  package weak var audience: (any ConsoleAudience)? {
    didSet { audience?.begin(with: activeNames) }
  }
  /// The instant that the operator wants to go back to; the front end goes there.
  package var rewindTarget: SimulatedTime?
  /// Whether the front end can go back.
  package var canRewind = false
  /// Takes the commands that a rehearsal leaves out; nil when this is no rehearsal.
  var onOmitted: ((String) -> Void)?
  /// Takes each wrong password that a command has; only on a copy of the machine.
  var onWrongPassword: (() -> Void)?
  /// Where in the command that was typed the present one is.
  var nesting = CommandNesting()
  /// Who had a partition forced that has not ended yet.
  var forcedBy: [String: String] = [:]
  /// Whether the machine was taken down; the front end then ends.
  package private(set) var isShutDown = false
  /// The last thousand messages of the firmware, each with its time.
  package private(set) var recentMessages: [String] = []

  /// Every defined partition's name, in name order.
  package var partitionNames: [String] { system.sortedNames }

  /// What of the firmware's events it has shown.
  private var position = ReaderPosition()
  /// Partitions that were active at the event being shown.
  private var activeCount = 0

  /// The machine at its start, for its time of day.
  private let start: MachineView
  /// What was counted at its start: where a report begins that says no beginning.
  let firstSample: MeasurementSample
  private var consoles: [ConsoleSession] = []
  private var consoleCount = 0
  /// Whether the commands that are given are those of a definition's COMMAND statement, or of a guest at its port.
  var isGivingForOthers = false
  /// A command is a guest's.
  var isAnsweringGuest = false
  /// Who gave the command that is being performed, whomever it is given for; nil between commands.
  var asking: Issuer?
  /// Whether partitions that become active are only remembered: many start together.
  var hidesLogons = false
  /// Whether partitions that end are only remembered: many end together.
  private var hidesLogoffs = false
  private var transcripts: [String: ConsoleTranscript] = [:]
  /// The files of consoles, by partition.
  var spools: [String: ConsoleSpool] = [:]

  package init(system: PartitionManager, table: CommandTable = .standard) {
    self.system = system
    self.table = table
    start = system.machineView
    firstSample = system.measurement()
    // None, unless the machine goes on from a checkpoint.
    activeCount = system.sortedNames.count { system.isActive($0) == true }
    system.interpreter = self
  }

  // MARK: Consoles

  /// Logs a user on at a new console.
  ///
  /// A partition's user is connected to its console at once.
  package func logOn(_ userid: String = "OPERATOR") -> ConsoleSession {
    let user = system.definition.machine.users.first { $0.name == userid }
    let partition = system.partitionView(userid)
    let classes =
      user?.classes ?? partition?.definition.classes ?? (userid == "OPERATOR" ? "ABCDEFG" : "G")
    let console = ConsoleSession(
      control: self, userid: userid, classes: PrivilegeClasses(letters: classes),
      number: consoleCount, loggedOnAt: system.now)
    consoleCount = consoleCount.addingClamped(1)
    consoles.append(console)
    if user == nil, partition != nil { console.connect(to: userid) }
    return console
  }

  /// Forgets a console whose session ended.
  func remove(_ console: ConsoleSession) {
    consoles.removeAll { $0 === console }
  }

  /// Answers are of what belongs to the machine's history: no pace, no console, no file of the host.
  var answersByHistoryAlone: Bool { isGivingForOthers || isAnsweringGuest }

  /// The consoles that answers tell of: none to a guest and to a COMMAND statement, as who is at a console is no
  /// part of the machine's history.
  private var toldConsoles: [ConsoleSession] { answersByHistoryAlone ? [] : consoles }

  /// Users who are logged on, in name order: those at consoles and the active partitions.
  package func loggedOnUsers() -> [String] {
    var names = Set(toldConsoles.map(\.userid))
    for name in partitionNames where system.isActive(name) == true {
      names.insert(name)
    }
    return names.sorted()
  }

  /// How many users were logged on at the event being shown.
  var userCount: Int {
    Set(consoles.map(\.userid).filter { system.isActive($0) == nil }).count
      .addingClamped(activeCount)
  }

  /// The consoles of a user who is no partition.
  func consoles(of userid: String) -> [ConsoleSession] {
    consoles.filter { $0.userid == userid }
  }

  /// Takes every console off a partition that goes on running.
  func disconnectAll(from partition: String) {
    for console in consoles where console.connection == partition { console.disconnect() }
  }

  /// Whether there is a user of the name at all: a partition, OPERATOR or one of the definition's.
  package func isDefined(_ userid: String) -> Bool {
    userid == "OPERATOR" || system.isActive(userid) != nil
      || system.definition.machine.users.contains { $0.name == userid }
  }

  /// Whether a user is at a console or a partition is active.
  package func isLoggedOn(_ userid: String) -> Bool {
    system.isActive(userid) ?? toldConsoles.contains { $0.userid == userid }
  }

  /// Whether a user who is logged on has no console.
  func isDisconnected(_ userid: String) -> Bool {
    !toldConsoles.contains { $0.userid == userid || $0.connection == userid }
  }

  /// ` -L0003` for a user at console 3, ` - DSC` for one without a console.
  func terminalText(of userid: String) -> String {
    let console =
      toldConsoles.first { $0.connection == userid }
      ?? toldConsoles.first { $0.userid == userid }
    return console.map { " -L" + hexDigits($0.number, 4) } ?? " - DSC"
  }

  /// Shows a line at a user's consoles; false when he has none.
  func send(_ line: String, toUser userid: String) -> Bool {
    let found = consoles.filter { $0.userid == userid || $0.connection == userid }
    for console in found { console.show(.message(line)) }
    return !found.isEmpty
  }

  /// Shows a line at every console.
  package func sendToAll(_ line: String) {
    for console in consoles { console.show(.message(line)) }
  }

  /// Has the front end go back to an instant once the command is over.
  func rewind(to instant: SimulatedTime) throws(CommandMessage) {
    guard checkpoints?.isKept ?? false else { throw CommandMessage(.noRecords) }
    guard canRewind else { throw CommandMessage(.needsConsole, "REWIND") }
    rewindTarget = instant
  }

  // MARK: What the firmware reports

  /// Takes what happened since the last call and shows it where it belongs.
  package func collectEvents() {
    for console in consoles { showRecent(at: console) }
    let reading = system.events(since: &position)
    if reading.lostCount > 0 {
      reportFirmware(
        CommandMessage(.eventsLost, "\(reading.lostCount)").line(module: "IOS"))
      audience?.begin(with: activeNames)
    }
    let events = reading.elements
    if events.contains(where: { $0.kind.activeChange != 0 }) {
      activeCount = events.reduce(system.machineView.activeCount) {
        $0.subtractingClamped($1.kind.activeChange)
      }
    }
    // Of many that end with the machine the operator sees one line, as of those that start with it.
    let endedCount =
      events.last?.kind == .machineShutDown ? events.count { $0.kind.activeChange < 0 } : 0
    hidesLogoffs = endedCount > Self.manyTogether
    for event in events {
      switch (event.kind, event.partition) {
      case (.console(let bytes), let name?):
        let lines = transcripts[name, default: ConsoleTranscript()].append(bytes)
        show(lines, of: name) { $0.show(.guest(bytes)) }
        audience?.wrote(bytes, at: name)
      case (.commandReply(let text), let name?):
        let lines = text.split(whereSeparator: \.isNewline)
          .map { ConsoleText.stripped(Array($0.utf8)) }
        show(lines, of: name) { console in
          for line in lines { console.show(.message(line)) }
        }
        audience?.wrote(lines.flatMap { Array($0.utf8) + [0x0D, 0x0A] }, at: name)
      case (.machineShutDown, _): isShutDown = true
      case (.partitionsDeleted(let first, let last), _): forget(first, through: last)
      default: report(event)
      }
    }
    guard hidesLogoffs else { return }
    hidesLogoffs = false
    reportFirmware("\(logoffPrefix)\(endedCount) PARTITIONS USERS = \(userCount)")
  }

  /// Forgets what is kept of partitions by name, and takes consoles off them.
  private func forget(_ first: String, through last: String?) {
    for name in last.flatMap({ PartitionNames.range(from: first, to: $0) }) ?? [first] {
      transcripts[name] = nil
      forcedBy[name] = nil
      end(name)
      for console in consoles where console.connection == name { console.disconnect() }
    }
  }

  /// Shows a partition's lines to who watches its console, and as they are at its own.
  private func show(
    _ lines: [String], of partition: String, atItsOwn: (ConsoleSession) -> Void
  ) {
    spool(lines, of: partition)
    let own = consoles.filter { $0.connection == partition }
    for console in own { atItsOwn(console) }
    guard let watcher = system.watcher(of: partition),
      watcher.role == .observer || own.isEmpty
    else { return }
    for console in consoles
    where console.connection != partition && console.isConsole(of: watcher.userid) {
      for line in lines { console.show(.guestLine(partition: partition, text: line)) }
    }
  }

  /// Shows what the guest wrote last at a console that was just connected to it.
  private func showRecent(at console: ConsoleSession) {
    guard let name = console.takeNewConnection() else { return }
    let recent = recentText(of: name)
    if !recent.isEmpty { console.show(.guest(recent)) }
  }

  /// What a guest wrote last, as whoever connects to its console is shown it.
  package func recentText(of partition: String) -> [UInt8] {
    transcripts[partition]?.recentText ?? []
  }

  /// Ends a partition's file.
  ///
  /// - Returns: Its name and its lines; nil when none was open.
  func closeSpool(of partition: String, stops: Bool) -> (name: String, lineCount: Int)? {
    let closed = spools[partition]?.close()
    if stops { spools[partition] = nil }
    return closed
  }

  /// Ends what is shown and kept of the console of a partition that is active no more.
  private func end(_ partition: String) {
    _ = closeSpool(of: partition, stops: true)
    audience?.closed(partition)
  }

  private var activeNames: [String] { partitionNames.filter { system.isActive($0) == true } }

  private func report(_ event: FirmwareEvent) {
    // What is loaded is for QUERY EVENTS: two lines a partition would be one too many.
    if case .loaded(let what) = event.kind, let name = event.partition {
      return remember(
        CommandMessage(.loaded, name, what).line(module: "LDI"), at: event.time)
    }
    activeCount = activeCount.addingClamped(event.kind.activeChange)
    let forcedBy = event.kind.activeChange < 0 ? event.partition.flatMap(forgetForce) : nil
    guard let line = eventLine(event, users: userCount, forcedBy: forcedBy) else { return }
    reportFirmware(line, at: event.time, partition: event.partition)
    if event.kind == .activated, let name = event.partition { audience?.opened(name) }
    if event.kind == .deactivated || event.kind == .poweredOff {
      if let name = event.partition { end(name) }
      for console in consoles where console.connection == event.partition { console.disconnect() }
    }
  }

  /// Who had a partition forced that has ended.
  private func forgetForce(of partition: String) -> String? {
    forcedBy.removeValue(forKey: partition)
  }

  /// Keeps a message of the firmware and shows it to the operators and at the partition's console.
  func reportFirmware(
    _ line: String, at time: SimulatedTime? = nil, partition: String? = nil
  ) {
    remember(line, at: time ?? system.now)
    if hidesLogons, line.hasPrefix(logonPrefix) { return }
    if hidesLogoffs, line.hasPrefix(logoffPrefix) { return }
    for console in consoles
    where console.isOperator || (partition != nil && console.connection == partition) {
      console.show(.message(line))
    }
  }

  private func remember(_ line: String, at time: SimulatedTime) {
    recentMessages.append("\(start.timeOfDay(at: time).timeText) \(line)")
    if recentMessages.count > 1000 { recentMessages = recentMessages.suffix(1000) }
  }

  /// Whether a guest has written a text that no WAIT has consumed.
  func hasWritten(_ text: String, in partition: String) -> Bool {
    transcripts[partition]?.contains(Array(text.utf8)) ?? false
  }

  /// Consumes a guest's output up to the end of a text.
  func consumeOutput(of partition: String, through text: String) {
    transcripts[partition]?.consume(through: Array(text.utf8))
  }
}

extension FirmwareEventKind {
  /// How many more partitions are active after it.
  fileprivate var activeChange: Int {
    switch self {
    case .activated: 1
    case .deactivated, .poweredOff: -1
    default: 0
    }
  }
}
