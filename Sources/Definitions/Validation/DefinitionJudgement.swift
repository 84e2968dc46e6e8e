import Channels
import Partitioning
import Quantities

/// Judges the parts of a machine's definition against each other.
struct DefinitionJudgement {
  let machine: ParsedMachine
  let directory: ParsedDirectory
  let deck: ParsedDeck
  let log: FindingLog
  /// Index of a partition by its name.
  private let index: [String: Int]
  let reach: DeviceReach

  /// Starts with what the files say.
  init(machine: ParsedMachine, directory: ParsedDirectory, deck: ParsedDeck, log: FindingLog) {
    self.machine = machine
    self.directory = directory
    self.deck = deck
    self.log = log
    index = Dictionary(
      directory.partitions.enumerated().map { ($1.definition.name, $0) },
      uniquingKeysWith: { one, _ in one })
    reach = DeviceReach(deck.configuration)
  }

  /// Reports everything that only the whole shows.
  func judge() {
    for partition in directory.partitions {
      profile(partition)
      devices(of: partition)
      minidisks(of: partition)
      start(of: partition)
      watcher(of: partition)
    }
    for image in directory.images {
      profile(image.entry)
      watcher(of: image.entry)
    }
    overlappingMinidisks()
    groups()
    activationOrder()
    users()
    imagesWithoutPartition()
    latencies()
    let definition = SystemDefinition(
      machine: machine.machine, partitions: directory.partitions.map(\.definition),
      groups: directory.groups, inputOutput: deck.configuration)
    if let circle = definition.startCircle(),
      let first = circle.first.flatMap({ directory.partitions.element(at: $0) })
    {
      let names = circle.compactMap { definition.partitions.element(at: $0)?.name }
      log.report(.startCycle(names + names.prefix(1)), at: first.place(of: "START"))
    }
    if machine.isStorageKnown { judgeTogether(definition) }
  }

  /// Reports which partitions cannot be active together, at the statements that say so.
  private func judgeTogether(_ definition: SystemDefinition) {
    let validator = ActivationValidator(definition, order: definition.activationList)
    // What the machine never has is an error, and said of each profile by itself.
    for finding in validator.findings where finding.severity == .warning {
      guard let partition = finding.reference.flatMap({ partition($0.partition) }) else { continue }
      let statement = String(finding.item.prefix { $0 != " " })
      log.report(
        Problem(
          id: finding.id, severity: finding.severity, text: finding.text, remedy: finding.remedy),
        at: partition.place(of: finding.item, in: statement))
    }
  }

  /// What the directory says of a partition.
  func partition(_ name: String) -> ParsedPartition? {
    index[name].flatMap { directory.partitions.element(at: $0) }
  }

  /// The pool of a type, when one is installed.
  func pool(_ type: ProcessorType) -> ProcessorPoolDefinition? {
    machine.machine.processors.first { $0.type == type }
  }

  /// Judges what an image profile says.
  private func profile(_ profile: ParsedPartition) {
    processors(of: profile)
    capacity(of: profile)
    if machine.isStorageKnown { storage(of: profile) }
    if case .device(let number, _)? = profile.definition.ipl,
      !profile.definition.devices.contains(where: { $0.virtualDevice == number }),
      !profile.definition.links.contains(where: { $0.virtualDevice == number })
    {
      log.report(.notOwnDevice(number), at: profile.place(of: "IPL"))
    }
    let switches = machine.machine.switches.map(\.name)
    for adapter in profile.definition.networkAdapters {
      guard let name = adapter.switchName, !switches.contains(name) else { continue }
      log.report(
        .switchUndefined(name, known: switches), at: profile.place(of: adapter.statement))
    }
  }

  private func processors(of partition: ParsedPartition) {
    for item in partition.definition.processors {
      let key = "PROCESSOR " + item.type.rawValue
      guard let pool = pool(item.type) else {
        if machine.places["PROCESSOR " + item.type.rawValue] == nil,
          !machine.machine.processors.isEmpty
        {
          log.report(
            .typeNotInstalled(item.type, installed: machine.machine.processors.map(\.type)),
            at: partition.place(of: key))
        }
        continue
      }
      if item.initial > pool.count {
        log.report(
          .initialBeyondInstalled(item.type, item.initial, installed: pool.count),
          at: partition.place(of: key + " INITIAL", in: key))
      }
      if let name = item.group { group(name, item.type, partition.place(of: key + " GROUP")) }
    }
  }

  /// Judges that a group that processors are in exists and limits their type.
  private func group(_ name: String, _ type: ProcessorType, _ place: Place) {
    guard let group = directory.groups.first(where: { $0.name == name }) else {
      log.report(
        .unknownName("group", name, known: directory.groups.map(\.name)), at: place)
      return
    }
    let isCapped = group.absoluteCaps.contains { $0.type == type }
    if !isCapped, type != .cp || group.capacityUnits == nil {
      log.report(.groupWithoutLimit(name, type), at: place)
    }
  }

