import Channels
import Platform
import Quantities
import X86

// A whole machine at the border of an epoch, guests included: taken, put into a machine of the same
// definition that has just been built, that one goes on as this one would have.

/// A guest's computer with the contents of its storage.
package struct GuestCheckpoint: Sendable, Equatable {
  /// Its partition's number.
  package var partition: Int
  /// The computer.
  package var computer: ComputerState
  /// What is written in its storage.
  package var pages: StoragePages

  /// A guest's computer and storage.
  package init(partition: Int, computer: ComputerState, pages: StoragePages) {
    self.partition = partition
    self.computer = computer
    self.pages = pages
  }
}

/// A whole machine.
package struct MachineCheckpoint: Sendable, Equatable {
  /// Everything but the guests.
  package var machine: MachineState
  /// The guests of active partitions, by number.
  package var guests: [GuestCheckpoint]

  /// A machine and its guests.
  package init(machine: MachineState, guests: [GuestCheckpoint]) {
    self.machine = machine
    self.guests = guests
  }
}

extension PartitionManager {
  /// The whole machine now, at the border of an epoch.
  package func checkpoint() -> MachineCheckpoint {
    MachineCheckpoint(
      machine: machineState,
      guests: partitions.compactMap { partition in
        partition.computer.map {
          GuestCheckpoint(partition: partition.number, computer: $0.state, pages: $0.memory.pages)
        }
      })
  }

  /// Everything of the machine but its guests.
  package var machineState: MachineState {
    MachineState(
      firmware: state, partitions: partitions.map(\.state), epochs: engine.state,
      channels: channels.saveState())
  }

  /// Goes on from a checkpoint; only a machine that has just been built can.
  ///
  /// - Throws: `StateRefusal` when it is of another definition, or damaged, or the host has no room for a
  ///   guest; the machine is of no use then.
  package func restore(_ checkpoint: MachineCheckpoint) throws(StateRefusal) {
    try judge(checkpoint)
    state = checkpoint.machine.firmware
    for (partition, saved) in zip(partitions, checkpoint.machine.partitions) {
      partition.state = saved
    }
    engine.state = checkpoint.machine.epochs
    try channels.restoreState(checkpoint.machine.channels)
    for guest in checkpoint.guests {
      guard let partition = partitions.element(at: guest.partition) else { continue }
      let computer = try Computer(guest.computer)
      try computer.memory.put(guest.pages)
      partition.computer = computer
      engine.guests[partition.number].hardware = computer
    }
  }
}

// Whether a checkpoint, which may come from a file, is one that this machine can go on from.
extension PartitionManager {
  private func judge(_ checkpoint: MachineCheckpoint) throws(StateRefusal) {
    let machine = checkpoint.machine
    guard now == 0, partitions.allSatisfy({ !$0.isActive }) else {
      throw Self.other("the machine is running")
    }
    try judge(machine.firmware)
    guard machine.partitions.count == partitions.count else { throw Self.other("partitions") }
    for (partition, saved) in zip(partitions, machine.partitions) {
      try judge(saved, of: partition)
    }
    let active = partitions.indices.filter {
      machine.partitions.element(at: $0)?.status != .notActivated
    }
    guard checkpoint.guests.map(\.partition) == active else {
      throw Self.inconsistent("guests of other partitions than the active ones")
    }
    try engine.judge(machine.epochs)
    try channels.judge(machine.channels)
  }

  private func judge(_ firmware: FirmwareState) throws(StateRefusal) {
    guard firmware.ledger.incrementByteCount == ledger.incrementByteCount,
      firmware.ledger.installedCount == ledger.installedCount
    else { throw Self.other("storage") }
    guard firmware.settings.groups.map(\.name) == settings.groups.map(\.name),
      firmware.profileSettings.groups.map(\.name) == settings.groups.map(\.name),
      firmware.hasStaleShares.count == pools.count
    else { throw Self.other("groups or types of processors") }
    guard firmware.ledger.isBalanced,
      (firmware.waiting + firmware.held).allSatisfy(partitions.indices.contains)
    else { throw Self.inconsistent("the firmware's lists") }
  }

  private func judge(
    _ saved: PartitionState, of partition: Partition
  ) throws(StateRefusal) {
    guard saved.definition.name == partition.name,
      saved.isOnline.count == partition.isOnline.count,
      saved.isProcessorStopped.count == partition.isOnline.count,
      saved.profiles.map(\.name) == partition.profiles.map(\.name)
    else { throw Self.other("partition \(partition.name)") }
    let places = saved.increments.indices
    guard saved.offered.allSatisfy(places.contains),
      places.contains(saved.initialCount)
        || saved.initialCount == places.count,
      saved.increments.allSatisfy({ $0.map { (0..<ledger.installedCount).contains($0) } ?? true })
    else { throw Self.inconsistent("storage of partition \(partition.name)") }
  }

  private static func other(_ what: String) -> StateRefusal {
    .otherLayout(kind: MachineState.kind, what: what)
  }

  private static func inconsistent(_ what: String) -> StateRefusal {
    .inconsistent(kind: MachineState.kind, what: what)
  }
}
