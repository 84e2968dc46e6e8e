import Partitioning

/// PLAN: what a command would do.
let planCommands: [Command] = [
  Command(
    "PLAN", module: "PLN", "Shows what a command would change or why it would be refused.",
    notes: [
      "The command is given to a copy of the machine without its guests, and nothing of the machine "
        + "itself changes. The table has what would differ: shares, entitlements, caps, logical "
        + "processors, storage and paths, before and after, for everybody. Partitions in a row "
        + "that change alike are one row.",
      "The return code is that of the command: 0 when it would be done. What a guest would have to "
        + "agree to is shown as pending. SLEEP, WAIT and commands for a console are not planned; after "
        + "a SLEEP or WAIT guests are taken to have done all that was asked of them.",
      "`endicott plan SCRIPT` does the same for a whole script.",
    ],
    formats: [
      CommandFormat(
        "", "command", classes: "ABCE", "Judges the command and shows its effect, without it.",
        operands: [.command], handler: plan)
    ])
]

private func plan(_ call: Invocation) throws(CommandMessage) {
  if call.operands.isEmpty { throw CommandMessage(.operandMissing) }
  let text = call.operands.takeRemainder()
  let rehearsal = Rehearsal(
    of: call.system, table: call.control.table,
    showing: call.seesOthers ? nil : call.issuer.partition, nesting: call.control.nesting,
    asking: call.control.asking)
  rehearsal.give(text, as: call.issuer)
  // What is guessed on a copy is guessed.
  var uncounted = rehearsal.wrongPasswordCount
  while uncounted > 0 {
    try call.countWrongPassword()
    uncounted &-= 1
  }
  call.control.nesting.spend(as: rehearsal.control.nesting)
  call.reply(
    CommandResult(
      lines: rehearsal.report, returnCode: rehearsal.returnCode,
      errorLines: rehearsal.refusals.flatMap(\.messages)))
}