  private func storage(of partition: ParsedPartition) {
    let storage = partition.definition.storage
    let increment = machine.machine.incrementByteCount
    let installed = machine.machine.storageByteCount
    let items = [
      ("INITIAL", storage.initialByteCount), ("RESERVED", storage.reservedByteCount),
      ("ORIGIN", storage.origin ?? 0),
    ]
    for (name, bytes) in items where !bytes.isMultiple(of: increment) {
      log.report(
        .multiple(sizeText(bytes), what: "STORAGE " + name, of: increment),
        at: partition.place(of: "STORAGE " + name, in: "STORAGE"))
    }
    let unit = partition.definition.reservedUnit(increment: increment)
    if partition.definition.storageMethod == .acpi,
      storage.reservedByteCount.isMultiple(of: increment),
      !storage.reservedByteCount.isMultiple(of: unit)
    {
      log.report(
        .multiple(sizeText(storage.reservedByteCount), what: "STORAGE RESERVED BY ACPI", of: unit),
        at: partition.place(of: "STORAGE RESERVED", in: "STORAGE"))
    }
    if storage.initialByteCount == 0 {
      log.report(
        .noStorage(increment: increment), at: partition.place(of: "STORAGE INITIAL", in: "STORAGE"))
    }
    let most = storage.initialByteCount.addingClamped(storage.reservedByteCount)
    if storage.initialByteCount > installed {
      log.report(
        .storageBeyondInstalled("INITIAL", storage.initialByteCount, installed: installed),
        at: partition.place(of: "STORAGE INITIAL", in: "STORAGE"))
    } else if most > installed {
      log.report(
        .storageBeyondInstalled("INITIAL and RESERVED together,", most, installed: installed),
        at: partition.place(of: "STORAGE RESERVED", in: "STORAGE"))
    } else if let origin = storage.origin, origin.addingClamped(most) > installed {
      let isInitial = origin.addingClamped(storage.initialByteCount) > installed
      log.report(
        .storageBeyondInstalled(
          isInitial ? "ORIGIN and INITIAL together," : "ORIGIN, INITIAL and RESERVED together,",
          origin.addingClamped(isInitial ? storage.initialByteCount : most), installed: installed),
        at: partition.place(of: "STORAGE ORIGIN", in: "STORAGE"))
    }
  }

  private func devices(of partition: ParsedPartition) {
    let (definition, room) = (partition.definition, partition.definition.deviceRoom)
    let count = definition.deviceCount
    if count > room { log.report(.tooManyDevices(count, room: room), at: partition.place) }
    for adapter in definition.networkAdapters
    where definition.devices.contains(where: { $0.virtualDevice == adapter.virtualDevice })
      || definition.networkAdapters.count(where: { $0.virtualDevice == adapter.virtualDevice }) > 1
    {
      log.report(
        .deviceNumberTwice(adapter.virtualDevice), at: partition.place(of: adapter.statement))
    }
    for assignment in partition.definition.devices {
      let place = partition.place(of: "DEDICATE " + DeviceNumbers.text(assignment.virtualDevice))
      guard let device = deck.configuration.device(assignment.realDevice) else {
        log.report(.deviceNotInDeck(assignment.realDevice), at: place)
        continue
      }
      if reach.paths(to: device, of: partition.definition.name).isEmpty {
        log.report(
          .deviceUnreachable(device.number, partition: partition.definition.name), at: place)
      } else if device.media == .none {
        log.report(.deviceWithoutMedia(device.number), at: place)
      }
    }
  }

  private func start(of partition: ParsedPartition) {
    for name in partition.definition.start?.after ?? [] {
      let place = partition.place(of: "START AFTER " + name, in: "START")
      guard let other = self.partition(name) else {
        log.report(
          .unknownName("partition", name, known: directory.partitions.map(\.definition.name)),
          at: place)
        continue
      }
      if name == partition.definition.name {
        log.report(.ownAfter(name), at: place)
      } else if other.definition.start == nil {
        log.report(.afterNotAutomatic(name), at: place)
      }
    }
  }

  private func watcher(of partition: ParsedPartition) {
    guard let name = partition.definition.consoleWatcher?.userid else { return }
    let users = machine.machine.users.map(\.name) + ["OPERATOR"]
    guard self.partition(name) == nil, !users.contains(name) else { return }
    log.report(
      .unknownName("user", name, known: users + directory.partitions.map(\.definition.name)),
      at: partition.place(of: "SECUSER or OBSERVER"))
  }

  private func users() {
    for user in machine.machine.users {
      guard let partition = partition(user.name) else { continue }
      let first =
        machine.places["USER " + user.name]
        ?? Place(file: MachineConfigurationReader.fileName, line: 0, column: 0)
      log.report(
        .userIsPartition(user.name, first: first), at: partition.place)
    }
  }

  private func imagesWithoutPartition() {
    for image in deck.configuration.images where image.partition != "*" {
      guard index[image.partition] == nil, let place = deck.places["RESOURCE " + image.partition]
      else { continue }
      log.report(
        .imageWithoutPartition(
          image.partition, known: directory.partitions.map(\.definition.name)), at: place)
    }
  }

  private func latencies() {
    let epoch = machine.machine.epochNanoseconds
    var reported: Set<Place> = []
    for device in deck.configuration.devices {
      guard let place = deck.places["MEDIA " + DeviceNumbers.text(device.number)],
        !reported.contains(place)
      else { continue }
      let paths = device.controlUnits.flatMap { unit in
        deck.controlUnit(unit)?.paths ?? []
      }
      guard let fastest = paths.compactMap({ deck.path($0)?.latencyNanoseconds }).min() else {
        continue
      }
      let latency = fastest.addingClamped(device.latencyNanoseconds)
      if latency < epoch {
        log.report(
          .latencyBelowEpoch(device.number, latency, epoch: epoch),
          at: place)
        reported.insert(place)
      }
    }
  }
}
