// Which request is next where several wait.

import Quantities

extension ChannelSubsystem {
  /// The request that an idle device takes next, of those that have a path: of the partition that is least
  /// ahead, the first; nil when there is none.
  func next(of device: Int) -> Int? {
    let ready = activity.devices[device].queue.lazy.filter { slot in
      self.activity.slots[slot].subchannel.map { self.usableMask($0) != 0 } ?? false
    }
    let turns = activity.devices[device].turns
    // Without priorities the first one is enough to know.
    guard !turns.isEmpty else { return ready.first }
    return ready.min { lead(of: $0, in: turns) < lead(of: $1, in: turns) }
  }

  /// Counts that a device serves a request.
  func serve(_ slot: Int, at device: Int) {
    let partition = activity.slots[slot].request.partition
    let priority = settings?.priority(of: partition)
    guard priority != nil || !activity.devices[device].turns.isEmpty else { return }
    activity.devices[device].turns.serve(
      partition, for: serviceTime(activity.slots[slot].request, at: device), priority: priority)
  }

  /// Counts that a path moves a request's data for so long.
  func serve(_ slot: Int, on path: Int, for nanoseconds: UInt64) {
    let partition = activity.slots[slot].request.partition
    activity.paths[path].turns.serve(
      partition, for: nanoseconds, priority: settings?.priority(of: partition))
  }

  /// How far the partition of a request is ahead; nobody is while there are no priorities.
  private func lead(of slot: Int, in turns: FairTurns) -> UInt64 {
    let partition = activity.slots[slot].request.partition
    guard !turns.isEmpty, settings?.priority(of: partition) != nil else { return 0 }
    return turns.lead(of: partition)
  }

  /// Gives a path that has room to the devices that want one: of the partition that is least ahead, the one
  /// that has wanted it longest.
  func offer(_ path: Int) {
    while wantingCount > 0, let device = nextWanting(for: path) {
      connect(device)
      // One that does not fit lets no other pass.
      if activity.devices[device].phase == .wantsPath { return }
    }
  }

  private func nextWanting(for path: Int) -> Int? {
    var best: (device: Int, lead: UInt64, slot: RequestSlot)?
    for (device, unit) in activity.devices.enumerated() where unit.phase == .wantsPath {
      guard let current = unit.current, let subchannel = activity.slots[current].subchannel,
        usableMask(subchannel) & activity.subchannels[subchannel].mask({ $0 == path }) != 0
      else { continue }
      let slot = activity.slots[current]
      let lead = lead(of: current, in: activity.paths[path].turns)
      let isEarlier =
        best.map {
          (lead, slot.phaseStart, slot.request.partition, slot.sequence)
            < ($0.lead, $0.slot.phaseStart, $0.slot.request.partition, $0.slot.sequence)
        } ?? true
      if isEarlier { best = (device, lead, slot) }
    }
    return best?.device
  }
}
