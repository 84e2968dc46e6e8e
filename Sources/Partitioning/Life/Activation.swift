import Channels
import Platform
import Quantities
import X86

// How a partition begins, is loaded, stops and ends. What may follow what is the table in `PartitionStatus`.

extension Life {
  static let units: [any PartitionUnit] = [
    ProcessorUnit(), StorageUnit(), ChannelUnit(), NetworkUnit(),
  ]

  /// Activates a partition with its resources, and loads it.
  ///
  /// - Parameters:
  ///   - partition: Which.
  ///   - profile: The image profile; nil for the one that is next.
  ///   - load: Whether it is loaded, too.
  ///   - force: Whether an active one is taken down first.
  ///   - rehearse: Throws what an activation with a profile would be refused for once the partition were
  ///     taken down.
  /// - Throws: `ManagementError`; nothing was changed then.
  func activate(
    _ partition: Partition, profile: String?, load: Bool, force: Bool,
    rehearse: (_ profile: String) throws(ManagementError) -> Void
  ) throws(ManagementError) {
    let profile = profile ?? partition.nextProfile
    let definition = try partition.requireProfile(profile)
    if !force { try partition.require([.notActivated]) }
    try definition.judge(in: settings.context)
    let image = load ? try bootImage(of: partition, definition.ipl, parameters: nil) : nil
    if partition.isActive {
      // Taken down only when the profile can be active in its place.
      try rehearse(profile)
      try deactivate(partition, force: true)
    }
    let before = (partition.definition, partition.activeProfile)
    partition.definition = definition
    partition.activeProfile = profile
    let links = hardware.linkOutcomes(of: partition)
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
    wrongPasswords.forget(partition.name)
    partition.accounted = AccountingBase(time: now)
    journal.note(partition, .activated)
    for device in definition.devices where !partition.definition.devices.contains(device) {
      journal.note(partition, .deviceNotAttached(device.realDevice))
    }
    for outcome in links { note(outcome, of: partition) }
    for processors in definition.processors { entitlements.applyShares(of: processors.type) }
    if load { operate(partition, from: definition.ipl, isOwnWish: false) }
  }

  /// Says of a link of a partition's definition what it did not give.
  private func note(_ outcome: LinkOutcome, of partition: Partition) {
    switch outcome.result {
    case .failure(let refusal):
      journal.note(partition, .linkNotGiven(outcome.link.virtualDevice, refusal))
    case .success(let access) where access.isReadOnly && outcome.link.mode.isToWrite:
      journal.note(partition, .linkReadOnly(outcome.link.virtualDevice))
    case .success: break
    }
  }

  private func attachUnits(
    _ partition: Partition, _ image: LoadedImage?
  ) throws(ManagementError) {
    var attached: [any PartitionUnit] = []
    do throws(ManagementError) {
      for unit in Life.units {
        try unit.attach(partition, hardware, storage)
        attached.append(unit)
      }
      try buildComputer(of: partition)
      if let image { try start(partition, from: image, LoadManner(clears: true)) }
    } catch {
      dismantle(partition, attached)
      throw error
    }
  }

