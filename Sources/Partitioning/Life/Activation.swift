import Channels
import Platform
import Quantities
import X86

// The life of a partition. What may follow what is the table in `PartitionStatus`.

extension PartitionManager {
  static let units: [any PartitionUnit] = [ProcessorUnit(), StorageUnit(), ChannelUnit()]

  /// Throws unless the partition is in one of the states.
  func require(
    _ partition: Partition, _ states: [PartitionStatus]
  ) throws(ManagementError) {
    guard states.contains(partition.status) else {
      throw .wrongState(partition.name, is: partition.status, needs: states)
    }
  }

  /// Throws unless the partition is active.
  func requireActive(_ partition: Partition) throws(ManagementError) {
    try require(partition, PartitionStatus.active)
  }

  /// Throws when the action would end a running guest and nobody insists.
  private func requireForce(_ partition: Partition, _ force: Bool) throws(ManagementError) {
    guard force || partition.status != .operating else {
      throw .forceNeeded(partition.name, is: partition.status)
    }
  }

  func activate(
    _ partition: Partition, profile: String?, load: Bool, force: Bool
  ) throws(ManagementError) {
    let profile = profile ?? partition.nextProfile
    let definition = try requireProfile(partition, profile)
    if !force { try require(partition, [.notActivated]) }
    try definition.judge(in: context)
    let image = load ? try bootImage(of: partition, definition.ipl, parameters: nil) : nil
    if partition.isActive {
      // Taken down only when the profile can be active in its place.
      try rehearseActivation(partition, profile)
      try deactivate(partition, force: true)
    }
    let before = (partition.definition, partition.activeProfile)
    partition.definition = definition
    partition.activeProfile = profile
    do throws(ManagementError) {
      try attachUnits(partition, image)
    } catch {
      (partition.definition, partition.activeProfile) = before
      throw error
    }
    partition.move(to: .notOperating)
    partition.activated = now
    partition.lost = nil
    partition.isStopped = false
    partition.isPaused = false
    partition.requestCount = 0
    partition.accounted = AccountingBase(time: now)
    note(partition, .activated)
    for processors in definition.processors { applyShares(of: processors.type) }
    if load { operate(partition, from: definition.ipl, isOwnWish: false) }
  }

  private func attachUnits(
    _ partition: Partition, _ image: LoadedImage?
  ) throws(ManagementError) {
    var attached: [any PartitionUnit] = []
    do throws(ManagementError) {
      for unit in PartitionManager.units {
        try unit.attach(partition, to: self)
        attached.append(unit)
      }
      try buildComputer(of: partition)
      if let image { try start(partition, from: image, LoadManner(clears: true)) }
    } catch {
      dismantle(partition, attached)
      throw error
    }
  }

  /// Throws what an activation would be refused for once the partition were taken down.
  private func rehearseActivation(
    _ partition: Partition, _ profile: String
  ) throws(ManagementError) {
    let rehearsal = rehearsal()
    try rehearsal.perform(.deactivate(partition.name, force: true))
    try rehearsal.perform(.activate(partition.name, profile: profile, load: false))
  }

  func deactivate(_ partition: Partition, force: Bool) throws(ManagementError) {
    try requireActive(partition)
    try requireForce(partition, force)
    takeDown(partition, because: .deactivated)
  }

  /// Takes an active partition down whatever it does.
  func takeDown(_ partition: Partition, because kind: FirmwareEventKind) {
    if kind == .poweredOff, let asked = partition.pending.first(where: { $0.kind == .shutdown }) {
      note(partition, .changeCompleted(asked))
    }
    dropPending(partition)
    account(partition, .deactivation)
    partition.move(to: .notActivated)
    partition.activated = nil
    partition.heldUntil = 0
    dismantle(partition, PartitionManager.units)
    partition.isStopped = false
    partition.isPaused = false
    partition.loaded = nil
    partition.loadedParameters = nil
    partition.activeProfile = partition.nextProfile
    partition.definition = partition.profile
    note(partition, kind)
  }

  // MARK: Load

