import Channels
import Quantities

// Whether a state is one that a machine of this definition can have. It may come from a file: numbers that
// name nothing, and storage that two have or nobody, are refused before anything is changed.

extension PartitionManager {
  /// Throws unless a state is one of this machine, with the partitions that it had.
  ///
  /// - Returns: The layout that it is of.
  @discardableResult
  func judge(_ saved: MachineState) throws(StateRefusal) -> MachineLayout {
    let layout = try layout(of: saved.partitions, saved.decks)
    try judge(saved.firmware, in: layout)
    let holders = saved.firmware.storage.ledger.holders
    for (place, values) in zip(layout.partitions, saved.partitions) {
      try judge(values, in: place, holders)
    }
    let inputOutput = try channelHardware(of: saved, in: layout)
    try judgeDevices(of: saved, in: layout, inputOutput)
    let held = saved.partitions.reduce(0) { $0.addingClamped($1.increments.count { $0 != nil }) }
    guard held == holders.count(where: { $0 != nil }) else {
      throw .inconsistent(kind: FirmwareState.kind, what: "storage")
    }
    try engine.judge(saved.epochs, with: Dispatcher(layout.dispatcher))
    try channels.judge(saved.channels, in: inputOutput)
    let defined = Set(layout.partitions.map(\.number))
    guard saved.networks.isConsistent,
      saved.networks.adapters.allSatisfy({ defined.contains($0.partition) })
    else { throw .inconsistent(kind: MachineState.kind, what: "networks") }
    return layout
  }

  /// What the channel subsystem of a state is built from; nil for what this one is.
  func channelHardware(
    of saved: MachineState, in layout: MachineLayout
  ) throws(StateRefusal) -> ChannelHardware? {
    guard
      saved.decks.running != hardware.decks.running
        || saved.decks.managed != hardware.decks.managed
    else { return nil }
    do throws(ChannelError) {
      return try channels.hardware(for: layout.configured.channelConfiguration())
    } catch {
      switch error {
      case .fileUnusable(_, let path, let reason):
        throw .otherLayout(
          kind: MachineState.kind, what: "I/O configuration: \(path): \(reason)")
      }
    }
  }

  /// Active partitions have the devices and minidisks that their definitions in force say; what one writes no
  /// other has who does not share it, and on what one has as a whole there are no minidisks.
  private func judgeDevices(
    of saved: MachineState, in layout: MachineLayout, _ inputOutput: ChannelHardware?
  ) throws(StateRefusal) {
    var users: [UInt16: [DeviceAssignment]] = [:]
    var shared: Set<UInt16> = []
    for (place, values) in zip(layout.partitions, saved.partitions) where values.isActive {
      let devices = values.definition.devices
      for device in devices { users[device.realDevice, default: []].append(device) }
      let all = channels.devices(of: place.number, in: saved.channels, of: inputOutput)
      let parts = all.filter { $0.extent != nil }
      shared.formUnion(parts.map(\.device))
      let links = values.definition.links
      guard all.filter({ $0.extent == nil }) == devices.map(\.access),
        parts.map(\.virtualDevice) == links.map(\.virtualDevice),
        parts.map(\.isReadOnly) == links.map(\.isReadOnly)
      else {
        throw .inconsistent(kind: PartitionState.kind, what: "\(place.name): devices")
      }
    }
    guard shared.isDisjoint(with: users.keys) else {
      throw .inconsistent(kind: MachineState.kind, what: "a device with minidisks")
    }
    let isPossible = users.values.allSatisfy { users in
      users.indices.allSatisfy { place in
        users.prefix(place).allSatisfy { users.element(at: place)?.goesBeside($0) ?? true }
      }
    }
    guard isPossible else {
      throw .inconsistent(kind: MachineState.kind, what: "a device that two write")
    }
  }

  private func judge(
    _ firmware: FirmwareState, in layout: MachineLayout
  ) throws(StateRefusal) {
    let defined = Set(layout.partitions.map(\.number))
    func require(_ holds: Bool, _ what: String) throws(StateRefusal) {
      guard holds else { throw .inconsistent(kind: FirmwareState.kind, what: what) }
    }
    guard firmware.entitlements.hasStaleShares.count == pools.count,
      firmware.storage.ledger.installedCount == ledger.installedCount,
      firmware.storage.ledger.incrementByteCount == ledger.incrementByteCount,
      firmware.settings.running.groups.map(\.name) == settings.groups.map(\.name),
      firmware.settings.profile.groups.map(\.name) == settings.groups.map(\.name)
    else { throw .otherLayout(kind: FirmwareState.kind, what: "processors, storage or groups") }
    try require(
      firmware.storage.ledger.isBalanced
        && firmware.storage.ledger.holders.allSatisfy {
          $0.map { defined.contains($0) } ?? true
        }, "storage")
    let numbers =
      firmware.pending.waiting + firmware.restarts.held
      + firmware.reconfiguration.reservations.values
      + (firmware.guestCommands.commandingPartition.map { [$0] } ?? [])
    try require(numbers.allSatisfy(defined.contains), "a partition's number")
    try require(
      firmware.pending.waiting == Set(firmware.pending.waiting).sorted()
        && firmware.restarts.held == Set(firmware.restarts.held).sorted(), "an order")
  }

  private func judge(
    _ values: PartitionState, in place: PartitionLayout, _ holders: [Int?]
  ) throws(StateRefusal) {
    func require(_ holds: Bool, _ what: String) throws(StateRefusal) {
      let kind = PartitionState.kind
      guard holds else { throw .inconsistent(kind: kind, what: "\(place.name): \(what)") }
    }
    let count = place.processorCount
    guard values.isOnline.count == count, values.isProcessorStopped.count == count,
      values.profiles.map(\.name) == place.profiles.map(\.name),
      zip(values.profiles, place.profiles).allSatisfy({ own, defined in
        own.definition.hasForm(of: defined.definition)
      }), values.definition.hasForm(of: values.profile)
    else { throw .otherLayout(kind: PartitionState.kind, what: place.name) }
    let held = values.increments.compactMap { $0 }
    try require(
      Set(held).count == held.count
        && held.allSatisfy { holders.element(at: $0) == place.number }, "storage")
    try require(
      values.offered.allSatisfy { values.increments.indices.contains($0) }
        && values.initialCount >= 0 && values.initialCount <= values.increments.count,
      "places of storage")
    try require(
      values.isActive ? !held.isEmpty : held.isEmpty && !values.isOnline.contains(true),
      "what is active has storage")
  }
}