  func deactivate(_ partition: Partition, force: Bool) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireForce(force)
    takeDown(partition, because: .deactivated)
  }

  /// Takes an active partition down whatever it does.
  func takeDown(_ partition: Partition, because kind: FirmwareEventKind) {
    if kind == .poweredOff, let asked = partition.pending.first(where: { $0.kind == .shutdown }) {
      journal.note(partition, .changeCompleted(asked))
    }
    pending.withdrawAll(from: partition)
    journal.account(partition, .deactivation)
    partition.move(to: .notActivated)
    partition.activated = nil
    partition.heldUntil = 0
    for adapter in hardware.networks.adapters(of: partition.number) {
      journal.noteDrop(of: adapter.device, of: partition)
    }
    dismantle(partition, Life.units)
    partition.isStopped = false
    partition.isPaused = false
    partition.loaded = nil
    partition.loadedParameters = nil
    partition.activeProfile = partition.nextProfile
    partition.definition = partition.profile
    journal.note(partition, kind)
  }

  // MARK: Load

  func load(
    _ partition: Partition, image definition: IPLDefinition?, parameters: String?, clear: Bool,
    force: Bool, isOwnWish: Bool
  ) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireForce(force)
    // A load with clearing takes storage element 1 off line (PR/SM Planning Guide).
    try load(
      partition, image: definition, parameters: parameters,
      LoadManner(clears: clear, returnsAdded: clear, isOwnWish: isOwnWish))
  }

  private func load(
    _ partition: Partition, image definition: IPLDefinition?, parameters: String?,
    _ manner: LoadManner
  ) throws(ManagementError) {
    let ipl = definition ?? partition.loaded ?? partition.definition.ipl
    let image = try bootImage(of: partition, ipl, parameters: parameters)
    try start(partition, from: image, manner)
    pending.withdrawAll(from: partition)
    channels.reset(partition.number, at: now)
    hardware.networks.reset(partition.number)
    partition.isStopped = false
    partition.isPaused = false
    partition.loadedParameters = parameters
    operate(partition, from: ipl, isOwnWish: manner.isOwnWish)
  }

  /// The guest restarted itself: it is loaded again as it was, with the storage that it has.
  func reload(_ partition: Partition) throws(ManagementError) {
    try load(
      partition, image: partition.loaded, parameters: partition.loadedParameters,
      LoadManner(clears: true, isOwnWish: true))
  }

  /// What becomes of the storage that a partition has when it is loaded.
  private struct LoadManner {
    /// Its contents are cleared.
    var clears: Bool
    /// What was added to it is given back.
    var returnsAdded = false
    /// The guest asked for it, by a reset of its computer or a command.
    var isOwnWish = false
  }

  /// Puts an image into the partition's storage; refused, nothing has changed.
  private func start(
    _ partition: Partition, from image: LoadedImage, _ manner: LoadManner
  ) throws(ManagementError) {
    try partition.requireFirstProcessor()
    try storage.requireHostStorage(image.byteCount, for: partition, clears: manner.clears)
    let returnsAdded = manner.returnsAdded && storage.hasAdded(partition)
    // Judged for the storage that is left, which may hold it where the present one does not.
    if returnsAdded || hardware.isRehearsal {
      try requireFit(
        image, of: partition,
        in: partition.places.filter { !returnsAdded || $0 < partition.initialCount })
    }
    guard let computer = partition.computer else {
      if returnsAdded { storage.returnAdded(partition) }
      return
    }
    do throws(LoadError) {
      if !returnsAdded {
        try computer.load(image.image, at: now)
        guard manner.clears, !partition.isClean else { return }
      }
      // The image is right, so now storage may be cleared for it.
      if returnsAdded { storage.returnAdded(partition) }
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
    left.initialStorage = storage.ledger.byteCount(of: 1)
    left.pluggableStorage = nil
    let pluggable = storage.pluggablePlaces(of: partition)
    do {
      let computer = try Computer(left)
      for range in storage.ranges(of: places.filter { $0 > 0 && !pluggable.contains($0) }) {
        computer.attachStorage(range)
      }
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
    partition.rehearsed = GuestAnswers(
      takesDevices: partition.rehearsed.takesDevices, isUnknown: true)
    storage.countPages(of: partition)
    hardware.turnOff(partition)
    journal.note(partition, .loaded(ipl?.summary ?? ""))
    if isOwnWish {
      restarts.hold(partition, until: partition.restartPace.beginAgain(at: now))
    } else {
      partition.restartPace.begin(at: now)
      partition.heldUntil = 0
    }
    hardware.resume(partition)
  }

  // MARK: Stop, start, reset

  func stop(_ partition: Partition, processor: Int?) throws(ManagementError) {
    try partition.requireActive()
    guard let processor else {
      partition.isStopped = true
      hardware.turnOff(partition)
      return
    }
    try partition.requireOnline(processor)
    partition.isProcessorStopped[processor] = true
    hardware.turnOff(processor, of: partition)
  }

  func start(_ partition: Partition, processor: Int?) throws(ManagementError) {
    try partition.requireActive()
    if partition.isPaused { try storage.requireHostStorage(toStart: partition) }
    if let processor {
      try partition.requireOnline(processor)
      partition.isProcessorStopped[processor] = false
    } else {
      if partition.isStopped { partition.computer?.setStopped(true) }
      partition.isStopped = false
      partition.isPaused = false
      for number in partition.isOnline.indices { partition.isProcessorStopped[number] = false }
    }
    hardware.resume(partition)
  }

  func reset(_ partition: Partition, clear: Bool, force: Bool) throws(ManagementError) {
    try partition.requireActive()
    try partition.requireForce(force)
    pending.withdrawAll(from: partition)
    hardware.turnOff(partition)
    channels.reset(partition.number, at: now)
    hardware.networks.reset(partition.number)
    if clear { storage.returnAdded(partition) }
    partition.computer?.reset(clear: clear)
    if clear { partition.isClean = true }
    storage.countPages(of: partition)
    partition.isStopped = false
    partition.isPaused = false
    partition.move(to: .notOperating)
  }

  func restart(_ partition: Partition) throws(ManagementError) {
    try partition.requireActive()
    try partition.require([.operating, .exceptions])
    try partition.requireFirstProcessor()
    guard !partition.hasEnded else {
      throw .wrongState(partition.name, is: partition.status, needs: [.operating])
    }
    partition.computer?.processors.first?.requestNonMaskable()
    if partition.status == .exceptions { partition.move(to: .operating) }
    partition.isStopped = false
    hardware.resume(partition)
  }
}
