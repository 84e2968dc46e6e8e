import Channels
import Platform
import X86

// The life of a partition. What may follow what is the table in `PartitionState`.

extension PartitionManager {
  static let units: [any PartitionUnit] = [ProcessorUnit(), StorageUnit(), ChannelUnit()]

  /// Throws unless the partition is in one of the states.
  func require(
    _ partition: Partition, _ states: [PartitionState]
  ) throws(ManagementError) {
    guard states.contains(partition.state) else {
      throw .wrongState(partition.name, is: partition.state, needs: states)
    }
  }

  /// Throws unless the partition is active, and gives its computer.
  @discardableResult
  func requireActive(_ partition: Partition) throws(ManagementError) -> Machine {
    guard let machine = partition.machine else {
      throw .wrongState(partition.name, is: partition.state, needs: PartitionState.active)
    }
    return machine
  }

  func activate(_ partition: Partition, load: Bool) throws(ManagementError) {
    try require(partition, [.notActivated])
    var image: LoadedImage?
    if load { image = try bootImage(of: partition, partition.definition.ipl, parameters: nil) }
    partition.shares = partition.definition.processors.map {
      ShareSetting($0, partition.definition.share)
    }
    var attached: [any PartitionUnit] = []
    do throws(ManagementError) {
      for unit in PartitionManager.units {
        try unit.attach(partition, to: self)
        attached.append(unit)
      }
      if let image { try start(partition, from: image) }
    } catch {
      for unit in attached.reversed() { unit.detach(partition, from: self) }
      throw error
    }
    partition.move(to: .notOperating)
    partition.activated = now
    partition.isStopped = false
    partition.requestCount = 0
    note(partition, .activated)
    for processors in partition.definition.processors { applyShares(of: processors.type) }
    if load { operate(partition, from: partition.definition.ipl) }
  }

  func deactivate(
    _ partition: Partition, because kind: FirmwareEventKind = .deactivated
  ) throws(ManagementError) {
    try require(partition, PartitionState.active)
    if kind == .poweredOff, let asked = partition.pending.first(where: { $0.kind == .shutdown }) {
      note(partition, .changeCompleted(asked))
    }
    dropPending(partition)
    partition.move(to: .notActivated)
    partition.activated = nil
    for unit in PartitionManager.units.reversed() { unit.detach(partition, from: self) }
    partition.isStopped = false
    partition.loaded = nil
    partition.loadedParameters = nil
    note(partition, kind)
  }

  // MARK: Load

  func load(
    _ partition: Partition, image definition: IPLDefinition?, parameters: String?
  ) throws(ManagementError) {
    try requireActive(partition)
    let ipl = definition ?? partition.loaded ?? partition.definition.ipl
    let image = try bootImage(of: partition, ipl, parameters: parameters)
    try start(partition, from: image)
    dropPending(partition)
    channels.reset(partition.number)
    partition.isStopped = false
    partition.loadedParameters = parameters
    operate(partition, from: ipl)
  }

  /// Puts an image into the partition's cleared storage; refused, nothing has changed.
  private func start(_ partition: Partition, from image: LoadedImage) throws(ManagementError) {
    guard let machine = partition.machine else { return }
    do throws(LoadError) {
      try machine.load(image.image, at: now)
      if !partition.isClean {
        // The image is right, so now storage may be cleared for it.
        machine.reset(clear: true)
        try machine.load(image.image, at: now)
      }
    } catch {
      throw .loadImage(partition.name, path: image.path, reason: error.description)
    }
  }

  /// A loaded partition begins to run.
  private func operate(_ partition: Partition, from ipl: IPLDefinition?) {
    partition.loaded = ipl
    partition.isClean = false
    partition.move(to: .operating)
    turnOff(partition)
    note(partition, .loaded(ipl?.summary ?? ""))
    resume(partition)
  }

  // MARK: Stop, start, reset