  func load(
    _ partition: Partition, image definition: IPLDefinition?, parameters: String?, clear: Bool,
    force: Bool
  ) throws(ManagementError) {
    try requireActive(partition)
    try requireForce(partition, force)
    // A load with clearing takes storage element 1 off line (PR/SM Planning Guide).
    try load(
      partition, image: definition, parameters: parameters,
      LoadManner(clears: clear, returnsAdded: clear))
  }

  private func load(
    _ partition: Partition, image definition: IPLDefinition?, parameters: String?,
    _ manner: LoadManner
  ) throws(ManagementError) {
    let ipl = definition ?? partition.loaded ?? partition.definition.ipl
    let image = try bootImage(of: partition, ipl, parameters: parameters)
    try start(partition, from: image, manner)
    dropPending(partition)
    channels.reset(partition.number)
    partition.isStopped = false
    partition.isPaused = false
    partition.loadedParameters = parameters
    operate(partition, from: ipl, isOwnWish: manner.isRestart || state.commandingPartition != nil)
  }

  /// The guest restarted itself: it is loaded again as it was, with the storage that it has.
  func reload(_ partition: Partition) throws(ManagementError) {
    try load(
      partition, image: partition.loaded, parameters: partition.loadedParameters,
      LoadManner(clears: true, isRestart: true))
  }

  /// What becomes of the storage that a partition has when it is loaded.
  private struct LoadManner {
    /// Its contents are cleared.
    var clears: Bool
    /// What was added to it is given back.
    var returnsAdded = false
    /// The guest reset its computer.
    var isRestart = false
  }

  /// Puts an image into the partition's storage; refused, nothing has changed.
  private func start(
    _ partition: Partition, from image: LoadedImage, _ manner: LoadManner
  ) throws(ManagementError) {
    try requireFirstProcessor(partition)
    try requireHostStorage(for: image, of: partition, clear: manner.clears)
    let returnsAdded = manner.returnsAdded && hasAddedStorage(partition)
    // Judged for the storage that is left, which may hold it where the present one does not.
    if returnsAdded || isRehearsal {
      try requireFit(
        image, of: partition,
        in: partition.places.filter { !returnsAdded || $0 < partition.initialCount })
    }
    guard let computer = partition.computer else {
      if returnsAdded { returnAddedStorage(partition) }
      return
    }
    do throws(LoadError) {
      if !returnsAdded {
        try computer.load(image.image, at: now)
        guard manner.clears, !partition.isClean else { return }
      }
      // The image is right, so now storage may be cleared for it.
      if returnsAdded { returnAddedStorage(partition) }
      computer.reset(clear: true)
      try computer.load(image.image, at: now)
    } catch {
      throw .loadImage(partition.name, path: image.path, reason: error.description)
    }
  }

  /// Throws unless an image can be loaded into some places of a partition's storage.
  private func requireFit(
    _ image: LoadedImage, of partition: Partition, in places: [Int]
  ) throws(ManagementError) {
    var left = configuration(of: partition)
    // Its first increment stays with a partition whatever goes.
    left.initialStorage = ledger.byteCount(of: 1)
    do {
      let computer = try Computer(left)
      for range in ranges(of: places.filter { $0 > 0 }) { computer.attachStorage(range) }
      try computer.load(image.image, at: now)
    } catch let error as LoadError {
      throw .loadImage(partition.name, path: image.path, reason: error.description)
    } catch {
      throw .hostMemory(partition.name)
    }
  }

  /// A loaded partition begins to run.
  ///
  /// By its own wish when the guest had itself loaded again, by a reset or a command.
  private func operate(_ partition: Partition, from ipl: IPLDefinition?, isOwnWish: Bool) {
    partition.loaded = ipl
    partition.isClean = false
    partition.move(to: .operating)
    // A guest that never ran hears nothing.
    partition.rehearsed = GuestAnswers(isUnknown: true)
    countPages(of: partition)
    turnOff(partition)
    note(partition, .loaded(ipl?.summary ?? ""))
    if isOwnWish {
      hold(partition, until: partition.restartPace.beginAgain(at: now))
    } else {
      partition.restartPace.begin(at: now)
      partition.heldUntil = 0
    }
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
    try requireActive(partition)
    if partition.isPaused { try requireHostStorage(toStart: partition) }
    if let processor {
      try requireOnline(partition, processor)
      partition.isProcessorStopped[processor] = false
    } else {
      if partition.isStopped { partition.computer?.setStopped(true) }
      partition.isStopped = false
      partition.isPaused = false
      for number in partition.isOnline.indices { partition.isProcessorStopped[number] = false }
    }
    resume(partition)
  }

