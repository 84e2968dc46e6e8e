import Channels
import Platform
import Quantities

// Changes that wait for guests: which there are, until when, and what goes back when one is withdrawn.

/// The changes that are pending.
final class PendingChanges: FirmwareObject {
  /// What is kept beside the partitions' own lists.
  struct State: Equatable, Sendable, Codable {
    /// Partitions with pending changes, ascending.
    var waiting: [Int] = []
    /// Paths that go off line for the whole machine when what is under way there has ended.
    @Added var closing: [PendingChange] = []
  }

  let hardware: MachineHardware
  let storage: StorageBook
  var state: State

  init(_ hardware: MachineHardware, _ storage: StorageBook, _ state: State) {
    self.hardware = hardware
    self.storage = storage
    self.state = state
  }

  static var roles: PropertyRoles {
    PropertyRoles(state: ["state"], wiring: ["hardware", "storage"])
  }

  /// Partitions with pending changes, in the order of their numbers.
  var waiting: [Partition] {
    state.waiting.isEmpty ? [] : state.waiting.compactMap { partitions[$0] }
  }

  func add(_ change: PendingChange, to partition: Partition) {
    partition.pending.append(change)
    if !state.waiting.contains(partition.number) {
      state.waiting.append(partition.number)
      state.waiting.sort()
    }
  }

  /// Ends a pending change without doing it; what was reserved for it is free again.
  ///
  /// - Returns: The change as it ended: a guest may have done a part.
  @discardableResult
  func withdraw(_ change: PendingChange, from partition: Partition) -> PendingChange {
    forget(change, of: partition)
    if let notice = change.notice { partition.computer?.withdraw(notice) }
    switch change.subject {
    case .storage(let address, let byteCount):
      guard change.online else { break }
      let places = storage.places(of: PendingChange.range(address, byteCount))
      storage.takeAway(places.filter { partition.offered.contains($0) }, from: partition)
    case .blocks(let byteCount, _):
      let unused = storage.takeUnplugged(of: partition)
      storage.offerPluggable(to: partition)
      guard change.online else { break }
      var ended = change
      ended.subject = .blocks(
        byteCount: byteCount, done: byteCount.subtractingClamped(storage.byteCount(of: unused)))
      return ended
    case .device, .link, .adapter: withdraw(change.device, change.online, from: partition)
    case .path(let number):
      channels.configure(path: number, for: partition.number, online: true, at: now)
    case .processor, .shutdown: break
    }
    return change
  }

  private func withdraw(_ device: PartitionDevice?, _ online: Bool, from partition: Partition) {
    guard let device else { return }
    if online {
      hardware.take(device, from: partition)
    } else {
      partition.computer?.withdrawRecall(ofDevice: device.virtualDevice)
    }
  }

  /// Puts a change in the place of another: the guest has done more of it.
  func replace(_ change: PendingChange, by next: PendingChange, of partition: Partition) {
    if let index = partition.pending.firstIndex(of: change) {
      // Cannot trap: the index was found.
      partition.pending[index] = next
    }
  }

  /// Withdraws everything that is pending: the partition is reset or taken down.
  ///
  /// A device that it was given stays: what is loaded next finds it.
  func withdrawAll(from partition: Partition) {
    for change in partition.pending {
      if change.kind == .device, change.online {
        forget(change, of: partition)
      } else {
        withdraw(change, from: partition)
      }
    }
  }

  /// A change waits no more.
  func forget(_ change: PendingChange, of partition: Partition) {
    partition.pending.removeAll { $0 == change }
    if partition.pending.isEmpty { state.waiting.removeAll { $0 == partition.number } }
  }

  /// When the first pending change lapses, its guest is asked again, or the operator told of it.
  var nextDeadline: SimulatedTime? {
    var first = state.closing.compactMap(\.nextAsking).min()
    for partition in waiting {
      for change in partition.pending where !change.waitsForLoad {
        first = min(first ?? .max, change.deadline, change.nextAsking ?? .max)
      }
    }
    return first
  }
}

extension PendingChange {
  /// The notice by which the guest is told of it; nil when it is told by a device.
  var notice: ReconfigurationNotice? {
    switch subject {
    case .processor(let number):
      online ? .processorOffered(number) : .processorRecalled(number)
    case .storage(let address, let byteCount):
      online
        ? .storageOffered(Self.range(address, byteCount))
        : .storageRecalled(Self.range(address, byteCount))
    case .blocks: nil
    case .shutdown: .shutdownSignal
    // Operating systems are told of devices, and not of paths.
    case .device, .link, .adapter, .path: nil
    }
  }

  fileprivate static func range(_ address: UInt64, _ byteCount: UInt64) -> Range<UInt64> {
    address..<max(address, address.addingClamped(byteCount))
  }
}
