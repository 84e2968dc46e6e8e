import ArgumentParser
import Partitioning

/// What planning and settling cost.
struct PlanningCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "planning",
    abstract: "Host time of planning and settling an epoch, by ready and by idle partitions.")

  @Option(help: "Physical processors.")
  var processors = 16

  @Option(help: "Simulated seconds for each row.")
  var seconds = 1.0

  func run() throws {
    print("   READY    IDLE   EPOCHS  us/EPOCH OF PLANNING  us/EPOCH OF GUESTS")
    for (ready, idle) in [
      (16, 0), (16, 100), (16, 1_000), (16, 4_000), (100, 0), (1_000, 0), (1_000, 1_000),
    ] {
      let farm = try GuestFarm(
        groups: [
          .init(count: ready, program: "SPIN", weight: 10),
          .init(count: idle, program: "TALKER", weight: 10),
        ], processors: processors, megahertz: 5)
      try farm.activateAll()
      // Until all that are to be idle have come up.
      farm.run(seconds: 0.2 + Double(idle) / 400)
      let before = (farm.manager.hostTime(), farm.manager.epochCount)
      farm.run(seconds: seconds)
      let time = farm.manager.hostTime()
      let epochs = farm.manager.epochCount - before.1
      print(
        row(
          [ready, idle, Int(epochs)],
          [time.planning - before.0.planning, time.running - before.0.running], epochs))
    }
  }

  private func row(_ counts: [Int], _ times: [Duration], _ epochs: UInt64) -> String {
    let numbers =
      counts.map { pad(String($0), 8) }
      + times.map {
        pad(text($0 / .microseconds(1) / Double(max(epochs, 1)), 2), 20)
      }
    return numbers.joined()
  }

  private func pad(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// How long a command takes, and how long until it shows.
struct EffectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "effect",
    abstract: "Host time of changes, and simulated time from a change to its effect.")

  @Option(help: "Partitions.")
  var guests = 200

  @Option(help: "Changes of each kind.")
  var repetitions = 20

  func run() throws {
    let farm = try GuestFarm(
      groups: [
        .init(count: guests, program: "SPIN", weight: 10, processors: 2, reserved: 1)
      ], processors: 16, megahertz: 5)
    try farm.activateAll()
    farm.run(seconds: 0.5)
    let name = farm.manager.partitionNames[0]
    try measureRehearsal(farm)
    try measure(farm, "weight") { .set(.weight(name, type: nil, weight: 10 + $0 % 2)) }
    try measure(farm, "absolute cap") {
      .set(.cap(name, type: nil, .absolute(hundredths: 5 + $0 % 2)))
    }
    try measure(farm, "polarity") { .set(.polarity(name, $0 % 2 == 0 ? .vertical : .horizontal)) }
    try measure(farm, "running time") {
      .set(.runningTime(nanoseconds: UInt64(10 + $0) * 1_000_000))
    }
    _ = try farm.manager.perform(.set(.cap(name, type: nil, .absolute(hundredths: nil))))
    _ = try farm.manager.perform(.set(.runningTime(nanoseconds: nil)))
    _ = try farm.manager.perform(.set(.polarity(name, .horizontal)))
    try measure(farm, "logical processor") {
      .configureProcessor(name, processor: 2, online: $0 % 2 == 0, insistence: .polite, within: 60)
    }
    try measure(farm, "physical processor") { .varyProcessor(15, online: $0 % 2 == 1) }
  }

  /// Copies the machine and tries a change on the copy, as PLAN does.
  private func measureRehearsal(_ farm: GuestFarm) throws {
    let name = farm.manager.partitionNames[0]
    var host = Duration.zero
    for index in 0..<repetitions {
      let start = ContinuousClock.now
      let rehearsal = farm.manager.rehearsal()
      _ = try rehearsal.perform(.set(.weight(name, type: nil, weight: 11 + index % 2)))
      _ = rehearsal.machineView
      host += ContinuousClock.now - start
    }
    let time = host / .microseconds(1) / Double(repetitions)
    print("rehearsal of a weight: \(text(time, 0)) us of host time")
  }

  /// Performs changes of a kind; a change is in effect when nothing of it is pending.
  private func measure(
    _ farm: GuestFarm, _ kind: String, _ action: (Int) -> ManagementAction
  ) throws {
    var host = Duration.zero
    var simulated: UInt64 = 0
    let name = farm.manager.partitionNames[0]
    for index in 0..<repetitions {
      let start = ContinuousClock.now
      _ = try farm.manager.perform(action(index))
      host += ContinuousClock.now - start
      let asked = farm.manager.now
      farm.manager.runEpochs(until: asked + 60_000_000_000) {
        farm.manager.partitionView(name)?.pending.isEmpty ?? true
      }
      simulated += farm.manager.now - asked
    }
    let count = Double(repetitions)
    print(
      "\(kind): \(text(host / .microseconds(1) / count, 0)) us of host time,"
        + " \(text(Double(simulated) / 1e6 / count, 3)) ms of simulated time to its effect")
  }
}
