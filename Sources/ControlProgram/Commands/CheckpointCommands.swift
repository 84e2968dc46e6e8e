import Channels
import Partitioning
import Quantities

// CHECKPOINT: the whole machine as it is, kept in files, to go on from later.

let checkpointCommands: [Command] = [
  Command(
    "CHECKPoint", module: "CKP", "Keeps the whole machine as it is now, to go on from later.",
    notes: [
      "A checkpoint has every partition with its guest: registers, storage, devices, requests under "
        + "way, pending changes. A machine that is started with --from goes on from it as this one "
        + "does: with the same commands it comes to the same digests.",
      "It is kept in the state folder, under checkpoints. What guests overwrite in host files of disks "
        + "is kept beside it, under disks, as much as the definition says (KEEP), so that going back is "
        + "whole; a checkpoint that is without a disk says so, and its file stays as it is.",
      "The machine stands still while it is taken, not while it is written; at a terminal the end of that "
        + "is a message. Taking one changes nothing in the machine's history.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "SAVE", "name", classes: "A",
        "Takes a checkpoint; one of the same name is replaced when this one is whole.",
        operands: [.other], handler: saveCheckpoint),
      CommandFormat(
        "EVERY", "n [SEC|MIN] [KEEP n]", classes: "A",
        "Takes one at each multiple of 1 second to 24 hours of simulated time, named AUTO, the IPL and "
          + "the seconds, and keeps the last 5, or as many as KEEP says (1 to 1000000).",
        operands: [.other, .words("SEC|MIN"), .words("KEEP")], handler: scheduleCheckpoints),
      CommandFormat(
        "OFF", "", classes: "A", "Takes none any more without being asked.",
        handler: stopCheckpoints),
      CommandFormat(
        "DELete", "name", classes: "A", "Removes a checkpoint.", operands: [.other],
        handler: deleteCheckpoint),
    ]),
  Command(
    "REWind", module: "RWD", "Goes back to an instant of the recorded past, and stops there.",
    notes: [
      "The machine is put back from the nearest checkpoint before the instant, and what was asked of it "
        + "since is performed again, up to there, what was asked at that very instant left out. Then time "
        + "stands still: everything can be looked at, "
        + "SLEEP lets time pass, SET PACE lets the machine go on. What is done from there on is a history "
        + "of its own; the one that was left stays recorded, and REWIND finds it again by its later "
        + "instants.",
      "The machine needs checkpoints: CHECKPOINT EVERY.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "", "[TO] instant", classes: "A", "Goes to an instant. " + TimeSelection.note,
        operands: [.words("TO"), .other, .words("SEC")], handler: rewind)
    ]),
]

private func rewind(_ call: Invocation) throws(CommandMessage) {
  _ = call.operands.take("TO")
  let instant = try call.operands.recordedInstant(of: call.system.machineView)
  try call.operands.end()
  try call.control.rewind(to: instant)
}

let queryCheckpointFormats = [
  CommandFormat(
    "CHECKPoint", "", classes: "ABCE",
    "The checkpoints that there are: when they were taken, what guests had written, what is stored, "
      + "which disks they are without; and what is kept of disks.",
    handler: queryCheckpoint)
]

private func saveCheckpoint(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.required()
  try call.operands.end()
  let facts = try call.changeCheckpoints { port throws(RecordsFailure) in try port.save(name) }
  call.reply(facts?.takenText ?? "CHECKPOINT \(name) IS BEING WRITTEN")
}

private func scheduleCheckpoints(_ call: Invocation) throws(CommandMessage) {
  let word = try call.operands.required()
  let isMinutes = call.operands.take(anyOf: "SEConds|MINutes") == "MINUTES"
  var keptCount: UInt64 = 5
  if call.operands.take("KEEP") {
    let count = try call.operands.required()
    guard let number = decimal(count), number >= 1, number <= CheckpointSchedule.mostKept else {
      throw CommandMessage(.invalidOperand, count)
    }
    keptCount = number
  }
  try call.operands.end()
  guard let value = decimal(word), value <= 86_400,
    (1...86_400).contains(value * (isMinutes ? 60 : 1))
  else { throw CommandMessage(.invalidOperand, word) }
  let seconds = value * (isMinutes ? 60 : 1)
  let schedule = CheckpointSchedule(
    interval: seconds * 1_000_000_000, keptCount: Int(clamping: keptCount))
  try call.changeCheckpoints { port throws(RecordsFailure) in port.schedule = schedule }
  call.reply("CHECKPOINT EVERY \(seconds) SECONDS, \(keptCount) KEPT")
}

private func stopCheckpoints(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  try call.changeCheckpoints { port throws(RecordsFailure) in port.schedule = nil }
  call.reply("CHECKPOINT OFF")
}

private func deleteCheckpoint(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.required()
  try call.operands.end()
  try call.changeCheckpoints { port throws(RecordsFailure) in try port.delete(name) }
  call.reply("CHECKPOINT \(name) DELETED")
}

private func queryCheckpoint(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let all = try call.askCheckpoints { port throws(RecordsFailure) in try port.list() }
  try call.askCheckpoints { port throws(RecordsFailure) in
    if let schedule = port.schedule {
      call.reply(
        "CHECKPOINT EVERY \(fixedPointText(Int(clamping: schedule.interval), places: 9)) SECONDS, "
          + "\(schedule.keptCount) KEPT")
    }
  }
  try call.askCheckpoints { port throws(RecordsFailure) in
    for disk in port.keptDisks() {
      call.reply(
        "DISK \(hexDigits(disk.device, 4)): \(wholeKilobytes(disk.byteCount)) OF "
          + "\(wholeKilobytes(disk.byteLimit)) KEPT")
    }
  }
  guard !all.isEmpty else { return call.reply("NO CHECKPOINTS") }
  let machine = call.system.machineView
  let table = TextTable(
    columns: [
      .left("CHECKPOINT"), .left("TAKEN"), .right("PARTITIONS"), .right("WRITTEN"),
      .right("STORED"),
    ],
    rows: all.map { facts in
      [
        facts.name, facts.time.map { machine.timeOfDay(at: $0).timeText } ?? "DAMAGED",
        "\(facts.guestCount)", wholeKilobytes(facts.writtenByteCount),
        wholeKilobytes(facts.storedByteCount),
      ]
    })
  for line in table.lines { call.reply(line) }
  for facts in all {
    if !facts.missingDisks.isEmpty { call.reply(facts.name + withoutText(facts.missingDisks)) }
    if let finding = facts.finding { call.reply(finding) }
  }
}

extension Invocation {
  /// Has something taken or removed where checkpoints are kept; refused where nothing is.
  fileprivate func changeCheckpoints<Answer>(
    _ change: (any CheckpointsPort) throws(RecordsFailure) -> Answer
  ) throws(CommandMessage) -> Answer {
    guard control.checkpoints?.isKept ?? false else { throw CommandMessage(.noRecords) }
    return try askCheckpoints(change)
  }

  /// Asks where checkpoints are kept; its failure becomes the command's message.
  fileprivate func askCheckpoints<Answer>(
    _ question: (any CheckpointsPort) throws(RecordsFailure) -> Answer
  ) throws(CommandMessage) -> Answer {
    guard let port = control.checkpoints else { throw CommandMessage(.noRecords) }
    do throws(RecordsFailure) {
      return try question(port)
    } catch {
      throw CommandMessage(.checkpointFailure, error.reason)
    }
  }
}
