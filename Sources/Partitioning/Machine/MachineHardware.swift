import Channels
import Platform
import Quantities

// What the firmware works on: who has which place in the machine, the partitions, the epochs with their
// dispatcher, and the channel subsystem. What is decided about it stands in the objects above.

/// What a machine's history begins with beside its definition.
struct MachineOrigin: Equatable, Sendable, Codable {
  /// Seed of everything that is varied on purpose.
  var seed: UInt64
  /// Unix time in seconds at simulated time 0.
  var timeOfDayAtStart: Int64
}

/// The hardware of one machine, as its firmware has it.
///
/// Owner thread only.
final class MachineHardware {
  /// What the history begins with.
  var origin: MachineOrigin
  /// What it is built for, as partitions have come and gone.
  private(set) var layout: MachineLayout
  private(set) var partitions: PartitionRoster
  private(set) var engine: EpochEngine<Computer>
  let channels: ChannelSubsystem
  /// Networks inside the machine.
  var networks: VirtualNetworks
  /// Which I/O configuration runs, and which ran.
  private(set) var decks: DeckBook
  /// Whether this is a copy without guests, on which actions are judged.
  let isRehearsal: Bool

  /// Hardware of its parts.
  init(
    _ origin: MachineOrigin, _ layout: MachineLayout, _ partitions: PartitionRoster,
    _ engine: EpochEngine<Computer>, _ channels: ChannelSubsystem, _ networks: VirtualNetworks,
    _ decks: DeckBook = DeckBook(), isRehearsal: Bool = false
  ) {
    self.origin = origin
    self.layout = layout
    self.partitions = partitions
    self.engine = engine
    self.channels = channels
    self.networks = networks
    self.decks = decks
    self.isRehearsal = isRehearsal
  }

  /// The same with the same values and without guests; time must not pass in it.
  func rehearsal() -> MachineHardware {
    MachineHardware(
      origin, layout,
      PartitionRoster(partitions.map { Partition($0.place, $0.state, answers: $0.answers) }),
      EpochEngine<Computer>(
        layout: layout.dispatcher, epoch: engine.epoch, caches: [], state: engine.state),
      channels.rehearsal(), networks, decks, isRehearsal: true)
  }

  /// Goes on in another layout, with its partitions, and the epochs in a state that is one of it.
  func take(_ layout: MachineLayout, _ partitions: PartitionRoster, _ epochs: EpochState) {
    self.layout = layout
    self.partitions = partitions
    engine = EpochEngine(takingOver: engine, layout: layout.dispatcher, state: epochs)
  }

  /// Goes on with another I/O configuration, which the channel subsystem has taken.
  func take(_ layout: MachineLayout, _ decks: DeckBook) {
    self.layout = layout
    for place in layout.partitions { partitions[place.number]?.place = place }
    self.decks = decks
  }
}

extension MachineHardware: StateHolder {
  static var roles: PropertyRoles {
    PropertyRoles(
      // What is below holds its own.
      state: ["origin", "partitions", "engine", "channels", "networks", "decks"],
      wiring: ["layout", "isRehearsal"])
  }
}

// MARK: Who is who

extension MachineHardware {
  func partition(_ name: String) throws(ManagementError) -> Partition {
    guard let number = layout.numbers[name], let partition = partitions[number] else {
      throw .partitionNotFound(name)
    }
    return partition
  }

  /// A partition's name by its number.
  func partitionName(_ number: Int) -> String { partitions[number]?.name ?? "" }

  /// Index of a partition's logical processor with the dispatcher.
  func logical(_ number: Int, of partition: Partition) -> Int {
    engine.guests[partition.number].firstLogical &+ number
  }

  /// The type of a pool's processors.
  func poolType(_ pool: Int) -> ProcessorType { layout.pools.element(at: pool) ?? .cp }

  /// The name of the partition that has a logical processor; nil for none.
  func ownerName(_ logical: Int) -> String? {
    guard logical >= 0 else { return nil }
    return partitionName(engine.dispatcher.logicals[logical].partition)
  }

  /// Numbers of the physical processors that are varied off line.
  var offlineProcessors: [Int] {
    engine.dispatcher.physicals.indices.filter { !engine.dispatcher.physicals[$0].isOnline }
  }

  /// Calls a function with every active partition that shares a pool, and the entry that says so.
  func forEachSharer(of type: ProcessorType, _ body: (Partition, Int) -> Void) {
    for partition in partitions where partition.isActive {
      for (entry, processors) in partition.definition.processors.enumerated()
      where processors.type == type && processors.mode == .shared {
        body(partition, entry)
      }
    }
  }
}

// MARK: Time

extension MachineHardware {
  /// The time so many seconds from now, at least one.
  func after(seconds: Int) -> SimulatedTime {
    let wait = SimulatedTime(clamping: max(1, seconds)).multipliedClamped(by: 1_000_000_000)
    return min(engine.now.addingClamped(wait), max(engine.now, MachineHardware.latest))
  }

  /// No deadline is later: 146 years, so that times can be added.
  private static let latest = SimulatedTime.max >> 2
}

// MARK: Dispatching

extension MachineHardware {
  /// Takes all of a partition's logical processors off.
  func turnOff(_ partition: Partition) {
    for number in partition.isOnline.indices { turnOff(number, of: partition) }
  }

  /// Takes one of a partition's logical processors off.
  func turnOff(_ number: Int, of partition: Partition) {
    engine.dispatcher.turnOff(logical(number, of: partition), at: engine.now)
  }

  /// Lets the on-line processors that nobody stopped run, and finds what they have to do.
  func resume(_ partition: Partition) {
    // A rehearsal has no computers: what runs there waits.
    let computer = partition.computer
    let now = engine.now
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
    findWork(of: partition)
  }

  /// Finds what a partition's waiting processors have to do now.
  func findWork(of partition: Partition) {
    engine.findWork(of: partition.number, at: engine.now)
  }
}
