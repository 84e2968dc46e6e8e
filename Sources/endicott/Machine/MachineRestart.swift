import Channels
import Partitioning
import Quantities
import Records

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
      return try origin(try goOn(from: known(name)), isReplayed: isReplayed)
    case .instant(let time, let start): return try origin(at: time, of: start)
    }
  }

  /// A checkpoint's name as it is, however it was typed.
  private func known(_ name: String) throws(HostFailure) -> String {
    try list().map(\.name).first { $0.uppercased() == name.uppercased() } ?? name
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
    var origin = MachineOrigin(manifest)
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
    var origin = MachineOrigin(manifest, replayEnd: time)
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
    fixedPointText(Int(clamping: time / 1_000_000), places: 3, padded: true) + " s"
  }
}
