import GuestPrograms
import Testing

@testable import Partitioning

/// Same definitions and actions give the same history, bit for bit, for any number of host threads.
struct HistoryTests {
  private func history(threads: Int) throws -> [UInt64] {
    let machine = try GuestMachine(
      processors: 3, megahertz: 10, threads: threads, inputOutput: true,
      [
        GuestMachine.partition("SPIN1", processors: 2, reserved: 1, weight: 50),
        GuestMachine.partition("SPIN2", weight: 100, limit: .hard(nil)),
        GuestMachine.partition("PULSE1", "PULSE", parameters: "20 3", processors: 2),
        GuestMachine.partition("PULSE2", "PULSE", parameters: "50 7"),
        GuestMachine.partition("TOUCH", "TOUCHER", megabytes: 3, reservedMegabytes: 2),
        GuestMachine.partition("FAULT", "FAULTY", parameters: "TRIPLE"),
        GuestMachine.partition("TALK", "TALKER"),
      ])
    machine.manager.engine.worthSharing = 0
    try machine.activateAll()
    machine.run(seconds: 0.3)
    try machine.manager.perform(.set(.weight("SPIN1", type: nil, weight: 200)))
    try machine.manager.perform(
      .configureProcessor("SPIN1", processor: 2, online: true, insistence: .polite, within: 5))
    try machine.manager.perform(
      .configureStorage("TOUCH", byteCount: 2 << 20, online: true, insistence: .polite, within: 5))
    try machine.manager.perform(.sendConsole("TALK", bytes: Array("help\r".utf8)))
    machine.run(seconds: 0.4)
    try machine.manager.perform(.deactivate("SPIN2", force: true))
    machine.run(seconds: 0.3)
    let names = machine.manager.partitionNames
    return [machine.manager.machineView.digest, machine.manager.storageDigest(of: nil)]
      + (try names.map { try machine.view($0).digest })
      + names.map { machine.manager.storageDigest(of: $0) }
  }

  /// Every way of dispatching at once, changed while it runs.
  private func dispatching(threads: Int) throws -> [UInt64] {
    let machine = try GuestMachine(
      processors: 4, megahertz: 10, threads: threads,
      groups: [
        GroupDefinition(name: "PAIR", absoluteCaps: [GroupCap(type: .cp, hundredths: 120)])
      ],
      [
        GuestMachine.partition(
          "HIGH", parameters: "PARK", processors: 3, weight: 300, polarity: .vertical),
        GuestMachine.partition("WARN", parameters: "WARN", weight: 100, group: "PAIR"),
        GuestMachine.partition(
          "YIELD", parameters: "YIELD", processors: 2, weight: 50, group: "PAIR"),
        GuestMachine.partition("PULSE", "PULSE", parameters: "30 4", processors: 2, weight: 200),
        GuestMachine.partition(
          "FEW", "PULSE", parameters: "20 3 PARK", processors: 2, polarity: .vertical),
      ])
    machine.manager.engine.worthSharing = 0
    try machine.activateAll()
    machine.run(seconds: 0.4)
    try machine.manager.perform(.set(.waitCompletion(true)))
    try machine.manager.perform(.varyProcessor(1, online: false))
    machine.run(seconds: 0.3)
    try machine.manager.perform(.set(.polarity("WARN", .vertical)))
    try machine.manager.perform(.set(.polarity("HIGH", .horizontal)))
    try machine.manager.perform(.set(.groupCap("PAIR", type: .cp, hundredths: nil)))
    try machine.manager.perform(.varyProcessor(1, online: true))
    machine.run(seconds: 0.3)
    try machine.manager.perform(.set(.runningTime(nanoseconds: 5_000_000)))
    try machine.manager.perform(.set(.polarity("HIGH", .vertical)))
    machine.run(seconds: 0.3)
    let sample = machine.manager.measurement()
    for processor in sample.processors {
      let time = processor.counters
      #expect(time.effective + time.management + time.idle + time.offline == sample.time)
    }
    return [machine.manager.machineView.digest, machine.manager.storageDigest(of: nil)]
  }

  @Test func everyWayOfDispatchingIsTheSameForAnyNumberOfThreads() throws {
    let one = try dispatching(threads: 1)
    #expect(try dispatching(threads: 2) == one)
    #expect(try dispatching(threads: 3) == one)
  }

  @Test func theJournalReplaysAnInteractiveDay() throws {
    let partitions = [
      GuestMachine.partition("SPIN", processors: 2, reserved: 1, weight: 50),
      GuestMachine.partition("PULSE", "PULSE", parameters: "20 3"),
      GuestMachine.partition("TALK", "TALKER"),
    ]
    let day = try GuestMachine(processors: 2, megahertz: 10, partitions)
    // An operator's day: time passes in small uneven steps, with an action now and then.
    try day.activateAll()
    for step in 1...60 as ClosedRange<UInt64> {
      day.manager.runEpochs(until: day.manager.now + step * 137_311)
      switch step {
      case 7: try day.manager.perform(.set(.weight("PULSE", type: nil, weight: 500)))
      case 20: try day.manager.perform(.sendConsole("TALK", bytes: Array("help\r".utf8)))
      case 31: try day.manager.perform(.stop("SPIN", processor: nil))
      case 33:
        #expect(throws: ManagementError.self) {
          try day.manager.perform(.set(.weight("SPIN", type: nil, weight: 0)))
        }
      case 45: try day.manager.perform(.start("SPIN", processor: nil))
      default: break
      }
    }
    let replay = try GuestMachine(processors: 2, megahertz: 10, threads: 2, partitions)
    for entry in day.manager.journal {
      replay.manager.runEpochs(until: entry.time)
      #expect(replay.manager.now == entry.time)
      _ = try? replay.manager.perform(entry.action)
    }
    replay.manager.runEpochs(until: day.manager.now)
    #expect(replay.manager.machineView.digest == day.manager.machineView.digest)
    #expect(replay.manager.storageDigest(of: nil) == day.manager.storageDigest(of: nil))
    #expect(replay.manager.journal == day.manager.journal)
  }

  @Test func digestsAreEqualForOneTwoAndThreeThreads() throws {
    let one = try history(threads: 1)
    #expect(try history(threads: 1) == one)
    #expect(try history(threads: 2) == one)
    #expect(try history(threads: 3) == one)
  }
}
