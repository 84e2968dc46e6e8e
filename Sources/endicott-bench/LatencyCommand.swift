import ArgumentParser
import Partitioning

/// How long logical processors wait from getting work to running.
struct LatencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency",
    abstract: "Wake-to-run latency of PULSE partitions beside greedy ones of less weight.")

  @Option(help: "Partitions that wake and sleep.")
  var sleepers = 20

  @Option(help: "Partitions that are greedy.")
  var greedy = 20

  @Option(help: "Weight of one that wakes and sleeps.")
  var weight = 100

  @Option(help: "Weight of a greedy one.")
  var greedyWeight = 10

  @Option(help: "Physical processors.")
  var processors = 8

  @Option(help: "Simulated seconds.")
  var seconds = 30.0

  func run() throws {
    let farm = try GuestFarm(
      groups: [
        .init(count: greedy, program: "SPIN", weight: greedyWeight),
        .init(count: sleepers, program: "PULSE", parameters: "5 20", weight: weight),
      ], processors: processors, megahertz: 5)
    try farm.activateAll()
    farm.run(seconds: seconds)
    let waits = farm.manager.wakeLatencies
    let pool = farm.manager.machineView.pools[0]
    let logicals = sleepers + greedy
    let bound = max(0, (logicals - processors + processors - 1) / processors)
    print("\(waits.count) waits from getting work to running, on \(processors) processors:")
    for (name, parts) in [("p50", 50_000), ("p99", 99_000), ("p99.9", 99_900)] {
      print("\(name) \(milliseconds(waits.percentile(UInt64(parts)))) ms")
    }
    print("longest \(milliseconds(waits.longest)) ms")
    print(
      "bound when all are greedy: \(bound) slices of \(milliseconds(pool.runningTime)) ms, or"
        + " \(milliseconds(UInt64(bound) * pool.runningTime)) ms")
  }

  private func milliseconds(_ nanoseconds: UInt64) -> String {
    text(Double(nanoseconds) / 1e6, 3)
  }
}
