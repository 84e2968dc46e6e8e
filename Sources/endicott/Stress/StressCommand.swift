import ArgumentParser
import Foundation
import Partitioning
import Quantities
import X86

/// `endicott stress`: many guests, reconfigured at random, with everything counted after each step.
struct StressCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stress",
    abstract: "Reconfigure many guests at random and check that nothing is lost.",
    discussion: """
      Provokes every refusal of the firmware on a small machine and sees that nothing changed. Then \
      activates N guests (SPIN, PULSE, TOUCHER, TALKER, IODRIVER) and makes changes of every kind: \
      weights, shares, caps, groups, capacities, polarity, permissions, profiles, processors, \
      storage, channel paths, running time, and the life of guests. After every step: granted and \
      free storage come to what is installed, processor time by partitions and accounting records \
      comes to that of the physical processors, each physical processor's time is accounted for to \
      the nanosecond, the event log fits together, and no guest has found a byte wrong. The same N, \
      duration and seed give the same history and digest.

      With --kill K, instead: the program is started as a process with N partitions and a state \
      folder of its own, given changes, and killed (SIGKILL) at a random instant, K times on the same \
      state. What was answered must have been kept, the file undamaged, the configuration what the \
      event log led to, and what the next start says was lost must be what was active.

      Exit status: 0 nothing was lost; 1 something was.
      """)

  @Option(help: ArgumentHelp("Guests, 1-2000.", valueName: "n"))
  var guests = 200

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "Simulated time: 30s, 5m, 1h, or seconds.", valueName: "duration"))
  var duration = TimeSpan(seconds: 10)

  @Option(help: ArgumentHelp("Changes to make at least.", valueName: "n"))
  var steps = 0

  @Option(help: ArgumentHelp("What the changes are drawn from.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("Host threads that run partitions, 1-64.", valueName: "n"))
  var threads: Int?

  @Option(
    help: ArgumentHelp(
      "For tests: decoded code is ordinary, tiny or drop, as with run.", valueName: "caches"))
  var caches = CachePolicy.ordinary

  @Option(help: ExecutionEngine.help)
  var engine = ExecutionEngine.standard

  @Option(help: ArgumentHelp("Times to kill the program and start it again.", valueName: "n"))
  var kill: Int?

  func validate() throws {
    if let kill, !(1...100_000).contains(kill) {
      throw ValidationError("--kill \(kill): 1 to 100000 are possible")
    }
    guard (1...2000).contains(guests) else {
      throw ValidationError("--guests \(guests): 1 to 2000 are possible")
    }
    if let threads, !(1...64).contains(threads) {
      throw ValidationError("--threads \(threads): 1 to 64 are possible")
    }
  }

  func run() throws {
    do {
      if let kill { throw ExitCode(try runKills(kill)) }
      let threads = threads ?? min(Host.coreCount, 4)
      let run = try StressRun(
        guests: guests, seed: seed, threads: threads, caches: caches, engine: engine)
      try run.provokeRefusals()
      let losses = run.run(for: duration.nanoseconds, steps: steps, progress: showProgress)
      if isatty(STDERR_FILENO) == 1 { writeError("") }
      writeLines(run.report)
      throw ExitCode(losses.isEmpty ? ExitStatus.done : ExitStatus.failed)
    } catch let failure as HostFailure {
      writeError(failure.line)
      throw ExitCode(failure.status)
    }
  }

  private func runKills(_ count: Int) throws(HostFailure) -> Int32 {
    var run = try KillRun(guests: guests, seed: seed)
    let losses = try run.run(count, progress: showProgress)
    if isatty(STDERR_FILENO) == 1 { writeError("") }
    writeLines(run.report)
    return losses.isEmpty ? ExitStatus.done : ExitStatus.failed
  }

  private func showProgress(_ progress: String) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    _ = writeAll(Array("\r\(progress)\u{1B}[K".utf8), to: STDERR_FILENO)
  }
}
