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
  ///
  /// What was published is not in it: its readers are outside, and have read it.
  package func checkpoint() -> MachineCheckpoint {
    var machine = machineState
    machine.firmware.journal = JournalState(
      entries: machine.firmware.journal.entries,
      inputCount: machine.firmware.journal.inputCount)
    return MachineCheckpoint(
      machine: machine,
      guests: partitions.compactMap { partition in
        partition.computer.map {
          GuestCheckpoint(partition: partition.number, computer: $0.state, pages: $0.memory.pages)
        }
      })
  }

  /// Goes on from a checkpoint; only a machine that has just been built can.
  ///
  /// - Throws: `StateRefusal` when it is of another definition, or damaged, or the host has no room for a
  ///   guest; nothing was changed then.
  package func restore(_ checkpoint: MachineCheckpoint) throws(StateRefusal) {
    guard now == 0, partitions.allSatisfy({ !$0.isActive }) else {
      throw .otherLayout(kind: MachineState.kind, what: "this machine is running already")
    }
    let states = checkpoint.machine.partitions
    let active = zip(try layout(of: states, checkpoint.machine.decks).partitions, states)
      .filter { $1.isActive }
    guard checkpoint.guests.map(\.partition) == active.map({ place, _ in place.number }) else {
      throw .inconsistent(
        kind: MachineState.kind, what: "guests of other partitions than the active")
    }
    var computers: [Computer] = []
    for guest in checkpoint.guests { computers.append(try Computer(guest.computer)) }
    guard PagesOfGuests(checkpoint.guests, computers).put() else { throw GuestMemory.unfitPage }
    try restore(checkpoint.machine)
    for (guest, computer) in zip(checkpoint.guests, computers) {
      guard let partition = partitions[guest.partition] else { continue }
      partition.computer = computer
      engine.guests[partition.number].hardware = computer
    }
  }
}

extension PartitionManager {
  /// Has what a writable disk's file has kept before a guest overwrites it.
  package func keepOverwrites(of device: UInt16, with keeper: any OverwriteKeeper) {
    channels.keepOverwrites(of: device, with: keeper)
  }

  /// Shows guests what a disk had in the place of what its file has now.
  package func show(_ former: any FormerContents, on device: UInt16) {
    channels.show(former, on: device)
  }
}

/// The pages of guests on their way into storage, on two threads: most of the time goes to the host, which
/// finds memory for them.
private struct PagesOfGuests: @unchecked Sendable {
  // Unchecked because each page is put by one thread, and nobody else has the storage yet.

  /// Pages of one guest.
  private struct Part {
    var memory: GuestMemory
    var pages: StoragePages
    var indices: Range<Int>
  }

  private var first: [Part] = []
  private var second: [Part] = []

  init(_ guests: [GuestCheckpoint], _ computers: [Computer]) {
    let half = guests.reduce(0) { $0.addingClamped($1.pages.numbers.count) } / 2
    var place = 0
    for (guest, computer) in zip(guests, computers) {
      let count = guest.pages.numbers.count
      let cut = max(0, min(count, half.subtractingClamped(place)))
      let (memory, pages) = (computer.memory, guest.pages)
      first.append(
        Part(memory: memory, pages: pages, indices: Range(uncheckedBounds: (0, cut))))
      second.append(
        Part(memory: memory, pages: pages, indices: Range(uncheckedBounds: (cut, count))))
      place.addClamped(count)
    }
  }

  /// Puts them there; false when one is none of its storage.
  func put() -> Bool {
    let other = Errand { put(second) }
    let isPut = put(first)
    return other.wait() && isPut
  }

  private func put(_ parts: [Part]) -> Bool {
    parts.allSatisfy { $0.memory.put($0.pages, $0.indices) }
  }
}
