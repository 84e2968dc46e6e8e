import ArgumentParser
import Partitioning

/// How near shares come to entitlements.
struct ShareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "share",
    abstract: "Share error of greedy partitions after simulated seconds, and Jain's index.")

  @Option(help: "Partitions.")
  var guests = 20

  @Option(help: "Physical processors.")
  var processors = 8

  @Option(help: "Rate of each, in MHz.")
  var megahertz: UInt32 = 5

  @Option(help: "Host threads.")
  var threads = 1

  @Option(help: "Simulated seconds after which errors are told, ascending.")
  var after: [Double] = [1, 10, 60]

  func run() throws {
    let farm = try GuestFarm(
      count: guests, program: "SPIN", weights: [10, 20, 30, 40, 50], processors: processors,
      megahertz: megahertz, threads: threads)
    try farm.activateAll()
    let start = HostUse.processorSeconds
    var last = 0.0
    for end in after {
      farm.run(seconds: end - last)
      last = end
      report(farm, after: end)
    }
    let views = farm.manager.partitionNames.compactMap { farm.manager.partitionView($0) }
    let instructions = views.reduce(0) { $0 + $1.instructionCount }
    let used = HostUse.processorSeconds - start
    print("\(text(Double(instructions) / used / 1e6, 0)) MIPS over all partitions")
  }

  private func report(_ farm: GuestFarm, after seconds: Double) {
    let shares = farm.manager.partitionNames.compactMap {
      farm.manager.partitionView($0)?.shares.first
    }
    // What one has no logical processor for goes to the others.
    let dues = ProcessingShare.distribution(
      among: shares.map { ShareClaim($0.setting, logicalCount: $0.online) },
      demands: shares.map { Fraction(Int128($0.online)) }, sharedProcessors: processors)
    var errors: [Double] = []
    var ratios: [Double] = []
    for (share, due) in zip(shares, dues.map(\.approximation)) {
      let got = Double(share.usedNanoseconds) / 1e9 / seconds
      errors.append(abs(got - due) / due * 100)
      ratios.append(got / due)
    }
    errors.sort()
    let sum = ratios.reduce(0, +)
    let squares = ratios.reduce(0) { $0 + $1 * $1 }
    print(
      "after \(text(seconds, 0)) s: share error at most \(text(errors.last ?? 0)) %,"
        + " typically \(text(errors[errors.count / 2])) %,"
        + " Jain's index \(text(sum * sum / (Double(ratios.count) * squares), 6))")
  }
}
