import Quantities

// Who has which place in a machine: it follows from what its folder says and from the partitions that are
// defined, and is made anew when partitions come or go.

/// What a partition is defined as, and its number.
struct PartitionEntry: Sendable, Equatable, Codable {
  /// Its number.
  var number: Int
  /// Its image profile of its own name.
  var definition: PartitionDefinition
  /// Its other image profiles.
  var others: [ImageProfile]
}

/// One partition's place in a machine.
struct PartitionLayout {
  /// What it is defined as.
  let entry: PartitionEntry
  /// Whether the machine's folder defines it.
  let isOfFolder: Bool
  /// Its accounts with the dispatcher, one for each type that any of its profiles has.
  let processors: [ProcessorLayout]
  /// Its channel subsystem, when it has I/O.
  let subsystem: UInt8?

  var name: String { entry.definition.name }
  var number: Int { entry.number }
  /// Its image profiles, the one of its own name first.
  var profiles: [ImageProfile] {
    [ImageProfile(name: name, partition: name, definition: entry.definition)] + entry.others
  }
  /// Logical processors that there is room for.
  var processorCount: Int { processors.reduce(0) { $0.addingClamped(max(0, $1.count)) } }
}

/// What a machine's firmware is built for: its definition, and who has which number.
struct MachineLayout {
  /// What the folder says.
  let folder: SystemDefinition
  /// The I/O configuration that runs; nil for the folder's.
  let deck: IODeck?
  /// Managed paths, and the control units that have them.
  let managed: [ManagedPath]
  /// Whether there are paths to be managed.
  let hasManagedPaths: Bool
  /// The same with the partitions that are defined now, and with the I/O configuration that runs.
  let definition: SystemDefinition
  /// Type of each pool that is installed, by the pool's index.
  let pools: [ProcessorType]
  /// Those that are defined, ascending by number.
  let partitions: [PartitionLayout]
  /// Numbers by name; looked up, never iterated.
  let numbers: [String: Int]
  /// Names in their own order.
  let sortedNames: [String]
  let dispatcher: Dispatcher.Layout

  /// The partitions that the folder defines.
  init(_ folder: SystemDefinition) { self.init(folder, MachineLayout.entries(of: folder)) }

  /// A folder's machine with some partitions.
  ///
  /// - Parameters:
  ///   - folder: What the folder says.
  ///   - entries: The partitions, ascending by number; the folder's have the numbers that it gives.
  ///   - deck: The I/O configuration that runs; nil for the folder's.
  ///   - managed: Managed paths, and the control units that have them.
  init(
    _ folder: SystemDefinition, _ entries: [PartitionEntry], _ deck: IODeck? = nil,
    _ managed: [ManagedPath] = []
  ) {
    self.folder = folder
    self.deck = deck
    self.managed = managed
    let inputOutput = (deck?.configuration ?? folder.inputOutput).adding(managed)
    hasManagedPaths = !inputOutput.managedPaths.isEmpty
    let pools = folder.machine.processors.map(\.type)
    self.pools = pools
    let subsystems = Dictionary(
      inputOutput.images.map { ($0.partition, $0.subsystem) },
      uniquingKeysWith: { first, _ in first })
    var accounts: [(partition: Int, pool: Int, logicals: Int)] = []
    var partitions: [PartitionLayout] = []
    for entry in entries {
      let places = ProcessorLayout.layout(
        of: [entry.definition] + entry.others.map(\.definition), firstAccount: accounts.count)
      accounts += places.map {
        (partition: entry.number, pool: pools.firstIndex(of: $0.type) ?? 0, logicals: $0.count)
      }
      let isOfFolder = entry.number < folder.partitions.count
      partitions.append(
        PartitionLayout(
          entry: entry, isOfFolder: isOfFolder, processors: places,
          subsystem: isOfFolder ? subsystems[entry.definition.name] : nil))
    }
    self.partitions = partitions
    numbers = Dictionary(
      partitions.map { ($0.name, $0.number) }, uniquingKeysWith: { _, last in last })
    sortedNames = partitions.map(\.name).sorted()
    var definition = MachineLayout.definition(folder, partitions)
    if deck != nil || !managed.isEmpty { definition.inputOutput = inputOutput }
    self.definition = definition
    // The numbers that the folder gives are its partitions' even while those are not defined.
    let count = max(folder.partitions.count, (entries.last?.number ?? -1).addingClamped(1))
    dispatcher = Dispatcher.Layout(
      pools: folder.machine.processors.map { (megahertz: $0.megahertz, count: $0.count) },
      accounts: accounts, partitionCount: count, groupCount: folder.groups.count)
  }

  /// The I/O configuration that runs, without the managed paths.
  var inputOutput: IOConfiguration { deck?.configuration ?? folder.inputOutput }

  /// The same partitions with another I/O configuration; managed paths stay where they can.
  func with(_ deck: IODeck?) -> MachineLayout {
    let inputOutput = deck?.configuration ?? folder.inputOutput
    return MachineLayout(folder, partitions.map(\.entry), deck, inputOutput.possible(managed))
  }

  /// The same with managed paths elsewhere.
  func with(_ managed: [ManagedPath]) -> MachineLayout {
    MachineLayout(folder, partitions.map(\.entry), deck, managed)
  }

  /// What the folder would say with the I/O configuration that runs: what the channel subsystem is built from.
  var configured: SystemDefinition {
    var configured = folder
    configured.inputOutput = definition.inputOutput
    return configured
  }

  /// The folder's partitions, each with the number that is its index.
  static func entries(of folder: SystemDefinition) -> [PartitionEntry] {
    let profiles = Dictionary(grouping: folder.imageProfiles, by: \.partition)
    return folder.partitions.enumerated().map { number, definition in
      PartitionEntry(
        number: number, definition: definition, others: profiles[definition.name] ?? [])
    }
  }

  /// The same, by name; looked up, never iterated.
  static func entriesByName(_ folder: SystemDefinition) -> [String: PartitionEntry] {
    Dictionary(
      entries(of: folder).map { ($0.definition.name, $0) }, uniquingKeysWith: { one, _ in one })
  }

  private static func definition(
    _ folder: SystemDefinition, _ partitions: [PartitionLayout]
  ) -> SystemDefinition {
    let added = partitions.filter { !$0.isOfFolder }.map(\.entry)
    guard !added.isEmpty || partitions.count < folder.partitions.count else { return folder }
    var definition = folder
    definition.partitions = partitions.map(\.entry.definition)
    let kept = Set(partitions.filter(\.isOfFolder).map(\.name))
    definition.imageProfiles.removeAll { !kept.contains($0.partition) }
    definition.imageProfiles += added.flatMap(\.others)
    return definition
  }
}
