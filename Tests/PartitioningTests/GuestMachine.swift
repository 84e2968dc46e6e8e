import Channels
import GuestPrograms
import Testing

@testable import Partitioning

/// A machine with one pool and guest programs of our own, at FAST pace.
struct GuestMachine {
  let manager: PartitionManager

  init(manager: PartitionManager) { self.manager = manager }

  init(
    processors: Int, megahertz: UInt32 = 5, threads: Int = 1, inputOutput: Bool = false,
    groups: [GroupDefinition] = [], waitCompletion: Bool = false, capacityUnits: Int? = nil,
    epoch: UInt64 = 100_000, storageMegabytes: UInt64 = 256, incrementMegabytes: UInt64 = 1,
    _ partitions: [PartitionDefinition]
  ) throws {
    var configuration = IOConfiguration()
    if inputOutput {
      configuration.paths = [
        ChannelPathDefinition(
          number: 0x10, accessList: partitions.map(\.name), candidateList: partitions.map(\.name)),
        ChannelPathDefinition(
          number: 0x11, accessList: partitions.map(\.name), candidateList: partitions.map(\.name)),
      ]
      configuration.controlUnits = [
        ControlUnitDefinition(
          number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)])
      ]
      configuration.devices = [
        DeviceDefinition(number: 0x200, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
      ]
    }
    manager = try PartitionManager(
      SystemDefinition(
        machine: MachineDefinition(
          name: "TEST",
          processors: [
            ProcessorPoolDefinition(
              type: .cp, count: processors, megahertz: megahertz, capacityUnits: capacityUnits)
          ],
          storageByteCount: storageMegabytes << 20, incrementByteCount: incrementMegabytes << 20,
          epochNanoseconds: epoch,
          pace: .fast, waitCompletion: waitCompletion),
        partitions: partitions, groups: groups, inputOutput: configuration),
      options: ManagerOptions(threads: threads))
  }

  /// A partition that runs a guest program.
  static func partition(
    _ name: String, _ program: String = "SPIN", parameters: String = "", processors: Int = 1,
    reserved: Int = 0, weight: Int = 100, mode: ProcessorMode = .shared,
    limit: ShareLimit = .none, cap: Int? = nil, megabytes: UInt64 = 2,
    reservedMegabytes: UInt64 = 0, group: String? = nil, polarity: Polarity = .horizontal
  ) -> PartitionDefinition {
    PartitionDefinition(
      name: name,
      processors: [
        PartitionProcessors(
          type: .cp, mode: mode, initial: processors, reserved: reserved,
          share: ShareDefinition(.relative(weight), limit: limit, absoluteCapHundredths: cap),
          group: group)
      ],
      storage: PartitionStorage(
        initialByteCount: megabytes << 20, reservedByteCount: reservedMegabytes << 20),
      ipl: .program(name: program, parameters: parameters), polarity: polarity)
  }

  func activateAll() throws {
    for name in manager.partitionNames { try manager.perform(.activate(name, load: true)) }
  }

  func run(seconds: Double, until condition: () -> Bool = { false }) {
    manager.runEpochs(until: manager.now + UInt64(seconds * 1e9), stopWhen: condition)
  }

  /// Why an action is refused, and that the channel subsystem stays as it was then; nil when it is performed.
  func refusal(_ action: ManagementAction) -> ManagementError? {
    let before = manager.machineState.channels
    do throws(ManagementError) {
      try manager.perform(action)
      return nil
    } catch {
      #expect(manager.machineState.channels == before)
      return error.cause
    }
  }

  func view(_ name: String) throws -> PartitionView { try #require(manager.partitionView(name)) }

  /// One of the counters that every guest program keeps.
  func counter(_ counter: GuestCounter, of name: String) -> UInt64 {
    word(counter.rawValue, of: name)
  }

  func word(_ address: UInt64, of name: String) -> UInt64 {
    let bytes = manager.storage(of: name, at: address, count: 8) ?? []
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// What a partition's CP processors have spent.
  func counters(_ name: String) throws -> ProcessorCounters {
    let partition = try #require(manager.measurement().partitions.first { $0.name == name })
    return try #require(partition.logicals.first).counters
  }

  /// What one of a partition's logical processors has spent.
  func counters(_ name: String, _ number: Int) throws -> ProcessorCounters {
    let partition = try #require(manager.number(of: name))
    let first = manager.engine.guests[partition].firstLogical
    return manager.engine.dispatcher.counters(ofLogical: first + number, at: manager.now)
  }

  /// Processors used by each partition over so many seconds from now.
  func used(over seconds: Double) throws -> [Double] {
    let before = try manager.partitionNames.map { try view($0).usedNanoseconds }
    run(seconds: seconds)
    return try zip(manager.partitionNames, before).map {
      Double(try view($0).usedNanoseconds - $1) / (seconds * 1e9)
    }
  }
}

extension PartitionManager {
  /// Everything of a kind that is still kept.
  var allEvents: [FirmwareEvent] {
    var position = ReaderPosition()
    return events(since: &position).elements
  }
  var allChanges: [ChangeRecord] {
    var position = ReaderPosition()
    return changes(since: &position).elements
  }
}
