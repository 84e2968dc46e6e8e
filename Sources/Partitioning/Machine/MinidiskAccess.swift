// What a link to a minidisk comes to: which blocks of which device, and whether they are had beside what others
// have of them. What counts is the blocks: minidisks that overlap are the same here.

import Channels
import Quantities

/// What becomes of a link to a minidisk.
struct LinkOutcome {
  /// The link, as it is given.
  var link: MinidiskLink
  /// What it gives, or why nothing.
  var result: Result<GivenDevice, ManagementError>

  /// What it gives; nil for nothing.
  var access: GivenDevice? { try? result.get() }
}

extension MachineHardware {
  /// What a link gives a partition.
  ///
  /// - Parameters:
  ///   - link: Which.
  ///   - partition: Who has it.
  ///   - own: What it is given with it, when it is being activated.
  /// - Returns: The blocks, and whether they are to be read only.
  /// - Throws: `ManagementError`, by CP's rules.
  func access(
    by link: MinidiskLink, of partition: Partition, beside own: [GivenDevice] = []
  ) throws(ManagementError) -> GivenDevice {
    let owner = try self.partition(link.owner ?? partition.name)
    func refuse(_ obstacle: LinkObstacle) -> ManagementError {
      .linkRefused(owner.name, device: link.ownerDevice, obstacle)
    }
    guard
      let minidisk = owner.definition.minidisks.first(where: {
        $0.virtualDevice == link.ownerDevice
      })
    else { throw refuse(.notInDirectory) }
    let volume = minidisk.place.volume
    guard let device = layout.definition.inputOutput.device(of: minidisk)?.number,
      let view = channels.deviceView(device), view.isOnline, view.hasPath, view.blockCount > 0,
      view.users.allSatisfy({ $0.extent != nil }),
      own.allSatisfy({ $0.device != device || $0.extent != nil })
    else { throw refuse(.notMounted(volume)) }
    guard let extent = minidisk.extent(of: view.blockCount) else {
      throw refuse(.beyondVolume(volume))
    }
    guard channels.mayHave(device, partition: partition.number) else {
      throw .deviceNotAttachable(partition.name, device: device, .unreachable)
    }
    if let reason = channels.fault(of: device) {
      throw .deviceNotAttachable(partition.name, device: device, .file(reason: reason))
    }
    let users =
      view.users.map { LinkUser(partition: partitionName($0.partition), $0.isReadOnly, $0.extent) }
      + own.filter { $0.device == device }
      .map { LinkUser(partition: partition.name, $0.isReadOnly, $0.extent) }
    let others = users.filter { BlockExtent.overlap($0.extent, extent) }
    let readers = others.filter(\.isReadOnly).map(\.partition)
    let writers = others.filter { !$0.isReadOnly }.map(\.partition)
    guard
      let isReadOnly = link.mode.isReadOnly(
        beside: LinkMode.Others(read: !readers.isEmpty, write: !writers.isEmpty))
    else { throw refuse(.inUse(readers: readers, writers: writers)) }
    return GivenDevice(
      device: device, virtualDevice: link.virtualDevice, isReadOnly: isReadOnly, extent: extent)
  }

  /// Who has some of a device.
  private struct LinkUser {
    var partition: String
    var isReadOnly: Bool
    var extent: BlockExtent?

    init(partition: String, _ isReadOnly: Bool, _ extent: BlockExtent?) {
      self.partition = partition
      self.isReadOnly = isReadOnly
      self.extent = extent
    }
  }

  /// What becomes of the links of a partition that is being activated, in their order.
  func linkOutcomes(of partition: Partition) -> [LinkOutcome] {
    guard !partition.definition.links.isEmpty else { return [] }
    var given = devicesToGive(partition).map(\.access)
    return partition.definition.links.map { link in
      do throws(ManagementError) {
        let access = try access(by: link, of: partition, beside: given)
        given.append(access)
        return LinkOutcome(link: link.granted(access), result: .success(access))
      } catch {
        return LinkOutcome(link: link, result: .failure(error))
      }
    }
  }
}

extension MinidiskLink {
  /// The link as it is given.
  func granted(_ access: GivenDevice) -> MinidiskLink {
    var link = self
    link.isReadOnly = access.isReadOnly
    return link
  }
}
