import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

/// Where a machine begins.
enum MachineBeginning {
  /// Nothing is active.
  case cold
  /// The newest whole checkpoint; cold when there is none.
  case warm(isReplayed: Bool)
  /// The checkpoint of this name.
  case checkpoint(String, isReplayed: Bool)
  /// An instant of what was recorded: the nearest checkpoint before it, and what came since; of a start's
  /// own history if it reaches the instant, otherwise of the newest that does.
  case instant(SimulatedTime, of: Int64? = nil)

  /// Whether what was asked for after the checkpoint is performed again.
  var isReplayed: Bool {
    switch self {
    case .cold: false
    case .warm(let isReplayed), .checkpoint(_, let isReplayed): isReplayed
    case .instant: true
    }
  }
}

/// What a machine goes on from.
struct MachineOrigin {
  /// The checkpoint's name.
  var checkpoint: String
  /// When it was taken.
  var time: SimulatedTime
  /// Where that is in the records; nil for one that says it not.
  var position: RecordsPosition?
  /// What is known of the time after it.
  var later: LaterHistory?
  /// Whether that is performed again, and up to which instant.
  var replayEnd: SimulatedTime?

  /// Where the machine's own history begins: after what is performed again.
  var parent: RecordsPosition? {
    guard replayEnd != nil, let later else { return position }
    return later.end
  }
}

extension MachineOrigin {
  /// What was asked for after the checkpoint and is not performed again, the last of it.
  func laterLines(_ timeOfDay: (SimulatedTime) -> String) -> [String] {
    guard let later, later.end.time > time || !later.isEmpty else { return [] }
    let count = later.inputs.count
    let heading =
      "\(count == 0 ? "NO" : "\(count)") CHANGE\(count == 1 ? "" : "S") AFTER IT, UNTIL "
      + timeOfDay(later.end.time)
    let shown = later.inputs.suffix(Self.shownCount).map { input in
      "\(timeOfDay(input.time)) \(padded(input.author.name, 8)) \(input.action.commandText)"
    }
    let rest = count.subtractingClamped(shown.count)
    let names = Set(later.typed.map(\.partition)).sorted()
    let typed = names.isEmpty ? [] : ["  AND WHAT WAS TYPED AT " + names.joined(separator: " ")]
    let before = rest > 0 ? ["  (\(rest) BEFORE THESE)"] : []
    return [heading] + typed + before + shown.map { "  " + $0 }
  }

  /// Changes that are told one by one.
  private static let shownCount = 8
}

extension ReplayOutcome {
  /// How it ended, in a line.
  func line(_ timeOfDay: (SimulatedTime) -> String, until end: String) -> String {
    switch self {
    case .done(let count):
      "REPLAYED: \(count) CHANGE\(count == 1 ? "" : "S") UNTIL \(end)"
    case .refused(let input, let error):
      "REPLAY STOPPED AT \(timeOfDay(input.time)): \(input.action.commandText) WAS PERFORMED THEN, NOW: "
        + CommandMessage(error).text
    case .differs(let difference):
      "REPLAY DIFFERS FROM THE RECORDS AT \(timeOfDay(difference.recorded.time)): "
        + difference.recorded.action.commandText
    }
  }
}

/// Finds what a machine goes on from, and puts it back.
struct MachineRestart {
  private let manager: PartitionManager
  private let folder: CheckpointFolder
  private let records: any RecordReading
  /// What the machine's files say.
  private let definition: SystemDefinition
  private let tell: (String) -> Void

  /// - Parameters:
  ///   - manager: A machine that was just built.
  ///   - folder: Its checkpoints.
  ///   - records: Its records.
  ///   - definition: What its files say.
  ///   - tell: Takes what is wrong with checkpoints that are passed over.
  init(
    _ manager: PartitionManager, _ folder: CheckpointFolder, _ records: any RecordReading,
    definition: SystemDefinition, tell: @escaping (String) -> Void
  ) {
    self.manager = manager
    self.folder = folder
    self.records = records
    self.definition = definition
    self.tell = tell
  }

  /// Puts a machine where it is to begin; what is to be performed again is still to come.
  ///
  /// - Returns: What it goes on from; nil when it starts anew.
  /// - Throws: `HostFailure` that says what is damaged or does not fit; the machine is as it was then.
  func begin(_ beginning: MachineBeginning) throws(HostFailure) -> MachineOrigin? {
    switch beginning {
    case .cold: return nil
    case .warm(let isReplayed):
      let names = try warmNames()
      return names.isEmpty ? nil : try origin(try newest(of: names), isReplayed: isReplayed)
    case .checkpoint(let name, let isReplayed):
      return try origin(try goOn(from: name), isReplayed: isReplayed)
    case .instant(let time, let start): return try origin(at: time, of: start)
    }
  }

  /// The checkpoints that a warm start may go on from, the one to take last; those that cannot be read come
  /// after it, to be told of.
  private func warmNames() throws(HostFailure) -> [String] {
    let all = try list()
    let manifests = all.compactMap { try? $0.manifest.get() }
    let damaged = all.filter { (try? $0.manifest.get()) == nil }
    return Self.forWarmStart(manifests, records).map(\.name) + damaged.map(\.name)
  }

  /// The checkpoints of the history that ran last, of all when it has none, the newest last.
  static func forWarmStart(
    _ manifests: [CheckpointManifest], _ records: any RecordReading
  ) -> [CheckpointManifest] {
    // What cannot be read of the records is told where they are opened.
    let line = (try? records.linesToGoOnWith(manifests.compactMap(\.position)))?.first
    let own = manifests.filter { $0.position.map { line?.contains($0) ?? false } ?? false }
    return own.isEmpty ? manifests : own
  }

