import ArgumentParser
import Partitioning

/// How long activation takes, and what an active partition takes of host memory.
struct ActivationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "activation",
    abstract: "Seconds to activate and load partitions, and host memory of each.")

  @Option(help: "Partitions.")
  var guests = 200

  func run() throws {
    let farm = try GuestFarm(count: guests, program: "TALKER")
    let memory = HostUse.residentBytes ?? 0
    let start = HostUse.wallSeconds
    try farm.activateAll()
    let seconds = HostUse.wallSeconds - start
    farm.run(seconds: 1)
    let views = farm.manager.partitionNames.compactMap { farm.manager.partitionView($0) }
    let written = views.reduce(0) { $0 + $1.writtenPageCount } * 4096
    let grown = (HostUse.residentBytes ?? 0) - memory
    print("activated \(guests) partitions in \(text(seconds * 1000, 0)) ms")
    print(
      "host memory for each, beyond the pages it wrote: \((grown - written) / guests / 1024) KiB")
    print("pages that each wrote: \(written / guests / 4096)")
  }
}

/// What partitions cost that wait and have no timer.
struct WaitingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "waiting",
    abstract: "Host CPU of waiting partitions at REAL pace, in per cent of one core.")

  @Option(help: "Partitions.")
  var guests = 200

  @Option(name: .customLong("for"), help: "Seconds.")
  var seconds = 10.0

  func run() throws {
    let farm = try GuestFarm(count: guests, program: "TALKER", pace: .real)
    try farm.activateAll()
    farm.run(seconds: 2)
    let processor = HostUse.processorSeconds
    let wall = HostUse.wallSeconds
    farm.run(seconds: seconds)
    let used = HostUse.processorSeconds - processor
    let passed = HostUse.wallSeconds - wall
    print("\(text(used / passed * 100, 3)) % of a core over \(text(passed, 1)) s")
  }
}
