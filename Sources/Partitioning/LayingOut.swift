import Quantities

// Another layout: that of a state's partitions, and that after partitions came or went.

extension PartitionManager {
  /// The layout of a state's partitions and I/O configuration.
  ///
  /// - Throws: `StateRefusal` when they are not this machine's.
  func layout(
    of saved: [PartitionState], _ decks: DeckBook
  ) throws(StateRefusal) -> MachineLayout {
    let byName = MachineLayout.entriesByName(layout.folder)
    let ownCount = layout.folder.partitions.count
    var entries: [PartitionEntry] = []
    for state in saved {
      let name = state.profiles.first?.name ?? ""
      guard let entry = state.definedAs ?? byName[name], entry.definition.name == name,
        state.definedAs == nil || entry.number >= ownCount && byName[name] == nil,
        entry.number > entries.last?.number ?? -1, entry.number < PartitionNames.numberLimit,
        state.definedAs == nil || (try? judge(entry)) != nil
      else { throw .otherLayout(kind: MachineState.kind, what: "partitions") }
      entries.append(entry)
    }
    let inputOutput = decks.running?.configuration ?? layout.folder.inputOutput
    guard inputOutput.possible(decks.managed) == decks.managed else {
      throw .inconsistent(kind: MachineState.kind, what: "managed paths")
    }
    return MachineLayout(layout.folder, entries, decks.running, decks.managed)
  }

  /// The first numbers that nobody has and that are no partition's of the folder.
  func freeNumbers(_ count: Int) -> [Int] {
    var numbers: [Int] = []
    var number = layout.folder.partitions.count
    while numbers.count < count {
      if partitions[number] == nil { numbers.append(number) }
      number.addClamped(1)
    }
    return numbers
  }

  /// Goes on without some partitions, none of which is active, and with others that never were.
  func layOut(without numbers: Set<Int>, with others: [PartitionEntry]) {
    firmware.entitlements.settleShares()
    let kept = partitions.filter { !numbers.contains($0.number) }
    let entries = (kept.map(\.place.entry) + others).sorted { $0.number < $1.number }
    let layout = MachineLayout(layout.folder, entries, layout.deck, layout.managed)
    var present = kept[...]
    let all = layout.partitions.map { place in
      guard let partition = present.first, partition.number == place.number else {
        return Partition(place, PartitionState(place))
      }
      present = present.dropFirst()
      partition.place = place
      return partition
    }
    let move = DispatchMove(from: self.layout.dispatcher, to: layout.dispatcher)
    var state = firmware.state
    state.passage.load.move(move)
    state.forget(numbers)
    firmware.state = state
    for number in numbers.sorted() { channels.forget(number, at: now) }
    hardware.take(
      layout, PartitionRoster(all),
      engine.state.moved(
        move, to: layout.dispatcher, gone: numbers.sorted(), come: others.map(\.number)))
  }
}