  func reset(_ partition: Partition, clear: Bool, force: Bool) throws(ManagementError) {
    try requireActive(partition)
    try requireForce(partition, force)
    dropPending(partition)
    turnOff(partition)
    channels.reset(partition.number)
    if clear { returnAddedStorage(partition) }
    partition.computer?.reset(clear: clear)
    if clear { partition.isClean = true }
    countPages(of: partition)
    partition.isStopped = false
    partition.isPaused = false
    partition.move(to: .notOperating)
  }

  func restart(_ partition: Partition) throws(ManagementError) {
    try requireActive(partition)
    try require(partition, [.operating, .exceptions])
    try requireFirstProcessor(partition)
    guard !partition.hasEnded else {
      throw .wrongState(partition.name, is: partition.status, needs: [.operating])
    }
    partition.computer?.processors.first?.requestNonMaskable()
    if partition.status == .exceptions { partition.move(to: .operating) }
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
    // A rehearsal has no computers: what runs there waits.
    let computer = partition.computer
    guard !partition.isStopped, partition.status == .operating, partition.heldUntil <= now,
      computer != nil || isRehearsal
    else { return }
    for number in partition.isOnline.indices
    where partition.isOnline[number] && !partition.isProcessorStopped[number] {
      let index = logical(number, of: partition)
      guard engine.dispatcher.logicals[index].state == .off else { continue }
      engine.dispatcher.turnOn(index)
      if let deadline = computer?.nextDeadline(of: number) {
        engine.dispatcher.timers.set(index, max(deadline, now))
      }
    }
    engine.findWork(of: partition.number, at: now)
  }

  func requireOnline(_ partition: Partition, _ processor: Int) throws(ManagementError) {
    try requireDefined(partition, processor)
    guard partition.isOnline[processor] else {
      throw .processorNotOnline(partition.name, processor: processor)
    }
  }

  /// Throws unless the processor is on line at which everything begins.
  func requireFirstProcessor(_ partition: Partition) throws(ManagementError) {
    guard partition.isOnline.first == true else { throw .noFirstProcessor(partition.name) }
  }

  func requireDefined(_ partition: Partition, _ processor: Int) throws(ManagementError) {
    guard partition.entry(of: processor) != nil else {
      throw .processorNotDefined(
        partition.name, processor: processor,
        defined: partition.definition.processors.reduce(0) {
          $0.addingClamped($1.initial).addingClamped($1.reserved)
        })
    }
  }

  /// Whether a partition has storage beyond what clearing leaves it.
  private func hasAddedStorage(_ partition: Partition) -> Bool {
    partition.increments.indices.contains {
      $0 >= partition.initialCount && partition.increments[$0] != nil
    }
  }

  /// Gives storage beyond the initial back, as clearing does (PR/SM: element 1 goes off line).
  func returnAddedStorage(_ partition: Partition) {
    let places = partition.increments.indices.filter {
      $0 >= partition.initialCount && partition.increments[$0] != nil
    }
    takeAway(places, from: partition)
  }

  /// Addresses of places of a partition's storage, ascending.
  func ranges(of places: [Int]) -> [Range<UInt64>] {
    StorageMap.runs(places).flatMap {
      StorageMap.ranges(of: $0, increment: ledger.incrementByteCount)
    }
  }

  /// Detaches places of a partition's storage and gives their increments back.
  func takeAway(_ places: [Int], from partition: Partition) {
    for range in ranges(of: places.filter { !partition.offered.contains($0) }) {
      partition.computer?.detachStorage(range)
    }
    state.ledger.giveBack(places.compactMap { partition.increments[$0] }, from: partition.number)
    for place in places {
      partition.increments[place] = nil
      partition.offered.remove(place)
    }
    countPages(of: partition)
  }
}
