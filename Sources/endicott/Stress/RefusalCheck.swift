import ControlProgram
import Partitioning
import Quantities

/// Provokes every refusal of the firmware and sees that nothing changed.
struct RefusalCheck {
  /// One line for each refusal that did not come, or came and changed something.
  static func losses() throws(HostFailure) -> [String] {
    var losses: [String] = []
    for provocation in Provocation.all {
      if let loss = try loss(of: provocation) {
        losses.append("\(provocation.refusal): \(loss)")
      }
    }
    return losses
  }

  private static func loss(of provocation: Provocation) throws(HostFailure) -> String? {
    let manager: PartitionManager
    do {
      manager = try PartitionManager(definition)
    } catch {
      throw HostFailure(subject: "stress", reason: "\(error)")
    }
    // Gives the COMMAND statements of definitions.
    let control = ControlProgram(manager: manager)
    return withExtendedLifetime(control) { loss(of: provocation, on: manager) }
  }

  private static func loss(of provocation: Provocation, on manager: PartitionManager) -> String? {
    for step in provocation.before {
      switch step {
      case .run(let milliseconds):
        manager.runEpochs(
          until: manager.now.addingClamped(milliseconds.multipliedClamped(by: 1_000_000)))
      case .perform(let action):
        do {
          try manager.perform(action)
        } catch {
          return "\(action) was refused before: \(error)"
        }
      }
    }
    let digest = manager.storageDigest(of: nil)
    let configuration = manager.runningConfiguration
    do {
      try manager.perform(provocation.action, by: provocation.author)
      return "\(provocation.action) was performed"
    } catch {
      let found = String(describing: error).prefix { $0 != "(" }
      if found != provocation.refusal { return "\(provocation.action) was refused by \(found)" }
    }
    if manager.storageDigest(of: nil) != digest { return "the digest changed" }
    if manager.runningConfiguration != configuration { return "the configuration changed" }
    return nil
  }

  private static let definition = SystemDefinition(
    machine: MachineDefinition(
      name: "REFUSAL",
      processors: [ProcessorPoolDefinition(type: .cp, count: 2, megahertz: 20)],
      storageByteCount: 64 << 20, incrementByteCount: 1 << 20, hostStorageByteCount: 3 << 20,
      pace: .fast),
    partitions: partitions, groups: [GroupDefinition(name: "GROUP", absoluteCaps: [])],
    inputOutput: inputOutput)

  private static let partitions: [PartitionDefinition] = {
    var first = partition("A", reserved: 1, reservedMegabytes: 4)
    first.devices = [DeviceAssignment(virtualDevice: 0x100, realDevice: 0x200)]
    first.networkAdapters = [NetworkAdapterDefinition(virtualDevice: 0x600)]
    first.security.isIsolated = true
    var rated = partition("RATED")
    rated.definedCapacity = 10
    var wide = partition("WIDE", processors: 2)
    wide.processors.changeEach { $0.mode = .dedicated }
    var own = partition("OWN")
    own.processors.changeEach { $0.mode = .dedicated }
    var placed = [partition("PLACED1"), partition("PLACED2")]
    placed.changeEach { $0.storage.origin = 0 }
    var told = partition("TOLD")
    told.commands = ["QUERY USERID", "FROB"]
    return [
      first, partition("B"), rated, wide, own, partition("EMPTY", program: nil),
      partition("HUGE", megabytes: 100), partition("HALF1", megabytes: 20),
      partition("HALF2", megabytes: 20), partition("LONG", megabytes: 30),
      partition("GREEDY", program: "TOUCHER", megabytes: 16),
      partition("DEAF", reserved: 1), partition("HEADLESS", processors: 0, reserved: 1),
      partition("DRIVER", reservedMegabytes: 2, method: .virtio),
      told,
    ] + placed
  }()

  private static func partition(
    _ name: String, program: String? = "SPIN", parameters: String = "", processors: Int = 1,
    reserved: Int = 0, megabytes: UInt64 = 2, reservedMegabytes: UInt64 = 0,
    method: StorageMethod? = nil
  ) -> PartitionDefinition {
    PartitionDefinition(
      name: name,
      processors: [PartitionProcessors(type: .cp, initial: processors, reserved: reserved)],
      storage: PartitionStorage(
        initialByteCount: megabytes << 20, reservedByteCount: reservedMegabytes << 20,
        method: method),
      ipl: program.map { .program(name: $0, parameters: parameters) })
  }

  private static let inputOutput = IOConfiguration(
    images: [
      ImageDefinition(partition: "A", subsystem: 0, image: 1),
      ImageDefinition(partition: "B", subsystem: 0, image: 2),
    ],
    paths: [
      ChannelPathDefinition(
        number: 0x10, accessList: ["A", "B"], candidateList: ["A", "B"]),
      ChannelPathDefinition(
        number: 0x11, sharing: .reconfigurable, accessList: ["A"], candidateList: ["A", "B"]),
    ],
    controlUnits: [
      ControlUnitDefinition(
        number: 0x200, paths: [PathReference(number: 0x10), PathReference(number: 0x11)],
        unitAddresses: [UnitAddressRange(first: 0, count: 2)])
    ],
    devices: [0x200, 0x201].map {
      DeviceDefinition(number: $0, controlUnits: [0x200], media: .scratch(byteCount: 1 << 20))
    })
}
