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
      "It is kept in the state folder, under checkpoints. What guests write into host files of disks "
        + "is not in it.",
      "Taking one changes nothing in the machine's history.",
    ],
    isRehearsed: false,
    formats: [
      CommandFormat(
        "SAVE", "name", classes: "A",
        "Takes a checkpoint; one of the same name is replaced when this one is whole.",
        operands: [.other], handler: saveCheckpoint),
      CommandFormat(
        "DELete", "name", classes: "A", "Removes a checkpoint.", operands: [.other],
        handler: deleteCheckpoint),
    ])
]

let queryCheckpointFormats = [
  CommandFormat(
    "CHECKPoint", "", classes: "ABCE",
    "The checkpoints that there are: when they were taken, what guests had written, what is stored.",
    handler: queryCheckpoint)
]

private func saveCheckpoint(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.required()
  try call.operands.end()
  let facts = try call.askCheckpoints { port throws(RecordsFailure) in try port.save(name) }
  call.reply(
    "CHECKPOINT \(facts.name) TAKEN, \(facts.guestCount) PARTITIONS, "
      + "\(kibibytes(facts.writtenByteCount)) WRITTEN, \(kibibytes(facts.storedByteCount)) STORED")
}

private func deleteCheckpoint(_ call: Invocation) throws(CommandMessage) {
  let name = try call.operands.required()
  try call.operands.end()
  try call.askCheckpoints { port throws(RecordsFailure) in try port.delete(name) }
  call.reply("CHECKPOINT \(name) DELETED")
}

private func queryCheckpoint(_ call: Invocation) throws(CommandMessage) {
  try call.operands.end()
  let all = try call.askCheckpoints { port throws(RecordsFailure) in try port.list() }
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
        "\(facts.guestCount)", kibibytes(facts.writtenByteCount), kibibytes(facts.storedByteCount),
      ]
    })
  for line in table.lines { call.reply(line) }
  for facts in all { if let finding = facts.finding { call.reply(finding) } }
}

/// Bytes in units of 1024, as CP writes storage.
private func kibibytes(_ bytes: UInt64) -> String { "\(bytes.addingClamped(1023) / 1024)K" }

extension Invocation {
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
