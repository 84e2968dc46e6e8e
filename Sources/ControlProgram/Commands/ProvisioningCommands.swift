import Definitions
import Partitioning

/// DEFINE PARTITION, which is a form of DEFINE, and DELETE: partitions that come and go.
let provisioningCommands: [Command] = [
  Command(
    "DELete", module: "DEL", "Deletes partitions that are not active.",
    notes: [
      "What was set of a partition goes with it; its records stay. One of the definition files is "
        + "deleted until DEFINE PARTITION with its name brings it back as they say it. A range is "
        + "deleted as a whole or not at all; of a pattern each is answered for itself."
    ],
    formats: [
      CommandFormat(
        "PARTition", "{userid [THRU userid] | pattern}", classes: "B",
        "Deletes a partition, those of a numbered range, or each that a pattern fits.",
        operands: [.partition, .words("THRU"), .partition], handler: deletePartitions)
    ])
]

/// DEFINE PARTITION userid [THRU userid] [LIKE name].
func definePartitions(_ call: Invocation) throws(CommandMessage) {
  let (first, last) = try call.operands.partitionRange()
  // A partition of this name could not be told from the word in other commands.
  guard !PartitionNames.keywords.contains(first) else {
    throw CommandMessage(.partitionName, first)
  }
  var model: String?
  if call.operands.take("LIKE") { model = try call.operands.userid() }
  try call.operands.end()
  try call.perform(.definePartition(first, through: last, like: model))
  call.reply(rangeText(first, last) + " defined")
}

private func deletePartitions(_ call: Invocation) throws(CommandMessage) {
  if let pattern = call.operands.peek, pattern.contains("*") {
    _ = try call.operands.useridPattern()
    try call.operands.end()
    return try call.forEach(pattern) { name throws(CommandMessage) in
      try call.perform(.deletePartition(name))
      call.reply(rangeText(name, nil) + " deleted")
    }
  }
  let (first, last) = try call.operands.partitionRange()
  try call.operands.end()
  try call.perform(.deletePartition(first, through: last))
  call.reply(rangeText(first, last) + " deleted")
}

/// `PARTITION WEB001`, or `PARTITIONS WEB001 THRU WEB200`.
private func rangeText(_ first: String, _ last: String?) -> String {
  last.map { "PARTITIONS \(first) THRU \($0)" } ?? "PARTITION \(first)"
}

extension Operands {
  /// `userid [THRU userid]`.
  fileprivate mutating func partitionRange() throws(CommandMessage) -> (String, String?) {
    let first = try userid()
    return (first, take("THRU") ? try userid() : nil)
  }
}
