import Channels
import Partitioning
import Quantities

// INDICATE DEVICES: RMF's Direct Access Device Activity report, for each partition's devices since the partition
// has them. RESP = IOSQ + PEND + DISC + CONN; PEND = CUQ + DEVQ.

let indicateDevicesFormat = CommandFormat(
  "DEVices", "[pattern]", classes: "ACE",
  "Rates and times of each partition's devices, as RMF's device activity report has them.",
  operands: [.partition], handler: indicateDevices)

private func indicateDevices(_ call: Invocation) throws(CommandMessage) {
  let pattern = call.operands.isEmpty ? nil : try call.operands.useridPattern()
  try call.operands.end()
  let names = call.visible(
    try pattern.map { pattern throws(CommandMessage) in try call.partitions(pattern) }
      ?? call.control.partitionNames)
  let rows = names.flatMap { name in
    call.system.subchannels(of: name).map {
      row(of: $0, of: name, in: call.system.elapsed(since: $0.began))
    }
  }
  guard !rows.isEmpty else { return call.reply("A DASD was not found.") }
  call.reply("DEVICE ACTIVITY REPORT  TIMES IN MILLISECONDS A REQUEST")
  call.reply(TextTable(columns: columns, rows: rows).lines)
}

private let columns: [TextTable.Column] = [
  .left("NAME"), .left("VDEV"), .left("RDEV"), .right("INT"), .right("RATE"), .right("RESP"),
  .right("IOSQ"), .right("PEND"), .right("CUQ"), .right("DEVQ"), .right("DISC"), .right("CONN"),
  .right("CONN%"), .right("UTIL%"),
]

/// One subchannel's row.
private func row(of view: SubchannelView, of name: String, in interval: UInt64) -> [String] {
  let did = view.measurement
  let times = [
    did.responseNanoseconds, did.ioQueueNanoseconds, did.pendNanoseconds,
    did.controlUnitQueueNanoseconds, did.deviceQueueNanoseconds, did.disconnectNanoseconds,
    did.connectNanoseconds,
  ].map { milliseconds($0, did.requestCount) }
  // What a device does at the end of the interval counts when it has done it.
  let used = did.connectNanoseconds.addingClamped(did.disconnectNanoseconds)
  let rate = did.requestCount.scaledClamped(by: 100_000_000_000, over: max(1, interval))
  return [
    name, hexDigits(view.virtualDevice, 4), hexDigits(view.realDevice, 4),
    fixedPointText(interval / 1_000_000, places: 3, padded: true),
    fixedPointText(rate, places: 2, padded: true),
  ] + times + [did.connectNanoseconds, used].map { percent($0, of: interval) }
}

private func milliseconds(_ nanoseconds: UInt64, _ count: UInt64) -> String {
  fixedPointText(nanoseconds / max(1, count) / 1_000, places: 3, padded: true)
}

private func percent(_ part: UInt64, of whole: UInt64) -> String {
  fixedPointText(part.scaledClamped(by: 10_000, over: max(1, whole)), places: 2, padded: true)
}