  private func origin(
    _ manifest: CheckpointManifest, isReplayed: Bool
  ) throws(HostFailure) -> MachineOrigin {
    var origin = MachineOrigin(
      checkpoint: manifest.name, time: manifest.time, position: manifest.position)
    let starts = try ask { records throws(RecordStoreError) in try records.starts() }
    guard let position = manifest.position, starts.contains(where: { $0.id == position.start })
    else {
      guard !isReplayed else {
        throw HostFailure(
          subject: "checkpoint \(manifest.name)",
          reason: "what came after it is not in these records; go on without REPLAY")
      }
      origin.position = nil
      return origin
    }
    try requireDefinition(of: manifest, isReplayed: isReplayed)
    origin.later = try ask { records throws(RecordStoreError) in
      try records.history(after: position)
    }
    origin.replayEnd = isReplayed ? origin.later?.end.time : nil
    return origin
  }

  /// Goes on from an instant of the newest history that reaches it.
  private func origin(
    at time: SimulatedTime, of start: Int64?
  ) throws(HostFailure) -> MachineOrigin {
    let manifests = try list().compactMap { try? $0.manifest.get() }
    let lines = try ask { records throws(RecordStoreError) in
      let own = try start.map { start throws(RecordStoreError) in
        HistoryLine(to: start, of: try records.starts())
      }
      return try (own.map { [$0] } ?? [])
        + records.linesToGoOnWith(manifests.compactMap(\.position))
    }
    var known: SimulatedTime?
    for line in lines {
      let own = manifests.filter { $0.position.map { line.contains($0) } ?? false }
      let before = own.filter { $0.time <= time }
      guard let nearest = before.last, let position = nearest.position else { continue }
      let recorded = try ask { records throws(RecordStoreError) in
        try records.history(on: line, after: position, until: .max).end.time
      }
      // A checkpoint that was taken later says that the machine was there.
      let end = own.reduce(recorded) { max($0, $1.time) }
      known = max(known ?? 0, end)
      guard time <= end else { continue }
      try requireDefinition(of: nearest, isReplayed: true)
      return try origin(at: time, on: line, from: before)
    }
    throw HostFailure(
      subject: Self.text(time),
      reason: known.map { "the machine was recorded up to \(Self.text($0))" }
        ?? "no checkpoint was taken at or before it; take them with CHECKPOINT EVERY or"
        + " --checkpoint-every")
  }

  private func origin(
    at time: SimulatedTime, on line: HistoryLine, from manifests: [CheckpointManifest]
  ) throws(HostFailure) -> MachineOrigin {
    let manifest = try newest(of: manifests.map(\.name))
    var origin = MachineOrigin(
      checkpoint: manifest.name, time: manifest.time, position: manifest.position, replayEnd: time)
    if let position = manifest.position {
      origin.later = try ask { records throws(RecordStoreError) in
        try records.history(on: line, after: position, until: time)
      }
      origin.later?.end.time = time
    }
    return origin
  }

  /// Refuses to perform again what was asked of a machine that was defined otherwise; to go on from one is
  /// told.
  private func requireDefinition(
    of manifest: CheckpointManifest, isReplayed: Bool
  ) throws(HostFailure) {
    guard let sum = manifest.definition, sum != definition.sum else { return }
    guard !isReplayed else {
      throw HostFailure(
        subject: "checkpoint \(manifest.name)",
        reason: "the machine's files are not what they were then, so that what was asked would not"
          + " lead to the same; put them back, or go on without REPLAY")
    }
    tell(
      "endicott: checkpoint \(manifest.name): the machine's files are not what they were then; the"
        + " checkpoint counts")
  }

  /// Goes on from the newest whole one of checkpoints in their order.
  private func newest(of names: [String]) throws(HostFailure) -> CheckpointManifest {
    for name in names.reversed() {
      do throws(HostFailure) {
        return try goOn(from: name)
      } catch {
        tell(error.line)
      }
    }
    throw HostFailure(
      subject: "checkpoints",
      reason: "none of \(names.count) can be used; start without --warm")
  }

  private func list() throws(HostFailure) -> [(
    name: String, manifest: Result<CheckpointManifest, CheckpointError>
  )] {
    do throws(CheckpointError) {
      return try folder.list()
    } catch {
      throw HostFailure(subject: "checkpoints", reason: error.description)
    }
  }

  /// Has the machine go on from a checkpoint.
  private func goOn(from name: String) throws(HostFailure) -> CheckpointManifest {
    do throws(CheckpointError) {
      let (manifest, checkpoint) = try folder.load(name)
      guard manifest.machine == manager.definition.machine.name else {
        throw .unfit(folder: folder.path, reason: "it is of machine \(manifest.machine)")
      }
      do throws(StateRefusal) {
        try manager.restore(checkpoint)
      } catch {
        throw .unfit(folder: folder.path + "/" + name, reason: error.description)
      }
      return manifest
    } catch {
      throw HostFailure(subject: "checkpoint \(name)", reason: error.description)
    }
  }

  private func ask<Answer>(
    _ question: (any RecordReading) throws(RecordStoreError) -> Answer
  ) throws(HostFailure) -> Answer {
    do throws(RecordStoreError) {
      return try question(records)
    } catch {
      throw HostFailure(error)
    }
  }

  /// An instant in seconds since IPL.
  private static func text(_ time: SimulatedTime) -> String {
    let milliseconds = "\(time / 1_000_000 % 1000)".zeroPadded(to: 3)
    return "\(time / 1_000_000_000).\(milliseconds) s"
  }
}
