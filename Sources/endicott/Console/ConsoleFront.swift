import ControlProgram
import Definitions
import Foundation
import Partitioning
import Records

/// The operator's console, at a terminal or on a pipe.
struct ConsoleFront {
  private static let answers = keywordChoices("Warm|Replay|COLD|SHUTDOWN")
  private let isTerminal = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1

  /// Runs a machine until it or the session is over.
  ///
  /// - Returns: The exit status.
  /// - Throws: `HostFailure` when the host refuses a thread.
  func run(_ machine: RunningMachine) throws(HostFailure) -> Int32 {
    guard isTerminal else {
      var console = PipedConsole(machine: machine)
      let (status, last) = console.run()
      return last.close(status)
    }
    let mailbox = EngineMailbox()
    let port = TerminalPort(wake: SignalPipe.wake)
    let signals = try SignalPipe([SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGQUIT, SIGTSTP])
    let engine = MachineEngine(machine: machine, mailbox: mailbox, port: port)
    guard HostThread.start(stackByteCount: 16 << 20, { engine.run() }) else {
      _ = machine.close(ExitStatus.hostFailed)
      throw .noThread(for: "the machine")
    }
    defer { engine.waitForEnd() }
    return ReadlineTerminal(mailbox: mailbox, port: port, signals: signals).run()
  }

  /// Says which checkpoint there is, and asks at a terminal whether the machine goes on from it.
  ///
  /// - Returns: Where the machine begins; nil when it shall not.
  /// - Throws: `HostFailure` when the checkpoints cannot be read.
  func ask(_ records: MachineRecords) throws(HostFailure) -> MachineBeginning? {
    guard let store = records.store, let offer = try CheckpointOffer(store) else { return .cold }
    guard isTerminal else {
      writeLines([offer.lines.first ?? "", "--warm goes on from it; this machine starts anew"])
      return .cold
    }
    writeLines(offer.lines)
    while true {
      writeLines(["Start (Warm|Replay|COLD) or (SHUTDOWN)"])
      guard let word = readLine()?.trimmingCharacters(in: .whitespaces).uppercased() else {
        return nil
      }
      switch Self.answers.first(where: { $0.accepts(word) })?.name {
      case "WARM": return .warm(isReplayed: false)
      case "REPLAY": return .warm(isReplayed: true)
      case "COLD": return .cold
      case "SHUTDOWN": return nil
      default: continue
      }
    }
  }
}

/// The checkpoint that a machine can go on from.
struct CheckpointOffer {
  /// Which it is, and what is known of the time after it.
  let lines: [String]

  /// The one that a warm start takes, if it is whole; nil when there is none.
  init?(_ store: RecordStore) throws(HostFailure) {
    do throws(CheckpointError) {
      let all = try CheckpointFolder(inStateFolder: store.folder).list()
      let manifests = all.compactMap { try? $0.manifest.get() }
      guard let newest = MachineRestart.forWarmStart(manifests, store).last else { return nil }
      lines = CheckpointOffer.lines(newest, store)
    } catch {
      throw HostFailure(subject: "checkpoints", reason: error.description)
    }
  }

  private static func lines(_ manifest: CheckpointManifest, _ store: RecordStore) -> [String] {
    var origin = MachineOrigin(manifest)
    var timeOfDayAtStart: Int64 = 0
    if let position = manifest.position {
      // What cannot be read is told when the machine starts.
      origin.later = try? store.history(after: position)
      timeOfDayAtStart = (try? store.starts().first { $0.id == position.start })?.timeOfDay ?? 0
    }
    func text(_ time: UInt64) -> String {
      CalendarTime(
        secondsSince1970: timeOfDayAtStart.addingClamped(Int64(clamping: time / 1_000_000_000))
      ).timeText
    }
    return [
      "CHECKPOINT \(manifest.name) OF \(text(manifest.time)), \(manifest.guestCount) PARTITIONS"
    ] + origin.laterLines(text)
  }
}
