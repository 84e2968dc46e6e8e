import Channels
import ControlProgram
import Partitioning
import Quantities
import Records

// Where a machine is to begin, and what is known of the checkpoint that it goes on from.

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
}

/// What a machine goes on from.
struct MachineOrigin {
  /// What the checkpoint says of itself.
  let manifest: CheckpointManifest
  /// The disks that it is without.
  var missingDisks: [UInt16] = []
  /// Where that is in the records; nil for one that says it not.
  var position: RecordsPosition?
  /// What is known of the time after it.
  var later: LaterHistory?
  /// Whether that is performed again, and up to which instant.
  var replayEnd: SimulatedTime?

  /// What goes on from a checkpoint.
  init(_ manifest: CheckpointManifest, replayEnd: SimulatedTime? = nil) {
    self.manifest = manifest
    self.replayEnd = replayEnd
    position = manifest.position
  }

  /// When it was taken.
  var time: SimulatedTime { manifest.time }

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
    let switches = Set(later.frames.map(\.switchName)).sorted()
    let frames =
      switches.isEmpty ? [] : ["  AND WHAT CAME IN BY VSWITCH " + switches.joined(separator: " ")]
    let before = rest > 0 ? ["  (\(rest) BEFORE THESE)"] : []
    return [heading] + typed + frames + before + shown.map { "  " + $0 }
  }

  /// Changes that are told one by one.
  private static let shownCount = 8
}

extension HostFailure {
  /// Why REWIND goes nowhere, as the command's answer.
  var rewindLine: String {
    CommandMessage(.checkpointFailure, "\(subject): \(reason)").line(module: "RWD")
  }
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
    case .notRefused(let input):
      "REPLAY STOPPED AT \(timeOfDay(input.time)): \(input.action.commandText) WAS REFUSED THEN"
    case .notTaken(let input, let reason):
      "REPLAY STOPPED AT \(timeOfDay(input.time)): WHAT CAME TO \(input.subject) THEN, NOW: \(reason)"
    case .differs(let difference):
      "REPLAY DIFFERS FROM THE RECORDS AT \(timeOfDay(difference.recorded.time)): "
        + difference.recorded.action.commandText
    }
  }
}
