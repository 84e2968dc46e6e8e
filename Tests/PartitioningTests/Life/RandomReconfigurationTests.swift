import Channels
import GuestPrograms
import Testing

@testable import Partitioning

/// Whatever is asked of the firmware in whatever order, nothing is lost: storage, processor time
/// and the dispatcher's own books balance after every action.
///
/// The oracle is conservation.
struct RandomReconfigurationTests {
  private static let programs = ["SPIN", "PULSE", "TOUCHER", "TALKER", "FAULTY", "IODRIVER"]

  private func machine(_ seed: UInt64) throws -> GuestMachine {
    try GuestMachine(
      processors: 6, megahertz: 10, inputOutput: true,
      (0..<12).map { index in
        var partition = GuestMachine.partition(
          "P\(index)", Self.programs[index % 6], processors: 1 + index % 2, reserved: 2,
          weight: 20 + 10 * index, mode: index == 8 ? .dedicated : .shared, megabytes: 3,
          reservedMegabytes: 4)
        if index % 6 == 5 { partition.devices = [.init(virtualDevice: 0x100, realDevice: 0x200)] }
        return partition
      })
  }

  private func action(_ generator: inout SeededGenerator) -> ManagementAction {
    let name = "P\(Int.random(in: 0..<12, using: &generator))"
    let number = Int.random(in: 0..<5, using: &generator)
    let online = Bool.random(using: &generator)
    let insistence: Insistence = Int.random(in: 0..<4, using: &generator) == 0 ? .force : .polite
    let megabytes = UInt64.random(in: 1...4, using: &generator)
    switch Int.random(in: 0..<21, using: &generator) {
    case 0...4: return .activate(name, load: true)
    case 5: return .deactivate(name, force: true)
    case 6: return .load(name, image: nil, parameters: nil)
    case 7: return .stop(name, processor: online ? nil : number)
    case 8: return .start(name, processor: online ? nil : number)
    case 9: return online ? .resetNormal(name, force: true) : .resetClear(name, force: true)
    case 10: return .signalShutdown(name, within: 1, thenForce: online)
    case 11:
      return .set(.weight(name, type: nil, weight: Int.random(in: 1...999, using: &generator)))
    case 12:
      return .set(.cap(name, type: nil, .absolute(hundredths: online ? 30 * (number + 1) : nil)))
    case 13: return .set(.cap(name, type: nil, .ownShare(online)))
    case 14, 15:
      return .configureProcessor(
        name, processor: number, online: online, insistence: insistence, within: 1)
    case 16, 17:
      return .configureStorage(
        name, byteCount: megabytes << 20, online: online, insistence: insistence, within: 1)
    case 18:
      return .configurePath(
        name, path: 0x10 + UInt8(number % 2), online: online, insistence: insistence)
    case 19: return .varyProcessor(number, online: online)
    default:
      return online
        ? .defineProcessor(name, processor: number) : .detachProcessor(name, processor: number)
    }
  }

  private func check(_ machine: GuestMachine) throws {
    let manager = machine.manager
    #expect(manager.ledger.isBalanced)
    var granted = 0
    for partition in manager.partitions {
      let own = partition.increments.count { $0 != nil }
      #expect(own == manager.ledger.grantedCount(to: partition.number))
      granted += own
      let attached = partition.computer?.memory.attachedByteCount ?? 0
      #expect(attached == partition.storageByteCount(increment: 1 << 20))
    }
    #expect(granted + manager.ledger.freeCount == manager.ledger.installedCount)
    let dispatcher = manager.engine.dispatcher
    var running = 0
    for (index, physical) in dispatcher.physicals.enumerated() where physical.current >= 0 {
      running += 1
      let logical = dispatcher.logicals[physical.current]
      #expect(logical.state == .running && Int(logical.physical) == index)
      #expect(physical.isOnline)
    }
    #expect(running == dispatcher.course.runningCount)
    #expect(dispatcher.logicals.count { $0.state == .running } == running)
    let shared = dispatcher.physicals.count { $0.isOnline && $0.dedicatedTo < 0 }
    #expect(dispatcher.pools[0].shared == shared)
    try checkTime(manager.measurement())
    try manager.judge(manager.machineState)
    let view = manager.machineView
    #expect(view.pools[0].shared + view.pools[0].dedicated == view.pools[0].online)
  }

  /// Every nanosecond of every physical processor is one thing, and every one that a logical
  /// processor had was a physical one's.
  private func checkTime(_ sample: MeasurementSample) throws {
    for processor in sample.processors {
      let counters = processor.counters
      let sum = counters.effective + counters.management + counters.idle + counters.offline
      #expect(sum == sample.time)
    }
    for logicals in sample.partitions.flatMap(\.logicals) {
      let counters = logicals.counters
      #expect(counters.effective <= counters.dispatched)
      #expect(counters.waiting <= counters.effective)
      #expect(counters.capped <= counters.ready)
      #expect(counters.dispatched + counters.ready <= counters.online)
    }
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>)
  func booksBalance(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let machine = try machine(seed)
    var performed = 0
    for _ in 0..<400 {
      if (try? machine.manager.perform(action(&generator))) != nil { performed += 1 }
      try check(machine)
      machine.run(seconds: 0.004)
      try check(machine)
    }
    #expect(performed > 100)
    for name in machine.manager.partitionNames {
      _ = try? machine.manager.perform(.deactivate(name, force: true))
    }
    try check(machine)
    #expect(machine.manager.ledger.freeCount == machine.manager.ledger.installedCount)
    #expect(machine.manager.machineView.pools[0].dedicated == 0)
  }
}