  func stop(_ partition: Partition, processor: Int?) throws(ManagementError) {
    try requireActive(partition)
    guard let processor else {
      partition.isStopped = true
      turnOff(partition)
      return
    }
    try requireOnline(partition, processor)
    partition.isProcessorStopped[processor] = true
    engine.dispatcher.turnOff(logical(processor, of: partition), at: now)
  }

  func start(_ partition: Partition, processor: Int?) throws(ManagementError) {
    let machine = try requireActive(partition)
    if let processor {
      try requireOnline(partition, processor)
      partition.isProcessorStopped[processor] = false
    } else {
      if partition.isStopped { machine.setStopped(true) }
      partition.isStopped = false
      for number in partition.isOnline.indices { partition.isProcessorStopped[number] = false }
    }
    resume(partition)
  }

  func reset(_ partition: Partition, clear: Bool) throws(ManagementError) {
    let machine = try requireActive(partition)
    dropPending(partition)
    turnOff(partition)
    channels.reset(partition.number)
    if clear { returnAddedStorage(partition) }
    machine.reset(clear: clear)
    if clear { partition.isClean = true }
    partition.isStopped = false
    partition.move(to: .notOperating)
  }

  func restart(_ partition: Partition) throws(ManagementError) {
    let machine = try requireActive(partition)
    try require(partition, [.operating, .exceptions])
    guard machine.ending == nil else {
      throw .wrongState(partition.name, is: partition.state, needs: [.operating])
    }
    machine.processors[0].nonMaskableRequested = true
    if partition.state == .exceptions { partition.move(to: .operating) }
    partition.isStopped = false
    resume(partition)
  }

  // MARK: Dispatching

  /// Takes all of a partition's logical processors off.
  func turnOff(_ partition: Partition) {
    for number in partition.isOnline.indices {
      engine.dispatcher.turnOff(logical(number, of: partition), at: now)
    }
  }

  /// Lets the on-line processors that nobody stopped run, and finds what they have to do.
  func resume(_ partition: Partition) {
    guard !partition.isStopped, partition.state == .operating, let machine = partition.machine
    else { return }
    for number in partition.isOnline.indices
    where partition.isOnline[number] && !partition.isProcessorStopped[number] {
      let index = logical(number, of: partition)
      guard engine.dispatcher.logicals[index].state == .off else { continue }
      engine.dispatcher.turnOn(index)
      if let deadline = machine.nextDeadline(of: number) {
        engine.dispatcher.timers.set(index, max(deadline, now))
      }
    }
    engine.notice(partition.number, at: now)
  }

  func requireOnline(_ partition: Partition, _ processor: Int) throws(ManagementError) {
    try requireDefined(partition, processor)
    guard partition.isOnline[processor] else {
      throw .processorNotOnline(partition.name, processor: processor)
    }
  }

  func requireDefined(_ partition: Partition, _ processor: Int) throws(ManagementError) {
    guard partition.isOnline.indices.contains(processor) else {
      throw .processorNotDefined(
        partition.name, processor: processor, defined: partition.isOnline.count)
    }
  }

  /// Gives storage beyond the initial back, as clearing does (PR/SM: element 1 goes off line).
  func returnAddedStorage(_ partition: Partition) {
    let initial = Int(
      (partition.definition.storage.initialByteCount + ledger.incrementByteCount - 1)
        / ledger.incrementByteCount)
    let places = partition.increments.indices.filter {
      $0 >= initial && partition.increments[$0] != nil
    }
    takeAway(places, from: partition)
  }

  /// Detaches places of a partition's storage and gives their increments back.
  func takeAway(_ places: [Int], from partition: Partition) {
    for run in StorageMap.runs(places.filter { !partition.offered.contains($0) }) {
      for range in StorageMap.ranges(of: run, increment: ledger.incrementByteCount) {
        partition.machine?.detachStorage(range)
      }
    }
    ledger.giveBack(places.compactMap { partition.increments[$0] }, from: partition.number)
    for place in places {
      partition.increments[place] = nil
      partition.offered.remove(place)
    }
  }
}
