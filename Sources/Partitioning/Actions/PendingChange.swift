import Channels
import Quantities

/// What kind of thing a pending change is about.
package enum PendingKind: String, Sendable, Equatable, Codable {
  /// A logical processor.
  case processor
  /// Storage.
  case storage
  /// A device.
  case device
  /// A channel path.
  case path
  /// The end of the guest itself.
  case shutdown
}

/// A change that waits for the guest's agreement.
package struct PendingChange: Sendable, Equatable, Codable {
  /// What is to change.
  package enum Subject: Sendable, Equatable, Codable {
    /// The logical processor of this number.
    case processor(Int)
    /// Storage at this guest address, of so many bytes.
    case storage(address: UInt64, byteCount: UInt64)
    /// A device that the partition is given, or that is wanted back.
    case device(DeviceAssignment)
    /// A minidisk that the partition is linked to, or that is wanted back.
    case link(MinidiskLink)
    /// A network adapter that the partition is given, or that is wanted back.
    case adapter(NetworkAdapterDefinition)
    /// So many bytes of storage, in blocks that the guest plugs or unplugs, so many of them done.
    case blocks(byteCount: UInt64, done: UInt64)
    /// The channel path of this number goes when what is under way there has ended.
    case path(UInt8)
    /// The guest is to end; then, when it has not, it is taken down if `thenForce`.
    case shutdown(thenForce: Bool)
  }

  /// What is to change.
  package var subject: Subject
  /// To on line, or off.
  package var online: Bool
  /// When it was asked for.
  package var asked: SimulatedTime
  /// When it lapses; `never` for what the partition's next load does, and for a path.
  package var deadline: SimulatedTime
  /// When the guest is asked again, or the operator told that a path is busy; nil where that is done once.
  package var nextAsking: SimulatedTime?

  /// The deadline of what waits for the partition's next load.
  package static let never = SimulatedTime.max

  /// Creates a pending change.
  package init(subject: Subject, online: Bool, asked: SimulatedTime, deadline: SimulatedTime) {
    self.subject = subject
    self.online = online
    self.asked = asked
    self.deadline = deadline
  }

  /// Creates a pending change of a device.
  init(device: PartitionDevice, online: Bool, asked: SimulatedTime, deadline: SimulatedTime) {
    let subject: Subject =
      switch device {
      case .disk(let device): .device(device)
      case .link(let link): .link(link)
      case .adapter(let adapter): .adapter(adapter)
      }
    self.init(subject: subject, online: online, asked: asked, deadline: deadline)
  }

  /// What kind of thing it is about.
  package var kind: PendingKind {
    switch subject {
    case .processor: .processor
    case .storage, .blocks: .storage
    case .device, .link, .adapter: .device
    case .path: .path
    case .shutdown: .shutdown
    }
  }

  /// The device that comes or goes; nil for a change of something else.
  package var device: PartitionDevice? {
    switch subject {
    case .device(let device): .disk(device)
    case .link(let link): .link(link)
    case .adapter(let adapter): .adapter(adapter)
    case .processor, .storage, .blocks, .path, .shutdown: nil
    }
  }

  /// Whether the partition's next load does it, as the guest cannot be told.
  package var waitsForLoad: Bool { deadline == Self.never && kind == .device }

  /// What of it the guest has done so far, in bytes of storage.
  package var doneByteCount: UInt64 {
    if case .blocks(_, let done) = subject { done } else { 0 }
  }

  /// The action that asks for it.
  func action(on partition: String) -> ManagementAction {
    switch subject {
    case .processor(let number):
      .configureProcessor(
        partition, processor: number, online: online, insistence: .polite, within: nil)
    case .storage(_, let byteCount), .blocks(let byteCount, _):
      .configureStorage(
        partition, byteCount: byteCount, online: online, insistence: .polite, within: nil)
    case .device(let device) where online:
      .attachDevice(
        partition, device: device.realDevice, as: device.virtualDevice,
        isReadOnly: device.isReadOnly, with: device.options)
    case .device(let device): .detachDevice(partition, device: device.virtualDevice)
    case .link(let link) where online:
      .link(
        partition, owner: link.owner ?? partition, device: link.ownerDevice,
        as: link.virtualDevice, mode: link.mode)
    case .link(let link): .detachDevice(partition, device: link.virtualDevice)
    case .adapter(let adapter) where online: .network(.defineAdapter(partition, adapter))
    case .adapter(let adapter) where adapter.kind.isChannel:
      .detachDevice(partition, device: adapter.virtualDevice)
    case .adapter(let adapter):
      .network(.detachAdapter(partition, device: adapter.virtualDevice))
    case .path(let number):
      .configurePath(partition, path: number, online: online, insistence: .polite)
    case .shutdown(let thenForce):
      .signalShutdown(
        partition, within: Int(clamping: deadline.subtractingClamped(asked) / 1_000_000_000),
        thenForce: thenForce)
    }
  }
}

extension PendingChange {
  /// `CPU 02 ONLINE`, `STORAGE 64M OFFLINE`, `DASD 0101 ATTACH`, `DASD 0191 LINK`, `NIC 0700 DEFINE`, `CTCA 0500 DEFINE`,
  /// `SHUTDOWN`.
  package var text: String {
    let state = online ? "ONLINE" : "OFFLINE"
    return switch subject {
    case .processor(let number): "CPU \(hexDigits(number, 2)) \(state)"
    case .storage(_, let byteCount), .blocks(let byteCount, _):
      "STORAGE \(sizeText(byteCount)) \(state)"
    case .device(let device):
      "DASD \(hexDigits(device.virtualDevice, 4)) \(online ? "ATTACH" : "DETACH")"
    case .link(let link):
      "DASD \(hexDigits(link.virtualDevice, 4)) \(online ? "LINK" : "DETACH")"
    case .adapter(let adapter):
      "\(adapter.kind.text) \(hexDigits(adapter.virtualDevice, 4)) \(online ? "DEFINE" : "DETACH")"
    case .path(let number): "CHP \(hexDigits(number, 2)) \(state)"
    case .shutdown: "SHUTDOWN"
    }
  }
}
