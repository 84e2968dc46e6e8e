import Partitioning

// A rehearsal is the same firmware with the same state and without guests: commands are given to
// it in full, and the machine itself hears nothing of them. What a guest would have to agree to is
// judged and stays pending.

/// Commands tried on a copy of a machine, and what they would come to.
///
/// Owner thread only.
package final class Rehearsal {
  /// A command that would be refused.
  package struct Refusal: Equatable, Sendable {
    package let command: String
    /// The line of a script, from 1; nil for PLAN.
    package let line: Int?
    /// Its error messages, in order.
    package let messages: [String]
  }

  let control: ControlProgram
  /// The only partition to show; nil for the machine and all partitions.
  private let partition: String?
  private let before: [MachineItems]
  /// What would be refused, in order.
  package private(set) var refusals: [Refusal] = []
  /// Commands that PLAN leaves out, because time or a console is what they act on.
  package private(set) var omitted: [(line: Int?, command: String)] = []
  /// Wrong passwords that were tried: each is a guess, whatever comes of it.
  private(set) var wrongPasswordCount = 0
  /// The line of the script that is being tried.
  private var line: Int?
  /// The return code of the last refusal; 0 without one.
  package private(set) var returnCode = 0

  /// Copies a machine.
  ///
  /// - Parameters:
  ///   - system: the machine; it stays as it is.
  ///   - table: the command language.
  ///   - partition: the only partition to show, for an issuer who may not see the others.
  ///   - nesting: where in a typed command it is made.
  ///   - asking: who gave that command.
  package init(
    of system: PartitionManager, table: CommandTable = .standard, showing partition: String? = nil,
    nesting: CommandNesting = CommandNesting(), asking: Issuer? = nil
  ) {
    control = ControlProgram(system: system.rehearsal(), table: table)
    control.nesting = nesting
    control.asking = asking
    self.partition = partition
    before = Self.items(of: control, partition)
    control.onOmitted = { [unowned self] in
      omitted.append((line, $0))
      if isWaiting($0) { control.system.agreeToPending() }
    }
    control.onWrongPassword = { [unowned self] in wrongPasswordCount.addClamped(1) }
  }

  /// Tries a logical line.
  package func give(_ logicalLine: String, as issuer: Issuer, line: Int? = nil) {
    self.line = line
    let result = control.execute(logicalLine, issuer: issuer)
    control.collectEvents()
    guard result.returnCode != 0 else { return }
    returnCode = result.returnCode
    refusals.append(Refusal(command: logicalLine, line: line, messages: result.errorLines))
  }

  /// Whether a command that is left out gives guests time to do what was asked of them.
  private func isWaiting(_ command: String) -> Bool {
    guard let line = CommandParser.parse(command) else { return false }
    return control.table.commands.contains { $0.takesTime && $0.accepts(line.verb) }
  }

  /// Notes what a script would stop at beside its commands.
  func refuse(_ text: String, _ message: CommandMessage, line: Int) {
    returnCode = message.returnCode
    refusals.append(Refusal(command: text, line: line, messages: [message.line(module: "SCR")]))
  }

  /// Whose commands the next ones are: CONNECT makes them a partition's, DISCONN the operator's.
  func issuer(after logicalLine: String, by issuer: Issuer, operator: Issuer) -> Issuer {
    guard let line = CommandParser.parse(logicalLine),
      let command = control.table.command(line.verb, classes: issuer.classes)
    else { return issuer }
    switch command.keyword.name {
    case "CONNECT":
      let partition = control.system.partitionView(
        CommandParser.trimmed(line.operands).uppercased())
      return partition.flatMap { $0.isActive ? Issuer($0) : nil } ?? issuer
    case "DISCONN", "LOGOFF": return `operator`
    default: return issuer
    }
  }

  /// Starts what starts with the machine, as it would without guests.
  package func startAutomatically() {
    let result = control.startAutomatically()
    guard result.returnCode != 0 else { return }
    returnCode = result.returnCode
    refusals.append(Refusal(command: "START AUTO", line: nil, messages: result.errorLines))
  }

  /// The machine as it is after what was tried.
  package var system: PartitionManager { control.system }

  /// What would be refused, what was left out, and the table of what would change.
  package var report: [String] {
    var lines = refusalLines
    for (line, command) in omitted {
      lines.append("NOT PLANNED: \(Self.place(line))\(command)")
    }
    return lines + PlanDifference(before: before, after: Self.items(of: control, partition)).lines
  }

  private static func items(
    of control: ControlProgram, _ partition: String?
  ) -> [MachineItems] {
    control.system.items(
      of: partition.map { [$0] } ?? control.partitionNames, isGlobal: partition == nil)
  }

  /// What would be refused, each with its messages.
  package var refusalLines: [String] {
    refusals.flatMap { refusal in
      ["WOULD BE REFUSED: \(Self.place(refusal.line))\(refusal.command)"]
        + refusal.messages.map { "  " + $0 }
    }
  }

  private static func place(_ line: Int?) -> String {
    line.map { "line \($0): " } ?? ""
  }
}
