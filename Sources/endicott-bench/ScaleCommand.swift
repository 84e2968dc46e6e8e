import ArgumentParser
import Partitioning

/// A thousand partitions, and changes of all kinds while they run.
struct ScaleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scale",
    abstract: "Many partitions under 100 changes a simulated second: laws, digest, host time.")

  @Option(help: "Partitions.")
  var guests = 1_000

  @Option(help: "Changes in a simulated second.")
  var changes = 100

  @Option(help: "Simulated seconds.")
  var seconds = 10

  @Option(help: "Host threads.")
  var threads = 2

  @Option(help: "Seed of the changes.")
  var seed: UInt64 = 1

  func run() throws {
    // A sixth of the partitions work for a hundredth of the time: a tenth of 16 processors.
    let busy = guests * 16 / 100
    let farm = try GuestFarm(
      groups: [
        .init(
          count: busy, program: "PULSE", parameters: "1 200", reserved: 2, megabytes: 2,
          reservedMegabytes: 4),
        .init(
          count: guests - busy, program: "TALKER", reserved: 2, megabytes: 2,
          reservedMegabytes: 4),
      ], processors: 16, megahertz: 5, threads: threads,
      capacityGroups: [
        GroupDefinition(name: "ONE", absoluteCaps: [GroupCap(type: .cp, hundredths: 200)]),
        GroupDefinition(name: "TWO"),
      ])
    try farm.activateAll()
    _ = farm.manager.hostTime()
    var random = ChangeSource(seed: seed, partitions: farm.manager.partitionNames)
    let wall = HostUse.wallSeconds
    var performed = 0
    var refused = 0
    var changing = Duration.zero
    for second in 0..<seconds {
      for change in 0..<changes {
        farm.manager.runEpochs(
          until: UInt64(second) * 1_000_000_000
            + UInt64(change + 1) * 1_000_000_000 / UInt64(changes))
        let start = ContinuousClock.now
        if (try? farm.manager.perform(random.next())) == nil {
          refused += 1
        } else {
          performed += 1
        }
        changing += ContinuousClock.now - start
      }
      try checkLaws(farm.manager)
    }
    let time = farm.manager.hostTime()
    let passed = HostUse.wallSeconds - wall
    let planning = time.planning / .seconds(1)
    let running = time.running / .seconds(1)
    print("\(performed) changes performed, \(refused) refused; no law broken")
    print("digest \(String(farm.manager.machineView.digest, radix: 16, uppercase: true))")
    print(
      "\(text(Double(seconds) / passed, 2)) simulated seconds in one of the host's;"
        + " guests \(text(running, 1)) s, planning \(text(planning, 1)) s,"
        + " changes \(text(changing / .seconds(1), 1)) s")
    print("planning took \(text(planning / passed * 100, 1)) % of the host time")
  }

  /// Throws when anything is counted twice or not at all.
  private func checkLaws(_ manager: PartitionManager) throws {
    guard manager.ledger.isBalanced else { throw BrokenLaw(what: "storage does not balance") }
    let sample = manager.measurement()
    var effective: UInt64 = 0
    for processor in sample.processors {
      let time = processor.counters
      guard time.effective + time.management + time.idle + time.offline == sample.time else {
        throw BrokenLaw(what: "the time of processor \(processor.number) does not add up")
      }
      effective += time.effective
    }
    for partition in sample.partitions {
      for logicals in partition.logicals {
        let counters = logicals.counters
        guard counters.effective <= counters.dispatched,
          counters.dispatched + counters.ready <= counters.online
        else { throw BrokenLaw(what: "the time of \(partition.name) does not add up") }
        effective = effective >= counters.effective ? effective - counters.effective : 0
      }
    }
  }
}

/// A law that does not hold.
struct BrokenLaw: Error, CustomStringConvertible {
  let what: String
  var description: String { "law broken: \(what)" }
}

/// Changes of all kinds, the same for the same seed.
struct ChangeSource {
  private var state: UInt64
  private let partitions: [String]

  init(seed: UInt64, partitions: [String]) {
    state = seed
    self.partitions = partitions
  }

  /// SplitMix64.
  private mutating func number(below limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((value ^ value >> 31) % UInt64(limit))
  }

  mutating func next() -> ManagementAction {
    let name = partitions[number(below: partitions.count)]
    let isOn = number(below: 2) == 1
    switch number(below: 24) {
    case 0: return .set(.weight(name, type: nil, weight: 1 + number(below: 999)))
    case 1:
      return .set(.share(name, type: nil, amount: .relative(1 + number(below: 999)), limit: nil))
    case 2: return .set(.initialShare(name, type: nil))
    case 3:
      return .set(
        .cap(
          name, type: nil, .absolute(hundredths: isOn ? 1 + number(below: 200) : nil)))
    case 4: return .set(.cap(name, type: nil, .ownShare(isOn)))
    case 5: return .set(.group(name, type: nil, group: isOn ? "ONE" : nil))
    case 6:
      return .set(.groupCap("ONE", type: .cp, hundredths: isOn ? 50 + number(below: 400) : nil))
    case 7: return .set(.polarity(name, isOn ? .vertical : .horizontal))
    case 8: return .set(.definedCapacity(name, units: isOn ? 1 + number(below: 100) : nil))
    case 9: return .set(.runningTime(nanoseconds: isOn ? 5_000_000 : nil))
    case 10: return .set(.waitCompletion(isOn))
    case 11, 12, 13:
      return .configureProcessor(
        name, processor: 1 + number(below: 2), online: isOn,
        insistence: number(below: 4) == 0 ? .force : .polite, within: 5)
    case 14, 15:
      return .configureStorage(
        name, byteCount: UInt64(1 + number(below: 3)) << 20, online: isOn, insistence: .polite,
        within: 5)
    case 16: return .varyProcessor(number(below: 16), online: isOn)
    case 17: return .stop(name, processor: nil)
    case 18: return .start(name, processor: nil)
    case 19: return .deactivate(name, force: true)
    case 20, 21: return .activate(name, load: true)
    case 22: return .sendConsole(name, bytes: Array("help\r".utf8))
    default: return .load(name, image: nil, parameters: nil)
    }
  }
}
