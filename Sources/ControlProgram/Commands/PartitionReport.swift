import Channels
import Partitioning

// INDICATE LPAR REPORT: two samples, and the report between them.

/// What a report is to be of, and how.
private struct ReportRequest {
  var names: [String]?
  var type: ProcessorType?
  var interval = TimeSelection()
  var form: ReportForm?

  init(_ call: Invocation) throws(CommandMessage) {
    let words = ["TYPE", "FROM", "TO", "LAST", "CSV", "JSON"]
    if let word = call.operands.peek, !words.contains(word) {
      names = try call.partitions(try call.operands.useridPattern())
    }
    type = try call.operands.processorType()
    interval = try call.operands.interval(of: call.system.machineView)
    if interval == TimeSelection(), call.operands.take("LAST") {
      interval.last = try call.operands.duration()
    }
    switch call.operands.take(anyOf: "CSV|JSON") {
    case "CSV": form = .commaSeparated
    case "JSON": form = .jsonLines
    default: break
    }
    try call.operands.end()
    if !call.seesOthers { names = call.visible(names ?? call.control.partitionNames) }
  }
}

func reportPartitions(_ call: Invocation) throws(CommandMessage) {
  try call.requireConsole()
  let request = try ReportRequest(call)
  let (report, processors) = try call.reports(of: request.interval)
  if let form = request.form {
    let lines = try call.records().lines(
      of: report, in: form, partitions: request.names, type: request.type)
    return call.reply(lines)
  }
  let text = ReportText(
    machine: call.system.machineView, partitions: request.names, type: request.type)
  call.reply(text.lines(of: report))
  guard request.names == nil else { return }
  call.reply("")
  call.reply(text.lines(of: processors))
}

extension Invocation {
  /// Both reports of an interval.
  fileprivate func reports(
    of interval: TimeSelection
  ) throws(CommandMessage) -> (PartitionDataReport, ProcessorReport) {
    let (first, last) = try samples(of: interval)
    var units: [ProcessorType: Int] = [:]
    for pool in system.definition.machine.processors { units[pool.type] = pool.capacityUnits }
    do throws(ReportError) {
      return (
        try PartitionDataReport(from: first, to: last, capacityUnits: units),
        try ProcessorReport(from: first, to: last)
      )
    } catch {
      throw CommandMessage(.noSample, try sampledText())
    }
  }

  /// The samples at the ends of an interval: the last before each end.
  private func samples(
    of interval: TimeSelection
  ) throws(CommandMessage) -> (MeasurementSample, MeasurementSample) {
    var from = interval.from
    if let last = interval.last { from = system.elapsed(since: last) }
    let first = try from.map { time throws(CommandMessage) in try sample(at: time) }
    let last = try interval.to.map { time throws(CommandMessage) in try sample(at: time) }
    return (first ?? control.firstSample, last ?? system.measurement())
  }

  /// The last sample at or before an instant; the machine's start has one too.
  private func sample(at time: SimulatedTime) throws(CommandMessage) -> MeasurementSample {
    if time <= control.firstSample.time { return control.firstSample }
    let found = try ask { records throws(RecordsFailure) in try records.sample(atOrBefore: time) }
    return found ?? control.firstSample
  }

  /// `from 12:00:00 to 12:30:00`, or `none`.
  private func sampledText() throws(CommandMessage) -> String {
    guard control.records != nil,
      let times = try ask({ records throws(RecordsFailure) in try records.sampledTimes() })
    else { return "none" }
    let machine = system.machineView
    return "samples from \(machine.timeOfDay(at: times.lowerBound).timeText) to "
      + machine.timeOfDay(at: times.upperBound).timeText
  }
}
